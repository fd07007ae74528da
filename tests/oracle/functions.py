"""SQL functions of a case, called in expressions and as FROM items.

What a function is made of is written with marks for its parameters; a call puts the sources of its
arguments in their place.
"""

import dataclasses

from from_items import Scope
from terms import IDENTITY, NONE, Col, Expr, Rel, union, use


@dataclasses.dataclass
class SqlFunction:
    name: str
    args: list  # [(name, type)]
    result: str  # scalar type, or "" for one that returns rows
    cols: list  # [Col] with marks
    call_form: str = "positional"

    def substituted(self, sources, args):
        """Sources with the marks of parameters replaced by what the arguments are made of."""
        made = set()
        for source, kind, masking in sources:
            if source.startswith(f"@{self.name}."):
                made |= use(args[int(source.rsplit(".", 1)[1])].d, kind, masking)
            else:
                made.add((source, kind, masking))
        return frozenset(made)

    def text(self, args, draw):
        """The call as SQL: by position, or by name in another order."""
        values = [a.sql for a in args]
        if self.call_form == "named":
            named = [f"{n} => {v}" for (n, _), v in zip(self.args, values)]
            values = named[::-1]
        if self.call_form == "variadic":
            values = [values[0], f"VARIADIC ARRAY[{', '.join(values[1:])}]"]
        return f"{self.name}({', '.join(values)})"

    def call(self, expressions, scope, depth):
        args = [expressions.make(t, scope, min(depth, 1)) for _, t in self.args]
        d = self.substituted(self.cols[0].d, args)
        return Expr(self.text(args, expressions.draw), self.result, d)

    def item(self, expressions, scope, alias, word):
        """The call as FROM item."""
        args = [expressions.make(t, scope, 1) for _, t in self.args]
        cols = [Col(c.name, c.type, self.substituted(c.d, args)) for c in self.cols]
        sql = f"{word}{self.text(args, expressions.draw)} AS {alias}"
        if not self.result:
            return Rel(alias, cols, sql)
        return Rel(alias, [Col("x", self.result, cols[0].d)], sql + "(x)", row=False)


TYPES = ("int", "text", "numeric", "bool")


def add_function(world, queries):
    """Makes one function of a random kind."""
    maker = world.draw.one((scalar, scalar, rows, out_arguments, polymorphic, variadic))
    function = maker(world, queries, world.name("fn"))
    world.functions[function.name] = function


def _parameters(world, name, prefix="p"):
    """Parameters with marks, and the scope they make."""
    args = [(f"{prefix}{i}", world.draw.one(TYPES)) for i in range(world.draw.between(1, 2))]
    scope = Scope()
    for i, (arg, type_) in enumerate(args):
        scope.append(Expr(arg, type_, frozenset({(f"@{name}.{i}", IDENTITY, False)})))
    return args, scope


def _create(world, name, args, returns, body, rows=False):
    """CREATE FUNCTION, quoted or BEGIN ATOMIC, of any volatility and with any option."""
    draw = world.draw
    options = draw.one(
        (
            "STABLE",
            "IMMUTABLE",
            "VOLATILE",
            "STABLE STRICT",
            "STABLE SECURITY DEFINER",
            "STABLE SET work_mem = '4MB'",
            "VOLATILE COST 1000",
        )
    )
    if "STRICT" in options and rows:
        options = "STABLE"
    list_ = ", ".join(f"{n} {t}" for n, t in args)
    if draw.chance(50):
        code = f"BEGIN ATOMIC {body}; END"
    else:
        code = f"AS $f$ {body} $f$"
    world.setup.append(
        f"CREATE FUNCTION {name}({list_}) RETURNS {returns} LANGUAGE sql {options} {code}"
    )
    world.features.add("function " + ("atomic" if "ATOMIC" in code else "quoted"))


def scalar(world, queries, name):
    args, scope = _parameters(world, name)
    type_ = world.draw.one(TYPES)
    if world.draw.chance(50):
        body = queries.expressions.make(type_, scope, 2)
        sql = f"SELECT {body.sql}"
    else:
        body = queries.scalar(type_, scope, 1) or Expr(f"NULL::{type_}", type_)
        sql = f"SELECT {body.sql}"
    _create(world, name, args, type_, sql)
    form = world.draw.one(("positional", "named"))
    return SqlFunction(name, args, type_, [Col("x", type_, body.d)], form)


def rows(world, queries, name):
    args, scope = _parameters(world, name)
    query = queries.query(scope, [world.draw.one(TYPES), world.draw.one(TYPES)], 1)
    cols = [Col(f"q{i}", c.type, c.d) for i, c in enumerate(query.cols)]
    table = ", ".join(f"{c.name} {c.type}" for c in cols)
    _create(world, name, args, f"TABLE ({table})", query.sql, rows=True)
    return SqlFunction(name, args, "", cols)


def out_arguments(world, queries, name):
    """OUT parameters: a function that returns one row."""
    args, scope = _parameters(world, name)
    types = [world.draw.one(TYPES) for _ in range(2)]
    made = [queries.expressions.make(t, scope, 2) for t in types]
    cols = [Col(f"q{i}", e.type, e.d) for i, e in enumerate(made)]
    given = ", ".join(f"{n} {t}" for n, t in args)
    out = ", ".join(f"OUT {c.name} {c.type}" for c in cols)
    body = ", ".join(e.sql for e in made)
    world.setup.append(
        f"CREATE FUNCTION {name}({given}, {out}) LANGUAGE sql STABLE AS $f$ SELECT {body} $f$"
    )
    world.features.add("function OUT")
    return SqlFunction(name, args, "", cols)


def polymorphic(world, queries, name):
    type_ = world.draw.one(TYPES)
    world.setup.append(
        f"CREATE FUNCTION {name}(a anyelement, b anyelement DEFAULT NULL) RETURNS anyelement"
        " LANGUAGE sql STABLE AS $f$ SELECT coalesce(a, b) $f$"
    )
    world.features.add("function polymorphic")
    count = world.draw.between(1, 2)
    args = [("a", type_), ("b", type_)][:count]
    d = union(*[frozenset({(f"@{name}.{i}", 1, False)}) for i in range(count)])
    return SqlFunction(name, args, type_, [Col("x", type_, d)])


def variadic(world, queries, name):
    world.setup.append(
        f"CREATE FUNCTION {name}(a text, VARIADIC b int[]) RETURNS int LANGUAGE sql STABLE"
        " AS $f$ SELECT length(a) + b[1] $f$"
    )
    world.features.add("function variadic")
    d = frozenset({(f"@{name}.{i}", 1, False) for i in range(3)})
    args = [("a", "text"), ("b", "int"), ("b", "int")]
    form = world.draw.one(("positional", "variadic"))
    return SqlFunction(name, args, "int", [Col("x", "int", d or NONE)], form)
