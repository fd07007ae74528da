"""Dynamic SQL, temporary tables and calls of helper routines; methods of Body (body.py)."""

from variables import Scope, Var


def execute(self, scope, depth):
    draw = self.draw
    pick = draw.below(6)
    if pick == 0:
        types = self.known_types(scope, 2)
        values = self.values(scope, types)
        table = self.target(types)
        marks = ", ".join(f"${i + 1}::{t}" for i, t in enumerate(types))
        return [
            f"EXECUTE format('INSERT INTO %I VALUES ({marks})', '{table.name}')"
            f" USING {', '.join(values)};"
        ]
    if pick == 1:
        table = self.target(["int", "text"])
        return [
            f"EXECUTE format('INSERT INTO {table.name} VALUES (%L, %L)',"
            f" {self.terms.leaf(scope, 'int')}, {self.terms.leaf(scope, 'text')});"
        ]
    found = self.terms.column("int", self.world.keyed)
    if found is None:
        return self.insert(scope, depth)
    table, column = found
    if pick == 2:
        var = Var(self.declare(self.name("v"), "int"), "int")
        line = (
            f"EXECUTE 'SELECT {column} + $2 FROM ' || quote_ident('{table}') ||"
            f" ' WHERE id = $1' INTO {var.name} USING {self.terms.lookup(scope)},"
            f" {self.terms.leaf(scope, 'int')};"
        )
        scope.add(var)
        return [line]
    if pick == 3:
        sink = self.target(["int", "int"])
        return [
            f"EXECUTE format('INSERT INTO %I SELECT %I, $1 FROM %I WHERE id > 1',"
            f" '{sink.name}', '{column}', '{table}') USING {self.expression(scope, 'int')};"
        ]
    one, other = self.target(["int"]), self.target(["int"])
    return [
        f"EXECUTE format('INSERT INTO %I VALUES ($1)', CASE WHEN"
        f" {self.terms.condition(scope, 0)} THEN '{one.name}' ELSE '{other.name}' END)"
        f" USING {self.expression(scope, 'int')};"
    ]


def temp_table(self, scope, depth):
    """A temporary table, written and read."""
    draw, name = self.draw, self.name("tmp")
    q, terms, rest, _ = self.picked(scope)
    listed = ", ".join(f"{t} AS f{i + 1}" for i, (t, _) in enumerate(terms))
    drop = draw.one(("", " ON COMMIT DROP")) if not self.transactions else ""
    lines = [f"DROP TABLE IF EXISTS {name};"]
    lines.append(f"CREATE TEMP TABLE {name}{drop} AS SELECT {listed} {rest};")
    types = [t for _, t in terms]
    if draw.chance(50):
        lines.append(f"INSERT INTO {name} VALUES ({', '.join(self.values(scope, types))});")
    if draw.chance(30):
        value, test = self.expression(scope, types[0]), self.terms.even(scope)
        if self.world.strict:  # computed before: where no row is found nothing is called
            given = self.declare(self.name("v"), types[0])
            lines.append(f"{given} := {value};")
            value = given
        where = f" WHERE {test}" if draw.chance(50) else ""  # without, nothing is left of f1
        lines.append(f"UPDATE {name} SET f1 = {value}{where};")
    sink = self.target(types)
    lines.append(f"INSERT INTO {sink.name} SELECT * FROM {name};")
    return lines


def perform(self, scope, depth):
    helper = self.world.writer()
    if helper is None:
        return self.insert(scope, depth)
    return [f"PERFORM {helper.call([self.terms.leaf(scope, t) for t in helper.arguments])};"]


def call_procedure(self, scope, depth):
    helper = self.world.procedure()
    if helper is None:
        return self.insert(scope, depth)
    given = [self.plain(scope, t) for t in helper.arguments]
    out = [self.fresh(scope, t).name for t in helper.out]
    lines = [f"{name} := {self.terms.literal(t)};" for name, t in zip(out, helper.out)]
    return lines + [f"CALL {helper.name}({', '.join(given + out)});"]


def plain(self, scope, type_):
    """A value without a sub-select, which CALL does not take."""
    leaves = scope.leaves(type_)
    return self.draw.one(leaves) if leaves else self.terms.literal(type_)


def from_function(self, scope, depth):
    """A table function in FROM, into a record or a table."""
    helper = self.world.table_function()
    if helper is None:
        return self.insert_select(scope, depth)
    given = helper.call([self.terms.leaf(scope, t) for t in helper.arguments])
    names = [n for n, _ in helper.out]
    if self.draw.chance(50):
        sink = self.target([t for _, t in helper.out])
        return [f"INSERT INTO {sink.name} SELECT {', '.join(names)} FROM {given};"]
    record = Var(self.declare(self.name("r"), "record"), "record", tuple(helper.out))
    child = Scope(scope)
    child.add(record)
    return (
        [f"FOR {record.name} IN SELECT * FROM {given} ORDER BY 1, 2 LOOP"]
        + self.insert(child, 0)
        + ["END LOOP;"]
    )


def assign_call(self, scope, depth):
    """A call of a function that also writes, alone: beside a NULL it may be left out."""
    helper = self.world.writing_function()
    if helper is None:
        return self.assign(scope, depth)
    given = [self.terms.leaf(scope, t) for t in helper.arguments]
    return [f"{self.fresh(scope, 'int').name} := {helper.call(given)};"]
