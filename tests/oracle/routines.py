"""Random routines over random tables: generate(seed) makes one case."""

import case as cases
import helpers
import triggers
import values
from body import Body
from draw import Draw
from variables import Scope, Var
from world import World

SOURCE_TYPES = ("int", "text", "int", "int[]", "bool", "text")


class Known(dict):
    """DIRECT edges that the data need not show, with the reason.

    `loose`: the reason for all of the case; `columns`: targets for which any source is known, and
    sources for which any target is.
    """

    loose = ""

    def __init__(self):
        super().__init__()
        self.columns = {}

    def __contains__(self, pair):
        known = pair[0] in self.columns or pair[1] in self.columns
        return bool(self.loose) or known or super().__contains__(pair)


class Routines(World):
    """The world of a routine case: sources with ids, targets, helper routines."""

    def __init__(self, draw, seed):
        super().__init__(draw, seed)
        self.sinks, self.keyed, self.readable = [], [], []
        self.made = {}
        self.pairs = None
        self.dead = Known()
        for _ in range(draw.between(1, 2)):
            types = ["int", "text"] + [draw.one(SOURCE_TYPES) for _ in range(draw.between(0, 2))]
            table = self.source(types)
            self.keyed.append((table.name, [(c.name, c.type) for c in table.columns]))
        self.readable = self.keyed
        # Where conditions depend on each other a branch may be dead: only soundness is judged.
        self.strict = draw.chance(50)
        if not self.strict:
            self.dead.loose = "conditions and look-ups depend on each other"
        # A key that is NULL leaves no row, and what is called for each row is not called.
        self.other = "IS DISTINCT FROM" if self.strict else "<>"
        self.flags = {}
        self.uncounted = set()

    def flag_row(self, table):
        """The id of a row of `table` that one condition alone looks at: no other one contradicts
        it. The table `flags` decides which statements run, `arms` which values they take."""
        rows = self.flags.get(table)
        if rows is None:
            columns = [
                cases.Column("id", "int", not_null=True, unique=True, fixed=True),
                cases.Column("n", "int"),
                cases.Column("t", "text"),
            ]
            rows = self.flags[table] = self.add_table(table, columns, 0).rows
        at, numbers, texts = len(rows) + 1, values.POOLS["int"], values.POOLS["text"]
        rows.append((str(at), numbers[at % len(numbers)], texts[at % len(texts)]))
        return at

    def target(self, types, prefix="t", rows=0, names=None, unique=None):
        columns = []
        for i, type_ in enumerate(types):
            name = names[i] if names else f"c{i + 1}"
            key = name == unique
            columns.append(cases.Column(name, type_, not_null=key, unique=key))
        table = self.add_table(self.name(prefix), columns, rows)
        self.targets.append(table.name)
        return table

    def queue_table(self):
        """A table that one DELETE empties; nothing else reads it."""
        columns = [cases.Column("id", "int", not_null=True, unique=True), cases.Column("a", "int")]
        return self.add_table(self.name("d"), columns, 3)

    def pair(self):
        """A composite type with an int p and a text q."""
        if self.pairs is None:
            self.pairs = helpers.Pair("pair", [("p", "int"), ("q", "text")])
            self.setup.append("CREATE TYPE pair AS (p int, q text)")
        return self.pairs

    def helper(self, kind, key=None):
        """A helper routine: one that is there, or a new one."""
        known = self.made.setdefault((kind, key), [])
        if known and self.draw.chance(50):
            return self.draw.one(known)
        made = helpers.MAKERS[kind](self, key) if key else helpers.MAKERS[kind](self)
        known.append(made)
        return made

    def scalar_function(self, type_):
        if self.helping or type_ not in ("int", "text"):
            return None
        return self.nested("scalar", type_)

    helping = False

    def nested(self, kind, key=None):
        self.helping = True
        try:
            return self.helper(kind, key)
        finally:
            self.helping = False

    def writer(self):
        return None if self.helping else self.nested("writer")

    def writing_function(self):
        return None if self.helping else self.nested("writing")

    def procedure(self):
        return None if self.helping else self.nested("procedure")

    def table_function(self):
        return None if self.helping else self.nested("table")

    def cursor_opener(self):
        return None if self.helping else self.nested("opener")

    def cursor_drain(self):
        return None if self.helping else self.nested("drain")

    def routine_case(self):
        return cases.Case(
            self.seed, "routine", self.tables, self.setup, self.run, self.targets,
            dead=self.dead, features=self.features, reset=self.reset,
            uncounted=self.uncounted, switches={"flags"} & set(self.flags),
            refills=100, refill_assignments=3,
        )


def opening(body, scope):
    """Statements that fill a routine's first variables."""
    lines = body.select_into(scope, 0)
    return lines + (body.select_record(scope, 0) if body.draw.chance(40) else [])


def procedure(world):
    body = Body(world, transactions=world.draw.chance(20))
    scope = Scope()
    lines = opening(body, scope) + body.statements(scope, 2, 3) + body.insert(scope, 0)
    world.setup.append(f"CREATE PROCEDURE main() LANGUAGE plpgsql AS $b$\n{body.text(lines)}$b$")
    world.run.append("CALL main()")


def function(world):
    """A function that writes, called by SELECT with a literal."""
    body = Body(world)
    scope = Scope()
    scope.add(Var("p1", "int"))
    body.returning = lambda scope: [f"RETURN {body.terms.leaf(scope, 'int')};"]
    lines = opening(body, scope) + body.statements(scope, 2, 3) + body.insert(scope, 0)
    lines += body.returning(scope)
    setting = world.draw.one(("", " SECURITY DEFINER", " SET work_mem = '8MB'"))
    world.setup.append(
        f"CREATE FUNCTION main(p1 int DEFAULT 2) RETURNS int LANGUAGE plpgsql{setting} AS"
        f" $b$\n{body.text(lines)}$b$"
    )
    table, columns = world.keyed[0]
    sink = world.target(["int", "int"])
    world.run.append(
        world.draw.one(
            (
                "SELECT main()",
                "SELECT main(3)",
                f"INSERT INTO {sink.name} SELECT id, main(a) FROM {table} ORDER BY id",
                f"INSERT INTO {sink.name} SELECT m, 1 FROM main((SELECT max(a) FROM {table})) m",
                f"INSERT INTO {sink.name} VALUES (main(p1 => 1), 2)",
            )
        )
    )


def anonymous(world):
    body = Body(world)
    scope = Scope()
    lines = opening(body, scope) + body.statements(scope, 2, 3) + body.insert(scope, 0)
    world.run.append(f"DO $b$\n{body.text(lines)}$b$")


FORMS = [procedure, anonymous, function, procedure, triggers.row, triggers.statement]


def build(draw, seed):
    """One case from the draws."""
    world = Routines(draw, seed)
    form = draw.one(FORMS)
    world.features.add(form.__name__)
    form(world)
    return world.routine_case()


def generate(seed):
    draw = Draw(seed=seed)
    case = build(draw, seed)
    case.choices = draw.choices
    return case
