-- Other languages: their variables cannot be seen, so what they were given or have read may be in
-- all that they pass on.
\set schema lang
\i sql/include/begin.sql
CREATE EXTENSION IF NOT EXISTS plpython3u;
CREATE TABLE src (a int, b text);
INSERT INTO src VALUES (1, 'x');
CREATE TABLE rate (r int);
INSERT INTO rate VALUES (4);

-- a function that reads: its result, and what it writes with parameters
CREATE TABLE results (n int, b text);
CREATE TABLE noted (n int);
CREATE FUNCTION rated(a int) RETURNS int LANGUAGE plpython3u AS $$
r = plpy.execute("SELECT r FROM lang.rate")[0]["r"]
plan = plpy.prepare("INSERT INTO lang.noted VALUES ($1)", ["int"])
plpy.execute(plan, [r + a])
return r + a
$$;
INSERT INTO results SELECT rated(a), b FROM src;
-- one that does not read: its arguments
CREATE TABLE plain (n int, b int);
CREATE FUNCTION twice(a int) RETURNS int LANGUAGE plpython3u AS $$
return 2 * a
$$;
INSERT INTO plain SELECT twice(a), twice(length(b)) FROM src;

-- one statement, whose function reads now this, now that
CREATE TABLE other (o int);
CREATE TABLE either (n int);
CREATE FUNCTION first_of(t text) RETURNS int LANGUAGE plpython3u AS $$
for row in plpy.execute("SELECT * FROM lang." + t):
  return list(row.values())[0]
$$;
CREATE FUNCTION takes(t text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lang.either SELECT lang.first_of(t);
END $$;
SELECT takes('rate');
SELECT takes('other');

-- triggers know whose rows they see, fired at once or deferred
CREATE TABLE t (id int, a int);
CREATE TABLE audit (id int, a int);
CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpython3u AS $$
plan = plpy.prepare("INSERT INTO lang.audit VALUES ($1, $1)", ["int"])
plpy.execute(plan, [TD["new"]["a"]])
$$;
CREATE TRIGGER audited AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION audited();
CREATE TABLE late (id int, a int);
CREATE TABLE late_audit (id int);
CREATE FUNCTION noted_late() RETURNS trigger LANGUAGE plpython3u AS $$
plan = plpy.prepare("INSERT INTO lang.late_audit VALUES ($1)", ["int"])
plpy.execute(plan, [TD["new"]["id"]])
$$;
CREATE CONSTRAINT TRIGGER noted_late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION noted_late();
INSERT INTO t SELECT 1, a FROM src;
INSERT INTO late SELECT a, 2 FROM src;
-- which field a BEFORE trigger changed is not seen: what it read decides about the row
CREATE TABLE changed (a int, n int);
CREATE FUNCTION changes() RETURNS trigger LANGUAGE plpython3u AS $$
TD["new"]["n"] = plpy.execute("SELECT r FROM lang.rate")[0]["r"]
return "MODIFY"
$$;
CREATE TRIGGER changes BEFORE INSERT ON changed FOR EACH ROW EXECUTE FUNCTION changes();
INSERT INTO changed SELECT a FROM src;

SELECT line FROM (
  SELECT concat_ws(' ', replace(target_table, 'lang.', '') || '.' || coalesce(target_column, '*'),
      '<-', replace(source_table, 'lang.', '') || '.' || source_column, subtype, operation,
      replace(array_to_string(call_path, ', '), 'lang.', '')) AS line
  FROM lineage.column_lineage WHERE target_table LIKE 'lang.%') pairs
GROUP BY line ORDER BY line COLLATE "C";
-- what no snapshot can read of them is counted, though nothing calls them; C code has no body
CREATE SCHEMA lang_unread;
CREATE FUNCTION lang_unread.f() RETURNS int LANGUAGE plpython3u AS $$ return 1 $$;
CREATE FUNCTION lang_unread.c(cstring) RETURNS oid STRICT LANGUAGE internal AS 'regclassin';
SELECT unanalysed_language AS counted FROM lineage.health \gset
SELECT lineage.snapshot_schema('lang_unread');
SELECT unanalysed_language - :counted FROM lineage.health;
DROP SCHEMA lang_unread CASCADE;
DROP SCHEMA lang CASCADE;
DROP EXTENSION plpython3u;
