-- A routine made, run, replaced and run in one transaction: what the body of before did ends.
\set schema twice_t
\i sql/include/begin.sql
SET again.none = '';  -- a text with it only a run knows
CREATE TABLE src (a int, b int, c int);
CREATE TABLE dst (a int, b int, c int);
INSERT INTO src VALUES (1, 2, 3);
-- moves one column
CREATE PROCEDURE body(name text, col text) LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION %s() RETURNS void LANGUAGE plpgsql AS $b$ BEGIN '
    'EXECUTE concat(''INSERT INTO dst (%2$s) SELECT %2$s FROM src'', '
    'current_setting(''again.none'')); END $b$', name, col);
END $$;
\set live 'SELECT routine, source_column COLLATE "C", count(*) FROM lineage.column_lineage'
\set live :live' WHERE target_table = ''twice_t.dst'' AND type = ''DIRECT'' GROUP BY 1, 2'
\set live :live' ORDER BY 1, 2;'
BEGIN;
CALL body('f', 'a');
SELECT f();
CALL body('f', 'b');
SELECT f();
COMMIT;
:live
-- one that was there; a run after it that nothing new came of
BEGIN;
SELECT f();
CALL body('f', 'c');
SELECT f();
SELECT f();
COMMIT;
:live
-- … in a subtransaction, which may be undone
BEGIN;
SELECT f();
SAVEPOINT a;
CALL body('f', 'a');
SELECT f();
ROLLBACK TO a;
SELECT f();
COMMIT;
:live
BEGIN;
SELECT f();
SAVEPOINT a;
CALL body('f', 'a');
SELECT f();
RELEASE a;
COMMIT;
:live
-- … of a SQL function, whose bodies nobody tells apart
BEGIN;
CREATE FUNCTION q(n int) RETURNS void LANGUAGE sql AS 'INSERT INTO dst (a) VALUES (n)';
DO $$ DECLARE x int; BEGIN SELECT b INTO x FROM src; PERFORM q(x); END $$;
CREATE OR REPLACE FUNCTION q(n int) RETURNS void LANGUAGE sql AS 'INSERT INTO dst (b) VALUES (n)';
DO $$ DECLARE x int; BEGIN SELECT c INTO x FROM src; PERFORM q(x); END $$;
COMMIT;
:live
-- … dropped and made again; without a run both stay until there is one
BEGIN;
SELECT f();
DROP FUNCTION f();
CALL body('f', 'c');
SELECT f();
COMMIT;
:live
BEGIN;
SELECT f();
CALL body('f', 'b');
COMMIT;
:live
SELECT f();
:live
DROP SCHEMA twice_t CASCADE;
