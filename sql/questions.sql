-- path(), and what upstream() and downstream() must cope with: rows, views, partitions, names that
-- were dropped or taken over, facts that are there twice.
\set schema ask_t
\i sql/include/begin.sql
\pset null '-'
\set order ' ORDER BY depth, table_name COLLATE "C", column_name COLLATE "C";'
CREATE TABLE raw (id int, x int, secret text, flag bool);
CREATE TABLE stage (id int, x int, h text);
CREATE TABLE mart (id int, total bigint);
CREATE VIEW seen AS SELECT id, h AS hidden FROM stage WHERE x > 0;
CREATE TABLE report (id int, hidden text, note text);
CREATE PROCEDURE load_stage() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stage SELECT id, x, md5(secret) FROM raw WHERE flag;
END $$;
CREATE PROCEDURE load_mart() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO mart SELECT id, sum(x) FROM stage GROUP BY id;
END $$;
CALL load_stage();
CALL load_mart();
INSERT INTO report (id, hidden) SELECT id, hidden FROM seen;
-- the steps of a way: DIRECT where there is one
SELECT * FROM lineage.path('ask_t.raw', 'ask_t.mart', 'x');
SELECT * FROM lineage.path('raw'::regclass, 'mart'::regclass, 'x', 'total');
-- through a view, with what masks
SELECT step, source_table, source_column, target_table, target_column, type, subtype, masking
FROM lineage.path('ask_t.raw', 'ask_t.report', 'secret');
-- what decides about rows goes on from any column
SELECT step, source_table, source_column, target_table, target_column, type, subtype
FROM lineage.path('ask_t.raw', 'ask_t.mart', 'flag', 'total');
-- no way, nothing asked, nothing known
SELECT count(*) FROM lineage.path('ask_t.mart', 'ask_t.raw');
SELECT count(*) FROM lineage.path('ask_t.raw', 'ask_t.mart', 'secret', 'total');
SELECT count(*) FROM lineage.path(NULL::text, 'ask_t.mart');
SELECT count(*) FROM lineage.path('ask_t.nothing', 'ask_t.mart');
-- a way from a table back to itself
UPDATE raw SET x = id;
SELECT step, source_column, target_column, operation
FROM lineage.path('ask_t.raw', 'ask_t.raw', 'id', 'x');
-- a view is a node: both sides of it
SELECT depth, table_name, column_name, type FROM lineage.downstream('ask_t.stage') :order
SELECT depth, table_name, column_name, type FROM lineage.upstream('ask_t.report', 'hidden') :order
-- the same fact from many statements and routines is one step
INSERT INTO mart SELECT id, x FROM stage;
INSERT INTO mart SELECT id, x + 0 FROM stage;
SELECT depth, table_name, column_name, type FROM lineage.downstream('ask_t.stage', 'x', 1) :order
-- a dropped column is no more; one that is renamed has its new name
ALTER TABLE stage DROP COLUMN h CASCADE;
ALTER TABLE mart RENAME COLUMN total TO sum;
SELECT depth, table_name, column_name, type FROM lineage.downstream('ask_t.raw', 'secret') :order
SELECT depth, table_name, column_name, type FROM lineage.upstream('ask_t.mart', 'sum', 1) :order
-- a table made anew with other columns under the name of the old one is the same name
CREATE TABLE swap (a int, b int);
CREATE TABLE behind (b int);
INSERT INTO swap SELECT id, x FROM raw;
INSERT INTO behind SELECT b FROM swap;
BEGIN;
DROP TABLE swap;
CREATE TABLE swap (c int, b int);
INSERT INTO swap (b) SELECT id FROM raw;
COMMIT;
SELECT depth, table_name, column_name FROM lineage.downstream('ask_t.raw', 'id')
WHERE table_name IN ('ask_t.swap', 'ask_t.behind') AND column_name = 'b' :order
-- partitions are nodes when they are named
CREATE TABLE part (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
INSERT INTO part SELECT id, x FROM raw;
INSERT INTO part_1 SELECT id, x FROM stage;
SELECT depth, table_name, column_name FROM lineage.upstream('ask_t.part', 'v', 1) :order
SELECT depth, table_name, column_name FROM lineage.upstream('ask_t.part_1', 'v', 1) :order
-- names with dots, quotes and colons
CREATE TABLE "d.o:t ""q" ("a.b" int);
INSERT INTO "d.o:t ""q" SELECT id FROM mart;
SELECT * FROM lineage.upstream('"d.o:t ""q"'::regclass, 'a.b', 1) :order
SELECT step, target_table, target_column
FROM lineage.path('ask_t.mart', 'ask_t."d.o:t ""q"', 'id', 'a.b');
-- the rows of a table and a column of it at one depth: the rows say it all, whichever came first
CREATE TABLE one (id int);
CREATE TABLE two (id int);
CREATE TABLE rows_last (id int);
CREATE TABLE rows_first (id int);
INSERT INTO one SELECT id FROM stage WHERE x > 1;
INSERT INTO two SELECT id FROM stage WHERE x > 2;
INSERT INTO rows_last SELECT id FROM one;
INSERT INTO rows_last SELECT 1 FROM two WHERE id > 0;
INSERT INTO rows_first SELECT 1 FROM one WHERE id > 0;
INSERT INTO rows_first SELECT id FROM two;
SELECT depth, table_name, column_name, type FROM lineage.downstream('ask_t.stage', 'x')
WHERE table_name LIKE '%.rows%' :order
-- a reader goes only where he may SELECT
CREATE ROLE regress_lineage_asker;
GRANT USAGE ON SCHEMA ask_t TO regress_lineage_asker;
GRANT SELECT ON raw, mart TO regress_lineage_asker;
SELECT lineage.grant_reader('regress_lineage_asker');
SET ROLE regress_lineage_asker;
SELECT count(*) FROM lineage.path('ask_t.raw', 'ask_t.mart', 'x');
RESET ROLE;
GRANT SELECT ON stage TO regress_lineage_asker;
SET ROLE regress_lineage_asker;
SELECT count(*) FROM lineage.path('ask_t.raw', 'ask_t.mart', 'x');
RESET ROLE;
DROP SCHEMA ask_t CASCADE;
DROP OWNED BY regress_lineage_asker;
DROP ROLE regress_lineage_asker;
