"""Functions, reads, casts and rows that are seldom met in a query.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, into, one_of
from terms import IDENTITY, TRANSFORMATION
from world import SAME

CAUGHT = "EXCEPTION WHEN OTHERS THEN NULL; END;"


def rare_functions(world, z):
    """SQL functions with odd bodies; functions in C; calls of what cannot be read."""
    draw, fn = world.draw, world.name("fn")
    target = world.target(["int", "text"])
    kind, call, what = IDENTITY, f"{fn}(z.a)", draw.below(10)
    if what == 0:
        world.setup += [
            "SET check_function_bodies = off",
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql VOLATILE AS $f$ SELECT CASE WHEN"
            f" n > 0 AND n < 0 THEN (SELECT {fn}(n - 1)) ELSE n END $f$",
            "RESET check_function_bodies",
        ]
        kind = TRANSFORMATION
    elif what == 1:
        text = draw.one(("SELECT 1; SELECT n;", "SELECT n;"))
        option = draw.one(("", " SET work_mem = '8MB'", " SECURITY DEFINER"))
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql{option} BEGIN ATOMIC {text} END"
        )
        stored = world.target(["int"])
        world.setup.append(
            f"CREATE FUNCTION {fn}_w() RETURNS int LANGUAGE sql BEGIN ATOMIC INSERT INTO"
            f" {stored.name} VALUES (7) RETURNING 1; END"
        )
        world.run.append(f"SELECT {fn}_w()")
    elif what == 9:
        stored, log = world.target(["int"]), world.target(["int"])
        world.setup += [
            f"CREATE RULE r AS ON INSERT TO {stored.name} DO ALSO INSERT INTO {log.name}"
            " VALUES (NEW.c1)",
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql VOLATILE AS"
            f" $f$ INSERT INTO {stored.name} VALUES (7); SELECT n $f$",
        ]
    elif what == 2:
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql VOLATILE"
            " AS $f$ SET LOCAL work_mem = '8MB'; SELECT n $f$"
        )
    elif what == 3:
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql SET work_mem = '8MB'"
            " AS $f$ SELECT n $f$"
        )
    elif what == 4:
        world.setup.append(
            f"CREATE FUNCTION {fn}(oid) RETURNS void LANGUAGE c"
            " AS '$libdir/plpgsql', 'plpgsql_validator'"
        )
        call = "z.a"
    elif what == 5:
        world.setup += [
            "SET check_function_bodies = off",
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql AS $f$ SELEC n $f$",
            "RESET check_function_bodies",
        ]
        body = f"BEGIN PERFORM {fn}(z.a) FROM {z} z; {CAUGHT}"
        routine(world, f"{body} INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;", target=target)
        moved(world, z, target)
        return
    elif what == 6:
        world.setup.append(
            f"CREATE FUNCTION {fn}() RETURNS SETOF record LANGUAGE sql STABLE"
            f" AS $f$ SELECT x.a, x.c FROM {z} x $f$"
        )
        world.run.append(
            f"INSERT INTO {target.name} SELECT r.k, r.w FROM {fn}() AS r(k int, w text)"
        )
        moved(world, z, target)
        return
    elif what == 7:
        world.setup.append(
            f"CREATE FUNCTION {fn}() RETURNS SETOF {z} LANGUAGE sql STABLE"
            f" AS $f$ SELECT x.id, x.a, x.b, x.c FROM {z} x $f$"
        )
        world.run.append(f"INSERT INTO {target.name} SELECT r.a, r.c FROM {fn}() AS r")
        moved(world, z, target)
        return
    else:  # in two texts at the same place
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE plpgsql STABLE AS"
            " $b$ BEGIN RETURN n; END $b$"
        )
        start = f"INSERT INTO {target.name} SELECT least("
        pad = " " * (len(start) - len("SELECT "))
        world.setup.append(
            f"CREATE FUNCTION {fn}_o(n int) RETURNS int LANGUAGE sql STABLE AS"
            f" $b${pad}SELECT {fn}(n)$b$"
        )
        world.run.append(f"{start}{fn}(z.a), {fn}_o(z.a)), z.c FROM {z} z")
        moved(world, z, target, TRANSFORMATION)
        world.direct.discard((f"{z}.c", f"{target.name}.c2", "TRANSFORMATION", False))
        world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})
        return
    where = f" WHERE z.id > -9999999 OR {fn}(z.id::oid) IS NULL" if what == 4 else ""
    put = f"INSERT INTO {target.name} SELECT {call}, z.c FROM {z} z{where}"
    if draw.chance(50):
        routine(world, f"{put};", target=target)
    else:
        world.run.append(put)
    world.writes(target.name, "c1", {(f"{z}.a", kind, False)})
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def odd_reads(world, z):
    """Sequences, whole rows, temporary children, texts that the server runs itself."""
    draw = world.draw
    form = draw.below(5)
    if form == 0:
        seq = world.name("seq")
        world.setup.append(f"CREATE SEQUENCE {seq}")
        target = world.target(["int", "text"])
        world.run.append(
            f"INSERT INTO {target.name} SELECT z.a, z.c FROM {z} z, {seq} q WHERE q.last_value = 1"
        )
        moved(world, z, target)
    elif form == 1:
        direct = [("c1", f"{z}.{column}", TRANSFORMATION) for column in ("id", "a", "b", "c")]
        into(world, world.target(["text"]), f"SELECT z::text FROM {z} z", direct)
    elif form == 2:
        y, child = alone(world), world.name("tmp")
        world.setup += [f"CREATE TEMP TABLE {child} () INHERITS ({z})"]
        world.reset.append(f"DELETE FROM {child}")
        target = world.target(["int", "text"])
        world.run += [
            f"INSERT INTO {child} (id, a, b, c) SELECT y.id, y.a, y.b, coalesce(y.c, 'x')"
            f" FROM {y} y",
            f"INSERT INTO {target.name} SELECT z.a, z.c FROM {z} z",
        ]
        world.exact = False
        moved(world, z, target)
        moved(world, y, target)
    elif form == 3:
        target = world.target(["text"])
        world.run.append(
            f"INSERT INTO {target.name} SELECT s.word FROM"
            f" ts_stat($q$SELECT to_tsvector('simple', coalesce(c, '')) FROM {z}$q$) AS s"
        )
        world.writes(target.name, "c1", {(f"{z}.c", TRANSFORMATION, False)})
    else:
        target = world.target(["text"])
        world.run.append(
            f"INSERT INTO {target.name} (c1) SELECT z.c FROM {z} z WHERE z.ctid IS NOT NULL"
        )
        world.writes(target.name, "c1", {(f"{z}.c", IDENTITY, False)})


def casts(world, z):
    """Casts of the user's, to other lengths, of arrays; rows of a child as its parent's."""
    draw = world.draw
    form = draw.below(6)
    if form == 0:
        fn = world.name("fn")
        world.setup += [
            "CREATE TYPE mood AS ENUM ('low', 'high')",
            f"CREATE FUNCTION {fn}(n int) RETURNS mood LANGUAGE sql IMMUTABLE STRICT AS $f$ SELECT"
            " CASE WHEN n > 2 THEN 'high' ELSE 'low' END::mood $f$",
            f"CREATE CAST (int AS mood) WITH FUNCTION {fn}(int)",
        ]
        target = world.target(["text"])
        world.run.append(f"INSERT INTO {target.name} SELECT (z.a::mood)::text FROM {z} z")
        world.exact = False  # only conditions
        return
    if form < 5:
        type_, value, source, kind = (
            ("numeric(30,2)", "z.a", "a", TRANSFORMATION),
            ("text[]", "(ARRAY[z.c])::varchar(3)[]", "c", TRANSFORMATION),
            ("bigint[]", "(ARRAY[z.a])::bigint[]", "a", TRANSFORMATION),
            ("int[]", "(ARRAY[z.a::text])::int[]", "a", TRANSFORMATION),
        )[form - 1]
        name = world.name("t")
        world.setup.append(f"CREATE TABLE {name} (c1 {type_})")
        world.targets.append(name)
        world.reset.append(f"DELETE FROM {name}")
        world.writes(name, "c1", {(f"{z}.{source}", kind, False)})
        world.run.append(f"INSERT INTO {name} SELECT {value} FROM {z} z")
        return
    child, rows = world.name("ch"), world.name("t")
    world.setup += [
        f"CREATE TABLE {child} (gone int, more int) INHERITS ({z})",
        f"ALTER TABLE {child} DROP COLUMN gone",
        f"CREATE TABLE {rows} (r {z})",
    ]
    world.reset.append(f"DELETE FROM {rows}")
    world.run.append(f"INSERT INTO {rows} SELECT x::{z} FROM {child} x")
    world.run.append(
        f"INSERT INTO {child} (id, a, b, c) SELECT y.id, y.a, y.b, coalesce(y.c, 'x') FROM"
        f" {alone(world)} y"
    )
    world.exact = False
    world.reset.append(f"DELETE FROM {child}")
    target = world.target(["text", "int"])
    world.run.append(
        f"INSERT INTO {target.name} SELECT (x::{z})::text, (x::{z}).a FROM {child} x"
    )
    world.targets.append(child)
    for column in ("id", "a", "b", "c"):
        world.dead[(f"{child}.{column}", f"{target.name}.c1")] = "of the rows of the child"
    world.dead[(f"{child}.a", f"{target.name}.c2")] = "of the rows of the child"


def row_values(world, z):
    """Rows that come through windows, set operations, views, operators, conditions."""
    draw = world.draw
    world.need_composite()
    form = draw.below(6)
    inner = f"(SELECT x.id, ROW(x.a, x.c)::pair AS w FROM {z} x)"

    def both(kind):
        return [("c1", f"{z}.a", kind), ("c2", f"{z}.c", kind)]

    target = world.target(["int", "text"])
    if form == 0:
        select = (
            "SELECT (q.l).f1, (q.l).f2 FROM (SELECT lag(p.w) OVER (ORDER BY p.id) AS l FROM"
            f" {inner} p) q"
        )
        into(world, target, select, both(TRANSFORMATION))
        for at in ("c1", "c2"):
            world.deciding.add((f"{z}.id", f"{target.name}.{at}", "WINDOW"))
    elif form == 1:
        y = alone(world)
        select = (
            f"SELECT (q.w).f1, (q.w).f2 FROM (SELECT p.w FROM {inner} p EXCEPT SELECT"
            f" ROW(y.a, y.c)::pair FROM {y} y) q"
        )
        into(world, target, select, both(IDENTITY))
    elif form == 2:
        view = world.name("v")
        world.setup.append(f"CREATE VIEW {view} AS SELECT p.w FROM {inner} p")
        for source in ("a", "c"):
            world.direct.add((f"{z}.{source}", f"{view}.w", "TRANSFORMATION", False))
        into(
            world, target, f"SELECT (v.w).f1, (v.w).f2 FROM {view} v",
            [(at, f"{view}.w", TRANSFORMATION) for at in ("c1", "c2")],
        )
    elif form == 3:
        fn = world.name("fn")
        world.setup += [
            f"CREATE FUNCTION {fn}(n int, w text) RETURNS pair LANGUAGE sql IMMUTABLE AS"
            " $f$ SELECT ROW(n, w)::pair $f$",
            f"CREATE OPERATOR <@@> (LEFTARG = int, RIGHTARG = text, FUNCTION = {fn})",
        ]
        select = f"SELECT ((z.a <@@> z.c)).f1, (z.a <@@> z.c)::text FROM {z} z"
        into(world, target, select, [("c1", f"{z}.a", IDENTITY),
             ("c2", f"{z}.a", TRANSFORMATION), ("c2", f"{z}.c", TRANSFORMATION)])
        world.exact = False
        world.dead[(f"{z}.c", f"{target.name}.c1")] = "the body gives one value"
    elif form == 4:
        y = alone(world)
        select = (
            f"SELECT z.a, z.c FROM {z} z WHERE ((SELECT ROW(y.a, y.c)::pair FROM {y} y"
            " ORDER BY y.id LIMIT 1)).f1 IS DISTINCT FROM 77"
        )
        into(world, target, select, both(IDENTITY), [(f"{y}.a", "FILTER")])
    else:
        fn = world.name("fn")
        world.setup.append(
            f"CREATE FUNCTION {fn}(a int, b int) RETURNS bool LANGUAGE plpgsql AS"
            " $f$ BEGIN RETURN a IS NOT NULL OR b IS NOT NULL OR true; END $f$"
        )
        world.setup.append(
            f"CREATE OPERATOR <@-@> (LEFTARG = int, RIGHTARG = int, FUNCTION = {fn})"
        )
        select = f"SELECT z.a, z.c FROM {z} z WHERE z.a <@-@> ANY (ARRAY[z.b, z.a])"
        into(world, target, select, both(IDENTITY))


def rows_in_rows(world, z):
    """Rows in rows: put in field by field, read field by field."""
    draw, name = world.draw, world.name("t")
    world.need_composite()
    world.types.append("CREATE TYPE deep AS (p pair, n int)")
    world.setup.append(f"CREATE TABLE {name} (id int UNIQUE, w deep)")
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    world.exact = False  # the fields of what a table stores are no nodes
    target = world.target(["int", "text"])
    row = "ROW(ROW(z.a, z.c)::pair, z.b)::deep"
    form = draw.below(3)
    if form == 0:
        world.run += [
            f"INSERT INTO {name} (id, w.p.f1, w.p.f2) SELECT z.id, z.a, z.c FROM {z} z",
            f"UPDATE {name} x SET w.p.f1 = z.a, w.n = z.b FROM {z} z WHERE z.id = x.id",
        ]
    elif form == 1:
        world.run.append(
            f"INSERT INTO {name} SELECT z.id, {row} FROM {z} z ON CONFLICT (id) DO UPDATE"
            " SET w.p.f1 = ((excluded.w).p).f1"
        )
    else:
        world.run.append(
            f"INSERT INTO {target.name} SELECT ((q.w).p).f1, ((q.w).p).f2 FROM"
            f" (SELECT {row} AS w FROM {z} z) q"
        )
    for column in ("a", "b", "c"):
        world.dead[(f"{z}.{column}", f"{name}.w")] = "stored as a whole"
    if form > 1:
        moved(world, z, target)


def temporary_children(world, z):
    """A write on a table that has temporary children, which are no nodes."""
    name, child = world.name("t"), world.name("tmp")
    world.setup += [
        f"CREATE TABLE {name} (id int, c1 int, c2 text)",
        f"CREATE TEMP TABLE {child} (more int) INHERITS ({name})",
    ]
    world.targets.append(name)
    world.reset += [f"DELETE FROM {name}"]
    target = world.target(["int", "text"])
    world.run += [
        f"INSERT INTO {child} (id, more) SELECT z.id, z.b FROM {z} z",
        f"UPDATE {name} x SET c1 = z.a, c2 = z.c FROM {z} z WHERE z.id = x.id",
        f"INSERT INTO {target.name} SELECT x.c1, x.c2 FROM {child} x",
    ]
    world.exact = False
    moved(world, z, target)
    for column in ("id", "b"):
        for at in ("id", "c1", "c2"):
            world.dead[(f"{z}.{column}", f"{name}.{at}")] = "rows of the child"


def writing_bodies(world, z):
    """SQL functions of one SELECT over a routine that writes: only some are put into the caller."""
    draw, fn, log = world.draw, world.name("fn"), world.target(["int"])
    target = world.target(["int"])
    bodies = (
        "SELECT w(n)", "SELECT w(n) FROM (VALUES (1)) v(x)", "VALUES (w(n))",
        "SELECT w(n) WHERE 1 = 1", "SELECT w(n) GROUP BY n", "SELECT DISTINCT w(n)",
        "SELECT w(n) ORDER BY 1", "SELECT w(n) LIMIT 1", "SELECT w(n) OFFSET 0",
        "WITH q AS (SELECT 1) SELECT w(n)",
    )
    body = draw.one(bodies).replace("w(n)", f"{fn}_w(n)")
    option = draw.one(("VOLATILE", "VOLATILE STRICT", "VOLATILE SECURITY DEFINER"))
    stored = draw.chance(40)
    text = f"BEGIN ATOMIC {body}; END" if stored else f"AS $f$ {body} $f$"
    world.setup += [
        f"CREATE FUNCTION {fn}_w(n int) RETURNS int LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO"
        f" {log.name} VALUES (n); RETURN n; END $b$",
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE sql {option} {text}",
    ]
    routine(world, f"INSERT INTO {target.name} SELECT {fn}(z.a) FROM {z} z;", target=target)
    world.writes(log.name, "c1", {(f"{z}.a", IDENTITY, False)})
    world.writes(target.name, "c1", {(f"{z}.a", IDENTITY, False)})
    world.exact = False  # what is put into the caller, and whether a NULL is called with


def whole_given(world, z):
    """The whole row that is to be inserted: EXCLUDED, and what a check looks at."""
    draw, name = world.draw, world.name("t")
    world.setup.append(f"CREATE TABLE {name} (id int UNIQUE, c1 int, c2 text)")
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    world.copies(z, name, (("id", "id"), ("a", "c1"), ("c", "c2")))
    put = f"SELECT z.id, z.a, z.c FROM {z} z"
    if draw.chance(50):
        world.setup.append(f"INSERT INTO {name} VALUES (1, 1, 'x'), (2, 2, 'y')")
        world.reset.append(f"INSERT INTO {name} VALUES (1, 1, 'x'), (2, 2, 'y')")
        world.run.append(
            f"INSERT INTO {name} {put} ON CONFLICT (id) DO UPDATE SET c2 = (excluded.*)::text"
        )
        for source in ("id", "a", "c"):
            world.direct.add((f"{z}.{source}", f"{name}.c2", "TRANSFORMATION", False))
        return
    view = world.name("u")
    world.setup.append(
        f"CREATE VIEW {view} AS SELECT id, c1, c2 FROM {name} w WHERE"
        " w IS DISTINCT FROM ROW(99999, 1, 'x') WITH CHECK OPTION"
    )
    world.copies(name, view, (("id", "id"), *SAME))
    world.deciding |= {(f"{z}.{source}", name, "FILTER") for source in ("id", "a", "c")}
    world.run.append(f"INSERT INTO {view} {put}")


def nested_recursion(world, z):
    """A recursive CTE inside of another one; a UNION that a body's loop runs over."""
    target = world.target(["int", "text"])
    if world.draw.chance(50):
        world.run.append(
            f"WITH RECURSIVE o AS (SELECT z.a AS k, z.c AS w, 0 AS n FROM {z} z UNION ALL SELECT"
            " i.k, i.w, o.n + 1 FROM o CROSS JOIN LATERAL (WITH RECURSIVE q AS (SELECT o.k, o.w,"
            " 0 AS m UNION ALL SELECT q.k, q.w, q.m + 1 FROM q WHERE q.m < 1) SELECT q.k, q.w"
            f" FROM q WHERE q.m = 1) i WHERE o.n < 2) INSERT INTO {target.name}"
            " SELECT o.k, o.w FROM o"
        )
        moved(world, z, target)
        return
    y = alone(world)
    routine(
        world,
        f"FOR r IN SELECT z.a, z.c FROM {z} z UNION ALL SELECT y.a, y.c FROM {y} y LOOP"
        f" INSERT INTO {target.name} VALUES (r.a, r.c); END LOOP;",
        "DECLARE r record; ",
        target=target,
    )
    moved(world, z, target)
    moved(world, y, target)


WAYS = (
    rare_functions, odd_reads, casts, row_values, rows_in_rows, temporary_children,
    writing_bodies, whole_given, nested_recursion,
)


FORMS = [one_of(WAYS, "unusual", "unusual")] * 3
