-- Temporary children and partitions that bodies make, before they run.
\set schema dk
\i sql/include/shown.sql
CREATE TABLE o (b text, y text);
SET check_function_bodies = off;
CREATE PROCEDURE child() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE x (b text); CREATE TEMP TABLE x_d (e int) INHERITS (x);
  INSERT INTO x_d SELECT b FROM s;
  INSERT INTO o (b) SELECT b FROM x;
  INSERT INTO o (y) SELECT b FROM ONLY x;
END $$;
CREATE PROCEDURE grandchild() LANGUAGE sql AS $$
  CREATE TEMP TABLE x (b text); CREATE TEMP TABLE z (b text, y text);
  CREATE TEMP TABLE x_z () INHERITS (x, z); CREATE TEMP TABLE x_zz (b text) INHERITS (x_z);
  INSERT INTO x_zz SELECT b, y FROM s NATURAL JOIN s2;
  INSERT INTO o SELECT b, y FROM z;
$$;
CREATE PROCEDURE changed_above() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE x (b text); CREATE TEMP TABLE x_d () INHERITS (x);
  INSERT INTO x_d SELECT b FROM s;
  UPDATE x SET b = md5(b);
  INSERT INTO o (b) SELECT b FROM x;
END $$;
CREATE PROCEDURE emptied_above() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE x (b text); CREATE TEMP TABLE x_d () INHERITS (x);
  INSERT INTO x_d SELECT b FROM s;
  TRUNCATE x;
  INSERT INTO x_d SELECT y FROM s2;
  TRUNCATE ONLY x;
  INSERT INTO o (b) SELECT b FROM x;
END $$;
CREATE PROCEDURE made_again() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE x (b text); CREATE TEMP TABLE x_d () INHERITS (x);
  INSERT INTO x_d SELECT b FROM s;
  DROP TABLE x CASCADE;
  CREATE TEMP TABLE x (b text, y text); CREATE TEMP TABLE x_d () INHERITS (x);
  INSERT INTO x_d SELECT y, y FROM s2;
  DROP TABLE x_d;
  CREATE TEMP TABLE x_d (b text, y text);
  INSERT INTO x_d SELECT 'none', b FROM s;
  INSERT INTO x SELECT 'own', y FROM s2;
  INSERT INTO o (y) SELECT y FROM x;
END $$;
CREATE PROCEDURE in_arms(n int) LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE x (b text);
  IF n > 0 THEN
    CREATE TEMP TABLE x_d () INHERITS (x);
    INSERT INTO x_d SELECT b FROM s;
  ELSE
    CREATE TEMP TABLE x_d () INHERITS (x);
    INSERT INTO x_d SELECT y FROM s2;
  END IF;
  INSERT INTO o (b) SELECT b FROM x;
END $$;
-- A row that came by the table above is in some partition; the bounds of none are computed.
CREATE FUNCTION never(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  $$ BEGIN RAISE 'computed'; END $$;
CREATE PROCEDURE to_root() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE r (k int, b text) PARTITION BY LIST (never(k));
  CREATE TEMP TABLE r1 PARTITION OF r FOR VALUES IN (never(1), 2);
  CREATE TEMP TABLE r2 PARTITION OF r DEFAULT PARTITION BY RANGE (b);
  CREATE TEMP TABLE r21 PARTITION OF r2 FOR VALUES FROM ('a') TO (MAXVALUE);
  INSERT INTO r SELECT a, b FROM s;
  INSERT INTO o (b) SELECT b FROM r21;
END $$;
CREATE PROCEDURE to_leaf() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE r (k int, b text) PARTITION BY RANGE (k);
  CREATE TEMP TABLE r1 PARTITION OF r FOR VALUES FROM (1) TO (9);
  CREATE TEMP TABLE r2 PARTITION OF r FOR VALUES FROM (9) TO (19);
  INSERT INTO r1 SELECT a, b FROM s;
  INSERT INTO o (b) SELECT b FROM r;
  INSERT INTO o (y) SELECT b FROM r2;
END $$;
SELECT degraded_unanalysed AS before FROM lineage.health \gset
CREATE PROCEDURE moved() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE r (n int, k int, b text) PARTITION BY LIST (abs(k));
  CREATE TEMP TABLE r1 PARTITION OF r FOR VALUES IN (1);
  CREATE TEMP TABLE r2 PARTITION OF r FOR VALUES IN (2);
  INSERT INTO r1 SELECT 0, 1, b FROM s;
  UPDATE r SET k = 2;
  INSERT INTO o (b) SELECT b FROM r2;
END $$;
CREATE PROCEDURE stayed() LANGUAGE plpgsql AS $$ BEGIN
  CREATE TEMP TABLE r (n int, k int, b text) PARTITION BY LIST (abs(k));
  CREATE TEMP TABLE r1 PARTITION OF r FOR VALUES IN (1);
  CREATE TEMP TABLE r2 PARTITION OF r FOR VALUES IN (2);
  INSERT INTO r1 SELECT 0, 1, b FROM s;
  UPDATE r SET n = 2;
  INSERT INTO o (b) SELECT b FROM r2;
END $$;
SELECT lineage.snapshot_schema('dk') > 0;
SELECT routine, source, target_column, subtype, masking FROM (
  SELECT regexp_replace(routine, '^dk.|\(.*', '', 'g') COLLATE "C" AS routine,
         replace(source_table, 'dk.', '') || '.' || source_column AS source, target_column, subtype,
         masking, type FROM lineage.column_lineage WHERE target_table = 'dk.o') AS e
WHERE type = 'DIRECT' ORDER BY 1, 2, 3;
SELECT degraded_unanalysed - :before FROM lineage.health;
DROP SCHEMA dk CASCADE;
