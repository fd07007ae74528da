-- DELETE writes no value; from a temporary table it decides about what flows on.
\set schema lin_d
\i sql/include/shown.sql
-- nothing is left of what was there, however the table is emptied
CREATE TEMP TABLE w (x int, v text);
CREATE TABLE first_use (x int, v text);
CREATE TABLE second_use (x int, v text);
INSERT INTO w SELECT id, b FROM s;
INSERT INTO first_use SELECT * FROM w;
DELETE FROM w;
INSERT INTO w SELECT id, y FROM s2;
INSERT INTO second_use SELECT * FROM w;
:show 'first_use.%' ORDER BY line COLLATE "C";
:show 'second_use.%' ORDER BY line COLLATE "C";
CREATE TABLE third_use (x int, v text);
DELETE FROM w WHERE true;
INSERT INTO third_use SELECT * FROM w;
:show 'third_use.%' ORDER BY line COLLATE "C";
-- … unless that is undone
INSERT INTO w SELECT id, b FROM s;
BEGIN;
SAVEPOINT a;
DELETE FROM w;
ROLLBACK TO a;
INSERT INTO third_use SELECT * FROM w;
COMMIT;
:show 'third_use.%' ORDER BY line COLLATE "C";
-- … or somebody still reads it: the query of a loop, a cursor
CREATE TABLE looped (x int);
CREATE PROCEDURE loop_over() LANGUAGE plpgsql AS $$
DECLARE r record; c CURSOR FOR SELECT x FROM w;
BEGIN
  FOR r IN SELECT x FROM w LOOP
    DELETE FROM w;
    INSERT INTO looped VALUES (r.x);
  END LOOP;
  INSERT INTO w SELECT x FROM s2;
  OPEN c;
  DELETE FROM w;
  FETCH c INTO r;
  INSERT INTO looped VALUES (r.x);
END $$;
CALL loop_over();
:show 'looped.%' ORDER BY line COLLATE "C";
-- rows of the tables below go as well, but for ONLY
CREATE TEMP TABLE above (x int);
CREATE TEMP TABLE below () INHERITS (above);
CREATE TABLE kept (x int);
CREATE TABLE gone (x int);
INSERT INTO below SELECT a FROM s;
DELETE FROM ONLY above;
INSERT INTO kept SELECT x FROM below;
DELETE FROM above;
INSERT INTO gone SELECT x FROM below;
:show 'kept.%' ORDER BY line COLLATE "C";
:show 'gone.%' ORDER BY line COLLATE "C";
-- a trigger may keep rows
CREATE TEMP TABLE guarded AS SELECT a FROM s;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE DELETE ON guarded FOR EACH ROW EXECUTE FUNCTION keep();
DELETE FROM guarded;
INSERT INTO gone SELECT a FROM guarded;
:show 'gone.%' ORDER BY line COLLATE "C";
-- what chooses the rows that go decides about those that stay
CREATE TEMP TABLE chosen AS SELECT id, a FROM s;
CREATE TABLE stayed (a int);
DELETE FROM chosen USING s2 WHERE s2.id = chosen.id AND s2.x > 5;
WITH d AS (DELETE FROM chosen WHERE a IN (SELECT z FROM s2) RETURNING a) SELECT count(*) FROM d;
INSERT INTO stayed SELECT a FROM chosen;
:show 'stayed.%' ORDER BY line COLLATE "C";
SELECT source_table FROM lineage.table_lineage WHERE target_table = 'lin_d.stayed' ORDER BY 1;
-- a MERGE that only deletes is no other
CREATE TABLE merged (id int, v text);
CREATE TABLE merged_log (v text);
CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO merged_log VALUES (OLD.v); RETURN NULL; END';
CREATE TRIGGER log_it AFTER DELETE ON merged FOR EACH ROW EXECUTE FUNCTION log_it();
INSERT INTO merged VALUES (1, 'a');
MERGE INTO merged USING s ON s.id = merged.id WHEN MATCHED AND s.a > 0 THEN DELETE
  WHEN NOT MATCHED THEN DO NOTHING;
:show 'merged%' ORDER BY line COLLATE "C";
SELECT source_table, target_table FROM lineage.table_lineage
  WHERE target_table LIKE 'lin_d.merged%';
CREATE TABLE after_merge (a int);
MERGE INTO chosen USING s2 ON s2.id = chosen.id WHEN MATCHED AND s2.y <> '' THEN DELETE;
INSERT INTO after_merge SELECT a FROM chosen;
:show 'after_merge.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_d CASCADE;
