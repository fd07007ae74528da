-- What single statements write: one target a statement form.
\set schema lin_c
\i sql/include/shown.sql

-- windows name the column they decide about
CREATE TABLE win (id int, r bigint, l int, total numeric);
INSERT INTO win SELECT id, rank() OVER (PARTITION BY a ORDER BY c), lag(a) OVER (ORDER BY d),
  sum(c) OVER () FROM s;
:show 'win.%' ORDER BY line COLLATE "C";
-- aggregates: FILTER, ORDER BY inside, WITHIN GROUP, grouping sets
CREATE TABLE agg (k int, m numeric, n text, o bigint);
INSERT INTO agg SELECT a, percentile_cont(0.5) WITHIN GROUP (ORDER BY c), string_agg(b, ',' ORDER
  BY d), count(*) FILTER (WHERE id > 1)
  FROM s GROUP BY GROUPING SETS ((a), ());
:show 'agg.%' ORDER BY line COLLATE "C";
-- a recursive CTE that swaps its columns
CREATE TABLE rec (n int, p text, q text);
INSERT INTO rec WITH RECURSIVE r(n, p, q) AS (SELECT 1, b, NULL::text
  FROM s UNION ALL SELECT n + 1, q, p FROM r WHERE n < 3) SELECT * FROM r;
:show 'rec.%' ORDER BY line COLLATE "C";
-- LATERAL, set-returning functions, arrays, JSON
CREATE TABLE lat (i int, v text, k text, e int);
INSERT INTO lat SELECT s.id, u.v, k.key, (s.arr)[1]
  FROM s CROSS JOIN LATERAL unnest(string_to_array(s.b, ',')) AS u(v), jsonb_each_text(s.j) AS k;
:show 'lat.%' ORDER BY line COLLATE "C";
-- set operations: EXCEPT's right side only decides
CREATE TABLE setop (p int, q text);
INSERT INTO setop (SELECT a, b FROM s UNION ALL SELECT x, y FROM s2) EXCEPT SELECT id, y FROM s2;
:show 'setop.%' ORDER BY line COLLATE "C";
-- CASE, COALESCE, NULLIF, casts that lose nothing and those that do
CREATE TABLE expr (a text, b numeric, c bigint, d int, e date);
INSERT INTO expr SELECT CASE WHEN a > 1 THEN b ELSE 'k' END, coalesce(c, a), a, c::int, nullif(d,
  '2024-01-01') FROM s;
:show 'expr.%' ORDER BY line COLLATE "C";
-- masking functions mark the edge, and sub-queries do not unmark it
CREATE TABLE mask (h text, l text);
INSERT INTO mask SELECT q.h || 'x', left(q.b, 2) FROM (SELECT md5(b) AS h, b FROM s) q;
:show 'mask.%' ORDER BY line COLLATE "C";
-- UPDATE with a row of a sub-query, ON CONFLICT, MERGE, writable CTEs
CREATE TABLE up (id int PRIMARY KEY, x int, y text);
UPDATE up SET (x, y) = (SELECT s2.x, s2.y FROM s2 WHERE s2.id = up.id);
INSERT INTO up AS cur SELECT id, a, b FROM s
  ON CONFLICT (id) DO UPDATE SET x = cur.x + excluded.x, y = excluded.y;
MERGE INTO up USING s2 ON up.id = s2.id
  WHEN MATCHED AND s2.x > 3 THEN UPDATE SET x = s2.x
  WHEN NOT MATCHED THEN INSERT (id, y) VALUES (s2.id, upper(s2.y));
:show 'up.%' ORDER BY line COLLATE "C";
CREATE TABLE w1 (a int, b text);
CREATE TABLE w2 (a int, b text);
WITH w AS (INSERT INTO w1 SELECT x, y FROM s2 RETURNING a, b) INSERT INTO w2 SELECT a, b FROM w;
:show 'w_.%' ORDER BY line COLLATE "C";
-- generated columns get what they are computed from
CREATE TABLE gen (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO gen (a) SELECT a FROM s;
:show 'gen.%' ORDER BY line COLLATE "C";
-- views are nodes; writes through them go to the table
CREATE VIEW v AS SELECT id, upper(b) AS ub FROM s WHERE a > 0;
CREATE VIEW vw AS SELECT id AS vid, b AS vb FROM s;
CREATE TABLE vt (i int, u text);
INSERT INTO vt SELECT id, ub FROM v;
INSERT INTO vw SELECT id, y FROM s2;
:show 'v_.%' ORDER BY line COLLATE "C";
:show 'v.%' ORDER BY line COLLATE "C";
:show 's.%' ORDER BY line COLLATE "C";
-- SQL functions are seen through: arguments are put in, tables inside are sources
CREATE FUNCTION low(p text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(p)';
CREATE FUNCTION best(k int) RETURNS TABLE (m int, n text) LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT x, y FROM s2 WHERE id = k; END;
CREATE TABLE fn (a text, m int, n text);
INSERT INTO fn SELECT low(s.b), f.m, f.n FROM s, best(s.id) f;
:show 'fn.%' ORDER BY line COLLATE "C";
-- row level security decides for the roles it binds
CREATE TABLE sec (id int, owner text, val text);
ALTER TABLE sec ENABLE ROW LEVEL SECURITY;
ALTER TABLE sec FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sec USING (owner = current_user);
CREATE ROLE lin_c_reader;
GRANT USAGE, CREATE ON SCHEMA lin_c TO lin_c_reader;
GRANT SELECT ON sec TO lin_c_reader;
SET ROLE lin_c_reader;
CREATE TABLE visible AS SELECT id, val FROM sec;
RESET ROLE;
:show 'visible.%' ORDER BY line COLLATE "C";
-- what gives no edge
CREATE TABLE none (a int);
EXPLAIN (COSTS OFF) INSERT INTO none SELECT a FROM s;
CREATE TABLE none2 AS SELECT a FROM s WITH NO DATA;
DELETE FROM none USING s WHERE s.id = none.a;
INSERT INTO none VALUES (1);
:show 'none%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_c CASCADE;
DROP ROLE lin_c_reader;
