"""The variables of a routine and expressions over them, for the routine generator.

Expressions are made so that what goes in shows: no operation hides an operand for all values.
"""

import dataclasses

INT_LITERALS = ("2", "1", "3", "7")
TEXT_LITERALS = ("'k'", "'b'", "'zz'")


@dataclasses.dataclass
class Var:
    """`fields`: (name, type) of a record, row or composite variable; type is then its SQL type."""

    name: str
    type: str
    fields: tuple = ()
    writable: bool = True


class Scope:
    """What can be named at one place; inner scopes begin as copies."""

    def __init__(self, parent=None):
        self.vars = list(parent.vars) if parent else []

    def add(self, var):
        self.vars = [v for v in self.vars if v.name != var.name] + [var]
        return var

    def leaves(self, wanted):
        """Texts of all scalars of a type."""
        found = []
        for var in self.vars:
            if var.fields:
                found += [f"{var.name}.{name}" for name, type_ in var.fields if type_ == wanted]
            elif var.type == wanted:
                found.append(var.name)
        return found

    def writable(self, wanted=None):
        """(text, type) of what an assignment may name."""
        found = []
        for var in self.vars:
            if not var.writable:
                continue
            if var.fields:
                found += [(f"{var.name}.{name}", type_) for name, type_ in var.fields]
            else:
                found.append((var.name, var.type))
        return [(n, t) for n, t in found if wanted is None or t == wanted]

    def whole(self):
        """Variables that hold several fields."""
        return [var for var in self.vars if var.fields]


class Terms:
    """Expressions and conditions. `world` holds the tables and helper routines."""

    def __init__(self, world):
        self.world, self.draw = world, world.draw

    def literal(self, type_):
        if type_ == "int":
            return self.draw.one(INT_LITERALS)
        if type_ == "text":
            return self.draw.one(TEXT_LITERALS)
        if type_ == "bool":
            return self.draw.one(("true", "false"))
        return "'{1,2}'::int[]"

    def key(self):
        """An id that is there, in most runs."""
        return self.draw.one(("2", "1", "3"))

    def lookup(self, scope):
        """An id to look a row up by. Where precision is judged the row must be there."""
        return self.key() if self.world.strict else self.leaf(scope, "int")

    def leaf(self, scope, type_):
        leaves = scope.leaves(type_)
        if leaves:
            return leaves[-1 - self.draw.below(len(leaves))]
        if type_ == "int[]" and self.column(type_, self.world.keyed) is None:
            return f"ARRAY[{self.leaf(scope, 'int')}, {self.leaf(scope, 'int')}]"
        if self.draw.chance(70):
            return self.subquery(scope, type_)
        return self.literal(type_)

    def scalar(self, scope, type_, depth=2):
        """An expression of a type, most often over variables."""
        draw = self.draw
        if depth <= 0 or draw.chance(45):
            return self.leaf(scope, type_)
        if type_ == "bool":
            return f"({self.condition(scope, depth - 1)})"
        form = draw.one((self.operation, self.operation, self.subquery, self.choice, self.call))
        return form(scope, type_, depth - 1)

    def operation(self, scope, type_, depth=1):
        draw = self.draw

        def of(wanted):
            return self.scalar(scope, wanted, depth)

        if type_ == "int":
            pick = draw.below(7)
            if pick == 0:
                return f"({of('int')} + 1)"
            if pick == 1:
                return f"({of('int')} + 2 * {of('int')})"
            if pick == 2:
                text = of("text")  # numbers of one digit have the same length
                return f"(length({text}) + ascii({text}))"
            if pick == 3:
                return f"coalesce({of('int')}, 0)"
            if pick == 4:
                if draw.chance(30):
                    self.world.dead.loose = "an array is one value: its elements are not told apart"
                    return f"({of('int[]')})[{draw.between(1, 2)}]"
                e = self.world.name("e")
                return f"(SELECT sum({e}) FROM unnest({of('int[]')}) {e})::int"
            if pick == 5:
                return f"(hashtext({of('text')}) % 1000)"  # all of the text shows
            return f"(abs({of('int')}) - 1)"
        if type_ == "text":
            pick = draw.below(6)
            if pick == 0:
                return f"({of('text')} || 'x')"
            if pick == 1:
                return f"concat({of('text')}, '-', {of('int')})"
            if pick == 2:
                return f"upper({of('text')})"
            if pick == 3:
                return f"({of('int')})::text"
            if pick == 4:
                return f"format('%s/%s', {of('text')}, {of('int')})"
            return f"coalesce({of('text')}, 'none')"
        pick = draw.below(3)
        if pick == 0:
            return f"ARRAY[{of('int')}, {of('int')}]"
        if pick == 1:
            return f"({of('int[]')} || {of('int')})"
        return f"array_append({of('int[]')}, {of('int')})"

    def choice(self, scope, type_, depth=1):
        condition = self.even(scope)
        return (
            f"(CASE WHEN {condition} THEN {self.leaf(scope, type_)}"
            f" ELSE {self.leaf(scope, type_)} END)"
        )

    def column(self, type_, relations=None):
        """(table, column) of a type, or None."""
        found = [
            (name, column)
            for name, columns in (relations or self.world.readable)
            for column, column_type in columns
            if column_type == type_ and column != "id"
        ]
        return self.draw.one(found) if found else None

    def subquery(self, scope, type_, depth=0):
        """A scalar sub-select: one row by id, or an aggregate."""
        found = self.column(type_, self.world.keyed)
        if found is None:
            return self.literal(type_)
        table, column = found
        q = self.world.name("q")
        pick = self.draw.below(3)
        if type_ in ("bool", "int[]"):
            pick = 0
        if pick == 0:
            ids = scope.leaves("int")
            known = ids and not self.world.strict and self.draw.chance(60)
            key = self.draw.one(ids) if known else self.key()
            return f"(SELECT {q}.{column} FROM {table} {q} WHERE {q}.id = {key})"
        if pick == 1:
            return f"(SELECT max({q}.{column}) FROM {table} {q})"
        return (
            f"(SELECT min({q}.{column}) FROM {table} {q}"
            f" WHERE {q}.id IS DISTINCT FROM {self.leaf(scope, 'int')})"
        )

    def call(self, scope, type_, depth=1):
        """A call of a helper function."""
        helper = self.world.scalar_function(type_)
        if helper is None:
            return self.operation(scope, type_, depth)
        return helper.call([self.leaf(scope, t) for t in helper.arguments])

    def even(self, scope):
        """A condition that is true for about half of the values and chooses a value."""
        if self.world.strict:
            return self.flag("arms")
        pick = self.draw.below(3)
        if pick == 0:
            return f"{self.leaf(scope, 'int')} > 2"
        if pick == 1:
            return f"{self.leaf(scope, 'text')} > 'b'"
        return f"{self.leaf(scope, 'int')} % 2 = 0"

    def flag(self, table="flags"):
        """A condition over a value of its own."""
        q, row = self.world.name("q"), self.world.flag_row(table)
        test = self.draw.one(("n > 2", "t >= 'b'", "n % 2 = 0"))
        return f"(SELECT {q}.{test} FROM {table} {q} WHERE {q}.id = {row})"

    def condition(self, scope, depth=1):
        draw = self.draw
        if self.world.strict:
            return self.flag()
        pick = draw.below(9 if depth > 0 else 5)
        if pick == 0:
            return f"{self.leaf(scope, 'int')} > 2"
        if pick == 1:
            return f"{self.leaf(scope, 'text')} > 'b'"
        if pick == 2:
            return f"{self.leaf(scope, 'int')} % 2 = 0"
        if pick == 3:
            return f"{self.leaf(scope, 'int')} IS NULL"
        if pick == 4:
            bools = scope.leaves("bool")
            return draw.one(bools) if bools else f"{self.leaf(scope, 'text')} IS NOT NULL"
        if pick == 5:
            return f"({self.condition(scope, 0)} OR {self.condition(scope, 0)})"
        if pick == 6:
            return f"NOT coalesce({self.condition(scope, 0)}, false)"
        if pick == 7:
            found = self.column("int", self.world.keyed)
            if found is None:
                return self.condition(scope, 0)
            q = self.world.name("q")
            return (
                f"EXISTS (SELECT 1 FROM {found[0]} {q} WHERE {q}.{found[1]} >"
                f" {self.leaf(scope, 'int')})"
            )
        return f"{self.scalar(scope, 'int', 1)} BETWEEN 1 AND 3"

    def small(self, scope):
        """A number of rounds that a loop can bear; where precision is judged one at least: a count
        is the same for all data of a size."""
        value = f"abs(coalesce({self.leaf(scope, 'int')}, 1))"
        return f"({value} % 4 + 1)" if self.world.strict else f"least({value}, 3)"

