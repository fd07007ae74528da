-- What the views show: names as they are now, counts, columns that went, and who sees what text.
\set schema views_t
\i sql/include/begin.sql
\pset null '-'
SELECT errors_swallowed + refused_error + refused_store + breaker_trips AS faults
FROM lineage.health \gset
CREATE SCHEMA "Views T";
CREATE TABLE src (a int, b int, c int);
INSERT INTO src VALUES (1, 2, 3), (4, 5, 6);
CREATE TABLE dst (a int, b int, c int);
\set show 'SELECT source_table, source_column, target_table, target_column, type, subtype,'
\set show :show ' routine, operation, executions, row_count FROM lineage.column_lineage'
\set show :show ' WHERE target_table ~* ''views.t'' AND origin = ''observed'''
\set show :show ' ORDER BY source_column COLLATE "C", target_column COLLATE "C", type, routine;'

INSERT INTO dst (a, b) SELECT a, b + c FROM src WHERE c > 0;
INSERT INTO dst (a, b) SELECT a, b + c FROM src WHERE c > 0;
:show
-- one fact per routine; counters apart
CREATE FUNCTION load(n int) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO dst (a) SELECT a FROM src; END $$;
SELECT load(1);
SELECT source_table, target_table, routine, call_path, executions, row_count
FROM lineage.table_lineage WHERE target_table = 'views_t.dst' ORDER BY executions DESC;
-- renamed: table, schema, column, routine
ALTER TABLE src RENAME COLUMN a TO "A one";
ALTER TABLE dst RENAME TO "Dst";
ALTER TABLE "Dst" SET SCHEMA "Views T";
ALTER FUNCTION load(int) RENAME TO "Load";
:show
-- a routine that runs again under its new name takes its call path along
CREATE OR REPLACE FUNCTION "Load"(n int) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO "Views T"."Dst" (a) SELECT "A one" FROM src; END $$;
SELECT "Load"(1);
SELECT routine, call_path, executions FROM lineage.table_lineage
WHERE target_table = '"Views T"."Dst"' AND routine IS NOT NULL ORDER BY 2;
-- a dropped column is no part of a pair any more, its table still is
ALTER TABLE src DROP COLUMN b;
:show
-- a new column, met by a new statement
ALTER TABLE src ADD COLUMN d int;
INSERT INTO "Views T"."Dst" (c) SELECT d FROM src;
SELECT source_column, target_column FROM lineage.column_lineage
WHERE target_table = '"Views T"."Dst"' AND target_column = 'c' AND type = 'DIRECT';
-- a dropped table keeps its name, and one that comes under it goes on
DROP TABLE "Views T"."Dst";
SELECT DISTINCT target_table FROM lineage.table_lineage WHERE source_table = 'views_t.src';
CREATE TABLE "Views T"."Dst" (a int, b int, c int);
INSERT INTO "Views T"."Dst" (a) SELECT c FROM src;
SELECT DISTINCT target_table FROM lineage.table_lineage WHERE source_table = 'views_t.src';
SELECT count(*) FROM lineage._node WHERE rel_name = 'Dst';
-- relations that were only read
CREATE TABLE counted (n bigint);
INSERT INTO counted SELECT count(*) FROM src;
SELECT source_table, target_table FROM lineage.table_lineage WHERE target_table = 'views_t.counted';
-- within one table: in the views, not in the feed
UPDATE counted SET n = n + 1;
SELECT source_column, target_column, subtype FROM lineage.column_lineage
WHERE source_table = 'views_t.counted' AND target_table = 'views_t.counted' AND type = 'DIRECT';
SELECT count(*) FROM lineage.queue q JOIN lineage._edge e ON q.kind = 'edge' AND q.ref = e.id
WHERE e.source_node = e.target_node;
-- literals never stay in the text
SELECT DISTINCT query FROM lineage._edge_rows() WHERE target_table = 'views_t.counted' ORDER BY 1;
SELECT errors_swallowed + refused_error + refused_store + breaker_trips - :faults AS faults
FROM lineage.health;
DROP SCHEMA views_t, "Views T" CASCADE;
