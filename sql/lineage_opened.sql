-- A query sees temporary tables as they were when it began, however they change while it is open.
\set schema opn
\i sql/include/shown.sql
CREATE TEMP TABLE t (b text);
CREATE PROCEDURE moved(how text, kind text) LANGUAGE plpgsql AS $$
DECLARE v text; c refcursor; bound CURSOR FOR SELECT b FROM t;
BEGIN
  DELETE FROM t;
  INSERT INTO t SELECT b FROM s;
  IF kind = 'open' THEN OPEN c FOR SELECT b FROM t; ELSIF kind = 'dynamic' THEN
    OPEN c FOR EXECUTE 'SELECT b FROM t'; ELSE OPEN bound; c := bound; END IF;
  IF how LIKE '%more%' THEN INSERT INTO t SELECT y FROM s2; END IF;
  IF how LIKE '%emptied%' THEN DELETE FROM t; END IF;
  IF how LIKE '%masked%' THEN UPDATE t SET b = md5(b); END IF;
  FETCH c INTO v;
  CLOSE c;
  EXECUTE format('CREATE TABLE %I (b text)', how || '_' || kind);
  EXECUTE format('INSERT INTO %I VALUES ($1)', how || '_' || kind) USING v;
END $$;
DO $$ BEGIN
  CALL moved('more', 'open'); CALL moved('more', 'dynamic'); CALL moved('more', 'bound');
  CALL moved('emptied', 'open'); CALL moved('masked', 'bound'); CALL moved('more_masked', 'open');
END $$;
SELECT line FROM shown WHERE line LIKE '% <- s%' AND line NOT LIKE '%CONDITIONAL%'
  AND (line LIKE 'more%' OR line LIKE 'emptied%' OR line LIKE 'masked%')
ORDER BY line COLLATE "C";
-- what is put in meanwhile is there for all who begin later
CREATE TABLE later AS SELECT b FROM t;
:show 'later.%' ORDER BY line COLLATE "C";
-- an expression that looks at a table has seen what its calls take away
CREATE FUNCTION emptied() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN DELETE FROM t; RETURN '!'; END $$;
CREATE FUNCTION blanked() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN UPDATE t SET b = 'none'; RETURN '!'; END $$;
CREATE TABLE told (by_empty text, by_blank text);
DO $$ DECLARE v text; w text; BEGIN
  DELETE FROM t;
  INSERT INTO t SELECT b FROM s;
  v := (SELECT max(b) FROM t) || emptied();
  INSERT INTO t SELECT y FROM s2;
  w := blanked() || (SELECT max(b) FROM t);
  INSERT INTO told VALUES (v, w);
END $$;
:show 'told.by%' ORDER BY line COLLATE "C";
-- the body of a volatile SQL function sees what was put in while its caller runs
CREATE FUNCTION filled() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO t SELECT b FROM s; RETURN '!'; END $$;
CREATE FUNCTION latest() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT max(b) FROM t';
DELETE FROM t;
CREATE TABLE anew AS SELECT v || latest() AS b FROM (SELECT filled() AS v OFFSET 0) q;
:show 'anew.b%' ORDER BY line COLLATE "C";
DROP FUNCTION emptied(), blanked(), filled(), latest();
-- in SQL, with a savepoint between
TRUNCATE t;
INSERT INTO t SELECT b FROM s;
CREATE TABLE fetched (b text);
BEGIN;
DECLARE k CURSOR FOR SELECT b FROM t;
SAVEPOINT a;
UPDATE t SET b = 'none';
ROLLBACK TO a;
INSERT INTO t SELECT y FROM s2;
DO $$ DECLARE v text; c refcursor := 'k';
BEGIN FETCH c INTO v; INSERT INTO fetched VALUES (v); END $$;
COMMIT;
:show 'fetched.%' ORDER BY line COLLATE "C";
-- a loop that fills the table it reads, and one that empties it
CREATE TABLE looped (b text);
CREATE TABLE left_over (b text);
DO $$ DECLARE r record; BEGIN
  TRUNCATE t;
  INSERT INTO t SELECT b FROM s;
  FOR r IN SELECT b FROM t LOOP
    INSERT INTO t SELECT y FROM s2;
    INSERT INTO looped VALUES (r.b);
    DELETE FROM t;
  END LOOP;
  INSERT INTO left_over SELECT b FROM t;
END $$;
:show 'looped.%' ORDER BY line COLLATE "C";
:show 'left_over.%' ORDER BY line COLLATE "C";
-- a function that writes what its caller reads
CREATE TABLE by_call (b text, n int);
CREATE FUNCTION fills() RETURNS int LANGUAGE plpgsql AS $$
BEGIN DELETE FROM t; INSERT INTO t SELECT y FROM s2; RETURN 1; END $$;
INSERT INTO t SELECT b FROM s;
INSERT INTO by_call SELECT b, fills() FROM t;
:show 'by_call.b%' ORDER BY line COLLATE "C";
DROP TABLE t;
DROP SCHEMA opn CASCADE;
