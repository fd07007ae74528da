-- Functions that are called at other times and places than in the rows of a statement.
\set schema lin_call
\i sql/include/shown.sql
CREATE FUNCTION largest(since int) RETURNS int LANGUAGE sql STABLE AS
  $$ SELECT max(x) FROM s2 WHERE id > since $$;
CREATE FUNCTION named(number int) RETURNS text LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN (SELECT y FROM s2 WHERE id = number); END $$;
-- EXECUTE computes its arguments before the statement runs
CREATE TABLE executed (i int, n text, k bigint);
PREPARE put(int, text, bigint) AS INSERT INTO executed VALUES ($1, 'of ' || $2, $3);
EXECUTE put(largest(0) + 1, named(1), 7);
:show 'executed.%' ORDER BY line COLLATE "C";
PREPARE get(text) AS SELECT id, $1 AS n FROM s;
CREATE TABLE created AS EXECUTE get(named(2));
:show 'created.%' ORDER BY line COLLATE "C";
CREATE TABLE explained (i int);
PREPARE analyzed(int) AS INSERT INTO explained SELECT a + $1 FROM s;
\o /dev/null
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE analyzed(largest(1));
\o
:show 'explained.%' ORDER BY line COLLATE "C";
-- … and says itself what is wrong with them
EXECUTE put(largest(0));
EXECUTE nobody(largest(0));
EXECUTE put((SELECT 1), 'x', 2);
-- a SET clause: the body is read in the path that it names, also when no row calls it
CREATE SCHEMA other;
CREATE TABLE other.names (id int, v text);
CREATE TABLE no_rows (id int);
CREATE FUNCTION safely(number int) RETURNS text LANGUAGE sql STABLE STRICT SECURITY DEFINER
  SET search_path = other, pg_temp AS $$ SELECT v FROM names WHERE id = number $$;
CREATE TABLE safe (v text);
INSERT INTO safe SELECT safely(id) FROM no_rows;
:show 'safe.%' ORDER BY line COLLATE "C";
SHOW search_path;
-- what is read for a column that nobody uses is read
CREATE TABLE unused (id int);
WITH pairs AS (SELECT id, (SELECT max(x) FROM s2) AS most FROM s)
INSERT INTO unused SELECT id FROM pairs;
SELECT source_table, target_table FROM lineage.table_lineage
WHERE target_table = 'lin_call.unused' ORDER BY 1;
:show 'unused.%' ORDER BY line COLLATE "C";
-- a routine in the body of one that is not inlined, and in what RETURN QUERY runs: what it gave
-- counts, not what it was given
CREATE FUNCTION first_name(number int) RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT named(id) FROM s WHERE id = number LIMIT 1 $$;
CREATE FUNCTION guarded_name(number int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = lin_call AS $$ SELECT named(id) || b FROM s WHERE id = number $$;
CREATE FUNCTION all_names() RETURNS TABLE (i int, n text) LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN QUERY SELECT a, named(id) FROM s; END $$;
CREATE TABLE inner_calls (f text, g text, i int, n text);
INSERT INTO inner_calls SELECT first_name(2), guarded_name(1), i, n FROM all_names();
:show 'inner_calls.%' AND line LIKE '% INSERT' ORDER BY line COLLATE "C";
-- a routine that was not called is read from its body: no row, another arm of CASE or COALESCE
CREATE FUNCTION many(number int) RETURNS TABLE (i int, n text) LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN QUERY SELECT x, y FROM s2 WHERE id = number; END $$;
CREATE TABLE uncalled (i int, n text, c text);
INSERT INTO uncalled
SELECT m.i, m.n, CASE WHEN r.id > 9 THEN named(r.id) END FROM no_rows r, many(r.id) m;
:show 'uncalled.%' ORDER BY line COLLATE "C";
CREATE TABLE other_arm (n text);
CREATE PROCEDURE take_arm() LANGUAGE plpgsql AS $$
DECLARE one text; two text; number int;
BEGIN
  INSERT INTO other_arm SELECT coalesce(b, named(id)) FROM s;
  SELECT id INTO number FROM no_rows;
  one := coalesce('k', named(number));
  INSERT INTO other_arm VALUES (one || '!');
END $$;
CALL take_arm();
:show 'other_arm.%' ORDER BY line COLLATE "C";
-- … also when what it reads is another table now
ALTER TABLE s2 RENAME TO s2_old;
CREATE TABLE s2 (y text, id int);
DELETE FROM other_arm;
CALL take_arm();
:show 'other_arm.n%' AND line LIKE '% s2%' ORDER BY line COLLATE "C";
-- … when the planner computed it, once for all executions
CREATE FUNCTION fixed(number int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RETURN (SELECT v FROM other.names WHERE id = number); END $$;
CREATE TABLE folded (v text);
PREPARE fold AS INSERT INTO folded VALUES (fixed(1));
EXECUTE fold;
SELECT FROM lineage.forget();
EXECUTE fold;
:show 'folded.%' ORDER BY line COLLATE "C";
-- … and when a parallel worker made the call
CREATE FUNCTION apart(number int) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
  $$ BEGIN RETURN (SELECT v FROM other.names WHERE id = number); END $$;
CREATE TABLE many_rows AS SELECT g AS id FROM generate_series(1, 100) g;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE TABLE in_workers AS SELECT apart(id) AS v FROM many_rows;
:show 'in_workers.%' ORDER BY line COLLATE "C";
-- what a body in a temporary table gives depends on the session: made of what it was given
CREATE FUNCTION passing(number int) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT v FROM passing WHERE id = number); END $$;
CREATE TEMP TABLE passing AS SELECT id, y AS v FROM s2_old;
CREATE TABLE passed (v text);
INSERT INTO passed SELECT passing(id) FROM no_rows;
:show 'passed.%' ORDER BY line COLLATE "C";
-- what is kept of bodies outlives the snapshot that ran when the first of them was read
CREATE FUNCTION later(number int) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT y FROM s2_old WHERE id = number); END $$;
CREATE TABLE kept (v text);
INSERT INTO kept SELECT coalesce(lineage.snapshot()::text, named(id)) FROM s LIMIT 1;
INSERT INTO kept SELECT coalesce(b, later(id)) FROM s;
:show 'kept.%' ORDER BY line COLLATE "C";
-- a body behind a lock is read in the next transaction that asks for it
CREATE TABLE closed (id int, y text);
CREATE FUNCTION behind(number int) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT y FROM closed WHERE id = number); END $$;
CREATE TABLE open (during text, after text);
BEGIN;
LOCK closed;
PREPARE TRANSACTION 'lin_call';
INSERT INTO open (during) SELECT coalesce(b, behind(id)) FROM s;
COMMIT PREPARED 'lin_call';
INSERT INTO open (after) SELECT coalesce(b, behind(id)) FROM s;
:show 'open.%' ORDER BY line COLLATE "C";
-- a transaction that changes definitions again and again does not read bodies as often; the next
-- one knows what they are now
CREATE FUNCTION turned(number int) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT y FROM s2_old WHERE id = number); END $$;
CREATE TABLE turns (before text, after text);
DO $$
BEGIN
  FOR i IN 1 .. 30 LOOP
    CREATE TEMP TABLE in_round AS SELECT id, b FROM s;
    INSERT INTO turns (before) SELECT coalesce(b, turned(id)) FROM in_round;
    DROP TABLE in_round;
  END LOOP;
  CREATE OR REPLACE FUNCTION turned(number int) RETURNS text LANGUAGE plpgsql AS
    'BEGIN RETURN (SELECT y FROM s2 WHERE id = number); END';
END $$;
INSERT INTO turns (after) SELECT coalesce(b, turned(id)) FROM s;
:show 'turns.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_call, other CASCADE;
