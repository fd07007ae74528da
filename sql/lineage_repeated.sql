-- What a routine or a trigger does again and again is read once: until something is different.
\set schema lin_rep
\i sql/include/shown.sql

-- a BEFORE trigger gives its row by turns what two tables hold, and what it was given
CREATE TABLE turned (id int, v int, twice int GENERATED ALWAYS AS (v * 2) STORED);
CREATE TABLE plain (id int, v int);
CREATE FUNCTION turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id % 3 = 1 THEN
    SELECT s.x INTO NEW.v FROM s2 s LIMIT 1;
  ELSIF NEW.id % 3 = 2 THEN
    SELECT s.a INTO NEW.v FROM s LIMIT 1;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER turn BEFORE INSERT ON turned FOR EACH ROW EXECUTE FUNCTION turn();
CREATE TRIGGER turn BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION turn();
INSERT INTO plain SELECT g, g FROM generate_series(0, 8) g;
:show 'plain.%' ORDER BY line COLLATE "C";
SELECT source_column, executions FROM lineage.column_lineage
 WHERE target_table = 'lin_rep.plain' AND type = 'DIRECT' ORDER BY 1;
INSERT INTO turned SELECT g, g FROM generate_series(0, 8) g;
:show 'turned.%' ORDER BY line COLLATE "C";
-- … which counts in a transaction that commits, in others not
BEGIN;
INSERT INTO plain VALUES (1);
SAVEPOINT a;
INSERT INTO plain VALUES (2);
ROLLBACK TO a;
COMMIT;
SELECT source_column, executions FROM lineage.column_lineage
 WHERE target_table = 'lin_rep.plain' AND type = 'DIRECT' ORDER BY 1;
-- the table gets a column that is computed from what the trigger gives
ALTER TABLE plain ADD half int GENERATED ALWAYS AS (v / 2) STORED;
INSERT INTO plain VALUES (1), (2);
:show 'plain.half%' ORDER BY line COLLATE "C";
ALTER TABLE plain ALTER half DROP EXPRESSION;
SELECT lineage.forget();
INSERT INTO plain VALUES (1), (2);
:show 'plain.%' ORDER BY line COLLATE "C";
-- the table gets another name
ALTER TABLE plain RENAME TO plainer;
INSERT INTO plainer VALUES (2);
:show 'plainer.%' ORDER BY line COLLATE "C";
