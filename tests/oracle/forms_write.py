"""Statements that write: INSERT, UPDATE, DELETE, MERGE in their forms."""

import draw as draws
from case import Column
from queries import Scope
from terms import IDENTITY, Col, Expr, Rel, node_columns, use

KINDS = ("int", "text", "numeric", "bool", "int[]", "date", "jsonb", "bigint")


def written_query(world, queries, depth=2, least=1):
    """A query for a new target: several columns."""
    types = [world.draw.one(KINDS) for _ in range(world.draw.between(least, 3))]
    return queries.query(Scope(), types, depth)


def put(world, target, cols, names=None):
    """The columns of a query go into the target's columns."""
    for name, col in zip(names or [c.name for c in target.columns], cols):
        world.writes(target.name, name, col.d)


def insert_select(world, queries):
    query = written_query(world, queries)
    target = world.target([c.type for c in query.cols])
    put(world, target, query.cols)
    world.run.append(f"INSERT INTO {target.name} {query.sql}")
    return target


def insert_columns(world, queries):
    """A column list in another order, defaults for the rest, wider types."""
    query = written_query(world, queries, least=2)
    wider = {
        "int": ("int", "bigint", "numeric"),
        "text": ("text", "varchar(40)"),
        "date": ("date", "timestamp"),
    }
    types = [world.draw.one(wider.get(c.type, (c.type,))) for c in query.cols]
    target = world.target(types[::-1] + ["int"])
    names = [c.name for c in target.columns][: len(types)][::-1]
    put(world, target, query.cols, names)
    word = world.draw.one(("", "OVERRIDING USER VALUE "))
    world.run.append(f"INSERT INTO {target.name} ({', '.join(names)}) {word}{query.sql}")
    return target


def insert_values(world, queries):
    """VALUES of one or more rows, with sub-queries and DEFAULT."""
    types = [world.draw.one(("int", "text", "numeric")) for _ in range(2)]
    target = world.target(types)
    rows = []
    for _ in range(world.draw.between(1, 3)):
        row = []
        for column, type_ in zip(target.columns, types):
            if world.draw.chance(15):
                row.append("DEFAULT")
                continue
            made = queries.scalar(type_, Scope(), 1) if world.draw.chance(70) else None
            made = made or queries.expressions.make(type_, Scope(), 2)
            world.writes(target.name, column.name, made.d)
            row.append(made.sql)
        rows.append(f"({', '.join(row)})")
    world.run.append(f"INSERT INTO {target.name} VALUES {', '.join(rows)}")
    return target


def keyed_target(world, rows=3, extra=(), types=None):
    """A target with a unique id and rows of its own."""
    types = types or [world.draw.one(("int", "text", "numeric", "bool")) for _ in range(3)]
    columns = [Column("id", "int", not_null=True, unique=True)]
    columns += [Column(f"c{i + 1}", t) for i, t in enumerate(types)] + list(extra)
    target = world.add_table(world.name("t"), columns, rows)
    world.targets.append(target.name)
    return target


def keyed_source(world):
    """A base table with a unique id, as FROM item: not a child, whose ids meet no other table's."""
    keyed = [t for t in world.tables if t.columns[0].name == "id" and t.rows]
    table = world.draw.one([t for t in keyed if t.name not in world.emptied and t.perturbed])
    return world.rel(table.name, node_columns(table.name, table.columns), world.name("r"))


def on_conflict(world, queries):
    """ON CONFLICT: EXCLUDED is what the INSERT would have put into the column."""
    draw, make = world.draw, queries.expressions.make
    source = keyed_source(world)
    scope = Scope().plus(source)
    target = keyed_target(world)
    kinds = [c.type for c in target.columns]
    given = [Expr(f"{source.alias}.id", "int", source.cols[0].d)]
    given += [make(t, scope, 2) for t in kinds[1:]]
    put(world, target, given)
    select = ", ".join(e.sql for e in given)
    sql = f"INSERT INTO {target.name} AS x SELECT {select} FROM {source.sql}"
    if draw.chance(30):
        sql += f" WHERE {make('bool', scope, 2).sql}"
    arbiter = draw.one(("(id)", f"ON CONSTRAINT {target.name}_id_key"))
    if draw.chance(15):
        world.run.append(f"{sql} ON CONFLICT {draw.one(('', arbiter))} DO NOTHING")
        return target
    own = node_columns(target.name, target.columns)
    both = Scope().plus(Rel("x", own, ""))
    both = both.plus(
        Rel("excluded", [Col(c.name, c.type, e.d) for c, e in zip(own, given)], "", False)
    )
    sets = assignments(world, queries, target, both, range(1, len(kinds)))
    where = f" WHERE {make('bool', both, 1).sql}" if draw.chance(40) else ""
    world.run.append(f"{sql} ON CONFLICT {arbiter} DO UPDATE SET {sets}{where}")
    return target


def assignments(world, queries, target, scope, at):
    """SET a = …, in all its forms, for some of the target's columns."""
    draw, make = world.draw, queries.expressions.make
    chosen = draw.some(list(at))
    done = []
    while chosen:
        column = target.columns[chosen.pop()]
        form = draw.below(6)
        if form == 0 and chosen:
            second = target.columns[chosen.pop()]
            done.append(multi(world, queries, target, scope, column, second))
        elif form == 1:
            done.append(f"{column.name} = DEFAULT")
        else:
            made = make(column.type, scope, 2)
            world.writes(target.name, column.name, made.d)
            done.append(f"{column.name} = {made.sql}")
    return ", ".join(done)


def multi(world, queries, target, scope, one, two):
    """(a, b) = (SELECT …) or ROW(…)."""
    draw, make = world.draw, queries.expressions.make
    left = f"({one.name}, {two.name})"
    if draw.chance(60):
        query = queries.correlated(scope, [one.type, two.type], 1)
        put(world, target, query.cols, [one.name, two.name])
        order = (
            "o" if not all(c.type in ("int", "text", "numeric", "bool") for c in query.cols) else ""
        )
        names = ", ".join(f"z.{c.name}" for c in query.cols)
        return f"{left} = (SELECT {names} FROM ({query.sql}) AS z ORDER BY {names} LIMIT 1)"
    values = [make(c.type, scope, 2) for c in (one, two)]
    put(world, target, values, [one.name, two.name])
    word = draw.one(("ROW", ""))
    return f"{left} = {word}({values[0].sql}, {values[1].sql})"


def update(world, queries):
    """UPDATE, with FROM joined on a unique id so that one row meets one row."""
    draw, make = world.draw, queries.expressions.make
    target = keyed_target(world)
    own = Rel("x", node_columns(target.name, target.columns), "")
    scope, clause, where = Scope().plus(own), "", []
    if draw.chance(60):
        source = keyed_source(world)
        scope = scope.plus(source)
        clause, where = f" FROM {source.sql}", [f"x.id = {source.alias}.id"]
    if draw.chance(50):
        where.append(make("bool", scope, 2).sql)
    sets = assignments(world, queries, target, scope, range(1, len(target.columns)))
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    world.run.append(f"UPDATE {target.name} AS x SET {sets}{clause}{condition}")
    return target


def elements(world, queries):
    """Elements of arrays and fields of composites as targets."""
    draw, make = world.draw, queries.expressions.make
    pair = world.need_composite()
    target = keyed_target(world, types=["int[]", pair])
    source = keyed_source(world)
    scope = Scope().plus(source)
    number, text, other = make("int", scope, 1), make("text", scope, 1), make("int", scope, 1)
    world.writes(target.name, "c1", use(number.d))
    if draw.chance(50):
        world.writes(
            target.name, "id", frozenset({(f"{source.sql.split()[0]}.id", IDENTITY, False)})
        )
        world.writes(target.name, "c2", use(text.d | other.d))
        world.run.append(
            f"INSERT INTO {target.name} (id, c1[1], c2.f1, c2.f2) SELECT {source.alias}.id,"
            f" {number.sql}, {other.sql}, {text.sql} FROM {source.sql}"
            f" WHERE {source.alias}.id > 60"
        )
        return target
    own = frozenset({(f"{target.name}.c1", 1, False)})
    row = frozenset({(f"{target.name}.c2", 1, False)})
    world.writes(target.name, "c1", own)
    world.writes(target.name, "c2", row | use(text.d | other.d))
    slice_ = draw.one((f"c1[2] = {number.sql}", f"c1[1:1] = ARRAY[{number.sql}]"))
    world.run.append(
        f"UPDATE {target.name} AS x SET {slice_}, c2.f2 = {text.sql}, c2.f1 = {other.sql}"
        f" FROM {source.sql} WHERE x.id = {source.alias}.id"
    )
    return target


def returning_rel(target, alias, cols=None):
    """What a writing CTE returns: columns of the row it wrote."""
    return node_columns(target.name, cols or target.columns)


def modifying_cte(world, queries):
    """WITH a AS (INSERT/UPDATE/DELETE … RETURNING …) INSERT INTO b SELECT … FROM a."""
    draw = world.draw
    if draw.chance(35):
        victim = keyed_target(world)
        world.empties(victim)
        scope = Scope().plus(Rel("x", node_columns(victim.name, victim.columns), ""))
        inner = (
            f"DELETE FROM {victim.name} AS x WHERE {queries.expressions.make('bool', scope, 2).sql}"
        )
        names, written = [c.name for c in victim.columns], victim
        inner += f" RETURNING {', '.join('x.' + n for n in names)}"
    else:
        how = draw.one((insert_select, update, on_conflict))
        written = how(world, queries)
        inner = world.run.pop()
        inner += " RETURNING *" if how is insert_select else " RETURNING x.*"
        names = [c.name for c in written.columns]
    if inner.startswith("WITH"):
        world.run.append(inner)
        return written
    cols = node_columns(written.name, written.columns)
    name = world.name("w")
    queries.ctes.append((name, cols))
    query = queries.query(Scope(), [draw.one(("int", "text", "bigint")) for _ in range(2)], 1)
    queries.ctes.pop()
    target = world.target([c.type for c in query.cols])
    put(world, target, query.cols)
    rest = query.sql
    if rest.startswith("WITH"):
        rest = f"SELECT * FROM ({rest}) AS y"
    world.run.append(f"WITH {name} AS ({inner}) INSERT INTO {target.name} {rest}")
    # The outer query sees the tables as they were; both are written at once.
    return target


def merge(world, queries):
    draw, make = world.draw, queries.expressions.make
    source, target = keyed_source(world), keyed_target(world)
    own = Rel("x", node_columns(target.name, target.columns), "")
    both, theirs = Scope().plus(own).plus(source), Scope().plus(source)
    arms = []
    for _ in range(draw.between(0, 2)):
        condition = f" AND {make('bool', both, 2).sql}" if draw.chance(80) else ""
        if arms and "MATCHED THEN" in arms[-1]:
            break  # nothing is left to match
        action = draw.one(("UPDATE", "UPDATE", "DELETE", "DO NOTHING"))
        if action == "UPDATE":
            sets = assignments(world, queries, target, both, range(1, len(target.columns)))
            action = f"UPDATE SET {sets}"
        arms.append(f"WHEN MATCHED{condition} THEN {action}")
    # One that only deletes stores no value, so nothing leads to the rows that are left.
    if draw.chance(70) or not any("UPDATE SET" in arm for arm in arms):
        condition = f" AND {make('bool', theirs, 2).sql}" if draw.chance(40) else ""
        values = [Expr(f"{source.alias}.id", "int", source.cols[0].d)]
        values += [make(c.type, theirs, 2) for c in target.columns[1:]]
        put(world, target, values)
        listed = ", ".join(v.sql for v in values)
        arms.append(f"WHEN NOT MATCHED{condition} THEN INSERT VALUES ({listed})")
    if draws.server_version >= 17 and draw.chance(40):
        sets = assignments(world, queries, target, Scope().plus(own), range(1, len(target.columns)))
        arms.append(f"WHEN NOT MATCHED BY SOURCE THEN UPDATE SET {sets}")
    world.run.append(
        f"MERGE INTO {target.name} AS x USING {source.sql} ON x.id = {source.alias}.id"
        f" {' '.join(arms)}"
    )
    return target


FORMS = [
    insert_select,
    insert_columns,
    insert_values,
    update,
    on_conflict,
    merge,
    modifying_cte,
    elements,
]
