-- Forms that only servers from 17 or 18 on have. Only what differs from the lines that stand here
-- is shown, so that what an older server leaves out looks the same.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
SELECT current_setting('server_version_num')::int >= 170000 AS v17,
  current_setting('server_version_num')::int >= 180000 AS v18 \gset
CREATE SCHEMA newer;
SET search_path = newer;
CREATE VIEW shown AS
SELECT concat_ws(' ', replace(target_table, 'newer.', '') || '.' || coalesce(target_column, '*'),
  '<-', replace(source_table, 'newer.', '') || '.' || source_column, subtype, operation) AS line
FROM lineage.column_lineage WHERE target_table LIKE 'newer.%' AND target_table <> 'newer.shown';
CREATE FUNCTION differs(pattern text, expected text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT coalesce('missing: ' || e.line, 'extra: ' || s.line)
  FROM (SELECT line FROM shown WHERE line LIKE pattern) AS s
  FULL JOIN regexp_split_to_table(expected, '\n') AS e(line) ON s.line = e.line
  WHERE s.line IS NULL OR e.line IS NULL ORDER BY 1
$$;
CREATE TABLE s (id int PRIMARY KEY, doc jsonb, n int, v text);
CREATE TABLE t (id int PRIMARY KEY, v text, w int);

\if :v17
-- every column of JSON_TABLE is made of the document and of what is passed, but for a number
CREATE TABLE jt (o int, k int, o2 int, e int);
INSERT INTO jt SELECT j.* FROM s, JSON_TABLE(s.doc, '$ ? (@.k != $p)' PASSING s.n AS p COLUMNS (
  o FOR ORDINALITY, k int PATH '$.k',
  NESTED PATH '$.m[*]' COLUMNS (o2 FOR ORDINALITY, e int PATH '$'))) AS j;
SELECT differs('jt.%', 'jt.* <- s.doc FILTER INSERT
jt.* <- s.n FILTER INSERT
jt.e <- s.doc TRANSFORMATION INSERT
jt.e <- s.n TRANSFORMATION INSERT
jt.k <- s.doc TRANSFORMATION INSERT
jt.k <- s.n TRANSFORMATION INSERT');
-- what MERGE returns; its third kind of arm
CREATE TABLE merged (how text, v text, n int);
WITH m AS (MERGE INTO t USING s ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET v = s.v
    WHEN NOT MATCHED BY SOURCE AND t.w > 1 THEN UPDATE SET w = t.w + 1
    RETURNING merge_action() AS how, t.v, s.n)
  INSERT INTO merged SELECT how, v, n FROM m;
SELECT differs('merged.%', 'merged.* <- s.id JOIN INSERT
merged.* <- t.id JOIN INSERT
merged.* <- t.w FILTER INSERT
merged.n <- s.n IDENTITY INSERT
merged.v <- t.v IDENTITY INSERT');
SELECT differs('t.%', 't.* <- s.id JOIN MERGE
t.* <- t.id JOIN MERGE
t.* <- t.w FILTER MERGE
t.v <- s.v IDENTITY MERGE
t.w <- t.w TRANSFORMATION MERGE');
\endif
\if :v18
-- OLD and NEW of RETURNING are rows of the table
CREATE TABLE returned (old_v text, new_v text);
WITH u AS (UPDATE t SET v = s.v FROM s WHERE s.id = t.id
    RETURNING WITH (OLD AS o, NEW AS n) o.v AS old_v, n.v || n.w AS new_v)
  INSERT INTO returned SELECT old_v, new_v FROM u;
SELECT differs('returned.%', 'returned.* <- s.id JOIN INSERT
returned.* <- t.id JOIN INSERT
returned.new_v <- t.v TRANSFORMATION INSERT
returned.new_v <- t.w TRANSFORMATION INSERT
returned.old_v <- t.v IDENTITY INSERT');
-- a virtual column is a column: it follows those that it is made of
CREATE TABLE virt (a int, b int, g int GENERATED ALWAYS AS (a + b) VIRTUAL);
CREATE TABLE virt_read (g int);
INSERT INTO virt (a, b) SELECT id, n FROM s;
INSERT INTO virt_read SELECT g FROM virt;
SELECT differs('virt%', 'virt.a <- s.id IDENTITY INSERT
virt.b <- s.n IDENTITY INSERT
virt.g <- virt.a TRANSFORMATION GENERATED
virt.g <- virt.b TRANSFORMATION GENERATED
virt_read.g <- virt.g IDENTITY INSERT');
\endif
DROP SCHEMA newer CASCADE;
