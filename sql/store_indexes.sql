-- The indexes of the store: some leave out rows without a routine, or a rule, that said them; what
-- they have is found, and an index of another form stops all writing until it is gone.
\set schema indexes_t
\i sql/include/begin.sql
SET log_min_messages = error;
CREATE TABLE src (a int);
CREATE TABLE kept (a int);
CREATE TABLE dst (a int);
CREATE FUNCTION fill() RETURNS void LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO dst SELECT a FROM src; END$$;
CREATE RULE keeps AS ON INSERT TO src DO ALSO INSERT INTO kept VALUES (NEW.a);
SELECT fill();
SELECT oid AS rule FROM pg_rewrite WHERE rulename = 'keeps' \gset
SELECT 'indexes_t.fill'::regproc::oid AS routine \gset
-- by index as by heap
SET enable_seqscan = off;
SELECT count(*) FROM lineage._edge WHERE declared_by = :rule;
SELECT count(*) FROM lineage._edge WHERE routine_oid = :routine;
RESET enable_seqscan;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM lineage._edge WHERE declared_by = :rule;
SELECT count(*) FROM lineage._edge WHERE routine_oid = :routine;
RESET enable_indexscan;
RESET enable_bitmapscan;
-- so the edge of the rule is found when the rule goes
\set show 'SELECT source_table, target_table, routine, origin FROM lineage.column_lineage'
\set show :show ' WHERE target_table ~ ''^indexes_t'' AND type = ''DIRECT'' ORDER BY 2, 1, 4;'
:show
DROP RULE keeps ON src;
:show
-- rows left out by another condition, a session after it had the tables open
SELECT refused_store AS before FROM lineage.health \gset
CREATE INDEX other ON lineage._edge (routine_oid) WHERE routine_oid <> '1'::oid;
INSERT INTO dst SELECT a FROM src;
SELECT refused_store - :before > 0 AS refused FROM lineage.health;
:show
DROP INDEX lineage.other;
SELECT 1;
:show
-- a whole one is kept from then on
CREATE INDEX another ON lineage._ddl (object_identity);
CREATE TABLE last (a int);
SET enable_seqscan = off;
SELECT command_tag FROM lineage._ddl WHERE object_identity = 'indexes_t.last';
RESET enable_seqscan;
DROP INDEX lineage.another;
-- a dataset is found by its name and columns together: a restore has a client: for each table
DO $$BEGIN FOR n IN 1..40 LOOP
  EXECUTE format('CREATE TABLE c%s (a int, c%s int)', n, n);
  EXECUTE format('COPY c%s FROM ''/dev/null''', n);
END LOOP; END$$;
SELECT pg_stat_force_next_flush();
SELECT count(*) AS datasets FROM lineage._node WHERE rel_name = 'file:///dev/null';
SELECT sum(idx_tup_read) < 40 AS found_at_once FROM pg_stat_all_indexes
WHERE schemaname = 'lineage' AND relname = '_node';
DROP SCHEMA indexes_t CASCADE;
DROP EXTENSION pg_lineage;
