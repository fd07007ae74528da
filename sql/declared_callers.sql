-- What a routine declares of the routines that it calls ends with what it says, not with them.
\set schema dcl
\ir sql/include/shown.sql
CREATE TABLE t (x int);
CREATE FUNCTION inn(v int) RETURNS void LANGUAGE plpgsql AS
  'BEGIN INSERT INTO dcl.t VALUES (v); END';
CREATE FUNCTION one() RETURNS void LANGUAGE plpgsql AS
  'BEGIN PERFORM dcl.inn((SELECT max(a) FROM dcl.s)); END';
CREATE FUNCTION two() RETURNS void LANGUAGE plpgsql AS
  'BEGIN PERFORM dcl.inn((SELECT max(a) FROM dcl.s)); END';
SELECT lineage.snapshot_schema('dcl') > 0;
\set paths 'SELECT source_column, call_path FROM lineage.column_lineage WHERE target_table = '
:paths 'dcl.t' ORDER BY 1, 2;
-- replaced: the other one still says it
CREATE OR REPLACE FUNCTION one() RETURNS void LANGUAGE plpgsql AS
  'BEGIN PERFORM dcl.inn((SELECT max(id) FROM dcl.s)); END';
:paths 'dcl.t' ORDER BY 1, 2;
SELECT lineage.snapshot_schema('dcl') > 0;
:paths 'dcl.t' ORDER BY 1, 2;
-- dropped, and the drop taken back
BEGIN;
DROP FUNCTION two();
ROLLBACK;
:paths 'dcl.t' ORDER BY 1, 2;
DROP FUNCTION two();
:paths 'dcl.t' ORDER BY 1, 2;
SELECT source_column, call_path FROM lineage.column_lineage_history
WHERE target_table = 'dcl.t' AND valid_to IS NOT NULL ORDER BY 1, 2;
-- the called one goes: what was said of it does, too
DROP FUNCTION inn(int);
:paths 'dcl.t' ORDER BY 1, 2;
-- two triggers of one function that say the same: each ends for itself
CREATE TABLE a (x int);
CREATE TABLE b (x int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO dcl.t SELECT max(s.a) FROM dcl.s; RETURN NEW; END $$;
CREATE TRIGGER noted AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER noted AFTER INSERT ON b FOR EACH ROW EXECUTE FUNCTION note();
SELECT lineage.snapshot_schema('dcl') > 0;
:paths 'dcl.t' ORDER BY 1, 2;
DROP TRIGGER noted ON a;
:paths 'dcl.t' ORDER BY 1, 2;
DROP SCHEMA dcl CASCADE;
