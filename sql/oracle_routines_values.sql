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
DROP SCHEMA orv CASCADE;
