-- Edges of routines that are dropped and made anew at once; runs in many subtransactions.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA remade_t;
SET search_path = remade_t;
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
DROP SCHEMA remade_t CASCADE;
