-- Single statements, further forms: set operations, table functions, generated columns, checks.
\set schema lin_f
\i sql/include/shown.sql
-- all but UNION ALL compares rows: every column decides
CREATE TABLE u1 (p int, q text);
INSERT INTO u1 SELECT a, b FROM s UNION ALL SELECT x, y FROM s2;
:show 'u1.%' ORDER BY line COLLATE "C";
CREATE TABLE u2 (p int, q text);
INSERT INTO u2 SELECT a, b FROM s UNION SELECT x, y FROM s2;
:show 'u2.%' ORDER BY line COLLATE "C";
CREATE TABLE u3 (p int);
INSERT INTO u3 SELECT id FROM s UNION ALL (SELECT a FROM s INTERSECT ALL SELECT x FROM s2);
:show 'u3.%' ORDER BY line COLLATE "C";
-- XMLTABLE: paths and defaults of a column belong to that column alone
CREATE TABLE doc (id int, doc xml, path text, other text);
CREATE TABLE xt (n text, m text, o int);
INSERT INTO xt SELECT x.n, x.m, x.o FROM doc, XMLTABLE('/r/i' PASSING doc.doc COLUMNS
  n text PATH doc.path DEFAULT doc.other, m text PATH 'm', o FOR ORDINALITY) x;
:show 'xt.%' ORDER BY line COLLATE "C";
-- a changed row computes its generated columns from what it keeps as well
CREATE TABLE gen (id int PRIMARY KEY, a int, z int, n text,
                  az int GENERATED ALWAYS AS (a * z) STORED,
                  up text GENERATED ALWAYS AS (upper(n)) STORED);
UPDATE gen SET a = s.a FROM s;
:show 'gen.%' ORDER BY line COLLATE "C";
CREATE TABLE gen2 (LIKE gen INCLUDING ALL);
INSERT INTO gen2 AS g (id, z) SELECT id, x FROM s2
  ON CONFLICT (id) DO UPDATE SET z = EXCLUDED.z, n = g.n;
:show 'gen2.%' ORDER BY line COLLATE "C";
-- check options look at the new row
CREATE TABLE own (k int);
CREATE TABLE kept (id int, p int, q int);
CREATE VIEW through AS SELECT id, p, q FROM kept WHERE p + q > 0 WITH CHECK OPTION;
INSERT INTO through (id, p) SELECT id, a FROM s WHERE false;
UPDATE through SET p = s2.x FROM s2;
:show 'kept.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_f CASCADE;
