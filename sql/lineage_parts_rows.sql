-- Rows that are one value of a query, an argument or an assignment: their fields stay apart.
\set schema lin_r
\i sql/include/shown.sql
CREATE TYPE pair AS (f int, g text);
-- the one column of a loop's or a cursor's rows
CREATE TABLE one (f int, g text);
CREATE FUNCTION same(p pair) RETURNS pair LANGUAGE plpgsql AS $$ BEGIN RETURN p; END $$;
DO $$
DECLARE r record; c refcursor;
BEGIN
  FOR r IN SELECT ROW(a, b)::pair AS z FROM s LOOP INSERT INTO one VALUES ((r.z).f); END LOOP;
  FOR r IN SELECT same(ROW(id, b)::pair) AS z FROM s LOOP
    INSERT INTO one (g) VALUES ((r.z).g); END LOOP;
  OPEN c FOR SELECT q AS z FROM s2 q;
  FETCH c INTO r;
  INSERT INTO one VALUES ((r.z).x, (r.z).y);
END $$;
:show 'one.%' ORDER BY line COLLATE "C";
-- INOUT: what a procedure put into the row
CREATE TABLE two (f int, g text);
CREATE PROCEDURE filled(INOUT p pair, n int, OUT total int) LANGUAGE plpgsql AS $$ BEGIN
  SELECT a, b INTO p FROM s WHERE id = n; total := p.f; END $$;
CREATE PROCEDURE added(INOUT p pair) LANGUAGE plpgsql AS $$ BEGIN
  p.f := p.f + (SELECT max(x) FROM s2); END $$;
DO $$
DECLARE v pair; t int;
BEGIN
  CALL filled(v, 1, t);
  CALL added(v);
  INSERT INTO two VALUES (v.f, v.g), (t, '');
END $$;
:show 'two.%' ORDER BY line COLLATE "C";
-- the whole row of a sub-query, a CTE, VALUES, a function
CREATE TABLE three (f int, g text);
CREATE PROCEDURE by_query() LANGUAGE plpgsql AS $$
DECLARE v pair;
BEGIN
  v := (SELECT w FROM (SELECT a, b, 0 FROM s ORDER BY a LIMIT 1) w(p, q, r));
  INSERT INTO three VALUES (v.f, v.g);
  v := (SELECT y.z FROM (SELECT w AS z FROM (SELECT x, y FROM s2) w(p, q)) y LIMIT 1);
  INSERT INTO three VALUES (v.f, v.g);
END $$;
CALL by_query();
CREATE PROCEDURE by_others() LANGUAGE plpgsql AS $$
DECLARE v pair;
BEGIN
  v := (WITH w AS MATERIALIZED (SELECT a, b FROM s) SELECT w FROM w LIMIT 1);
  INSERT INTO three VALUES (v.f, v.g);
  v := (SELECT w FROM s2, LATERAL (VALUES (x, y)) w(p, q) LIMIT 1);
  INSERT INTO three VALUES (v.f, v.g);
  v := (SELECT w FROM s2, jsonb_to_record(to_jsonb(s2)) w(id int, y text) LIMIT 1);
  INSERT INTO three VALUES (v.f, v.g);
END $$;
CALL by_others();
:show 'three.%' ORDER BY line COLLATE "C";
-- arrays of rows without a type become such of a type, by place
CREATE TABLE listed (f int, g text);
CREATE PROCEDURE by_array() LANGUAGE plpgsql AS $$
DECLARE v pair[];
BEGIN
  v := ARRAY(SELECT (a, b) FROM s);
  INSERT INTO listed VALUES (v[1].f, v[1].g);
  SELECT array_agg((x, y)) INTO v FROM s2;
  INSERT INTO listed VALUES (v[1].f, v[1].g);
  EXECUTE 'SELECT ARRAY[(x, y)] FROM s2' INTO v;
  INSERT INTO listed VALUES (v[1].f, v[1].g);
END $$;
CALL by_array();
:show 'listed.%' ORDER BY line COLLATE "C";
-- all of a wide record: what is kept grows with the record, not with its square
DO $$ BEGIN EXECUTE format('CREATE TABLE wide (%s)', (SELECT string_agg(format('c%s int', i), ',')
  FROM generate_series(1, 800) i)); END $$;
CREATE TABLE four (t text);
BEGIN;
DO $$ DECLARE r record; BEGIN SELECT * INTO r FROM wide; INSERT INTO four VALUES (r::text); END $$;
SELECT name FROM pg_backend_memory_contexts
WHERE name = 'pg_lineage source sets' AND total_bytes < 1000000;
COMMIT;
SELECT count(*) FROM shown WHERE line LIKE 'four.t <- wide.%';
-- values of USING: the rows in an array; JSON that goes on to a variable, a routine, a cursor
CREATE TABLE five (f int, g text);
CREATE TABLE six (f text, g text);
CREATE PROCEDURE take(v jsonb) LANGUAGE sql AS
$$ INSERT INTO six VALUES (v ->> 'a', v ->> 'b') $$;
CREATE PROCEDURE by_using() LANGUAGE plpgsql AS $$
DECLARE l pair[]; j jsonb; k jsonb; c refcursor;
BEGIN
  SELECT array_agg(ROW(a, b)::pair), jsonb_agg(to_jsonb(s)) -> 0 INTO l, j FROM s;
  EXECUTE 'INSERT INTO five SELECT u.f, u.g FROM unnest($1) u' USING l;
  EXECUTE 'SELECT $1 || ''{}''' INTO k USING j;
  INSERT INTO six VALUES (k ->> 'id', k ->> 'c');
  OPEN c FOR EXECUTE 'SELECT $2' USING l, j;
  FETCH c INTO k;
  INSERT INTO six VALUES (k ->> 'd', '');
  EXECUTE 'CALL take($1)' USING j;
END $$;
CALL by_using();
:show 'five.%' ORDER BY line COLLATE "C";
:show 'six.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_r CASCADE;
