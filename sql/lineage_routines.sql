-- Routines that the server calls by itself: behind aggregates, operators, casts, defaults, checks.
\set schema rtn
\i sql/include/begin.sql
CREATE TABLE src (a int, b int);
INSERT INTO src VALUES (1, 2);
CREATE TABLE rate (id int, r int);
INSERT INTO rate VALUES (1, 5), (2, 6);

-- aggregates: their arguments, and what the functions behind them read
CREATE FUNCTION add_up(state int, x int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN coalesce(state, 0) + x; END $$;
CREATE AGGREGATE total(int) (SFUNC = add_up, STYPE = int);
CREATE FUNCTION add_rate(state int, x int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN state + (SELECT r FROM rate WHERE id = x); END $$;
CREATE AGGREGATE rated(int) (SFUNC = add_rate, STYPE = int, INITCOND = '0');
CREATE TABLE totals (x int, y int);
INSERT INTO totals SELECT total(a), total(b) FROM src;
CREATE TABLE ratings (n int);
INSERT INTO ratings SELECT rated(a) FROM src;
CREATE TABLE running (n int);
INSERT INTO running SELECT rated(b) OVER (ORDER BY a) FROM src;
CREATE FUNCTION sum_rates(state int, x int) RETURNS int LANGUAGE sql AS
$$ SELECT coalesce(state, 0) + x + (SELECT max(r) FROM rate WHERE id > 0) $$;
CREATE AGGREGATE summed(int) (SFUNC = sum_rates, STYPE = int);
CREATE TABLE sums (n int);
INSERT INTO sums SELECT summed(a) FROM src;

-- an operator, a cast, a default
CREATE FUNCTION plus_rate(l int, r int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN l + (SELECT max(rate.r) FROM rate); END $$;
CREATE OPERATOR +# (FUNCTION = plus_rate, LEFTARG = int, RIGHTARG = int);
CREATE TYPE priced AS (n int, r int);
CREATE FUNCTION priced(i int) RETURNS priced LANGUAGE plpgsql AS
$$ DECLARE p priced; BEGIN p.n := i; SELECT max(rate.r) INTO p.r FROM rate; RETURN p; END $$;
CREATE CAST (int AS priced) WITH FUNCTION priced(int) AS ASSIGNMENT;
CREATE FUNCTION standard() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT max(r) FROM rate); END $$;
CREATE TABLE stored (by_op int, by_cast int, by_default int DEFAULT standard());
INSERT INTO stored (by_op, by_cast) SELECT a +# b, (b::priced).n FROM src;

-- a trigger of DELETE: what decided which rows go decides what it writes
CREATE TABLE gone (a int);
CREATE FUNCTION archived() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO gone VALUES (OLD.a); RETURN OLD; END $$;
CREATE TRIGGER archived AFTER DELETE ON src FOR EACH ROW EXECUTE FUNCTION archived();
DELETE FROM src USING rate WHERE rate.id = src.b;

-- a record that takes a row made of its own fields
INSERT INTO src VALUES (3, 4);
CREATE TABLE turned (x int, y int);
DO $$
DECLARE
  r record;
BEGIN
  SELECT a, b INTO r FROM src;
  r := (r.b, r.a, 'more');
  INSERT INTO turned VALUES (r.f1, r.f2);
END $$;

SELECT line FROM (
  SELECT concat_ws(' ', replace(target_table, 'rtn.', '') || '.' || coalesce(target_column, '*'),
      '<-', replace(source_table, 'rtn.', '') || '.' || source_column, subtype) AS line
  FROM lineage.column_lineage
  WHERE target_table LIKE 'rtn.%' AND (type = 'DIRECT' OR target_table = 'rtn.gone')) pairs
GROUP BY line ORDER BY line COLLATE "C";
DROP SCHEMA rtn CASCADE;
