-- Declared edges are what definitions say now.
\set schema declared_t
\i sql/include/begin.sql
CREATE TABLE src (a int, b int);
CREATE TABLE other (a int);
\set show 'SELECT source_table, source_column, target_column, origin, call_path'
\set show :show ' FROM lineage.column_lineage WHERE target_table = ''declared_t.v'''
\set show :show ' AND type = ''DIRECT'' ORDER BY 1, 2, 3;'
CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN CREATE VIEW v AS SELECT a AS x, b AS y FROM src; END $$;
SELECT make();
:show
-- the same again changes nothing, whoever says it
SELECT lineage.snapshot_table('v');
CREATE OR REPLACE VIEW v AS SELECT a AS x, b AS y FROM src;
:show
-- something else ends what was said before
CREATE OR REPLACE VIEW v AS SELECT o.a AS x, s.b AS y FROM src s CROSS JOIN other o;
:show
-- and back
CREATE OR REPLACE VIEW v AS SELECT a AS x, b AS y FROM src;
:show
DROP VIEW v;
CREATE VIEW v AS SELECT b AS x, a AS y FROM src;
:show
-- observed wins over declared
CREATE MATERIALIZED VIEW m AS SELECT a FROM src;
SELECT operation, origin FROM lineage.column_lineage WHERE target_table = 'declared_t.m';
-- a generated column
CREATE TABLE g (a int, twice int GENERATED ALWAYS AS (a * 2) STORED);
SELECT source_column, target_column, subtype, operation, origin FROM lineage.column_lineage
WHERE target_table = 'declared_t.g';
ALTER TABLE g ADD COLUMN thrice int GENERATED ALWAYS AS (a * 3) STORED;
SELECT source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'declared_t.g' ORDER BY target_column COLLATE "C";
ALTER TABLE g DROP COLUMN twice, DROP COLUMN thrice;
SELECT count(*) FROM lineage.column_lineage WHERE target_table = 'declared_t.g';
-- rules: what their actions write; the rows given to a view or an INSTEAD rule come from elsewhere
CREATE TABLE kept (a int, b int);
CREATE TABLE logged (a int, b int);
CREATE RULE also AS ON INSERT TO src WHERE NEW.b > 0
  DO ALSO INSERT INTO logged VALUES (NEW.a, (SELECT max(other.a) FROM other));
CREATE RULE gone AS ON DELETE TO src DO ALSO INSERT INTO kept SELECT OLD.a, OLD.b;
CREATE RULE put AS ON INSERT TO v
  DO INSTEAD INSERT INTO other SELECT NEW.x + k.a FROM kept k WHERE k.b = NEW.y;
SELECT lineage.snapshot_schema('declared_t') > 0;
SELECT source_table, source_column, target_table, target_column, subtype, operation, origin
FROM lineage.column_lineage
WHERE target_table IN ('declared_t.kept', 'declared_t.logged', 'declared_t.other')
ORDER BY 3, 1, 2, 4, 5;
-- a trigger function of a temporary table, which is no node: its rows come from whatever fills it
CREATE TEMP TABLE passing (a int, b int);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO kept VALUES (NEW.a, (SELECT max(x.b) FROM src x)); RETURN NEW; END $$;
CREATE TRIGGER each AFTER INSERT ON passing FOR EACH ROW EXECUTE FUNCTION keep();
SELECT lineage.snapshot_schema('declared_t') > 0;
SELECT source_table, source_column, origin FROM lineage.column_lineage
WHERE routine = 'declared_t.keep()';
INSERT INTO other VALUES (1);
INSERT INTO passing SELECT a FROM other;
SELECT source_table, source_column, target_column, origin FROM lineage.column_lineage
WHERE routine = 'declared_t.keep()' AND type = 'DIRECT' ORDER BY 1, 2;
DROP SCHEMA declared_t CASCADE;
