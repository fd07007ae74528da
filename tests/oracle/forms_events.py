"""Forms whose writes hang on what another statement does: triggers of rows that change or go,
deferred ones, INSTEAD OF for all commands; functions that the server calls for a row it stores."""

from case import Column
from forms_write import assignments, keyed_source, keyed_target, put
from queries import Scope
from terms import Col, Rel, node_columns, use


def _old_and_new(queries, name, columns, event):
    """What a row trigger may name: OLD and NEW, both rows of the relation."""
    rows = {"UPDATE": ("old", "new"), "DELETE": ("old",), "INSERT": ("new",)}[event]
    cols = [Col(c.name, c.type, frozenset({(f"{name}.{c.name}", 0, False)})) for c in columns]
    scope = Scope()
    for row in rows:
        scope = scope.plus(Rel(row, cols, "", False))
    return scope


def _changing(world, queries, table, event):
    """An UPDATE or DELETE of the table, joined on a unique id: (statement, it has rows)."""
    source = keyed_source(world)
    scope = Scope().plus(Rel("x", node_columns(table.name, table.columns), "")).plus(source)
    where, certain = f" WHERE x.id = {source.alias}.id", world.draw.chance(60)
    if not certain:
        where += f" AND {queries.expressions.make('bool', scope, 1).sql}"
    if event == "DELETE":
        return f"DELETE FROM {table.name} AS x USING {source.sql}{where}", certain
    sets = assignments(world, queries, table, scope, range(1, len(table.columns)))
    return f"UPDATE {table.name} AS x SET {sets} FROM {source.sql}{where}", certain


def changed_rows(world, queries):
    """A trigger on UPDATE or DELETE, at once or deferred, for a row or over transition tables."""
    draw = world.draw
    event = draw.one(("UPDATE", "DELETE"))
    kind = draw.one(("row", "deferred", "transition"))
    table = keyed_target(world)
    if event == "DELETE":
        world.empties(table)
    log, fn = world.target(["int", "text"]), world.name("tr")
    scope, rest = _old_and_new(queries, table.name, table.columns, event), ""
    level = "FOR EACH ROW"
    if kind == "deferred":
        level = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    if kind == "transition":
        rel = Rel("w", node_columns(table.name, table.columns), "", False)
        scope, rest = Scope().plus(rel), " FROM went AS w"
        level = "REFERENCING OLD TABLE AS went FOR EACH STATEMENT"
    made = [queries.expressions.make(t, scope, 2) for t in ("int", "text")]
    put(world, log, made)
    body = f"INSERT INTO {log.name} SELECT {made[0].sql}, {made[1].sql}{rest};"
    world.fires(fn, f"AFTER {event}", table.name, f"BEGIN {body} RETURN NULL; END", level)
    statement, certain = _changing(world, queries, table, event)
    if not certain and kind != "transition":
        world.exact = False  # a trigger that does not fire leaves no edge
        for column, e in zip(log.columns, made):
            for source, _, _ in e.d:
                world.dead[(source, f"{log.name}.{column.name}")] = "the trigger may not fire"
    if kind == "deferred" and draw.chance(50):
        early = draw.one(("SET CONSTRAINTS ALL IMMEDIATE", "SELECT 1"))
        world.run += ["BEGIN", statement, early, "COMMIT"]
    else:
        world.run.append(statement)
    world.features.add(f"trigger {event.lower()} {kind}")
    return log


def view_events(world, queries):
    """INSTEAD OF UPDATE and DELETE: OLD and NEW are rows of the view."""
    draw = world.draw
    event = draw.one(("UPDATE", "DELETE"))
    base, log = keyed_target(world, types=["int", "text"]), world.target(["int", "text"])
    view, fn = world.name("iv"), world.name("tr")
    columns = [Column("id", "int"), Column("c1", "int"), Column("c2", "text")]
    for c in columns:
        world.direct.add((f"{base.name}.{c.name}", f"{view}.{c.name}", "IDENTITY", False))
    scope = _old_and_new(queries, view, columns, event)
    made = [queries.expressions.make(t, scope, 2) for t in ("int", "text")]
    put(world, log, made)
    body = f"INSERT INTO {log.name} VALUES ({made[0].sql}, {made[1].sql}); "
    if event == "UPDATE" and draw.chance(50):
        body += f"UPDATE {base.name} SET c2 = new.c2 WHERE id = old.id; "
        world.direct.add((f"{view}.c2", f"{base.name}.c2", "IDENTITY", False))
    body += f"RETURN {'new' if event == 'UPDATE' else 'old'};"
    world.setup.append(f"CREATE VIEW {view} AS SELECT id, c1, c2 FROM {base.name}")
    world.fires(fn, f"INSTEAD OF {event}", view, f"BEGIN {body} END")
    source = keyed_source(world)
    where = f"WHERE x.id = {source.alias}.id"
    if event == "DELETE":
        world.run.append(f"DELETE FROM {view} AS x USING {source.sql} {where}")
        return log
    row = Scope().plus(Rel("x", node_columns(view, columns), "")).plus(source)
    value = queries.expressions.make("text", row, 2)
    world.writes(view, "c2", value.d)
    world.run.append(f"UPDATE {view} AS x SET c2 = {value.sql} FROM {source.sql} {where}")
    return log


def _function(world, language):
    """A function of one text that calls nothing and reads nothing."""
    name = world.name("fn")
    text = "BEGIN RETURN upper(a); END" if language == "plpgsql" else "SELECT upper(a)"
    world.setup.append(
        f"CREATE FUNCTION {name}(a text) RETURNS text LANGUAGE {language} IMMUTABLE"
        f" AS $f$ {text} $f$"
    )
    return name


def generated_by_function(world, queries):
    """A stored generated column that a function computes from the row."""
    name = _function(world, world.draw.one(("sql", "plpgsql")))
    target = world.target(["text", "int"])
    world.setup.append(
        f"ALTER TABLE {target.name} ADD g text GENERATED ALWAYS AS ({name}(c1)) STORED"
    )
    query = queries.query(Scope(), ["text", "int"], 1)
    put(world, target, query.cols)
    world.writes(target.name, "g", use(query.cols[0].d))
    world.direct.add((f"{target.name}.c1", f"{target.name}.g", "TRANSFORMATION", False))
    world.run.append(f"INSERT INTO {target.name} {query.sql}")
    return target


def default_calls(world, queries):
    """A default that calls a PL/pgSQL function which reads a table."""
    value, fn = queries.scalar("int", Scope(), 1), world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {fn}() RETURNS int LANGUAGE plpgsql AS $f$ DECLARE v int; BEGIN"
        f" v := {value.sql}; RETURN v; END $f$"
    )
    target = world.target(["text", "int"])
    world.setup.append(f"ALTER TABLE {target.name} ALTER c2 SET DEFAULT {fn}()")
    query = queries.query(Scope(), ["text"], 1)
    put(world, target, query.cols, ["c1"])
    for source, _, _ in value.d:
        world.dead[(source, f"{target.name}.c2")] = "its call may not run"
    world.exact = False  # what the call gave is known only when it ran
    world.run.append(f"INSERT INTO {target.name} (c1) {query.sql}")
    return target


def checked(world, queries):
    """A CHECK that calls a function which looks something up: it lets all rows through."""
    value, fn = queries.scalar("int", Scope(), 1), world.name("fn")
    target = world.target(["text", "int"])
    world.setup += [
        f"CREATE FUNCTION {fn}(a text) RETURNS bool LANGUAGE plpgsql AS $f$ DECLARE v int; BEGIN"
        f" v := {value.sql}; RETURN v IS NOT NULL OR a IS NOT NULL OR true; END $f$",
        f"ALTER TABLE {target.name} ADD CHECK ({fn}(c1))",
    ]
    query = queries.query(Scope(), ["text", "int"], 1)
    put(world, target, query.cols)
    world.run.append(f"INSERT INTO {target.name} {query.sql}")
    return target


FORMS = [
    changed_rows,
    changed_rows,
    view_events,
    generated_by_function,
    default_calls,
    checked,
]
