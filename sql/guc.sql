-- Settings: defaults, who may set them, and what they change.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
SELECT name, setting, context FROM pg_settings WHERE name LIKE 'pg\_lineage.%'
ORDER BY name COLLATE "C";
SELECT set_config('pg_lineage' || '.no_such_setting', '1', false);
SET pg_lineage.track = 'some';
SET pg_lineage.ignore_schemas = 'a b';
SET pg_lineage.ignore_schemas = 'guc_t, "Odd Name", not_there';
RESET pg_lineage.ignore_schemas;
CREATE ROLE regress_lineage_guc;
SET ROLE regress_lineage_guc;
SET pg_lineage.enabled = off;
SET pg_lineage.max_shapes = 10;
RESET ROLE;
DROP ROLE regress_lineage_guc;

CREATE SCHEMA guc_t;
SET search_path = guc_t;
CREATE TABLE src (a int);
CREATE TABLE off (a int);
CREATE TABLE ignored (a int);
CREATE TABLE inside (a int);
CREATE TABLE outside (a int);
CREATE TABLE silent (a int);
CREATE FUNCTION load() RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO inside SELECT a FROM src; END $$;

SET pg_lineage.enabled = off;
INSERT INTO off SELECT a FROM src;
RESET pg_lineage.enabled;
SET pg_lineage.track = none;
INSERT INTO off SELECT a FROM src;
SET pg_lineage.track = top;
SELECT load();
INSERT INTO outside SELECT a FROM src;
RESET pg_lineage.track;
SET pg_lineage.ignore_schemas = 'guc_t';
INSERT INTO ignored SELECT a FROM src;
RESET pg_lineage.ignore_schemas;
SET pg_lineage.query_text = none;
INSERT INTO silent SELECT a FROM src WHERE a = 4711;
RESET pg_lineage.query_text;
SELECT DISTINCT target_table FROM lineage.table_lineage WHERE source_table = 'guc_t.src' ORDER BY 1;
SELECT DISTINCT query FROM lineage._pair('guc_t.src', 'guc_t.silent');
SELECT DISTINCT query FROM lineage._pair('guc_t.src', 'guc_t.outside');
SELECT load();
SELECT target_table, routine FROM lineage.table_lineage WHERE target_table = 'guc_t.inside';
SET pg_lineage.capture_ddl = off;
CREATE TABLE unseen (a int);
RESET pg_lineage.capture_ddl;
CREATE TABLE seen (a int);
SELECT object_identity FROM lineage.ddl_history WHERE object_identity ~ '^guc_t\.(un)?seen$';
DROP SCHEMA guc_t CASCADE;
