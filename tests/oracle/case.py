"""What the generators make and the engine judges: tables with data, statements, what is known.

A case lives in a schema of its own, first in the search_path while it runs, so its names stand
without one. Values are texts as the types' input functions read them, or None.
"""

import dataclasses
import json
import pathlib

OWN = "postgresql://own"  # stands for the name of the database that a case runs in


@dataclasses.dataclass
class Column:
    """One column. `pool`: the values it may be given; empty: those of its type. `fixed`: it keeps
    its values in all runs."""

    name: str
    type: str
    not_null: bool = False
    unique: bool = False
    fixed: bool = False
    written: bool = True  # False: generated, no INSERT names it
    pool: tuple = ()
    extra: str = ""  # the rest of its definition

    def ddl(self):
        parts = [self.name, self.type, self.extra]
        parts += ["NOT NULL"] if self.not_null else []
        parts += ["UNIQUE"] if self.unique else []
        return " ".join(part for part in parts if part)


@dataclasses.dataclass
class Table:
    """A table with its rows. `ddl`: its own statement instead of the one made of the columns."""

    name: str
    columns: list
    rows: list
    ddl: str = ""
    perturbed: bool = True  # False: its values stay as they are in all runs

    def create(self):
        return self.ddl or f"CREATE TABLE {self.name} ({', '.join(c.ddl() for c in self.columns)})"

    def insert(self, rows):
        """The INSERT of these rows (which hold values of the written columns only), or ''."""
        if not rows:
            return ""
        names = ", ".join(c.name for c in self.columns if c.written)
        values = ", ".join("(" + ", ".join(literal(v) for v in row) + ")" for row in rows)
        return f"INSERT INTO {self.name} ({names}) OVERRIDING SYSTEM VALUE VALUES {values}"


def literal(value):
    """A value as SQL writes it."""
    if value is None:
        return "NULL"
    text = str(value).replace("'", "''")
    return f"E'{text}'".replace("\\", "\\\\") if "\\" in text else f"'{text}'"


@dataclasses.dataclass
class Case:
    """One case; see README.md of the room for how it is judged.

    targets: names of the relations whose columns are compared.
    dead:    DIRECT edges that no assignment can show, with the reason.
    direct:  None, or exactly the DIRECT edges that must be there, as the generator built them:
             (source column, target column, subtype, masking).
    deciding: INDIRECT edges that must be there: (source column, target column or table, subtype).
    types:   statements before the tables are created.
    uncounted: tables whose number of rows alone is not followed.
    switches: tables whose values decide which statements run: a refill may keep them.
    refills: rounds of wholly new data while DIRECT edges have not shown themselves.
    refill_assignments: how many changes a column gets in such a round; None: all.
    outside: (dataset, its column, table, column of it): what the datasets hold that are read by
             another connection.
    reset:   statements before each further run, capture off, beside emptying and filling tables.
    """

    seed: int
    kind: str
    tables: list
    setup: list
    run: list
    targets: list
    dead: dict = dataclasses.field(default_factory=dict)
    features: set = dataclasses.field(default_factory=set)
    direct: set = None
    deciding: set = dataclasses.field(default_factory=set)
    types: list = dataclasses.field(default_factory=list)
    outside: set = dataclasses.field(default_factory=set)
    reset: list = dataclasses.field(default_factory=list)
    uncounted: set = dataclasses.field(default_factory=set)
    switches: set = dataclasses.field(default_factory=set)
    refills: int = 6
    refill_assignments: int = None
    choices: list = dataclasses.field(default_factory=list)

    def setup_sql(self, schema=None):
        """All that stands before the run. Triggers sleep while the rows are filled in."""
        schema = schema or f"o{self.seed}"
        lines = [f"CREATE SCHEMA {schema}", f"SET search_path = {schema}, public"]
        lines += self.types
        lines += [table.create() for table in self.tables] + self.setup
        lines += ["SET session_replication_role = replica"]
        lines += [table.insert(table.rows) for table in self.tables if table.rows]
        lines += ["RESET session_replication_role"]
        return ";\n".join(lines) + ";\n"

    def run_sql(self, schema=None):
        schema = schema or f"o{self.seed}"
        return ";\n".join([f"SET search_path = {schema}, public"] + self.run) + ";\n"

    def write(self, folder, notes=()):
        """Writes the case as files, like those of ../shared/cases."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "setup.sql").write_text(self.setup_sql())
        (folder / "run.sql").write_text(self.run_sql())
        known = {"kind": self.kind, "seed": self.seed, "features": sorted(self.features)}
        known["dead"] = [[s, t, reason] for (s, t), reason in sorted(self.dead.items())]
        if self.direct is not None:
            known["direct"] = sorted(list(edge) for edge in self.direct)
        known["notes"] = list(notes)
        (folder / "known.json").write_text(json.dumps(known, indent=1) + "\n")
