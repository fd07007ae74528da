-- A database made from one that is captured: it keeps the lineage, its feed begins anew.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
CREATE DATABASE regress_lineage_a;
\c regress_lineage_a
SET client_min_messages = warning;
CREATE EXTENSION pg_lineage;
\pset format unaligned
\pset tuples_only on
CREATE TABLE src (a int, gone int, b int);
ALTER TABLE src DROP COLUMN gone;
CREATE TABLE dst (a int, b int);
INSERT INTO dst SELECT a, b FROM src;
SELECT lineage._sink_register('shipper of a');
SELECT lineage._state_set('shipper of a', 'k', 'v');
SELECT lineage._park('shipper of a', 'edge', 'o', 'r', NULL) > 0;
SELECT kind, count(*) FROM lineage._feed('shipper of a', 100) GROUP BY kind ORDER BY kind;
\c :here
CREATE DATABASE regress_lineage_b TEMPLATE regress_lineage_a;
\c regress_lineage_b
SET client_min_messages = warning;
SELECT source_column, target_column FROM lineage.column_lineage ORDER BY 1;
-- a new execution is the same fact, of relations that live here now
INSERT INTO dst SELECT a, b FROM src;
SELECT source_column, target_column FROM lineage.column_lineage ORDER BY 1;
SELECT count(*) FROM lineage._node;
ALTER TABLE dst RENAME TO moved;
SELECT DISTINCT target_table FROM lineage.table_lineage;
SELECT lineage._sink_register('shipper of b');
SELECT kind, payload FROM lineage._feed('shipper of b', 100);
SELECT count(*) FROM lineage._sink;
SELECT count(*) FROM lineage._parked;
SELECT count(*) FROM lineage._state_get('shipper of a');
SELECT lineage.pending();
-- the original does not notice
\c regress_lineage_a
SET client_min_messages = warning;
SELECT DISTINCT target_table FROM lineage.table_lineage;
SELECT count(*) FROM lineage._feed('shipper of a', 100);
-- a refused DROP DATABASE forgets nothing
INSERT INTO dst SELECT a, b FROM src;
SELECT executions FROM lineage.table_lineage;
DROP DATABASE regress_lineage_a;
SELECT executions FROM lineage.table_lineage;
SELECT lineage.forget() > 0;
\c regress_lineage_b
SELECT count(*) FROM lineage.table_lineage;
\c :here
DROP DATABASE regress_lineage_a;
DROP DATABASE regress_lineage_b;
