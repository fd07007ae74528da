-- ALTER TABLE that gives rows values: defaults that read, TYPE … USING.
\set schema lin_a
\i sql/include/shown.sql
CREATE TABLE conf (k text, n int);
INSERT INTO conf VALUES ('z', 9);
CREATE FUNCTION by_sql() RETURNS int LANGUAGE sql STABLE AS 'SELECT n FROM conf WHERE k = ''z''';
CREATE FUNCTION by_plpgsql() RETURNS int LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN (SELECT n FROM conf); END $$;
CREATE FUNCTION looked_up(i text) RETURNS int LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN (SELECT x FROM s2 WHERE y = i); END $$;
CREATE TABLE o (a int, b text, c text);
INSERT INTO o VALUES (1, '2', 'q');
ALTER TABLE o ADD COLUMN d int DEFAULT by_sql(), ADD COLUMN e int DEFAULT by_plpgsql(),
  ADD COLUMN f int DEFAULT 5;
:show 'o.%' ORDER BY line COLLATE "C";
-- what is there already takes nothing
CREATE TABLE there (a int DEFAULT by_sql());
ALTER TABLE there ADD COLUMN IF NOT EXISTS a int DEFAULT by_sql();
:show 'there.%' ORDER BY line COLLATE "C";
-- values computed from the row as it was; what only changes the type stays where it is
CREATE TABLE u (a int, b text, c text, d int);
INSERT INTO u VALUES (1, '2', 'q', 4);
ALTER TABLE u ALTER b TYPE int USING a + length(b), ALTER c TYPE int USING looked_up(c),
  ALTER d TYPE bigint;
:show 'u.%' ORDER BY line COLLATE "C";
-- a row type that got a column since the session read the expression
CREATE TABLE grows (a int);
INSERT INTO grows VALUES (1);
CREATE TABLE copied (a int, b text, c text);
CREATE PROCEDURE copy_rows(target text) LANGUAGE plpgsql AS $$
DECLARE r grows; q record;
BEGIN
  FOR r IN SELECT * FROM grows LOOP
    q := r;
    EXECUTE 'INSERT INTO copied (' || target || ') SELECT ($1).*' USING r;
    EXECUTE 'INSERT INTO copied (' || target || ') SELECT ($1).*' USING q;
  END LOOP;
END $$;
CALL copy_rows('a');
ALTER TABLE grows ADD COLUMN b text DEFAULT 'q';
CALL copy_rows('a, b');
:show 'copied.%' ORDER BY line COLLATE "C";
ALTER TABLE grows DROP COLUMN b, ADD COLUMN c text;
CALL copy_rows('a, c');
:show 'copied.%' ORDER BY line COLLATE "C";
-- rolled back, it made none; an ERROR does no harm
BEGIN;
ALTER TABLE u ADD COLUMN e int DEFAULT by_sql();
ROLLBACK;
ALTER TABLE u ALTER a TYPE int USING nothing;
SELECT count(*) FROM lineage.column_lineage WHERE target_table = 'lin_a.u' AND target_column = 'e';
SELECT errors_swallowed FROM lineage.health;
DROP SCHEMA lin_a CASCADE;
