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

-- a loop in which nothing changes any more, until something does
CREATE TABLE o (n int, v text);
CREATE PROCEDURE looped() LANGUAGE plpgsql AS $$
DECLARE x text := 'none'; y text; w text;
BEGIN
  FOR i IN 1..9 LOOP
    y := x || '.';
    IF i % 2 = 0 THEN w := y; ELSE w := x; END IF;
    IF i = 4 THEN SELECT b INTO x FROM s LIMIT 1; END IF;
    IF i = 7 THEN x := (SELECT max(s2.y) FROM s2); END IF;
    IF i IN (3, 6, 9) THEN INSERT INTO o VALUES (i, w); END IF;
  END LOOP;
END $$;
CALL looped();
:show 'o.v%' ORDER BY line COLLATE "C";
-- the inner loop is left under a condition: once in the second of its three runs
CREATE TABLE e (n int, m int);
CREATE PROCEDURE left_once() LANGUAGE plpgsql AS $$
DECLARE k int; n int := 0; m int; j int;
BEGIN
  FOR i IN 1..3 LOOP
    k := 0;
    IF i = 2 THEN SELECT s.a INTO k FROM s LIMIT 1; END IF;
    j := 0; m := 0;
    WHILE j < 3 LOOP
      j := j + 1;
      EXIT WHEN k > 100;
      n := n + j;
      m := j;
    END LOOP;
    k := 0;
    IF i = 3 THEN INSERT INTO e VALUES (n, m); END IF;
  END LOOP;
END $$;
CALL left_once();
:show 'e.%' ORDER BY line COLLATE "C";
-- two activations of one function, each with values of its own
CREATE TABLE deep (n int, v text);
CREATE FUNCTION dive(n int, v text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE w text; below text := '';
BEGIN
  FOR i IN 1..3 LOOP
    w := v || i;
    IF n > 0 AND i = 2 THEN below := dive(n - 1, 'constant'); END IF;
    w := v || i;
  END LOOP;
  IF n > 0 THEN INSERT INTO deep VALUES (n, w); END IF;
  RETURN below;
END $$;
DO $$ DECLARE t text; BEGIN SELECT b INTO t FROM s LIMIT 1; PERFORM dive(1, t); END $$;
:show 'deep.v%' ORDER BY line COLLATE "C";
-- … and of a procedure that gives nothing back
CREATE PROCEDURE descend(n int, v text) LANGUAGE plpgsql AS $$
DECLARE w text; m int := n - 1; c text := 'constant';
BEGIN
  FOR i IN 1..3 LOOP
    w := v || i;
    w := '';
    IF n > 0 AND i > 1 THEN CALL descend(m, c); END IF;
    w := v || i;
  END LOOP;
  IF n > 0 THEN INSERT INTO deep VALUES (n, w); END IF;
END $$;
DO $$ DECLARE t text; BEGIN
  CALL descend(1, 'first');
  SELECT max(y) INTO t FROM s2; CALL descend(2, t); CALL descend(1, 'last');
END $$;
:show 'deep.v%' ORDER BY line COLLATE "C";
