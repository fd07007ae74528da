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
-- the whole row that was to be inserted is all that was put into it
CREATE TABLE keyed (k int PRIMARY KEY, v text, was text);
INSERT INTO keyed SELECT id, b FROM s ON CONFLICT (k) DO UPDATE SET was = excluded::text;
:show 'keyed.was%' ORDER BY line COLLATE "C";
DROP TABLE child, upper CASCADE;
DROP SCHEMA kin CASCADE;
