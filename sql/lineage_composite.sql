-- Composite values, arrays, domains over them, whole rows: what is put together and taken apart.
\set schema lin_p
\i sql/include/shown.sql
CREATE TYPE addr AS (street text, city text);
CREATE TYPE deep AS (a addr, n int);
CREATE DOMAIN known_addr AS addr CHECK ((VALUE).city <> '');
-- assignment to fields and elements: what was there before stays in the value
CREATE TABLE c (id int, home known_addr, h deep, arr int[], doc jsonb);
INSERT INTO c (id, home.city, h.a.street, h.n, arr[1], arr[2]) SELECT id, b, d::text, a, a, id
  FROM s;
:show 'c.%' ORDER BY line COLLATE "C";
CREATE TABLE u (id int, home addr, arr int[], doc jsonb);
UPDATE u SET home.city = s.b, arr[s2.x] = s.a, doc['k'] = to_jsonb(s2.y) FROM s, s2;
:show 'u.%' ORDER BY line COLLATE "C";
-- fields are followed to where the row was put together
CREATE FUNCTION mk(x text, y text) RETURNS addr LANGUAGE sql AS 'SELECT ROW(x, y)::addr';
CREATE TABLE f (l text, m text, n text, o text, p text);
INSERT INTO f SELECT (mk(b, d::text)).street, (g).city, (q.r).city, (w.r).street, (ROW(c, b)).f2
  FROM s, LATERAL mk(d::text, b) g, LATERAL (SELECT mk(d::text, b) AS r) q,
       (WITH z AS (SELECT ROW(y, x::text)::addr AS r FROM s2) SELECT z.r FROM z) w;
:show 'f.%' ORDER BY line COLLATE "C";
CREATE TABLE arms (l text, m text, n text);
INSERT INTO arms
SELECT (CASE WHEN a > 1 THEN ROW(b, 'k')::addr ELSE ROW('k', d::text)::addr END).street,
       (coalesce(q.r, ROW(j::text, 'k')::addr)).city,
       (SELECT ROW(y, x::text)::addr FROM s2 WHERE s2.id = s.id).city
FROM s, LATERAL (VALUES (ROW('k', b)::addr)) q(r);
:show 'arms.%' ORDER BY line COLLATE "C";
-- a child's row as its parent's: fields by name
CREATE TABLE parent (k int, v text);
CREATE TABLE child (extra int, v text, k int);
ALTER TABLE child INHERIT parent;
CREATE TABLE asparent (v text, k int);
INSERT INTO asparent SELECT (ch::parent).v, (ch::parent).k FROM child ch;
:show 'asparent.%' ORDER BY line COLLATE "C";
-- an operator that gives a row keeps its fields apart
CREATE FUNCTION paired(a int, b text) RETURNS addr LANGUAGE sql IMMUTABLE AS
  $$ SELECT ROW(b, a::text)::addr $$;
CREATE OPERATOR <@@> (LEFTARG = int, RIGHTARG = text, FUNCTION = paired);
CREATE TABLE byop (one text);
INSERT INTO byop SELECT (s.a <@@> s.b).city FROM s;
:show 'byop.%' ORDER BY line COLLATE "C";
-- and so does a window function that hands one on
CREATE TABLE bywin (one text);
INSERT INTO bywin SELECT (lag(ROW(b, c)::addr) OVER (PARTITION BY d ORDER BY id)).street FROM s;
:show 'bywin.%' ORDER BY line COLLATE "C";
-- a field put into a row of an array leaves the others as they are
CREATE TABLE byfield (one text, two text);
DO $$
DECLARE a addr[]; n int := 1;
BEGIN
  SELECT array_agg(ROW(b, j::text)::addr) INTO a FROM s;
  a[n].city := (SELECT max(y) FROM s2);
  INSERT INTO byfield VALUES (a[n].street, a[n].city);
END $$;
:show 'byfield.%' ORDER BY line COLLATE "C";
-- a query that gives one row value gives one field, whose own fields stay apart
CREATE TABLE byrow (one text, two text);
CREATE PROCEDURE by_row() LANGUAGE plpgsql AS $$
DECLARE r record; c refcursor; v record;
BEGIN
  FOR r IN SELECT q FROM s2 q LOOP INSERT INTO byrow (one) VALUES (r.q); END LOOP;
  OPEN c FOR SELECT w FROM s w;
  FETCH c INTO r;
  v := r.w;
  INSERT INTO byrow (two) VALUES (v.d);
END $$;
CALL by_row();
:show 'byrow.%' ORDER BY line COLLATE "C";
-- whole rows come from every column
CREATE TABLE w (a jsonb, b json, c text, d int, e jsonb);
INSERT INTO w SELECT to_jsonb(s2), row_to_json(q), s2::text, (s2).x, jsonb_agg(q) OVER ()
  FROM s2, (SELECT a AS k, b AS m FROM s) q;
:show 'w.%' ORDER BY line COLLATE "C";
-- casts of elements, of JSON, of rows
CREATE TABLE casts (big bigint[], small int[], short varchar(2)[], j json, jb jsonb);
INSERT INTO casts SELECT s.arr, s.arr::bigint[]::int[], ARRAY[s.b]::varchar(2)[], s.j::json,
  s.j::json::jsonb FROM s;
:show 'casts.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_p CASCADE;
