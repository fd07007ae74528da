"""Statements of PL/pgSQL that hold others; methods of Body (body.py)."""

from variables import Scope, Var


def branch(self, scope, depth):
    draw = self.draw
    lines = [f"IF {self.terms.condition(scope)} THEN"] + self.inner(scope, depth)
    for _ in range(draw.below(2)):
        lines += [f"ELSIF {self.terms.condition(scope)} THEN"] + self.inner(scope, depth)
    if draw.chance(50):
        lines += ["ELSE"] + self.inner(scope, depth)
    return lines + ["END IF;"]


def case_of(self, scope, depth):
    if self.draw.chance(50) and not self.world.strict:
        lines = [f"CASE {self.terms.leaf(scope, 'int')}"]
        tests = ["1, 2", str(self.terms.leaf(scope, "int"))]
    else:
        lines = ["CASE"]
        tests = [self.terms.condition(scope), self.terms.condition(scope, 0)]
    for test in tests:
        lines += [f"WHEN {test} THEN"] + self.inner(scope, depth)
    return lines + ["ELSE"] + self.inner(scope, depth) + ["END CASE;"]


def _counter(self):
    return self.declare(self.name("n"), "int")


def loop_while(self, scope, depth):
    counter, limit = _counter(self), self.terms.small(scope)
    child = Scope(scope)
    child.add(Var(counter, "int", writable=False))
    body = self.inner(child, depth)
    return (
        [f"{counter} := 0;", f"WHILE {counter} < {limit} LOOP", f"{counter} := {counter} + 1;"]
        + body
        + [f"EXIT WHEN {counter} > 4;", "END LOOP;"]
    )


def loop_plain(self, scope, depth):
    draw, counter, label = self.draw, _counter(self), self.name("l")
    child = Scope(scope)
    body = self.inner(child, depth)
    lines = [f"{counter} := 0;", f"<<{label}>>", "LOOP", f"{counter} := {counter} + 1;"]
    lines.append(f"EXIT {label} WHEN {counter} > 3;")
    if draw.chance(50):
        lines.append(f"CONTINUE WHEN {self.terms.condition(scope, 0)};")
    lines += body
    lines.append(f"EXIT WHEN {self.terms.condition(scope, 0)};")
    return lines + [f"END LOOP {label};"]


def loop_integer(self, scope, depth):
    var = self.name("i")
    child = Scope(scope)
    child.add(Var(var, "int", writable=self.draw.chance(30)))
    small = self.terms.small(scope)
    # Where precision is judged the last round must not be the same whatever the bound is.
    back = f"REVERSE {small} + 2..{small}" if self.world.strict else f"REVERSE {small}..1"
    head = self.draw.one((f"1..{small}", back, f"0..{small} BY 2", "1..2"))
    return [f"FOR {var} IN {head} LOOP"] + self.inner(child, depth) + ["END LOOP;"]


def loop_query(self, scope, depth):
    q, terms, rest, order = self.picked(scope)
    child = Scope(scope)
    if self.draw.chance(30):
        names = []
        for _, type_ in terms:
            var = Var(self.declare(self.name("v"), type_), type_)
            child.add(var)
            names.append(var.name)
        head = f"FOR {', '.join(names)} IN SELECT {', '.join(t for t, _ in terms)}"
    else:
        record = child.add(self.record(terms))
        listed = ", ".join(f"{t} AS f{i + 1}" for i, (t, _) in enumerate(terms))
        head = f"FOR {record.name} IN SELECT {listed}"
    body = self.inner(child, depth)
    if self.draw.chance(20):
        jump = self.draw.one(("EXIT", "CONTINUE"))
        body.insert(0, f"{jump} WHEN {self.terms.condition(child, 0)};")
    return [f"{head} {rest}{order} LOOP"] + body + ["END LOOP;"]


def loop_array(self, scope, depth):
    array = self.expression(scope, "int[]")
    child = Scope(scope)
    guard = f"coalesce({array}, '{{}}')"
    if self.draw.chance(20):
        var = child.add(Var(self.declare(self.name("e"), "int[]"), "int[]"))
        head = f"FOREACH {var.name} SLICE 1 IN ARRAY {guard} || 0"  # empty ones have no slice
    else:
        var = child.add(Var(self.declare(self.name("e"), "int"), "int"))
        head = f"FOREACH {var.name} IN ARRAY {guard}"
    return [head + " LOOP"] + self.inner(child, depth) + ["END LOOP;"]


def loop_dynamic(self, scope, depth):
    found = self.terms.column("int", self.world.keyed)
    if found is None:
        return self.branch(scope, depth)
    child = Scope(scope)
    record = child.add(self.record([("", "int"), ("", "int")]))
    other, given = self.world.other, self.terms.leaf(scope, "int")
    head = (
        f"FOR {record.name} IN EXECUTE format('SELECT %I AS f1, $1 AS f2 FROM {found[0]} WHERE"
        f" id {other} $2 ORDER BY id', '{found[1]}') USING {given},"
        f" {self.terms.leaf(scope, 'int')} LOOP"
    )
    return [head] + self.inner(child, depth) + ["END LOOP;"]


def _cursor(self, scope):
    """A bound cursor with one argument: (name, types)."""
    table, columns = self.draw.one(self.world.keyed)
    chosen = self.draw.some(columns, 1, 2)
    name, q = self.name("c"), self.name("q")
    listed = ", ".join(f"{q}.{c} AS f{i + 1}" for i, (c, _) in enumerate(chosen))
    tests = (f"{q}.id {self.world.other} p0", f"{q}.id > p0", "p0 IS NOT NULL")
    test = tests[0] if self.world.strict else self.draw.one(tests)
    extra = ", p0 AS f9" if self.draw.chance(30) else ""
    self.declares.append(
        f"{name} CURSOR (p0 int) FOR SELECT {listed}{extra} FROM {table} {q} WHERE {test}"
        f" ORDER BY {q}.id"
    )
    return name, [(f"f{i + 1}", t) for i, (_, t) in enumerate(chosen)] + (
        [("f9", "int")] if extra else []
    )


def loop_cursor(self, scope, depth):
    name, fields = _cursor(self, scope)
    child = Scope(scope)
    record = child.add(Var(self.name("r"), "record", tuple(fields)))
    given = self.expression(scope, "int")
    if self.draw.chance(30):
        given = f"p0 := {given}"
    head = f"FOR {record.name} IN {name}({given}) LOOP"
    return [head] + self.inner(child, depth) + ["END LOOP;"]


def _fetched(self, scope, fields):
    """Variables for the columns of a FETCH."""
    names = []
    for _, type_ in fields:
        var = Var(self.declare(self.name("v"), type_), type_)
        scope.add(var)
        names.append(var.name)
    return ", ".join(names)


def cursor_by_hand(self, scope, depth):
    draw = self.draw
    name, fields = _cursor(self, scope)
    lines = [f"OPEN {name}({self.expression(scope, 'int')});"]
    if draw.chance(30):
        # Where precision is judged a row must be left behind it.
        lines.append(f"MOVE FORWARD {draw.between(1, 1 if self.world.strict else 2)} FROM {name};")
    if draw.chance(40):
        lines.append(f"FETCH {name} INTO {_fetched(self, scope, fields)};")
        return lines + [f"CLOSE {name};"] + self.insert(scope, 0)
    child = Scope(scope)
    names = _fetched(self, child, fields)
    body = self.inner(child, depth)
    return (
        lines
        + ["LOOP", f"FETCH {name} INTO {names};", "EXIT WHEN NOT FOUND;"]
        + body
        + ["END LOOP;", f"CLOSE {name};"]
    )


def cursor_dynamic(self, scope, depth):
    """A refcursor, of a query or of a text, fetched from in some direction."""
    found = self.terms.column("int", self.world.keyed)
    if found is None:
        return self.branch(scope, depth)
    draw, (table, column) = self.draw, found
    name = self.declare(self.name("rc"), "refcursor")
    given, q = self.terms.leaf(scope, "int"), self.name("q")
    opener = self.world.cursor_opener() if self.level == 0 and draw.chance(40) else None
    if opener is not None:
        lines = [f"{name} := {opener.call([given])};"]
    elif draw.chance(50):
        lines = [
            f"OPEN {name} SCROLL FOR SELECT {q}.{column}, {q}.id FROM {table} {q} WHERE"
            f" {q}.id {self.world.other} {given} ORDER BY {q}.id;"
        ]
    else:
        lines = [
            f"OPEN {name} SCROLL FOR EXECUTE 'SELECT {column}, id FROM {table} WHERE"
            f" id {self.world.other} $1 ORDER BY id' USING {given};"
        ]
    drain = self.world.cursor_drain() if self.level == 0 and draw.chance(40) else None
    if drain is not None:
        return lines + [f"PERFORM {drain.call([name])};", f"CLOSE {name};"]
    way = draw.one(("", "NEXT FROM ", "LAST FROM ", "ABSOLUTE 2 FROM ", "FIRST FROM "))
    names = _fetched(self, scope, [("a", "int"), ("b", "int")])
    return lines + [f"FETCH {way}{name} INTO {names};", f"CLOSE {name};"] + self.insert(scope, 0)


def current_of(self, scope, depth):
    """A cursor whose present row is changed, in a loop or fetched by hand."""
    draw, table, name, q = self.draw, self.filled(), self.name("c"), self.name("q")
    query = f"SELECT {q}.id, {q}.c1 FROM {table.name} {q}"
    value = self.kept("c1", self.expression(scope, "int"))
    test = self.terms.condition(scope, 0)
    update = f"UPDATE {table.name} SET c1 = {value} WHERE CURRENT OF {name};"
    if draw.chance(50):
        self.declares.append(f"{name} CURSOR FOR {query} FOR UPDATE")
        record = self.name("r")
        return [
            f"FOR {record} IN {name} LOOP", f"IF {test} THEN", update, "END IF;", "END LOOP;",
        ]
    self.declares.append(f"{name} refcursor")
    where = f"{q}.id {self.world.other} {self.terms.leaf(scope, 'int')}"
    row = self.declare(self.name("r"), "record")
    return [
        f"OPEN {name} FOR {query} WHERE {where} ORDER BY {q}.id FOR UPDATE;",
        f"FETCH {name} INTO {row};",
        f"IF {row}.id IS NOT NULL THEN", update, "END IF;", f"CLOSE {name};",
    ]


def _failing(self, scope):
    """A statement that fails for some values, not by a RAISE."""
    draw = self.draw
    pick = draw.below(3 if not self.world.strict else 2)
    if pick == 0:
        name = self.declare(self.name("v"), "int")
        given = self.terms.leaf(scope, "int") + " % 2"
        if self.world.strict:
            given = f"CASE WHEN {self.terms.flag()} THEN 1 ELSE 0 END"
        return [f"{name} := 10 / ({given});"]
    if pick == 1:
        name = self.declare(self.name("v"), "int")
        return [f"{name} := ({self.terms.leaf(scope, 'text')})::int;"]
    q = self.name("q")
    table, columns = draw.one(self.world.keyed)
    given = self.terms.leaf(scope, "int")
    return [f"PERFORM 1 / ({q}.id - 2) FROM {table} {q} WHERE {q}.id = {given};"]


def caught(self, scope, depth):
    """A block with a handler. What stands before the failing statement only sets variables, and
    nothing follows one that fails without RAISE (DECISIONS.md, failures)."""
    draw, lines = self.draw, ["BEGIN"]
    if draw.chance(40):
        value = self.terms.leaf(scope, "int")  # no call: what it wrote would be undone
        lines.append(f"{self.fresh(scope, 'int').name} := {value} + 1;")
    if draw.chance(50):
        lines.append(
            f"IF {self.terms.condition(scope)} THEN RAISE EXCEPTION 'bad %',"
            f" {self.terms.leaf(scope, 'int')}; END IF;"
        )
        lines += self.inner(scope, depth)
    else:
        lines += _failing(self, scope)
    lines.append("EXCEPTION WHEN OTHERS THEN")
    child = Scope(scope)
    if draw.chance(40):
        name = self.declare(self.name("m"), "text")
        child.add(Var(name, "text"))
        lines.append(
            draw.one((f"GET STACKED DIAGNOSTICS {name} = MESSAGE_TEXT;", f"{name} := SQLERRM;"))
        )
    return lines + self.insert(child, 0) + ["END;"]


def undone(self, scope, depth):
    """A block whose writes are always rolled back, so that nothing leaves it before the end
    (DECISIONS.md, failures); what it assigned stays."""
    outer, self.may_leave = self.may_leave, False
    lines = ["BEGIN"] + self.inner(scope, depth) + self.assign(scope, 0)
    self.may_leave = outer
    lines.append("RAISE EXCEPTION 'undo';")
    return lines + ["EXCEPTION WHEN raise_exception THEN"] + self.insert(scope, 0) + ["END;"]


def nested(self, scope, depth):
    """A block with declarations, one of which may hide an outer name."""
    draw = self.draw
    hidden = [v for v in scope.vars if not v.fields and v.type in ("int", "text") and v.writable]
    child, declares = Scope(scope), []
    for _ in range(draw.between(1, 2)):
        type_ = self.some_type()
        value = self.expression(scope, type_)
        name = self.name("x")
        if hidden and draw.chance(40):
            name = draw.one(hidden).name
            hidden = []
        constant = "CONSTANT " if draw.chance(20) else ""
        declares.append(f"{name} {constant}{type_} := {value};")
        child.add(Var(name, type_, writable=not constant))
        scope = child
    return ["DECLARE"] + declares + ["BEGIN"] + self.inner(child, depth) + ["END;"]


def leave(self, scope, depth):
    """An early end of the routine under a condition."""
    if not self.may_leave:
        return self.assign(scope, 0)
    ending = self.returning(scope) if self.returning is not None else ["RETURN;"]
    return [f"IF {self.terms.condition(scope)} THEN"] + ending + ["END IF;"]


def transaction(self, scope, depth):
    """Not inside of loops and blocks, whose cursors and handlers forbid it."""
    if depth < 2:
        return self.insert(scope, 0)
    if self.draw.chance(50):
        return self.insert(scope, 0) + ["COMMIT;"]
    return ["COMMIT;"] + self.insert(scope, 0) + ["ROLLBACK;"]
