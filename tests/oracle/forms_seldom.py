"""Statements of bodies that are seldom met: names, records, cursors, calls.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_oddities import unchanged
from forms_sole import alone, one_of
from terms import IDENTITY, TRANSFORMATION
from world import SAME

CAUGHT = "EXCEPTION WHEN OTHERS THEN NULL; END;"


def wrong_names(world, z):
    """Names that mean nothing here, or something only where they do not stand."""
    forms = (
        "v := b.v.x;", "v := k.l.m.n;", "v := (SELECT count((k.l.m).*));", "v := r.a.x;",
        "v := (SELECT count(r.a.*));", "v := (SELECT count(k.l.m.*));", "v := $9;", "v := nowhere;",
        "CASE nowhere WHEN 1 THEN v := 1; END CASE;", "r.nothing := 1;",
        "EXECUTE 'SELEC 1';", "EXECUTE 'SELECT n FROM no';",
        "OPEN cur FOR SELECT n FROM nowhere;", "OPEN bound(nowhere);", "v := (SELECT v.*);",
        "UPDATE nothing SET a = 1 WHERE CURRENT OF cur;",
        f"v := 1{' + 1' * 10000};", "CALL nowhere();", "EXECUTE 'SELECT $2' INTO v USING 1;",
        "EXECUTE 'SELECT $1' INTO v USING nowhere;",
    )
    body = (
        f"<<b>> BEGIN BEGIN {world.draw.one(forms)} {CAUGHT}"
        f" INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z; END;"
    )
    declares = (
        "DECLARE v int; r record; cur refcursor; bound CURSOR (n int) FOR SELECT n;"
    )
    moved(world, z, routine(world, body, declares + " "))


def like_aliases(world, z):
    """Variables and labels that are named like a table of the statement."""
    draw = world.draw
    forms = (
        ("DECLARE z int; ", ""), ("<<z>> DECLARE v int; ", ""),
        ("#variable_conflict use_column\n DECLARE z record; ", ""),
        ("#variable_conflict use_column\n DECLARE z int; a int; ", ""),
        (f"<<{z}>> DECLARE z int; a int; ", "z := 1; "),
    )
    declares, first = draw.one(forms)
    read = f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z WHERE z.id > 0;"
    if draw.chance(30) and "record" not in declares and "conflict" not in declares:
        read = f"FOR q IN SELECT z.* FROM {z} z LOOP INSERT INTO {{t}} VALUES (q.a, q.c); END LOOP;"
        declares = declares.replace("DECLARE", "DECLARE q record;")
    moved(world, z, routine(world, first + read, declares))


def records(world, z):
    """Records on their way: of two shapes, of none, handed on twice, fields set one by one."""
    draw = world.draw
    world.need_composite()
    fn, target = world.name("fn"), world.target(["int", "text"])
    world.setup.append(
        f"CREATE FUNCTION {fn}(p pair) RETURNS pair LANGUAGE plpgsql AS $b$ BEGIN RETURN p; END $b$"
    )
    put = f"INSERT INTO {target.name}"
    one = f"SELECT z.a, z.c INTO r FROM {z} z ORDER BY z.id LIMIT 1;"
    forms = (
        f"{one} s := r; q := r; {put} VALUES (s.a, q.c);",
        f"SELECT z.a, z.c INTO p FROM {z} z ORDER BY z.id LIMIT 1; {put} SELECT x.f1, y.f2 FROM"
        " (SELECT p.*) x, (SELECT p.*) y;",
        f"SELECT z.a, z.c INTO p FROM {z} z ORDER BY z.id LIMIT 1; s := {fn}(p);"
        f" {put} VALUES (s.f1, s.f2);",
        f"SELECT z.a, z.c INTO p FROM {z} z ORDER BY z.id LIMIT 1; EXECUTE 'SELECT $1' INTO s"
        f" USING p; EXECUTE 'INSERT INTO {target.name} SELECT ($1).f1, ($1).f2' USING p;",
        f"IF true THEN {one} ELSE SELECT z.a, z.c, z.b INTO r FROM {z} z; END IF;"
        f" {put} VALUES (r.a, r.c);",
        f"IF true THEN {one} END IF; {put} VALUES (r.a, r.c);",
        f"IF false THEN RETURN; END IF; BEGIN s.a := 1; {CAUGHT} {one} {put} VALUES (r.a, r.c);",
        f"FOR p IN SELECT z.a, z.c FROM {z} z LOOP p.f1 := p.f1; {put} VALUES (p.f1, p.f2);"
        " END LOOP;",
        f"s := (SELECT z FROM {z} z ORDER BY z.id LIMIT 1); q := s;"
        f" {put} VALUES (s.a, q.c);",
    )
    form = draw.one(forms)
    declares = "DECLARE r record; s record; q record; p pair; "
    routine(world, form, declares, target=target)
    moved(world, z, target)
    if "z.b INTO" in form or "false THEN" in form:
        world.exact = False  # an arm that never runs


def composite_case(world, z):
    """CASE of a row: every field decides. CASE without ELSE, inside of loops."""
    draw = world.draw
    world.need_composite()
    form = draw.below(4)
    target = world.target(["int", "text"])
    one = f"SELECT z.a, z.c INTO p FROM {z} z ORDER BY z.id LIMIT 1;"
    put = f"INSERT INTO {target.name} VALUES (p.f1, p.f2);"
    if form == 0:
        y = alone(world)
        log = world.target(["int"])
        body = (
            f"SELECT y.a, y.c INTO p FROM {y} y ORDER BY y.id LIMIT 1;"
            f" CASE p WHEN ROW(1, 'x')::pair THEN INSERT INTO {log.name} VALUES (1);"
            f" ELSE INSERT INTO {log.name} VALUES (2); END CASE; {one} {put}"
        )
        world.deciding |= {(f"{y}.{column}", log.name, "CONDITIONAL") for column in ("a", "c")}
    elif form == 1:
        body = f"{one} CASE WHEN p IS NOT NULL OR true THEN {put} END CASE;"
    elif form == 2:
        body = (
            f"{one} FOR i IN 1..4 LOOP CASE v WHEN 1 THEN NULL; ELSE NULL; END CASE; v := u;"
            f" u := o; o := p.f1; END LOOP; {put}"
        )
    else:
        body = (
            f"{one} FOR i IN 1..2 LOOP CASE i WHEN 1 THEN {put} ELSE NULL; END CASE;"
            " CASE p.f1 WHEN 1 THEN v := 1; ELSE v := 2; END CASE; END LOOP;"
        )
    routine(world, body, "DECLARE p pair; v int; u int; o int; ", target=target)
    moved(world, z, target)


def odd_expressions(world, z):
    """Expressions that are queries: with WHERE, with sets, with aggregates; loops over them."""
    draw = world.draw
    read = f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP"
    put = "INSERT INTO {t} VALUES (v, r.c); END LOOP;"
    forms = (
        (f"{read} v := r.a WHERE r.id IS NOT NULL; {put}".replace("r.id", "r.c"), IDENTITY),
        (f"{read} v := unnest(ARRAY[r.a]); {put}", TRANSFORMATION),
        (f"{read} PERFORM 1, r.a; PERFORM ARRAY[ROW(r.a, r.c)]; PERFORM FROM {z}; v := r.a; {put}",
         IDENTITY),
        (f"{read} FOREACH w IN ARRAY ARRAY[1, 2] LOOP v := r.a; END LOOP; {put}", IDENTITY),
        (f"{read} FOR i IN r.a..r.a LOOP v := i; END LOOP; {put}", TRANSFORMATION),
        (f"OPEN cur FOR SELECT z.a, z.c FROM {z} z ORDER BY z.id; MOVE cur; FETCH PRIOR FROM cur"
         " INTO r; MOVE FIRST IN cur; FETCH RELATIVE 0 FROM cur INTO r; CLOSE cur;"
         " INSERT INTO {t} VALUES (r.a, r.c);", IDENTITY),
    )
    body, kind = draw.one(forms)
    target = routine(world, body, "DECLARE r record; v int; w int; cur refcursor; ")
    world.writes(target.name, "c1", {(f"{z}.a", kind, False)})
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def made_elsewhere(world, z):
    """A temporary table that a callee makes, which has been read before by itself."""
    maker, name, target = world.name("mk"), world.name("tmp"), world.target(["int", "text"])
    world.setup.append(
        f"CREATE PROCEDURE {maker}() LANGUAGE plpgsql AS $b$ BEGIN DROP TABLE IF EXISTS {name};"
        f" CREATE TEMP TABLE {name} (k int, w text); INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
        " END $b$"
    )
    routine(
        world,
        f"CALL {maker}(); INSERT INTO {target.name} SELECT x.k, x.w FROM {name} x;",
        target=target,
    )
    moved(world, z, target)


def initial(world, z):
    """Variables that begin with what a query or a routine gives, one made of another."""
    fn = world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE plpgsql AS $b$ BEGIN RETURN n; END $b$"
    )
    declares = (
        f"DECLARE v int := (SELECT z.a FROM {z} z ORDER BY z.id LIMIT 1); u int := {fn}(v);"
        f" w text := (SELECT z.c FROM {z} z ORDER BY z.id LIMIT 1); "
    )
    moved(world, z, routine(world, "INSERT INTO {t} VALUES (u, w);", declares))


def in_session(world, z):
    """A body makes anew what its session has already; a table that is dropped and made again."""
    draw, target = world.draw, world.target(["int", "text"])
    if draw.chance(50):
        name = world.name("tmp")
        world.setup.append(f"CREATE TEMP TABLE {name} (k int, w text)")
        made = f"DROP TABLE IF EXISTS {name}; CREATE TEMP TABLE {name} (k int, w text);"
        body = f"{made} INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
        routine(world, f"{body} INSERT INTO {target.name} SELECT x.k, x.w FROM {name} x;",
                target=target)
        moved(world, z, target)
        return
    name = world.name("n")
    world.setup.append(f"CREATE TABLE {name} AS SELECT 1 AS k, 'x'::text AS w")
    world.targets.append(name)
    body = f"DROP TABLE {name}; CREATE TABLE {name} AS SELECT z.a AS k, z.c AS w FROM {z} z;"
    routine(world, f"{body} INSERT INTO {target.name} SELECT x.k, x.w FROM {name} x;",
            target=target)
    world.copies(z, name, (("a", "k"), ("c", "w")))
    world.copies(name, target.name, (("k", "c1"), ("w", "c2")))


def several_tables(world, z):
    """One trigger function for tables of several shapes: some uses cannot be read."""
    draw, fn, log = world.draw, world.name("tf"), world.target(["int", "text"])
    fired = world.target(["int", "text"])
    shapes = ["(k int)", "(m int)"]
    world.setup.append(
        f"CREATE FUNCTION {fn}() RETURNS trigger LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO"
        f" {log.name} VALUES (NEW.c1, NEW.c2); RETURN NULL; END $b$"
    )
    world.setup.append(
        f"CREATE FUNCTION {fn}_n() RETURNS trigger LANGUAGE plpgsql AS $b$ BEGIN RETURN NULL;"
        " END $b$"
    )
    for at in ("a", "y"):
        world.setup.append(
            f"CREATE TRIGGER {at} AFTER DELETE ON {fired.name} FOR EACH ROW EXECUTE FUNCTION"
            f" {fn}_n()"
        )
    tables = [fired.name]
    for shape in shapes[: draw.between(1, 2)]:
        other = world.name("o")
        world.setup.append(f"CREATE TABLE {other} {shape}")
        tables.insert(draw.below(len(tables) + 1), other)
    for table in tables:
        world.setup.append(
            f"CREATE TRIGGER x AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {fn}()"
        )
    world.copies(z, fired.name)
    world.copies(fired.name, log.name, SAME)
    world.run.append(f"INSERT INTO {fired.name} SELECT z.a, z.c FROM {z} z")


def turned_temporary(world, z):
    """A routine that calls itself and fills a temporary table on the way; without control flow."""
    draw, name, tmp = world.draw, world.name("pr"), world.name("tmp")
    target = world.target(["int", "text"])
    if draw.chance(50):
        world.setup.append("SET pg_lineage.track_control_flow = off")
        log = world.target(["int", "text"])
        world.setup.append(
            f"CREATE PROCEDURE {name}_n() LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO {log.name}"
            f" SELECT z.a, z.c FROM {z} z; END $b$"
        )
        routine(world, f"CALL {name}_n();", target=log)
        moved(world, z, log)
    world.setup.append(
        f"CREATE PROCEDURE {name}(n int, w text, m int) LANGUAGE plpgsql AS $b$ BEGIN"
        f" CREATE TEMP TABLE IF NOT EXISTS {tmp} (k int, w text);"
        f" IF m > 0 THEN INSERT INTO {tmp} VALUES (n, {name}.w); CALL {name}(n, w, m - 1); ELSE"
        f" INSERT INTO {target.name} SELECT x.k, x.w FROM {tmp} x; DELETE FROM {tmp}; END IF; END"
        " $b$"
    )
    body = f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP CALL {name}(r.a, r.c, 1); END LOOP;"
    routine(world, body, "DECLARE r record; ", target=target)
    world.reset.append(f"DROP TABLE IF EXISTS {tmp}")
    moved(world, z, target)


def known_cursors(world, z):
    """WHERE CURRENT OF in a SQL body, over a temporary table, of a cursor whose query calls."""
    draw, y = world.draw, alone(world)
    form = draw.below(3)
    value = f"(SELECT max(y.a) FROM {y} y)"
    world.targets.append(z)
    unchanged(world, z)
    if form == 0:
        name = world.name("pr")
        world.setup.append(
            f"CREATE PROCEDURE {name}() LANGUAGE sql AS"
            f" $b$ UPDATE {z} SET b = {value} WHERE CURRENT OF cur $b$"
        )
        world.run += [
            f"BEGIN; DECLARE cur CURSOR FOR SELECT * FROM {z} ORDER BY id FOR UPDATE;"
            " FETCH 1 FROM cur",
            f"CALL {name}()", "COMMIT",
        ]
    elif form == 1:
        fn = world.name("fn")
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS bool LANGUAGE plpgsql AS"
            " $b$ BEGIN RETURN n IS NOT NULL OR true; END $b$"
        )
        world.run += [
            f"BEGIN; DECLARE cur CURSOR FOR SELECT * FROM {z} WHERE {fn}(a) ORDER BY id"
            " FOR UPDATE;"
            " FETCH 1 FROM cur",
            f"UPDATE {z} SET b = {value} WHERE CURRENT OF cur", "COMMIT",
        ]
    else:
        world.run += [
            f"BEGIN; DECLARE cur CURSOR WITH HOLD FOR SELECT * FROM {z}; COMMIT",
            f"DO $d$ BEGIN BEGIN UPDATE {z} SET b = 3 WHERE CURRENT OF cur; {CAUGHT} END $d$",
            f"CLOSE cur; UPDATE {z} SET b = {value} WHERE id = 1",
        ]
    world.direct.add((f"{y}.a", f"{z}.b", "AGGREGATION", False))


def kept_old(world, z):
    """A BEFORE trigger that keeps the row as it was."""
    fn, log = world.name("tf"), world.target(["int", "text"])
    put = f"INSERT INTO {log.name} VALUES (OLD.a, NEW.c);"
    world.fires(fn, "BEFORE UPDATE", z, f"BEGIN {put} RETURN OLD; END")
    world.run.append(f"UPDATE {z} SET b = 5 WHERE id > 1")
    moved(world, z, log)


def no_outputs(world, z):
    """Calls whose outputs nobody tells, or nobody can take."""
    draw, name = world.draw, world.name("pr")
    put = f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"
    form = draw.below(3)
    if form == 2:  # a jump out of the routine itself
        world.setup.append(
            f"CREATE PROCEDURE {name}() LANGUAGE plpgsql AS $f$ BEGIN EXIT {name}; END $f$"
        )
        body = f"BEGIN CALL {name}(); {CAUGHT} {put}"
    elif form == 1:
        world.types.append("CREATE EXTENSION IF NOT EXISTS plpython3u")
        world.setup.append(
            f"CREATE PROCEDURE {name}(INOUT n int) LANGUAGE plpython3u AS $f$return (n,)$f$"
        )
        body = f"v := 1; CALL {name}(v); {put}"
    else:
        world.setup.append(
            f"CREATE PROCEDURE {name}(INOUT n int) LANGUAGE plpgsql AS $f$ BEGIN n := 2; END $f$"
        )
        body = f"BEGIN CALL {name}(1 + 1); {CAUGHT} {put}"
    moved(world, z, routine(world, body, "DECLARE v int; "))


WAYS = (
    wrong_names, like_aliases, records, composite_case, odd_expressions, made_elsewhere,
    initial, in_session, several_tables, turned_temporary, known_cursors, kept_old, no_outputs,
)


FORMS = [one_of(WAYS, "seldom", "seldom")] * 3
