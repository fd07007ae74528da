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
DROP SCHEMA lin_r CASCADE;
