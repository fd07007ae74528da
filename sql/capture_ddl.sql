-- DDL as it is recorded: commands with their parts, old names, drops with what they carry along.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE ROLE regress_ddl_role;
\pset format unaligned
\pset tuples_only on
\pset null '-'
\set mark 'SELECT coalesce(max(id), 0) AS last FROM lineage._ddl \\gset'
\set show 'SELECT command_tag, object_type, object_identity, old_identity, subcommands'
\set show :show ' FROM lineage._ddl WHERE id > :last'
\set show :show ' ORDER BY xid, object_identity COLLATE "C", command_tag;'
SELECT coalesce(max(id), 0) AS last FROM lineage._ddl \gset

-- creating, in its parts
CREATE SCHEMA ddl_a;
CREATE SCHEMA "Ddl B";
CREATE TABLE ddl_a.t (id serial PRIMARY KEY, a int CHECK (a < 4711), b text DEFAULT 'hidden');
CREATE TABLE ddl_a.child (c int) INHERITS (ddl_a.t);
CREATE VIEW ddl_a.v AS SELECT a FROM ddl_a.t;
CREATE OR REPLACE VIEW ddl_a.v AS SELECT a, b FROM ddl_a.t;
CREATE MATERIALIZED VIEW ddl_a.m AS SELECT a FROM ddl_a.t;
REFRESH MATERIALIZED VIEW ddl_a.m;
CREATE TABLE ddl_a.ctas AS SELECT a FROM ddl_a.t;
SELECT a INTO ddl_a.into_t FROM ddl_a.t;
CREATE FUNCTION ddl_a.f(int, text[]) RETURNS int LANGUAGE sql AS 'SELECT 4711';
CREATE FUNCTION ddl_a.tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER tr BEFORE INSERT ON ddl_a.t FOR EACH ROW EXECUTE FUNCTION ddl_a.tf();
CREATE TYPE ddl_a.ty AS (x int, y text);
CREATE TYPE ddl_a.en AS ENUM ('hidden');
CREATE DOMAIN ddl_a.dom AS int CHECK (value <> 4711);
CREATE TABLE IF NOT EXISTS ddl_a.t (never int);
:show
:mark

-- altering
ALTER TABLE ddl_a.t ADD COLUMN "C d" numeric(10,2) DEFAULT 4711, DROP COLUMN b CASCADE,
  ALTER id TYPE bigint, ADD CONSTRAINT small CHECK (a < 4711), SET (fillfactor = 70),
  ALTER a SET DEFAULT 4711, OWNER TO regress_ddl_role, DISABLE TRIGGER tr;
ALTER TABLE ddl_a.t DROP CONSTRAINT small, ENABLE ROW LEVEL SECURITY;
ALTER TYPE ddl_a.en ADD VALUE 'hidden too';
ALTER TYPE ddl_a.ty ADD ATTRIBUTE z int;
ALTER DOMAIN ddl_a.dom SET DEFAULT 4711;
ALTER FUNCTION ddl_a.f OWNER TO regress_ddl_role;
COMMENT ON COLUMN ddl_a.t.a IS 'hidden';
COMMENT ON TABLE ddl_a.t IS 'hidden';
:show
:mark

-- renaming and moving: the old identity
ALTER TABLE ddl_a.t RENAME "C d" TO d;
ALTER TABLE ddl_a.t RENAME TO "T 2";
ALTER TABLE ddl_a."T 2" SET SCHEMA "Ddl B";
ALTER FUNCTION ddl_a.f RENAME TO "F";
ALTER FUNCTION ddl_a."F" SET SCHEMA "Ddl B";
ALTER TRIGGER tr ON "Ddl B"."T 2" RENAME TO tr2;
ALTER TYPE ddl_a.ty RENAME ATTRIBUTE x TO xx;
ALTER TYPE ddl_a.ty RENAME TO ty2;
ALTER DOMAIN ddl_a.dom RENAME CONSTRAINT dom_check TO dc;
ALTER INDEX "Ddl B".t_pkey RENAME TO t2_pkey;
ALTER SCHEMA "Ddl B" RENAME TO ddl_b;
ALTER TABLE IF EXISTS ddl_a.nowhere RENAME TO t;
:show
:mark

-- privileges
GRANT SELECT, INSERT (a, d), UPDATE ON ddl_b."T 2" TO regress_ddl_role WITH GRANT OPTION;
GRANT SELECT ON ALL TABLES IN SCHEMA ddl_a TO PUBLIC;
GRANT USAGE ON SCHEMA ddl_a, ddl_b TO regress_ddl_role;
GRANT ALL ON FUNCTION ddl_b."F" TO regress_ddl_role;
REVOKE ALL ON ddl_b."T 2" FROM regress_ddl_role CASCADE;
ALTER DEFAULT PRIVILEGES IN SCHEMA ddl_a GRANT SELECT ON TABLES TO PUBLIC;
:show
:mark

-- partitions; without statements
SET pg_lineage.track = none;
CREATE TABLE ddl_a.p (a int, b text) PARTITION BY LIST (a);
CREATE TABLE ddl_a.p1 PARTITION OF ddl_a.p FOR VALUES IN (4711);
CREATE TABLE ddl_a.p2 (a int, b text);
ALTER TABLE ddl_a.p ATTACH PARTITION ddl_a.p2 FOR VALUES IN (4712);
ALTER TABLE ddl_a.p ADD COLUMN c int;
ALTER TABLE ddl_a.p DETACH PARTITION ddl_a.p2;
RESET pg_lineage.track;
:show
:mark

-- inside routines: who did it
CREATE PROCEDURE ddl_a.inner_p() LANGUAGE plpgsql AS $$BEGIN
  EXECUTE 'CREATE TABLE ddl_a.dyn (x int)';
  BEGIN
    CREATE TABLE ddl_a.gone (x int);
    RAISE EXCEPTION 'undo';
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
END$$;
CREATE PROCEDURE ddl_a.outer_p(int) LANGUAGE plpgsql AS 'BEGIN CALL ddl_a.inner_p(); END';
CALL ddl_a.outer_p(4711);
DO $$BEGIN ALTER TABLE ddl_a.dyn ADD y text; END$$;
SELECT command_tag, object_identity, subcommands, routine, call_path
FROM lineage._ddl WHERE id > :last ORDER BY id;
:mark

-- rolled back: nothing; one transaction: one row for each object and command
BEGIN; CREATE TABLE ddl_a.never (x int); ROLLBACK;
BEGIN;
CREATE TABLE ddl_a.n (x int);
SAVEPOINT s; ALTER TABLE ddl_a.n ADD lost int; ROLLBACK TO s;
ALTER TABLE ddl_a.n ADD y int; ALTER TABLE ddl_a.n ADD z int; ALTER TABLE ddl_a.n RENAME TO n2;
CREATE TABLE ddl_a.brief (x int); DROP TABLE ddl_a.brief;
COMMIT;
:show
SELECT kind, command_tag, object_identity FROM lineage.queue q JOIN lineage._ddl d ON d.id = q.ref
WHERE kind = 'ddl' AND d.id > :last ORDER BY q.id;
:mark

-- what is left out: members of extensions, temporary objects, ignored schemas, ourselves
CREATE TEMP TABLE ddl_temp (x int); ALTER TABLE ddl_temp ADD y int; DROP TABLE ddl_temp;
SET pg_lineage.ignore_schemas = 'ddl_ignored';
CREATE SCHEMA ddl_ignored CREATE TABLE t (x int);
CREATE TRIGGER tr BEFORE INSERT ON ddl_ignored.t FOR EACH ROW EXECUTE FUNCTION ddl_a.tf();
DROP SCHEMA ddl_ignored CASCADE;
RESET pg_lineage.ignore_schemas;
SET pg_lineage.capture_ddl = off; CREATE TABLE ddl_a.unseen (x int); RESET pg_lineage.capture_ddl;
SET pg_lineage.enabled = off; CREATE TABLE ddl_a.unseen2 (x int); RESET pg_lineage.enabled;
DROP EXTENSION pgcrypto; CREATE EXTENSION pgcrypto;
:show
:mark

-- a definition that fails when it is read does no harm when it is made
CREATE VIEW ddl_a.r1 AS SELECT 1 AS x; CREATE VIEW ddl_a.r2 AS SELECT x FROM ddl_a.r1;
SELECT errors_swallowed AS swallowed, degraded_unanalysed AS unanalysed FROM lineage.health \gset
CREATE OR REPLACE VIEW ddl_a.r1 AS SELECT x FROM ddl_a.r2;
SELECT errors_swallowed - :swallowed, degraded_unanalysed - :unanalysed FROM lineage.health;
:show
:mark

-- dropping
DROP TABLE ddl_a.p, ddl_a.p2;
DROP TYPE ddl_a.ty2;
DROP INDEX IF EXISTS ddl_a.nowhere;
DROP TABLE ddl_b."T 2" CASCADE;
DROP SCHEMA ddl_a, ddl_b CASCADE;
DROP EXTENSION pgcrypto;
:show
DROP OWNED BY regress_ddl_role;
DROP ROLE regress_ddl_role;
SELECT count(*) = (SELECT count(*) FROM lineage._ddl) FROM lineage.ddl_history;
