-- What follows a statement that contains a jump depends on what decides about the jump.
\set schema lin_j
\i sql/include/shown.sql
CREATE TABLE src (id int, n int, txt text);
INSERT INTO src VALUES (1, 2, '5'), (2, 3, 'x');
CREATE TABLE known (id int);
INSERT INTO known VALUES (9);

-- A jump to a label decides about nothing behind the loop of that label.
CREATE TABLE behind (id int);
DO $$
DECLARE
  r record;
BEGIN
  <<only_loop>>
  FOR r IN SELECT id FROM src LOOP
    EXIT only_loop WHEN r.id > 1;
  END LOOP;
  INSERT INTO behind SELECT id FROM known;
END $$;
:show 'behind.%' ORDER BY line COLLATE "C";

-- A loop that might have ended the routine decides about what follows, also where it made no round.
CREATE TABLE after_while (w text);
CREATE TABLE after_for (w text);
CREATE TABLE after_rows (w text);
CREATE TABLE after_array (w text);
CREATE TABLE after_assert (w text);
CREATE PROCEDURE leave_while(v int) LANGUAGE plpgsql AS $$
BEGIN
  WHILE v > 100 LOOP
    IF (SELECT max(id) FROM known) > 0 THEN RETURN; END IF;
  END LOOP;
  INSERT INTO after_while VALUES ('here');
END $$;
CREATE PROCEDURE leave_for(v int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 30..v LOOP RAISE EXCEPTION 'out'; END LOOP;
  INSERT INTO after_for VALUES ('here');
END $$;
CREATE PROCEDURE leave_rows() LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT id FROM src WHERE txt = 'none' LOOP RETURN; END LOOP;
  INSERT INTO after_rows VALUES ('here');
END $$;
CREATE PROCEDURE leave_array() LANGUAGE plpgsql AS $$
DECLARE
  e text := (SELECT max(txt) FROM src);
BEGIN
  FOREACH e IN ARRAY (SELECT array_agg(id::text) FILTER (WHERE id < 0) || '{}' FROM known) LOOP
    RETURN;
  END LOOP;
  INSERT INTO after_array VALUES (e);
END $$;
CREATE PROCEDURE go_on_if(v int) LANGUAGE plpgsql AS
$$ BEGIN ASSERT v > 1; INSERT INTO after_assert VALUES ('here'); END $$;
DO $$
DECLARE
  v int;
BEGIN
  SELECT n INTO v FROM src ORDER BY id LIMIT 1;
  CALL leave_while(v);
  CALL leave_for(v);
  CALL go_on_if(v);
END $$;
CALL leave_rows();
CALL leave_array();
:show 'after~_%' ESCAPE '~' ORDER BY line COLLATE "C";

-- FOUND after a loop over integers that made no round is what its bounds made it.
CREATE TABLE no_round (w text);
DO $$
DECLARE
  v int := (SELECT n FROM src ORDER BY id LIMIT 1);
BEGIN
  FOR i IN 30..v LOOP NULL; END LOOP;
  IF NOT FOUND THEN INSERT INTO no_round VALUES ('here'); END IF;
END $$;
:show 'no_round.%' ORDER BY line COLLATE "C";

-- A failure that a handler took decides about what follows, when it kept the block from leaving.
CREATE TABLE decides (fails int, leaves text);
INSERT INTO decides VALUES (1, 'x');
CREATE TABLE after_handler (w text);
CREATE TABLE after_nothing (w text);
CREATE TABLE after_handled_loop (w text);
CREATE TABLE after_harmless (w text);
CREATE TABLE after_not_taken (w text);
CREATE PROCEDURE go_on_handled() LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    IF (SELECT fails > 0 FROM decides) THEN RAISE 'failed'; END IF;
    IF (SELECT leaves = 'x' FROM decides) THEN RETURN; END IF;
  EXCEPTION WHEN OTHERS THEN
    PERFORM 1;
  END;
  INSERT INTO after_handler VALUES ('here');
END $$;
CREATE PROCEDURE go_on_without() LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    IF (SELECT fails > 0 FROM decides) THEN RAISE 'failed'; END IF;
    RETURN;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  INSERT INTO after_nothing VALUES ('here');
END $$;
CREATE PROCEDURE go_on_in_loop() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..2 LOOP
    BEGIN
      IF (SELECT fails > 0 FROM decides) THEN RAISE 'failed'; END IF;
      CONTINUE;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    INSERT INTO after_handled_loop VALUES ('here');
  END LOOP;
  BEGIN
    IF (SELECT leaves = 'x' FROM decides) THEN RAISE 'failed'; END IF;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  INSERT INTO after_harmless VALUES ('here');
END $$;
CREATE PROCEDURE go_on_not_taken(how int) LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    IF (SELECT fails > how FROM decides) THEN RAISE assert_failure; END IF;
    IF (SELECT leaves > 'z' FROM decides) THEN RAISE 'x' USING ERRCODE = '57014'; END IF;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  INSERT INTO after_not_taken VALUES ('here');
END $$;
CALL go_on_not_taken(1);
CALL go_on_not_taken(0);
CALL go_on_handled();
CALL go_on_without();
CALL go_on_in_loop();
:show 'after~_h%' ESCAPE '~' ORDER BY line COLLATE "C";
:show 'after~_no%' ESCAPE '~' ORDER BY line COLLATE "C";
DROP SCHEMA lin_j CASCADE;
