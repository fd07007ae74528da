-- Utility statements in a text that a routine executes: what USING passes, where their rows go.
\set schema lin_dy
\i sql/include/shown.sql
-- CALL takes the values of USING, and its OUT parameters come back by INTO
CREATE TABLE called (a text, b int);
CREATE PROCEDURE put(v text, INOUT n int) LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO called VALUES (upper(v), n + 1); n := n * 2; END $$;
CREATE TABLE came_back (n int);
CREATE PROCEDURE call_it() LANGUAGE plpgsql AS $$
DECLARE r record; doubled int; name text;
BEGIN
  SELECT y INTO name FROM s2 WHERE id = 1;
  FOR r IN SELECT b, a FROM s LOOP
    EXECUTE format('CALL %I($1, $2)', CASE WHEN name <> '' THEN 'put' END) INTO doubled
      USING r.b, r.a;
    INSERT INTO came_back VALUES (doubled);
  END LOOP;
END $$;
CALL call_it();
:show 'called.%' ORDER BY line COLLATE "C";
:show 'came_back.%' ORDER BY line COLLATE "C";
-- rows of FETCH and of a prepared statement, to INTO, a loop and RETURN QUERY
CREATE TABLE fetched (how text, v text);
CREATE FUNCTION given() RETURNS SETOF text LANGUAGE plpgsql AS
$$ BEGIN RETURN QUERY EXECUTE 'EXECUTE of_d'; END $$;
CREATE PROCEDURE fetch_it() LANGUAGE plpgsql AS $$
DECLARE c refcursor := 'cur'; r record; v text;
BEGIN
  OPEN c FOR SELECT b, j::text AS other FROM s WHERE a > 0;
  EXECUTE 'FETCH NEXT FROM cur' INTO v;
  INSERT INTO fetched VALUES ('into', v);
  FOR r IN EXECUTE 'FETCH ALL FROM cur' LOOP
    INSERT INTO fetched VALUES (r.other, 'loop');
  END LOOP;
  CLOSE c;
  EXECUTE 'PREPARE of_y AS SELECT y FROM s2';
  EXECUTE 'PREPARE of_d AS SELECT d::text FROM s';
  FOR v IN EXECUTE 'EXECUTE of_y' LOOP
    INSERT INTO fetched VALUES ('prepared', v);
  END LOOP;
  INSERT INTO fetched SELECT 'returned', g FROM given() g;
  DEALLOCATE of_y;
  DEALLOCATE of_d;
END $$;
CALL fetch_it();
:show 'fetched.%' ORDER BY line COLLATE "C";
-- queries inside them see what USING passes; the text decides about what they write
CREATE TABLE from_temp (v text, w int);
CREATE PROCEDURE make_it() LANGUAGE plpgsql AS $$
DECLARE name text; val text; t text; c refcursor := 'declared';
BEGIN
  SELECT y INTO val FROM s2 WHERE id = 1;
  SELECT 'made' INTO name FROM s WHERE id = 1;
  EXECUTE 'CREATE TEMP TABLE passed ON COMMIT DROP AS SELECT $1 AS p, a FROM s' USING val;
  INSERT INTO from_temp SELECT p, a FROM passed;
  EXECUTE format('CREATE TABLE %I AS SELECT x FROM s2', name);
  EXECUTE 'DECLARE declared CURSOR FOR SELECT b || $1 FROM s' USING val;
  FETCH c INTO t;
  INSERT INTO from_temp (v) VALUES (t);
  EXECUTE format('DO %L', 'BEGIN INSERT INTO from_temp (w) VALUES (1); END /* ' || name || ' */');
END $$;
CALL make_it();
:show 'from_temp.%' ORDER BY line COLLATE "C";
:show 'made.%' ORDER BY line COLLATE "C";
DROP SCHEMA lin_dy CASCADE;
