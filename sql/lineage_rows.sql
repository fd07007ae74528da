-- Rows as values: arrays of them, and functions of C that hand them on keep their fields apart.
\set schema rws
\i sql/include/begin.sql
CREATE TABLE src (a int, b text);
INSERT INTO src VALUES (1, 'x');
CREATE TABLE doc (j jsonb);
INSERT INTO doc VALUES ('{"a": 5}');
CREATE TYPE pair AS (p int, q text);
CREATE TABLE looped (p int, q text);
CREATE TABLE unnested (p int, q text);
CREATE TABLE indexed (p int, q text);
CREATE TABLE passed (p int, q text);
CREATE TABLE populated (p int, q text);
CREATE PROCEDURE take(items pair[]) LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO passed SELECT i.p, i.q FROM unnest(items) i; END $$;
DO $$
DECLARE
  all_of src[] := ARRAY(SELECT src FROM src);
  pairs pair[] := '{}';
  r src;
  x pair;
BEGIN
  SELECT array_agg(src ORDER BY a) INTO all_of FROM src;
  FOREACH r IN ARRAY all_of LOOP
    INSERT INTO looped VALUES (r.a, r.b);
    pairs := pairs || ROW(r.a, r.b)::pair;
    pairs := array_append(pairs, ROW(r.a, 'k')::pair);
    pairs[3] := ROW(r.a, r.b);
  END LOOP;
  INSERT INTO unnested SELECT u.p, u.q FROM unnest(pairs) u;
  INSERT INTO indexed VALUES (pairs[1].p, (pairs[2]).q);
  CALL take(pairs);
  x := pairs[1];
  SELECT * INTO x FROM jsonb_populate_record(x, (SELECT j FROM doc));
  INSERT INTO populated VALUES (x.p, x.q);
END $$;
-- An array that a function returns keeps the fields of its rows apart.
CREATE FUNCTION rows_of() RETURNS src[] LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT array_agg(src) FROM src); END $$;
CREATE TABLE returned (p int, q text);
INSERT INTO returned SELECT u.a, 'k' FROM unnest(rows_of()) u;
SELECT target, source FROM (
  SELECT replace(target_table, 'rws.', '') || '.' || target_column AS target,
    replace(source_table, 'rws.', '') || '.' || source_column AS source
  FROM lineage.column_lineage WHERE target_table LIKE 'rws.%' AND type = 'DIRECT') pairs
GROUP BY target, source ORDER BY target COLLATE "C", source COLLATE "C";
DROP SCHEMA rws CASCADE;
