-- Parts of JSON values and rows in rows, through variables, arguments and results of PL/pgSQL.
\set schema prv
\i sql/include/begin.sql
SET search_path = prv, public;
CREATE TABLE src (a int, b text, c int);
INSERT INTO src VALUES (1, 'x', 2);
CREATE TABLE doc (k text, j jsonb);
INSERT INTO doc VALUES ('a', '{"a": 5}');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE deep AS (n int, p pair);
CREATE TABLE w01 (a text, b text);
DO $$ DECLARE j jsonb; BEGIN
  SELECT jsonb_build_object('a', a, 'b', b, 'c', c) INTO j FROM src;
  INSERT INTO w01 VALUES (j ->> 'a', j ->> 'b'); END $$;
CREATE TABLE w02 (a text, b text);
DO $$ DECLARE j jsonb := '{}'; r record; BEGIN
  FOR r IN SELECT * FROM src LOOP
    j := j || jsonb_build_object('a', r.a); j := jsonb_set(j, '{b}', to_jsonb(r.b));
  j['c'] := to_jsonb(r.c);
  END LOOP;
  INSERT INTO w02 VALUES (j ->> 'a', j ->> 'b'); END $$;
CREATE TABLE w03 (a text, b text);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n jsonb; o jsonb := to_jsonb(NEW); BEGIN n := to_jsonb(NEW);
  INSERT INTO w03 VALUES (n ->> 'a', o ->> 'b'); RETURN NEW; END $$;
CREATE TABLE audited (a int, b text, c int);
CREATE TRIGGER t AFTER INSERT ON audited FOR EACH ROW EXECUTE FUNCTION audit();
INSERT INTO audited VALUES (1, 'x', 2);
CREATE TABLE w04 (a text, b text);
CREATE FUNCTION made(x int, y text) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RETURN
  jsonb_build_object('a', x, 'b', y); END $$;
INSERT INTO w04 SELECT made(a, b) ->> 'a', made(c, b) ->> 'b' FROM src;
CREATE TABLE w05 (a text, b text);
CREATE PROCEDURE taken(j jsonb) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO w05 VALUES (j ->> 'a',
  j ->> 'b'); END $$;
DO $$ DECLARE j jsonb; BEGIN SELECT to_jsonb(s) INTO j FROM src s; CALL taken(j);
  CALL taken(j || jsonb_build_object('z', 1)); END $$;
CREATE TABLE w06 (a text, b text);
DO $$ DECLARE d deep; e deep; BEGIN SELECT c, ROW(a, b)::pair INTO d FROM src; e := d;
  INSERT INTO w06 VALUES ((e.p).a, (e.p).b); END $$;
CREATE TABLE w07 (a text, b text);
CREATE FUNCTION rows_of() RETURNS src[] LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT array_agg(src) FROM src); END $$;
INSERT INTO w07 SELECT u.a, u.b FROM unnest(rows_of()) u;
CREATE TABLE w08 (a text, b text);
DO $$ DECLARE r record; v jsonb; BEGIN FOR r IN SELECT b AS k, jsonb_build_object('a', a, 'b',
  b) AS j FROM src LOOP
  v := r.j; INSERT INTO w08 VALUES (r.j ->> 'a', v ->> 'b'); END LOOP; END $$;
CREATE TABLE w09 (a text, b text);
DO $$ DECLARE j jsonb; x jsonb; arr jsonb[];
  BEGIN SELECT jsonb_agg(to_jsonb(s)) INTO j FROM src s;
  FOR x IN SELECT * FROM jsonb_array_elements(j) LOOP arr := arr || x; END LOOP;
  FOREACH x IN ARRAY arr LOOP INSERT INTO w09 VALUES (x ->> 'a', x ->> 'b'); END LOOP; END $$;
CREATE TABLE w10 (a text, b text);
DO $$ DECLARE j jsonb; p pair; BEGIN SELECT to_jsonb(s) INTO j FROM src s;
  p := jsonb_populate_record(null::pair, j);
 INSERT INTO w10 VALUES (p.a, p.b); END $$;
CREATE TABLE w11 (a text, b text);
DO $$ DECLARE r record; BEGIN SELECT a, b, c INTO r FROM src;
  INSERT INTO w11 VALUES (to_jsonb(r) ->> 'a', row_to_json(r) ->> 'b'); END $$;
CREATE TABLE w12 (a text, b text);
DO $$ DECLARE j jsonb; BEGIN SELECT d.j INTO j FROM doc d;
  INSERT INTO w12 VALUES (j ->> 'a', j ->> 'b'); END $$;
CREATE TABLE w13 (a text, b text);
DO $$ DECLARE j jsonb; q jsonb; BEGIN SELECT jsonb_build_object('i', to_jsonb(s), 'k',
  c) INTO j FROM src s; q := j -> 'i';
 INSERT INTO w13 VALUES (q ->> 'a', j #>> '{i,b}'); END $$;
CREATE TABLE w14 (a text, b text);
DO $$ DECLARE j jsonb; k text := 'b'; BEGIN
  SELECT jsonb_build_object('a', a, 'b', b) INTO j FROM src;
  IF j ->> 'a' = '1' THEN j := NULL; END IF;
  j := coalesce(j, '{}') || jsonb_build_object('b', 1);
  INSERT INTO w14 VALUES (j ->> 'a', j ->> k); END $$;
-- A value in itself, twice and again: what is known of its parts has an end.
CREATE TABLE w15 (a text, b text);
DO $$ DECLARE j jsonb; BEGIN
  SELECT jsonb_build_object('a', a, 'b', b) INTO j FROM src;
  FOR i IN 1..60 LOOP
    j := jsonb_build_object('a', CASE WHEN i = 1 THEN j END, 'b', CASE WHEN i = 1 THEN j END);
  END LOOP;
  j := jsonb_build_object('a', j, 'b', 1);
  INSERT INTO w15 VALUES (j ->> 'a', j ->> 'b'); END $$;
-- Other parts of the same sources: what an expression gave is not taken for what it gives now.
CREATE TABLE w16 (a text, b text);
DO $$ DECLARE j jsonb; q jsonb; BEGIN
  SELECT jsonb_build_object('a', a, 'b', b) INTO j FROM src;
  FOR i IN 1..2 LOOP
    q := j || '{}'; j := jsonb_build_object('a', j -> 'b', 'b', j -> 'a');
  END LOOP;
  INSERT INTO w16 VALUES (q ->> 'a', q ->> 'b'); END $$;
SELECT target, string_agg(source, ' ' ORDER BY source COLLATE "C") FROM (
  SELECT DISTINCT replace(target_table, 'prv.', '') || '.' || target_column AS target,
    replace(source_table, 'prv.', '') || '.' || source_column || ' ' || subtype AS source
  FROM lineage.column_lineage
  WHERE target_table LIKE 'prv.w%' AND type = 'DIRECT' AND target_column IS NOT NULL) pairs
GROUP BY target ORDER BY target COLLATE "C";
DROP SCHEMA prv CASCADE;
