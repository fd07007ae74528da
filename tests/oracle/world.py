"""The schema objects of one case while it is made."""

import case as cases
import values
from terms import KINDS, Col, Rel, node_columns

TYPES = ("int", "text", "int", "numeric", "bool", "date", "int[]", "jsonb", "varchar(40)")

SAME = (("c1", "c1"), ("c2", "c2"))  # columns of that name, for World.copies()


class World:
    """Collects tables, statements and the DIRECT edges that must come of them."""

    def __init__(self, draw, seed):
        self.draw, self.seed = draw, seed
        self.tables, self.setup, self.run, self.targets = [], [], [], []
        self.types = []
        self.relations = []  # (name, [Col]): base tables and views that queries may name
        self.direct, self.exact = set(), True
        self.discarded = ""  # the temporary table of a statement DISCARD TEMP, if there is one
        self.features, self.reset, self.dead = set(), [], {}
        self.deciding = set()  # INDIRECT edges: (source, target column or table, subtype)
        self.outside = set()  # (dataset, its column, table, column): see case.py
        self.names = 0
        self.composite = None  # (type name, [(field, type)])
        self.functions = {}
        self.operators = set()
        self.emptied = set()  # tables that a DELETE empties: it leaves no edge, nothing reads them

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def source(self, types=None, rows=None, unique_id=True, prefix="s", dropped=False):
        """A new table with data, its first column a unique id."""
        draw = self.draw
        types = types or [draw.one(TYPES) for _ in range(draw.between(2, 4))]
        columns = [cases.Column("id", "int", not_null=True, unique=True)] if unique_id else []
        for i, type_ in enumerate(types):
            columns.append(cases.Column("abcdefgh"[i], type_, not_null=draw.chance(20)))
        name = self.name(prefix)
        if not dropped:
            return self.add_table(name, columns, rows)
        # Attribute numbers and places differ where a column was dropped.
        listed = ", ".join(["gone int"] + [c.ddl() for c in columns])
        ddl = f"CREATE TABLE {name} ({listed});ALTER TABLE {name} DROP COLUMN gone"
        self.features.add("dropped column")
        return self.add_table(name, columns, rows, ddl=ddl)

    def add_table(self, name, columns, rows=None, ddl=""):
        draw = self.draw
        count = draw.between(3, 5) if rows is None else rows
        data = []
        for column in [c for c in columns if c.written]:
            pool = values.pool(column)
            if column.unique:
                data.append(values.distinct(pool, count))
            else:
                start = draw.below(len(pool))
                data.append([pool[(start + i) % len(pool)] for i in range(count)])
        table = cases.Table(name, columns, [tuple(row) for row in zip(*data)], ddl=ddl)
        self.tables.append(table)
        if count:
            self.relations.append((name, node_columns(name, columns)))
        return table

    def target(self, types, prefix="t", rows=0, names=None):
        """A table to be written, empty unless it has rows of its own."""
        columns = []
        for i, type_ in enumerate(types):
            columns.append(cases.Column(names[i] if names else f"c{i + 1}", type_))
        table = self.add_table(self.name(prefix), columns, rows)
        self.targets.append(table.name)
        return table

    def need_composite(self):
        """The composite type of the case, made when it is asked for first."""
        if self.composite is None:
            self.composite = ("pair", [("f1", "int"), ("f2", "text")])
            self.types.append("CREATE TYPE pair AS (f1 int, f2 text)")
        return "pair"

    def empties(self, table):
        """The table's rows go: it is no target, and nothing else reads it."""
        self.emptied.add(table.name)
        self.targets.remove(table.name)
        self.relations = [r for r in self.relations if r[0] != table.name]

    def fires(self, function, event, table, body, level="FOR EACH ROW", given=""):
        """A trigger function and its trigger; `event`: AFTER INSERT and such; `given` to it."""
        word = "CONSTRAINT TRIGGER" if level.startswith("DEFERRABLE") else "TRIGGER"
        self.setup += [
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $b$ {body} $b$",
            f"CREATE {word} x {event} ON {table} {level} EXECUTE FUNCTION {function}({given})",
        ]

    def rel(self, name, cols, alias):
        """A base table or view as FROM item."""
        return Rel(alias, [Col(c.name, c.type, c.d) for c in cols], f"{name} AS {alias}")

    def writes(self, target, column, sources):
        """The statement puts `sources` into the column."""
        for source, kind, masking in sources:
            self.direct.add((source, f"{target}.{column}", KINDS[kind], masking))

    def copies(self, source, target, columns=(("a", "c1"), ("c", "c2"))):
        """Values arrive as they are: DIRECT edges from one relation to another."""
        for one, other in columns:
            self.direct.add((f"{source}.{one}", f"{target}.{other}", "IDENTITY", False))

    def keep_temporary(self):
        """DISCARD TEMP would take what another form made once for all runs."""
        if self.discarded and any("CREATE TEMP" in made for made in self.setup):
            drop = f"DROP TABLE {self.discarded}"
            self.run = [drop if text.startswith("DISCARD TEMP") else text for text in self.run]

    def case(self):
        self.keep_temporary()
        if not self.exact:
            for source, target, _, _ in self.direct:
                self.dead.setdefault((source, target), "known of another statement of the case")
        made = cases.Case(
            self.seed,
            "statement",
            self.tables,
            self.setup,
            self.run,
            self.targets,
            dead=self.dead,
            features=self.features,
            reset=self.reset,
            types=self.types,
            outside=self.outside,
            direct=self.direct if self.exact else None,
            deciding=self.deciding,
        )
        return made
