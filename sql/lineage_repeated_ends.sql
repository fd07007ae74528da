-- What a loop does again and again, when an error, a COMMIT or another definition comes between.
\set schema lin_rpe
\i sql/include/shown.sql

-- an error in each second round: its handlers have statements, or none
CREATE TABLE o (n int, v text);
CREATE PROCEDURE caught() LANGUAGE plpgsql AS $$
DECLARE x text := ''; y text; n int;
BEGIN
  FOR i IN 1..8 LOOP
    BEGIN
      y := x;
      n := 1 / (i % 2);
      y := '';
    EXCEPTION WHEN division_by_zero THEN
    END;
    BEGIN
      n := 1 / (i % 3);
    EXCEPTION WHEN division_by_zero THEN
      SELECT s.b INTO x FROM s LIMIT 1;
    END;
    IF i = 4 OR i = 5 THEN INSERT INTO o VALUES (i, y); END IF;
  END LOOP;
END $$;
CALL caught();
:show 'o.v%' ORDER BY line COLLATE "C";
-- COMMIT and ROLLBACK in the loop
CREATE TABLE c (n int, v text, w text);
CREATE PROCEDURE ended() LANGUAGE plpgsql AS $$
DECLARE x text := ''; y text := '';
BEGIN
  FOR i IN 1..6 LOOP
    y := x;
    IF i = 2 THEN SELECT s.b INTO x FROM s LIMIT 1; END IF;
    INSERT INTO c VALUES (i, y, x);
    IF i % 2 = 1 THEN COMMIT; ELSE ROLLBACK; END IF;
  END LOOP;
END $$;
CALL ended();
:show 'c.%' ORDER BY line COLLATE "C";
SELECT target_column, executions FROM lineage.column_lineage
 WHERE target_table = 'lin_rpe.c' ORDER BY 1;
-- another definition, and control flow that is followed or not
CREATE TABLE d (v text);
CREATE FUNCTION defined() RETURNS void LANGUAGE plpgsql AS $$
DECLARE x text; y text;
BEGIN
  SELECT s.b INTO x FROM s LIMIT 1;
  FOR i IN 1..3 LOOP y := x; END LOOP;
  INSERT INTO d VALUES (y);
END $$;
SELECT defined();
CREATE OR REPLACE FUNCTION defined() RETURNS void LANGUAGE plpgsql AS $$
DECLARE x text; y text; n int;
BEGIN
  SELECT s2.y, s2.x INTO x, n FROM s2 LIMIT 1;
  FOR i IN 1..6 LOOP
    IF n > 0 THEN y := x; END IF;
    PERFORM set_config('pg_lineage.track_control_flow', CASE WHEN i > 3 THEN 'on' ELSE 'off' END,
                       true);
    IF i = 3 THEN INSERT INTO d VALUES (y); END IF;
    IF i = 6 THEN INSERT INTO d VALUES (y || '!'); END IF;
  END LOOP;
END $$;
SELECT defined();
:show 'd.%' ORDER BY line COLLATE "C";
-- a record that has other fields in each second round
CREATE TABLE r (v text);
CREATE PROCEDURE shaped() LANGUAGE plpgsql AS $$
DECLARE z record; y text;
BEGIN
  FOR i IN 1..6 LOOP
    IF i % 2 = 0 THEN
      SELECT s.b AS p, s.c AS q INTO z FROM s LIMIT 1;
    ELSE
      SELECT s2.z AS q, s2.y AS p INTO z FROM s2 LIMIT 1;
    END IF;
    FOR j IN 1..2 LOOP y := z.p; END LOOP;
    INSERT INTO r VALUES (y);
  END LOOP;
END $$;
CALL shaped();
:show 'r.%' ORDER BY line COLLATE "C";
-- FOUND is of the statement before, in each round
CREATE TABLE f (v text);
CREATE PROCEDURE found_or_not() LANGUAGE plpgsql AS $$
DECLARE x int; y text := '';
BEGIN
  FOR i IN 1..4 LOOP
    PERFORM 1;
    IF i = 3 THEN PERFORM 1 FROM s2 WHERE s2.x > 0; END IF;
    y := y || FOUND;
    IF i IN (2, 4) THEN INSERT INTO f VALUES (i || y); END IF;
  END LOOP;
END $$;
CALL found_or_not();
:show 'f.%' ORDER BY line COLLATE "C";
