-- A command that changes nothing is no event; what commits in its midst, or in doubt, is one.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
CREATE ROLE regress_ddl_owner;
CREATE SCHEMA same;
CREATE TABLE same.t (id int NOT NULL, p int) PARTITION BY LIST (p);
CREATE TABLE same.p1 PARTITION OF same.t FOR VALUES IN (1);
CREATE VIEW same.v AS SELECT id FROM same.t;
CREATE FUNCTION same.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER tr AFTER INSERT ON same.t FOR EACH ROW EXECUTE FUNCTION same.f();
\pset format unaligned
\pset tuples_only on
\pset null '-'
\set mark 'SELECT coalesce(max(id), 0) AS last FROM lineage._ddl \\gset'
\set show 'SELECT command_tag, object_identity, subcommands FROM lineage._ddl WHERE id > :last'
\set show :show ' ORDER BY id;'
:mark

-- nothing is otherwise afterwards
ALTER SCHEMA same OWNER TO CURRENT_USER;
ALTER TABLE same.t OWNER TO CURRENT_USER;
ALTER TABLE same.v OWNER TO CURRENT_USER;
ALTER FUNCTION same.f() OWNER TO CURRENT_USER;
ALTER TABLE same.t ALTER id SET NOT NULL, ENABLE TRIGGER tr, OWNER TO CURRENT_USER;
COMMENT ON VIEW same.v IS NULL;
CREATE TABLE IF NOT EXISTS same.t (never int);
BEGIN;
INSERT INTO same.t VALUES (1, 1);
ALTER TABLE same.t OWNER TO CURRENT_USER;
COMMIT;
:show
:mark

-- something is, if only in one of many
ALTER TABLE same.v OWNER TO regress_ddl_owner;
ALTER TABLE same.v OWNER TO regress_ddl_owner;
ALTER TABLE same.t OWNER TO CURRENT_USER, ALTER p SET NOT NULL;
COMMENT ON VIEW same.v IS 'hidden';
COMMENT ON VIEW same.v IS NULL;
:show
:mark

-- in a routine, after what it did before and after an error
DO $$BEGIN
  ALTER FUNCTION same.f() OWNER TO CURRENT_USER;
  COMMENT ON FUNCTION same.f IS 'hidden';
  ALTER FUNCTION same.f() OWNER TO CURRENT_USER;
  BEGIN
    ALTER TABLE same.t DISABLE TRIGGER none;
  EXCEPTION WHEN undefined_object THEN COMMENT ON TABLE same.t IS 'hidden';
  END;
END$$;
:show
:mark

-- commands that end transactions of their own
CREATE INDEX CONCURRENTLY p1_id ON same.p1 (id);
ALTER TABLE same.t DETACH PARTITION same.p1 CONCURRENTLY;
:show
:mark

-- another event trigger that writes first puts it in doubt
CREATE TABLE same.log (tag text);
CREATE FUNCTION same.note() RETURNS event_trigger LANGUAGE plpgsql
AS 'BEGIN INSERT INTO same.log VALUES (tg_tag); END';
CREATE EVENT TRIGGER a_note ON ddl_command_end EXECUTE FUNCTION same.note();
ALTER TABLE same.t OWNER TO CURRENT_USER;
DROP EVENT TRIGGER a_note;
SELECT count(*) FROM same.log;
:show

DROP SCHEMA same CASCADE;
DROP ROLE regress_ddl_owner;
