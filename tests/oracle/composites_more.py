"""More ways in which rows travel as values: arrays of them, operators, parameters, set operations.

Each takes a field out of a row (f1 of a, f2 of c) that came a long way.
"""

from forms_sole import alone, into, note, one_of
from terms import AGGREGATION, IDENTITY, TRANSFORMATION

ROW = "ROW(z.a, z.c)::pair"


def fields(world, z, value, rest, kind, extra=()):
    """Both fields of `value`, in a query over z."""
    target = world.target(["int", "text"])
    into(
        world,
        target,
        f"SELECT ({value}).f1, ({value}).f2 {rest}",
        [("c1", f"{z}.a", kind), ("c2", f"{z}.c", kind), *extra],
    )
    return target


def aggregated(world, z):
    target = fields(
        world, z, f"(array_agg({ROW} ORDER BY z.b, z.id))[1]", f"FROM {z} z", AGGREGATION
    )
    note(world, target, [(f"{z}.b", "SORT")])


def element(world, z):
    index = world.draw.one(("1", "(1 + abs(z.b) % 2)"))
    fields(world, z, f"(ARRAY[{ROW}, {ROW}])[{index}]", f"FROM {z} z", TRANSFORMATION)


def array_query(world, z):
    """An array made by a sub-query."""
    made = f"(ARRAY(SELECT {ROW} FROM {z} z ORDER BY z.id))[1]"
    fields(world, z, made, "", TRANSFORMATION)


def operator(world, z):
    """The user's operator returns a row."""
    fn = world.name("op")
    world.setup += [
        f"CREATE FUNCTION {fn}(a int, b text) RETURNS pair LANGUAGE sql IMMUTABLE"
        " AS $f$ SELECT ROW(a, b)::pair $f$",
        f"CREATE OPERATOR <@@> (LEFTARG = int, RIGHTARG = text, FUNCTION = {fn})",
    ]
    fields(world, z, "(z.a <@@> z.c)", f"FROM {z} z", IDENTITY)


def parameter(world, z):
    """A row as an argument of a SQL function, which takes a field of it."""
    one, two = world.name("fn"), world.name("fn")
    option = world.draw.one(("IMMUTABLE", "VOLATILE", "STABLE SECURITY DEFINER"))
    world.setup += [
        f"CREATE FUNCTION {one}(p pair) RETURNS int LANGUAGE sql {option}"
        " AS $f$ SELECT (p).f1 $f$",
        f"CREATE FUNCTION {two}(p pair) RETURNS text LANGUAGE sql {option}"
        " AS $f$ SELECT ($1).f2 $f$",
    ]
    into(
        world,
        world.target(["int", "text"]),
        f"SELECT {one}({ROW}), {two}({ROW}) FROM {z} z",
        [("c1", f"{z}.a", IDENTITY), ("c2", f"{z}.c", IDENTITY)],
    )


def either(world, z):
    """A set operation of rows, below a join's alias or a CTE."""
    y = alone(world)
    both = f"SELECT {ROW} AS w FROM {z} z UNION ALL SELECT ROW(y.a, y.c)::pair FROM {y} y"
    form = world.draw.below(3)
    if form == 0:
        rest = f"FROM ({both}) AS q"
    elif form == 1:
        rest = f"FROM (({both}) AS p(w) CROSS JOIN {y} x) AS q(w, i, j, k, l)"
    else:
        both = f"WITH q AS MATERIALIZED ({both})"
        target = world.target(["int", "text"])
        direct = [("c1", f"{t}.a", IDENTITY) for t in (z, y)]
        direct += [("c2", f"{t}.c", IDENTITY) for t in (z, y)]
        into(world, target, f"{both} SELECT (q.w).f1, (q.w).f2 FROM q", direct)
        return
    extra = [("c1", f"{y}.a", IDENTITY), ("c2", f"{y}.c", IDENTITY)]
    fields(world, z, "q.w", rest, IDENTITY, extra)


def unnested(world, z):
    """An array of rows as FROM item."""
    target = world.target(["int", "text"])
    into(
        world,
        target,
        f"SELECT u.f1, u.f2 FROM {z} z CROSS JOIN LATERAL unnest(ARRAY[{ROW}]) AS u",
        [("c1", f"{z}.a", TRANSFORMATION), ("c2", f"{z}.c", TRANSFORMATION)],
    )


def handed(world, z):
    """Functions of the server that hand rows on."""
    form = world.draw.one(
        (
            "(array_append(ARRAY[{0}], {0}))[2]",
            "(ARRAY[{0}] || {0})[2]",
            "(array_cat(ARRAY[{0}], ARRAY[{0}]))[1]",
            "lag({0}, 0) OVER (ORDER BY z.id)",
            "(trim_array(ARRAY[{0}, {0}], 1))[1]",
        )
    )
    fields(world, z, form.format(ROW), f"FROM {z} z", TRANSFORMATION)


def grouped(world, z):
    """Rows that a GROUP BY compares."""
    target = world.target(["int", "text"])
    into(
        world,
        target,
        f"SELECT (q.w).f1, (q.w).f2 FROM (SELECT {ROW} AS w FROM {z} z) q GROUP BY q.w",
        [("c1", f"{z}.a", IDENTITY), ("c2", f"{z}.c", IDENTITY)],
    )


def conditional(world, z):
    """CASE with an argument, without ELSE, of rows; a sub-select that compares rows."""
    made = f"(CASE z.b WHEN 1 THEN {ROW} WHEN 2 THEN {ROW} END)"
    target = fields(world, z, made, f"FROM {z} z", TRANSFORMATION)
    note(world, target, columns=[("c1", f"{z}.b", "CONDITIONAL")])


def as_text(world, z):
    """A row cast to text and back to another type: made of the whole."""
    world.types.append("CREATE TYPE other AS (f1 int, f2 text)")
    into(
        world,
        world.target(["int", "text"]),
        f"SELECT (({ROW})::text::other).f1, (({ROW})::text::other).f2 FROM {z} z",
        [(c, f"{z}.{s}", TRANSFORMATION) for c in ("c1", "c2") for s in ("a", "c")],
    )


def cast(world, z):
    """The user's cast makes a row."""
    fn = world.name("fn")
    world.types += [
        "CREATE TYPE num AS (f1 int, f2 text)",
        f"CREATE FUNCTION {fn}(n int) RETURNS num LANGUAGE sql IMMUTABLE"
        " AS $f$ SELECT ROW(n, 'n')::num $f$",
        f"CREATE CAST (int AS num) WITH FUNCTION {fn}(int)",
    ]
    into(
        world,
        world.target(["int", "text"]),
        f"SELECT (z.a::num).f1, (z.b::num).f2 FROM {z} z",
        [("c1", f"{z}.a", IDENTITY)],
    )


WAYS = (
    aggregated, element, array_query, operator, parameter, either, unnested, handed, grouped,
    conditional, as_text, cast,
)


one_way = one_of(WAYS, "rows_on_their_way", "row")


def rows_on_their_way(world, queries):
    world.need_composite()
    one_way(world, queries)


FORMS = [rows_on_their_way] * 2
