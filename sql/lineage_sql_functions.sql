-- SQL functions that are not inlined: what they write, what they call, and what those calls give.
\set schema sqf
\i sql/include/begin.sql
SET compute_query_id = off;
CREATE TABLE src (a int, b int);
INSERT INTO src VALUES (1, 2);
CREATE TABLE two (n int);
INSERT INTO two VALUES (1), (2);
CREATE FUNCTION note(v int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO notes VALUES (v); RETURN v; END $$;
CREATE TABLE notes (n int);
CREATE TABLE marks (tag text, n int);
INSERT INTO marks VALUES ('x', 0);

-- a WITH clause that writes, whether what it gives is read or not
CREATE FUNCTION marked(v int) RETURNS int LANGUAGE sql AS
$$ WITH u AS (UPDATE marks SET n = v) SELECT 1 $$;
CREATE FUNCTION marked_rows(v int) RETURNS SETOF marks LANGUAGE sql AS
$$ WITH u AS (INSERT INTO marks VALUES ('rows', v) RETURNING *) SELECT * FROM u $$;
CREATE FUNCTION marked_atomic(v int) RETURNS int BEGIN ATOMIC
  WITH u AS (INSERT INTO marks VALUES ('atomic', v) RETURNING n) SELECT n FROM u;
END;
CREATE TABLE given (n int);
INSERT INTO given SELECT marked(a) FROM src;
INSERT INTO given SELECT n FROM src, marked_rows(src.b);
INSERT INTO given SELECT marked_atomic(a + b) FROM src;

-- calls of what writes, in functions that the server does not inline
CREATE FUNCTION by_rows(v int) RETURNS int LANGUAGE sql AS $$ SELECT note(v) FROM two LIMIT 1 $$;
CREATE FUNCTION by_set(v int) RETURNS SETOF int LANGUAGE sql AS $$ SELECT note(v) $$;
CREATE FUNCTION by_part(v int) RETURNS int LANGUAGE sql AS $$ SELECT (SELECT note(v)) $$;
CREATE FUNCTION by_void(v int) RETURNS void LANGUAGE sql AS $$ SELECT note(v) $$;
CREATE FUNCTION by_strict(v int) RETURNS int STRICT LANGUAGE sql AS $$ SELECT note(v) $$;
CREATE FUNCTION by_stable(v int) RETURNS int STABLE BEGIN ATOMIC SELECT note(v); END;
CREATE FUNCTION by_other(v int) RETURNS int LANGUAGE sql AS $$ SELECT by_rows(v) FROM two $$;
SELECT by_rows(a), by_part(a), by_void(a), by_strict(a), by_stable(a), by_other(a) FROM src;
SELECT s.b, f FROM src s, by_set(s.b) f;

-- what the server inlines it still does, and then the call has no frame
CREATE FUNCTION in_place(v int) RETURNS int LANGUAGE sql AS $$ SELECT note(v) $$;
CREATE FUNCTION in_from(v int) RETURNS SETOF int STABLE LANGUAGE sql AS
$$ SELECT n FROM two WHERE n = v $$;
EXPLAIN (VERBOSE, COSTS off) SELECT in_place(a) FROM src;
EXPLAIN (VERBOSE, COSTS off) SELECT f FROM in_from(1) f;
SELECT in_place(b) FROM src;

-- what the calls in a body give is what the function gives
CREATE TABLE rate (id int, r int);
INSERT INTO rate VALUES (1, 5), (2, 6);
CREATE FUNCTION rated(i int) RETURNS int STABLE LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT r FROM rate WHERE id = i) + i; END $$;
CREATE FUNCTION rate_1(i int) RETURNS int STABLE LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT r FROM rate WHERE id = 1); END $$;
CREATE FUNCTION from_rows(v int) RETURNS int STABLE LANGUAGE sql AS
$$ SELECT rated(v) FROM two LIMIT 1 $$;
CREATE FUNCTION from_set(v int) RETURNS SETOF int STABLE LANGUAGE sql AS $$ SELECT rated(v) $$;
CREATE FUNCTION from_both(v int) RETURNS int STABLE LANGUAGE sql AS $$ SELECT rated(v) + v $$;
CREATE FUNCTION from_last(v int) RETURNS int LANGUAGE sql AS
$$ INSERT INTO two VALUES (v); SELECT rate_1(v) FROM two LIMIT 1 $$;
CREATE FUNCTION from_other(v int) RETURNS int STABLE LANGUAGE sql AS
$$ SELECT from_rows(v) FROM two LIMIT 1 $$;
CREATE FUNCTION from_path(v int, OUT own int, OUT other int) STABLE LANGUAGE sql
SET search_path = sqf AS $$ SELECT v, rate_1(v) FROM two LIMIT 1 $$;
CREATE TABLE results (by_rows int, by_set int, by_both int, by_last int, by_other int, by_var int);
INSERT INTO results (by_rows) SELECT from_rows(a) FROM src;
INSERT INTO results (by_set) SELECT from_set(a) FROM src;
INSERT INTO results (by_both) SELECT from_both((SELECT max(a) FROM src));
INSERT INTO results (by_last) SELECT from_last(b) FROM src;
INSERT INTO results (by_other) SELECT from_other(b) FROM src;
DO $$
DECLARE
  n int;
BEGIN
  SELECT from_rows(b) INTO n FROM src;
  n := from_other(n);
  INSERT INTO results (by_var) VALUES (n);
END $$;
CREATE TABLE fields (own int, other int);
INSERT INTO fields SELECT f.* FROM src, from_path(b) f;

-- RETURN QUERY gives what its calls gave, not what they were given
CREATE FUNCTION handed(v int, OUT own int, OUT other int) RETURNS SETOF record LANGUAGE plpgsql AS
$$
BEGIN
  RETURN QUERY SELECT v, rate_1(v) FROM two;
  RETURN QUERY EXECUTE 'SELECT n, rate_1($1) FROM two' USING v;
END $$;
CREATE TABLE handed_on (own int, other int);
INSERT INTO handed_on SELECT h.* FROM src, handed(b) h;

SELECT DISTINCT concat_ws(' ', replace(target_table, 'sqf.', '') || '.' || target_column, '<-',
  replace(source_table, 'sqf.', '') || '.' || source_column, subtype, 'by',
  replace(array_to_string(call_path, ' > '), 'sqf.', '')) COLLATE "C" AS line
FROM lineage.column_lineage WHERE target_table LIKE 'sqf.%' AND type = 'DIRECT' ORDER BY line;
-- calls that go deeper than bodies are read are counted
CREATE TABLE deep_src (a int);
SELECT format('CREATE FUNCTION deep%s(int) RETURNS int LANGUAGE sql AS %L', i,
              CASE i WHEN 0 THEN 'SELECT max(a) FROM deep_src'
                     ELSE format('SELECT max(deep%s($1)) FROM deep_src', i - 1) END)
FROM generate_series(0, 20) i \gexec
CREATE TABLE from_deep (n int);
SELECT degraded_shapes AS counted FROM lineage.health \gset
INSERT INTO from_deep SELECT deep10(a) FROM deep_src;
SELECT degraded_shapes > :counted FROM lineage.health;
INSERT INTO from_deep SELECT deep20(a) FROM deep_src;
SELECT degraded_shapes > :counted FROM lineage.health;
DROP SCHEMA sqf CASCADE;
