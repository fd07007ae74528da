-- Parts of JSON values, by constant names, within one statement.
\set schema prt
\i sql/include/begin.sql
SET search_path = prt, public;
CREATE TABLE src (a int, b text, c int);
INSERT INTO src VALUES (1, 'x', 2);
CREATE TABLE doc (k text, j jsonb);
INSERT INTO doc VALUES ('a', '{"a": 5}');
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION object_of(x int, y text) RETURNS jsonb LANGUAGE sql AS
$$ SELECT jsonb_build_object('a', x, 'b', y) $$;
CREATE FUNCTION a_of(j jsonb) RETURNS int LANGUAGE sql AS $$ SELECT (j ->> 'a')::int $$;
CREATE TABLE t01 (a int);
INSERT INTO t01 SELECT (jsonb_build_object('a', a, 'b', b) ->> 'a')::int FROM src;
CREATE TABLE t02 (b text);
INSERT INTO t02 SELECT to_jsonb(src) ->> 'b' FROM src;
CREATE TABLE t03 (b text);
INSERT INTO t03 SELECT row_to_json(q) ->> 'z' FROM (SELECT a, b AS z FROM src) q;
CREATE TABLE t04 (b text);
INSERT INTO t04 SELECT j -> 'in' ->> 'b' FROM (SELECT json_build_object('in', row_to_json(src),
  'c', c) j FROM src) q;
CREATE TABLE t05 (b text);
INSERT INTO t05 SELECT j #>> '{in,b}' FROM (SELECT json_build_object('in', row_to_json(src),
  'c', c) j FROM src) q;
CREATE TABLE t06 (a int, b text);
INSERT INTO t06 SELECT x.* FROM src, jsonb_to_record(to_jsonb(src)) AS x(a int, b text);
CREATE TABLE t07 (a int, b text);
INSERT INTO t07 SELECT x.* FROM jsonb_to_recordset((SELECT jsonb_agg(to_jsonb(s)) FROM src s))
  AS x(a int, b text);
CREATE TABLE t08 (a int);
INSERT INTO t08 SELECT (e ->> 'a')::int FROM jsonb_array_elements((SELECT
  jsonb_agg(jsonb_build_object('a', a, 'b', b) ORDER BY c) FROM src)) e;
CREATE TABLE t09 (a int, b text);
INSERT INTO t09 SELECT p.* FROM src s, jsonb_populate_record(null::pair, to_jsonb(s)) p;
CREATE TABLE t10 (a int, b text);
INSERT INTO t10 SELECT (jsonb_populate_record(ROW(s.c, 'k')::pair, to_jsonb(s) - 'b')).* FROM
  src s;
CREATE TABLE t11 (x text);
INSERT INTO t11 SELECT (jsonb_build_object('a', a) || jsonb_build_object('a', b)) ->> 'a' FROM
  src;
CREATE TABLE t12 (x text);
INSERT INTO t12 SELECT (j || jsonb_build_object('a', k)) ->> 'a' FROM doc;
CREATE TABLE t13 (x text);
INSERT INTO t13 SELECT jsonb_set(to_jsonb(s), '{a}', to_jsonb(c)) ->> 'a' FROM src s;
CREATE TABLE t14 (x text);
INSERT INTO t14 SELECT jsonb_set(to_jsonb(s), '{a}', to_jsonb(c)) ->> 'b' FROM src s;
CREATE TABLE t15 (x text);
INSERT INTO t15 SELECT (jsonb_build_object('a', a, 'b', b))['b'] FROM src s;
CREATE TABLE t16 (x int);
INSERT INTO t16 SELECT (object_of(a, b) ->> 'a')::int FROM src;
CREATE TABLE t17 (x int);
INSERT INTO t17 SELECT a_of(jsonb_build_object('a', c, 'b', b)) FROM src;
CREATE TABLE t18 (x text);
INSERT INTO t18 SELECT to_jsonb(src) ->> k FROM src, doc;
CREATE TABLE t19 (x text);
INSERT INTO t19 SELECT j ->> 'a' FROM doc;
CREATE TABLE t20 (x text);
INSERT INTO t20 SELECT jsonb_build_object(k, b, 'c', c) ->> 'a' FROM src, doc;
CREATE TABLE t21 (x text);
WITH w AS MATERIALIZED (SELECT jsonb_build_object('a', a, 'b', b) j FROM src) INSERT INTO t21
  SELECT j ->> 'b' FROM w;
CREATE TABLE t22 (x text);
INSERT INTO t22 SELECT COALESCE(CASE WHEN c > 0 THEN to_jsonb(s) END, jsonb_build_object('b',
  1)) ->> 'b' FROM src s;
CREATE TABLE t23 (x text);
INSERT INTO t23 SELECT json_extract_path_text(row_to_json(s), 'b') FROM src s;
CREATE TABLE t24 (x text);
INSERT INTO t24 SELECT jsonb_build_object('l', jsonb_build_array(a, b)) #>> '{l,0}' FROM src s;
CREATE TABLE t25 (x text);
INSERT INTO t25 SELECT jsonb_build_object('l', jsonb_agg(s)) #>> '{l,0,b}' FROM src s;
CREATE TABLE t26 (x text);
INSERT INTO t26 SELECT md5(to_jsonb(s) ->> 'b') FROM src s;
CREATE TABLE t27 (x text);
INSERT INTO t27 SELECT v ->> 'b' FROM src s, unnest(ARRAY[to_jsonb(s)]) v;
CREATE TABLE t28 (x text);
INSERT INTO t28 SELECT v FROM src s, jsonb_each_text(to_jsonb(s)) AS e(k, v);
-- More uses of a value than can be followed: its parts are not told apart, columns still are.
CREATE TABLE t29 (x text, y int);
CREATE FUNCTION doubled(text, uses text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  FOR i IN 1..23 LOOP
    $1 := format('SELECT %s AS j, c FROM (%s OFFSET 0) s', uses, $1);
  END LOOP;
  RETURN $1; END $$;
DO $$ BEGIN
  EXECUTE 'INSERT INTO t29 SELECT j ->> ''a'', c FROM (' ||
    doubled('SELECT to_jsonb(src) AS j, c FROM src', 'j || j') || ') s WHERE c IS NULL'; END $$;
CREATE TABLE t30 (x text, y int);
DO $$ DECLARE v jsonb; n int; BEGIN
  EXECUTE 'SELECT j, c FROM (' || doubled('SELECT to_jsonb(b) AS j, c FROM src',
    'coalesce(j, j || jsonb_build_object(''k'', 1))') || ') s WHERE c = 2' INTO v, n;
  INSERT INTO t30 VALUES (v ->> 'a', n); END $$;
-- Arguments by name, in another order.
CREATE TABLE t31 (x text, k text);
INSERT INTO t31 SELECT jsonb_set(replacement => to_jsonb(b), path => '{k}',
    jsonb_in => jsonb_build_object('x', a)) ->> 'x',
  jsonb_set(replacement => to_jsonb(b), path => '{k}',
    jsonb_in => jsonb_build_object('x', a)) ->> 'k'
  FROM src;
-- A subscript that is no constant: any part of the value may be meant, and what is below it.
CREATE TABLE t32 (x text);
INSERT INTO t32 SELECT (jsonb_build_object('in', jsonb_build_object('a', a)))[lower('IN')] ->> 'a'
  FROM src s;
SELECT target, source, subtype, masking FROM (
  SELECT replace(target_table, 'prt.', '') || '.' || target_column AS target,
    replace(source_table, 'prt.', '') || '.' || source_column AS source, subtype, masking
  FROM lineage.column_lineage WHERE target_table LIKE 'prt.%' AND target_column IS NOT NULL) edges
GROUP BY target, source, subtype, masking
ORDER BY target COLLATE "C", source COLLATE "C", subtype COLLATE "C";
DROP SCHEMA prt CASCADE;
