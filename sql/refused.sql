-- What the store refuses stays with the backend, stops nothing else, and is written later.
\set schema refused_t
\i sql/include/begin.sql
SET log_min_messages = error;
CREATE TABLE src1 (a int);
CREATE TABLE src2 (a int);
CREATE TABLE t1 (a int);
CREATE TABLE t2 (a int);
INSERT INTO t1 SELECT a FROM src1;
SELECT refused_error AS errors, edges_written AS edges FROM lineage.health \gset
\set show 'SELECT source_table, target_table, executions FROM lineage.table_lineage'
\set show :show ' WHERE target_table ~ ''^refused_t'' ORDER BY 2, 1;'

-- an index that lets nothing into t1 a second time: a fault in one event only
SELECT target_node AS node FROM lineage._edge ORDER BY id DESC LIMIT 1 \gset
DELETE FROM lineage._edge WHERE target_node <> :node;
CREATE UNIQUE INDEX trap ON lineage._edge (target_node);
BEGIN;
INSERT INTO t1 SELECT a FROM src2;
INSERT INTO t2 SELECT a FROM src2;
CREATE TABLE t3 (a int);
COMMIT;
:show
SELECT refused_error - :errors AS errors, edges_written - :edges > 0 AS edges FROM lineage.health;
SELECT count(*) FROM lineage.ddl_history WHERE object_identity = 'refused_t.t3';
-- told once, tried at every commit
INSERT INTO t1 SELECT a FROM src2;
SELECT refused_error - :errors AS errors FROM lineage.health;
DROP INDEX lineage.trap;
SELECT 1;
:show
-- not what was rolled back
CREATE UNIQUE INDEX trap ON lineage._edge (target_node, source_node);
BEGIN;
INSERT INTO t1 SELECT a FROM src1 WHERE a > 1;
ROLLBACK;
DROP INDEX lineage.trap;
SELECT 1;
SELECT subtype FROM lineage.column_lineage WHERE target_table = 'refused_t.t1' AND type =
  'INDIRECT';
-- columns that somebody added to a table of ours, and took back as the log told him to
DO $$
BEGIN
  FOR i IN 1..24 LOOP
    ALTER TABLE lineage._node ADD COLUMN mistake int;
    ALTER TABLE lineage._node DROP COLUMN mistake;
  END LOOP;
END $$;
SELECT refused_store AS before FROM lineage.health \gset
ALTER TABLE src1 ADD COLUMN b int, DROP COLUMN a;
DROP TABLE src2;
:show
SELECT refused_store - :before AS refused FROM lineage.health;
-- too often: there is no room for them
ALTER TABLE lineage._node ADD COLUMN mistake int;
ALTER TABLE lineage._node DROP COLUMN mistake;
INSERT INTO t2 SELECT b FROM src1;
SELECT refused_store > :before AS refused FROM lineage.health;
DROP SCHEMA refused_t CASCADE;
DROP EXTENSION pg_lineage;
