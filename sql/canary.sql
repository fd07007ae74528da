-- Canaries: passwords and values in every kind of statement; none may reach what we store or send.
-- Every secret holds the word canary; names do not.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
CREATE EXTENSION IF NOT EXISTS dblink;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA nest;
SET search_path = nest, public;
CREATE TABLE a (id int, x text, y text DEFAULT 'canary-default');
CREATE TABLE b (id int, x text, y text);
SELECT current_database() AS db, current_setting('port') AS port,
       current_setting('unix_socket_directories') AS dir \gset

-- values, as every kind of literal
INSERT INTO a VALUES (1, 'canary1', E'canary\x32'), (2, $$canary3$$, $q$canary4$q$);
INSERT INTO b SELECT id, x || 'canary5', U&'\0063anary6' FROM a WHERE y <> 'canary7' -- canary8
  AND x /* canary9 */ LIKE '%canary10%';
INSERT INTO b SELECT a.id, 'canary11', q.x FROM a, (VALUES ('canary12')) q(x);
UPDATE b SET x = 'canary13' FROM a WHERE a.id = b.id AND a.x = 'canary14';
MERGE INTO b USING a ON a.id = b.id AND a.x <> 'canary15'
  WHEN MATCHED THEN UPDATE SET y = a.x || 'canary16'
  WHEN NOT MATCHED THEN INSERT VALUES (a.id, 'canary17', a.y);
DELETE FROM b USING a WHERE a.x = 'canary18';
CREATE TABLE c AS SELECT x || 'canary19' AS x FROM a;
SELECT x || 'canary20' AS x INTO d FROM a;
CREATE VIEW v AS SELECT x || 'canary21' AS x FROM a WHERE y <> 'canary22';
CREATE MATERIALIZED VIEW m AS SELECT x || 'canary23' AS x FROM v;
REFRESH MATERIALIZED VIEW m;
CREATE TABLE g (x text, y text GENERATED ALWAYS AS (x || 'canary24') STORED);
ALTER TABLE a ADD COLUMN z text DEFAULT 'canary25', ADD CONSTRAINT ck CHECK (z <> 'canary26');
COMMENT ON TABLE a IS 'canary27';

-- a neighbour in the same string, and a setting between
CREATE ROLE regress_nest_1 PASSWORD 'canary28'\; INSERT INTO b SELECT * FROM b;
SET standard_conforming_strings = off;
INSERT INTO b SELECT id, x || 'it\'s canary29', 'canary30\\' FROM b;
RESET standard_conforming_strings;

-- dynamic SQL, variables, DO, functions, triggers, prepared statements, cursors
DO $do$BEGIN EXECUTE 'INSERT INTO b SELECT id, ''canary31'' FROM a WHERE x = $1' USING 'canary32';
  EXECUTE format('CREATE ROLE regress_nest_2 PASSWORD %L', 'canary33');
  EXECUTE 'ALTER ROLE regress_nest_2 PASSWORD ''canary34''; INSERT INTO b SELECT * FROM b';
END$do$;
CREATE PROCEDURE p(v text) LANGUAGE plpgsql AS $$DECLARE w text := 'canary35'; BEGIN
  SELECT x || 'canary36' INTO w FROM a WHERE a.x <> v;
  INSERT INTO b VALUES (1, w, 'canary37'); w := w || 'canary38';
  UPDATE b SET x = w WHERE x = 'canary39'; END$$;
CALL p('canary40');
CREATE FUNCTION f(t text) RETURNS text LANGUAGE sql AS 'SELECT x || ''canary41'' FROM a LIMIT 1';
INSERT INTO b SELECT id, f('canary42'), 'x' FROM a;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN NEW.y := NEW.x || TG_ARGV[0]; INSERT INTO d VALUES ('canary43' || NEW.x);
  RETURN NEW; END$$;
CREATE TRIGGER tr BEFORE INSERT ON c FOR EACH ROW WHEN (NEW.x <> 'canary44')
  EXECUTE FUNCTION tf('canary45');
ALTER TABLE c ADD y text;
INSERT INTO c SELECT x || 'canary46' FROM a;
PREPARE q(text) AS INSERT INTO b SELECT id, $1, 'canary47' FROM a;
EXECUTE q('canary48');
BEGIN; DECLARE cu CURSOR FOR SELECT x || 'canary49' FROM a; FETCH cu; COMMIT;
EXPLAIN (ANALYZE) INSERT INTO b SELECT id, 'canary50', x FROM a \g /dev/null

-- passwords and connection strings
CREATE ROLE regress_nest_3 LOGIN PASSWORD 'canary51';
ALTER ROLE regress_nest_3 PASSWORD 'canary52' VALID UNTIL 'infinity';
ALTER ROLE regress_nest_3 SET search_path = 'canary53';
CREATE SERVER srv FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'canary54', port '1');
CREATE USER MAPPING FOR regress_nest_3 SERVER srv OPTIONS (user 'u', password 'canary55');
ALTER USER MAPPING FOR regress_nest_3 SERVER srv OPTIONS (SET password 'canary56');
CREATE FOREIGN TABLE ft (x text) SERVER srv OPTIONS (table_name 'canary57');
CREATE SUBSCRIPTION regress_nest_sub CONNECTION 'host=localhost password=canary58'
  PUBLICATION p WITH (connect = false, slot_name = NONE);
ALTER SUBSCRIPTION regress_nest_sub CONNECTION 'host=localhost password=canary59';
DROP SUBSCRIPTION regress_nest_sub;
SELECT set_config('nest.key', 'canary60', false) IS NULL;
SET nest.key = 'canary61';
\set conn 'dbname=' :db ' host=' :dir ' port=' :port ' user=postgres password=canary62'
INSERT INTO b SELECT * FROM dblink(:'conn', 'SELECT 1, ''canary63'', ''x''')
  AS t(id int, x text, y text);
CREATE TABLE e AS SELECT * FROM dblink(:'conn', 'SELECT ''canary64''') AS t(x text);

-- files and programs
COPY a TO PROGRAM 'cat > /dev/null # canary65' WITH (FORMAT csv, NULL 'canary66');
COPY b (id, x) FROM PROGRAM 'printf "7\tseven\n" # canary67' WHERE x <> 'canary68';
COPY (SELECT x || 'canary69' FROM a) TO PROGRAM 'cat > /dev/null # canary70';
COPY b (x) FROM stdin;
canary71
\.

-- what event triggers see of the rest
CREATE TYPE en AS ENUM ('canary72');
ALTER TYPE en ADD VALUE 'canary73';
CREATE DOMAIN dom AS text DEFAULT 'canary74' CHECK (value <> 'canary75');
CREATE POLICY po ON a USING (x <> 'canary76');
CREATE RULE ru AS ON UPDATE TO d WHERE (NEW.x = 'canary77') DO INSTEAD NOTHING;
CREATE INDEX ON a (x) WHERE x <> 'canary78';
CREATE TABLE pt (x text) PARTITION BY LIST (x);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN ('canary79');
CREATE PUBLICATION regress_nest_pub FOR TABLE a WHERE (x <> 'canary80');
NOTIFY nest, 'canary81';
SELECT lineage.snapshot() > 0;

-- something was recorded, with text
SELECT count(*) > 20 AS edges, count(query) > 10 AS with_text FROM lineage._edge;
SELECT count(*) > 30 AS ddl FROM lineage._ddl;

-- and not one canary sings, in any table, view or feed of ours
SELECT c.oid::regclass AS sings
FROM pg_class c
WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind IN ('r', 'v')
  AND query_to_xml(format('SELECT * FROM %s', c.oid::regclass), true, false, '')::text
      ~* 'canary'
ORDER BY c.relname COLLATE "C";
SELECT lineage._sink_register('canary sink');
SELECT count(*) > 0 AS fed, bool_or(f::text ~* 'canary[0-9-]') AS sings
FROM lineage._feed('canary sink', 100000) f;
SELECT count(*) > 0 AS rows, bool_or(r::text ~* 'canary[0-9-]') AS sings
FROM lineage._edge_rows() r;

-- the operator may ask for it: the net would have caught it
SET pg_lineage.query_text = full;
CREATE TABLE h AS SELECT x, 'canary82' AS y FROM a;
RESET pg_lineage.query_text;
SELECT query FROM lineage._edge WHERE query ~ 'canary';

DROP OWNED BY regress_nest_3;
DROP SCHEMA nest CASCADE;
DROP EXTENSION dblink;
DROP EXTENSION postgres_fdw CASCADE;
DROP PUBLICATION IF EXISTS regress_nest_pub;
DROP ROLE regress_nest_1, regress_nest_2, regress_nest_3;
SELECT count(*) AS sings FROM lineage._ddl d WHERE d::text ~* 'canary[0-9-]';
