-- What a SQL function's body calls gives its columns apart, inlined or not, and row by row.
\set schema lin_b
\i sql/include/shown.sql
CREATE FUNCTION pair(n int, m int, OUT x int, OUT y int) LANGUAGE plpgsql AS
$$ BEGIN x := n; y := m; END $$;
CREATE FUNCTION pair_volatile(n int, m int) RETURNS TABLE (x int, y int) LANGUAGE sql AS
$$ SELECT p.x, p.y FROM pair(n, m) p $$;
CREATE FUNCTION pair_stable(n int, m int) RETURNS TABLE (x int, y int) LANGUAGE sql STABLE AS
$$ SELECT p.x, p.y FROM pair(n, m) p $$;
CREATE FUNCTION pair_second(n int, m int) RETURNS TABLE (x int, y int) LANGUAGE sql AS
$$ DELETE FROM s WHERE false; SELECT * FROM pair_volatile(n, m); $$;
CREATE FUNCTION of_pair(n int, m int) RETURNS int LANGUAGE sql AS
$$ SELECT p.y FROM pair(n, m) p $$;
CREATE FUNCTION of_stable(n int, m int) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT p.y FROM pair(n, m) p WHERE p.y > 0 $$;
CREATE TABLE pairs (x int, y int, how text);
INSERT INTO pairs SELECT p.*, 'volatile' FROM s, pair_volatile(id, a) p;
CREATE TABLE pairs_ordinal (x int, y int);
INSERT INTO pairs_ordinal SELECT p.x, p.y FROM s, pair_stable(id, a) WITH ORDINALITY p;
CREATE TABLE pairs_second (x int, y int);
INSERT INTO pairs_second SELECT p.* FROM s, pair_second(id, a) p;
CREATE TABLE pairs_rows (x int, y int);
INSERT INTO pairs_rows SELECT (pair_second(id, a)).* FROM s;
CREATE TABLE pairs_value (x int, y int);
CREATE TABLE pairs_stable (y int);
DO $$
DECLARE
  r s;
  v int;
BEGIN
  SELECT * INTO r FROM s;
  v := of_pair(r.id, r.a);
  INSERT INTO pairs_value (y) VALUES (v);
  INSERT INTO pairs_value (x) SELECT of_pair(a, id) FROM s;
  v := of_stable(r.id, r.a);
  INSERT INTO pairs_stable VALUES (v);
END $$;
:show 'pairs%' ORDER BY line COLLATE "C";
-- RETURN QUERY of a function's rows: its arguments are in them only where it put them.
CREATE FUNCTION countdown(n int, m int) RETURNS TABLE (x int, y int) LANGUAGE plpgsql AS $$
BEGIN
  IF n > 0 THEN
    RETURN QUERY SELECT n, m;
    RETURN QUERY SELECT c.x, c.y FROM countdown(n - 1, m) c;
  END IF;
END $$;
CREATE TABLE counted (x int, y int);
INSERT INTO counted SELECT c.* FROM s, countdown(id, a) c;
:show 'counted.%' ORDER BY line COLLATE "C";
-- CALL in the body of a SQL procedure passes the arguments on
CREATE TABLE called (x int, y int);
CREATE PROCEDURE inner_call(n int, m int) LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO called VALUES (n, m); END $$;
CREATE PROCEDURE outer_call(p s) LANGUAGE sql AS $$ CALL inner_call(p.id + 1, $1.a) $$;
DO $$ DECLARE r s; BEGIN SELECT * INTO r FROM s; CALL outer_call(r); END $$;
:show 'called.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_b CASCADE;
