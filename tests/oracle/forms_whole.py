"""Whole things: the whole rows of what stands in FROM, and all rows of a temporary table that go.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, one_of
from terms import IDENTITY, TRANSFORMATION

# What gives a row (x, y) of z.a and z.c; {f}: a function of theirs that gives a RECORD.
JSON = "jsonb_build_object('x', z.a, 'y', z.c)"
ITEMS = (
    "(SELECT z.a AS x, z.c AS y FROM {z} z ORDER BY z.id) q",
    "(SELECT z.a AS x, z.c AS y FROM {z} z UNION ALL SELECT NULL, NULL) q",
    "{z} z, LATERAL (VALUES (z.a, z.c)) q(x, y)",
    "{z} z, LATERAL {f}(z.a, z.c) AS q(x int, y text)",
    "{z} z, LATERAL {f}(z.a, z.c) WITH ORDINALITY AS q(x, y, o)",
    "{z} z, LATERAL {f}_t(z.a, z.c) q",
    f"{{z}} z, LATERAL jsonb_to_record({JSON}) AS q(x int, y text)",
    f"{{z}} z, LATERAL json_to_recordset(json_build_array({JSON})) AS q(x int, y text, n int)",
    f"{{z}} z, LATERAL jsonb_populate_record(ROW(1, 'k'::text), {JSON}) AS q(x int, y text)",
    "{z} z, LATERAL unnest(ARRAY[z.a], ARRAY[z.c]) AS q(x, y)",
    "{z} z, LATERAL ROWS FROM (unnest(ARRAY[z.a]), unnest(ARRAY[z.c])) WITH ORDINALITY q(x, y, o)",
)
CTES = ("AS MATERIALIZED", "AS NOT MATERIALIZED", "AS")


def _item(world, z):
    """(WITH …, what stands in FROM, which q is)."""
    draw, fn = world.draw, world.name("fn")
    item = draw.one((*ITEMS, None))
    if item is None:
        return f"WITH q {draw.one(CTES)} (SELECT z.a AS x, z.c AS y FROM {z} z) ", "q"
    if "ORDINALITY" in item and "{f}" in item:
        item = item.replace("{f}", "{f}_t")
    for name, result in (("", "SETOF record"), ("_t", "TABLE (x int, y text)")):
        if f"{fn}{name}(" in item.format(z=z, f=fn):
            language = draw.one(("plpgsql", "sql"))
            query = "SELECT n, w"
            text = f"BEGIN RETURN QUERY {query}; END" if language == "plpgsql" else query
            world.setup.append(
                f"CREATE FUNCTION {fn}{name}(n int, w text) RETURNS {result}"
                f" LANGUAGE {language} AS $f$ {text} $f$"
            )
    return "", item.format(z=z, f=fn)


def whole_rows(world, z):
    """The whole row of what stands in FROM: told field by field, wherever it goes."""
    draw, target = world.draw, world.target(["int", "text"])
    world.need_composite()
    given, item = _item(world, z)
    row = draw.one(("q", "o.w", "(SELECT q)", "(SELECT o.w FROM (SELECT q AS w) o)"))
    if row == "o.w":
        item = f"(SELECT q AS w FROM {item}) o"
    word = draw.one(("to_jsonb", "row_to_json"))
    taken = "({0} ->> 'x')::int, {0} ->> 'y'"
    query = f"{given}SELECT {row} AS w FROM {item}"
    put = "INSERT INTO {t}"
    forms = (
        f"{put} {given}SELECT {taken.format(f'{word}({row})')} FROM {item};",
        f"FOR r IN {query} LOOP {put} SELECT {taken.format(f'{word}(r.w)')}; END LOOP;",
        f"FOR r IN {query} LOOP s := r.w; {put} VALUES (s.x, s.y); END LOOP;",
        f"FOR r IN {query} LOOP p := r.w; {put} VALUES (p.f1, p.f2); END LOOP;",
        f"FOR r IN EXECUTE $q$ {query} $q$ LOOP s := r.w; {put} VALUES (s.x, s.y); END LOOP;",
        f"FOREACH s IN ARRAY ARRAY({query}) LOOP {put} VALUES (s.x, s.y); END LOOP;",
        f"s := ({query} LIMIT 1); {put} VALUES (s.x, s.y);",
        f"{query} LIMIT 1 INTO r; s := r.w; {put} VALUES (s.x, s.y);",
        f"{given}SELECT (array_agg({row}))[1] AS w FROM {item} INTO r; s := r.w;"
        f" {put} VALUES (s.x, s.y);",
        f"j := ({given}SELECT {word}({row}) FROM {item} LIMIT 1);"
        f" {put} VALUES ({taken.format('j')});",
        f"{put} {given}SELECT {taken.format(f'{{me}}_r({row})')} FROM {item};",
    )
    body = draw.one(forms)
    if "{me}_r" in body:  # what it is given has no declared type
        fn = world.name("fn")
        body = body.replace("{me}_r", f"{fn}")
        world.setup.append(
            f"CREATE FUNCTION {fn}(v record) RETURNS jsonb LANGUAGE plpgsql AS"
            " $f$ BEGIN RETURN to_jsonb(v); END $f$"
        )
    routine(world, body, "DECLARE r record; s record; p pair; j jsonb; ", target=target)
    moved(world, z, target, TRANSFORMATION)
    world.exact = False
    if body != forms[0]:  # no type is known of what a variable or an argument is given
        for at, to in (("a", "c2"), ("c", "c1")):
            world.dead[(f"{z}.{at}", f"{target.name}.{to}")] = "a row without a type is whole"


# Of each: does nothing that was there before remain? {n}: the table, k its column; {y}: another.
ALL_GO = (
    "DELETE FROM {n} WHERE 1 = 1", "DELETE FROM {n} WHERE true", "DELETE FROM {n}",
    "UPDATE {n} SET k = 7 WHERE 2 > 1", "UPDATE {n} SET k = DEFAULT, w = NULL",
    "UPDATE {n} SET k = 3 WHERE true", "WITH q AS (SELECT 1) DELETE FROM {n}",
)  # fmt: skip
SOME_STAY = (
    "DELETE FROM {n} WHERE 1 = 2", "DELETE FROM {n} WHERE false",
    "DELETE FROM {n} WHERE NULL::bool",
    "DELETE FROM {n} WHERE NULL::int = 1", "DELETE FROM {n} WHERE k = k AND k > 99999999",
    "DELETE FROM {n} WHERE k IS NULL AND k IS NOT NULL", "UPDATE {n} SET k = 7 WHERE 1 > 2",
    "DELETE FROM {n} WHERE 1 === 2", "DELETE FROM {n} USING {y} y WHERE false",
    "UPDATE {n} SET k = 7 FROM {y} y WHERE {n}.k = y.a AND y.a > 99999999",
    "DELETE FROM {n}_v", "UPDATE {n}_v SET k = 4", "DELETE FROM {n}_b", "UPDATE {n}_b SET k = 4",
    "UPDATE {n} SET w = 'x'", "UPDATE {n} SET k = k",
)  # fmt: skip
# Whether all go is not told, as a row may be looked at on its way, or somebody may keep it.
SEEN = (
    "WITH q AS (DELETE FROM {n} RETURNING k) SELECT count(*) FROM q", "DELETE FROM {n} RETURNING k",
    "UPDATE {n} SET k = 5 RETURNING k", "DELETE FROM ONLY {n}", "UPDATE ONLY {n} SET k = 5",
    "WITH q AS (UPDATE {n} SET k = 5 RETURNING k) SELECT count(*) FROM q",
    "WITH q AS (INSERT INTO {n}_c VALUES (1) RETURNING k) DELETE FROM {n}",
    "WITH q AS (DELETE FROM {n}_c RETURNING k) UPDATE {n} SET k = 5", "DELETE FROM {n} USING {y} y",
)  # fmt: skip


def all_or_some(world, z):
    """DELETE and UPDATE of a temporary table: of what was there nothing is left, or some."""
    draw, name, y = world.draw, world.name("tmp"), alone(world)
    target = world.target(["int"])
    what = draw.below(3)
    gone = draw.one((ALL_GO, SOME_STAY, SEEN)[what]).replace("{n}", name).replace("{y}", y)
    trigger = what == 2 and draw.chance(30)  # it keeps what it is fired for
    child = draw.chance(30)
    statements = [
        f"CREATE TEMP TABLE {name} (k int, w text, g text GENERATED ALWAYS AS (w || 'x') STORED)",
        f"CREATE TEMP TABLE {name}_c (k int)",
        f"CREATE TEMP TABLE {name}_d () INHERITS ({name})",
        f"CREATE TEMP VIEW {name}_v AS SELECT k FROM {name} WHERE k > 99999999",
        f"CREATE TEMP VIEW {name}_b WITH (security_barrier) AS SELECT k FROM {name}"
        " WHERE k > 99999999",
        f"INSERT INTO {name if not child else name + '_d'} (k, w) SELECT z.a, z.c FROM {z} z",
        gone,
        f"INSERT INTO {name} (k) SELECT y.b FROM {y} y",
        f"INSERT INTO {target.name} SELECT x.k FROM {name} x",
        f"DROP TABLE {name}, {name}_c, {name}_d CASCADE",
    ]
    if trigger:
        fn = world.name("tf")
        world.setup.append(
            f"CREATE FUNCTION {fn}() RETURNS trigger LANGUAGE plpgsql AS"
            " $f$ BEGIN RETURN NULL; END $f$"
        )
        for of in (name, f"{name}_d"):
            statements.insert(
                5, f"CREATE TRIGGER x BEFORE DELETE OR UPDATE ON {of} FOR EACH ROW EXECUTE"
                f" FUNCTION {fn}()",
            )  # fmt: skip
    if "===" in gone:
        world.setup += [
            f"CREATE FUNCTION {name}_same(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS"
            " $f$ SELECT $1 = $2 $f$",
            f"CREATE OPERATOR === (FUNCTION = {name}_same, LEFTARG = int, RIGHTARG = int)",
        ]
    reads = gone.startswith(("DELETE FROM", "UPDATE")) and "RETURNING" not in gone
    if reads and draw.chance(50):
        routine(world, "; ".join(statements) + ";", target=target)
    else:
        world.run += statements
    world.reset.append(f"DROP TABLE IF EXISTS {name}, {name}_c, {name}_d CASCADE")
    world.exact = False
    if what:
        for source in ("a", "c"):
            world.dead[(f"{z}.{source}", f"{target.name}.c1")] = "what is there may have gone"
    world.direct.add((f"{y}.b", f"{target.name}.c1", "IDENTITY", False))


def elements_put(world, z):
    """An INSERT that puts fields of rows in an array one by one; EXCLUDED knows them."""
    draw, name = world.draw, world.name("t")
    world.need_composite()
    world.types.append("CREATE TYPE holds AS (l pair[], k int)")
    world.setup += [
        f"CREATE TABLE {name} (id int UNIQUE, w holds, c1 int, c2 text)",
        f"INSERT INTO {name} (id) SELECT generate_series(-9, 9)",
    ]
    world.reset += [f"DELETE FROM {name}"] + world.setup[-1:]
    world.targets.append(name)
    puts = [("w.l[1].f1", "z.a"), ("w.l[1].f2", "z.c"), ("w.l[2].f1", "z.b"), ("w.k", "z.b")]
    if draw.chance(50):
        puts[2] = ("w.l[2]", "ROW(z.b, z.c)::pair")
    at = draw.below(4)
    puts = puts[at:] + puts[:at]
    sets = draw.one(
        (
            "c1 = (((excluded.w).l)[1]).f1, c2 = (((excluded.w).l)[1]).f2",
            "c1 = (excluded.w).k, c2 = ((excluded.w).l)[1]::text",
            "c1 = (to_jsonb(excluded.w) -> 'l' -> 0 ->> 'f1')::int",
        )
    )
    world.run.append(
        f"INSERT INTO {name} AS x (id, {', '.join(f for f, _ in puts)}) SELECT z.id,"
        f" {', '.join(v for _, v in puts)} FROM {z} z ON CONFLICT (id) DO UPDATE SET {sets}"
    )
    world.writes(name, "id", {(f"{z}.id", IDENTITY, False)})
    world.exact = False
    for to in ("w", "c1", "c2"):
        for source in ("a", "b", "c"):
            world.dead[(f"{z}.{source}", f"{name}.{to}")] = "the rows of an array are one value"
        world.dead[(f"{name}.w", f"{name}.{to}")] = "the row that was there"


def one_select(world, z):
    """Bodies of one SELECT, and expressions in PL/pgSQL, with a clause that others lack."""
    draw, fn, target = world.draw, world.name("fn"), world.target(["int", "text"])
    tail = draw.one(
        (
            "", "LIMIT 1", "OFFSET 0", "WHERE true", "WHERE n IS NOT NULL", "GROUP BY ()",
            "HAVING true", "ORDER BY 1", "GROUP BY 1", "UNION ALL SELECT 0 WHERE false",
            "FROM (SELECT 1) one", "FETCH FIRST ROW WITH TIES", "WINDOW w AS ()",
        )
    )  # fmt: skip
    if "TIES" in tail:
        tail = f"ORDER BY 1 {tail}"
    head = draw.one(("n", "DISTINCT n", "n + generate_series(0, 0)", "DISTINCT ON (1) n"))
    if tail.startswith(("GROUP", "HAVING")):
        head = "max(n)" if "1" not in tail else "n"
    elif draw.chance(15):
        head, tail = "max(n)", ""
    world.setup.append(
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql {draw.one(('STABLE', 'VOLATILE'))}"
        f" AS $f$ SELECT {head} {tail} $f$"
    )
    how = draw.below(2 if "UNION" in tail else 3)  # an expression is no set operation
    if how == 0:
        world.run.append(f"INSERT INTO {target.name} SELECT {fn}(z.a), z.c FROM {z} z")
    else:
        value = f"{fn}(r.a)" if how == 1 else f"{head} {tail}"
        routine(
            world,
            f"FOR r IN SELECT * FROM {z} z ORDER BY z.id LOOP n := r.a; n := {value};"
            " INSERT INTO {t} VALUES (n, r.c); END LOOP;",
            "DECLARE r record; n int; ",
            target=target,
        )
    moved(world, z, target)
    world.exact = False


WAYS = (whole_rows, whole_rows, all_or_some, all_or_some, elements_put, one_select)


FORMS = [one_of(WAYS, "whole", "whole")]
