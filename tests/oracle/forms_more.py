"""Further forms: temporary tables over time, cursors that write, settings, traced routines."""

from case import Column
from forms_write import insert_select, keyed_source, keyed_target, put, written_query
from queries import Scope
from terms import Col, Expr, Rel, node_columns, union, use


def replaced(world, queries, name, cols, known):
    """UPDATE of all rows of a temporary table: of what it sets nothing is left, unless undone."""
    draw = world.draw
    at = draw.below(2)
    value = queries.expressions.make(cols[at].type, Scope().plus(world.rel(name, cols, "x")), 1)
    where = draw.one(("", " WHERE true", " WHERE 1 = 1"))
    changed = f"UPDATE {name} AS x SET {cols[at].name} = {value.sql}{where}"
    if draw.chance(30):
        return ["SAVEPOINT a", changed, "ROLLBACK TO a"]
    known[at] = Col(cols[at].name, cols[at].type, value.d)
    return [changed]


def temporary_over_time(world, queries):
    """What a temporary table holds is what was put in since it was emptied, and not undone."""
    draw = world.draw
    first = queries.query(Scope(), ["int", "text"], 1)
    second = queries.query(Scope(), ["int", "text"], 1)
    name, how = world.name("tmp"), draw.below(7)
    cols = [Col(f"k{i}", c.type, c.d) for i, c in enumerate(first.cols)]
    both = [Col(c.name, c.type, union(c.d, m.d)) for c, m in zip(cols, second.cols)]
    only = [Col(c.name, c.type, m.d) for c, m in zip(cols, second.cols)]
    kept = "PRESERVE" if how != 3 else "DELETE"
    run = world.run
    world.reset.append(f"DROP TABLE IF EXISTS {name} CASCADE")
    run += ["BEGIN", f"CREATE TEMP TABLE {name} (k0 int, k1 text) ON COMMIT {kept} ROWS"]
    run.append(f"INSERT INTO {name} {first.sql}")
    more = f"INSERT INTO {name} {second.sql}"
    held = name
    if how == 0:
        run += ["SAVEPOINT a", more, "ROLLBACK TO a"]
        known = cols
    elif how == 1:
        run += [f"TRUNCATE {name}", more]
        known = only
    elif how == 2:
        run += [
            "SAVEPOINT a",
            f"TRUNCATE {name}",
            "ROLLBACK TO a",
            "SAVEPOINT b",
            more,
            "RELEASE b",
        ]
        known = both
    elif how == 3:
        run += ["COMMIT", "BEGIN", more]
        known = only
    elif how == 4:
        run += [more, "SAVEPOINT a", f"DROP TABLE {name}", "ROLLBACK TO a"]
        known = both
    elif how == 6:
        run += replaced(world, queries, name, cols, known := list(cols)) + [more]
        known = [Col(c.name, c.type, union(c.d, m.d)) for c, m in zip(known, second.cols)]
    else:  # a temporary view over it is no node either
        held = world.name("tv")
        run += [more, f"CREATE TEMP VIEW {held} AS SELECT k0 + 1 AS k0, k1 FROM {name}"]
        known = [Col("k0", "int", use(both[0].d)), both[1]]
    scope = Scope().plus(world.rel(held, known, "x"))
    made = [queries.expressions.make(t, scope, 1) for t in ("int", "text")]
    target = world.target(["int", "text"])
    put(world, target, made)
    run.append(f"INSERT INTO {target.name} SELECT {made[0].sql}, {made[1].sql} FROM {held} AS x")
    run.append("COMMIT")
    return target


def current_of(world, queries):
    """UPDATE … WHERE CURRENT OF: the cursor's query chose the row."""
    target = keyed_target(world)
    scope = Scope().plus(Rel("x", node_columns(target.name, target.columns), ""))
    column = target.columns[1 + world.draw.below(3)]
    made = queries.expressions.make(column.type, scope, 2)
    world.writes(target.name, column.name, made.d)
    name = world.name("cur")
    order = world.draw.one(("ORDER BY y.id", "WHERE y.id > 1 ORDER BY y.id"))
    world.run += [
        "BEGIN",
        f"DECLARE {name} CURSOR FOR SELECT * FROM {target.name} AS y {order} FOR UPDATE",
        f"FETCH NEXT FROM {name}",
        f"UPDATE {target.name} AS x SET {column.name} = {made.sql} WHERE CURRENT OF {name}",
        "COMMIT",
    ]
    return target


def masking_setting(world, queries):
    """Functions that an operator names mask, too."""
    source = keyed_source(world)
    inner = queries.expressions.make("text", Scope().plus(source), 1)
    listed = world.draw.one(("'reverse'", "'pg_catalog.reverse, nothing'", "'upper'", "''"))
    masks = "reverse" in listed
    target = world.target(["text"])
    world.writes(target.name, "c1", use(inner.d, 1, masks))
    world.run += [
        f"SET pg_lineage.masking_functions = {listed}",
        f"INSERT INTO {target.name} SELECT reverse({inner.sql}) FROM {source.sql}",
        "RESET pg_lineage.masking_functions",
    ]
    if "upper" in inner.sql and "upper" in listed:
        world.exact = False
    return target


def many_parameters(world, queries):
    count = world.draw.one((3, 40))
    query = written_query(world, queries, 1)
    target = world.target([c.type for c in query.cols] + ["int"])
    put(world, target, query.cols, [c.name for c in target.columns])
    name = world.name("p")
    types = ", ".join(["int"] * count)
    total = " + ".join(f"${i + 1}" for i in range(count))
    values = ", ".join("1" for _ in range(count))
    world.run += [
        f"PREPARE {name}({types}) AS INSERT INTO {target.name}"
        f" SELECT z.*, {total} FROM ({query.sql}) AS z",
        f"EXECUTE {name}({values})",
        f"DEALLOCATE {name}",
    ]
    return target


def instead_of(world, queries):
    """An INSTEAD OF trigger: the view stays the target, what the trigger writes is its own."""
    store = world.target(["int", "text"])
    view, fn = world.name("iv"), world.name("tr")
    source = keyed_source(world)
    made = [queries.expressions.make(t, Scope().plus(source), 2) for t in ("int", "text")]
    row = [
        Col(f"c{i + 1}", t, frozenset({(f"{view}.c{i + 1}", 0, False)}))
        for i, t in enumerate(("int", "text"))
    ]
    inside = [
        queries.expressions.make(t, Scope().plus(Rel("new", row, "", False)), 1)
        for t in ("int", "text")
    ]
    put(world, store, inside)
    for i, e in enumerate(made):
        world.writes(view, f"c{i + 1}", e.d)
    for i in (1, 2):
        world.direct.add((f"{store.name}.c{i}", f"{view}.c{i}", "IDENTITY", False))
    world.setup.append(f"CREATE VIEW {view} AS SELECT c1, c2 FROM {store.name}")
    body = f"INSERT INTO {store.name} VALUES ({inside[0].sql}, {inside[1].sql});"
    world.fires(fn, "INSTEAD OF INSERT", view, f"BEGIN {body} RETURN new; END")
    world.run.append(f"INSERT INTO {view} SELECT {made[0].sql}, {made[1].sql} FROM {source.sql}")
    return store


def traced(world, queries):
    """PL/pgSQL functions in expressions: their results are observed."""
    draw = world.draw
    name, source = world.name("pf"), keyed_source(world)
    scope = Scope().plus(source)
    args = Scope(
        [
            Expr("n", "int", frozenset({("@0", 0, False)})),
            Expr("t", "text", frozenset({("@1", 0, False)})),
        ]
    )
    body = queries.expressions.make("text", args, 2)
    world.setup.append(
        f"CREATE FUNCTION {name}(n int, t text) RETURNS text LANGUAGE plpgsql"
        f" AS $f$ BEGIN RETURN {body.sql}; END $f$"
    )
    calls = []
    for _ in range(draw.between(1, 3)):
        one, two = (queries.expressions.make(t, scope, 1) for t in ("int", "text"))
        d = union(one.d, two.d, *[{m for m in body.d if not m[0].startswith("@")}])
        calls.append(Expr(f"{name}({one.sql}, {two.sql})", "text", d))
    target = world.target(["text"] * len(calls))
    for column, made in zip(target.columns, calls):
        for source_, _, _ in made.d:
            world.dead[(source_, f"{target.name}.{column.name}")] = "its calls may not run"
    listed = ", ".join(c.sql for c in calls)
    where = f" WHERE {name}({source.alias}.id, 'a') <> 'x'" if draw.chance(30) else ""
    world.run.append(f"INSERT INTO {target.name} SELECT {listed} FROM {source.sql}{where}")
    world.exact = False  # what a call gave is known only when it ran
    return target


def identity(world, queries):
    """A column that a sequence fills has no source."""
    columns = [
        Column("n", "int", written=False, extra="GENERATED ALWAYS AS IDENTITY"),
        Column("c1", "text"),
    ]
    target = world.add_table(world.name("t"), columns, 0)
    world.targets.append(target.name)
    world.reset.append(f"ALTER TABLE {target.name} ALTER n RESTART")
    query = queries.query(Scope(), ["text"], 2)
    world.writes(target.name, "c1", query.cols[0].d)
    world.run.append(f"INSERT INTO {target.name} (c1) {query.sql}")
    return target


def generated_update(world, queries):
    """A changed row computes its generated column from what it keeps as well."""
    extra = [
        Column("g", "text", written=False, extra="GENERATED ALWAYS AS (upper(c2) || c1) STORED")
    ]
    target = keyed_target(world, types=["int", "text"], extra=extra)
    source = keyed_source(world)
    made = queries.expressions.make("text", Scope().plus(source), 2)
    world.writes(target.name, "c2", made.d)
    world.writes(target.name, "g", use(made.d))
    for c in ("c1", "c2"):
        world.direct.add((f"{target.name}.{c}", f"{target.name}.g", "TRANSFORMATION", False))
    world.run.append(
        f"UPDATE {target.name} AS x SET c2 = {made.sql} FROM {source.sql}"
        f" WHERE x.id = {source.alias}.id"
    )
    return target


def child_rows(world, queries):
    """A child's row as a row of its parent: fields are found by name."""
    parent, child = world.name("s"), world.name("s")
    shared = [Column("a", "int"), Column("b", "text")]
    world.add_table(parent, shared, 0)
    columns = [Column("x", "text"), Column("b", "text"), Column("a", "int")]
    ddl = f"CREATE TABLE {child} (x text, b text, a int);" f"ALTER TABLE {child} INHERIT {parent}"
    world.add_table(child, columns, 3, ddl=ddl)
    rel = world.rel(child, node_columns(child, columns), "r")
    refs = {r.sql: r for r in rel.refs()}
    picked = [
        Expr(f"(r::{parent}).{c}", t, refs[f"r.{c}"].d) for c, t in (("a", "int"), ("b", "text"))
    ]
    target = world.target(["int", "text"])
    put(world, target, picked)
    world.run.append(
        f"INSERT INTO {target.name} SELECT {picked[0].sql}, {picked[1].sql} FROM {rel.sql}"
    )
    return target


def several_writes(world, queries):
    """Two writing CTEs and a query above them."""
    draw = world.draw
    insert_select(world, queries)
    one = world.run.pop()
    insert_select(world, queries)
    two = world.run.pop()
    if one.split(" ", 3)[3].startswith("WITH") or two.split(" ", 3)[3].startswith("WITH"):
        world.run += [one, two]
        return
    a, b = world.name("w"), world.name("w")
    top = draw.one(("SELECT 1", f"SELECT count(*) FROM {a}"))
    world.run.append(f"WITH {a} AS ({one} RETURNING 1), {b} AS ({two}) {top}")


FORMS = [
    temporary_over_time,
    temporary_over_time,
    current_of,
    masking_setting,
    many_parameters,
    instead_of,
    traced,
    identity,
    generated_update,
    child_rows,
    several_writes,
]
