-- What bodies leave of temporary tables, before they run.
\set schema dt
\i sql/include/shown.sql
CREATE TABLE o (how text, b text, y text);
SET check_function_bodies = off;
CREATE PROCEDURE by_truncate() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  TRUNCATE t;
  INSERT INTO t SELECT y FROM s2;
  INSERT INTO o (b) SELECT b FROM t;
END $$;
CREATE PROCEDURE by_delete() LANGUAGE sql AS $$
  CREATE TEMP TABLE t AS SELECT b FROM s;
  DELETE FROM t WHERE true;
  INSERT INTO t SELECT y FROM s2;
  INSERT INTO o (b) SELECT b FROM t
$$;
CREATE PROCEDURE by_update() LANGUAGE plpgsql AS $$ <<here>> BEGIN
  IF random() < 0.5 THEN RETURN; END IF;
  CREATE TEMP TABLE t AS SELECT b, d FROM s;
  UPDATE t SET b = md5(b), d = now();
  INSERT INTO o (b, y) SELECT b, d FROM t;
END $$;
CREATE PROCEDURE by_drop() LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  DROP TABLE IF EXISTS t, pg_temp.other;
  FOR r IN SELECT x FROM s2 LOOP UPDATE s2 SET z = r.x WHERE false; END LOOP;
  CREATE TEMP TABLE t AS SELECT y AS b FROM s2;
  INSERT INTO o (b) SELECT b FROM t;
END $$;
-- a way leads around it: an arm, a loop, a handler, a jump, RETURN before the caller reads
CREATE PROCEDURE in_arm(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  IF n > 0 THEN TRUNCATE t; END IF;
  INSERT INTO o (b) SELECT b FROM t;
END $$;
CREATE PROCEDURE in_loop(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  FOR i IN 1 .. n LOOP UPDATE t SET b = ''; END LOOP;
  INSERT INTO o (b) SELECT b FROM t;
END $$;
CREATE PROCEDURE in_handler() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  BEGIN
    DELETE FROM t;
    PERFORM 1 / 0;
  EXCEPTION WHEN division_by_zero THEN INSERT INTO o (b) SELECT b FROM t;
  END;
END $$;
CREATE PROCEDURE by_jump(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  <<around>> BEGIN
    IF n > 0 THEN EXIT around; END IF;
    TRUNCATE t;
  END;
  INSERT INTO o (b) SELECT b FROM t;
END $$;
CREATE PROCEDURE makes(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t AS SELECT b FROM s;
  IF n > 0 THEN RETURN; END IF;
  TRUNCATE t;
END $$;
CREATE PROCEDURE reads(n int) LANGUAGE plpgsql AS $$ BEGIN
  CALL makes(n);
  INSERT INTO o (b) SELECT b FROM t;
END $$;
-- what another body puts in comes again when that is called again
CREATE PROCEDURE puts() LANGUAGE sql AS 'INSERT INTO t SELECT b FROM s';
CREATE PROCEDURE twice() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t (b text);
  CALL puts();
  TRUNCATE t;
  CALL puts();
  INSERT INTO o (b) SELECT b FROM t;
END $$;
-- … and one that calls itself finds what it left
CREATE PROCEDURE again(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE IF NOT EXISTS t (b text);
  TRUNCATE t;
  IF n > 0 THEN CALL again(n - 1); END IF;
  INSERT INTO o (b) SELECT b FROM t;
  INSERT INTO t SELECT b FROM s;
END $$;
-- a callee finds what was put in since it was called last, and puts in what it is given then
CREATE PROCEDURE reader() LANGUAGE sql AS 'INSERT INTO o (b) SELECT b FROM t';
CREATE FUNCTION held() RETURNS SETOF text LANGUAGE sql AS 'SELECT b FROM t';
CREATE PROCEDURE filler(v text) LANGUAGE plpgsql AS
  $$ BEGIN CREATE TEMP TABLE IF NOT EXISTS t (b text); INSERT INTO t VALUES (v); END $$;
CREATE PROCEDURE filled_since() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t (b text);
  CALL reader();
  INSERT INTO t SELECT b FROM s;
  CALL reader();
  TRUNCATE t;
  INSERT INTO t SELECT y FROM s2;
  INSERT INTO o (y) SELECT held();
END $$;
CREATE PROCEDURE filled_twice() LANGUAGE plpgsql AS $$ DECLARE v text; BEGIN
  v := (SELECT b FROM s LIMIT 1); CALL filler(v);
  v := (SELECT y FROM s2 LIMIT 1); CALL filler(v);
  INSERT INTO o (b) SELECT b FROM t;
END $$;
-- a table that is altered on its way
CREATE PROCEDURE altered(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t (LIKE s2);
  ALTER TABLE t ADD COLUMN note varchar(9) NOT NULL DEFAULT '-', ADD more serial;
  FOR i IN 1 .. n LOOP
    ALTER TABLE t ADD COLUMN IF NOT EXISTS last text;
    INSERT INTO t (note, last, y) SELECT b, md5(b), 'none' FROM s;
  END LOOP;
  ALTER TABLE t RENAME COLUMN note TO named;
  ALTER TABLE t RENAME TO t2;
  INSERT INTO o (b, y) SELECT named, last FROM t2 WHERE more > 0;
END $$;
SELECT lineage.snapshot_schema('dt') > 0;
CREATE TABLE within AS SELECT lineage.snapshot_schema('dt') > 0 AS command;
SELECT routine, source, target_column, subtype, masking FROM (
  SELECT regexp_replace(routine, '^dt.|\(.*', '', 'g') COLLATE "C" AS routine,
         replace(source_table, 'dt.', '') || '.' || source_column AS source, target_column, subtype,
         masking, type FROM lineage.column_lineage WHERE target_table = 'dt.o') AS e
WHERE type = 'DIRECT' ORDER BY 1, 2, 3;
DROP SCHEMA dt CASCADE;
