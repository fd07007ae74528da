-- Declared edges of rules and triggers: told when a rule is made, gone when what says them is.
\set schema drl
\ir sql/include/shown.sql
CREATE TABLE base (a int, b int);
CREATE TABLE logged (a int, b int);
CREATE RULE one AS ON INSERT TO base DO ALSO INSERT INTO logged (a) VALUES (NEW.a);
CREATE RULE two AS ON DELETE TO base DO ALSO INSERT INTO logged SELECT OLD.a, OLD.b;
:show 'logged.%' ORDER BY line COLLATE "C";
-- what another rule says as well stays
DROP RULE two ON base;
:show 'logged.%' ORDER BY line COLLATE "C";
-- replaced: only what the new one says
CREATE OR REPLACE RULE one AS ON INSERT TO base
  DO ALSO (INSERT INTO logged (b) VALUES (NEW.a);
           UPDATE logged SET a = s.a FROM s WHERE s.id = NEW.b);
:show 'logged.%' ORDER BY line COLLATE "C";
-- disabled, and enabled again; a savepoint takes both back
BEGIN;
SAVEPOINT here;
ALTER TABLE base DISABLE RULE one;
ROLLBACK TO here;
COMMIT;
SELECT count(*) FROM shown WHERE line LIKE 'logged.%';
ALTER TABLE base DISABLE RULE one;
SELECT count(*) FROM shown WHERE line LIKE 'logged.%';
SELECT lineage.snapshot_table('base');
SELECT count(*) FROM shown WHERE line LIKE 'logged.%';
ALTER TABLE base ENABLE ALWAYS RULE one;
:show 'logged.%' ORDER BY line COLLATE "C";
SELECT lineage.snapshot_table('base');
SELECT count(*) FROM shown WHERE line LIKE 'logged.%';
-- made and dropped in one transaction
BEGIN;
CREATE RULE three AS ON INSERT TO base DO ALSO INSERT INTO logged (a) SELECT max(x) FROM s2;
DROP RULE three ON base;
COMMIT;
:show 'logged.% <- s2.%' ORDER BY line COLLATE "C";
-- the table goes, and its rules with it, but not what it is to others
DROP TABLE base;
:show 'logged.%' ORDER BY line COLLATE "C";
SELECT source_column, target_column, valid_to IS NOT NULL AS ended
FROM lineage.column_lineage_history
WHERE target_table = 'drl.logged' AND source_table = 'drl.s' ORDER BY 1, 2;
-- triggers: a function is what its enabled triggers make of it
CREATE TABLE watched (a int);
CREATE TABLE seen (a int, b text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO seen VALUES (NEW.a, (SELECT max(b) FROM s)); RETURN NEW; END $$;
CREATE TRIGGER one AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER two AFTER INSERT ON s2 FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION note();
ALTER TABLE s2 DISABLE TRIGGER two;
SELECT lineage.snapshot_schema('drl') > 0;
:show 'seen.%' ORDER BY line COLLATE "C";
SELECT call_path FROM lineage.table_lineage WHERE target_table = 'drl.seen' ORDER BY 1;
ALTER TABLE watched DISABLE TRIGGER ALL;
SELECT count(*) FROM shown WHERE line LIKE 'seen.%';
ALTER TABLE watched ENABLE TRIGGER one;
SELECT lineage.snapshot_table('watched');
:show 'seen.%' ORDER BY line COLLATE "C";
BEGIN;
DROP TRIGGER one ON watched;
ROLLBACK;
SELECT count(*) FROM shown WHERE line LIKE 'seen.%';
DROP TRIGGER one ON watched;
SELECT count(*) FROM shown WHERE line LIKE 'seen.%';
CREATE TRIGGER one AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION note();
SELECT lineage.snapshot_table('watched');
SELECT count(*) FROM shown WHERE line LIKE 'seen.%';
DROP TABLE watched;
SELECT count(*) FROM shown WHERE line LIKE 'seen.%';
DROP SCHEMA drl CASCADE;
