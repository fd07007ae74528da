-- What of a statement's text may leave the server: lineage._scrub() is the scrubber itself.
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
\pset null '(no text)'

-- every kind of literal, and what is none
SELECT lineage._scrub($$INSERT INTO t VALUES ('a', 'it''s', $q$dollar$q$, $$ || '$$money$$' || $$,
  1, -2.5e7, .5, B'01', X'1F', E'a\'b\n', U&'\0041', N'nat', NULL, true)$$);
SELECT lineage._scrub('SELECT ''one''
  ''still one'', ''two'' ''three''');
SELECT lineage._scrub('SELECT $2, ''x'', $1, 7');
SELECT lineage._scrub('SELECT a::varchar(10), b[1:2], interval ''1 day'', date''2020-01-01''+1');
SELECT lineage._scrub('SELECT a>-1, a - -1, a@-1, 1 AS one, ''x''AS x, x IN(1,2)');

-- names stay, also those that look like secrets
SELECT lineage._scrub('SELECT "hunter2 secret", U&"\0041b", password, "a""b", ärger FROM s."T x"');

-- comments and white space
SELECT lineage._scrub($$  /* top secret */ SELECT/* a /* nested 'b */ c */a -- end secret
	,	b
  FROM t -- 'secret$$);
SELECT lineage._scrub('SELECT 1 -/**/- 2');

-- one statement, by location and length; never a neighbour
SELECT lineage._scrub(s, 0, 8), lineage._scrub(s, 9, 33), lineage._scrub(s, 43, 0)
FROM (VALUES ('SELECT 1; CREATE ROLE r PASSWORD ''hunter2''; INSERT INTO t VALUES (2);')) v(s);
SELECT lineage._scrub('SELECT 1; SELECT 2');
SELECT lineage._scrub('SELECT 1 ; ; '), lineage._scrub(';'), lineage._scrub('');
-- a location inside a literal, or one that is not in the text
SELECT lineage._scrub('SELECT ''please SELECT hunter2 FROM x''', 15, 0);
SELECT lineage._scrub('SELECT ''please SELECT hunter2 FROM x''', 15, 10);
SELECT lineage._scrub('SELECT 1', 9, 0), lineage._scrub('SELECT 1', 0, 9),
       lineage._scrub('SELECT 1', 2147483647, 2147483647);

-- utility statements keep their tag
SELECT s, lineage._scrub(s), lineage._scrub(s, -1, 0, 'full') FROM unnest(ARRAY[
  $$CREATE ROLE r LOGIN PASSWORD 'hunter2'$$,
  $$ALTER USER r PASSWORD 'hunter2'$$,
  $$CREATE USER MAPPING FOR r SERVER s OPTIONS (user 'u', password 'hunter2')$$,
  $$ALTER USER MAPPING FOR r SERVER s OPTIONS (SET password 'hunter2')$$,
  $$CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (host 'hunter2')$$,
  $$CREATE SUBSCRIPTION s CONNECTION 'password=hunter2' PUBLICATION p$$,
  $$ALTER SYSTEM SET primary_conninfo = 'password=hunter2'$$,
  $$SET my.secret = 'hunter2'$$, $$SET my.secret TO hunter2$$,
  $$CALL p('hunter2')$$, 'DO $b$BEGIN PERFORM ''hunter2''; END$b$', $$EXECUTE p('hunter2')$$,
  $$NOTIFY c, 'hunter2'$$, $$COMMENT ON TABLE t IS 'hunter2'$$, $$PREPARE TRANSACTION 'hunter2'$$,
  $$SECURITY LABEL ON TABLE t IS 'hunter2'$$, $$CREATE TABLE t (a text DEFAULT 'hunter2')$$,
  $$CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 4711; SELECT 4712; END$$,
  $$EXPLAIN ANALYZE EXECUTE p('hunter2')$$, $$CREATE DATABASE hunter2$$]) s;

-- those that move data or define it by a query are kept
SELECT lineage._scrub(s) FROM unnest(ARRAY[
  'CREATE TABLE t AS SELECT 4711 AS n', 'CREATE TEMP TABLE IF NOT EXISTS t(a) AS VALUES (''x'')',
  'CREATE UNLOGGED TABLE t WITH (fillfactor = 70) AS EXECUTE p(''x'') WITH NO DATA',
  'SELECT 4711 AS n INTO t', 'CREATE OR REPLACE VIEW v AS SELECT ''x''::text AS x',
  'CREATE RECURSIVE VIEW v(n) AS SELECT 1', 'CREATE MATERIALIZED VIEW v AS TABLE t',
  'REFRESH MATERIALIZED VIEW CONCURRENTLY v WITH DATA', 'TRUNCATE a, b CASCADE',
  'EXPLAIN (ANALYZE, FORMAT json) INSERT INTO t SELECT ''x''', 'EXPLAIN (SELECT 1)',
  'PREPARE p(int) AS INSERT INTO t VALUES ($1, 5)', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
  '(SELECT 1) UNION ((SELECT 2))', 'WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a',
  'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = ''x''']) s;
SELECT lineage._scrub(s) FROM unnest(ARRAY[
  'COPY t (a, b) FROM ''/etc/hunter2'' WITH (FORMAT csv, NULL ''hunter2'') WHERE a <> ''hunter2''',
  'COPY t FROM PROGRAM ''curl -u hunter2''', 'COPY t FROM STDIN DELIMITER ''|''',
  'COPY (SELECT a, ''hunter2'' FROM t) TO STDOUT CSV', 'COPY (SELECT 5) TO PROGRAM ''hunter2''',
  'COPY BINARY t TO ''/hunter2''']) s;
SELECT lineage._scrub('COPY t FROM ''/hunter2''', -1, 0, 'full');

-- the modes
SELECT lineage._scrub('/* c */ SELECT  ''x'' ; ', -1, 0, 'full'),
       lineage._scrub('SELECT ''x''', -1, 0, 'none');
SELECT lineage._scrub('SELECT 1', -1, 0, 'all');

-- of a leading dbt comment node_id and invocation_id are kept
SELECT lineage._scrub(s) FROM unnest(ARRAY[
  '/* {"app": "dbt", "dbt_version": "1.9", "profile_name": "hunter2", "target_name": "p",
       "node_id": "model.shop.orders", "invocation_id" : "3f1c-22"} */ SELECT 1',
  '/* {"app": "dbt", "node_id": "model.shop.orders"} */
   create table "x" as ( select ''hunter2'' as a )',
  '/* {"app": "other", "node_id": "hunter2"} */ SELECT 1',
  '/* {"app": "dbt", "node_id": "hunter2 x"} */ SELECT 1',
  '/* {"app": "dbt", "a": "\"node_id\": \"hunter2\""} */ SELECT 1',
  'SELECT 1 /* {"app": "dbt", "node_id": "model.shop.orders"} */']) s;

-- in doubt no text: unterminated, no statement, too many parameters, too long
SELECT lineage._scrub(s) FROM unnest(ARRAY[
  'SELECT ''hunter2', 'SELECT "hunter2', 'SELECT /* hunter2', 'SELECT $x$ hunter2',
  'SELECT E''\xC3''', 'hunter2', 'a := b || ''hunter2''', 'current_date + hunter2', '((1))',
  'SELECT $99999999', 'SELECT 1; DROP', 'CREATE hunter2', 'SELECT \']) s;
SELECT lineage._scrub('SELECT ' || repeat('''hunter2'', ', 120000) || '1');
SELECT length(t) < 33000 AS cut, right(t, 20) AS ends
FROM lineage._scrub('SELECT ' || repeat('1, ', 20000) || '1') t;

-- what a backslash means hangs on a setting, which may have changed: where it decides, no text
SELECT lineage._scrub('SELECT ''a\'', ''hunter2 \''');
SELECT lineage._scrub('SELECT ''a\'' || ''hunter2'' --'''), lineage._scrub('SELECT ''C:\temp'', 1');
SET standard_conforming_strings = off;
SET escape_string_warning = on;
SELECT lineage._scrub(E'SELECT \'a\\\' || \'hunter2\' --\'');
SELECT lineage._scrub(E'SELECT \'C:\\temp\', E\'\\\'\', U&\'\\0041\'');
RESET standard_conforming_strings;
-- nothing is said twice: a long name is cut with a NOTICE by the parser, not by us
SELECT lineage._scrub('SELECT 1 AS ' || repeat('x', 70));
-- the caller's failures do not hide behind it
SELECT lineage._scrub(NULL);

-- nobody but those who are told may call it
SELECT has_function_privilege('public', 'lineage._scrub(text, integer, integer, text)', 'EXECUTE');
