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
DROP SCHEMA lin_call, other CASCADE;
