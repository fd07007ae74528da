"""Forms that stand on schema objects: views, rules, generated columns, partitions, triggers."""

import re

from case import Column
from forms_write import insert_select, keyed_source, keyed_target, put, update, written_query
from queries import Scope
from terms import IDENTITY, Rel, node_columns, use


def add_view(world, queries):
    """A view that later queries may name: its columns are sources, with edges of their own."""
    query = written_query(world, queries, 2)
    name = world.name("v")
    for column in query.cols:
        world.writes(name, column.name, column.d)
    world.setup.append(f"CREATE VIEW {name} AS {query.sql}")
    world.relations.append((name, node_columns(name, query.cols)))
    world.features.add("view")


def through_view(world, queries):
    """INSERT or UPDATE through an updatable view goes to the table that stores the row."""
    target = keyed_target(world)
    view, draw = world.name("u"), world.draw
    names = [c.name for c in target.columns]
    nested = draw.chance(30)
    where = " WHERE id < 1000" if draw.chance(50) else ""
    check = (
        draw.one(("", " WITH LOCAL CHECK OPTION", " WITH CASCADED CHECK OPTION")) if where else ""
    )
    listed = ", ".join(f"{n} AS u{n}" for n in names)
    world.setup.append(f"CREATE VIEW {view} AS SELECT {listed} FROM {target.name}{where}{check}")
    for n in names:
        world.direct.add((f"{target.name}.{n}", f"{view}.u{n}", "IDENTITY", False))
    if nested:
        outer = world.name("u")
        world.setup.append(f"CREATE VIEW {outer} AS SELECT * FROM {view} WHERE uid > -1000")
        for n in names:
            world.direct.add((f"{view}.u{n}", f"{outer}.u{n}", "IDENTITY", False))
        view = outer
    source = keyed_source(world)
    scope = Scope().plus(source)
    made = [queries.expressions.make(c.type, scope, 2) for c in target.columns[1:]]
    put(world, target, made, names[1:])
    if draw.chance(50):
        world.writes(target.name, "id", source.cols[0].d)
        select = ", ".join(e.sql for e in made)
        world.run.append(
            f"INSERT INTO {view} SELECT {source.alias}.id, {select} FROM {source.sql}"
            f" WHERE {source.alias}.id > 60"
        )
    else:
        sets = ", ".join(f"u{n} = {e.sql}" for n, e in zip(names[1:], made))
        world.run.append(
            f"UPDATE {view} AS x SET {sets} FROM {source.sql} WHERE x.uid = {source.alias}.id"
        )
    return target


def materialised(world, queries):
    query = written_query(world, queries)
    name = world.name("m")
    world.setup.append(f"CREATE MATERIALIZED VIEW {name} AS {query.sql} WITH NO DATA")
    for column in query.cols:
        world.writes(name, column.name, column.d)
    world.run.append(f"REFRESH MATERIALIZED VIEW {name}")
    world.targets.append(name)
    world.relations.append((name, node_columns(name, query.cols)))


def rule(world, queries):
    """A rule that writes what NEW holds elsewhere, too or instead."""
    draw = world.draw
    log = world.target(["int", "text"])
    target = keyed_target(world, rows=0, types=["int", "text"])
    source = keyed_source(world)
    scope = Scope().plus(source)
    made = [queries.expressions.make(t, scope, 2) for t in ("int", "text")]
    instead = draw.chance(50)
    word = "INSTEAD" if instead else "ALSO"
    condition = " WHERE NEW.c1 > 1" if draw.chance(40) else ""
    world.setup.append(
        f"CREATE RULE r AS ON INSERT TO {target.name}{condition} DO {word}"
        f" INSERT INTO {log.name} VALUES (NEW.c1 + 1, NEW.c2)"
    )
    put(
        world,
        log,
        [
            type(made[0])(e.sql, e.type, d)
            for e, d in ((made[0], use(made[0].d)), (made[1], made[1].d))
        ],
    )
    if not instead or condition:
        world.writes(target.name, "id", source.cols[0].d)
        put(world, target, made, ["c1", "c2"])
    world.run.append(
        f"INSERT INTO {target.name} SELECT {source.alias}.id, {made[0].sql}, {made[1].sql}"
        f" FROM {source.sql}"
    )
    world.features.add("rule " + word)
    return target


def generated(world, queries):
    """A stored generated column is made of what its row is made of."""
    target = keyed_target(
        world,
        types=["int", "text"],
        extra=[
            Column("g", "text", written=False, extra="GENERATED ALWAYS AS (upper(c2) || c1) STORED")
        ],
    )
    source = keyed_source(world)
    scope = Scope().plus(source)
    made = [queries.expressions.make(t, scope, 2) for t in ("int", "text")]
    put(world, target, made, ["c1", "c2"])
    world.writes(target.name, "g", use(made[0].d | made[1].d))
    for c in ("c1", "c2"):
        world.direct.add((f"{target.name}.{c}", f"{target.name}.g", "TRANSFORMATION", False))
    world.writes(target.name, "id", source.cols[0].d)
    world.run.append(
        f"INSERT INTO {target.name} SELECT {source.alias}.id, {made[0].sql}, {made[1].sql}"
        f" FROM {source.sql} WHERE {source.alias}.id > 60"
    )
    return target


def partitioned(world, queries):
    """Rows routed through the root belong to it; a leaf that is named is a node."""
    draw = world.draw
    root = world.name("t")
    columns = [Column("id", "int", not_null=True), Column("c1", "text")]
    leaf = f"{root}_low"
    target = world.add_table(
        root,
        columns,
        0,
        ddl=(
            f"CREATE TABLE {root} (id int NOT NULL, c1 text) PARTITION BY RANGE (id);"
            f"CREATE TABLE {leaf} PARTITION OF {root} FOR VALUES FROM (MINVALUE) TO (3);"
            f"CREATE TABLE {root}_high PARTITION OF {root} FOR VALUES FROM (3) TO (MAXVALUE)"
        ),
    )
    world.targets.append(root)
    world.features.add("partitions")
    source = keyed_source(world)
    made = queries.expressions.make("text", Scope().plus(source), 2)
    named, where = (leaf, f" WHERE {source.alias}.id < 3") if draw.chance(30) else (root, "")
    if named == leaf:
        world.targets[-1] = leaf
    world.writes(named, "id", source.cols[0].d)
    world.writes(named, "c1", made.d)
    world.run.append(
        f"INSERT INTO {named} SELECT {source.alias}.id, {made.sql} FROM {source.sql}{where}"
    )
    if named == root and draw.chance(50):
        world.run.append(f"UPDATE {root} SET id = id + 1, c1 = c1 || id")
        for s, t in (("id", "id"), ("id", "c1"), ("c1", "c1")):
            world.direct.add((f"{root}.{s}", f"{root}.{t}", "TRANSFORMATION", False))
    return target


def inherited(world, queries):
    """Rows of a child are read through the parent: the relation named is the node."""
    parent = world.source(types=["int", "text"])
    child = world.name("s")
    columns = [Column(c.name, c.type, c.not_null) for c in parent.columns]
    made = world.add_table(
        child, columns, 2, ddl=f"CREATE TABLE {child} () INHERITS ({parent.name})"
    )
    made.perturbed = False
    for row in range(len(made.rows)):
        made.rows[row] = (str(90 + row),) + made.rows[row][1:]
    world.features.add("inheritance")
    return insert_select(world, queries)


def trigger(world, queries):
    """BEFORE ROW changes NEW; AFTER writes what NEW or the transition table holds."""
    draw = world.draw
    target = keyed_target(world, rows=0, types=["int", "text"])
    source = keyed_source(world)
    made = [queries.expressions.make(t, Scope().plus(source), 2) for t in ("int", "text")]
    world.writes(target.name, "id", source.cols[0].d)
    put(world, target, made, ["c1", "c2"])
    fn = world.name("tr")
    kind = draw.one(("before", "row", "transition"))
    row = "fresh" if kind == "transition" else "new"
    new = Rel(row, node_columns(target.name, target.columns), "", False)
    if kind == "before":
        value = queries.expressions.make("text", Scope().plus(new), 1)
        for _ in range(9):  # not what is there already: told or not, it changes nothing
            if re.sub(r'COLLATE "C"|::\w+|[() ]', "", value.sql) == "new.c2":
                value = queries.expressions.make("text", Scope().plus(new), 1)
        world.writes(target.name, "c2", value.d)
        body = f"BEGIN new.c2 := {value.sql}; RETURN new; END"
        event = "BEFORE INSERT"
        level = "FOR EACH ROW"
    else:
        log = world.target(["int", "text"])
        values = [queries.expressions.make(t, Scope().plus(new), 1) for t in ("int", "text")]
        put(world, log, values)
        listed = ", ".join(v.sql for v in values)
        level = "FOR EACH ROW"
        source_ = ""
        if kind == "transition":
            level, source_ = (
                "REFERENCING NEW TABLE AS newtab FOR EACH STATEMENT",
                " FROM newtab AS fresh",
            )
        body = f"BEGIN INSERT INTO {log.name} SELECT {listed}{source_}; RETURN NULL; END"
        event = "AFTER INSERT"
    world.fires(fn, event, target.name, body, level)
    world.run.append(
        f"INSERT INTO {target.name} SELECT {source.alias}.id, {made[0].sql}, {made[1].sql}"
        f" FROM {source.sql}"
    )
    world.features.add("trigger " + kind)
    return target


def row_security(world, queries):
    """Policies decide for the roles they bind."""
    source = world.source(types=["int", "text"])
    query = written_query(world, queries)
    target = world.target([c.type for c in query.cols])
    put(world, target, query.cols)
    name = source.name
    kept = queries.world.relations  # a policy that reads its own table is refused
    queries.world.relations = [r for r in kept if r[0] != name] or kept[:1]
    inner = queries.query(Scope(), ["int"], 1)
    queries.world.relations = kept
    using = world.draw.one(("a > 1", "b <> 'b'", f"a IN ({inner.sql})"))
    world.setup += [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {name} USING ({using})",
        "DO $do$ DECLARE s text := current_schema(); BEGIN"
        " EXECUTE format('GRANT USAGE ON SCHEMA %I TO oracle_reader', s);"
        " EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO oracle_reader', s);"
        " END $do$",
    ]
    world.run += ["SET ROLE oracle_reader", f"INSERT INTO {target.name} {query.sql}", "RESET ROLE"]
    return target


def default_reads(world, queries):
    """A column default that calls a function that reads a table."""
    value = queries.scalar("int", Scope(), 1)
    fn = world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {fn}() RETURNS int LANGUAGE sql AS $f$ SELECT {value.sql} $f$"
    )
    target = world.target(["text", "int"])
    world.setup.append(f"ALTER TABLE {target.name} ALTER c2 SET DEFAULT {fn}()")
    made = queries.query(Scope(), ["text"], 1)
    world.writes(target.name, "c1", made.cols[0].d)
    world.writes(target.name, "c2", value.d)
    world.run.append(f"INSERT INTO {target.name} (c1) {made.sql}")
    return target


assert IDENTITY == 0 and update  # both are part of the vocabulary of forms

FORMS = [
    through_view,
    materialised,
    rule,
    generated,
    partitioned,
    inherited,
    trigger,
    row_security,
    default_reads,
]
