-- What dblink brings comes from the other database, named by host, port and name, never by more.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
CREATE EXTENSION IF NOT EXISTS dblink;
CREATE SCHEMA dbl;
SET search_path = dbl, public;
\pset format unaligned
\pset tuples_only on
SELECT current_database() AS db, current_setting('port') AS port,
       current_setting('unix_socket_directories') AS dir \gset
\set conn 'dbname=' :db ' host=''' :dir ''' port=' :port ' user=postgres password=canary'
CREATE VIEW shown AS
SELECT concat_ws(' ', replace(target_table, 'dbl.', '') || '.' || coalesce(target_column, '*'),
         '<-', regexp_replace(replace(source_table, current_database(), 'DB'),
                              '%2F[^:]*:' || current_setting('port'), 'HERE'), source_column,
         subtype, origin) AS line
FROM lineage.column_lineage WHERE target_table LIKE 'dbl.%' AND target_table <> 'dbl.shown';
\set show 'SELECT line FROM shown WHERE line LIKE '
CREATE TABLE far (a int, b text);
INSERT INTO far VALUES (1, 'x');
-- a connection string, two calls with columns of their own in one statement
CREATE TABLE by_string (x int, y text, z int);
INSERT INTO by_string
  SELECT t.a, upper(t.b), u.n FROM dblink(:'conn', 'SELECT a, b FROM dbl.far') AS t(a int, b text)
  JOIN dblink(:'conn', 'SELECT 1, a FROM dbl.far') AS u(k int, n int) ON u.k = t.a;
:show 'by_string.%' ORDER BY line COLLATE "C";
SELECT regexp_replace(source_table, '//.*/', '//HERE/') <> source_table, operation
FROM lineage.table_lineage WHERE target_table = 'dbl.by_string';
-- names stand for what they were last connected to; the one without a name, too
CREATE TABLE by_name (x int);
CREATE TABLE by_none (x int);
CREATE TABLE by_cursor (x int);
CREATE TABLE by_result (x int);
SELECT dblink_connect('there', :'conn');
PREPARE copy AS
  INSERT INTO by_name SELECT a FROM dblink('there', 'SELECT a FROM dbl.far') AS t(a int);
EXECUTE copy;
SELECT dblink_connect(:'conn');
INSERT INTO by_none SELECT a FROM dblink('SELECT a FROM dbl.far') AS t(a int);
SELECT dblink_open('there', 'c', 'SELECT a FROM dbl.far');
INSERT INTO by_cursor SELECT a FROM dblink_fetch('there', 'c', 1) AS t(a int);
SELECT dblink_close('there', 'c');
SELECT dblink_send_query('there', 'SELECT a FROM dbl.far');
INSERT INTO by_result SELECT a FROM dblink_get_result('there') AS t(a int);
SELECT count(*) FROM dblink_get_result('there') AS t(a int);
:show 'by_n%' ORDER BY line COLLATE "C";
:show 'by_cursor%' ORDER BY line COLLATE "C";
:show 'by_result%' ORDER BY line COLLATE "C";
-- the prepared statement meets another connection of the name
SELECT dblink_disconnect('there');
SELECT dblink_connect('there', :'conn' || ' application_name=other');
EXECUTE copy;
:show 'by_name%' ORDER BY line COLLATE "C";
-- a routine connects, by a text that it puts together
CREATE TABLE by_routine (x int);
DO $$
BEGIN
  PERFORM dblink_disconnect('there');
  EXECUTE format('SELECT dblink_connect(''there'', %L)', format('dbname=%L host=%L port=%s'
    ' user=postgres', current_database(), current_setting('unix_socket_directories'),
    current_setting('port')));
  INSERT INTO dbl.by_routine SELECT a FROM dblink('there', 'SELECT a FROM dbl.far') AS t(a int);
END $$;
:show 'by_routine%' ORDER BY line COLLATE "C";
-- a foreign server
CREATE SERVER far_server FOREIGN DATA WRAPPER dblink_fdw
  OPTIONS (host :'dir', port :'port', dbname :'db');
CREATE USER MAPPING FOR CURRENT_USER SERVER far_server
  OPTIONS (user 'postgres', password 'canary');
CREATE TABLE by_server (x int);
INSERT INTO by_server SELECT a FROM dblink('far_server', 'SELECT a FROM dbl.far') AS t(a int);
:show 'by_server%' ORDER BY line COLLATE "C";
-- what only the run knows; the text of the query still brings what it is made of
CREATE TABLE by_variable (x int);
DO $$
DECLARE c text := 'there'; r record;
BEGIN
  SELECT * INTO r FROM dblink(c, 'SELECT ' || (SELECT max(a) FROM far)) AS t(a int);
  INSERT INTO by_variable VALUES (r.a);
END $$;
:show 'by_variable%' ORDER BY line COLLATE "C";
-- … which connection it opens, too: no name stands for what it stood for before
CREATE TABLE by_opened (x int);
SELECT dblink_disconnect('there');
SELECT dblink_connect(lower('THERE'), :'conn');
INSERT INTO by_opened SELECT a FROM dblink('there', 'SELECT a FROM dbl.far') AS t(a int);
:show 'by_opened%' ORDER BY line COLLATE "C";
-- a function of dblink's under another name, that knows the row it gives
CREATE TABLE by_type (x int, y text);
CREATE FUNCTION fetch_far(text, text) RETURNS SETOF far LANGUAGE c
  AS '$libdir/dblink', 'dblink_record';
INSERT INTO by_type SELECT * FROM fetch_far(:'conn', 'SELECT a, b FROM dbl.far') AS t(c, d);
:show 'by_type%' ORDER BY line COLLATE "C";
-- a view declares, and is not run: every form of a connection string. What is not known is not the
-- connection without a name, which is open
CREATE VIEW uri AS SELECT a FROM
  dblink('postgresql://me:canary%40@h.example:7777,other/my%20db?sslmode=require', 'q') AS t(a int);
CREATE VIEW address AS SELECT a FROM dblink('postgres://[::1]/d?password=canary', 'q') AS t(a int);
CREATE VIEW quoted AS SELECT a FROM
  dblink('host = db.example port=6543 password=''can ary\'' x'' dbname=''it''', 'q') AS t(a int);
CREATE VIEW service AS SELECT a FROM dblink('service=s dbname=d', 'q') AS t(a int);
CREATE VIEW odd AS SELECT a FROM dblink('postgresql://u:can/ary@h/d', 'q') AS t(a int);
CREATE VIEW odder AS SELECT a FROM dblink('host=h dbname=postgres://u:canary@h/d', 'q') AS t(a int);
CREATE VIEW oddest AS SELECT a FROM dblink('password=canary ''host', 'q') AS t(a int);
CREATE VIEW nobody AS SELECT a FROM dblink('nobody', 'q') AS t(a int);
SELECT line FROM shown WHERE line LIKE '% declared' ORDER BY line COLLATE "C";
SELECT count(*) FROM lineage._node n WHERE n::text LIKE '%canary%';
SELECT count(*) FROM lineage._edge e WHERE e::text LIKE '%canary%';
SELECT dblink_disconnect(), dblink_disconnect('there');
DROP SCHEMA dbl CASCADE;
DROP EXTENSION dblink CASCADE;
