-- What routines in SQL would write is declared from their bodies, which are not run.
\set schema decl_s
\i sql/include/begin.sql
CREATE TABLE a (x int, y text);
CREATE TABLE b (x int, y text);
CREATE TABLE c (n int);
CREATE TABLE canary (n int);
\set show 'SELECT line FROM (SELECT concat_ws('' '', source_table || ''.'' || source_column,'
\set show :show ' ''->'', target_table || coalesce(''.'' || target_column, ''''), subtype,'
\set show :show ' operation, origin, call_path) AS line FROM lineage.column_lineage'
\set show :show ' WHERE target_table LIKE ''decl\\_s.%'') x ORDER BY line COLLATE "C";'
CREATE FUNCTION never() RETURNS int LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO canary VALUES (1); RAISE EXCEPTION 'executed'; END $$;
-- quoted and stored bodies; arguments are followed into what is called
CREATE FUNCTION quoted(k int) RETURNS int LANGUAGE sql AS
  'INSERT INTO b SELECT x + k + never(), y FROM a; INSERT INTO c VALUES (k); SELECT x FROM a';
CREATE PROCEDURE stored() BEGIN ATOMIC
  INSERT INTO b (x) SELECT x FROM a WHERE y = 'z';
END;
CREATE FUNCTION caller() RETURNS void LANGUAGE sql AS
  'INSERT INTO b (x) VALUES (quoted((SELECT max(x) FROM a)))';
CREATE PROCEDURE takes(t text) LANGUAGE sql AS 'INSERT INTO b (y) VALUES (t)';
CREATE PROCEDURE calls(t text) LANGUAGE sql AS 'CALL stored(); CALL takes(t || ''!'')';
SET check_function_bodies = off;
CREATE FUNCTION poly(q anyelement) RETURNS anyelement LANGUAGE sql AS
  'INSERT INTO c SELECT x FROM a; SELECT q';
CREATE FUNCTION rec(n int) RETURNS int LANGUAGE sql AS
  'INSERT INTO c SELECT x FROM a WHERE x > rec(n - 1); SELECT n';
RESET check_function_bodies;
CREATE FUNCTION "has path"() RETURNS void LANGUAGE sql SET search_path = decl_s AS
  'INSERT INTO c SELECT x FROM a';
SELECT lineage.snapshot_schema('decl_s');
:show
SELECT count(*) FROM canary;

-- what cannot be read is counted by its reason, the rest of the body is read
SELECT unanalysed_missing AS missing, unanalysed_locked AS locked, unanalysed_error AS error,
       degraded_unanalysed AS all FROM lineage.health \gset
CREATE TABLE gone (n int);
CREATE FUNCTION part() RETURNS void LANGUAGE sql AS
  'INSERT INTO c SELECT n FROM gone; INSERT INTO gone SELECT x FROM a;
   INSERT INTO c SELECT 1 + x FROM a';
DROP TABLE gone;
SELECT lineage.snapshot_schema('decl_s');
SELECT unanalysed_missing - :missing, unanalysed_locked - :locked, unanalysed_error - :error,
       degraded_unanalysed - :all FROM lineage.health;
SELECT source_column, target_column, subtype FROM lineage.column_lineage
WHERE routine = 'decl_s.part()';

-- an edge that ran is observed
SELECT "has path"();
SELECT origin, call_path FROM lineage.column_lineage
WHERE target_table = 'decl_s.c' AND subtype = 'IDENTITY' AND source_table = 'decl_s.a';

-- definitions take what routines return, call by call
CREATE FUNCTION plus(k int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT x + k FROM a; END;
CREATE VIEW two AS SELECT plus(n) AS one, plus(8) AS other FROM c;
SELECT source_table, source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'decl_s.two' AND type = 'DIRECT' ORDER BY 1, 2, 3;
-- a quoted body is read in the path of the session, also when a view is made over it
CREATE FUNCTION everything() RETURNS SETOF a LANGUAGE sql AS 'SELECT * FROM a';
CREATE VIEW over AS SELECT y FROM everything();
SELECT source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'decl_s.over' AND type = 'DIRECT';
-- columns behind a dropped one
ALTER TABLE a ADD COLUMN z int;
ALTER TABLE a DROP COLUMN y CASCADE;
CREATE OR REPLACE FUNCTION everything() RETURNS SETOF a LANGUAGE sql AS 'SELECT * FROM a';
CREATE VIEW behind AS SELECT z FROM everything();
SELECT source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'decl_s.behind' AND type = 'DIRECT';
-- calls in a stored body are told apart by place
CREATE FUNCTION log(k int) RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO c VALUES (k); RETURN k; END $$;
CREATE TABLE pair (l int, r int);
CREATE PROCEDURE twice() BEGIN ATOMIC INSERT INTO pair SELECT log(x), log(z) FROM a; END;
INSERT INTO a VALUES (1, 2);
CALL twice();
SELECT source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'decl_s.pair' AND type = 'DIRECT' ORDER BY 1, 2;
DROP SCHEMA decl_s CASCADE;
