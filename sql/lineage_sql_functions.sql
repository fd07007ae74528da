-- SQL functions of one SELECT that write: by a WITH clause, or by what they call.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
CREATE SCHEMA sqf;
SET search_path = sqf;
\pset format unaligned
\pset tuples_only on
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

SELECT DISTINCT concat_ws(' ', replace(target_table, 'sqf.', '') || '.' || target_column, '<-',
  replace(source_table, 'sqf.', '') || '.' || source_column, subtype, 'by',
  replace(array_to_string(call_path, ' > '), 'sqf.', '')) COLLATE "C" AS line
FROM lineage.column_lineage WHERE target_table LIKE 'sqf.%' AND type = 'DIRECT' ORDER BY line;
DROP SCHEMA sqf CASCADE;
