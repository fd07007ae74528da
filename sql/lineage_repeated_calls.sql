-- What procedures that are given nothing do call after call, until something is different.
\set schema lin_rpc
\i sql/include/shown.sql

-- a name that means a catalog, and then a table, from one call to the next
CREATE TABLE pg_am (amname text);
CREATE TABLE o (t text);
CREATE PROCEDURE named(t text, put bool) LANGUAGE plpgsql AS $$
BEGIN
  t := (SELECT max(amname) FROM pg_am);
  IF put THEN INSERT INTO o VALUES (t); END IF;
END $$;
CREATE PROCEDURE often() LANGUAGE plpgsql AS $$
BEGIN FOR k IN 1..4 LOOP CALL named('', true); END LOOP; END $$;
CALL often();
:show 'o.%' ORDER BY line COLLATE "C";
SET search_path = :schema, pg_catalog;
CALL named('', false);
CALL named('', true);
:show 'o.%' ORDER BY line COLLATE "C";
SET search_path = :schema;
-- what masks has been told, and is looked at anew, in a call of the routine by itself
CREATE TABLE i (t text);
CREATE PROCEDURE within(deep int, change bool) LANGUAGE plpgsql AS $$
DECLARE t text := ''; u text;
BEGIN
  IF deep = 0 THEN SELECT s.b INTO t FROM s LIMIT 1; END IF;
  IF change AND deep = 1 THEN
    SET pg_lineage.masking_functions = 'reverse';
    SET search_path = lin_rpc, pg_catalog;
  END IF;
  FOR k IN 1..5 LOOP
    u := reverse(t);
    IF deep = 0 AND k = 3 THEN CALL within(1, change); END IF;
    IF deep = 0 AND k = 5 THEN INSERT INTO i VALUES (u); END IF;
    EXIT WHEN deep = 1;
  END LOOP;
END $$;
CALL within(0, false);
CALL within(0, false);
:show 'i.%' ORDER BY line COLLATE "C";
CALL within(0, true);
:show 'i.%' ORDER BY line COLLATE "C";
-- a procedure that fails in each second call, one that ends the transaction in each third
CREATE TABLE e (n int, t text);
CREATE PROCEDURE fails(n int, t text) LANGUAGE plpgsql AS $$
BEGIN
  t := 'constant';
  n := 1 / n;
END $$;
CREATE PROCEDURE ends(n int, t text) LANGUAGE plpgsql AS $$
BEGIN
  t := '';
  IF n = 0 THEN COMMIT; END IF;
END $$;
CREATE PROCEDURE goes_on(t text, u text) LANGUAGE plpgsql AS $$
BEGIN
  FOR k IN 1..8 LOOP
    BEGIN
      u := '';
      t := u;
      CALL fails(k % 2, '');
      t := 'constant';
    EXCEPTION WHEN division_by_zero THEN
    END;
    u := t;
    IF k = 5 THEN SELECT s.b INTO u FROM s LIMIT 1; END IF;
    CALL ends(k % 3, '');
    IF k = 5 THEN INSERT INTO e VALUES (k, u); END IF;
    IF k = 6 THEN SELECT s2.y INTO t FROM s2 LIMIT 1; END IF;
    CALL ends(k % 3, '');
    IF k = 6 THEN INSERT INTO e VALUES (k, t); END IF;
    IF k = 7 THEN INSERT INTO e SELECT k, u; END IF;
  END LOOP;
END $$;
CALL goes_on('', '');
:show 'e.%' ORDER BY line COLLATE "C";
-- what is called under a condition, and what is given something, begins anew each time
CREATE TABLE g (n text, m text);
CREATE PROCEDURE given(n text, m text) LANGUAGE plpgsql AS $$
BEGIN
  m := n;
  IF n IS NOT NULL THEN INSERT INTO g VALUES (n, m); END IF;
END $$;
CREATE PROCEDURE gives() LANGUAGE plpgsql AS $$
DECLARE x text := 'none'; y int;
BEGIN
  FOR k IN 1..6 LOOP
    IF k = 4 THEN SELECT s.b INTO x FROM s LIMIT 1; END IF;
    CALL given(x, '');
    IF k = 5 THEN
      x := 'none';
      SELECT s2.x INTO y FROM s2 LIMIT 1;
      IF y > 0 THEN CALL given(x, ''); END IF;
    END IF;
  END LOOP;
END $$;
CALL gives();
:show 'g.%' ORDER BY line COLLATE "C";
