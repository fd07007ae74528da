-- UPDATE of all rows of a temporary table: nothing is left of what the columns held.
\set schema rep
\i sql/include/shown.sql
CREATE TEMP TABLE w AS SELECT id, b, d FROM s;
UPDATE w SET b = md5(b);
CREATE TABLE masked AS SELECT id, b, d FROM w;
:show 'masked.%' ORDER BY line COLLATE "C";
UPDATE w SET b = 'none', d = DEFAULT WHERE 1 = 1;
CREATE TABLE blank AS SELECT id, b, d FROM w;
:show 'blank.%' ORDER BY line COLLATE "C";
-- all columns are taken from the row as it was
CREATE TEMP TABLE swapped AS SELECT s.a AS x, s2.x AS y FROM s, s2;
UPDATE swapped SET x = y, y = x WHERE true;
CREATE TABLE by_swap AS SELECT x, y FROM swapped;
:show 'by_swap.%IDENTITY%' ORDER BY line COLLATE "C";
-- a generated column follows, one that is made of other columns does not
CREATE TEMP TABLE made (a int, x int, twice int GENERATED ALWAYS AS (a * 2) STORED,
  plus int GENERATED ALWAYS AS (x + 1) STORED, total int GENERATED ALWAYS AS (a + x) STORED);
INSERT INTO made SELECT s.a, s2.x FROM s, s2;
UPDATE made SET a = 1;
CREATE TABLE by_made AS SELECT a, twice, plus, total FROM made;
:show 'by_made.%' ORDER BY line COLLATE "C";
-- an element of an array replaces no array
CREATE TEMP TABLE elements AS SELECT arr FROM s;
UPDATE elements SET arr[1] = 7;
CREATE TABLE by_element AS SELECT arr FROM elements;
:show 'by_element.%' ORDER BY line COLLATE "C";
-- what is undone replaced nothing
CREATE TEMP TABLE undone AS SELECT b FROM s;
BEGIN;
SAVEPOINT a;
UPDATE undone SET b = 'none';
ROLLBACK TO a;
CREATE TABLE by_undone AS SELECT b FROM undone;
COMMIT;
:show 'by_undone.%' ORDER BY line COLLATE "C";
DO $$ BEGIN
  UPDATE undone SET b = md5(b);
  RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN INSERT INTO by_undone SELECT b || '!' FROM undone;
END $$;
:show 'by_undone.%' ORDER BY line COLLATE "C";
-- not all rows, or somebody looks at them: a condition, FROM, RETURNING, a trigger, a loop
CREATE TEMP TABLE partly AS SELECT id, b AS p, b AS q, b AS r, b AS l FROM s;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := OLD.b; RETURN NEW; END';
CREATE TEMP TABLE guarded AS SELECT b FROM s;
CREATE TRIGGER keep BEFORE UPDATE ON guarded FOR EACH ROW EXECUTE FUNCTION keep();
UPDATE partly SET p = 'x' WHERE id > 1;
UPDATE partly SET q = s2.y FROM s2 WHERE s2.id = partly.id;
UPDATE guarded SET b = 'x';
DO $$ DECLARE v record; BEGIN
  FOR v IN SELECT l FROM partly LOOP
    UPDATE partly SET l = 'x';
    UPDATE s2 SET y = v.l WHERE false;
  END LOOP;
END $$;
CREATE TABLE by_some AS SELECT partly.p, partly.q, guarded.b FROM partly, guarded;
:show 'by_some.%IDENTITY%' ORDER BY line COLLATE "C";
:show 's2.y <- s.%' ORDER BY line COLLATE "C";
-- rows of the tables below, too; ONLY leaves them
CREATE TEMP TABLE above (x text);
CREATE TEMP TABLE below () INHERITS (above);
INSERT INTO above SELECT b FROM s;
INSERT INTO below SELECT y FROM s2;
UPDATE ONLY above SET x = upper(x);
CREATE TABLE by_only AS SELECT x FROM below;
UPDATE above SET x = md5(x);
CREATE TABLE by_all AS SELECT x FROM above;
:show 'by_only.%' ORDER BY line COLLATE "C";
:show 'by_all.%' ORDER BY line COLLATE "C";
-- a trigger of a partition keeps rows that were put into the root
CREATE TEMP TABLE root (k int, x text) PARTITION BY LIST (k);
CREATE TEMP TABLE part PARTITION OF root DEFAULT;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER refuse BEFORE UPDATE ON part FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO root SELECT id, b FROM s;
UPDATE root SET x = 'none';
CREATE TABLE by_refused AS SELECT x FROM root;
:show 'by_refused.%' ORDER BY line COLLATE "C";
-- what a function puts in while the statement runs is not met by it
CREATE TEMP TABLE grown AS SELECT b FROM s;
CREATE FUNCTION grow() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO grown SELECT b FROM s; RETURN 'none'; END $$;
UPDATE grown SET b = grow();
CREATE TABLE by_grown AS SELECT b FROM grown;
:show 'by_grown.%' ORDER BY line COLLATE "C";
-- a table that lasts keeps what it was given
CREATE TABLE lasting AS SELECT b FROM s;
UPDATE lasting SET b = md5(b);
:show 'lasting.%' ORDER BY line COLLATE "C";
DROP TABLE w, swapped, made, elements, undone, partly, guarded, above, below, root, grown;
DROP SCHEMA rep CASCADE;
