-- An edge is there if and only if its transaction committed.
\set schema roll_t
\i sql/include/begin.sql
CREATE TABLE src (a int);
INSERT INTO src VALUES (1), (2);
CREATE TABLE t1 (a int);
CREATE TABLE t2 (a int);
CREATE TABLE t3 (a int);
\set show 'SELECT target_table, executions, row_count FROM lineage.table_lineage'
\set show :show ' WHERE source_table = ''roll_t.src'' ORDER BY 1;'

-- rolled back
BEGIN;
INSERT INTO t1 SELECT a FROM src;
ROLLBACK;
:show
-- an error at the end
BEGIN;
INSERT INTO t1 SELECT a FROM src;
SELECT 1 / 0;
COMMIT;
:show
-- savepoints: only what was not rolled back, and the counts of it
BEGIN;
INSERT INTO t1 SELECT a FROM src;
SAVEPOINT a;
INSERT INTO t2 SELECT a FROM src;
SAVEPOINT b;
INSERT INTO t3 SELECT a FROM src;
INSERT INTO t1 SELECT a FROM src;
RELEASE b;
ROLLBACK TO a;
INSERT INTO t3 SELECT a FROM src;
SAVEPOINT c;
INSERT INTO t3 SELECT a FROM src;
RELEASE c;
COMMIT;
:show
-- exception blocks
DO $$
BEGIN
  BEGIN
    INSERT INTO t2 SELECT a FROM src;
    RAISE EXCEPTION 'undo';
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  BEGIN
    INSERT INTO t1 SELECT a FROM src;
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
END $$;
SELECT target_table, call_path, executions, row_count FROM lineage.table_lineage
WHERE source_table = 'roll_t.src' ORDER BY 1, 2;
-- a procedure that commits some of its work
CREATE PROCEDURE part() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO t2 SELECT a FROM src;
  ROLLBACK;
  INSERT INTO t3 SELECT a FROM src;
  COMMIT;
END $$;
CALL part();
SELECT target_table, routine, executions FROM lineage.table_lineage
WHERE routine = 'roll_t.part()' ORDER BY 1;
-- DDL
BEGIN;
CREATE TABLE undone (a int);
ROLLBACK;
BEGIN;
CREATE TABLE kept (a int);
SAVEPOINT a;
ALTER TABLE kept ADD COLUMN b int;
ROLLBACK TO a;
CREATE TABLE passing (a int);
DROP TABLE passing;
COMMIT;
SELECT command_tag, object_identity FROM lineage.ddl_history
WHERE object_identity ~ '^roll_t\.(undone|kept|passing)$' ORDER BY 2, 1;
-- created and dropped in one transaction: nothing for the shipper
SELECT count(*) FROM lineage.queue q JOIN lineage._ddl d ON q.kind = 'ddl' AND d.id = q.ref
WHERE d.object_identity = 'roll_t.passing';
-- prepared: as the second phase decides
BEGIN;
INSERT INTO t2 SELECT a FROM src;
PREPARE TRANSACTION 'roll_t_1';
SELECT count(*) FROM lineage.table_lineage WHERE target_table = 'roll_t.t2';
ROLLBACK PREPARED 'roll_t_1';
SELECT count(*) FROM lineage.table_lineage WHERE target_table = 'roll_t.t2';
BEGIN;
INSERT INTO t2 SELECT a FROM src;
PREPARE TRANSACTION 'roll_t_2';
COMMIT PREPARED 'roll_t_2';
SELECT count(*) FROM lineage.table_lineage WHERE target_table = 'roll_t.t2';
BEGIN;
SELECT lineage.forget() >= 0;
PREPARE TRANSACTION 'roll_t_3';
-- cancelled while a function's body is read: the block that catches it is rolled back
CREATE TABLE locked (a int);
CREATE FUNCTION twice_locked() RETURNS int LANGUAGE sql
  AS 'SELECT max(a) FROM locked; SELECT max(a) FROM locked';
CREATE FUNCTION stuck() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    INSERT INTO t2 VALUES (4711);
    INSERT INTO t2 SELECT twice_locked();
  EXCEPTION WHEN query_canceled THEN
    RETURN 'caught';
  END;
  RETURN 'not cancelled';
END $$;
BEGIN;
LOCK TABLE locked;
PREPARE TRANSACTION 'roll_t_4';
BEGIN;
SET LOCAL statement_timeout = '300ms';
SELECT stuck();
SET LOCAL statement_timeout = 0;
SELECT count(*) FROM t2 WHERE a = 4711;
COMMIT;
ROLLBACK PREPARED 'roll_t_4';
SELECT count(*) FROM t2 WHERE a = 4711;
-- read only: nothing is written, nothing fails, the next one writes
BEGIN READ ONLY;
SELECT count(*) FROM src;
COMMIT;
DROP SCHEMA roll_t CASCADE;
