-- Triggers, rules, partitions, temporary tables, utility statements.
\set schema lin_t
\i sql/include/shown.sql

-- NEW and OLD are rows of the
-- trigger's table; conditions of the firing statement hold for the trigger
CREATE TABLE t (id int, x int, y text);
CREATE TABLE audit (id int, was text, became text);
CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO audit VALUES (NEW.id, OLD.y, NEW.y); RETURN NULL; END $$;
CREATE TRIGGER audited AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION audited();
INSERT INTO t SELECT id, a, b FROM s;
UPDATE t SET y = s2.y FROM s2 WHERE s2.id = t.id;
:show 'audit.%' ORDER BY line COLLATE "C";
-- what a BEFORE trigger puts into NEW
CREATE TABLE bt (id int, name text);
CREATE FUNCTION named() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT y INTO NEW.name
  FROM s2 WHERE id = NEW.id; RETURN NEW; END $$;
CREATE TRIGGER named BEFORE INSERT ON bt FOR EACH ROW EXECUTE FUNCTION named();
INSERT INTO bt (id) SELECT id FROM s;
:show 'bt.%' ORDER BY line COLLATE "C";
-- transition tables
CREATE TABLE st (mx int);
CREATE FUNCTION summed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO st SELECT max(x) FROM fresh; RETURN NULL; END $$;
CREATE TRIGGER summed AFTER INSERT ON t REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE
  FUNCTION summed();
INSERT INTO t SELECT id, x, y FROM s2;
:show 'st.%' ORDER BY line COLLATE "C";
SELECT DISTINCT call_path FROM lineage.column_lineage WHERE target_table = 'lin_t.st';
-- INSTEAD OF, and DO ALSO rules
CREATE TABLE base (id int, nm text);
CREATE VIEW iv AS SELECT id, nm FROM base;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO base VALUES (NEW.id, NEW.nm); RETURN NEW; END $$;
CREATE TRIGGER instead INSTEAD OF INSERT ON iv FOR EACH ROW EXECUTE FUNCTION instead();
INSERT INTO iv SELECT id, y FROM s2;
:show 'base.%' ORDER BY line COLLATE "C";
CREATE TABLE ru (a int);
CREATE TABLE ru_log (a int);
CREATE RULE also AS ON INSERT TO ru DO ALSO INSERT INTO ru_log VALUES (NEW.a);
INSERT INTO ru SELECT a FROM s;
:show 'ru%' ORDER BY line COLLATE "C";
-- rows routed through the root belong to the root, also in a trigger on a partition
CREATE TABLE pt (id int, k int, v text) PARTITION BY RANGE (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (100);
CREATE FUNCTION extended() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN NEW.v := NEW.v || (SELECT y FROM s2 WHERE id = 1); RETURN NEW; END $$;
CREATE TRIGGER extended BEFORE INSERT ON pt FOR EACH ROW EXECUTE FUNCTION extended();
INSERT INTO pt SELECT id, a, b FROM s;
:show 'pt%' ORDER BY line COLLATE "C";
-- temporary tables hand on what flowed into them, unless that was undone or is gone
CREATE TEMP TABLE hop (a int, b text) ON COMMIT DELETE ROWS;
BEGIN;
INSERT INTO hop SELECT a, b FROM s WHERE c > 0;
SAVEPOINT x;
INSERT INTO hop SELECT x, y FROM s2;
ROLLBACK TO x;
CREATE TABLE hopped AS SELECT upper(b) AS u, count(*) AS n FROM hop GROUP BY b;
COMMIT;
CREATE TABLE after_commit AS SELECT * FROM hop;
BEGIN;
INSERT INTO hop SELECT x, y FROM s2;
TRUNCATE hop;
CREATE TABLE after_truncate AS SELECT * FROM hop;
COMMIT;
:show 'hopped.%' ORDER BY line COLLATE "C";
:show 'after_%' ORDER BY line COLLATE "C";
SELECT count(*) AS temp_nodes FROM lineage.table_lineage WHERE source_table LIKE 'pg_temp%' OR
  target_table LIKE 'pg_temp%';
-- materialised views, SELECT INTO, EXPLAIN ANALYZE, prepared statements
CREATE MATERIALIZED VIEW mv AS SELECT x, y FROM s2 UNION SELECT a, b FROM s;
CREATE UNIQUE INDEX ON mv (x, y);
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
:show 'mv.%' AND line NOT LIKE '%declared%' ORDER BY line COLLATE "C";
SELECT x INTO into_t FROM s2;
\o /dev/null
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) CREATE TABLE ea AS SELECT y FROM s2;
\o
PREPARE p AS SELECT b FROM s WHERE a > $1;
CREATE TABLE pe AS EXECUTE p(0);
:show 'into_t.%' ORDER BY line COLLATE "C";
:show 'ea.%' ORDER BY line COLLATE "C";
:show 'pe.%' ORDER BY line COLLATE "C";
-- COPY: the other end is an outside dataset; a program's command is not told
COPY (SELECT id, upper(b) AS ub FROM s) TO PROGRAM 'cat > /dev/null # secret';
SELECT source_table, source_column, regexp_replace(target_table, ':.*', ':') AS target,
  target_column, subtype, operation
FROM lineage.column_lineage WHERE source_table = 'lin_t.s' AND operation = 'COPY TO' ORDER BY
  source_column COLLATE "C";
CREATE TABLE cf (a int, b text);
COPY cf (b, a) FROM STDIN;
x	1
\.
:show 'cf.%' ORDER BY line COLLATE "C";
-- rollback of foreign key actions' edges: the server's own queries make none
CREATE TABLE pk (id int PRIMARY KEY, n int);
CREATE TABLE fk (id int REFERENCES pk ON UPDATE CASCADE);
INSERT INTO pk VALUES (1), (2);
INSERT INTO fk VALUES (1);
UPDATE pk SET id = s2.x FROM s2 WHERE s2.id = pk.id;
:show 'fk.%' ORDER BY line COLLATE "C";
:show 'pk.%' ORDER BY line COLLATE "C";
-- an INSERT has no OLD, a DELETE no NEW: declared for a trigger on both, told when each has fired
CREATE TABLE io (n int);
CREATE TABLE io_log (was int, became int);
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO io_log VALUES (OLD.n, NEW.n); RETURN coalesce(NEW, OLD); END $$;
CREATE TRIGGER logged BEFORE INSERT ON io FOR EACH ROW EXECUTE FUNCTION logged();
SELECT lineage.snapshot_schema('lin_t') > 0 AS taken;
:show 'io%' ORDER BY line COLLATE "C";
INSERT INTO io VALUES (1), (2);
:show 'io%' ORDER BY line COLLATE "C";
CREATE TRIGGER logged_too BEFORE DELETE ON io FOR EACH ROW EXECUTE FUNCTION logged();
DELETE FROM io WHERE n = 1;
:show 'io%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_t CASCADE;
