-- What flows through tables of which one is below the other, where temporary ones are among them.
\set schema kin
\ir sql/include/shown.sql
CREATE TABLE parent (gone int, id int, v text, n int);
ALTER TABLE parent DROP COLUMN gone;
CREATE TEMP TABLE child (twice int GENERATED ALWAYS AS (n * 2) STORED) INHERITS (parent);
INSERT INTO child (id) VALUES (1);
-- UPDATE of the parent changes the child's rows, and what it reads of them is theirs
UPDATE parent SET v = s.b FROM s WHERE s.id = parent.id;
CREATE TABLE by_parent AS SELECT v FROM child;
:show 'by_parent.%' ORDER BY line COLLATE "C";
INSERT INTO child (id, v) SELECT id, y FROM s2;
UPDATE parent SET n = length(v);
CREATE TABLE from_itself AS SELECT n, twice FROM child;
:show 'from_itself.%' ORDER BY line COLLATE "C";
:show 'parent.%' ORDER BY line COLLATE "C";
-- … in a WITH, with a sub-query that looks at the row, and as a whole row
TRUNCATE child;
INSERT INTO child (id, n) SELECT id, a FROM s;
WITH changed AS (UPDATE parent SET v = (SELECT max(y) FROM s2 WHERE x = parent.n) RETURNING v)
SELECT count(*) FROM changed;
CREATE TABLE looked_up AS SELECT v FROM child;
:show 'looked_up.%' ORDER BY line COLLATE "C";
TRUNCATE child;
INSERT INTO child (id, n) SELECT id, a FROM s;
UPDATE parent SET v = parent::text;
CREATE TABLE by_whole AS SELECT v FROM child;
:show 'by_whole.%' ORDER BY line COLLATE "C";
-- MERGE: what it inserts goes to the parent alone
TRUNCATE child;
MERGE INTO parent USING s2 ON s2.id = parent.id
  WHEN MATCHED THEN UPDATE SET n = s2.x
  WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s2.id, s2.y);
CREATE TABLE by_merge AS SELECT n, v FROM child;
:show 'by_merge.%' ORDER BY line COLLATE "C";
-- ONLY leaves the child out
TRUNCATE child;
UPDATE ONLY parent SET v = (SELECT min(b) FROM s);
CREATE TABLE untouched AS SELECT v FROM child;
:show 'untouched.%' ORDER BY line COLLATE "C";
INSERT INTO child (v) SELECT y FROM s2;
CREATE TABLE by_only AS SELECT v FROM ONLY parent;
:show 'by_only.%' ORDER BY line COLLATE "C";
-- both are temporary, and the child came later than the plan
CREATE TEMP TABLE upper (v text);
PREPARE change AS UPDATE upper SET v = (SELECT max(b) FROM s);
EXECUTE change;
CREATE TEMP TABLE lower () INHERITS (upper);
EXECUTE change;
CREATE TABLE by_upper AS SELECT v FROM lower;
:show 'by_upper.%' ORDER BY line COLLATE "C";
-- a savepoint takes back what the child was given
TRUNCATE child;
BEGIN;
SAVEPOINT here;
UPDATE parent SET v = (SELECT max(b) FROM s);
ROLLBACK TO here;
CREATE TABLE taken_back AS SELECT v FROM child;
COMMIT;
:show 'taken_back.%' ORDER BY line COLLATE "C";
-- a row goes to another partition with all that it has, when what says to which is changed
CREATE TEMP TABLE root (v text, k int, w text) PARTITION BY LIST (k);
CREATE TEMP TABLE one PARTITION OF root FOR VALUES IN (1);
CREATE TEMP TABLE two (k int, w text, v text);
ALTER TABLE root ATTACH PARTITION two FOR VALUES IN (2);
INSERT INTO one SELECT b, 1, b FROM s;
UPDATE root SET w = md5(w);
CREATE TABLE by_stay AS SELECT v, w FROM two;
:show 'by_stay.%' ORDER BY line COLLATE "C";
UPDATE root SET k = s2.id, w = s2.y FROM s2 WHERE s2.id = 2;
CREATE TABLE by_move AS SELECT v, w FROM two;
:show 'by_move.%' ORDER BY line COLLATE "C";
DELETE FROM root;
INSERT INTO two (k, v) SELECT 2, b FROM s;
MERGE INTO root USING s2 ON s2.id = root.k WHEN MATCHED AND s2.z > 0 THEN UPDATE SET k = 1
  WHEN MATCHED THEN UPDATE SET w = s2.y;
CREATE TABLE by_merged_move AS SELECT v, w FROM one;
:show 'by_merged%' ORDER BY line COLLATE "C";
DROP TABLE root;
-- the whole row that was to be inserted is all that was put into it
CREATE TABLE keyed (k int PRIMARY KEY, v text, was text);
INSERT INTO keyed SELECT id, b FROM s ON CONFLICT (k) DO UPDATE SET was = excluded::text;
:show 'keyed.was%' ORDER BY line COLLATE "C";
DROP TABLE child, upper CASCADE;
DROP SCHEMA kin CASCADE;
