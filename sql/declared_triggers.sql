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
DROP SCHEMA decl_trig CASCADE;
