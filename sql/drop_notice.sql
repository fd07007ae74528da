-- pg_lineage.warn_on_drop: what depends on it is named before something is dropped or changed.
\set schema warn_t
\i sql/include/begin.sql
CREATE SCHEMA warn_other;
CREATE TABLE src (id int, x int, y text);
CREATE TABLE stage (id int, x int);
CREATE TABLE mart (total bigint);
CREATE TABLE warn_other.far (id int);
CREATE TABLE "Odd one" ("a b" int);
CREATE PROCEDURE load() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stage SELECT id, x FROM src;
  INSERT INTO mart SELECT sum(x) FROM stage;
END $$;
CALL load();
CREATE VIEW seen AS SELECT y FROM src;
INSERT INTO warn_other.far SELECT id FROM stage;
INSERT INTO warn_other.far SELECT "a b" FROM "Odd one";
SELECT errors_swallowed AS before FROM lineage.health \gset
SET client_min_messages = notice;
-- off by default
BEGIN;
DROP TABLE mart;
ROLLBACK;
SET pg_lineage.warn_on_drop = on;
-- a table, a column, a type, new names
BEGIN;
DROP TABLE warn_t.src CASCADE;
ROLLBACK;
BEGIN;
ALTER TABLE src DROP COLUMN x;
ROLLBACK;
BEGIN;
ALTER TABLE stage ADD COLUMN z int, ALTER COLUMN x TYPE bigint, DROP COLUMN id;
ROLLBACK;
BEGIN;
ALTER TABLE stage RENAME TO stage_2;
ROLLBACK;
BEGIN;
ALTER TABLE "Odd one" RENAME COLUMN "a b" TO c;
ROLLBACK;
-- what is dropped itself is not named; a schema is its relations
BEGIN;
DROP TABLE stage, mart;
ROLLBACK;
BEGIN;
DROP SCHEMA warn_t, warn_other CASCADE;
ROLLBACK;
BEGIN;
DROP SCHEMA warn_t CASCADE;
ROLLBACK;
-- inside a routine, too
BEGIN;
DO $$ BEGIN DROP TABLE stage; END $$;
ROLLBACK;
-- nothing depends on it, nothing is there, nothing is said
BEGIN;
DROP TABLE mart;
ROLLBACK;
ALTER TABLE mart ADD COLUMN note text;
DROP TABLE IF EXISTS warn_t.no_such_table, no_such_schema.t;
ALTER TABLE src DROP COLUMN no_such_column;
DROP TABLE no_such_table;
-- the statement's own errors are its own
DROP TABLE src;
-- many: the first ten, and how many more
DO $$
BEGIN
  FOR i IN 10..22 LOOP
    EXECUTE format('CREATE TABLE many_%s (id int)', i);
    EXECUTE format('INSERT INTO many_%s SELECT id FROM src', i);
  END LOOP;
END $$;
BEGIN;
DROP TABLE src CASCADE;
ROLLBACK;
-- only for those who may read lineage, and only what they may SELECT
CREATE ROLE regress_lineage_dropper;
GRANT ALL ON SCHEMA warn_t TO regress_lineage_dropper;
ALTER TABLE src OWNER TO regress_lineage_dropper;
GRANT SELECT ON mart, stage TO regress_lineage_dropper;
BEGIN;
SET LOCAL ROLE regress_lineage_dropper;
ALTER TABLE src DROP COLUMN id;
ROLLBACK;
SELECT lineage.grant_reader('regress_lineage_dropper');
BEGIN;
SET LOCAL ROLE regress_lineage_dropper;
ALTER TABLE src DROP COLUMN id;
ROLLBACK;
SELECT errors_swallowed - :before FROM lineage.health;
-- no lock of ours stays in the transaction
BEGIN;
ALTER TABLE src DROP COLUMN id;
SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relnamespace = 'lineage'::regnamespace;
ROLLBACK;
RESET pg_lineage.warn_on_drop;
SET client_min_messages = warning;
DROP SCHEMA warn_t, warn_other CASCADE;
DROP OWNED BY regress_lineage_dropper;
DROP ROLE regress_lineage_dropper;
