"""Trigger cases: a statement writes a table, its triggers do the rest."""

from body import Body
from variables import Scope, Var


def _fired(world, by_row):
    """The table that is written: id, c1 int, c2 text; and the statement that writes it."""
    draw = world.draw
    source, columns = world.keyed[0]
    event = draw.one(("INSERT", "INSERT", "UPDATE"))
    table = world.target(
        ["int", "int", "text"], "w", rows=3 if event == "UPDATE" else 0,
        names=["id", "c1", "c2"], unique="id",
    )
    text = draw.one([c for c, t in columns if t == "text"])
    if event == "INSERT":
        run = f"INSERT INTO {table.name} SELECT id, a, {text} FROM {source} ORDER BY id"
    else:
        run = f"UPDATE {table.name} w SET c1 = s.a, c2 = s.{text} FROM {source} s WHERE s.id = w.id"
        if by_row:  # in a known order: what fires may write the same row again
            run = (
                f"DO $d$ DECLARE k int; BEGIN FOR k IN SELECT id FROM {table.name} ORDER BY id"
                f" LOOP {run} AND w.id = k; END LOOP; END $d$"
            )
    world.uncounted.add(table.name)  # how often a trigger fires is no value (DECISIONS.md)
    world.incoming = {"c1": (f"{source}.a", f"{table.name}.c1"),
                      "c2": (f"{source}.{text}", f"{table.name}.c2")}
    return table, event, run


def _create(world, table, when, event, level, text, rest=""):
    name = world.name("tf")
    world.setup.append(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $b$\n{text}$b$"
    )
    kind = "CONSTRAINT TRIGGER" if "DEFERRABLE" in rest else "TRIGGER"
    world.setup.append(
        f"CREATE {kind} {name} {when} {event} ON {table.name} {rest} FOR EACH {level}"
        f" EXECUTE FUNCTION {name}()"
    )


FIELDS = (("id", "int"), ("c1", "int"), ("c2", "text"))


def row(world):
    """BEFORE and AFTER triggers for each row."""
    draw = world.draw
    table, event, run = _fired(world, True)
    count = draw.between(1, 2)
    for _ in range(count):
        before = draw.chance(60)
        if before and count > 1:
            world.dead.loose = "what one BEFORE trigger puts into NEW another one replaces"
        body, scope = Body(world, level=draw.below(2)), Scope()
        body.returning = lambda scope: ["RETURN NEW;"]
        scope.add(Var("NEW", "row", FIELDS, writable=False))
        if event == "UPDATE":
            scope.add(Var("OLD", "row", FIELDS, writable=False))
        lines = body.statements(scope, 1, 2)
        if before:
            world.features.add("before")
            for field, type_ in draw.some(FIELDS[1:], 1, 2):
                world.dead[world.incoming[field]] = "a BEFORE trigger puts another value there"
                lines.append(f"NEW.{field} := {body.expression(scope, type_)};")
            if draw.chance(20):
                lines.append(f"IF {body.terms.even(scope)} THEN RETURN NULL; END IF;")
        else:
            lines += body.insert(scope, 0)
        lines.append("RETURN NEW;")
        columns = " OF c1" if event == "UPDATE" and draw.chance(30) else ""
        rest = ""
        if not before and draw.chance(50):
            rest = draw.one(("DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"))
            world.features.add(rest.lower())
        _create(world, table, "BEFORE" if before else "AFTER", event + columns, "ROW",
                body.text(lines), rest)
        if draw.chance(30) and not rest:
            made = world.setup[-1]
            world.setup[-1] = made.replace("FOR EACH ROW", "FOR EACH ROW WHEN (NEW.c1 > 1)")
    world.run.append(run)


def statement(world):
    """AFTER triggers for each statement, with transition tables."""
    draw = world.draw
    table, event, run = _fired(world, False)
    body, scope = Body(world, level=0), Scope()
    body.returning = lambda scope: ["RETURN NULL;"]
    new = world.name("n")
    rest = f"REFERENCING NEW TABLE AS {new}"
    if event == "UPDATE":
        rest += f" OLD TABLE AS {new}o"
    known = world.keyed
    world.keyed = known + [(new, list(FIELDS))]
    lines = body.select_into(scope, 0)
    types = [t for _, t in FIELDS[1:]]
    sink = body.target(types)
    lines.append(f"INSERT INTO {sink.name} SELECT c1, c2 FROM {new};")
    body.level = 1
    body.forms = body._forms()
    world.helping = True
    lines += body.statements(scope, 1, 2)
    world.helping = False
    world.keyed = known
    lines.append("RETURN NULL;")
    _create(world, table, "AFTER", event, "STATEMENT", body.text(lines), rest)
    world.run.append(run)
