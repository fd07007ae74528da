"""Rows in rows, deeper than one level: fields that are put and read one by one.

As in forms_rare.py: over tables that nothing else reads. What a table stores of a row is one value:
what arrives elsewhere is judged field by field.
"""

from forms_bodies import moved, routine
from forms_sole import alone, one_of
from terms import AGGREGATION, IDENTITY, TRANSFORMATION


def _types(world):
    """pair (f1 int, f2 text), deep (p pair, n int), deeper (d deep, l pair[], k int)."""
    world.need_composite()
    for text in ("deep AS (p pair, n int)", "deeper AS (d deep, l pair[], k int)"):
        if f"CREATE TYPE {text}" not in world.types:
            world.types.append(f"CREATE TYPE {text}")


DEEP = "ROW(ROW(z.a, z.c)::pair, z.b)::deep"
DEEPER = f"ROW({DEEP}, ARRAY[ROW(z.b, z.c)::pair], z.id)::deeper"


def _stored(world, z, columns="id int UNIQUE, w deeper, c1 int, c2 text", whole=("w",)):
    """A table that stores rows in rows: of what its `whole` columns are made is not judged."""
    name = world.name("t")
    world.setup.append(f"CREATE TABLE {name} ({columns})")
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    world.exact = False
    for at in whole:
        for source in ("id", "a", "b", "c"):
            world.dead[(f"{z}.{source}", f"{name}.{at}")] = "stored as a whole"
    return name


def of_functions(world, z):
    """Fields of what functions in FROM give; of what they are given."""
    draw, fn, target = world.draw, world.name("fn"), world.target(["int", "text"])
    _types(world)
    form = draw.below(5)
    give = f"SELECT x.id, {DEEP.replace('z.', 'x.')} FROM {z} x"
    put = f"INSERT INTO {target.name}"
    if form == 0:
        options = draw.one(("sql STABLE", "sql VOLATILE"))
        world.setup.append(
            f"CREATE FUNCTION {fn}() RETURNS TABLE (k int, w deep) LANGUAGE {options}"
            f" AS $f$ {give} $f$"
        )
        world.run.append(f"{put} SELECT ((f.w).p).f1, ((f.w).p).f2 FROM {fn}() f")
    elif form == 1:  # the whole row, which another function takes apart
        world.setup += [
            f"CREATE FUNCTION {fn}() RETURNS SETOF deep LANGUAGE sql STABLE"
            f" AS $f$ SELECT ROW(x.a, x.c)::pair, x.b FROM {z} x $f$",
            f"CREATE FUNCTION {fn}_n(d deep) RETURNS int LANGUAGE sql IMMUTABLE AS"
            " $f$ SELECT ((d).p).f1 $f$",
            f"CREATE FUNCTION {fn}_t(d deep) RETURNS text LANGUAGE sql IMMUTABLE AS"
            " $f$ SELECT (($1).p).f2 $f$",
        ]
        world.run.append(f"{put} SELECT {fn}_n(f), {fn}_t(f) FROM {fn}() f")
    elif form == 2:  # of rows that are stored
        name = _stored(world, z, "id int, p pair, n int", ("p",))
        world.setup.append(
            f"CREATE FUNCTION {fn}_n(d {name}) RETURNS text LANGUAGE sql IMMUTABLE AS"
            " $f$ SELECT ((d).p).f2 $f$",
        )
        world.run += [
            f"INSERT INTO {name} SELECT z.id, ROW(z.a, z.c)::pair, z.b FROM {z} z",
            f"{put} (c2) SELECT {fn}_n(f) FROM {name} f",
        ]
        world.dead[(f"{name}.p", f"{target.name}.c2")] = "stored as a whole"
        return
    elif form == 3:  # of rows that a routine returns, in an array
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int, w text) RETURNS pair[] LANGUAGE plpgsql AS"
            " $f$ BEGIN RETURN ARRAY[ROW(n, w)::pair]; END $f$"
        )
        world.run.append(f"{put} SELECT (({fn}(z.a, z.c))[1]).f1, z.c FROM {z} z")
        world.exact = False
        world.dead[(f"{z}.c", f"{target.name}.c1")] = "the rows of an array are one value"
    else:  # of a column of a view that is temporary, and of a JOIN
        y = alone(world)
        world.run += [
            f"CREATE TEMP VIEW {fn} AS SELECT z.id, {DEEP} AS w FROM {z} z",
            f"{put} SELECT ((f.w).p).f1, ((f.w).p).f2 FROM ({fn} x JOIN {y} y ON true) f",
            f"DROP VIEW {fn}",
        ]
        world.exact = False
        world.reset.append(f"DROP VIEW IF EXISTS {fn}")
        for at in ("a", "b", "c"):
            for to in ("c1", "c2"):
                world.dead[(f"{z}.{at}", f"{target.name}.{to}")] = "a view's row is one value"
    moved(world, z, target)


def put_by_field(world, z):
    """An INSERT that puts a row together field by field; EXCLUDED knows them apart."""
    draw = world.draw
    _types(world)
    name = _stored(world, z)
    fields = [
        ("w.d.p.f1", "z.a"), ("w.d.p.f2", "z.c"), ("w.d.n", "z.b"), ("w.k", "z.id"),
        ("w.l[1].f1", "z.b"), ("w.l[1].f2", "z.c"),
    ]
    form = draw.below(4)
    if form == 1:  # a row at once, and then a field of it
        fields = [("w.d", DEEP.replace("z.a", "z.b")), ("w.d.p.f1", "z.a"), ("w.k", "z.id")]
    elif form == 2:
        fields = [("w.d.p", "ROW(z.a, z.c)::pair"), ("w.d.n", "z.b"), ("w.l", "NULL::pair[]")]
    elif form == 3:
        fields = fields[:4]
    at = draw.below(len(fields)) if form != 1 else 0
    fields = fields[at:] + fields[:at]
    sets = draw.one(
        (
            "c1 = (((excluded.w).d).p).f1, c2 = (((excluded.w).d).p).f2",
            "c1 = ((x.w).d).n, c2 = (((excluded.w).d).p).f2",
            "c2 = ((excluded.w).d).p::text",
        )
    )
    world.setup.append(f"INSERT INTO {name} (id) SELECT generate_series(-9, 9)")
    world.reset.append(f"INSERT INTO {name} (id) SELECT generate_series(-9, 9)")
    world.run.append(
        f"INSERT INTO {name} AS x (id, {', '.join(f for f, _ in fields)}) SELECT z.id,"
        f" {', '.join(v for _, v in fields)} FROM {z} z ON CONFLICT (id) DO UPDATE SET {sets}"
    )
    world.writes(name, "id", {(f"{z}.id", IDENTITY, False)})
    # Both columns are given what EXCLUDED holds, not what the row held before.
    for to in ("c1", "c2"):
        world.dead[(f"{name}.w", f"{name}.{to}")] = "the row that was there"
    if "x.w" not in sets and "::text" not in sets:
        world.direct.add((f"{z}.a", f"{name}.c1", "IDENTITY", False))
    world.direct.add((f"{z}.c", f"{name}.c2", "IDENTITY", False))
    if "::text" in sets:
        world.dead[(f"{z}.a", f"{name}.c2")] = "of the whole row"
        world.dead[(f"{z}.b", f"{name}.c2")] = "replaced by a field that is put after it"


def not_put(world, z):
    """EXCLUDED of a column that no value is given for."""
    _types(world)
    name = _stored(world, z)
    world.setup.append(f"INSERT INTO {name} (id) SELECT generate_series(-9, 9)")
    world.reset.append(f"INSERT INTO {name} (id) SELECT generate_series(-9, 9)")
    world.run.append(
        f"INSERT INTO {name} (id, c2) SELECT z.id, z.c FROM {z} z ON CONFLICT (id) DO UPDATE SET"
        " c1 = ((excluded.w).d).n, c2 = excluded.c2"
    )
    for at, source in (("id", "id"), ("c2", "c")):
        world.writes(name, at, {(f"{z}.{source}", IDENTITY, False)})


def assigned(world, z):
    """Fields of fields of a variable, assigned one by one, in any order."""
    draw = world.draw
    _types(world)
    one = "v.d.p.f1 := r.a; v.d.p.f2 := r.c;"
    forms = (
        f"{one}", f"v.d.n := r.b; {one}", f"{one} v.k := r.b; v.d.n := 3;",
        "v.d.p := ROW(r.b, r.c)::pair; v.d.p.f1 := r.a;",
        "v.d := ROW(ROW(r.b, r.c)::pair, r.b)::deep; v.d.p.f1 := r.a;",
        "v.l[1].f1 := r.b; v.l[1].f2 := r.c; v.d.p.f2 := r.c; v.d.p.f1 := r.a;",
        f"{one} u := v; v.d.p.f1 := 7; v := u;",
        "w := v.d; w.p.f1 := r.a; w.p.f2 := r.c; v.d := w;",
        f"{one} v.l := ARRAY[(v.d).p]; v.l[1].f1 := r.a;",
    )
    body = (
        f"FOR r IN SELECT z.a, z.b, z.c FROM {z} z LOOP v := NULL; {draw.one(forms)}"
        " INSERT INTO {t} VALUES (((v.d).p).f1, ((v.d).p).f2); END LOOP;"
    )
    target = routine(world, body, "DECLARE r record; v deeper; u deeper; w deep; ")
    moved(world, z, target)
    world.exact = False  # whether what is handed on counts as computed
    # Fields of fields of a variable are not told apart.
    for to, sources in (("c1", "bc"), ("c2", "ab")):
        for at in sources:
            world.dead[(f"{z}.{at}", f"{target.name}.{to}")] = "fields of a variable's field"


def gathered(world, z):
    """Rows that come through aggregates and windows, of the server and of the user."""
    draw, fn = world.draw, world.name("fn")
    _types(world)
    target = world.target(["int", "text"])
    inner = f"(SELECT x.id, ROW(x.a, x.c)::pair AS w FROM {z} x)"
    form = draw.below(6)
    world.exact = False
    forms = (
        f"SELECT ((array_agg(p.w ORDER BY p.id))[1]).f1, ((array_agg(p.w ORDER BY p.id))[1]).f2"
        f" FROM {inner} p",
        f"SELECT ({fn}(p.w ORDER BY p.id)).f1, ({fn}(p.w ORDER BY p.id)).f2 FROM {inner} p",
        f"SELECT ({fn}_2(p.w, 1 ORDER BY p.id)).f1, ({fn}_2(p.w, 1 ORDER BY p.id)).f2"
        f" FROM {inner} p",
        f"SELECT ({fn}(p.w) OVER (ORDER BY p.id)).f1, ({fn}(p.w) OVER (ORDER BY p.id)).f2"
        f" FROM {inner} p",
        f"SELECT (lag(p.w, 1, p.w) OVER (ORDER BY p.id)).f1,"
        f" (lag(p.w, 1, p.w) OVER (ORDER BY p.id)).f2 FROM {inner} p",
        f"SELECT ((array_append(ARRAY[p.w], p.w))[2]).f1, ((array_fill(p.w, ARRAY[2]))[1]).f2"
        f" FROM {inner} p",
    )
    world.setup += [
        f"CREATE FUNCTION {fn}_s(s pair, n pair) RETURNS pair LANGUAGE sql IMMUTABLE AS"
        " $f$ SELECT coalesce(s, n) $f$",
        f"CREATE AGGREGATE {fn}(pair) (SFUNC = {fn}_s, STYPE = pair)",
        f"CREATE FUNCTION {fn}_p(s anyelement, n anyelement, k int) RETURNS anyelement LANGUAGE sql"
        " IMMUTABLE AS $f$ SELECT coalesce(s, n) $f$",
        f"CREATE AGGREGATE {fn}_2(anyelement, int) (SFUNC = {fn}_p, STYPE = anyelement)",
    ]
    world.run.append(f"INSERT INTO {target.name} {forms[form]}")
    kind = AGGREGATION if form < 3 else TRANSFORMATION
    moved(world, z, target, kind)
    if 0 < form < 4:  # an aggregate of the user's makes one value of what it is given
        world.dead[(f"{z}.a", f"{target.name}.c2")] = "one value"
        world.dead[(f"{z}.c", f"{target.name}.c1")] = "one value"


def set_operations(world, z):
    """Rows on both sides of set operations."""
    draw, y, target = world.draw, alone(world), world.target(["int", "text"])
    _types(world)
    word = draw.one(("UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL"))
    other = DEEP.replace("z.", "y.")
    world.run.append(
        f"INSERT INTO {target.name} SELECT ((q.w).p).f1, ((q.w).p).f2 FROM (SELECT {DEEP} AS w FROM"
        f" {z} z {word} SELECT {other} FROM {y} y) q"
    )
    moved(world, z, target)
    if "EXCEPT" not in word:
        moved(world, y, target)


WAYS = (of_functions, put_by_field, not_put, assigned, gathered, set_operations)


FORMS = [one_of(WAYS, "fields", "fields")]
