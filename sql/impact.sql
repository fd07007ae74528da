-- impact(): what a change or drop would touch, by lineage and by the catalog, routines too.
SET client_min_messages = warning;
CREATE SCHEMA imp_t;
SET search_path = imp_t;
-- made before the extension: no lineage of it is known
DROP EXTENSION IF EXISTS pg_lineage CASCADE;
CREATE TABLE src (
  id int PRIMARY KEY, x int, y int, twice int GENERATED ALWAYS AS (x * 2) STORED);
CREATE VIEW old_view AS SELECT id, x FROM src;
CREATE VIEW older_view AS SELECT id AS key FROM old_view;
CREATE FUNCTION old_sum() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(y) FROM src; END;
CREATE FUNCTION by_row(src) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE ref (id int REFERENCES src (id), n int);
CREATE TABLE guarded (id int);
CREATE POLICY only_known ON guarded USING (id IN (SELECT id FROM src));
CREATE TABLE child () INHERITS (src);
CREATE EXTENSION pg_lineage;
\pset format unaligned
\pset tuples_only on
\pset null '-'
\set names 'concat_ws(\' \', object_type, object_name, column_name, reason)'
\set order ' ORDER BY depth, ' :names ' COLLATE "C";'
-- the catalog alone
SELECT depth, object_type, object_name, column_name, type, reason
FROM lineage.impact('imp_t.src') :order
-- of one column
SELECT depth, object_type, object_name, column_name, type, reason, path
FROM lineage.impact('src'::regclass, 'x') :order
SELECT depth, object_type, object_name, column_name, type, reason
FROM lineage.impact('src'::regclass, 'y') :order
-- with what ran
CREATE TABLE stage (id int, x int);
CREATE TABLE mart (total bigint);
CREATE TABLE noted (id int);
CREATE MATERIALIZED VIEW top AS SELECT max(total) AS best FROM mart;
CREATE PROCEDURE load_src() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO src (id, x, y) SELECT id, n, n FROM ref;
END $$;
CREATE PROCEDURE load_stage(low int) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stage SELECT key, 1 FROM older_view WHERE key > low;
END $$;
CREATE PROCEDURE load_mart() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO mart SELECT sum(x) FROM stage;
END $$;
CREATE PROCEDURE nightly() LANGUAGE plpgsql AS $$
BEGIN
  CALL load_src();
  CALL load_stage(1);
  CALL load_mart();
END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO noted VALUES (NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER note AFTER INSERT ON stage FOR EACH ROW EXECUTE FUNCTION note();
INSERT INTO src VALUES (5, 1, 1);
CALL nightly();
INSERT INTO stage VALUES (1, 2);
REFRESH MATERIALIZED VIEW top;
SELECT depth, object_type, object_name, column_name, type, reason
FROM lineage.impact('imp_t.stage', 'x') :order
SELECT depth, object_type, object_name, column_name, type, reason
FROM lineage.impact('imp_t.stage') :order
SELECT depth, object_name, column_name, reason, path
FROM lineage.impact('imp_t.src') WHERE object_name ~ 'nightly|load_|noted|stage' :order
-- a reader sees what he may SELECT; nothing known, nothing asked
CREATE ROLE regress_lineage_judge;
GRANT USAGE ON SCHEMA imp_t TO regress_lineage_judge;
GRANT SELECT ON src, ref TO regress_lineage_judge;
SELECT lineage.grant_reader('regress_lineage_judge');
SET ROLE regress_lineage_judge;
SELECT depth, object_type, object_name, column_name, reason
FROM lineage.impact('imp_t.src', 'x') :order
SELECT count(*) FROM lineage.impact('imp_t.stage');
RESET ROLE;
SELECT count(*) FROM lineage.impact('imp_t.no_such_table');
SELECT count(*) FROM lineage.impact('imp_t.src', 'no_such_column');
SELECT count(*) FROM lineage.impact(NULL::regclass);
DROP SCHEMA imp_t CASCADE;
DROP OWNED BY regress_lineage_judge;
DROP ROLE regress_lineage_judge;
