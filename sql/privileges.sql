-- Who sees what, and who may do what.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
\pset null '-'
CREATE ROLE regress_lineage_plain;
CREATE ROLE regress_lineage_reader;
CREATE ROLE "regress lineage shipper";
CREATE SCHEMA priv_t;
GRANT USAGE ON SCHEMA priv_t TO PUBLIC;
CREATE TABLE priv_t.src (a int, b int);
CREATE TABLE priv_t.dst (a int, b int);
CREATE TABLE priv_t.secret (a int);
INSERT INTO priv_t.dst SELECT a, b FROM priv_t.src;
INSERT INTO priv_t.secret SELECT a FROM priv_t.src;
GRANT SELECT ON priv_t.src, priv_t.dst TO regress_lineage_reader, regress_lineage_plain;
GRANT INSERT ON priv_t.dst TO regress_lineage_plain;

-- nobody
SET ROLE regress_lineage_plain;
SELECT * FROM lineage.column_lineage;
SELECT lineage.pending();
-- but what he does is captured
INSERT INTO priv_t.dst (a) SELECT b FROM priv_t.src;
RESET ROLE;
SELECT source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'priv_t.dst' AND type = 'DIRECT' ORDER BY 1, 2;

-- a reader: edges whose two relations he may SELECT, no other's text
SELECT lineage.grant_reader('regress_lineage_reader');
SELECT lineage.grant_reader('regress_lineage_reader');
SET ROLE regress_lineage_reader;
SELECT DISTINCT source_table, target_table FROM lineage.table_lineage;
SELECT DISTINCT table_name FROM lineage.downstream('priv_t.src'::regclass);
SELECT count(*) FROM lineage._edge_rows() WHERE query IS NOT NULL;
SELECT count(*) FROM lineage.health;
SELECT count(*) FROM lineage.ddl_history;
SELECT * FROM lineage._edge;
SELECT lineage.forget();
SELECT * FROM lineage._feed('one', 1);
SELECT lineage.grant_reader('regress_lineage_plain');
RESET ROLE;
REVOKE SELECT ON priv_t.src FROM regress_lineage_reader;
SET ROLE regress_lineage_reader;
SELECT count(*) FROM lineage.table_lineage;
RESET ROLE;
GRANT pg_read_all_stats TO regress_lineage_reader;
SET ROLE regress_lineage_reader;
SELECT DISTINCT target_table FROM lineage.table_lineage WHERE source_table = 'priv_t.src' ORDER BY
  1;
RESET ROLE;

-- a shipper: all edges and the feed, and still no table
SELECT lineage.grant_shipper('"regress lineage shipper"');
SELECT lineage.grant_shipper('"regress lineage shipper"');
SET ROLE "regress lineage shipper";
SELECT DISTINCT target_table FROM lineage.table_lineage WHERE source_table = 'priv_t.src' ORDER BY
  1;
SELECT lineage._sink_register('priv');
SELECT count(*) > 0 FROM lineage._feed('priv', 10);
SELECT lineage._ack('priv', array_agg(id)) > 0 FROM lineage._feed('priv', 100000);
SELECT count(*) FROM lineage._parked;
SELECT * FROM lineage._sink;
INSERT INTO lineage.queue VALUES (1);
DELETE FROM lineage.queue;
SELECT lineage.forget();
RESET ROLE;

-- bodies are read with no other rights than their owner's: reading a constant may run what its
-- domain checks
CREATE SCHEMA priv_own AUTHORIZATION regress_lineage_plain;
SET ROLE regress_lineage_plain;
CREATE SEQUENCE priv_own.as_super;
CREATE SEQUENCE priv_own.as_owner;
CREATE FUNCTION priv_own.checks(v int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval(CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                       THEN 'priv_own.as_super' ELSE 'priv_own.as_owner' END::regclass);
  RETURN true;
END $$;
CREATE DOMAIN priv_own.checked AS int CHECK (priv_own.checks(value));
CREATE TYPE priv_own.pair AS (a priv_own.checked);
CREATE FUNCTION priv_own.literal() RETURNS priv_own.pair LANGUAGE plpgsql AS $$
DECLARE p priv_own.pair := '(1)'::priv_own.pair;
BEGIN
  RETURN p;
END $$;
CREATE FUNCTION priv_own.text() RETURNS text LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
  EXECUTE 'SELECT ' || quote_literal(('{' || '1}')::text::priv_own.checked[]) INTO t;
  RETURN t;
END $$;
CREATE FUNCTION priv_own.quoted() RETURNS priv_own.pair LANGUAGE sql AS
  $$ SELECT '(1)'::priv_own.pair $$;
CREATE FUNCTION priv_own.definer() RETURNS priv_own.pair LANGUAGE sql SECURITY DEFINER AS
  $$ SELECT '(1)'::priv_own.pair $$;
CREATE FUNCTION priv_own.nested() RETURNS priv_own.pair LANGUAGE plpgsql AS $$
BEGIN
  RETURN priv_own.quoted();
END $$;
CREATE VIEW priv_own.all AS
SELECT priv_own.literal(), priv_own.text(), priv_own.quoted(), priv_own.nested();
RESET ROLE;
CREATE VIEW priv_t.trusting AS SELECT * FROM priv_own.all;
CREATE VIEW priv_t.careless AS
SELECT priv_own.literal(), priv_own.text(), priv_own.quoted(), priv_own.nested();
INSERT INTO priv_t.dst (a) SELECT (priv_own.definer()).a;
SELECT lineage.snapshot_schema('priv_own');
SELECT s.is_called AS as_super, o.is_called AS as_owner
FROM priv_own.as_super s, priv_own.as_owner o;
DROP VIEW priv_t.trusting, priv_t.careless;

REVOKE ALL ON SCHEMA lineage FROM regress_lineage_reader, "regress lineage shipper";
DROP OWNED BY regress_lineage_reader, "regress lineage shipper", regress_lineage_plain;
DROP SCHEMA priv_t CASCADE;
DROP ROLE regress_lineage_reader, "regress lineage shipper", regress_lineage_plain;
