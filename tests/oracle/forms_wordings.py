"""Bodies that say in other words what most say otherwise; several in one case.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, one_of
from terms import IDENTITY, TRANSFORMATION

CAUGHT = "EXCEPTION WHEN OTHERS THEN NULL; END;"
PUT = "INSERT INTO {t} VALUES (r.a, r.c);"
LOOP = "FOR r IN SELECT z.a, z.c FROM {z} z LOOP "
DECLARES = "DECLARE r record; s record; p pair; q pair; v int; w text; cur refcursor; "
# Each moves a and c of {z} into {t}.
SAYINGS = (
    LOOP + "ASSERT r.a IS NULL OR true; " + PUT + " END LOOP;",
    LOOP + "CASE nowhere WHEN 1 THEN v := 1; ELSE v := 2; END CASE; END LOOP;",
    LOOP + "BEGIN EXECUTE NULL::text; " + CAUGHT + " " + PUT + " END LOOP;",
    LOOP + "BEGIN EXECUTE 'SELECT $1' INTO v USING nowhere; " + CAUGHT + PUT + " END LOOP;",
    LOOP + "v := (SELECT count((k.l.m.n).*)); END LOOP;",
    "FOR r IN SELECT z.id, ROW(z.a, z.c)::pair AS w FROM {z} z LOOP p := r.w; q := p;"
    " INSERT INTO {t} VALUES (q.f1, q.f2); END LOOP;",
    "FOR r IN SELECT z.id, ROW(z.a, z.c)::pair AS w FROM {z} z LOOP s := r.w;"
    " INSERT INTO {t} VALUES (s.f1, s.f2); END LOOP;",
    "<<o>> FOR r IN SELECT z.a, z.c FROM {z} z LOOP <<i>> BEGIN EXIT i WHEN r.a IS NULL AND false; "
    + PUT + " EXIT o WHEN r.a IS NULL AND false; END i; CONTINUE o WHEN r.c IS NULL; END LOOP o;",
    "FOR v IN 1..1 LOOP FOREACH w IN ARRAY ARRAY['x'] LOOP " + LOOP + PUT
    + " END LOOP; END LOOP; END LOOP;",
    "BEGIN REFRESH MATERIALIZED VIEW {z}; " + CAUGHT + LOOP + PUT + " END LOOP;",
    "DROP TABLE IF EXISTS {n}; CREATE TEMP TABLE {n} (more int) INHERITS ({y});"
    " INSERT INTO {n} (k, w) SELECT z.a, z.c FROM {z} z;"
    " INSERT INTO {t} SELECT x.k, x.w FROM {n} x; DROP TABLE {n};",
    "DROP TABLE IF EXISTS {n}; CREATE TEMP TABLE {n} (a serial, b bigserial, c smallserial, d"
    " serial2, e serial4, f serial8, k int, w text); INSERT INTO {n} (k, w) SELECT z.a, z.c FROM"
    " {z} z; INSERT INTO {t} SELECT x.k, x.w FROM {n} x;",
    "EXECUTE format('INSERT INTO %I SELECT z.a, z.c FROM %I z', '{t}', '{z}');"
    " EXECUTE nullif('SELECT 1', 'SELECT 2');",
    "OPEN cur FOR SELECT z.a, z.c FROM {z} z; LOOP FETCH cur INTO r; EXIT WHEN NOT FOUND; "
    + PUT + " END LOOP; CLOSE cur;",
)


def sayings(world, z):
    """PL/pgSQL of all sorts, each in a routine of its own."""
    world.need_composite()
    y = world.name("e")
    world.setup.append(f"CREATE TABLE {y} (k int, w text)")
    for text in world.draw.some(SAYINGS, 4, 6):
        target, name = world.target(["int", "text"]), world.name("n")
        body = text.replace("{z}", z).replace("{y}", y).replace("{n}", name)
        target = routine(world, body, DECLARES, target=target)
        if "{t}" in text:
            moved(world, z, target)
        else:  # it fails
            world.run[-1] = f"DO $d$ BEGIN BEGIN {world.run[-1]}; {CAUGHT} END $d$"
        if ":= r.w" in text:
            for at, source in (("c1", "c"), ("c2", "a")):
                world.dead[(f"{z}.{source}", f"{target.name}.{at}")] = "a field of a variable"
    world.exact = False  # what a temporary child has is its parent's too


def variables_first(world, z):
    """Variables that win over columns of their name."""
    body = (
        f"FOR r IN SELECT z.a AS k, z.c AS l FROM {z} z LOOP b := r.k; INSERT INTO {{t}} SELECT b,"
        f" r.l FROM {z} z ORDER BY z.id LIMIT 1; END LOOP;"
    )
    target = routine(world, body, "#variable_conflict use_variable\n DECLARE r record; b int; ")
    moved(world, z, target)


def callees(world, z):
    """CALL in a SQL body."""
    name, target = world.name("pr"), world.target(["int", "text"])
    world.setup.append(
        f"CREATE PROCEDURE {name}(n int, w text) LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO"
        f" {target.name} VALUES (n, w); END $b$"
    )
    outer = world.name("pr")
    world.setup.append(
        f"CREATE PROCEDURE {outer}(n int, w text) LANGUAGE sql AS $b$ CALL {name}(n, w) $b$"
    )
    one = f"SELECT z.a, z.c INTO v, w FROM {z} z ORDER BY z.id LIMIT 1;"
    routine(world, f"{one} CALL {outer}(v, w);", "DECLARE v int; w text; ", target=target)
    moved(world, z, target)


def rules(world, z):
    """A view with a rule that sorts before its own; a table with rules that a body refreshes."""
    draw, view, log = world.draw, world.name("v"), world.target(["int", "text"])
    what = world.name("t")
    world.setup += [
        f"CREATE TABLE {what} (c1 int, c2 text)",
        f'CREATE RULE "A" AS ON INSERT TO {what} DO ALSO INSERT INTO {log.name} VALUES (NEW.c1,'
        " NEW.c2)",
        f"CREATE VIEW {view} AS SELECT c1, c2 FROM {what}",
        f'CREATE RULE "A" AS ON INSERT TO {view} DO INSTEAD INSERT INTO {what} VALUES (NEW.c1,'
        " NEW.c2)",
        f"CREATE OR REPLACE VIEW {view} AS SELECT c1, upper(c2) AS c2 FROM {what}",
    ]
    world.targets.append(what)
    world.reset.append(f"DELETE FROM {what}")
    body = f"BEGIN REFRESH MATERIALIZED VIEW {what}; {CAUGHT} "
    into = draw.one((what, view))
    routine(world, f"{body} INSERT INTO {into} SELECT z.a, z.c FROM {z} z;", target=log)
    moved(world, z, log)
    world.copies(z, what)
    world.direct.add((f"{what}.c1", f"{view}.c1", "IDENTITY", False))
    world.direct.add((f"{what}.c2", f"{view}.c2", "TRANSFORMATION", False))


def while_reading(world, z):
    """What a constant of a body runs as it is read: the check of a domain, which looks things up
    that no row comes to."""
    fn, y = world.name("fn"), alone(world)
    world.setup += [
        f"CREATE FUNCTION {fn}_c(n int) RETURNS int LANGUAGE plpgsql AS $b$ BEGIN RETURN n; END"
        " $b$",
        f"CREATE FUNCTION {fn}(w text) RETURNS bool LANGUAGE plpgsql AS $b$ BEGIN PERFORM"
        f" {fn}_c(y.a) FROM {y} y WHERE y.id < -99999; RETURN true; END $b$",
        f"CREATE DOMAIN {fn}_d AS text CHECK ({fn}(VALUE))",
    ]
    body = f"PERFORM '{{x,y}}'::{fn}_d[]; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"
    moved(world, z, routine(world, body))


def in_parallel(world, z):
    """A routine that runs while workers do, with an arm that calls what it does not call."""
    fn, name = world.name("fn"), world.name("n")
    world.setup += [
        f"CREATE FUNCTION {fn}_c(n int) RETURNS int LANGUAGE plpgsql STABLE PARALLEL SAFE AS $b$"
        " BEGIN RETURN n; END $b$",
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE plpgsql STABLE PARALLEL SAFE AS $b$"
        f" DECLARE v int; BEGIN v := CASE WHEN n < 0 AND n > 0 THEN {fn}_c(n) ELSE n END;"
        " RETURN v; END $b$",
    ]
    settings = (
        "parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0",
        "max_parallel_workers_per_gather = 2",
    )
    world.run += [f"SET {setting}" for setting in settings]
    world.run.append(f"CREATE TABLE {name} AS SELECT {fn}(z.a) AS k, z.c AS w FROM {z} z")
    world.run.append("SET max_parallel_workers_per_gather = 0")
    world.reset.append(f"DROP TABLE IF EXISTS {name}")
    world.targets.append(name)
    world.writes(name, "k", {(f"{z}.a", TRANSFORMATION, False)})
    world.writes(name, "w", {(f"{z}.c", IDENTITY, False)})


WAYS = (sayings, variables_first, callees, rules, while_reading, in_parallel)


FORMS = [one_of(WAYS, "wordings", "wording")]
