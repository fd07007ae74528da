"""Corners of what bodies and statements may say: prepared statements, paths, languages, limits.

As in forms_bodies.py: called without arguments, over tables that nothing else reads.
"""

import itertools

from forms_bodies import moved, routine
from forms_sole import one_of
from terms import IDENTITY, TRANSFORMATION

HERE = "current_setting('search_path')"


def prepared_inside(world, z):
    """A body executes what its session has prepared: its text does not say what that is."""
    draw, name, target = world.draw, world.name("ps"), world.target(["int", "text"])
    tmp, form = world.name("tmp"), draw.below(3)
    query = f"SELECT z.a AS k, z.c AS w FROM {z} z"
    if form == 0:
        world.run.append(f"PREPARE {name} AS INSERT INTO {target.name} {query}")
        routine(world, f"EXECUTE {name};", language="sql", target=target)
    else:
        world.run.append(f"PREPARE {name} AS {query}")
        made = f"CREATE TEMP TABLE {tmp} AS EXECUTE {name};"
        into = tmp
        if form == 2:
            into = world.name("n")
            made = f"CREATE TABLE {into} AS EXECUTE {name};"
            world.targets.append(into)
            world.copies(z, into, (("a", "k"), ("c", "w")))
            world.copies(into, target.name, (("k", "c1"), ("w", "c2")))
        routine(
            world,
            f"DROP TABLE IF EXISTS {into}; {made} INSERT INTO {{t}} SELECT x.k, x.w FROM {into} x;",
            target=target,
        )
    world.run.append(f"DEALLOCATE {name}")
    if form < 2:
        moved(world, z, target)


def paths(world, z):
    """Bodies are read where the session looks names up, or where their routine says."""
    draw = world.draw
    form = draw.below(3)
    if form == 0:
        world.setup.append(f"SELECT set_config('search_path', '\"$user\", ' || {HERE}, false)")
    else:  # a session that sees the system's schemas only
        body = f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"
        language = draw.one(("sql", "plpgsql"))
        target = routine(world, body, options=" SET search_path FROM CURRENT", language=language)
        world.run.insert(
            len(world.run) - 1,
            "DO $do$ DECLARE s text := current_schema(); BEGIN SET LOCAL search_path = pg_catalog;"
            " PERFORM lineage.snapshot_schema(s); END $do$",
        )
        moved(world, z, target)
        return
    moved(world, z, routine(world, f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"))


def other_language(world, z):
    """A routine in a language that tells nothing of itself: made of what it is given."""
    fn = world.name("py")
    world.types.append("CREATE EXTENSION IF NOT EXISTS plpython3u")
    world.setup.append(
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE plpython3u AS $f$return n$f$"
    )
    form = world.draw.below(3)
    if form == 0:
        body = f"INSERT INTO {{t}} SELECT {fn}(z.a), z.c FROM {z} z;"
        language = world.draw.one(("plpgsql", "sql"))
        target = routine(world, body, language=language)
    elif form == 1:
        body = f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP v := {fn}(r.a);"
        body += " INSERT INTO {t} VALUES (v, r.c); END LOOP;"
        target = routine(world, body, "DECLARE r record; v int; ")
    else:
        target = world.target(["int", "text"])
        world.run.append(f"INSERT INTO {target.name} SELECT {fn}(z.a), z.c FROM {z} z")
    world.writes(target.name, "c1", {(f"{z}.a", TRANSFORMATION, False)})
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def kept_over(world, z):
    """A temporary table outlives what a session keeps of its statements."""
    name, target = world.name("tmp"), world.target(["int", "text"])
    world.run += [
        "SET pg_lineage.max_shapes = 10",
        f"CREATE TEMP TABLE {name} AS SELECT z.a AS k, z.c AS w FROM {z} z",
    ]
    sink = world.target(["int"])
    for size in (1, 2, 3):
        for some in itertools.combinations(("id", "a", "b", "c"), size):
            known = " AND ".join(f"z.{column} IS NOT NULL" for column in some)
            world.run.append(f"INSERT INTO {sink.name} SELECT 1 FROM {z} z WHERE {known}")
    world.run += [f"INSERT INTO {target.name} SELECT x.k, x.w FROM {name} x"]
    world.reset.append(f"DROP TABLE IF EXISTS {name}")
    moved(world, z, target)


def deep_calls(world, z):
    """SQL functions that call each other deeper than they are followed."""
    draw, base = world.draw, world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {base}_0(n int) RETURNS int LANGUAGE sql STABLE AS"
        " $f$ SELECT n + 1 $f$"
    )
    for i in range(1, 19):
        world.setup.append(
            f"CREATE FUNCTION {base}_{i}(n int) RETURNS int LANGUAGE sql STABLE AS"
            f" $f$ SELECT {base}_{i - 1}(n) $f$"
        )
    target = world.target(["int", "text"])
    select = f"INSERT INTO {target.name} SELECT {base}_18(z.a), z.c FROM {z} z"
    if draw.chance(50):
        routine(world, f"{select};", target=target)
    else:
        world.run.append(select)
    world.writes(target.name, "c1", {(f"{z}.a", TRANSFORMATION, False)})
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def deep_bodies(world, z):
    """Procedures that call each other deeper than bodies are read."""
    target, base = world.target(["int", "text"]), world.name("pr")
    world.setup.append(
        f"CREATE PROCEDURE {base}_0() LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO {target.name}"
        f" SELECT z.a, z.c FROM {z} z; END $b$"
    )
    for i in range(1, 35):
        world.setup.append(
            f"CREATE PROCEDURE {base}_{i}() LANGUAGE plpgsql AS"
            f" $b$ BEGIN CALL {base}_{i - 1}(); END $b$"
        )
    world.run.append(f"CALL {base}_34()")
    moved(world, z, target)


def many_values(world, z):
    """More variables in one statement than are looked for one by one; some of them twice."""
    count = world.draw.between(33, 40)
    names = [f"v{i}" for i in range(count)]
    declares = "DECLARE w text; " + " ".join(f"{name} int;" for name in names) + " "
    listed = ", ".join(f"z.a + {i}" for i in range(count))
    body = (
        f"SELECT {listed}, z.c INTO {', '.join(names)}, w FROM {z} z ORDER BY z.id LIMIT 1;"
        f" INSERT INTO {{t}} VALUES ({' + '.join(names)} + {names[0]} - {names[-1]}, w);"
    )
    target = routine(world, body, declares)
    world.writes(target.name, "c1", {(f"{z}.a", TRANSFORMATION, False)})
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def handed_along(world, z):
    """A value that goes from variable to variable, one further in each round of a loop."""
    count = world.draw.between(3, 26)
    names = [f"v{i}" for i in range(count)]
    declares = "DECLARE w text; " + " ".join(f"{name} int;" for name in names) + " "
    steps = " ".join(f"{a} := {b};" for a, b in zip(reversed(names), list(reversed(names))[1:]))
    body = (
        f"SELECT z.a, z.c INTO {names[0]}, w FROM {z} z ORDER BY z.id LIMIT 1;"
        f" FOR i IN 1..{count} LOOP {steps} END LOOP; INSERT INTO {{t}} VALUES ({names[-1]}, w);"
    )
    moved(world, z, routine(world, body, declares))


def turned(world, z):
    """A routine that calls itself with its arguments in turn: each comes to each place."""
    count = world.draw.between(2, 14)
    names = [f"p{i}" for i in range(count)]
    name, log = world.name("f"), world.target(["int", "text"])
    arguments = ", ".join(f"{p} int" for p in names)
    turned_ = ", ".join(names[1:] + names[:1])
    world.setup.append(
        f"CREATE PROCEDURE {name}_n() LANGUAGE plpgsql AS $b$ BEGIN NULL; END $b$"
    )
    world.setup.append(
        f"CREATE PROCEDURE {name}(w text, {arguments}, m int) LANGUAGE plpgsql AS $b$ BEGIN"
        f" CALL {name}_n(); IF m > 0 THEN CALL {name}(w, {turned_}, m - 1); ELSE"
        f" INSERT INTO {log.name} VALUES (p0, w); END IF; END $b$"
    )
    given = ", ".join(["0"] * (count - 1) + ["r.a"])
    body = f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP CALL {name}(r.c, {given}, {count - 1});"
    routine(world, body + " END LOOP;", "DECLARE r record; ", target=log)
    moved(world, z, log)


def made_in_rounds(world, z):
    """A temporary table that each round of a loop makes anew, with other columns each time."""
    name = world.name("tmp")
    others = world.draw.one(("w text", "k text, w text", "x int, w text"))
    body = (
        "FOR i IN 1..2 LOOP"
        f" DROP TABLE IF EXISTS {name}; CREATE TEMP TABLE {name} (k int, w text);"
        f" INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
        f" INSERT INTO {{t}} SELECT x.k, x.w FROM {name} x;"
        f" DROP TABLE {name}; CREATE TEMP TABLE {name} ({others});"
        f" INSERT INTO {name} (w) SELECT z.c FROM {z} z;"
        f" CREATE TEMP TABLE IF NOT EXISTS {name}_o (w text);"
        f" INSERT INTO {{t}} (c2) SELECT x.w FROM {name} x; END LOOP; DROP TABLE {name}, {name}_o;"
    )
    moved(world, z, routine(world, body))


WAYS = (
    prepared_inside, paths, other_language, kept_over, deep_calls, deep_bodies, many_values,
    handed_along, turned, made_in_rounds,
)


FORMS = [one_of(WAYS, "corner", "corner")] * 3
