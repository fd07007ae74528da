-- Edges of routines and tables that are dropped and made anew at once; many subtransactions.
\set schema remade_t
\i sql/include/begin.sql
CREATE TABLE src (a int, b int);
CREATE TABLE dst (a int, b int);

-- what the new one declares does not go with the old one
CREATE FUNCTION never() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dst (a) SELECT b FROM src;
END $$;
SELECT lineage.snapshot_schema('remade_t') > 0;
BEGIN;
DROP FUNCTION never();
CREATE FUNCTION never() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dst (a) SELECT b FROM src;
END $$;
COMMIT;
SELECT source_column, target_column, origin FROM lineage.column_lineage
WHERE routine = 'remade_t.never()' AND type = 'DIRECT';
SELECT count(*) FROM lineage._past_rows() WHERE target_table = 'remade_t.dst';

-- … and one made in a later transaction: what it was seen to do ends at once where the body is read
-- whole, with its next run where that is not so
CREATE FUNCTION was() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dst (a) SELECT b FROM src;
END $$;
SELECT was();
DROP FUNCTION was();
\set was 'SELECT source_column, target_column, origin FROM lineage.column_lineage'
\set was :was' WHERE routine = ''remade_t.was()'' AND type = ''DIRECT'' ORDER BY 1, 3;'
:was
CREATE FUNCTION was() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE concat('INSERT INTO dst (b) SELECT b FROM src', current_setting('any.none', true));
END $$;
:was
DROP FUNCTION was();
CREATE FUNCTION was() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dst (b) SELECT a FROM src;
END $$;
:was
SELECT was();
:was
-- a table that is used, dropped and made anew in one transaction is one node all the while
BEGIN;
CREATE TABLE stage (a int);
INSERT INTO stage SELECT a FROM src;
DROP TABLE stage;
CREATE TABLE stage (a int);
INSERT INTO stage SELECT b FROM src;
DROP TABLE stage;
CREATE TABLE stage (a int);
INSERT INTO dst (b) SELECT a FROM stage;
COMMIT;
SELECT source_table, source_column, target_table, target_column FROM lineage.column_lineage
WHERE 'remade_t.stage' IN (source_table, target_table) ORDER BY 1, 2, 3, 4;

-- what subtransactions note of runs does not pile up; a new backend notes all of them
CREATE FUNCTION fails(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN i / (i % 3); END $$;
CREATE FUNCTION other(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN i; END $$;
\c
SET client_min_messages = warning;
SET search_path = remade_t;
BEGIN;
DO $$
BEGIN
  FOR i IN 1..3000 LOOP
    BEGIN PERFORM fails(i); EXCEPTION WHEN division_by_zero THEN NULL; END;
    PERFORM other(i);
  END LOOP;
END $$;
SELECT used_bytes < 20000 AS little FROM pg_backend_memory_contexts
WHERE name = 'pg_lineage pending';
COMMIT;
DROP SCHEMA remade_t CASCADE;
