-- What routines called in the recursive part of WITH RECURSIVE are given: more from round to round.
\set schema rcs
\ir sql/include/shown.sql
CREATE FUNCTION second(a int, b int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN b; END';
CREATE FUNCTION more(a int) RETURNS int LANGUAGE plpgsql STRICT AS
  'BEGIN RETURN a + (SELECT max(x) FROM rcs.s2); END';
-- the second round gives what the first had elsewhere
CREATE TABLE swapped (v1 int, v2 int);
INSERT INTO swapped WITH RECURSIVE r(n, v1, v2) AS (
  SELECT 1, id, a FROM s UNION SELECT n + 1, second(1, v2), v1 FROM r WHERE n < 4)
  SELECT v1, v2 FROM r;
:show 'swapped.v% IDENTITY %' ORDER BY line COLLATE "C";
-- a call is given what it gave itself
CREATE TABLE own (v int);
INSERT INTO own WITH RECURSIVE r(n, v) AS (
  SELECT 1, id FROM s UNION SELECT n + 1, more(more(v)) FROM r WHERE n < 4) SELECT v FROM r;
:show 'own.v %' ORDER BY line COLLATE "C";
-- what the routine writes itself
CREATE TABLE kept (v int);
CREATE FUNCTION keep(a int) RETURNS int LANGUAGE plpgsql AS
  'BEGIN INSERT INTO rcs.kept VALUES (a); RETURN a; END';
CREATE TABLE passed (v int);
INSERT INTO passed WITH RECURSIVE r(n, v, w) AS (
  SELECT 1, id, a FROM s UNION SELECT n + 1, keep(w), v FROM r WHERE n < 4) SELECT v FROM r;
:show 'kept.v %' ORDER BY line COLLATE "C";
:show 'passed.v %' ORDER BY line COLLATE "C";
-- the fields of a row
CREATE TYPE two AS (p int, q int);
CREATE FUNCTION turn(t two) RETURNS two LANGUAGE plpgsql AS
  'BEGIN RETURN ROW(t.q, t.p)::rcs.two; END';
CREATE TABLE turned (p int, q int);
INSERT INTO turned WITH RECURSIVE r(n, v) AS (
  SELECT 1, ROW(id, a)::two FROM s UNION SELECT n + 1, turn(v) FROM r WHERE n < 4)
  SELECT (v).p, (v).q FROM r;
:show 'turned._ % TRANSFORMATION %' ORDER BY line COLLATE "C";
-- calls that lead to each other and were never made: each is asked once on the way
CREATE TABLE never (v int, w int);
INSERT INTO never WITH RECURSIVE r(n, v, w) AS (
  SELECT 1, id, a FROM s UNION SELECT n + 1, more(w), second(v, more(v)) FROM r WHERE n < 0)
  SELECT v, w FROM r;
:show 'never.v % TRANSFORMATION %' ORDER BY line COLLATE "C";
-- the same as bodies declare it
CREATE TABLE said (v int);
CREATE FUNCTION says() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO rcs.said WITH RECURSIVE r(n, v, w) AS (
    SELECT 1, 1, id FROM rcs.s UNION SELECT n + 1, rcs.more(w), v FROM r WHERE n < 4)
    SELECT v FROM r;
END $$;
SELECT lineage.snapshot_schema('rcs') > 0;
:show 'said.v %' ORDER BY line COLLATE "C";
DROP SCHEMA rcs CASCADE;
