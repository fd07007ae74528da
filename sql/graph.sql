-- upstream() and downstream(): chains, cycles, rows, depth, names.
\set schema graph_t
\i sql/include/begin.sql
\pset null '-'
CREATE TABLE a (id int, x int, flag bool);
CREATE TABLE b (id int, y int);
CREATE TABLE c (id int, z int);
CREATE TABLE "D d" (id int, "W w" int);
CREATE TABLE n (n bigint);
INSERT INTO b SELECT id, x FROM a WHERE flag;
INSERT INTO c SELECT id, y * 2 FROM b;
INSERT INTO "D d" SELECT id, z FROM c;
\set order ' ORDER BY depth, table_name COLLATE "C", column_name COLLATE "C";'
-- a column and all before it, rows included
SELECT * FROM lineage.upstream('graph_t."D d"'::regclass, 'W w') :order
-- a column and all behind it
SELECT * FROM lineage.downstream('graph_t.a', 'x') :order
-- what decides about rows reaches the table, and every column of it from there
SELECT * FROM lineage.downstream('graph_t.a'::regclass, 'flag') :order
-- whole relations, by name and by OID
SELECT depth, table_name, column_name, type FROM lineage.downstream('graph_t.b') :order
SELECT DISTINCT depth, table_name FROM lineage.upstream('c'::regclass) ORDER BY 1;
-- as deep as asked
SELECT depth, table_name, column_name FROM lineage.upstream('graph_t."D d"', 'W w', 1) :order
SELECT count(*) FROM lineage.upstream('graph_t."D d"', 'W w', 0);
-- cycles end
INSERT INTO a (id, x) SELECT id, "W w" FROM "D d";
UPDATE c SET z = z + 1;
SELECT depth, table_name, column_name, type FROM lineage.upstream('graph_t.c', 'z') :order
-- a relation that was only counted
INSERT INTO n SELECT count(*) FROM c;
SELECT depth, table_name, column_name, type FROM lineage.upstream('graph_t.n')
WHERE table_name = 'graph_t.c' :order
-- quoted or not; unknown; nothing
SELECT count(*) FROM lineage.upstream('"graph_t"."c"', 'z', 1);
SELECT count(*) FROM lineage.upstream('graph_t.no_such_table');
SELECT count(*) FROM lineage.upstream('graph_t.c', 'no_such_column', 1);
SELECT count(*) FROM lineage.upstream(NULL::text);
DROP SCHEMA graph_t CASCADE;
