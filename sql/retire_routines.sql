-- Edges of routines that are replaced or dropped, and of what is not seen any more.
\set schema again_t
\i sql/include/begin.sql
\pset null '-'
SELECT errors_swallowed + refused_error + refused_store + given_up AS faults
FROM lineage.health \gset
SET again.none = '';  -- a text with it only a run knows
CREATE TABLE src (a int, b int, c int);
CREATE TABLE dst (a int, b int, c int);
CREATE TABLE log (a int, b int, c int);
INSERT INTO src VALUES (1, 2, 3);
\set live 'SELECT (source_column || '' > '' || target_table || ''.'' || target_column)'
\set live :live' COLLATE "C", origin FROM lineage.column_lineage'
\set live :live' WHERE target_table LIKE ''again\\_t.%'''
\set live :live' AND type = ''DIRECT'' ORDER BY 1, 2;'
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (a) SELECT a FROM src', current_setting('again.none'));
  EXECUTE concat('INSERT INTO dst (b) SELECT b FROM src', current_setting('again.none'));
END $$;
SELECT f();
-- replaced, with texts that only a run knows: the first committed one decides
CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (b) SELECT b FROM src', current_setting('again.none'));
END $$;
:live
BEGIN;
SELECT f();
ROLLBACK;
DO $$ BEGIN PERFORM f(); RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END $$;
:live
SELECT f();
:live
SELECT source_columns, target_columns, reason FROM lineage._past_rows()
WHERE target_table = 'again_t.dst';
-- replaced and run in one transaction
BEGIN;
CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (c) SELECT c FROM src', current_setting('again.none'));
END $$;
SELECT f();
COMMIT;
:live
-- and back: seen again, it is a new edge
CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (b) SELECT b FROM src', current_setting('again.none'));
END $$;
SELECT f();
:live
SELECT executions, valid_to IS NULL AS holds FROM lineage.column_lineage_history
WHERE target_table = 'again_t.dst' AND source_column = 'b' AND type = 'DIRECT'
  AND origin = 'observed'
ORDER BY 2;
-- replaced by the same: nothing ends
CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (b) SELECT b FROM src', current_setting('again.none'));
END $$;
SELECT f();
:live
SELECT executions FROM lineage.column_lineage
WHERE target_table = 'again_t.dst' AND source_column = 'b' AND type = 'DIRECT';

-- a body that is read whole: at once, but for what it still says
CREATE PROCEDURE p() LANGUAGE sql AS 'INSERT INTO dst (a, b) SELECT c, a FROM src';
CALL p();
:live
CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS 'INSERT INTO dst (a) SELECT c FROM src';
:live
CREATE FUNCTION w() RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO dst (b) SELECT c FROM src; END $$;
SELECT w();
CREATE OR REPLACE FUNCTION w() RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO dst (c) SELECT b FROM src; END $$;
:live
DROP FUNCTION w();
-- what comes by an argument stands in no body: the next run decides
CREATE PROCEDURE q(n int) LANGUAGE sql AS 'INSERT INTO log (a) VALUES (n)';
DO $$ DECLARE x int; BEGIN SELECT b INTO x FROM src; CALL q(x); END $$;
CREATE OR REPLACE PROCEDURE q(n int) LANGUAGE sql AS 'INSERT INTO log (b) VALUES (n)';
:live
DO $$ DECLARE x int; BEGIN SELECT b INTO x FROM src; CALL q(x); END $$;
:live

-- dropped: what it was seen to do stays, until one of its name does something else
DROP FUNCTION f();
DROP PROCEDURE q(int);
:live
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (c) SELECT a FROM src', current_setting('again.none'));
END $$;
SELECT f();
:live
SELECT count(*) FROM lineage._doubt d WHERE frame LIKE 'again_t.f(%';

-- a trigger function is judged table by table
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO log (a) SELECT ($1).a', current_setting('again.none')) USING NEW;
  RETURN NULL;
END $$;
CREATE TABLE one (a int);
CREATE TABLE two (a int);
CREATE TRIGGER t AFTER INSERT ON one FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER t AFTER INSERT ON two FOR EACH ROW EXECUTE FUNCTION audit();
INSERT INTO one VALUES (1);
INSERT INTO two VALUES (1);
CREATE OR REPLACE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO log (b) SELECT ($1).a', current_setting('again.none')) USING NEW;
  RETURN NULL;
END $$;
INSERT INTO one VALUES (1);
SELECT source_table, target_column FROM lineage.column_lineage
WHERE source_table IN ('again_t.one', 'again_t.two') AND type = 'DIRECT' ORDER BY 1;

-- not seen any more: never while the server may not know
SELECT lineage._retire();
SET pg_lineage.retire_after = '20000 d';
SELECT lineage._retire();
BEGIN;
SET LOCAL pg_lineage.retire_after = 1;
SELECT pg_sleep(1.1);
SELECT lineage._retire() > 0;
PREPARE TRANSACTION 'again_t';
:live
RESET pg_lineage.retire_after;
-- capture was off: the next snapshot sees
SET pg_lineage.enabled = off;
ALTER TABLE src DROP COLUMN a;
DROP TABLE log;
SET pg_lineage.enabled = on;
:live
SELECT lineage.snapshot() > 0;
:live
DROP SCHEMA again_t CASCADE;
SELECT errors_swallowed + refused_error + refused_store + given_up - :faults AS faults
FROM lineage.health;
