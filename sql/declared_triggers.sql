-- One function may serve several triggers of a table: each is read as it fires.
\set schema decl_trig
\i sql/include/shown.sql
CREATE TABLE added (id int, b text);
CREATE TABLE was (id int, b text);
CREATE TABLE becomes (id int, b text);
CREATE FUNCTION track() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO added VALUES (NEW.id, NEW.b);
  ELSE
    INSERT INTO was VALUES (OLD.id, OLD.b);
    INSERT INTO becomes SELECT n.id, n.b FROM now_so n;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER on_insert AFTER INSERT ON s FOR EACH ROW EXECUTE FUNCTION track();
CREATE TRIGGER on_update AFTER UPDATE ON s REFERENCING NEW TABLE AS now_so
  FOR EACH ROW EXECUTE FUNCTION track();
SELECT lineage.snapshot_schema('decl_trig') > 0;
:show 'added.%' ORDER BY line COLLATE "C";
:show 'was.%' ORDER BY line COLLATE "C";
:show 'becomes.%' ORDER BY line COLLATE "C";
-- … and what only the one that goes said ends
DROP TRIGGER on_update ON s;
SELECT lineage.snapshot_schema('decl_trig') > 0;
:show 'added.%' ORDER BY line COLLATE "C";
:show 'was.%' ORDER BY line COLLATE "C";
-- what a trigger is told is known: its arguments, their number, the one operation that fires it
CREATE TABLE copy_of_s (id int, b text);
CREATE TABLE insert_1 (x int);
CREATE TYPE field AS ENUM ('id', 'a');
CREATE FUNCTION put_into() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE target text := TG_ARGV[0]; column_name field; x int;
BEGIN
  EXECUTE format('INSERT INTO %I SELECT $1, $2', target) USING NEW.id, NEW.b;
  IF TG_NARGS = 1 THEN
    EXECUTE 'INSERT INTO ' || lower(TG_OP) || '_' || TG_NARGS || ' VALUES ($1)' USING NEW.a;
    RETURN NULL;
  END IF;
  column_name := TG_ARGV[1]::field;
  EXECUTE format('SELECT ($1).%s', column_name::text) INTO x USING NEW;
  INSERT INTO copy_of_s (id) VALUES (x);
  RETURN NULL;
END $$;
CREATE TRIGGER b AFTER INSERT ON s FOR EACH ROW EXECUTE FUNCTION put_into('copy_of_s');
CREATE TRIGGER c AFTER UPDATE ON s FOR EACH ROW EXECUTE FUNCTION put_into('copy_of_s', 'a');
SELECT lineage.snapshot_table('s') > 0;
:show 'copy_of_s.%' ORDER BY line COLLATE "C";
:show 'insert_1.%' ORDER BY line COLLATE "C";
DROP SCHEMA decl_trig CASCADE;
