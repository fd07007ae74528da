-- Edges that end: what was dropped or is defined otherwise now is history.
\set schema retire_t
\i sql/include/begin.sql
\pset null '-'
SELECT errors_swallowed + refused_error + refused_store + given_up AS faults
FROM lineage.health \gset
CREATE SCHEMA retire_u;
\set pair '(source_table || ''.'' || source_column || '' > '' || target_table || ''.'' || '
\set pair :pair 'coalesce(target_column, ''rows'')) COLLATE "C"'
\set live 'SELECT ':pair' FROM lineage.column_lineage WHERE target_table LIKE ''retire\\_%'''
\set live :live' ORDER BY 1;'
\set past 'SELECT ':pair', operation, e.reason FROM lineage._past_rows() e, ROWS FROM '
\set past :past'(unnest(source_columns), unnest(target_columns)) p (source_column, target_column)'
\set past :past' WHERE ended_at > :''since'' ORDER BY 1, 3;'
CREATE TABLE src (a int, b int, c int);
CREATE TABLE dst (a int, b int, c int);
INSERT INTO dst SELECT a, b, c FROM src WHERE c > 0;
SELECT clock_timestamp() AS since \gset

-- a column: only its pairs; under its old name it is another one
ALTER TABLE src DROP COLUMN b, ADD COLUMN b int;
:live
:past
INSERT INTO dst (b) SELECT b FROM src;
SELECT source_column, valid_to IS NULL AS holds FROM lineage.column_lineage_history
WHERE target_table = 'retire_t.dst' AND target_column = 'b' AND type = 'DIRECT' ORDER BY 2;
-- rolled back with its command
BEGIN;
SAVEPOINT s;
ALTER TABLE src DROP COLUMN a;
ROLLBACK TO s;
COMMIT;
BEGIN;
DROP TABLE src;
ROLLBACK;
DO $$ BEGIN DROP TABLE src; RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END $$;
:live

-- a view that is defined otherwise, pair by pair, in one transaction too
SELECT clock_timestamp() AS since \gset
CREATE VIEW v AS SELECT a AS x, b AS y FROM dst WHERE c > 0;
CREATE OR REPLACE VIEW v AS SELECT a AS x, c AS y FROM dst WHERE c > 0;
:past
BEGIN;
CREATE OR REPLACE VIEW v AS SELECT 1 AS x, 2 AS y;
CREATE OR REPLACE VIEW v AS SELECT a AS x, c AS y FROM dst WHERE c > 0;
COMMIT;
SELECT :pair FROM lineage.column_lineage WHERE target_table = 'retire_t.v' ORDER BY 1;
CREATE OR REPLACE VIEW v AS SELECT 1 AS x, 2 AS y;
SELECT count(*) FROM lineage.table_lineage WHERE target_table = 'retire_t.v';
DROP VIEW v;
CREATE TABLE g (a int, twice int GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE g ALTER twice DROP EXPRESSION;
SELECT count(*) FROM lineage.column_lineage WHERE target_table = 'retire_t.g';

-- names change: nothing ends
SELECT clock_timestamp() AS since \gset
ALTER TABLE src RENAME TO moved;
ALTER TABLE moved SET SCHEMA retire_u;
ALTER TABLE dst RENAME COLUMN c TO "C d";
:live
:past
ALTER TABLE retire_u.moved SET SCHEMA retire_t;
ALTER TABLE moved RENAME TO src;

-- dropped and made again, or swapped, in one transaction: columns stay by name
BEGIN;
DROP TABLE src;
CREATE TABLE src (c int, new int, a int);
COMMIT;
:live
:past
BEGIN;
CREATE TABLE dst_new (b int, a int);
INSERT INTO dst_new SELECT new, a FROM src;
ALTER TABLE dst RENAME TO dst_old;
ALTER TABLE dst_new RENAME TO dst;
DROP TABLE dst_old;
COMMIT;
:live
:past
SELECT count(DISTINCT target_table) FROM lineage.table_lineage WHERE target_table ~ 'retire_t.dst';
-- in two transactions: ended in between, and it begins anew
SELECT clock_timestamp() AS since \gset
DROP TABLE dst;
:live
:past
CREATE TABLE dst (b int, a int);
:live
INSERT INTO dst (a) SELECT a FROM src;
:live
-- came and went with its transaction: its edges tell what that did
BEGIN;
CREATE TABLE stage AS SELECT a FROM src;
INSERT INTO dst (b) SELECT a FROM stage;
DROP TABLE stage;
COMMIT;
:live
-- cascades; what does not go with it stays
SELECT clock_timestamp() AS since \gset
CREATE TABLE retire_u.kept (a int);
INSERT INTO retire_u.kept SELECT a FROM dst;
CREATE VIEW w AS SELECT a FROM dst;
DROP TABLE dst CASCADE;
:live
:past

-- with DDL capture off
SELECT clock_timestamp() AS since \gset
INSERT INTO retire_u.kept SELECT a FROM src;
SET pg_lineage.capture_ddl = off;
ALTER TABLE retire_u.kept DROP COLUMN a;
RESET pg_lineage.capture_ddl;
:past
-- counters are kept with it
CREATE TABLE counted (a int);
INSERT INTO counted SELECT a FROM src;
INSERT INTO counted SELECT a FROM src;
DROP TABLE counted;
SELECT executions, row_count, routine, call_path, valid_from < valid_to
FROM lineage.column_lineage_history WHERE target_table = 'retire_t.counted';
-- a whole schema
SELECT clock_timestamp() AS since \gset
CREATE TABLE retire_u.last AS SELECT a FROM src;
DROP SCHEMA retire_u, retire_t CASCADE;
:past
SELECT errors_swallowed + refused_error + refused_store + given_up - :faults AS faults
FROM lineage.health;
