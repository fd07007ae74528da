-- Calls that are made though nobody uses the column that they stand in.
\set schema unu
\i sql/include/shown.sql
CREATE FUNCTION put(place text, i int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I (i int)', place);
  EXECUTE format('INSERT INTO %I VALUES ($1)', place) USING i;
  RETURN i;
END $$;
CREATE FUNCTION sql_put(place text, i int) RETURNS int LANGUAGE sql AS 'SELECT put(place, i)';
CREATE TABLE n (i int);
SELECT count(*) FROM (SELECT put('in_from', x) FROM s2) v;
INSERT INTO n SELECT v.id FROM s JOIN (SELECT id, put('in_join', x) FROM s2) v USING (id);
WITH v AS (SELECT sql_put('in_with', x) FROM s2) SELECT count(*) FROM v;
SELECT count(*) FROM (SELECT put('in_arm', a) FROM s UNION ALL SELECT put('in_other', x) FROM s2) v;
SELECT count(*) FROM s, LATERAL (SELECT put('in_lateral', a)) v;
SELECT count(*) FROM (SELECT (SELECT put('in_sublink', max(x)) FROM s2) FROM s) v;
DO $$
DECLARE counted int;
BEGIN
  PERFORM count(*) FROM (SELECT put('in_perform', x) FROM s2) v;
  WITH v AS (SELECT put('in_into', x) FROM s2) SELECT count(*) INTO counted FROM v;
END $$;
-- what writes in WITH runs though nobody refers to it
WITH v AS (INSERT INTO n SELECT a FROM s RETURNING put('in_returning', i)) SELECT 1;
WITH v AS (DELETE FROM n USING s2 WHERE put('in_delete', s2.x) = n.i) SELECT 1;
:show 'in%' ORDER BY line COLLATE "C";
-- the planner leaves these out; a WITH that nobody refers to is not run
SELECT count(*) FROM (SELECT 1 WHERE EXISTS (SELECT put('never', x) FROM s2)) v;
WITH v AS (SELECT put('never', x) FROM s2) SELECT 1;
SELECT to_regclass('never');
SELECT errors_swallowed FROM lineage.health;
DROP SCHEMA unu CASCADE;
