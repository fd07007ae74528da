-- Rows in rows: a field of a field is followed to where it was put in, as deep as they go.
\set schema nst
\ir sql/include/shown.sql
CREATE TYPE inner_t AS (p int, q text);
CREATE TYPE outer_t AS (i inner_t, n numeric);
CREATE TYPE third_t AS (o outer_t, z date);
-- put together and taken apart in one statement: sub-queries, CTEs, set operations, arms, arrays
CREATE TABLE two (a int, b text, i inner_t, n numeric);
INSERT INTO two SELECT ((o).i).p, ((o).i).q, (o).i, (o).n
  FROM (SELECT ROW(ROW(a, b)::inner_t, c)::outer_t AS o FROM s) v;
:show 'two.%' ORDER BY line COLLATE "C";
CREATE TABLE three (a int, b text);
WITH w AS (SELECT ROW(ROW(ROW(a, b)::inner_t, c)::outer_t, d)::third_t AS o FROM s)
INSERT INTO three SELECT (((w.o).o).i).p, (((w.o).o).i).q FROM w;
:show 'three.%' ORDER BY line COLLATE "C";
CREATE TABLE whole (a int, b text);
INSERT INTO whole SELECT ((v).i).p, ((v).i).q FROM (SELECT ROW(a, b)::inner_t AS i, c FROM s) v;
:show 'whole.%' ORDER BY line COLLATE "C";
CREATE TABLE arms (a int, b text);
INSERT INTO arms SELECT ((CASE WHEN c > 1 THEN ROW(ROW(a, b)::inner_t, c)::outer_t
                          ELSE ROW(ROW(id, 'k')::inner_t, c)::outer_t END).i).p, ((o).i).q
FROM s, LATERAL (SELECT ROW(ROW(a, b)::inner_t, c)::outer_t
                 UNION ALL SELECT ROW(ROW(id, d::text)::inner_t, c)::outer_t) w(o);
:show 'arms.%' ORDER BY line COLLATE "C";
CREATE TABLE elements (a int, b text);
INSERT INTO elements SELECT ((o[1]).i).p, ((u).i).q
FROM (SELECT array_agg(ROW(ROW(a, b)::inner_t, c)::outer_t) AS o FROM s) v, unnest(o) u;
:show 'elements._ %' ORDER BY line COLLATE "C";
-- through SQL functions
CREATE FUNCTION made(a int, b text, n numeric) RETURNS outer_t LANGUAGE sql AS
  'SELECT ROW(a, b)::inner_t, n';
CREATE FUNCTION remade(o outer_t) RETURNS outer_t LANGUAGE sql AS
  'SELECT ROW(ROW((o.i).p, (o.i).q)::inner_t, 1)::outer_t';
CREATE TABLE called (a int, b text);
INSERT INTO called SELECT ((remade(made(a, b, c))).i).p, (g.i).q
FROM s, LATERAL remade(made(s.a, s.b, s.c)) g;
:show 'called._ %' ORDER BY line COLLATE "C";
-- the row that was to be inserted, some of its fields set one by one
CREATE TABLE keyed (k int PRIMARY KEY, x outer_t, y text);
INSERT INTO keyed (k, x.i.p, x.i.q, x.n) SELECT id, a, b, c FROM s
  ON CONFLICT (k) DO UPDATE SET y = ((excluded.x).i).q;
INSERT INTO keyed (k, x.i.p) SELECT id, x FROM s2
  ON CONFLICT (k) DO UPDATE SET y = (excluded.x).n, x.i.q = (keyed.x).i.q || ((excluded.x).i).p;
:show 'keyed._ %' ORDER BY line COLLATE "C";
-- a stored row is a column like any other: no part of it is the whole
CREATE TABLE stored (x outer_t);
INSERT INTO stored SELECT ROW(ROW(a, b)::inner_t, c)::outer_t FROM s;
UPDATE stored SET x.i.p = s2.x FROM s2;
CREATE TABLE taken (p int);
INSERT INTO taken SELECT ((x).i).p FROM stored;
DO $$
DECLARE o third_t;
BEGIN
  SELECT x, NULL INTO o FROM stored;
  INSERT INTO taken VALUES (((o.o).i).p);
END $$;
:show 'stored.%' ORDER BY line COLLATE "C";
:show 'taken.%' ORDER BY line COLLATE "C";
-- variables, arguments and results of PL/pgSQL keep the fields of a row apart, and those in them
CREATE FUNCTION part(o outer_t) RETURNS inner_t LANGUAGE plpgsql AS 'BEGIN RETURN o.i; END';
CREATE TABLE by_routine (a int, n numeric);
DO $$
DECLARE o outer_t;
BEGIN
  SELECT ROW(a, b)::inner_t, c INTO o FROM s;
  INSERT INTO by_routine VALUES ((part(o)).p, o.n);
END $$;
:show 'by_routine.%' ORDER BY line COLLATE "C";
DROP SCHEMA nst CASCADE;
