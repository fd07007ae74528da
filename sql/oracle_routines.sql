-- Minimal cases of what the perturbation oracle (tests/oracle) found in routines.
\set schema orr
\i sql/include/begin.sql
CREATE VIEW shown AS
SELECT concat_ws(' ', replace(target_table, 'orr.', '') || '.' || coalesce(target_column, '*'),
  '<-', replace(source_table, 'orr.', '') || '.' || source_column, subtype,
  CASE WHEN masking THEN 'masking' END, operation) AS line
FROM lineage.column_lineage WHERE target_table LIKE 'orr.%' AND target_table <> 'orr.shown';
\set show 'SELECT line FROM shown WHERE line LIKE '
CREATE TABLE s (id int, a int, b text);
INSERT INTO s VALUES (1, 1, 'x'), (2, 2, 'y');

-- FOR over a function: its result is known once rows have been fetched
CREATE FUNCTION rows_of(p int) RETURNS TABLE (o1 int, o2 text) LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY SELECT s.a, s.b || 'k' FROM s WHERE s.id <> p; END $$;
CREATE TABLE looped (x int);
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT * FROM rows_of(1) LOOP INSERT INTO looped VALUES (r.o1); END LOOP;
END $$;
:show 'looped.%' ORDER BY line COLLATE "C";

-- a BEFORE trigger that refuses rows under a condition decides about all columns
CREATE TABLE refused (x int, y text);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.x > 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON refused FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO refused SELECT id, b FROM s;
:show 'refused.%' ORDER BY line COLLATE "C";

-- so does the WHEN condition of a trigger, about what the trigger writes
CREATE TABLE fired (x int, y text);
CREATE TABLE written (z text);
CREATE FUNCTION write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO written VALUES (NEW.y); RETURN NULL; END $$;
CREATE TRIGGER write AFTER INSERT ON fired FOR EACH ROW WHEN (NEW.x > 1) EXECUTE FUNCTION write();
INSERT INTO fired SELECT id, b FROM s;
:show 'written.%' ORDER BY line COLLATE "C";

-- the arguments of a STRICT function decide that it runs, and whether its result is NULL
CREATE FUNCTION noted(p int) RETURNS int LANGUAGE plpgsql STRICT AS $$
BEGIN INSERT INTO note VALUES (1); RETURN (SELECT max(id) FROM s); END $$;
CREATE FUNCTION newest(p int) RETURNS int LANGUAGE sql STABLE STRICT AS 'SELECT max(id) FROM s';
CREATE TABLE note (z int);
CREATE TABLE strict_result (x int, y int);
INSERT INTO strict_result SELECT noted(s.a), newest(s.a) FROM s;
:show 'note.%' OR line LIKE 'strict_result.%' ORDER BY line COLLATE "C";

-- … also where it always refuses those that its WHEN lets it see, and about what fires after it
CREATE TABLE kept (x int, y text);
CREATE TABLE after_kept (z int);
CREATE FUNCTION refuse_by_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF (SELECT max(a) FROM s) > 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE FUNCTION after_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO after_kept VALUES (1); RETURN NULL; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON kept FOR EACH ROW WHEN (NEW.x > 1)
  EXECUTE FUNCTION refuse_by_table();
CREATE TRIGGER after_kept AFTER INSERT ON kept FOR EACH ROW EXECUTE FUNCTION after_kept();
INSERT INTO kept SELECT id, b FROM s ORDER BY id DESC;
:show 'kept.%' OR line LIKE 'after_kept.%' ORDER BY line COLLATE "C";

-- a condition around CALL decides about what the procedure writes
CREATE TABLE called (z int);
CREATE PROCEDURE write_called(INOUT n int) LANGUAGE plpgsql AS $$
BEGIN INSERT INTO called VALUES (1); n := n + 1; END $$;
DO $$ DECLARE n int := 1; BEGIN
  IF (SELECT max(a) FROM s) > 0 THEN CALL write_called(n); END IF;
END $$;
:show 'called.%' ORDER BY line COLLATE "C";

-- WHERE CURRENT OF a cursor variable: what decided about its rows chose the row
CREATE TABLE pointed (x int, y text);
INSERT INTO pointed VALUES (1, 'x'), (2, 'y');
CREATE PROCEDURE point(INOUT c refcursor) LANGUAGE plpgsql AS $$
BEGIN OPEN c FOR SELECT p.x FROM pointed p WHERE p.x > (SELECT min(a) FROM s) FOR UPDATE; END $$;
DO $$ DECLARE c refcursor; r record; BEGIN
  CALL point(c);
  FETCH c INTO r;
  UPDATE pointed SET y = 'z' WHERE CURRENT OF c;
END $$;
:show 'pointed.%' ORDER BY line COLLATE "C";
CREATE PROCEDURE points() LANGUAGE plpgsql AS $$ DECLARE
  c CURSOR FOR SELECT p.x FROM pointed p WHERE p.x > (SELECT min(id) FROM s) FOR UPDATE;
  r record;
BEGIN OPEN c; FETCH c INTO r; UPDATE pointed SET y = 'z' WHERE CURRENT OF c; END $$;
SELECT lineage.snapshot_schema('orr') > 0;
:show 'pointed.%' ORDER BY line COLLATE "C";

-- rows in an array keep their fields apart, also where it is one of several targets
CREATE TABLE apart (x int, y text);
DO $$ DECLARE rows s[]; more s[]; n int; c CURSOR FOR SELECT 1, array_agg(q) FROM s q; BEGIN
  SELECT max(q.id), array_agg(q ORDER BY q.id) INTO n, rows FROM s q;
  INSERT INTO apart (x) VALUES (rows[1].a);
  OPEN c;
  FETCH c INTO n, more;
  INSERT INTO apart (y) VALUES (more[1].b);
END $$;
:show 'apart.%' ORDER BY line COLLATE "C";

-- what USING passes may be computed by a sub-query and a call: over variables, not over USING
CREATE FUNCTION same(p int, q int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN p; END';
CREATE TABLE passed (x int);
CREATE FUNCTION give(v int) RETURNS SETOF int LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY EXECUTE 'SELECT $1' USING same(v, (SELECT max(id) FROM s)); END $$;
DO $$ DECLARE v int := (SELECT max(a) FROM s); BEGIN
  EXECUTE 'INSERT INTO passed VALUES ($1)' USING same(v, (SELECT max(id) FROM s));
  INSERT INTO passed SELECT * FROM give(v);
END $$;
:show 'passed.%' ORDER BY line COLLATE "C";
DROP SCHEMA orr CASCADE;
