-- Bodies that cannot be compiled: counted, and nothing of them stays in memory.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA broken_t;
CREATE TABLE broken_t.gone (a int);
CREATE TABLE broken_t.t (a int);
CREATE FUNCTION broken_t.rows() RETURNS void LANGUAGE plpgsql AS $$
DECLARE r broken_t.gone%ROWTYPE;
BEGIN
  INSERT INTO broken_t.t SELECT 1;
END $$;
CREATE FUNCTION broken_t.types() RETURNS void LANGUAGE plpgsql AS $$
DECLARE x broken_t.gone.a%TYPE;
BEGIN
  INSERT INTO broken_t.t SELECT 1;
END $$;
CREATE FUNCTION broken_t.fine() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT max(a) FROM broken_t.t);
END $$;
SELECT broken_t.fine();
DROP TABLE broken_t.gone;
\set compiled 'SELECT (SELECT count(*) FROM pg_backend_memory_contexts'
\set compiled :compiled' WHERE name = ''PL/pgSQL function'')'
:compiled AS before \gset
SELECT degraded_unanalysed AS before_counted FROM lineage.health \gset
SELECT lineage.snapshot_schema('broken_t');
SELECT lineage.snapshot_schema('broken_t');
:compiled AS after \gset
SELECT :after - :before AS more;
SELECT degraded_unanalysed - :before_counted AS counted FROM lineage.health;
-- those in use were left alone
SELECT broken_t.fine();
DROP SCHEMA broken_t CASCADE;
