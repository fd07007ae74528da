-- CREATE EXTENSION: what it refuses, what it leaves, in a database of its own.
-- 18 tells where in the script an error is; what it says is what matters here
\set SHOW_CONTEXT never
SELECT current_database() AS here \gset
CREATE DATABASE regress_lineage_install;
\c regress_lineage_install
\pset format unaligned
\pset tuples_only on

-- a schema that somebody prepared
CREATE SCHEMA lineage;
CREATE TABLE lineage.planted (a int);
CREATE EXTENSION pg_lineage;
DROP TABLE lineage.planted;
CREATE FUNCTION lineage.pending() RETURNS bigint LANGUAGE sql RETURN 1;
CREATE EXTENSION pg_lineage;
DROP FUNCTION lineage.pending();
CREATE ROLE regress_lineage_planter;
ALTER SCHEMA lineage OWNER TO regress_lineage_planter;
CREATE EXTENSION pg_lineage;
ALTER SCHEMA lineage OWNER TO CURRENT_USER;
DROP ROLE regress_lineage_planter;

-- an empty one of the installer is taken
CREATE EXTENSION pg_lineage;
SELECT extversion, nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
WHERE extname = 'pg_lineage';

-- every object says what it is
SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'lineage'::regnamespace
  AND relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') !~ '^(public|private|what)';
SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'lineage'::regnamespace
  AND coalesce(obj_description(p.oid, 'pg_proc'), '') !~ '^(public|private): ';

-- nothing travels by logical replication, nothing is anybody's, all are pinned but those that read
-- definitions, in the path of the session (for nothing else do they look a name up by it)
SELECT relname, relreplident FROM pg_class WHERE relnamespace = 'lineage'::regnamespace
  AND relkind = 'r' ORDER BY relname COLLATE "C";
SELECT count(*) FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
WHERE pronamespace = 'lineage'::regnamespace AND a.grantee = 0;
SELECT count(*) FROM pg_class, aclexplode(relacl) a
WHERE relnamespace = 'lineage'::regnamespace AND a.grantee = 0;
SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'lineage'::regnamespace
  AND p.proname NOT IN ('_install_check', 'snapshot', 'snapshot_schema', 'snapshot_table',
                        '_ddl_command_end', '_sql_drop')
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false);

-- only the store goes into a dump
SELECT c::regclass FROM pg_extension, unnest(extconfig) c WHERE extname = 'pg_lineage' ORDER BY 1;

-- it analyses nothing, and starts with nothing
SELECT count(*) FROM lineage.column_lineage;
SELECT count(*) FROM lineage.ddl_history;
SELECT lineage.pending();

-- what a session knows does not survive the extension
CREATE TABLE src (a int);
CREATE TABLE dst (a int);
INSERT INTO dst SELECT a FROM src;
SELECT source_table, source_column, target_table, target_column FROM lineage.column_lineage;
DROP EXTENSION pg_lineage;
INSERT INTO dst SELECT a FROM src;
CREATE EXTENSION pg_lineage;
SELECT count(*) FROM lineage.column_lineage;
INSERT INTO dst SELECT a FROM src;
SELECT source_table, source_column, target_table, target_column FROM lineage.column_lineage;

-- emptied by hand: seen no more
TRUNCATE lineage._edge;
INSERT INTO dst SELECT a FROM src;
SELECT source_table, source_column, target_table, target_column FROM lineage.column_lineage;
\c :here
DROP DATABASE regress_lineage_install;
