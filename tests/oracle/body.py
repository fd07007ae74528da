"""Statements of PL/pgSQL bodies: a Body makes one routine's declarations and statements."""

from variables import Scope, Terms, Var

ORDERS = ("", " DESC")
WRITTEN = "what RETURNING gives is what the statement has just written or looked up"
ARRAYS = "an array is one value: its elements are not told apart"


class Body:
    """One routine. `returns`: what RETURN carries, see routines.py; None: nothing."""

    def __init__(self, world, level=0, transactions=False, writes=True):
        self.world, self.draw = world, world.draw
        self.terms = Terms(world)
        self.level = level  # 0: called at top level; helpers do not grow helpers of their own
        self.transactions = transactions  # COMMIT and ROLLBACK are allowed
        self.writes = writes
        self.declares = []
        self.returning = None  # function(scope, body) -> statement that leaves early
        self.may_leave = True
        self.forms = self._forms()

    def name(self, prefix):
        return self.world.name(prefix)

    def declare(self, name, type_, rest=""):
        self.declares.append(f"{name} {type_}{rest}")
        return name

    def text(self, lines):
        """DECLARE … BEGIN … END of the whole routine."""
        declares = "".join(f"  {line};\n" for line in self.declares)
        return ("DECLARE\n" + declares if declares else "") + "BEGIN\n" + "".join(
            f"  {line}\n" for line in lines
        ) + "END"

    # -- lists of statements

    def statements(self, scope, depth, most=4):
        lines = []
        for _ in range(self.draw.between(1, most)):
            lines += self.statement(scope, depth)
        return lines

    def statement(self, scope, depth):
        forms = self.forms if depth > 0 else self.forms[: self.flat]
        form = self.draw.one(forms)
        self.world.features.add(form.__name__)
        return form(scope, depth)

    def inner(self, scope, depth, most=2, write=True):
        """Statements in a scope of their own, one of them a write."""
        child = Scope(scope)
        lines = self.statements(child, depth - 1, most if depth > 1 else 1)
        return lines + (self.insert(child, 0) if write and self.draw.chance(50) else [])

    def fresh(self, scope, type_, rest=""):
        """A new variable of the routine, to be known in `scope`."""
        name = self.declare(self.name("v"), type_, rest)
        return scope.add(Var(name, type_))

    def variable(self, scope, type_):
        """A place to assign a value of a type to: mostly one that is there already."""
        places = scope.writable(type_)
        if places and self.draw.chance(60):
            return self.draw.one(places)[0]
        return None

    def some_type(self):
        return self.draw.one(("int", "text", "int", "text", "bool", "int[]"))

    def expression(self, scope, type_):
        return self.terms.scalar(scope, type_)

    # -- assignment

    def assign(self, scope, depth):
        type_ = self.some_type()
        place = self.variable(scope, type_)
        value = self.expression(scope, type_)
        if place is None:
            place = self.fresh(scope, type_).name
        return [f"{place} := {value};"]

    def assign_element(self, scope, depth):
        arrays = [v for v in scope.vars if v.type == "int[]" and v.writable]
        if not arrays:
            value = self.expression(scope, "int[]")
            return [f"{self.fresh(scope, 'int[]').name} := {value};"]
        value = self.expression(scope, "int")
        array = self.draw.one(arrays).name
        self.world.dead.loose = ARRAYS
        if self.draw.chance(20):  # a third element may stay, and with it all that the array had
            return [f"{array}[1:2] := ARRAY[{value}, 5];"]
        return [f"{array}[{self.draw.between(1, 2)}] := {value};"]

    def assign_whole(self, scope, depth):
        """Composite and row variables, assigned whole or by field."""
        draw = self.draw
        pair = self.world.pair()
        value = [self.expression(scope, t) for _, t in pair.columns]
        name = self.declare(self.name("p"), draw.one((pair.name, "record", pair.name)))
        others = [v for v in scope.whole() if v.type == pair.name]
        if others and draw.chance(40):
            lines = [f"{name} := {draw.one(others).name};"]
        else:
            lines = [f"{name} := ROW({', '.join(value)})::{pair.name};"]
        scope.add(Var(name, pair.name, tuple(pair.columns)))
        if draw.chance(30):
            field, type_ = draw.one(pair.columns)
            lines.append(f"{name}.{field} := {self.expression(scope, type_)};")
        return lines

    # -- queries into variables

    def picked(self, scope, count=None):
        """(select list, types, rest of a query of several rows), ordered by id."""
        draw = self.draw
        table, columns = draw.one(self.world.keyed)
        q = self.name("q")
        chosen = draw.some(columns, 1, count or 3)
        terms = []
        for column, type_ in chosen:
            term = f"{q}.{column}"
            if draw.chance(20) and type_ == "int":
                term = f"{term} + 1"
            elif draw.chance(20) and type_ == "text":
                term = f"{term} || 'y'"
            terms.append((term, type_))
        where = ""
        pick = draw.below(3) if not self.world.strict else draw.one((0, 2))
        ints = [c for c, t in columns if t == "int" and c != "id"]
        if pick == 1 and ints:
            where = f" WHERE {q}.{draw.one(ints)} > {self.plain(scope, 'int')}"
        elif pick == 2:
            where = f" WHERE {q}.id {self.world.other} {self.terms.leaf(scope, 'int')}"
            found = self.terms.column("int", self.world.keyed)
            if found and not self.world.strict and draw.chance(30):
                w = self.name("q")
                where += f" AND {q}.id IN (SELECT {w}.{found[1]} FROM {found[0]} {w})"
        return q, terms, f"FROM {table} {q}{where}", f" ORDER BY {q}.id{draw.one(ORDERS)}"

    def select_into(self, scope, depth):
        draw = self.draw
        q, terms, rest, order = self.picked(scope)
        values, names = ", ".join(t for t, _ in terms), []
        for _, type_ in terms:
            place = self.variable(scope, type_)
            names.append(place if place and place not in names else None)
        made = []
        for i, (_, type_) in enumerate(terms):
            if names[i] is None:
                var = Var(self.declare(self.name("v"), type_), type_)
                made.append(var)
                names[i] = var.name
        if draw.chance(15):
            count = self.declare(self.name("v"), "int")
            most = self.declare(self.name("v"), "int")
            scope.add(Var(count, "int"))
            scope.add(Var(most, "int"))
            return [f"SELECT count(*), max({q}.id) INTO {count}, {most} {rest};"]
        for var in made:
            scope.add(var)
        if draw.chance(20) and not any(".id" in t for t, _ in terms):
            rest, order = self.one_row(q, rest), ""
        strict = "STRICT " if draw.chance(10) and "WHERE" not in rest else ""
        limit = "" if draw.chance(30) and not strict else " LIMIT 1"
        return [f"SELECT {values} INTO {strict}{', '.join(names)} {rest}{order}{limit};"]

    def one_row(self, q, rest):
        return rest.split(" WHERE ")[0] + f" WHERE {q}.id = {self.terms.key()}"

    def select_record(self, scope, depth):
        q, terms, rest, order = self.picked(scope)
        record = self.record(terms)
        listed = ", ".join(f"{t} AS f{i + 1}" for i, (t, _) in enumerate(terms))
        line = f"SELECT {listed} INTO {record.name} {rest}{order} LIMIT 1;"
        scope.add(record)
        return [line]

    def record(self, terms):
        name = self.declare(self.name("r"), "record")
        return Var(name, "record", tuple((f"f{i + 1}", t) for i, (_, t) in enumerate(terms)))

    def select_row(self, scope, depth):
        """A whole row of a table into a %ROWTYPE variable, or of a composite."""
        draw = self.draw
        table, columns = draw.one(self.world.keyed)
        q = self.name("q")
        types = (f"{table}%ROWTYPE", table, "record")
        if not any(t.name == table for t in self.world.tables):
            types = ("record",)  # a transition table
        name = self.declare(self.name("w"), draw.one(types))
        line = f"SELECT {q}.* INTO {name} FROM {table} {q} ORDER BY {q}.id LIMIT 1;"
        scope.add(Var(name, "row", tuple(columns)))
        return [line]

    # -- writes

    def values(self, scope, types):
        return [self.expression(scope, t) for t in types]

    def target(self, types):
        """A target table for these types: a new one, or one that is there."""
        known = [t for t in self.world.sinks if [c.type for c in t.columns] == list(types)]
        if known and self.draw.chance(30):
            return self.draw.one(known)
        table = self.world.target(types)
        self.world.sinks.append(table)
        return table

    def known_types(self, scope, most=3):
        types = []
        for _ in range(self.draw.between(1, most)):
            types.append(self.draw.one(("int", "text", "int", "text", "int[]")))
        return types

    def insert(self, scope, depth):
        types = self.known_types(scope)
        values = self.values(scope, types)
        table = self.target(types)
        names = ", ".join(c.name for c in table.columns)
        return [f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(values)});"]

    def insert_select(self, scope, depth):
        q, terms, rest, _ = self.picked(scope)
        extra = self.expression(scope, "int")
        table = self.target([t for _, t in terms] + ["int"])
        listed = ", ".join(t for t, _ in terms)
        return [f"INSERT INTO {table.name} SELECT {listed}, {extra} {rest};"]

    def insert_returning(self, scope, depth):
        types = self.known_types(scope, 2)
        values = self.values(scope, types)
        table = self.target(types)
        at = self.draw.below(len(types))
        self.world.dead.columns[f"{table.name}.{table.columns[at].name}"] = WRITTEN
        line = (
            f"INSERT INTO {table.name} VALUES ({', '.join(values)}) RETURNING"
            f" {table.columns[at].name} INTO "
        )
        return [line + self.fresh(scope, types[at]).name + ";"]

    def filled(self):
        """A target that has rows: id, c1 int, c2 text."""
        table = self.world.target(
            ["int", "int", "text"], "u", rows=3, names=["id", "c1", "c2"], unique="id"
        )
        return table

    def kept(self, place, value):
        """`value` to be put into `place` (int or text) of a row. Where precision is judged a
        routine that may be called again must not replace what its first call put there."""
        if self.level == 0 or not self.world.strict:
            return value
        if place.endswith("c2"):
            return f"concat({place}, {value})"
        return f"coalesce({place}, 0) + {value}"

    def update(self, scope, depth):
        draw, table = self.draw, self.filled()
        number = self.kept("c1", self.expression(scope, "int"))
        text = self.kept("c2", self.expression(scope, "text"))
        pick = draw.below(5)
        key = self.terms.lookup(scope)
        if pick == 0:
            return [f"UPDATE {table.name} SET c1 = {number} WHERE id = {key};"]
        if pick == 1:
            return [f"UPDATE {table.name} SET c1 = c1 + {number}, c2 = {text} WHERE id <> {key};"]
        if pick == 2:
            q = self.name("q")
            found = self.terms.column("int", self.world.keyed)
            if found:
                value = self.kept(f"{table.name}.c1", f"{q}.{found[1]}")
                return [
                    f"UPDATE {table.name} SET c1 = {value} FROM {found[0]} {q}"
                    f" WHERE {q}.id = {table.name}.id AND {table.name}.id <> {key};"
                ]
        if pick == 3:
            var = Var(self.declare(self.name("v"), "int"), "int")
            for column in ("id", "c1"):
                self.world.dead.columns[f"{table.name}.{column}"] = WRITTEN
            line = (
                f"UPDATE {table.name} SET c1 = {number} WHERE id = {key}"
                f" RETURNING {draw.one(('c1', 'id', 'length(c2)'))} INTO {var.name};"
            )
            scope.add(var)
            return [line]
        return [f"UPDATE {table.name} SET (c1, c2) = ({number}, {text}) WHERE id >= {key};"]

    def upsert(self, scope, depth):
        table = self.filled()
        self.world.dead.columns[f"{table.name}.id"] = "the row is there already"
        number, key = self.expression(scope, "int"), self.terms.leaf(scope, "int")
        return [
            f"INSERT INTO {table.name} VALUES (coalesce({key}, 0), {number}, 'n') ON CONFLICT (id)"
            f" DO UPDATE SET c1 = excluded.c1 + {table.name}.c1;"
        ]

    def merge(self, scope, depth):
        table = self.filled()
        found = self.terms.column("int", self.world.keyed)
        if found is None:
            return self.update(scope, depth)
        # Computed before: an arm that no row comes to would call nothing.
        q, value = self.name("q"), self.declare(self.name("v"), "int")
        return [
            f"{value} := {self.expression(scope, 'int')};",
            f"MERGE INTO {table.name} m USING {found[0]} {q} ON m.id = {q}.id"
            f" WHEN MATCHED AND {q}.{found[1]} > 1 THEN UPDATE SET c1 = {self.kept('m.c1', value)}"
            f" WHEN NOT MATCHED THEN INSERT VALUES ({q}.id, {q}.{found[1]}, 'm');",
        ]

    def delete_returning(self, scope, depth):
        """Out of a table of its own, which nothing else reads."""
        table = self.world.queue_table()
        found = self.declare(self.name("v"), "int")
        var = Var(self.declare(self.name("v"), "int"), "int")
        lines = [
            f"DELETE FROM {table.name} WHERE id = {self.terms.lookup(scope)} RETURNING a"
            f" INTO {found};",
            # A second round of a loop finds the row gone.
            f"{var.name} := coalesce({found}, {var.name});",
        ]
        scope.add(var)
        return lines

    def diagnostics(self, scope, depth):
        form = self.draw.one((self.update, self.insert_select))
        self.world.features.add(form.__name__)
        lines = form(scope, depth)
        name = self.declare(self.name("v"), "int")
        scope.add(Var(name, "int"))
        return lines + [f"GET DIAGNOSTICS {name} = ROW_COUNT;"]

    def found(self, scope, depth):
        lines = self.select_into(scope, depth)
        return lines + ["IF FOUND THEN"] + self.inner(scope, 1) + ["END IF;"]

    from calling import (
        assign_call, call_procedure, execute, from_function, perform, plain, temp_table,
    )
    from control import (
        branch, case_of, loop_while, loop_plain, loop_integer, loop_query, loop_array, loop_dynamic,
        loop_cursor, cursor_by_hand, cursor_dynamic, current_of, caught, undone, nested, leave,
        transaction,
    )

    def _forms(self):
        if not self.writes:
            flat = [
                self.assign, self.select_into, self.select_record, self.assign_element,
                self.assign_whole, self.select_row,
            ]
            self.flat = len(flat)
            return flat
        flat = [
            self.assign, self.insert, self.select_into, self.select_record, self.insert_select,
            self.assign_element, self.assign_whole, self.select_row, self.insert_returning,
            self.update, self.upsert, self.merge, self.delete_returning, self.execute,
            self.diagnostics, self.temp_table,
        ]
        if self.level == 0:
            flat += [self.perform, self.call_procedure, self.from_function, self.assign_call]
        self.flat = len(flat)
        deep = [
            self.branch, self.case_of, self.loop_while, self.loop_plain, self.loop_integer,
            self.loop_query, self.loop_array, self.loop_dynamic, self.loop_cursor,
            self.cursor_by_hand, self.cursor_dynamic, self.current_of, self.caught, self.undone,
            self.nested, self.leave, self.found,
        ]
        return flat + deep + ([self.transaction] if self.transactions else [])
