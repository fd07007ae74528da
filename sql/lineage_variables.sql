-- How values flow through PL/pgSQL: variables, records, cursors, arguments, results.
\set schema lin_v
\i sql/include/shown.sql

-- cursors: with arguments, fetched, looped over, returned by a function
CREATE TABLE cur (i int, t text, how text);
CREATE FUNCTION opened() RETURNS refcursor LANGUAGE plpgsql AS $$
DECLARE c refcursor; BEGIN OPEN c FOR SELECT a, b FROM s; RETURN c; END $$;
CREATE PROCEDURE cursors() LANGUAGE plpgsql AS $$
DECLARE c CURSOR (k int) FOR SELECT id, y FROM s2 WHERE x > k; v int; w text; r record; f refcursor;
BEGIN
  OPEN c(2); LOOP FETCH c INTO v, w; EXIT WHEN NOT FOUND; INSERT INTO cur VALUES (v, w, 'fetched');
    END LOOP; CLOSE c;
  FOR r IN c(1) LOOP INSERT INTO cur VALUES (r.id, r.y, 'looped'); END LOOP;
  f := opened(); FETCH f INTO r; INSERT INTO cur VALUES (r.a, r.b, 'returned'); CLOSE f;
END $$;
CALL cursors();
:show 'cur.%' ORDER BY line COLLATE "C";
-- EXECUTE … INTO … USING; its text decides, its values flow
CREATE TABLE dyn (a int, b text);
CREATE PROCEDURE dynamic(tab text) LANGUAGE plpgsql AS $$
DECLARE v int; t text; BEGIN
  EXECUTE 'SELECT x, y FROM s2 WHERE id = $1' INTO v, t USING 1;
  EXECUTE format('INSERT INTO %I VALUES ($1, $2)', tab) USING v, t || '!';
END $$;
CALL dynamic('dyn');
:show 'dyn.%' ORDER BY line COLLATE "C";
-- records: whole, by field, copied, overwritten
CREATE TABLE rec (a int, b text, c numeric);
CREATE PROCEDURE records() LANGUAGE plpgsql AS $$
DECLARE r s%ROWTYPE; q record; BEGIN
  SELECT * INTO r FROM s LIMIT 1; q := r; r.b := 'constant'; INSERT INTO rec VALUES (q.a, q.b,
    r.c); INSERT INTO rec (b) VALUES (r.b);
END $$;
CALL records();
:show 'rec.%' ORDER BY line COLLATE "C";
-- arrays and FOREACH
CREATE TABLE arr (e int);
CREATE PROCEDURE arrays() LANGUAGE plpgsql AS $$
DECLARE xs int[]; e int; BEGIN
  xs := ARRAY(SELECT x FROM s2); xs[1] := 7; FOREACH e IN ARRAY xs LOOP INSERT INTO arr VALUES (e);
    END LOOP;
END $$;
CALL arrays();
:show 'arr.%' ORDER BY line COLLATE "C";
-- functions: what they return is observed, not their arguments
CREATE FUNCTION looked_up(k int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE r int;
  BEGIN SELECT x INTO r FROM s2 WHERE id = k; RETURN r; END $$;
CREATE FUNCTION louder(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN upper(t); END $$;
CREATE FUNCTION pairs(k int, OUT m int, OUT n text) LANGUAGE plpgsql AS $$
  BEGIN m := k * 2; SELECT y INTO n FROM s2 WHERE id = k; END $$;
CREATE FUNCTION several(lim int) RETURNS TABLE (p int, q text) LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY SELECT x, y FROM s2; FOR p, q IN SELECT a, b
  FROM s WHERE id < lim LOOP RETURN NEXT; END LOOP; END $$;
CREATE TABLE f1 (v int, w text);
CREATE TABLE f2 (v int, w text);
CREATE TABLE f3 (v int, w text);
INSERT INTO f1 SELECT looked_up(id), louder(b) FROM s;
INSERT INTO f2 SELECT (pairs(id)).* FROM s;
INSERT INTO f3 SELECT * FROM several(9);
:show 'f_.%' ORDER BY line COLLATE "C";
-- CALL with INOUT and OUT, named and default arguments, recursion
CREATE TABLE io (a int, b text, c text);
CREATE PROCEDURE fill(INOUT n int, k int, OUT t text) LANGUAGE plpgsql AS $$
  BEGIN SELECT x, y INTO n, t FROM s2 WHERE id = k; END $$;
CREATE FUNCTION deep(p int, q text DEFAULT 'z') RETURNS text LANGUAGE plpgsql AS $$
  BEGIN IF p <= 0 THEN RETURN q; END IF; RETURN deep(p - 1, q); END $$;
CREATE PROCEDURE calls() LANGUAGE plpgsql AS $$
DECLARE n int := 0; t text; BEGIN CALL fill(n, 1, t); INSERT INTO io SELECT n, t, deep(q => b, p =>
  2) FROM s; END $$;
CALL calls();
:show 'io.%' ORDER BY line COLLATE "C";
SELECT DISTINCT call_path FROM lineage.column_lineage WHERE target_table = 'lin_v.io';
-- control flow decides about rows; a branch not taken gives nothing
CREATE TABLE yes (a int);
CREATE TABLE no (a int);
CREATE PROCEDURE branches() LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM s2 WHERE x > 100) THEN INSERT INTO no SELECT a
    FROM s; ELSE INSERT INTO yes SELECT a FROM s; END IF;
END $$;
CALL branches();
:show 'yes.%' ORDER BY line COLLATE "C";
:show 'no.%' ORDER BY line COLLATE "C";
SET pg_lineage.track_control_flow = off;
CREATE TABLE plain (a int);
DO $$ BEGIN IF (SELECT max(x) FROM s2) > 1 THEN INSERT INTO plain SELECT a FROM s; END IF; END $$;
RESET pg_lineage.track_control_flow;
:show 'plain.%' ORDER BY line COLLATE "C";
-- an exception block undoes what it did, and what is caught leaves the frames in order
CREATE TABLE exc (a int, w text);
CREATE FUNCTION fails(k int) RETURNS int LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO exc SELECT a, 'undone' FROM s; RETURN k / 0; END $$;
CREATE PROCEDURE caught() LANGUAGE plpgsql AS $$
DECLARE v int; BEGIN
  BEGIN v := fails(1); EXCEPTION WHEN division_by_zero THEN SELECT x INTO v FROM s2 LIMIT 1; END;
  INSERT INTO exc VALUES (v, 'kept');
END $$;
CALL caught();
:show 'exc.%' ORDER BY line COLLATE "C";
-- ROW_COUNT carries no value
CREATE TABLE cnt (n bigint);
DO $$ DECLARE n bigint; BEGIN INSERT INTO yes SELECT a
  FROM s; GET DIAGNOSTICS n = ROW_COUNT; INSERT INTO cnt VALUES (n); END $$;
:show 'cnt.%' ORDER BY line COLLATE "C";
-- composite arguments keep their fields apart; a reversed loop begins at its first bound
CREATE TABLE comp (a int, b text);
CREATE FUNCTION of_row(r s) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN r.b || '!'; END $$;
CREATE PROCEDURE of_record(r s2) LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO comp VALUES (r.x, r.y); END $$;
INSERT INTO comp SELECT s.a, of_row(s) FROM s;
DO $$ DECLARE r s2; BEGIN SELECT * INTO r FROM s2 LIMIT 1; CALL of_record(r); END $$;
:show 'comp.%' ORDER BY line COLLATE "C";
CREATE TABLE rev (i int);
DO $$ DECLARE lo int; hi int; BEGIN SELECT a INTO lo FROM s LIMIT 1; SELECT x INTO hi
  FROM s2 LIMIT 1; FOR i IN REVERSE hi..lo LOOP INSERT INTO rev VALUES (i); END LOOP; END $$;
:show 'rev.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_v CASCADE;
