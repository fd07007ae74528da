"""Random FROM items: tables, sub-queries, CTEs, VALUES, set-returning functions."""

from terms import NONE, Col, Rel, union, use


class Scope(list):
    """Column references, and the whole rows behind their aliases."""

    def __init__(self, refs=(), whole=None):
        super().__init__(refs)
        self.whole = dict(whole or {})

    def plus(self, rel):
        made = Scope(self + rel.refs(), self.whole)
        if rel.row:
            made.whole[rel.alias] = rel.whole()
        return made


class FromItems:
    """Part of Queries. Each maker takes (outer scope, depth, lateral scope or None)."""

    def item(self, outer, depth, lateral=None):
        """A FROM item. `lateral`: the scope it may refer to, beside `outer`."""
        draw = self.draw
        makers = [self.named] * 4
        if depth > 0:
            makers += [self.subquery, self.values, self.function, self.subquery, self.catalog]
            if lateral:
                makers += [self.lateral_subquery] + [self.lateral_function] * 2
        if self.ctes:
            makers += [self.cte] * 2
        return draw.one(makers)(outer, depth, lateral)

    def named(self, outer, depth, lateral):
        name, cols = self.draw.one(self.world.relations)
        rel = self.world.rel(name, cols, self.world.name("r"))
        stored = [t for t in self.world.tables if t.name == name and not t.ddl]
        if stored and self.draw.chance(6):
            share = self.draw.one(("100", "(SELECT 100)"))
            rel.sql += f" TABLESAMPLE bernoulli ({share}) REPEATABLE (1)"
        return rel

    def catalog(self, outer, depth, lateral):
        """The server's own catalogs are no sources."""
        alias = self.world.name("c")
        sql = f"(SELECT amname::text AS x, 1 AS n FROM pg_am WHERE oid < 500) AS {alias}"
        return Rel(alias, [Col("x", "text", NONE), Col("n", "int", NONE)], sql)

    def cte(self, outer, depth, lateral):
        name, cols = self.draw.one(self.ctes)
        return self.world.rel(name, cols, self.world.name("r"))

    def subquery(self, outer, depth, lateral):
        query = self.query(outer, None, depth - 1)
        alias = self.world.name("q")
        if self.draw.chance(30):  # column aliases
            cols = [Col(self.world.name("n"), c.type, c.d) for c in query.cols]
            names = ", ".join(c.name for c in cols)
            return Rel(alias, cols, f"({query.sql}) AS {alias}({names})")
        return Rel(alias, query.cols, f"({query.sql}) AS {alias}")

    def lateral_subquery(self, outer, depth, lateral):
        query = self.query(Scope(lateral, lateral.whole), None, depth - 1)
        alias = self.world.name("l")
        return Rel(alias, query.cols, f"LATERAL ({query.sql}) AS {alias}")

    def values(self, outer, depth, lateral):
        """VALUES, its rows made of what lies further out."""
        types = [self.draw.one(("int", "text")) for _ in range(self.draw.between(1, 2))]
        rows = [
            [self.expressions.make(t, outer, 1) for t in types]
            for _ in range(self.draw.between(1, 2))
        ]
        alias = self.world.name("v")
        cols = [
            Col(f"x{i + 1}", t, union(*[row[i].d for row in rows])) for i, t in enumerate(types)
        ]
        sql = ", ".join("(" + ", ".join(e.sql for e in row) + ")" for row in rows)
        names = ", ".join(c.name for c in cols)
        return Rel(alias, cols, f"(VALUES {sql}) AS {alias}({names})")

    def function(self, outer, depth, lateral):
        return self._function(outer, "")

    def lateral_function(self, outer, depth, lateral):
        return self._function(lateral, self.draw.one(("", "LATERAL ")))

    def _function(self, scope, word):
        """A set-returning function: each column is made of all its arguments."""
        make, draw, alias = self.expressions.make, self.draw, self.world.name("f")
        own = list(self.world.functions.values())
        if own and draw.chance(50):
            return draw.one(own).item(self.expressions, scope, alias, word)
        form = draw.below(9)
        if form == 0:
            array = make("int[]", scope, 1)
            return Rel(
                alias,
                [Col("x", "int", use(array.d)), Col("n", "bigint", NONE)],
                f"{word}unnest({array.sql}) WITH ORDINALITY AS {alias}(x, n)",
            )
        if form == 1:
            top = make("int", scope, 1)
            sql = f"{word}generate_series(1, least(({top.sql}), 3)) AS {alias}(x)"
            return Rel(alias, [Col("x", "int", use(top.d))], sql, row=False)
        if form == 2:
            one, two = make("int[]", scope, 1), make("int[]", scope, 1)
            cols = [Col("x", "int", use(one.d)), Col("y", "int", use(two.d))]
            return Rel(
                alias, cols, f"{word}unnest({one.sql}, {two.sql}) AS {alias}(x, y)", row=False
            )
        if form == 3:
            one, two = make("int[]", scope, 1), make("int", scope, 1)
            cols = [Col("x", "int", use(one.d)), Col("y", "int", use(two.d))]
            sql = f"ROWS FROM (unnest({one.sql}), generate_series(1, least({two.sql}, 2)))"
            return Rel(alias, cols, f"{word}{sql} AS {alias}(x, y)", row=False)
        if form == 4:
            text = make("text", scope, 1)
            sql = f"{word}regexp_split_to_table({text.sql}, '[ ,-]') AS {alias}(x)"
            return Rel(alias, [Col("x", "text", use(text.d))], sql, row=False)
        return self._json_function(form, scope, word, alias)

    def _json_function(self, form, scope, word, alias):
        json = self.expressions.make("jsonb", scope, 1)
        d = use(json.d)
        whole = f"({json.sql} #- '{{}}')"  # its keys are not told apart
        if form == 5:
            cols = [Col("k", "int", d), Col("l", "text", d)]
            sql = f"{word}jsonb_to_record({whole}) AS {alias}(k int, l text)"
        elif form == 6:
            cols = [Col("key", "text", d), Col("value", "text", d)]
            sql = f"{word}jsonb_each_text({json.sql}) AS {alias}"
        elif form == 7:
            cols = [Col("x", "jsonb", d)]
            sql = f"{word}jsonb_array_elements({whole} -> 'm') AS {alias}(x)"
        else:
            other = self.expressions.make("int", scope, 1)
            cols = [Col("v", "int", d), Col("w", "int", use(union(json.d, other.d)))]
            cols.append(Col("n", "int", NONE))
            xml = f"('<r><v>' || coalesce({whole} ->> 'k', '1') || '</v></r>')::xml"
            sql = (
                f"XMLTABLE('/r' PASSING ({xml}) COLUMNS v int PATH 'v',"
                f" w int PATH 'w' DEFAULT {other.sql}, n FOR ORDINALITY) AS {alias}"
            )
        return Rel(alias, cols, sql, row=False)
