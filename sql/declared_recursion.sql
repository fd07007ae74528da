-- Bodies that call themselves are read until their calls say nothing new; and what no body tells.
\set ECHO none
\set schema decl_r
\i sql/include/shown.sql
CREATE TABLE deep (x int, y text);
CREATE TABLE flat (n int, t text);
-- values that the rounds hand on, from one argument to another and into the result
CREATE FUNCTION count_down(p int, q text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p <= 0 THEN RETURN q; END IF;
  INSERT INTO deep VALUES (p, q);
  RETURN count_down(p - 1, q || p);
END $$;
CREATE PROCEDURE deepens() LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO flat (t) SELECT count_down(a, b) FROM s; END $$;
-- two that call each other
CREATE FUNCTION even(p int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION odd(p int) RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN IF p = 1 THEN RETURN p; END IF; RETURN even(p - (SELECT max(id) FROM s2)); END $$;
CREATE OR REPLACE FUNCTION even(p int) RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN IF p = 0 THEN RETURN (SELECT max(x) FROM s2); END IF; RETURN odd(p - 1); END $$;
CREATE PROCEDURE alternates() LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO flat (n) VALUES (even(3)); END $$;
-- twelve arguments in turn: each call brings a value one place further
CREATE PROCEDURE turns(a int, b int, c int, d int, e int, f int, g int, h int, i int, j int, k int,
                       l int, rounds int) LANGUAGE plpgsql AS $$
BEGIN
  IF rounds > 0 THEN
    CALL turns(b, c, d, e, f, g, h, i, j, k, l, a, rounds - 1);
  ELSE
    INSERT INTO flat (n) VALUES (a);
  END IF;
END $$;
CREATE PROCEDURE turned() LANGUAGE plpgsql AS
  $$ DECLARE v int := (SELECT max(id) FROM s2);
  BEGIN CALL turns(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, v, 11); END $$;
-- a loop that hands a value along, one variable further in each of its rounds
CREATE PROCEDURE hands_along() LANGUAGE plpgsql AS $$
DECLARE
  a int := (SELECT max(x) FROM s2);
  b int; c int; d int; e int; f int; g int; h int; i int; j int; k int; l int; m int; n int; o int;
  p int; q int; r int; s int; t int; u int; v int; w int; x int; y int;
BEGIN
  FOR round IN 1..24 LOOP
    y := x; x := w; w := v; v := u; u := t; t := s; s := r; r := q; q := p; p := o; o := n; n := m;
    m := l; l := k; k := j; j := i; i := h; h := g; g := f; f := e; e := d; d := c; c := b; b := a;
  END LOOP;
  INSERT INTO flat (n) VALUES (y);
END $$;
-- a temporary table that each round makes anew, with other columns each time
CREATE PROCEDURE makes_anew() LANGUAGE plpgsql AS $$
BEGIN
  FOR round IN 1..2 LOOP
    DROP TABLE IF EXISTS anew;
    CREATE TEMP TABLE anew (k int);
    INSERT INTO anew SELECT x FROM s2;
    INSERT INTO flat (n) SELECT k FROM anew;
    DROP TABLE anew;
    CREATE TEMP TABLE anew (w text);
    INSERT INTO anew SELECT b FROM s;
    INSERT INTO flat (t) SELECT w FROM anew;
  END LOOP;
END $$;
SELECT unanalysed_limit AS before FROM lineage.health \gset
SELECT lineage.snapshot_schema('decl_r');
SELECT unanalysed_limit = :before AS whole FROM lineage.health;
:show '%turn%' ORDER BY line COLLATE "C";
:show '%hands_along%' ORDER BY line COLLATE "C";
:show '%makes_anew%' ORDER BY line COLLATE "C";
:show '%count_down%' ORDER BY line COLLATE "C";
:show '%deepens%' ORDER BY line COLLATE "C";
:show '%alternates%' ORDER BY line COLLATE "C";

-- a cursor that another routine has opened: this body does not tell what it gives
CREATE PROCEDURE drains(cur refcursor) LANGUAGE plpgsql AS
  $$ DECLARE v int; BEGIN FETCH cur INTO v; INSERT INTO flat (n) VALUES (v); END $$;
SELECT unanalysed_dynamic AS before FROM lineage.health \gset
SELECT lineage.snapshot_schema('decl_r');
SELECT unanalysed_dynamic > :before FROM lineage.health;

-- CASE of a row: each of its fields decides
CREATE TYPE duo AS (p int, q text);
CREATE PROCEDURE chooses() LANGUAGE plpgsql AS $$
DECLARE d duo;
BEGIN
  SELECT id, b INTO d FROM s ORDER BY id LIMIT 1;
  CASE d WHEN ROW(1, 'x')::duo THEN INSERT INTO flat VALUES (1); ELSE NULL; END CASE;
END $$;
SELECT lineage.snapshot_schema('decl_r');
:show '%chooses%' ORDER BY line COLLATE "C";
SET client_min_messages = warning;
DROP SCHEMA decl_r CASCADE;
