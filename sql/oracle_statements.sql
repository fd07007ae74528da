-- Minimal cases of what the perturbation oracle (tests/oracle) found in statements.
\set schema ora
\i sql/include/begin.sql
CREATE VIEW shown AS
SELECT concat_ws(' ', replace(target_table, 'ora.', '') || '.' || coalesce(target_column, '*'),
  '<-', replace(source_table, 'ora.', '') || '.' || source_column, subtype,
  CASE WHEN masking THEN 'masking' END, operation) AS line
FROM lineage.column_lineage WHERE target_table LIKE 'ora.%' AND target_table <> 'ora.shown';
\set show 'SELECT line FROM shown WHERE line LIKE '
CREATE TABLE s (id int, a int, b text, c numeric);
CREATE TABLE s2 (id int, x int, y text);

-- rows that a set operation compares are decided by all their columns, but for UNION ALL
CREATE TABLE setop (p int, q text);
INSERT INTO setop SELECT a, b FROM s UNION SELECT x, y FROM s2;
:show 'setop.%' ORDER BY line COLLATE "C";
CREATE TABLE setop_all (p int, q text);
INSERT INTO setop_all SELECT a, b FROM s UNION ALL SELECT x, y FROM s2;
:show 'setop_all.%' ORDER BY line COLLATE "C";
-- the columns of an arbiter decide, those that arrive and those that are there
CREATE TABLE key (id int PRIMARY KEY, v text, w int UNIQUE);
INSERT INTO key AS k SELECT id, y FROM s2 ON CONFLICT (id) DO UPDATE SET v = k.v || excluded.v;
:show 'key.%' ORDER BY line COLLATE "C";
CREATE TABLE keys (id int PRIMARY KEY, v text, w int UNIQUE);
INSERT INTO keys SELECT id, y, x FROM s2 ON CONFLICT DO NOTHING;
:show 'keys.%' ORDER BY line COLLATE "C";
-- each arm of a MERGE numbers its sub-queries for several columns from 1
CREATE TABLE arms (id int, v text, w int);
MERGE INTO arms USING s2 ON arms.id = s2.id
  WHEN MATCHED AND s2.x > 1 THEN UPDATE SET (v, w) = (SELECT max(s.b), max(s.a) FROM s)
  WHEN MATCHED THEN UPDATE SET (v, w) = (SELECT s2.y, s2.x);
:show 'arms.%' ORDER BY line COLLATE "C";
-- a field of a composite value is followed through the arms of a set operation
CREATE TYPE pair AS (f1 int, f2 text);
CREATE TABLE fields (p int, q text);
INSERT INTO fields SELECT (u.w).f1, (u.w).f2
  FROM (SELECT ROW(a, b)::pair AS w FROM s UNION ALL SELECT ROW(x, y)::pair FROM s2) u;
:show 'fields.%' ORDER BY line COLLATE "C";
-- a set in the select list decides how many rows there are
CREATE TABLE sets (id int, n int);
INSERT INTO sets SELECT id, generate_series(1, a) FROM s;
:show 'sets.%' ORDER BY line COLLATE "C";
-- WHERE CURRENT OF: the cursor's query chose the row
CREATE TABLE cur (id int, v text);
INSERT INTO cur VALUES (1, 'a'), (2, 'b');
BEGIN;
DECLARE c CURSOR FOR SELECT cur.* FROM cur WHERE id > 1 FOR UPDATE;
MOVE NEXT IN c;
UPDATE cur SET v = upper(v) WHERE CURRENT OF c;
COMMIT;
:show 'cur.%' ORDER BY line COLLATE "C";
-- the list of masking functions takes effect at once
CREATE TABLE hides (v text);
INSERT INTO hides SELECT reverse(b) FROM s;
SET pg_lineage.masking_functions = 'reverse';
INSERT INTO hides SELECT reverse(y) FROM s2;
RESET pg_lineage.masking_functions;
:show 'hides.%' ORDER BY line COLLATE "C";
-- a deferred trigger depends on the statement that changed its row, not on one that was undone
CREATE TABLE late (id int, v text);
CREATE TABLE late_log (v text);
CREATE FUNCTION late_note() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO late_log VALUES (old.v); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER t AFTER DELETE ON late DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION late_note();
INSERT INTO late VALUES (1, 'a'), (2, 'b'), (3, 'c');
BEGIN;
SAVEPOINT a;
DELETE FROM late USING s2 WHERE late.id = s2.x;
ROLLBACK TO a;
SAVEPOINT b;
DELETE FROM late WHERE id = (SELECT coalesce(max(s.a), 1) FROM s);
RELEASE b;
SET CONSTRAINTS ALL IMMEDIATE;
COMMIT;
:show 'late_log.%' ORDER BY line COLLATE "C";
BEGIN;
DELETE FROM late WHERE v > (SELECT coalesce(max(s.b), 'b') FROM s);
COMMIT;
:show 'late_log.%' ORDER BY line COLLATE "C";
-- rows that were routed are rows of the partition root for it, too
CREATE TABLE routed (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE routed_1 PARTITION OF routed FOR VALUES FROM (0) TO (9);
CREATE TABLE routed_log (v text);
CREATE FUNCTION routed_note() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO routed_log VALUES (new.v); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON routed DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION routed_note();
INSERT INTO routed SELECT coalesce(max(s.a), 1), 'x' FROM s;
:show 'routed_log.%' ORDER BY line COLLATE "C";
-- one of rows that COPY brought depends on its WHERE
CREATE TABLE brought (id int, v text);
CREATE FUNCTION brought_note() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO late_log VALUES (''new''); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON brought DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION brought_note();
COPY brought FROM STDIN WHERE v > 'a';
1	b
\.
:show 'late_log.%client%' ORDER BY line COLLATE "C";
-- what a SQL function is given in a recursive query grows from round to round
CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + n';
CREATE TABLE rounds (p int, q int);
INSERT INTO rounds WITH RECURSIVE r(n, p, q) AS (
  SELECT 1, a, id FROM s UNION SELECT n + 1, doubled(r.q), r.p FROM r WHERE n < 4)
  SELECT p, q FROM r;
:show 'rounds.%' ORDER BY line COLLATE "C";
-- rows of a temporary table that came by a table above or below it
CREATE TEMP TABLE parts (id int, v text) PARTITION BY RANGE (id);
CREATE TEMP TABLE part (v text, id int);
ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM (0) TO (10);
INSERT INTO parts SELECT id, b FROM s;
INSERT INTO part SELECT y, x FROM s2;
CREATE TABLE of_part (v text);
INSERT INTO of_part SELECT v FROM part;
:show 'of_part.%' ORDER BY line COLLATE "C";
CREATE TABLE of_parts (v text);
INSERT INTO of_parts SELECT v FROM parts;
:show 'of_parts.%' ORDER BY line COLLATE "C";
TRUNCATE parts;
CREATE TABLE of_none (v text);
INSERT INTO of_none SELECT v FROM parts;
:show 'of_none.%' ORDER BY line COLLATE "C";
CREATE TABLE lasts (id int, v text);
CREATE TEMP TABLE passing (more int) INHERITS (lasts);
INSERT INTO passing SELECT id, b, a FROM s;
CREATE TABLE of_lasts (v text, r text);
INSERT INTO of_lasts SELECT v, lasts::text FROM lasts;
:show 'of_lasts.%' ORDER BY line COLLATE "C";
-- ORDER BY of a set operation decides like any other, by all of its arms
CREATE TABLE ordered (x int, y text);
INSERT INTO ordered (SELECT a, b FROM s WHERE id > 0) UNION ALL (SELECT 1, b FROM s)
  ORDER BY 1 DESC FETCH FIRST 1 ROWS WITH TIES;
:show 'ordered.%' ORDER BY line COLLATE "C";
-- the whole row that is to be inserted: what EXCLUDED is, what a check looks at
CREATE TABLE given (id int UNIQUE, v int); CREATE TABLE kept (id int UNIQUE, v text);
CREATE VIEW looked_at AS SELECT * FROM given g WHERE g IS DISTINCT FROM ROW(0, 0) WITH CHECK OPTION;
INSERT INTO looked_at SELECT id, a FROM s;
INSERT INTO kept SELECT id, b FROM s ON CONFLICT (id) DO UPDATE SET v = (excluded.*)::text;
:show 'given.%' ORDER BY line COLLATE "C";
:show 'kept.%' ORDER BY line COLLATE "C";
-- a child's row as its parent's has the columns of that alone
CREATE TABLE wider (more int) INHERITS (lasts);
CREATE TABLE narrow AS SELECT (w::lasts)::text AS v FROM wider w;
:show 'narrow.%' ORDER BY line COLLATE "C";
DROP SCHEMA ora CASCADE;
