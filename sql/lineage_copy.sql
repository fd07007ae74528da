-- COPY: the file's columns, defaults, generated columns, conditions, triggers.
\set schema lin_y
\i sql/include/shown.sql
SELECT current_setting('data_directory') AS dir \gset
\set file :dir '/pg_lineage_copy.csv'
\set shown 'SELECT replace(line, :\'dir\', \'\') AS line FROM shown WHERE line LIKE '
-- a query, a table, a list of columns; generated columns are in no file
CREATE TABLE gen (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text);
COPY (SELECT a + 1 AS n, b AS m FROM s WHERE c > 0) TO :'file';
COPY s (b, a) TO :'file';
COPY gen TO :'file';
:shown '%<- s.%' ORDER BY line COLLATE "C";
:shown '%<- gen.%' ORDER BY line COLLATE "C";
COPY (SELECT a, b FROM s) TO :'file';
COPY gen FROM :'file';
:shown 'gen.%' ORDER BY line COLLATE "C";
-- WHERE decides about the new row, which has defaults too; defaults may read
CREATE TABLE conf (k text, n int);
INSERT INTO conf VALUES ('z', 9);
CREATE FUNCTION by_sql() RETURNS int LANGUAGE sql STABLE AS 'SELECT n FROM conf WHERE k = ''z''';
CREATE FUNCTION by_plpgsql(t text) RETURNS int LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN (SELECT n FROM conf WHERE k = t); END $$;
CREATE TABLE def (p int, q text, r int DEFAULT by_sql(), t int DEFAULT by_plpgsql('z'));
COPY def (p, q) FROM :'file' WHERE p > 0 AND r > 1;
:shown 'def.%' ORDER BY line COLLATE "C";
-- columns in another order than the table's, which has lost one
CREATE TABLE turned (x text, gone int, y int);
ALTER TABLE turned DROP COLUMN gone;
COPY turned (y, x) FROM :'file';
:shown 'turned.%' ORDER BY line COLLATE "C";
-- the same defaults in INSERT, UPDATE and DEFAULT VALUES
CREATE TABLE def2 (LIKE def INCLUDING DEFAULTS);
INSERT INTO def2 (p) SELECT a FROM s;
:show 'def2.%' ORDER BY line COLLATE "C";
CREATE TABLE def3 (LIKE def INCLUDING DEFAULTS);
INSERT INTO def3 DEFAULT VALUES;
UPDATE def3 SET r = DEFAULT;
:show 'def3.%' ORDER BY line COLLATE "C";
-- row triggers see rows of the table that the statement names, routed or not
CREATE TABLE log (id int, what text);
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO log VALUES (NEW.id, NEW.v); RETURN NEW; END $$;
CREATE FUNCTION looked_up() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.w := (SELECT y FROM s2 WHERE id = NEW.id); RETURN NEW; END $$;
CREATE TABLE root (id int, v text, w text) PARTITION BY LIST (id);
CREATE TABLE leaf PARTITION OF root FOR VALUES IN (2, 3);
CREATE TRIGGER before_row BEFORE INSERT ON root FOR EACH ROW EXECUTE FUNCTION looked_up();
CREATE TRIGGER after_row AFTER INSERT ON root FOR EACH ROW EXECUTE FUNCTION logged();
COPY root (id, v) FROM :'file' WHERE v <> '';
:shown 'root.%' ORDER BY line COLLATE "C";
:shown 'log.%' ORDER BY line COLLATE "C";
-- a view takes rows by its INSTEAD OF trigger; a temporary table passes on what it was given
CREATE TABLE stored (id int, v text);
CREATE VIEW way_in AS SELECT id AS vid, v AS vv FROM stored;
CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO stored VALUES (NEW.vid, NEW.vv); RETURN NEW; END $$;
CREATE TRIGGER put INSTEAD OF INSERT ON way_in FOR EACH ROW EXECUTE FUNCTION put();
COPY way_in FROM :'file';
:shown 'way_in.%<- file%' ORDER BY line COLLATE "C";
:shown 'stored.%' ORDER BY line COLLATE "C";
CREATE TEMP TABLE passing (id int, v text);
COPY passing FROM :'file' WHERE id < 9;
CREATE TABLE passed AS SELECT * FROM passing;
:shown 'passed.%' ORDER BY line COLLATE "C";
-- an ERROR in the user's condition is his alone
\set VERBOSITY sqlstate
COPY passed FROM :'file' WHERE nothing > 1;
\set VERBOSITY default
SELECT errors_swallowed FROM lineage.health;
-- a program's command is not told
COPY passed FROM PROGRAM 'echo secret >/dev/null; printf "7\tx\n"';
:show 'passed.%program%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_y CASCADE;
