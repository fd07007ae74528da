-- Flows that were once told wrong: calls of one function at several places, records passed whole.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
RESET client_min_messages;
CREATE SCHEMA hunt;
SET search_path = hunt;
\pset format unaligned
\pset tuples_only on
CREATE TABLE src (a int, b int);
INSERT INTO src VALUES (1, 2);
CREATE TABLE look (k int, v int);
INSERT INTO look VALUES (1, 7);
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN n * 2; END $$;
CREATE FUNCTION rows_of(n int) RETURNS TABLE (m int) LANGUAGE plpgsql AS
$$ BEGIN RETURN QUERY SELECT n; END $$;

-- Each call gives what its own arguments hold.
CREATE TABLE calls (x int, y int);
INSERT INTO calls SELECT twice(a), twice(b) FROM src;
CREATE TABLE calls_from (x int, y int);
INSERT INTO calls_from SELECT f.m, g.m FROM src, rows_of(src.a) f, LATERAL rows_of(src.b) g;
CREATE TABLE calls_nested (x int, y int);
INSERT INTO calls_nested SELECT twice(twice(a)), twice(b) FROM src;
CREATE TABLE calls_into (x int, y int);
DO $$
DECLARE
  v int;
  w int;
BEGIN
  FOR i IN 1..2 LOOP
    SELECT twice(a), twice(b) INTO v, w FROM src;
    INSERT INTO calls_into VALUES (twice(v), twice(w));
  END LOOP;
END $$;

-- A SQL function that writes takes its arguments along.
CREATE TABLE sql_log (x int, y int);
CREATE TABLE sql_out (x int);
CREATE FUNCTION note(n int) RETURNS int LANGUAGE sql AS
$$ INSERT INTO sql_log VALUES (n, 1) RETURNING x $$;
INSERT INTO sql_out SELECT note(a) FROM src;

-- A record assigned whole keeps its fields apart.
CREATE TABLE copied (x int, y int);
DO $$
DECLARE
  r record;
  q record;
BEGIN
  SELECT a, b INTO r FROM src;
  q := r;
  SELECT v AS b, k AS a INTO r FROM look;
  INSERT INTO copied VALUES (q.b, r.b);
END $$;

-- A BEFORE trigger may return another row than NEW.
CREATE TABLE returned (x int, y int);
CREATE FUNCTION other_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  r returned%ROWTYPE;
BEGIN
  r := NEW;
  SELECT v INTO r.y FROM look;
  RETURN r;
END $$;
CREATE TRIGGER other BEFORE INSERT ON returned FOR EACH ROW EXECUTE FUNCTION other_row();
INSERT INTO returned (x) SELECT a FROM src;

-- ON CONFLICT with a sub-query for several columns.
CREATE TABLE merged (x int PRIMARY KEY, y int, n int);
INSERT INTO merged (x) SELECT a FROM src ON CONFLICT (x) DO UPDATE
  SET (y, n) = (SELECT v, excluded.x FROM look WHERE look.k = excluded.x);

-- CREATE TABLE AS EXECUTE.
PREPARE q AS SELECT b FROM src;
CREATE TABLE executed AS EXECUTE q;

-- A recursive SQL function: its body is read once, not once for every call in it.
CREATE FUNCTION fib(n int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE FUNCTION fib(n int) RETURNS int LANGUAGE sql
  AS 'SELECT CASE WHEN n < 2 THEN n ELSE fib(n - 1) + fib(n - 2) END';
CREATE TABLE recursive (x int);
SET statement_timeout = '10s';
INSERT INTO recursive SELECT fib(a) FROM src;
RESET statement_timeout;

-- A SQL function with a SET clause is watched as it runs, also where its caller names no table.
CREATE FUNCTION plus(n int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = hunt AS
$$ SELECT v + n FROM look $$;
CREATE TABLE watched (x int);
INSERT INTO watched SELECT plus(1);
-- Rows of a table with a dropped column: positions are not attribute numbers.
CREATE TABLE gap (gone int, a int, b int);
ALTER TABLE gap DROP COLUMN gone;
INSERT INTO gap VALUES (1, 2);
CREATE FUNCTION gaps() RETURNS SETOF gap LANGUAGE plpgsql AS
$$ BEGIN RETURN QUERY SELECT * FROM gap; END $$;
CREATE TABLE from_gaps (x int, y int);
INSERT INTO from_gaps SELECT * FROM gaps();
CREATE TABLE from_gap (x int, y int);
DO $$ DECLARE r gap; BEGIN SELECT * INTO r FROM gap; INSERT INTO from_gap VALUES (r.a, r.b); END $$;
-- A body that is no SQL is the user's fault: no WARNING of ours, and the rest is captured.
SET check_function_bodies = off;
CREATE FUNCTION no_sql() RETURNS int LANGUAGE sql AS $$ selec $$;
RESET check_function_bodies;
CREATE TABLE beside (x int);
BEGIN;
CREATE VIEW broken AS SELECT no_sql() AS n FROM src;
INSERT INTO beside SELECT a FROM src;
COMMIT;
DROP VIEW broken;

SELECT source_table, source_column, target_table, target_column, subtype, operation
FROM lineage.column_lineage
WHERE type = 'DIRECT' AND target_table LIKE 'hunt.%' AND source_table <> target_table
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY target_table COLLATE "C", target_column COLLATE "C", source_table COLLATE "C",
  source_column COLLATE "C", subtype COLLATE "C", operation COLLATE "C";

SET client_min_messages = warning;
DROP SCHEMA hunt CASCADE;
