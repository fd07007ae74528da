"""More bodies and statements that are rare: tables handed on, bodies that cannot be read, settings.

As in forms_bodies.py: called without arguments, over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, into, one_of
from terms import IDENTITY, TRANSFORMATION
from world import SAME


def handed_table(world, z):
    """A temporary table that one routine makes and others fill and read."""
    name, target = world.name("tmp"), world.target(["int", "text"])
    reader, filler = world.name("rd"), world.name("fl")
    deeper = world.draw.chance(50)
    world.setup += [
        f"CREATE PROCEDURE {filler}(n int) LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO {name}"
        f" SELECT z.a, z.c FROM {z} z WHERE z.id > n; END $b$",
        f"CREATE PROCEDURE {reader}() LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO {target.name}"
        f" SELECT x.k, x.w FROM {name} x; END $b$",
    ]
    read = f"CALL {reader}();"
    if deeper:
        middle = world.name("md")
        world.setup.append(
            f"CREATE PROCEDURE {middle}() LANGUAGE plpgsql AS $b$ BEGIN {read} END $b$"
        )
        read = f"CALL {middle}();"
    routine(
        world,
        f"DROP TABLE IF EXISTS {name}; CREATE TEMP TABLE {name} (k int, w text);"
        f" CALL {filler}(0); {read}",
        target=target,
    )
    moved(world, z, target)


def broken(world, z):
    """Bodies that nobody can read or call, beside one that is fine."""
    draw, name = world.draw, world.name("bad")
    bodies = (
        f"CREATE FUNCTION {name}() RETURNS int LANGUAGE plpgsql AS $b$ BEGIN SELEC 1; END $b$",
        f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS $b$ SELEC 1 $b$",
        f"CREATE FUNCTION {name}() RETURNS int LANGUAGE plpgsql AS"
        " $b$ DECLARE x nowhere.t%TYPE; BEGIN RETURN x; END $b$",
        f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS $b$ SELECT n FROM nowhere.t $b$",
        f"CREATE FUNCTION {name}() RETURNS int LANGUAGE plpgsql AS"
        f" $b$ DECLARE c text; BEGIN RETURN (SELECT c FROM {z}); END $b$",
        f"CREATE FUNCTION {name}() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $b$ BEGIN PERFORM tg_tag; END $b$",
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        " $b$ BEGIN RETURN NEW; END $b$",
        f"CREATE FUNCTION {name}(int) RETURNS int LANGUAGE internal AS 'int4abs'",
    )
    world.setup += ["SET check_function_bodies = off", draw.one(bodies)]
    world.setup.append("RESET check_function_bodies")
    moved(world, z, routine(world, f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"))


def deleted(world, z):
    """What a DELETE took away, its trigger writes elsewhere."""
    fn, log = world.name("tf"), world.target(["int", "text"])
    victim = alone(world)
    put = f"INSERT INTO {log.name} VALUES (OLD.a, OLD.c);"
    world.fires(fn, "AFTER DELETE", victim, f"BEGIN {put} RETURN NULL; END")
    moved(world, victim, log)
    form = world.draw.below(3)
    delete = f"DELETE FROM {victim} v USING {z} z WHERE v.id = z.id AND z.a > 0"
    if form == 0:
        world.run.append(delete)
    elif form == 1:
        world.run.append(f"DELETE FROM {victim}")
    else:
        name = world.name("pr")
        world.setup.append(
            f"CREATE PROCEDURE {name}() LANGUAGE plpgsql AS $b$ BEGIN {delete}; END $b$"
        )
        world.run.append(f"CALL {name}()")


def discarded(world, z):
    """DISCARD TEMP ends temporary tables and what was in them."""
    name, target = world.name("tmp"), world.target(["int", "text"])
    word = world.draw.one(("TEMP", "TEMPORARY"))
    world.discarded = name
    world.run += [
        f"CREATE TEMP TABLE {name} AS SELECT z.b AS k, z.c AS w FROM {z} z",
        f"DISCARD {word}",
        f"CREATE TEMP TABLE {name} AS SELECT z.a AS k, z.c AS w FROM {z} z",
        f"INSERT INTO {target.name} SELECT x.k, x.w FROM {name} x",
        f"DROP TABLE {name}",
    ]
    world.reset.append(f"DROP TABLE IF EXISTS {name}")
    moved(world, z, target)


def other_statements(world, z):
    """Statements in bodies that move no data, or none that can be told."""
    draw = world.draw
    put = f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"
    inner = world.name("in")
    file = "'/tmp/oracle.none'"
    world.setup.append(f"CREATE PROCEDURE {inner}(n int) LANGUAGE sql AS $b$ SELECT n $b$")
    forms = (
        (f"CALL {inner}(1); {put}", "sql"),
        (f"DO $d$ BEGIN NULL; END $d$; {put}", "sql"),
        (f"BEGIN COPY {z} FROM {file}; EXCEPTION WHEN OTHERS THEN NULL; END; {put}", "plpgsql"),
        (f"ANALYZE {z}; {put}", "plpgsql"),
        (f"CREATE TEMP TABLE IF NOT EXISTS tmp_{inner} (n int); {put}", "sql"),
        (f"SELECT 1; {put} SELECT 2", "sql"),
        (f"NOTIFY x; {put}", "sql"),
    )
    body, language = draw.one(forms)
    world.reset.append(f"DROP TABLE IF EXISTS tmp_{inner}")
    moved(world, z, routine(world, body, language=language))


def rows_joined(world, z):
    """Rows that a FULL JOIN merges."""
    world.need_composite()
    y = alone(world)
    target = world.target(["int", "text"])
    one, two = (f"(SELECT ROW(x.a, x.c)::pair AS w FROM {t} x)" for t in (z, y))
    direct = [("c1", f"{t}.a", TRANSFORMATION) for t in (z, y)]
    direct += [("c2", f"{t}.c", TRANSFORMATION) for t in (z, y)]
    into(
        world,
        target,
        f"SELECT (w).f1, (w).f2 FROM {one} p FULL JOIN {two} q USING (w)",
        direct,
        [(f"{z}.a", "JOIN"), (f"{y}.c", "JOIN")],
    )


def rows_in_arrays(world, z):
    """A PL/pgSQL array of rows, filled by element, also with rows of another type."""
    world.need_composite()
    world.types.append("CREATE TYPE alike AS (f1 int, f2 text)")
    kind = world.draw.one(("pair", "alike"))
    body = (
        f"FOR r IN SELECT z.a AS f1, z.c AS f2 FROM {z} z ORDER BY z.id LOOP"
        " p := ROW(r.f1, r.f2); ps[1] := p;"
        " INSERT INTO {t} VALUES ((ps[1]).f1, (ps[1]).f2); END LOOP;"
    )
    declares = f"DECLARE r record; p pair; ps {kind}[]; "
    target = routine(world, body, declares)
    moved(world, z, target, TRANSFORMATION)
    world.exact = False  # the elements of an array are one value
    for source in ("a", "c"):
        for at in ("c1", "c2"):
            world.dead[(f"{z}.{source}", f"{target.name}.{at}")] = "an array is one value"


def run_by_c(world, z):
    """Functions of the server that run a text."""
    target = world.target(["text"])
    column = world.draw.one(("a", "c"))
    world.run.append(
        f"INSERT INTO {target.name} SELECT query_to_xml('SELECT z.{column} FROM {z} z', true,"
        " false, '')::text"
    )
    world.direct.add((f"{z}.{column}", f"{target.name}.c1", "TRANSFORMATION", False))


def untracked(world, z):
    """What only decides in a routine is not followed when the operator says so."""
    world.setup.append("SET pg_lineage.track_control_flow = off")
    body = (
        "IF (SELECT count(*) FROM pg_am) > 0 THEN"
        f" FOR r IN SELECT z.a, z.c FROM {z} z LOOP INSERT INTO {{t}} VALUES (r.a, r.c);"
        " END LOOP; END IF;"
    )
    moved(world, z, routine(world, body, "DECLARE r record; "))


def numbered(world, z):
    """Arguments by number, by the routine's name, as whole rows; OUT ones given back."""
    draw, name = world.draw, world.name("pr")
    target = world.target(["int", "text"])
    forms = (
        (f"INSERT INTO {target.name} VALUES ($1, $2)", "n int, t text"),
        (f"INSERT INTO {target.name} VALUES ({name}.n, {name}.t)", "n int, t text"),
        (f"INSERT INTO {target.name} SELECT n, t", "n int, t text, VARIADIC more int[] = '{}'"),
    )
    body, arguments = draw.one(forms)
    world.setup.append(
        f"CREATE PROCEDURE {name}({arguments}) LANGUAGE plpgsql AS $b$ BEGIN {body}; END $b$"
    )
    caller = (
        f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP CALL {name}(r.a, r.c); END LOOP;"
    )
    if arguments.endswith("'{}'"):
        caller = caller.replace("r.c)", "r.c, VARIADIC ARRAY[1])")
    routine(world, caller, "DECLARE r record; ", target=target)
    moved(world, z, target)


def rule_in_body(world, z):
    """A body writes a table whose rule writes another one."""
    draw, log = world.draw, world.target(["int", "text"])
    word = draw.one(("ALSO", "INSTEAD"))
    stored = world.name("n")
    world.setup += [
        f"CREATE TABLE {stored} (c1 int, c2 text)",
        f"CREATE RULE r AS ON INSERT TO {stored} DO {word} INSERT INTO {log.name} VALUES"
        " (NEW.c1, NEW.c2)",
    ]
    world.targets.append(stored)
    world.reset.append(f"DELETE FROM {stored}")
    if word == "ALSO":
        world.copies(z, stored)
    put = f"INSERT INTO {stored} SELECT z.a, z.c FROM {z} z;"
    language = draw.one(("sql", "plpgsql"))
    if draw.chance(30) and language == "sql":
        name = world.name("pr")
        world.setup.append(f"CREATE PROCEDURE {name}() BEGIN ATOMIC {put} END")
        world.run.append(f"CALL {name}()")
    else:
        routine(world, put, language=language, target=log)
    moved(world, z, log)


def on_temporary(world, z):
    """Triggers and definitions over temporary tables: they are no nodes."""
    name, fn, target = world.name("tmp"), world.name("tf"), world.target(["int", "text"])
    world.setup.append(
        f"CREATE TEMP TABLE {name} (k int, w text, g int GENERATED ALWAYS AS (k + 1) STORED)"
    )
    put = f"INSERT INTO {target.name} VALUES (NEW.k, NEW.w);"
    world.fires(fn, "BEFORE INSERT", name, f"BEGIN {put} RETURN NEW; END")
    world.setup.append(f"CREATE TEMP VIEW v{name} AS SELECT k, w FROM {name}")
    world.reset.append(f"DELETE FROM {name}")
    world.run.append(f"INSERT INTO {name} (k, w) SELECT z.a, z.c FROM {z} z")
    moved(world, z, target)


def many_triggers(world, z):
    """One function for the triggers of two tables, one of them partitioned."""
    fn, log = world.name("tf"), world.target(["int", "text"])
    parts, other = world.name("t"), world.target(["int", "text"])
    world.setup += [
        f"CREATE FUNCTION {fn}() RETURNS trigger LANGUAGE plpgsql AS $b$ BEGIN"
        f" IF TG_OP = 'INSERT' THEN INSERT INTO {log.name} VALUES (NEW.c1, NEW.c2); END IF;"
        " RETURN NULL; END $b$",
        f"CREATE TABLE {parts} (c1 int, c2 text) PARTITION BY LIST (c2)",
        f"CREATE TABLE {parts}_d PARTITION OF {parts} DEFAULT",
    ]
    world.targets.append(parts)
    world.reset.append(f"DELETE FROM {parts}")
    for table in (parts, other.name):
        world.setup.append(
            f"CREATE TRIGGER x AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {fn}()"
        )
        world.copies(z, table)
        world.copies(table, log.name, SAME)
        world.run.append(f"INSERT INTO {table} SELECT z.a, z.c FROM {z} z")


def given_out(world, z):
    """OUT and INOUT arguments of procedures, into variables, fields and nowhere."""
    name, draw = world.name("pr"), world.draw
    world.setup.append(
        f"CREATE PROCEDURE {name}(n int, OUT o int, INOUT w text) LANGUAGE plpgsql AS"
        " $b$ BEGIN o := n; END $b$"
    )
    world.need_composite()
    kind = draw.below(2)
    into_ = ("v", "u") if kind else ("p.f1", "p.f2")
    body = (
        f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP {into_[1]} := r.c;"
        f" CALL {name}(r.a, {into_[0]}, {into_[1]});"
        f" INSERT INTO {{t}} VALUES ({into_[0]}, {into_[1]}); END LOOP;"
    )
    declares = "DECLARE r record; v int; u text; p pair; "
    if not kind:  # fields cannot be given out to: the server wants variables
        body = body.replace("CALL", "p.f1 := r.a; --").replace("; INSERT", ";\n INSERT")
    moved(world, z, routine(world, body, declares))


def masking_sets(world, z):
    """Aggregates and window functions that the operator names mask, too."""
    target = world.target(["text", "text"])
    world.run += [
        "SET pg_lineage.masking_functions = 'max, pg_catalog.lag'",
        f"INSERT INTO {target.name} SELECT max(z.c), NULL FROM {z} z",
        f"INSERT INTO {target.name} SELECT NULL, lag(z.c) OVER (ORDER BY z.id) FROM {z} z",
        "RESET pg_lineage.masking_functions",
    ]
    world.direct.add((f"{z}.c", f"{target.name}.c1", "AGGREGATION", True))
    world.direct.add((f"{z}.c", f"{target.name}.c2", "TRANSFORMATION", True))


def expression_rows(world, z):
    """An expression that is no function in FROM; an operator that gives a set."""
    if world.draw.chance(50):
        select = f"SELECT u.w FROM {z} z CROSS JOIN LATERAL coalesce(z.c, 'x') AS u(w)"
        into(world, world.target(["text"]), select, [("c1", f"{z}.c", TRANSFORMATION)])
        return
    fn = world.name("op")
    world.setup += [
        f"CREATE FUNCTION {fn}(a int, b int) RETURNS SETOF int LANGUAGE sql IMMUTABLE"
        " AS $f$ SELECT a UNION ALL SELECT b $f$",
        f"CREATE OPERATOR <+++> (LEFTARG = int, RIGHTARG = int, FUNCTION = {fn})",
    ]
    direct = [("c1", f"{z}.a", IDENTITY), ("c1", f"{z}.b", IDENTITY)]
    into(world, world.target(["int"]), f"SELECT z.a <+++> z.b FROM {z} z", direct)


def traced_stored(world, z):
    """PL/pgSQL functions in stored trees, behind operators too: call by call."""
    fn, view = world.name("pf"), world.name("v")
    world.setup += [
        f"CREATE FUNCTION {fn}(n int, t int) RETURNS int LANGUAGE plpgsql IMMUTABLE"
        " AS $f$ BEGIN RETURN n; END $f$",
        f"CREATE OPERATOR <-+-> (LEFTARG = int, RIGHTARG = int, FUNCTION = {fn})",
        f"CREATE VIEW {view} AS SELECT {fn}(z.a, 1) AS o1, {fn}(z.b, z.a) AS o2,"
        f" z.id <-+-> z.b AS o3, z.b <-+-> z.a AS o4 FROM {z} z",
    ]
    target = world.target(["int", "int", "int", "int"])
    for at, source in enumerate(("a", "b", "id", "b"), 1):
        world.direct.add((f"{z}.{source}", f"{view}.o{at}", "IDENTITY", False))
        world.direct.add((f"{view}.o{at}", f"{target.name}.c{at}", "IDENTITY", False))
    world.run.append(f"INSERT INTO {target.name} SELECT * FROM {view}")


def in_turn(world, z):
    """Routines that call each other; what one writes depends on what the other is given."""
    one, two, log = world.name("f"), world.name("f"), world.target(["int", "text"])
    world.setup += [
        f"CREATE FUNCTION {one}(n int, t text, m int) RETURNS int LANGUAGE plpgsql AS"
        " $b$ BEGIN RETURN n; END $b$",
        f"CREATE FUNCTION {two}(n int, t text, m int) RETURNS int LANGUAGE plpgsql AS $b$ BEGIN"
        f" IF m > 1 THEN RETURN n; END IF; RETURN {one}(n, t, m + 1); END $b$",
        f"CREATE OR REPLACE FUNCTION {one}(n int, t text, m int) RETURNS int LANGUAGE plpgsql AS"
        f" $b$ BEGIN IF m > 2 THEN RETURN n; END IF; INSERT INTO {log.name} VALUES (n, t);"
        f" RETURN {two}(n, t, m + 1); END $b$",
    ]
    body = f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP PERFORM {two}(r.a, r.c, 0); END LOOP;"
    routine(world, body, "DECLARE r record; ", target=log)
    moved(world, z, log)


def by_rules(world, z):
    """Rules of UPDATE and DELETE, with OLD; one that only tells; one that sleeps."""
    draw, log = world.draw, world.target(["int", "text"])
    other = alone(world)
    form = draw.below(3)
    if form == 0:
        world.setup.append(
            f"CREATE RULE r AS ON DELETE TO {other} DO ALSO INSERT INTO {log.name} VALUES"
            " (OLD.a, OLD.c)"
        )
        world.run.append(f"DELETE FROM {other} WHERE id > 1")
    elif form == 1:
        world.setup.append(
            f"CREATE RULE r AS ON UPDATE TO {other} WHERE OLD.id > 1 DO ALSO INSERT INTO"
            f" {log.name} VALUES (OLD.a, OLD.c)"
        )
        world.run.append(f"UPDATE {other} SET b = 5")
    else:
        world.setup += [
            f"CREATE RULE r AS ON INSERT TO {log.name} DO ALSO NOTIFY told",
            f"CREATE RULE q AS ON INSERT TO {log.name} DO ALSO INSERT INTO {other} VALUES"
            " (NEW.c1, 1, 1, 'x')",
            f"ALTER TABLE {log.name} DISABLE RULE q",
        ]
        world.run.append(f"INSERT INTO {log.name} SELECT x.a, x.c FROM {other} x")
    moved(world, other, log)


WAYS = (
    handed_table, broken, deleted, discarded, other_statements, rows_joined, rows_in_arrays,
    run_by_c, untracked, numbered, by_rules, rule_in_body, on_temporary, many_triggers, given_out,
    masking_sets, expression_rows, traced_stored, in_turn,
)


assert IDENTITY == 0

FORMS = [one_of(WAYS, "rare", "rare")] * 3
