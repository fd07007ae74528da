-- Bodies that call themselves are read until their calls say nothing new; and what no body tells.
\set ECHO none
\set schema decl_r
\i sql/include/shown.sql
CREATE TABLE deep (x int, y text);
CREATE TABLE flat (n int, t text);
-- values that the rounds hand on, from one argument to another and into the result
CREATE FUNCTION count_down(p int, q text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p <= 0 THEN RETURN q; END IF;
  INSERT INTO deep VALUES (p, q);
  RETURN count_down(p - 1, q || p);
END $$;
CREATE PROCEDURE deepens() LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO flat (t) SELECT count_down(a, b) FROM s; END $$;
-- two that call each other
CREATE FUNCTION even(p int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION odd(p int) RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN IF p = 1 THEN RETURN p; END IF; RETURN even(p - (SELECT max(id) FROM s2)); END $$;
CREATE OR REPLACE FUNCTION even(p int) RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN IF p = 0 THEN RETURN (SELECT max(x) FROM s2); END IF; RETURN odd(p - 1); END $$;
CREATE PROCEDURE alternates() LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO flat (n) VALUES (even(3)); END $$;
SELECT lineage.snapshot_schema('decl_r');
:show '%count_down%' ORDER BY line COLLATE "C";
:show '%deepens%' ORDER BY line COLLATE "C";
:show '%alternates%' ORDER BY line COLLATE "C";

-- a cursor that another routine has opened: this body does not tell what it gives
CREATE PROCEDURE drains(cur refcursor) LANGUAGE plpgsql AS
  $$ DECLARE v int; BEGIN FETCH cur INTO v; INSERT INTO flat (n) VALUES (v); END $$;
SELECT unanalysed_dynamic AS before FROM lineage.health \gset
SELECT lineage.snapshot_schema('decl_r');
SELECT unanalysed_dynamic > :before FROM lineage.health;
SET client_min_messages = warning;
DROP SCHEMA decl_r CASCADE;
