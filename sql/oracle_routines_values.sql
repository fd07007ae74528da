-- More of what the perturbation oracle found in routines: values on their way into variables.
\set ECHO none
\set schema orv
\i sql/include/shown.sql
-- a call in an initial value is given what the variables declared before it hold
CREATE TABLE declared_first (x int, y text);
CREATE FUNCTION marked(p text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN p || 'x'; END $$;
CREATE FUNCTION two(p text, OUT o text, OUT n int) LANGUAGE plpgsql AS $$
BEGIN o := p; n := 1; END $$;
DO $$ DECLARE
  x text := (SELECT max(b) FROM s);
  y text := marked(x);
  z text := marked(y);
BEGIN
  INSERT INTO declared_first (y) VALUES (z);
  DECLARE v int := (SELECT min(a) FROM s); w text := (two(v::text)).o;
  BEGIN INSERT INTO declared_first (x) VALUES (w::int); END;
END $$;
:show 'declared_first.%' ORDER BY line COLLATE "C";

-- fields of a variable that holds nothing yet, as targets of INTO: each takes its own
CREATE TYPE couple AS (p int, q text);
CREATE TABLE coupled (x int, y text);
DO $$ DECLARE c couple; d s; BEGIN
  SELECT a, b INTO c.p, c.q FROM s ORDER BY id LIMIT 1;
  INSERT INTO coupled VALUES (c.p, c.q);
  SELECT id, b INTO d.a, d.b FROM s ORDER BY id LIMIT 1;
  INSERT INTO coupled VALUES (d.a, d.b);
END $$;
:show 'coupled.%' ORDER BY line COLLATE "C";
-- what USING passes to a cursor without a query of its own goes into no variable
CREATE TABLE opened (x text);
CREATE FUNCTION open_with(p text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c refcursor; n int; BEGIN
  OPEN c FOR EXECUTE 'SELECT id FROM s WHERE id <> $1' USING (SELECT min(a) FROM s);
  FETCH c INTO n;
  CLOSE c;
  INSERT INTO opened VALUES (p || n);
  EXECUTE 'SELECT $1' INTO n USING (SELECT max(id) FROM s);
END $$;
DO $$ BEGIN PERFORM open_with((SELECT max(b) FROM s)); END $$;
:show 'opened.%' ORDER BY line COLLATE "C";
-- each round of a loop begins with its variables as the loop gives them; after it they hold what
-- the body has put there
CREATE TABLE rounds (of_rows int, of_list int, of_cursor int, of_numbers int, of_array int);
CREATE TABLE rounds_after (of_rows int, of_list int);
CREATE PROCEDURE doubled(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n * 2; END $$;
DO $$ DECLARE r record; v int; w text; e int; c CURSOR FOR SELECT id, a FROM s; BEGIN
  FOR r IN SELECT id AS f, b AS g FROM s LOOP
    INSERT INTO rounds (of_rows) VALUES (r.f);
    r.f := (SELECT max(a) FROM s);
  END LOOP;
  FOR v, w IN SELECT id, b FROM s LOOP
    INSERT INTO rounds (of_list) VALUES (v);
    IF v > 0 THEN SELECT max(a) INTO v FROM s; END IF;
  END LOOP;
  FOR q IN c LOOP
    INSERT INTO rounds (of_cursor) VALUES (q.id);
    q.id := q.a;
    CALL doubled(q.id);
  END LOOP;
  FOR i IN 1..2 LOOP
    INSERT INTO rounds (of_numbers) VALUES (i);
    i := i + (SELECT max(a) FROM s);
  END LOOP;
  FOREACH e IN ARRAY (SELECT array_agg(id) FROM s) LOOP
    INSERT INTO rounds (of_array) VALUES (e);
    GET DIAGNOSTICS e = ROW_COUNT;
    e := (SELECT max(a) FROM s);
  END LOOP;
  INSERT INTO rounds_after VALUES (r.f, v);
END $$;
:show 'rounds%' ORDER BY line COLLATE "C";
-- so they do where only an argument of a call is given a value
CREATE TABLE called (n int, m int);
DO $$ DECLARE n int; m int; BEGIN
  FOR n IN SELECT id FROM s LOOP
    m := n;
    INSERT INTO called (n, m) VALUES (n, (SELECT max(id) FROM s));
    CALL doubled(n);
    INSERT INTO called (m) VALUES (m + n);
  END LOOP;
END $$;
:show 'called.%' ORDER BY line COLLATE "C";
-- a call that no row came to, or in an arm that was not taken, is what its body says: once there
-- is a row the edges are the same; a body that cannot be read wholly leaves its arguments
CREATE TABLE rates (k int, v numeric);
CREATE TABLE unmade (x numeric, y text, z int, w int);
CREATE TABLE made (x numeric, y text, z int);
CREATE FUNCTION rate(p int, unused text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE o numeric; BEGIN SELECT v INTO o FROM rates WHERE k = p; RETURN o; END $$;
CREATE FUNCTION halves(p int, OUT o text, OUT n int) LANGUAGE plpgsql AS $$
BEGIN IF p > 1 THEN n := p; ELSE n := 7; END IF;
  SELECT max(y) INTO o FROM s2 WHERE s2.id = p; END $$;
CREATE FUNCTION broken(p int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT nothing FROM nowhere); END $$;
INSERT INTO unmade (x, y, z)
  SELECT rate(a, b), (halves(id)).o, (halves(a)).n FROM s WHERE false;
INSERT INTO made SELECT rate(a, b), (halves(id)).o, (halves(a)).n FROM s;
DO $$ BEGIN INSERT INTO unmade (w) SELECT broken(id) FROM s WHERE a > 100; END $$;
CREATE FUNCTION dynamic(p int, t text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE o int; BEGIN EXECUTE format('SELECT v FROM %I WHERE k = $1', t) INTO o USING p; RETURN o;
END $$;
INSERT INTO unmade (w) SELECT dynamic(a, 'rates') + 1 FROM s WHERE false;
:show 'unmade%' ORDER BY line COLLATE "C";
:show 'made%' ORDER BY line COLLATE "C";
CREATE TABLE arms (x numeric);
INSERT INTO arms SELECT CASE WHEN id > 100 THEN rate(a, b) ELSE c END FROM s;
:show 'arms%' ORDER BY line COLLATE "C";
-- as soon as the body says something else, so does the call
CREATE OR REPLACE FUNCTION rate(p int, unused text) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT max(z) FROM s2); END $$;
INSERT INTO arms SELECT CASE WHEN id > 100 THEN rate(a, b) ELSE c END FROM s;
:show 'arms%' ORDER BY line COLLATE "C";
DROP SCHEMA orv CASCADE;
