-- What PL/pgSQL routines would write is declared from their bodies: all branches, nothing is run.
\set schema decl_p
\i sql/include/begin.sql
CREATE TABLE s (a int, b int, c text);
CREATE TABLE t (x int, y int, z text);
CREATE TABLE l (n int, w text);
CREATE TABLE canary (n int);
\set show 'SELECT line FROM (SELECT replace(concat_ws('' '', call_path::text, '
\set show :show ' source_table || ''.'' || source_column, ''->'', target_table || coalesce(''.'' ||'
\set show :show ' target_column, ''''), subtype, operation, origin), ''decl_p.'', '''') AS line'
\set show :show ' FROM lineage.column_lineage WHERE target_table LIKE ''decl\\_p.%'''
\set show :show ' AND routine LIKE :''routine'') x ORDER BY line COLLATE "C"'
CREATE FUNCTION never(n int DEFAULT 0) RETURNS int LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO canary VALUES (n); RAISE EXCEPTION 'executed'; END $$;
CREATE FUNCTION log(k int) RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO l VALUES (k); RETURN k + (SELECT max(b) FROM s); END $$;

-- variables, records, loops, calls, branches
CREATE FUNCTION flows() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v int := never(1);
  r record;
  whole s;
  words text := (SELECT c FROM s);
BEGIN
  INSERT INTO t (z) SELECT words UNION SELECT w FROM l ORDER BY 1;
  SELECT a INTO v FROM s;
  INSERT INTO t (x) VALUES (v);
  v := 3;
  INSERT INTO t (x) VALUES (v);
  FOR r IN SELECT b, c AS name FROM s WHERE a > 0 LOOP
    INSERT INTO t (y, z) VALUES (r.b, upper(r.name));
    v := log(r.b);
  END LOOP;
  IF (SELECT n FROM l) > 3 THEN INSERT INTO t (x) VALUES (v);
  ELSE whole := (SELECT s FROM s); END IF;
  INSERT INTO l VALUES (whole.b, whole.c);
END $$;
-- temporary tables, texts made of constants, cursors, OUT parameters, handlers
CREATE PROCEDURE gives(INOUT o int) LANGUAGE plpgsql AS $$ BEGIN o := o + 1; END $$;
CREATE PROCEDURE stages(tab text) LANGUAGE plpgsql AS $$
DECLARE
  q text := 'INSERT INTO l (w) SELECT c FROM %I';
  cur CURSOR (lim int) FOR SELECT b FROM s WHERE a > lim;
  v int;
BEGIN
  CREATE TEMP TABLE stage ON COMMIT DROP AS SELECT a, b + 1 AS b1 FROM s;
  CREATE TEMP TABLE alike (LIKE s, more serial, def int DEFAULT never(2));
  INSERT INTO alike SELECT * FROM s;
  INSERT INTO t (x, y) SELECT a, b1 FROM stage;
  INSERT INTO t (z) SELECT c FROM alike;
  EXECUTE format(q, 's');
  EXECUTE 'UPDATE l SET n = $1 WHERE w = $2' USING (SELECT a FROM s), 'x';
  EXECUTE 'INSERT INTO ' || tab || ' SELECT a FROM s';
  OPEN cur(7);
  FETCH cur INTO v;
  CALL gives(v);
  INSERT INTO l (n) VALUES (v);
  DROP TABLE stage;
  COMMIT;
EXCEPTION WHEN others THEN
  INSERT INTO canary SELECT b FROM s;
END $$;
SELECT degraded_unanalysed AS all, unanalysed_dynamic AS dynamic FROM lineage.health \gset
SELECT lineage.snapshot_schema('decl_p');
SELECT degraded_unanalysed - :all, unanalysed_dynamic - :dynamic FROM lineage.health;
\set routine decl_p.%
:show;
SELECT count(*) FROM canary;
SELECT to_regclass('pg_temp.stage'), to_regclass('pg_temp.alike');

-- what ran is observed, what did not stays declared
INSERT INTO s VALUES (1, 2, 'c');
CREATE OR REPLACE FUNCTION never(n int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT n';
SELECT flows();
SELECT lineage.snapshot_schema('decl_p');
\set routine decl_p.flows%
:show;

-- triggers: NEW and OLD are rows of their table; what BEFORE triggers put into NEW
CREATE TABLE acts (id int, was int, tab name);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('INSERT INTO %I (id) SELECT a FROM %I.%I', 'acts', tg_table_schema, tg_table_name);
  INSERT INTO acts VALUES (NEW.a, OLD.b, tg_table_name);
  NEW.c := NEW.a::text || NEW.c;
  RETURN NEW;
END $$;
CREATE FUNCTION bulk() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO acts (was) SELECT n.a FROM fresh n; RETURN NULL; END $$;
CREATE TRIGGER each BEFORE UPDATE ON s FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER all_of_them AFTER INSERT ON s REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION bulk();
SELECT lineage.snapshot_table('s');
\set routine decl_p.note%
:show;
\set routine decl_p.bulk%
:show;

-- a loop that may end the routine decides about what follows; a jump, up to its label only
CREATE PROCEDURE leaves(lim int) LANGUAGE plpgsql AS $$
BEGIN
  <<here>>
  FOR i IN 1..lim LOOP
    EXIT here WHEN (SELECT a > i FROM s);
  END LOOP;
  INSERT INTO t (x) VALUES (1);
  FOR i IN 1..(SELECT max(b) FROM s) LOOP RETURN; END LOOP;
  INSERT INTO l (n) VALUES (2);
END $$;
SELECT lineage.snapshot_schema('decl_p') > 0;
\set routine decl_p.leaves%
:show;

-- definitions take what functions return; nobody else's names or settings matter
CREATE FUNCTION pairs(lim int) RETURNS TABLE (p int, q text) LANGUAGE plpgsql
SET search_path = decl_p AS $$
BEGIN
  RETURN QUERY SELECT a, c FROM s WHERE b < lim;
  p := lim; q := (SELECT w FROM l);
  RETURN NEXT;
END $$;
SET search_path = public;
CREATE VIEW decl_p.over AS SELECT p, q FROM decl_p.l, decl_p.pairs(n);
SELECT source_table, source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'decl_p.over' AND type = 'DIRECT' ORDER BY 1, 2, 3;
-- not a word, whatever the settings; what the session compiled goes on
SET client_min_messages = notice;
SET plpgsql.extra_warnings = 'all';
SET escape_string_warning = on;
SELECT lineage.snapshot_schema('decl_p');
SET search_path = decl_p;
SELECT log(4);
RESET client_min_messages;
RESET plpgsql.extra_warnings;
-- a prepared transaction may read bodies that make temporary tables
BEGIN;
SELECT lineage.snapshot_schema('decl_p');
PREPARE TRANSACTION 'declared';
COMMIT PREPARED 'declared';
SET client_min_messages = warning;
DROP SCHEMA decl_p CASCADE;
