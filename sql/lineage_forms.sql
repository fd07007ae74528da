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
-- what a BEFORE trigger puts into NEW reaches the columns that are computed from it
CREATE TABLE fired (id int, v text, w text, vw text GENERATED ALWAYS AS (v || w) STORED);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.w := (SELECT y FROM s2 LIMIT 1); RETURN NEW; END $$;
CREATE TRIGGER fire BEFORE INSERT ON fired FOR EACH ROW EXECUTE FUNCTION fire();
INSERT INTO fired (id, v) SELECT id, b FROM s;
:show 'fired.%' ORDER BY line COLLATE "C";
-- a DELETE decides about what its triggers write, at top level too
CREATE TABLE gone (id int, v text);
CREATE FUNCTION note_gone() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO gone VALUES (OLD.id, OLD.w); RETURN OLD; END $$;
CREATE TRIGGER note_gone BEFORE DELETE ON fired FOR EACH ROW EXECUTE FUNCTION note_gone();
DELETE FROM fired USING s2 WHERE fired.id = s2.id AND fired.v <> '';
:show 'gone.%' ORDER BY line COLLATE "C";
-- what chooses between the arms decides about the rows that RETURNING gives
CREATE TABLE returned (id int);
WITH r AS (INSERT INTO gen AS g (id, a) SELECT id, x FROM s2 ON CONFLICT (id) DO UPDATE
             SET a = EXCLUDED.a WHERE g.z > 1 RETURNING g.id)
INSERT INTO returned SELECT id FROM r;
:show 'returned.%' ORDER BY line COLLATE "C";
-- functions in C that run queries are made of what these give
CREATE TABLE words (word text, n int);
INSERT INTO words SELECT word, nentry FROM ts_stat('SELECT to_tsvector(b) FROM s WHERE a > 0');
:show 'words.%' ORDER BY line COLLATE "C";
CREATE TABLE asxml (doc xml);
INSERT INTO asxml SELECT query_to_xml('SELECT x, y FROM s2', false, false, '');
:show 'asxml.%' ORDER BY line COLLATE "C";
-- a held cursor keeps what its rows were made of, unless it goes with its transaction
CREATE TABLE fetched (id int, v text);
CREATE PROCEDURE fetch_one(c refcursor) LANGUAGE plpgsql AS $$
DECLARE i int; v text;
BEGIN FETCH c INTO i, v; INSERT INTO fetched VALUES (i, v); END $$;
BEGIN;
DECLARE kept CURSOR WITH HOLD FOR SELECT id, upper(b) FROM s WHERE a > 0;
COMMIT;
CALL fetch_one('kept');
:show 'fetched.%' ORDER BY line COLLATE "C";
CLOSE kept;
-- an index is also what its expressions and its predicate look at
CREATE TABLE part (k int, v text, act bool, n int);
CREATE UNIQUE INDEX ON part (k) WHERE act;
INSERT INTO part SELECT id, b, a > 0, a FROM s
  ON CONFLICT (k) WHERE act DO UPDATE SET v = EXCLUDED.v;
:show 'part.%' ORDER BY line COLLATE "C";
CREATE TABLE expr (k text, v text, act bool, n int);
CREATE UNIQUE INDEX ON expr (lower(k)) INCLUDE (n) WHERE act;
INSERT INTO expr SELECT b, b, d > '2024-01-01', a FROM s ON CONFLICT DO NOTHING;
:show 'expr.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_f CASCADE;
