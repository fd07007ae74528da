-- What decides about a statement is said by that statement: what its functions give back is not
-- conditional on it as well. What they write is.
\set schema lin_under
\i sql/include/shown.sql
CREATE TABLE kept (v text, w int);
CREATE FUNCTION head(t text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE h text := split_part(t, '-', 1);
BEGIN
  h := upper(h);
  INSERT INTO kept VALUES (h, 1);
  RETURN h;
END $$;
CREATE FUNCTION longest(t text, limit_to int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF limit_to > 1 THEN RETURN left(t, limit_to); END IF;
  RETURN (SELECT max(y) FROM s2 WHERE y < t);
END $$;
-- WHERE, JOIN, GROUP BY and ON CONFLICT
CREATE TABLE made (id int PRIMARY KEY, h text);
INSERT INTO made SELECT s.id, head(s.b) FROM s JOIN s2 USING (id) WHERE s.a > 0
  ON CONFLICT (id) DO NOTHING;
:show 'made.%' ORDER BY line COLLATE "C";
:show 'kept.%' ORDER BY line COLLATE "C";
CREATE TABLE grouped AS SELECT head(b) AS h, count(*) AS n FROM s GROUP BY 1, d;
:show 'grouped.h %' ORDER BY line COLLATE "C";
-- a function in FROM has no rows because of its arguments
CREATE TABLE from_there AS SELECT h.v FROM s, head(s.b) AS h(v) WHERE s.a > 0;
:show 'from_there.%' AND line LIKE '%CONDITIONAL%' ORDER BY line COLLATE "C";
-- … its own branches do decide, and those around the call in a routine
CREATE TABLE branched (v text);
DO $$
DECLARE r record; v text;
BEGIN
  FOR r IN SELECT id, a, b, c FROM s WHERE d IS NOT NULL LOOP
    IF r.c > 3 THEN SELECT longest(b, a) INTO v FROM s WHERE id = r.id; END IF;
    INSERT INTO branched VALUES (v);
  END LOOP;
END $$;
:show 'branched.v %' ORDER BY line COLLATE "C";
-- a BEFORE trigger's row: the statement that fires it says what decided about it
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.h := head(NEW.h);
  RETURN NEW;
END $$;
CREATE TRIGGER stamped BEFORE UPDATE ON made FOR EACH ROW EXECUTE FUNCTION stamp();
UPDATE made SET id = made.id FROM s2 WHERE s2.id = made.id AND s2.x > 0;
:show 'made.%' AND line LIKE '%<- made.% TRIGGER%' ORDER BY line COLLATE "C";
:show 'made.%' AND line LIKE '%<- s2.% _PDATE%' ORDER BY line COLLATE "C";
-- the same as definitions say it
CREATE VIEW looked AS SELECT head(b) AS h FROM s WHERE a > 0;
:show 'looked.%' ORDER BY line COLLATE "C";
CREATE TABLE said (h text);
CREATE FUNCTION says() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO said SELECT head(b) FROM s WHERE a > 0;
END $$;
SELECT lineage.snapshot_schema('lin_under') > 0;
:show 'said.%' ORDER BY line COLLATE "C";
:show 'kept.%declared%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_under CASCADE;
