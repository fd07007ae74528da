-- What decides without giving a value: FOUND, ROW_COUNT, the failure that a handler catches.
\set schema ctl
\i sql/include/begin.sql
CREATE TABLE src (id int, n int, txt text);
INSERT INTO src VALUES (1, 2, '5'), (2, 3, 'x');
CREATE TABLE known (id int);
INSERT INTO known VALUES (9);
CREATE VIEW shown AS
SELECT replace(target_table, 'ctl.', '') AS target,
  concat_ws(' ', coalesce(target_column, '*'), '<-', replace(source_table, 'ctl.', '') || '.' ||
    source_column, subtype) AS line
FROM lineage.column_lineage WHERE target_table LIKE 'ctl.%' AND origin = 'observed';
\set show 'SELECT line FROM shown WHERE target = '

-- FOUND is what the last query, FETCH or loop made it; EXECUTE leaves it alone.
CREATE TABLE missing (id int);
CREATE TABLE fetched (id int);
CREATE TABLE looped (w text);
CREATE TABLE removed (w text);
DO $$
DECLARE
  c CURSOR FOR SELECT id FROM known WHERE id > 5;
  v int;
BEGIN
  PERFORM 1 FROM known WHERE id = 1;
  IF NOT FOUND THEN INSERT INTO missing SELECT id FROM src; END IF;
  OPEN c;
  MOVE NEXT FROM c;
  IF FOUND THEN INSERT INTO fetched VALUES (1); END IF;
  CLOSE c;
  FOR v IN SELECT id FROM src WHERE n > 2 LOOP NULL; END LOOP;
  EXECUTE 'SELECT 1 FROM known';
  IF FOUND THEN INSERT INTO looped VALUES ('x'); END IF;
  DELETE FROM known WHERE id = 8;
  IF NOT FOUND THEN INSERT INTO removed VALUES ('x'); END IF;
END $$;
:show 'missing' GROUP BY line ORDER BY line COLLATE "C";
:show 'fetched' GROUP BY line ORDER BY line COLLATE "C";
:show 'looped' GROUP BY line ORDER BY line COLLATE "C";
:show 'removed' GROUP BY line ORDER BY line COLLATE "C";

-- FOUND and ROW_COUNT also depend on what decided that their statement ran; DDL leaves FOUND alone.
CREATE TABLE inside (w text);
CREATE TABLE behind (n int);
DO $$
DECLARE
  n int;
BEGIN
  PERFORM 1 FROM src WHERE src.n > 1;
  IF FOUND THEN
    DROP TABLE IF EXISTS none_such;
    INSERT INTO inside VALUES ('x');
    PERFORM 1;
  END IF;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO behind VALUES (n);
END $$;
:show 'inside' GROUP BY line ORDER BY line COLLATE "C";
:show 'behind' GROUP BY line ORDER BY line COLLATE "C";

-- ROW_COUNT is decided by the rows of the statement before it, and is no value of theirs.
CREATE TABLE copied (id int);
CREATE TABLE counted (n int);
DO $$
DECLARE
  moved int;
BEGIN
  INSERT INTO copied SELECT id FROM src WHERE n > 1;
  GET DIAGNOSTICS moved = ROW_COUNT;
  INSERT INTO counted VALUES (moved);
END $$;
:show 'counted' GROUP BY line ORDER BY line COLLATE "C";

-- A handler runs because of what the failed statement looked at.
CREATE TABLE good (n int);
CREATE TABLE bad (why text);
CREATE TABLE after_all (w text);
DO $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT id, txt FROM src LOOP
    BEGIN
      INSERT INTO good VALUES (r.txt::int);
    EXCEPTION WHEN invalid_text_representation THEN
      INSERT INTO bad VALUES ('no number');
    END;
  END LOOP;
  INSERT INTO after_all VALUES ('x');
END $$;
:show 'bad' GROUP BY line ORDER BY line COLLATE "C";
:show 'after_all' GROUP BY line ORDER BY line COLLATE "C";

-- A jump to a label passes by all that stands between.
CREATE TABLE passed (id int);
DO $$
DECLARE
  r record;
  k record;
BEGIN
  <<outer_loop>>
  FOR r IN SELECT id FROM src LOOP
    FOR k IN SELECT id FROM known LOOP
      CONTINUE outer_loop WHEN k.id = r.id;
    END LOOP;
    INSERT INTO passed VALUES (1);
  END LOOP;
END $$;
:show 'passed' GROUP BY line ORDER BY line COLLATE "C";

-- The default of a procedure's argument may be a call that reads.
CREATE FUNCTION standard() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT id FROM known); END $$;
CREATE TABLE defaulted (a int, b int);
CREATE PROCEDURE store(a int, b int DEFAULT standard()) LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO defaulted VALUES (a, b); END $$;
DO $$ DECLARE v int; BEGIN SELECT n INTO v FROM src LIMIT 1; CALL store(v); END $$;
:show 'defaulted' GROUP BY line ORDER BY line COLLATE "C";
DROP SCHEMA ctl CASCADE;
