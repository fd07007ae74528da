-- Bodies are read with the rights of a superuser before they run: no function may be called by it.
\set schema dr
\i sql/include/shown.sql
CREATE SEQUENCE calls;
CREATE FUNCTION call() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
  RETURN nextval('dr.calls');
END $$;
-- what is said to be immutable is computed when it is planned
CREATE FUNCTION planned() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  RETURN dr.call();
END $$;
CREATE DOMAIN with_default AS int DEFAULT dr.planned();
CREATE DOMAIN with_check AS int CHECK (VALUE IS NULL OR VALUE < dr.planned());
CREATE DOMAIN upon AS with_default NOT NULL;
CREATE TABLE o (b int, y text);
CREATE PROCEDURE altered() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t (a with_default);
  ALTER TABLE t ADD COLUMN b with_default, ADD COLUMN c with_check;
  ALTER TABLE t ADD COLUMN d upon DEFAULT dr.planned();
  INSERT INTO t (b, c) SELECT length(b), a FROM s;
  INSERT INTO o (b, y) SELECT b, c FROM t;
END $$;
CREATE PROCEDURE partitioned() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE t (b with_default, c with_check) PARTITION BY RANGE ((b + dr.planned()));
  CREATE TEMP TABLE t1 PARTITION OF t FOR VALUES FROM (dr.planned()) TO (1 + dr.planned());
  ALTER TABLE t ADD COLUMN d upon;
  INSERT INTO t (c) SELECT length(b) FROM s;
  INSERT INTO o (b) SELECT c FROM t1;
END $$;
SELECT lineage.snapshot_schema('dr') > 0;
SELECT is_called FROM calls;
SELECT DISTINCT routine, source_column, target_column FROM lineage.column_lineage
WHERE target_table = 'dr.o' AND type = 'DIRECT' ORDER BY 1, 2, 3;
DROP SCHEMA dr CASCADE;
