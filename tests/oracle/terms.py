"""What generated SQL is made of: expressions and relations that know their DIRECT sources.

`d` is a frozenset of (source column "table.column", kind, masking), as CONTRACT section 2 counts:
what a value is computed from, never what only decided. The rules stand where terms are composed.
"""

import dataclasses

IDENTITY, TRANSFORMATION, AGGREGATION = 0, 1, 2
KINDS = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
NONE = frozenset()


def use(sources, kind=TRANSFORMATION, masking=False):
    """Sources used in a way of `kind`: the strongest on the way counts, masking sticks."""
    return frozenset((s, max(k, kind), m or masking) for s, k, m in sources)


def union(*sets):
    return frozenset().union(*sets)


@dataclasses.dataclass
class Expr:
    sql: str
    type: str
    d: frozenset = NONE

    def made(self, sql, type_, kind=TRANSFORMATION, masking=False):
        """A new value made of this one; `{}` in sql stands for it."""
        return Expr(sql.format(self.sql), type_, use(self.d, kind, masking))


@dataclasses.dataclass
class Col:
    name: str
    type: str
    d: frozenset


@dataclasses.dataclass
class Rel:
    """A FROM item. `order`: column references that order its rows totally (up to equal rows)."""

    alias: str
    cols: list
    sql: str
    row: bool = True  # its alias may stand for the whole row

    def refs(self):
        return [Expr(f"{self.alias}.{c.name}", c.type, c.d) for c in self.cols]

    def whole(self):
        """Its row as one value: made of every column."""
        return use(union(*[c.d for c in self.cols]))


@dataclasses.dataclass
class Query:
    sql: str
    cols: list
    ordered: bool = False

    def paren(self):
        return f"({self.sql})"


def node_columns(table, columns):
    """Columns of something that lasts: each its own source."""
    made = []
    for column in columns:
        source = (f"{table}.{column.name}", IDENTITY, False)
        made.append(Col(column.name, column.type, frozenset({source})))
    return made
