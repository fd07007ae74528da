"""Composite values on their way through a query: each field keeps its own sources."""

import dataclasses

from forms_write import keyed_source, put
from queries import Scope
from terms import Col, Expr, Rel, union, use


@dataclasses.dataclass
class Pair:
    """A value of two fields: f1 int, f2 text."""

    sql: str
    fields: list  # [sources of f1, sources of f2]
    d: frozenset  # of the value as a whole

    def field(self, at):
        return Expr(f"({self.sql}).f{at + 1}", ("int", "text")[at], self.fields[at])

    def used(self, kind=1):
        return [use(f, kind) for f in self.fields], use(self.d, kind)


class Pairs:
    """Makes pairs. `have`: [Pair] that are in scope."""

    def __init__(self, world, queries):
        self.world, self.queries, self.draw = world, queries, world.draw
        self.make = queries.expressions.make
        world.need_composite()

    def value(self, scope, have, depth):
        """A pair made of what is in scope."""
        ways = [self.row]
        if have:
            ways += [lambda *_: self.draw.one(have)] * 3
        if depth > 0:
            ways += [self.case, self.coalesce, self.scalar, self.function, self.domain, self.values]
        return self.draw.one(ways)(scope, have, depth - 1)

    def row(self, scope, have, depth):
        one, two = self.make("int", scope, 1), self.make("text", scope, 1)
        return Pair(f"ROW({one.sql}, {two.sql})::pair", [one.d, two.d], use(union(one.d, two.d)))

    def either(self, form, one, two):
        fields = [use(union(a, b)) for a, b in zip(one.fields, two.fields)]
        return Pair(form.format(one.sql, two.sql), fields, use(union(one.d, two.d)))

    def case(self, scope, have, depth):
        condition = self.make("bool", scope, 1).sql.replace("{", "{{").replace("}", "}}")
        one, two = self.value(scope, have, depth), self.value(scope, have, depth)
        return self.either(f"(CASE WHEN {condition} THEN {{}} ELSE {{}} END)", one, two)

    def coalesce(self, scope, have, depth):
        one, two = self.value(scope, have, depth), self.value(scope, have, depth)
        return self.either("coalesce({}, {})", one, two)

    def scalar(self, scope, have, depth):
        """A sub-query without rows of its own, or over one row of a table."""
        source = keyed_source(self.world)
        inner = self.value(Scope(scope, scope.whole).plus(source), have, depth)
        return Pair(
            f"(SELECT {inner.sql} FROM {source.sql} ORDER BY {source.alias}.id LIMIT 1)",
            inner.fields,
            inner.d,
        )

    def function(self, scope, have, depth):
        """A SQL function that returns a pair, as one value or as two columns."""
        name, draw = self.world.name("mk"), self.draw
        body = draw.one(("SELECT ROW(a + 1, upper(b))::pair", "SELECT a + 1, upper(b)"))
        options = draw.one(("IMMUTABLE", "VOLATILE", "STABLE SECURITY DEFINER"))
        self.world.setup.append(
            f"CREATE FUNCTION {name}(a int, b text) RETURNS pair LANGUAGE sql {options}"
            f" AS $f$ {body} $f$"
        )
        one, two = self.make("int", scope, 1), self.make("text", scope, 1)
        fields = [use(one.d), use(two.d)]
        return Pair(f"{name}({one.sql}, {two.sql})", fields, union(*fields))

    def domain(self, scope, have, depth):
        """A cast to a domain over the type hands all fields through."""
        if "CREATE DOMAIN dpair AS pair" not in self.world.types:
            self.world.types.append("CREATE DOMAIN dpair AS pair")
        inner = self.value(scope, have, depth)
        return Pair(f"({inner.sql}::dpair)", inner.fields, inner.d)

    def values(self, scope, have, depth):
        one, two = self.value(scope, have, depth), self.value(scope, have, depth)
        name = self.world.name("v")
        # Both rows count, though only one is taken.
        sql = f"(SELECT {name}.w FROM (VALUES (1, {one.sql}), (2, {two.sql})) AS {name}(n, w)"
        fields = [union(a, b) for a, b in zip(one.fields, two.fields)]
        return Pair(f"{sql} ORDER BY {name}.n LIMIT 1)", fields, union(one.d, two.d))

    # ---- queries whose one column w is a pair

    def query(self, depth):
        """(sql, fields, whole) of a query that gives pairs."""
        forms = [self.plain] * 2
        if depth > 0:
            forms += [self.layer, self.union_all, self.with_, self.joined, self.grouped]
        return self.draw.one(forms)(depth - 1)

    def plain(self, depth):
        source = keyed_source(self.world)
        scope = Scope().plus(source)
        have = [Pair(r.sql, [use(r.d)] * 2, r.d) for r in scope if r.type == "pair"]
        if self.draw.chance(30):  # a row of a sub-query instead of the named type
            one, two = self.make("int", scope, 1), self.make("text", scope, 1)
            sub = f"SELECT {one.sql} AS f1, {two.sql} AS f2 FROM {source.sql}"
            return f"SELECT r AS w FROM ({sub}) AS r", [one.d, two.d], use(union(one.d, two.d))
        made = self.value(scope, have, 2)
        return f"SELECT {made.sql} AS w FROM {source.sql}", made.fields, made.d

    def layer(self, depth):
        sql, fields, whole = self.query(depth)
        name = self.world.name("q")
        made = Pair(f"{name}.w", fields, whole)
        if self.draw.chance(50) and "SELECT r AS w" not in sql:
            made = self.value(Scope([made.field(0), made.field(1)]), [made], 1)
        return f"SELECT {made.sql} AS w FROM ({sql}) AS {name}", made.fields, made.d

    def union_all(self, depth):
        one, two = self.query(depth), self.query(depth)
        if ("SELECT r AS w" in one[0]) != ("SELECT r AS w" in two[0]) or "SELECT r AS" in one[0]:
            return one
        fields = [union(a, b) for a, b in zip(one[1], two[1])]
        return f"({one[0]}) UNION ALL ({two[0]})", fields, union(one[2], two[2])

    def with_(self, depth):
        sql, fields, whole = self.query(depth)
        if "SELECT r AS w" in sql:
            return sql, fields, whole  # a field of a record out of a CTE is refused by the server
        name = self.world.name("w")
        word = self.draw.one(("", "MATERIALIZED "))
        return f"WITH {name} AS {word}({sql}) SELECT {name}.w FROM {name}", fields, whole

    def joined(self, depth):
        """Through the alias of a join."""
        sql, fields, whole = self.query(depth)
        other = keyed_source(self.world)
        name, join = self.world.name("q"), self.world.name("j")
        names = ", ".join(["w"] + [f"x{i}" for i in range(len(other.cols))])
        clause = f"(({sql}) AS {name} CROSS JOIN {other.sql}) AS {join}({names})"
        return f"SELECT {join}.w FROM {clause}", fields, whole

    def grouped(self, depth):
        sql, fields, whole = self.query(depth)
        name = self.world.name("q")
        return f"SELECT {name}.w FROM ({sql}) AS {name} GROUP BY {name}.w", fields, whole


def composite_flow(world, queries):
    """Fields of composite values that came a long way."""
    pairs = Pairs(world, queries)
    sql, fields, whole = pairs.query(2)
    name = world.name("q")
    made = Pair(f"{name}.w", fields, whole)
    text = Expr(f"({name}.w)::text", "text", whole)
    picked = world.draw.some([made.field(0), made.field(1), text], least=2)
    target = world.target([e.type for e in picked])
    put(world, target, picked)
    listed = ", ".join(e.sql for e in picked)
    world.run.append(f"INSERT INTO {target.name} SELECT {listed} FROM ({sql}) AS {name}")
    return target


def table_rows(world, queries):
    """Functions that return rows of a table, one with a dropped column among them."""
    draw = world.draw
    table = world.source(types=["int", "text"], dropped=draw.chance(50))
    name, source = world.name("fn"), keyed_source(world)
    scope = Scope().plus(source)
    number = queries.expressions.make("int", scope, 1)
    setof = draw.one(("SETOF ", ""))
    order = " ORDER BY r.id LIMIT 1" if not setof else ""
    body = draw.one(
        (
            f"SELECT r FROM {table.name} AS r WHERE r.a > n OR n IS NULL{order}",
            f"SELECT r.* FROM {table.name} AS r WHERE r.a > n OR n IS NULL{order}",
        )
    )
    world.setup.append(
        f"CREATE FUNCTION {name}(n int) RETURNS {setof}{table.name} LANGUAGE sql STABLE"
        f" AS $f$ {body} $f$"
    )
    columns = [
        Col(c.name, c.type, frozenset({(f"{table.name}.{c.name}", 0, False)}))
        for c in table.columns
    ]
    if draw.chance(30) and not setof:
        picked = [Expr(f"({name}({number.sql})).{c.name}", c.type, c.d) for c in columns]
        sql, rest = ", ".join(e.sql for e in picked), f"FROM {source.sql}"
    else:
        rel = Rel("f", columns, "")
        picked = rel.refs()
        if draw.chance(30):
            picked = [Expr("to_jsonb(f)", "jsonb", rel.whole())]
        sql = ", ".join(e.sql for e in picked)
        rest = f"FROM {source.sql} CROSS JOIN LATERAL {name}({number.sql}) AS f"
    target = world.target([e.type for e in picked])
    put(world, target, picked)
    world.run.append(f"INSERT INTO {target.name} SELECT {sql} {rest}")
    return target


FORMS = [composite_flow, composite_flow, table_rows]
