"""Statements in which one column alone decides or gives a value, so that a clause lost is seen.

Each reads tables that nothing else of the case reads. Beside the DIRECT edges it knows INDIRECT
ones that must be there (`world.deciding`): some decide only by an error, which no data can show.
"""

from forms_write import keyed_target
from terms import AGGREGATION, IDENTITY, TRANSFORMATION


GRANTS = (
    "DO $do$ DECLARE s text := current_schema(); BEGIN"
    " EXECUTE format('GRANT USAGE ON SCHEMA %I TO oracle_reader', s);"
    " EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO oracle_reader', s); END $do$",
)


def alone(world, types=("int", "int", "text"), rows=None):
    """A table that no other form reads: id, a, b, c."""
    table = world.source(types=list(types), rows=rows, dropped=world.draw.chance(20))
    world.relations = [r for r in world.relations if r[0] != table.name]
    return table.name


def one_of(ways, name, word):
    """A form of this name: one of the ways over a table of its own; `word` goes before the way in
    what is counted."""

    def form(world, queries):
        way = world.draw.one(ways)
        world.features.add(f"{word} {way.__name__}")
        way(world, alone(world))

    form.__name__ = name
    return form


def into(world, target, select, direct=(), rows=(), columns=()):
    """INSERT of a query. direct: (column, source, kind); rows: (source, subtype) that decide about
    rows; columns: (column, source, subtype) that decide about one column."""
    for column, source, kind in direct:
        world.writes(target.name, column, {(source, kind, False)})
    note(world, target, rows, columns)
    world.run.append(f"INSERT INTO {target.name} {select}")
    return target


def note(world, target, rows=(), columns=()):
    for source, subtype in rows:
        world.deciding.add((source, target.name, subtype))
    for column, source, subtype in columns:
        world.deciding.add((source, f"{target.name}.{column}", subtype))


def number(world):
    return world.target(["int"])


def distinct_on(world, z):
    select = f"SELECT DISTINCT ON (z.a) 5 FROM {z} z"
    into(world, number(world), select, rows=[(f"{z}.a", "FILTER")])


def limited(world, z):
    y, word = alone(world), world.draw.one(("LIMIT", "OFFSET"))
    into(
        world,
        number(world),
        f"SELECT z.b FROM {z} z ORDER BY z.c, z.id"
        f" {word} (SELECT 1 + abs(max(y.a)) % 2 FROM {y} y)",
        [("c1", f"{z}.b", IDENTITY)],
        [(f"{y}.a", "FILTER"), (f"{z}.c", "SORT"), (f"{z}.id", "SORT")],
    )


def case_argument(world, z):
    into(
        world,
        number(world),
        f"SELECT CASE z.a WHEN 1 THEN 10 WHEN 3 THEN 30 ELSE z.b END FROM {z} z",
        [("c1", f"{z}.b", TRANSFORMATION)],
        columns=[("c1", f"{z}.a", "CONDITIONAL")],
    )


def nullif(world, z):
    into(
        world,
        number(world),
        f"SELECT NULLIF(z.a, z.b) FROM {z} z",
        [("c1", f"{z}.a", TRANSFORMATION)],
        columns=[("c1", f"{z}.b", "CONDITIONAL")],
    )


def subscript(world, z):
    into(
        world,
        number(world),
        f"SELECT (ARRAY[4, 5, 6])[z.a] FROM {z} z",
        columns=[("c1", f"{z}.a", "CONDITIONAL")],
    )


def text_number(world, z):
    """A number out of a text: not every text is one."""
    select = f"SELECT z.a::text::int FROM {z} z"
    into(world, number(world), select, [("c1", f"{z}.a", TRANSFORMATION)])


def body_rows(world, z):
    """A SQL function's WHERE; and of several statements the last gives the result."""
    draw, fn = world.draw, world.name("fn")
    first = draw.one(("", f"SELECT max(x.id) FROM {z} x; "))
    option = draw.one(("STABLE", "VOLATILE", "STABLE SECURITY DEFINER"))
    if draw.chance(50):
        world.setup.append(
            f"CREATE FUNCTION {fn}() RETURNS int LANGUAGE sql {option} AS"
            f" $f$ {first}SELECT max(x.b) FROM {z} x WHERE x.a > 2 $f$"
        )
        select, kind = f"SELECT {fn}()", AGGREGATION
    else:
        world.setup.append(
            f"CREATE FUNCTION {fn}() RETURNS SETOF int LANGUAGE sql {option} AS"
            f" $f$ {first}SELECT x.b FROM {z} x WHERE x.a > 2 $f$"
        )
        select, kind = f"SELECT r FROM {fn}() AS r", IDENTITY
    into(world, number(world), select, [("c1", f"{z}.b", kind)], [(f"{z}.a", "FILTER")])


def rows_from(world, z):
    """ROWS FROM of functions with several columns each."""
    y = alone(world)
    for name, table in ((world.name("fn"), z), (world.name("fn"), y)):
        world.setup.append(
            f"CREATE FUNCTION {name}() RETURNS TABLE (p int, q text) LANGUAGE sql STABLE AS"
            f" $f$ SELECT x.a, upper(x.c) FROM {table} x ORDER BY x.id $f$"
        )
    names = [line.split("(")[0].split()[-1] for line in world.setup[-2:]]
    target = world.target(["text", "int", "text", "int"])
    into(
        world,
        target,
        f"SELECT r.w, r.v, r.u, r.t FROM ROWS FROM ({names[0]}(), {names[1]}())"
        " AS r(t, u, v, w)",
        [
            ("c1", f"{y}.c", TRANSFORMATION),
            ("c2", f"{y}.a", IDENTITY),
            ("c3", f"{z}.c", TRANSFORMATION),
            ("c4", f"{z}.a", IDENTITY),
        ],
    )


def having(world, z):
    into(
        world,
        number(world),
        f"SELECT z.b FROM {z} z GROUP BY z.b HAVING max(z.a) > 2",
        [("c1", f"{z}.b", IDENTITY)],
        [(f"{z}.a", "FILTER"), (f"{z}.b", "GROUP_BY")],
    )


def group_by(world, z):
    into(
        world,
        world.target(["bigint"]),
        f"SELECT count(*) FROM {z} z GROUP BY z.a",
        rows=[(f"{z}.a", "GROUP_BY")],
    )


def window(world, z):
    into(
        world,
        world.target(["bigint"]),
        f"SELECT row_number() OVER (PARTITION BY z.a ORDER BY z.b, z.id) FROM {z} z",
        columns=[("c1", f"{z}.a", "WINDOW"), ("c1", f"{z}.b", "WINDOW")],
    )


def exists(world, z):
    y = alone(world)
    into(
        world,
        number(world),
        f"SELECT z.id FROM {z} z WHERE EXISTS (SELECT FROM {y} y WHERE y.a = z.b)",
        [("c1", f"{z}.id", IDENTITY)],
        [(f"{y}.a", "FILTER"), (f"{z}.b", "FILTER")],
    )


def joined(world, z):
    y, word = alone(world), world.draw.one(("JOIN", "LEFT JOIN", "FULL JOIN"))
    into(
        world,
        number(world),
        f"SELECT z.id FROM {z} z {word} {y} y ON y.a = z.b",
        [("c1", f"{z}.id", IDENTITY)],
        [(f"{y}.a", "JOIN"), (f"{z}.b", "JOIN")],
    )


def compared(world, z):
    y, word = alone(world), world.draw.one(("EXCEPT", "INTERSECT", "EXCEPT ALL"))
    direct = [("c1", f"{z}.a", IDENTITY)]
    if word == "INTERSECT":
        direct.append(("c1", f"{y}.b", IDENTITY))
    into(
        world,
        number(world),
        f"SELECT z.a FROM {z} z {word} SELECT y.b FROM {y} y",
        direct,
        [(f"{y}.b", "FILTER")],
    )


def ordered_arms(world, z):
    """ORDER BY of a set operation chooses its rows."""
    y = alone(world)
    into(
        world,
        number(world),
        f"(SELECT z.a FROM {z} z UNION ALL SELECT y.b FROM {y} y) ORDER BY 1"
        " FETCH FIRST 1 ROW WITH TIES",
        [("c1", f"{z}.a", IDENTITY), ("c1", f"{y}.b", IDENTITY)],
        [(f"{z}.a", "SORT"), (f"{y}.b", "SORT")],
    )


def aggregate_filter(world, z):
    into(
        world,
        world.target(["bigint", "int[]"]),
        f"SELECT count(*) FILTER (WHERE z.a > 2), array_agg(z.id ORDER BY z.b) FROM {z} z",
        [("c2", f"{z}.id", AGGREGATION)],
        [(f"{z}.a", "FILTER"), (f"{z}.b", "SORT")],
    )


def direct_arguments(world, z):
    form = world.draw.one(("percentile_disc((abs(z.a) % 2)::float8)", "rank(z.a)"))
    into(
        world,
        number(world),
        f"SELECT ({form} WITHIN GROUP (ORDER BY z.b))::int FROM {z} z GROUP BY z.a",
        [("c1", f"{z}.a", AGGREGATION), ("c1", f"{z}.b", AGGREGATION)],
        [(f"{z}.a", "GROUP_BY")],
    )


def check_option(world, z):
    """What a view checks decides, though only an error would show it."""
    target = keyed_target(world, rows=0, types=["int", "int"])
    view = world.name("u")
    word = world.draw.one(("LOCAL", "CASCADED"))
    world.setup.append(
        f"CREATE VIEW {view} AS SELECT id, c1, c2 FROM {target.name} WHERE c2 > -100 OR c2 IS NULL"
        f" WITH {word} CHECK OPTION"
    )
    for name in ("id", "c1", "c2"):
        world.direct.add((f"{target.name}.{name}", f"{view}.{name}", "IDENTITY", False))
    pairs = (("id", "id"), ("c1", "b"), ("c2", "a"))
    for name, source in pairs:
        world.writes(target.name, name, {(f"{z}.{source}", IDENTITY, False)})
    note(world, target, [(f"{z}.a", "FILTER")])
    if world.draw.chance(50):
        world.run.append(f"INSERT INTO {view} SELECT z.id, z.b, z.a FROM {z} z")
        return
    # An UPDATE checks what it sets, and what the row keeps.
    note(world, target, [(f"{target.name}.c1", "FILTER")])
    world.setup[-1] = world.setup[-1].replace("c2 IS NULL", "c2 IS NULL OR c1 = 77")
    world.run += [
        f"INSERT INTO {target.name} SELECT z.id, z.b, z.a FROM {z} z",
        f"UPDATE {view} AS u SET c2 = z.a FROM {z} z WHERE z.id = u.id",
    ]


def policy_check(world, z):
    target = world.target(["int"])
    world.setup += [
        f"ALTER TABLE {target.name} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {target.name} WITH CHECK (c1 > -10000 OR c1 IS NULL)",
        *GRANTS,
    ]
    world.run.append("SET ROLE oracle_reader")
    into(
        world,
        target,
        f"SELECT z.a FROM {z} z",
        [("c1", f"{z}.a", IDENTITY)],
        [(f"{z}.a", "FILTER")],
    )
    world.run.append("RESET ROLE")


def policy_using(world, z):
    """A policy that says which rows the role sees."""
    world.setup += [
        f"ALTER TABLE {z} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {z} USING ({z}.a > 2)",
        *GRANTS,
    ]
    world.run.append("SET ROLE oracle_reader")
    into(
        world,
        number(world),
        f"SELECT z.b FROM {z} z",
        [("c1", f"{z}.b", IDENTITY)],
        [(f"{z}.a", "FILTER")],
    )
    world.run.append("RESET ROLE")


def cte_rows(world, z):
    word = world.draw.one(("MATERIALIZED ", "", "NOT MATERIALIZED "))
    into(
        world,
        number(world),
        f"WITH w AS {word}(SELECT z.b FROM {z} z WHERE z.a > 2) SELECT w.b FROM w",
        [("c1", f"{z}.b", IDENTITY)],
        [(f"{z}.a", "FILTER")],
    )


def conflict(world, z):
    """The arbiter's column decides, and what DO UPDATE asks for."""
    target = keyed_target(world, types=["int", "int"])
    for name, source in (("id", "id"), ("c1", "b"), ("c2", "b")):
        world.writes(target.name, name, {(f"{z}.{source}", IDENTITY, False)})
    note(world, target, [(f"{z}.id", "FILTER"), (f"{z}.b", "FILTER")])
    world.run.append(
        f"INSERT INTO {target.name} AS x SELECT z.id, z.b, z.b FROM {z} z"
        " ON CONFLICT (id) DO UPDATE SET c1 = excluded.c1 WHERE excluded.c2 > x.id"
    )


def merged(world, z):
    target = keyed_target(world, types=["int"])
    world.writes(target.name, "id", {(f"{z}.id", IDENTITY, False)})
    world.writes(target.name, "c1", {(f"{z}.b", IDENTITY, False)})
    note(world, target, [(f"{z}.a", "FILTER"), (f"{z}.id", "JOIN")])
    world.run.append(
        f"MERGE INTO {target.name} x USING {z} z ON x.id = z.id"
        " WHEN MATCHED THEN DO NOTHING"
        " WHEN NOT MATCHED AND z.a > 2 THEN INSERT VALUES (z.id, z.b)"
    )


def copied(world, z):
    """COPY FROM with a condition, a default that reads and a generated column."""
    y, fn = alone(world), world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {fn}() RETURNS int LANGUAGE sql AS $f$ SELECT max(y.a) FROM {y} y $f$"
    )
    name = world.name("t")
    world.setup.append(
        f"CREATE TABLE {name} (c1 int, c2 int DEFAULT {fn}(),"
        " g int GENERATED ALWAYS AS (c1 + 1) STORED)"
    )
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    world.direct.add((f"{y}.a", f"{name}.c2", "AGGREGATION", False))
    world.direct.add((f"{name}.c1", f"{name}.g", "TRANSFORMATION", False))
    file = "current_setting('data_directory') || '/oracle.sole.' || pg_backend_pid()"
    world.run += [
        "DO $do$ BEGIN EXECUTE"
        f" format('COPY (SELECT z.b AS c1 FROM {z} z) TO %L', {file}); END $do$",
        f"DO $do$ BEGIN EXECUTE format('COPY {name} (c1) FROM %L WHERE c1 > 2', {file}); END $do$",
    ]


WAYS = (
    distinct_on,
    limited,
    case_argument,
    nullif,
    subscript,
    text_number,
    body_rows,
    rows_from,
    having,
    group_by,
    window,
    exists,
    joined,
    compared,
    ordered_arms,
    aggregate_filter,
    direct_arguments,
    check_option,
    policy_check,
    policy_using,
    cte_rows,
    conflict,
    merged,
    copied,
)


FORMS = [one_of(WAYS, "sole", "sole")] * 3
