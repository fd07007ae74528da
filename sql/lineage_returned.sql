-- RETURNING of a temporary table gives the row that was just written.
\set schema ret
\i sql/include/shown.sql
CREATE TABLE o (how text, v text);
CREATE TEMP TABLE t (id int PRIMARY KEY, b text, u text GENERATED ALWAYS AS (upper(b)) STORED);
INSERT INTO t SELECT id + 10, y FROM s2;
CREATE PROCEDURE inserted() LANGUAGE plpgsql AS $$ DECLARE x text; BEGIN
  INSERT INTO t SELECT id, b FROM s LIMIT 1 RETURNING b INTO x;
  INSERT INTO o (v) VALUES (x);
END $$;
CREATE PROCEDURE updated() LANGUAGE plpgsql AS $$ DECLARE x text; y text; BEGIN
  UPDATE t SET b = (SELECT max(d) FROM s)::text WHERE id = 11 RETURNING b, id INTO x, y;
  INSERT INTO o (how, v) VALUES (y, x);
END $$;
CREATE PROCEDURE computed() LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
  FOR r IN INSERT INTO t SELECT id + 20, c::text FROM s RETURNING t.u LOOP
    INSERT INTO o (v) VALUES (r.u);
  END LOOP;
END $$;
CREATE PROCEDURE whole() LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
  INSERT INTO t SELECT a + 40, 'x' FROM s LIMIT 1 RETURNING * INTO r;
  INSERT INTO o (how, v) VALUES (r.b, r.id);
END $$;
CALL inserted();
CALL updated();
CALL computed();
CALL whole();
:show 'o.%' ORDER BY line COLLATE "C";
-- … in a WITH, whose row goes on at once
CREATE TABLE moved AS SELECT b FROM t WHERE false;
WITH x AS (INSERT INTO t SELECT id + 60, arr::text FROM s RETURNING b)
INSERT INTO moved SELECT b FROM x;
:show 'moved.%' ORDER BY line COLLATE "C";
-- … as a row or JSON, part by part
CREATE TABLE parted (how text, v text);
WITH x AS (INSERT INTO t SELECT a + 200, b FROM s RETURNING t AS r)
INSERT INTO parted SELECT 'row', (r).b FROM x;
:show 'parted.%' ORDER BY line COLLATE "C";
CREATE TABLE keyed (v text);
WITH x AS (INSERT INTO t SELECT a + 300, b FROM s RETURNING to_jsonb(t) AS j)
INSERT INTO keyed SELECT j->>'b' FROM x;
:show 'keyed.%' ORDER BY line COLLATE "C";
CREATE TABLE built (v text);
WITH x AS (INSERT INTO t SELECT a + 400, b FROM s
  RETURNING jsonb_build_object('p', b, 'q', id) AS j)
INSERT INTO built SELECT j->>'p' FROM x;
:show 'built.%' ORDER BY line COLLATE "C";
CREATE TABLE held (v text);
DO $$ DECLARE r record; BEGIN
  INSERT INTO t SELECT a + 500, b FROM s LIMIT 1 RETURNING t AS whole INTO r;
  INSERT INTO held VALUES ((r.whole).b);
END $$;
:show 'held.%' ORDER BY line COLLATE "C";
-- what a row keeps in ON CONFLICT is the table's
TRUNCATE t;
INSERT INTO t SELECT id, y FROM s2;
CREATE TABLE kept (b text);
WITH x AS (INSERT INTO t SELECT id, d::text FROM s ON CONFLICT (id) DO UPDATE SET id = t.id
  RETURNING b)
INSERT INTO kept SELECT b FROM x;
:show 'kept.b%' ORDER BY line COLLATE "C";
-- … and where a trigger may change it
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.b := (SELECT max(y) FROM s2); RETURN NEW; END $$;
CREATE TRIGGER change BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION change();
TRUNCATE t;
CREATE TABLE changed (b text);
WITH x AS (INSERT INTO t SELECT id, b FROM s RETURNING b) INSERT INTO changed SELECT b FROM x;
:show 'changed.b%' ORDER BY line COLLATE "C";
TRUNCATE t;
DO $$ DECLARE v text; BEGIN
  INSERT INTO t SELECT id + 90, b FROM s LIMIT 1 RETURNING b INTO v;
  UPDATE changed SET b = v;
END $$;
:show 'changed.b%UPDATE' ORDER BY line COLLATE "C";
-- … also a partition's
CREATE TEMP TABLE root (k int, b text) PARTITION BY LIST (k);
CREATE TEMP TABLE part PARTITION OF root DEFAULT;
CREATE TRIGGER change BEFORE INSERT ON part FOR EACH ROW EXECUTE FUNCTION change();
CREATE TABLE routed (b text);
WITH x AS (INSERT INTO root SELECT id, b FROM s RETURNING b) INSERT INTO routed SELECT b FROM x;
:show 'routed.b%' ORDER BY line COLLATE "C";
DROP TABLE t, root;
DROP SCHEMA ret CASCADE;
