"""Forms that only newer servers have: SQL/JSON and MERGE's RETURNING of 17, RETURNING OLD and NEW
and virtual generated columns of 18."""

import draw as draws
from case import Column
from forms_write import insert_select, keyed_source, keyed_target, on_conflict, put, update
from queries import Scope
from terms import NONE, Col, Expr, Rel, node_columns, union, use


def _read(world, queries, name, cols, statement, target_of):
    """WITH name AS (statement) INSERT INTO a new target what `cols` give."""
    scope = Scope().plus(world.rel(name, cols, "y"))
    picked = world.draw.some(scope, least=2, most=4)
    make = queries.expressions.make
    made = [e if world.draw.chance(50) else make(e.type, scope, 1) for e in picked]
    target = world.target([e.type for e in made])
    put(world, target, made)
    listed = ", ".join(e.sql for e in made)
    world.run.append(
        f"WITH {name} AS ({statement}) INSERT INTO {target.name} SELECT {listed} FROM {name} AS y"
    )
    return target_of


def json_table(world, queries):
    """JSON_TABLE: every column is made of the document and of what is passed in."""
    draw, make = world.draw, queries.expressions.make
    source = keyed_source(world)
    scope = Scope().plus(source)
    document, passed = make("jsonb", scope, 1), make("int", scope, 1)
    d = use(document.d)
    passing, where = "", "$"
    if draw.chance(50):
        d = use(union(document.d, passed.d))
        passing, where = f" PASSING {passed.sql} AS p", "$ ? (@.k != $p)"
    columns = [
        ("v int PATH '$.k'", Col("v", "int", d)),
        ("l text PATH '$.l' DEFAULT 'none' ON EMPTY", Col("l", "text", d)),
        ("has bool EXISTS PATH '$.m'", Col("has", "bool", d)),
        ("n FOR ORDINALITY", Col("n", "int", NONE)),
        ("w jsonb PATH '$.m' WITH WRAPPER", Col("w", "jsonb", d)),
        ("NESTED PATH '$.m[*]' COLUMNS (e int PATH '$')", Col("e", "int", d)),
    ]
    chosen = draw.some(columns, least=2)
    target = world.target([c.type for _, c in chosen] + ["int"])
    made = [Expr(f"j.{c.name}", c.type, c.d) for _, c in chosen] + [make("int", scope, 1)]
    put(world, target, made)
    listed = ", ".join(e.sql for e in made)
    world.run.append(
        f"INSERT INTO {target.name} SELECT {listed} FROM {source.sql}, JSON_TABLE({document.sql},"
        f" '{where}'{passing} COLUMNS ({', '.join(c for c, _ in chosen)})) AS j"
    )
    return target


def json_functions(world, queries):
    """The query functions and constructors of SQL/JSON."""
    draw, make = world.draw, queries.expressions.make
    source = keyed_source(world)
    scope = Scope().plus(source)
    made = []
    for _ in range(draw.between(1, 3)):
        json, number, text = (make(t, scope, 1) for t in ("jsonb", "int", "text"))
        both = use(union(json.d, number.d))
        made.append(
            draw.one(
                (
                    Expr(f"JSON_VALUE({json.sql}, '$.k' RETURNING int)", "int", use(json.d)),
                    Expr(
                        f"JSON_VALUE({json.sql}, '$.k' RETURNING int DEFAULT 7 ON EMPTY)",
                        "int",
                        use(json.d),
                    ),
                    Expr(
                        f"JSON_VALUE({json.sql}, '$.k + $p' PASSING {number.sql} AS p"
                        " RETURNING int NULL ON ERROR)",
                        "int",
                        both,
                    ),
                    Expr(f"JSON_EXISTS({json.sql}, '$.m')", "bool", use(json.d)),
                    Expr(f"JSON_QUERY({json.sql}, '$.m' WITH WRAPPER)", "jsonb", use(json.d)),
                    Expr(
                        f"JSON_OBJECT('k': {number.sql}, 'l': {text.sql} RETURNING jsonb)",
                        "jsonb",
                        use(union(number.d, text.d)),
                    ),
                    Expr(
                        f"JSON_ARRAY({number.sql}, {text.sql} RETURNING jsonb)",
                        "jsonb",
                        use(union(number.d, text.d)),
                    ),
                    Expr(f"({text.sql} IS JSON)", "bool", use(text.d)),
                    Expr(f"(JSON_SCALAR({number.sql})::text)", "text", use(number.d)),
                    Expr(f"(JSON_SERIALIZE({json.sql}))", "text", use(json.d)),
                )
            )
        )
    target = world.target([e.type for e in made])
    put(world, target, made)
    listed = ", ".join(e.sql for e in made)
    world.run.append(f"INSERT INTO {target.name} SELECT {listed} FROM {source.sql}")
    return target


def json_aggregates(world, queries):
    draw, make = world.draw, queries.expressions.make
    source = keyed_source(world)
    scope = Scope().plus(source)
    number, text = make("int", scope, 1), make("text", scope, 1)
    made = draw.one(
        (
            Expr(f"JSON_ARRAYAGG({number.sql} ORDER BY {number.sql} RETURNING jsonb)", "jsonb"),
            Expr(f"JSON_OBJECTAGG({source.alias}.id: {number.sql} RETURNING jsonb)", "jsonb"),
        )
    )
    d = number.d if "ARRAYAGG" in made.sql else union(number.d, source.cols[0].d)
    target = world.target(["jsonb", "text"])
    put(world, target, [Expr(made.sql, "jsonb", use(d, 2)), Expr("", "text", use(text.d, 2))])
    world.run.append(
        f"INSERT INTO {target.name} SELECT {made.sql}, max({text.sql}) FROM {source.sql}"
    )
    return target


def merge_returning(world, queries):
    """What MERGE returns: its source, the row it wrote, and which arm it took."""
    draw, make = world.draw, queries.expressions.make
    source, target = keyed_source(world), keyed_target(world)
    own = Rel("x", node_columns(target.name, target.columns), "")
    both, theirs = Scope().plus(own).plus(source), Scope().plus(source)
    made = make(target.columns[1].type, both, 2)
    world.writes(target.name, "c1", made.d)
    arms = [f"WHEN MATCHED THEN UPDATE SET c1 = {made.sql}"]
    if draw.chance(60):
        values = [Expr(f"{source.alias}.id", "int", source.cols[0].d)]
        values += [make(c.type, theirs, 1) for c in target.columns[1:]]
        put(world, target, values)
        arms.append(f"WHEN NOT MATCHED THEN INSERT VALUES ({', '.join(v.sql for v in values)})")
    if draw.chance(40):
        value = make(target.columns[2].type, Scope().plus(own), 1)
        world.writes(target.name, "c2", value.d)
        condition = f" AND {make('bool', Scope().plus(own), 1).sql}" if draw.chance(50) else ""
        action = draw.one((f"UPDATE SET c2 = {value.sql}", f"UPDATE SET c2 = {value.sql}"))
        arms.append(f"WHEN NOT MATCHED BY SOURCE{condition} THEN {action}")
    cols = [Col("how", "text", NONE)]
    cols += [Col(f"x_{c.name}", c.type, c.d) for c in own.cols]
    cols += [Col(f"s_{c.name}", c.type, c.d) for c in source.cols]
    listed = ["merge_action() AS how"]
    listed += [f"x.{c.name} AS x_{c.name}" for c in own.cols]
    listed += [f"{source.alias}.{c.name} AS s_{c.name}" for c in source.cols]
    statement = (
        f"MERGE INTO {target.name} AS x USING {source.sql} ON x.id = {source.alias}.id"
        f" {' '.join(arms)} RETURNING {', '.join(listed)}"
    )
    return _read(world, queries, world.name("w"), cols, statement, target)


def returning_old_new(world, queries):
    """OLD and NEW of RETURNING are rows of the table."""
    draw = world.draw
    written = draw.one((insert_select, update, on_conflict))(world, queries)
    inner = world.run.pop()
    if inner.startswith("WITH"):
        world.run.append(inner)
        return written
    old, new = draw.one((("old", "new"), ("o", "n")))
    given = "" if old == "old" else "WITH (OLD AS o, NEW AS n) "
    own = node_columns(written.name, written.columns)
    cols = [Col(f"o_{c.name}", c.type, c.d) for c in own]
    cols += [Col(f"n_{c.name}", c.type, c.d) for c in own]
    whole = use(union(*[c.d for c in own]))
    cols.append(Col("both", "text", whole))
    listed = [f"{old}.{c.name} AS o_{c.name}" for c in own]
    listed += [f"{new}.{c.name} AS n_{c.name}" for c in own]
    listed.append(f"concat({old}::text, {new}::text) AS both")
    statement = f"{inner} RETURNING {given}{', '.join(listed)}"
    return _read(world, queries, world.name("w"), cols, statement, written)


def virtual_column(world, queries):
    """A virtual generated column is computed when it is read: the row's column is what counts."""
    draw, name = world.draw, world.name("s")
    extra = "GENERATED ALWAYS AS (upper(b) || a) VIRTUAL"
    columns = [Column("id", "int", not_null=True, unique=True), Column("a", "int")]
    columns += [Column("b", "text"), Column("g", "text", written=False, extra=extra)]
    world.add_table(name, columns, 3)
    for c in ("a", "b"):
        world.direct.add((f"{name}.{c}", f"{name}.g", "TRANSFORMATION", False))
    entry = world.relations[-1]
    world.relations = [entry] * 2 + world.relations
    written = draw.one((insert_select, update))(world, queries)
    world.relations = world.relations[2:]
    return written


def virtual_target(world, queries):
    """One that is written: its virtual column follows the ones it is made of."""
    extra = "GENERATED ALWAYS AS (upper(c2) || c1) VIRTUAL"
    target = keyed_target(
        world,
        types=["int", "text"],
        extra=[Column("g", "text", written=False, extra=extra)],
    )
    for c in ("c1", "c2"):
        world.direct.add((f"{target.name}.{c}", f"{target.name}.g", "TRANSFORMATION", False))
    source = keyed_source(world)
    row = Scope().plus(Rel("x", node_columns(target.name, target.columns), "")).plus(source)
    made = queries.expressions.make("text", row, 2)
    world.writes(target.name, "c2", made.d)
    world.run.append(
        f"UPDATE {target.name} AS x SET c2 = {made.sql} FROM {source.sql}"
        f" WHERE x.id = {source.alias}.id"
    )
    return target


SINCE = {
    17: [json_table, json_table, json_functions, json_aggregates, merge_returning],
    18: [returning_old_new, returning_old_new, virtual_column, virtual_target],
}


def forms():
    """Those that the server under test knows."""
    return [form for since, made in SINCE.items() if draws.server_version >= since for form in made]
