-- Rows of nodes that a session remembers: what it remembers is what is there, whatever else ends,
-- is emptied, renamed or made anew in between. Each column is another fact, so each is written.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA nodes_t;
SET search_path = nodes_t;
CREATE TABLE a (n1 int, n2 int, n3 int, n4 int, n5 int, n6 int, n7 int);
CREATE TABLE b (LIKE a);
CREATE TABLE c (LIKE a);
\set show 'SELECT source_table, target_table,'
\set show :show ' string_agg(target_column, '' '' ORDER BY target_column)'
\set show :show ' FROM lineage.column_lineage WHERE target_table ~ ''nodes_t'''
\set show :show ' AND type = ''DIRECT'' GROUP BY 1, 2 ORDER BY 1, 2;'
\set rows 'SELECT rel_name, count(*) FROM lineage._node WHERE schema_name = ''nodes_t'''
\set rows :rows ' OR rel_name ~ ''^file'' GROUP BY 1 ORDER BY 1;'
INSERT INTO b (n1) SELECT n1 FROM a;
INSERT INTO b (n2) SELECT n2 FROM a;
COPY b (n3) FROM '/dev/null';
COPY c (n3) FROM '/dev/null';
INSERT INTO b (n4) SELECT n4 FROM a;
:show
:rows
-- what was only prepared may never have been
BEGIN;
CREATE TABLE p (n1 int);
INSERT INTO p SELECT n1 FROM a;
PREPARE TRANSACTION 'nodes';
ROLLBACK PREPARED 'nodes';
BEGIN;
COPY b (n5) FROM PROGRAM 'true';
PREPARE TRANSACTION 'nodes';
ROLLBACK PREPARED 'nodes';
COPY b (n6) FROM PROGRAM 'true';
SELECT target_column FROM lineage.column_lineage
WHERE source_table ~ '^program' AND type = 'DIRECT';
-- a rename is no other node, and its row is brought up to date
INSERT INTO c (n1) SELECT n1 FROM a;
ALTER TABLE c RENAME TO renamed;
INSERT INTO renamed (n2) SELECT n2 FROM a;
INSERT INTO renamed (n3) SELECT n3 FROM a;
:show
:rows
-- one made anew has the row, by its name
DROP TABLE renamed;
CREATE TABLE renamed (LIKE b);
INSERT INTO renamed (n4) SELECT n4 FROM a;
INSERT INTO renamed (n5) SELECT n5 FROM a;
:show
:rows
-- an empty table of nodes has none of them
TRUNCATE lineage._node, lineage._edge;
INSERT INTO renamed (n6) SELECT n6 FROM a;
INSERT INTO b (n6) SELECT n6 FROM a;
:show
TRUNCATE lineage._node;
INSERT INTO b (n7) SELECT n7 FROM a;
:rows
-- nor has the table of another extension
DROP EXTENSION pg_lineage;
CREATE EXTENSION pg_lineage;
INSERT INTO renamed (n7) SELECT n7 FROM a;
INSERT INTO b (n7) SELECT n7 FROM a;
:show
DROP SCHEMA nodes_t CASCADE;
