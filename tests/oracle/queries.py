"""Random queries: FROM items, joins, grouping, windows, set operations, WITH.

Every query is deterministic: LIMIT, DISTINCT ON and window functions stand on a total order.
"""

from from_items import FromItems, Scope
from expressions import CONSTANTS, Expressions
from terms import IDENTITY, NONE, Col, Expr, Query, Rel, union, use

PLAIN = ("int", "text", "bigint", "numeric", "bool", "int[]", "date", "jsonb")
SORTABLE = {"int", "text", "bigint", "numeric", "bool", "date", "int[]", "jsonb", "varchar(40)"}
AGGREGATED = ("bigint", "int", "text", "numeric", "int[]", "bool", "jsonb", "date")


class Queries(FromItems):
    def __init__(self, world):
        self.world, self.draw = world, world.draw
        self.expressions = Expressions(world, self)
        self.ctes = []  # [(name, [Col])] that FROM may name

    # ---- FROM

    def joined(self, outer, depth):
        """The FROM clause: (sql, scope of its own columns)."""
        draw = self.draw
        first = self.item(outer, depth)
        own = Scope().plus(first)
        sql = first.sql
        rels = [first]
        more = draw.one((0, 0, 1, 1, 2)) if depth > 0 else 0
        for left in range(more, 0, -1):
            kinds = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "USING"]
            kind = draw.one(kinds + [", "] if left == 1 else kinds)  # a comma binds less: last
            if kind == "USING":
                made = self.using(rels, sql)
                if made is not None:
                    sql, own, rels = made
                    continue
                kind = "JOIN"
            lateral = Scope(own + outer, {**outer.whole, **own.whole})
            can = kind in (", ", "JOIN", "LEFT JOIN", "CROSS JOIN")
            rel = self.item(outer, depth - 1, lateral if can else None)
            if kind == "CROSS JOIN" or kind == ", ":
                sql = f"{sql}{kind if kind == ', ' else ' CROSS JOIN '}{rel.sql}"
            elif kind == "FULL JOIN":
                sql = f"{sql} FULL JOIN {rel.sql} ON {self.equality(own, rel)}"
            else:
                condition = self.equality(own, rel) if draw.chance(60) else None
                if condition is None:
                    condition = self.expressions.make(
                        "bool", Scope(own + rel.refs() + outer), 1
                    ).sql
                sql = f"{sql} {kind} {rel.sql} ON {condition}"
            own = own.plus(rel)
            rels.append(rel)
        return sql, own

    def equality(self, own, rel):
        """left = right on columns of one type that can be hashed (FULL JOIN wants that)."""
        for left in own:
            for right in rel.refs():
                if left.type == right.type and left.type in ("int", "text", "date", "numeric"):
                    return f"{left.sql} = {right.sql}"
        return "true"

    def using(self, rels, sql):
        """JOIN … USING or NATURAL over two base relations that share the column id."""
        if len(rels) != 1 or not any(c.name == "id" for c in rels[0].cols):
            return None
        left = rels[0]
        others = [r for r in self.world.relations if any(c.name == "id" for c in r[1])]
        name, cols = self.draw.one(others)
        right = self.world.rel(name, cols, self.world.name("r"))
        kind = self.draw.one(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
        lid = next(c for c in left.cols if c.name == "id")
        rid = next(c for c in right.cols if c.name == "id")
        if lid.type != rid.type:
            return None
        merged = {"JOIN": lid.d, "LEFT JOIN": lid.d, "RIGHT JOIN": rid.d}.get(
            kind, use(union(lid.d, rid.d))
        )
        shared = {c.name for c in left.cols} & {c.name for c in right.cols}
        word = "NATURAL " if shared == {"id"} and self.draw.chance(50) else ""
        if word or self.draw.chance(40):
            return self.join_alias(sql, word + kind, left, right, merged)
        # Never by its bare name: that may mean another thing further in.
        alias = self.world.name("ju")
        text = f"{sql} {kind} {right.sql} USING (id) AS {alias}"
        own = Scope([Expr(f"{alias}.id", "int", merged)] + left.refs() + right.refs())
        own.whole = {left.alias: left.whole(), right.alias: right.whole()}
        pair = [left, right]
        return text, own, pair

    def join_alias(self, sql, kind, left, right, merged):
        """(a JOIN b USING (id)) AS j(c1, …): only the alias is in scope."""
        alias = self.world.name("j")
        rest = [c for rel in (left, right) for c in rel.cols if c.name != "id"]
        cols = [Col("jc0", "int", merged)]  # not named like an alias, which a row would stand for
        cols += [Col(f"jc{i + 1}", c.type, c.d) for i, c in enumerate(rest)]
        names = ", ".join(c.name for c in cols)
        using = "" if kind.startswith("NATURAL") else " USING (id)"
        text = f"({sql} {kind} {right.sql}{using}) AS {alias}({names})"
        rel = Rel(alias, cols, text)
        return text, Scope().plus(rel), [rel]

    # ---- SELECT

    def query(self, outer, types, depth):
        """A query; `types`: what its columns must be, None: as they come."""
        draw = self.draw
        types = types or [draw.one(PLAIN) for _ in range(draw.between(1, 3))]
        if depth > 0 and draw.chance(35):
            return draw.one((self.set_operation, self.with_query, self.limited, self.recursive))(
                outer, types, depth
            )
        return self.select(outer, types, depth)

    def select(self, outer, types, depth):
        draw = self.draw
        sql, own = self.joined(outer, depth)
        inside = Scope(own + outer, {**outer.whole, **own.whole})
        where = ""
        if draw.chance(45):
            where = f" WHERE {self.expressions.make('bool', inside, depth).sql}"
        forms = [self.plain, self.grouped, self.windowed, self.distinct_on, self.distinct]
        form = forms[draw.one((0, 0, 0, 1, 1, 2, 2, 3, 4))]
        return form(f" FROM {sql}{where}", own, inside, types, depth)

    def outputs(self, exprs, scope=None):
        cols = [Col(f"o{i + 1}", e.type, e.d) for i, e in enumerate(exprs)]
        return ", ".join(f"{e.sql} AS o{i + 1}" for i, e in enumerate(exprs)), cols

    def plain(self, rest, own, inside, types, depth):
        exprs = [self.expressions.make(t, inside, depth) for t in types]
        if "int" in types and self.draw.chance(8):  # a set in the select list
            made = self.expressions.make("int[]", inside, 1)
            exprs[types.index("int")] = Expr(f"unnest({made.sql})", "int", use(made.d))
        sql, cols = self.outputs(exprs)
        return Query(f"SELECT {sql}{rest}", cols)

    def distinct(self, rest, own, inside, types, depth):
        query = self.plain(rest, own, inside, types, depth)
        return Query(query.sql.replace("SELECT ", "SELECT DISTINCT ", 1), query.cols)

    def grouped(self, rest, own, inside, types, depth):
        """GROUP BY: each output a group expression or an aggregate."""
        draw, make = self.draw, self.expressions
        keys = []
        for t in types:
            keys.append(make.leaf(t, own) if t in SORTABLE and draw.chance(45) else None)
        keys = [
            k if k is not None and make.columns(own, k.type) and "'" not in k.sql else None
            for k in keys
        ]
        refs = {ref.sql for ref in own}
        keys = [k if k is not None and k.sql in refs else None for k in keys]
        exprs = []
        for t, key in zip(types, keys):
            if key is not None:
                exprs.append(key)
                continue
            made = make.aggregate(t, own, own)
            exprs.append(made if made is not None else Expr(draw.one(CONSTANTS[t]), t))
        used = list(dict.fromkeys(k.sql for k in keys if k is not None))
        group, flat = "", ", ".join(used)
        if used:
            forms = (
                f"{flat}",
                f"ROLLUP ({flat})",
                f"CUBE ({flat})",
                f"GROUPING SETS (({flat}), ())",
                f"DISTINCT ROLLUP ({flat})",
            )
            group = f" GROUP BY {forms[draw.one((0, 0, 0, 1, 2, 3))]}"
        having = ""
        if draw.chance(25):
            low = make.aggregate("bigint", own, own)
            having = f" HAVING {low.sql} > 0"
        if used and types and draw.chance(15) and "int" in types:
            at = types.index("int")
            exprs[at] = Expr(f"GROUPING({used[0]})", "int")
        sql, cols = self.outputs(exprs)
        return Query(f"SELECT {sql}{rest}{group}{having}", cols)

    def over(self, own):
        """An OVER clause on a total order, and the WINDOW clause it may name."""
        draw = self.draw
        refs = [r for r in own if r.type in SORTABLE]
        order = ", ".join(r.sql + draw.one(("", " DESC", " NULLS FIRST")) for r in refs)
        if not order:
            return None
        part = f"PARTITION BY {draw.one(refs).sql} " if draw.chance(50) else ""
        frame = draw.one(
            (
                "",
                " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
                " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                " GROUPS 1 PRECEDING EXCLUDE CURRENT ROW",
            )
        )
        inside = f"{part}ORDER BY {order}"
        form = draw.below(3)
        if form == 0:
            return f"OVER ({inside}{frame})", ""
        if form == 1:
            return "OVER w", f" WINDOW w AS ({inside}{frame})"
        return f"OVER (w{frame})", f" WINDOW w AS ({inside})"

    def windowed(self, rest, own, inside, types, depth):
        over = self.over(own)
        if over is None or not all(r.type in SORTABLE for r in own):
            return self.plain(rest, own, inside, types, depth)
        clause, window = over
        exprs = []
        for t in types:
            made = self.expressions.window(t, inside, clause) if self.draw.chance(70) else None
            exprs.append(made or self.expressions.make(t, inside, 1))
        sql, cols = self.outputs(exprs)
        return Query(f"SELECT {sql}{rest}{window}", cols)

    def distinct_on(self, rest, own, inside, types, depth):
        """DISTINCT ON the first output, the rest in order: what is kept is determined."""
        query = self.plain(rest, own, inside, types, depth)
        if not all(c.type in SORTABLE for c in query.cols):
            return query
        names = ", ".join(c.name for c in query.cols)
        sql = (
            f"SELECT DISTINCT ON ({query.cols[0].name}) * FROM ({query.sql}) AS d ORDER BY {names}"
        )
        return Query(sql, query.cols)

    # ---- above SELECT

    def limited(self, outer, types, depth):
        query = self.query(outer, types, depth - 1)
        order = ", ".join(f"{i + 1}{self.draw.one(('', ' DESC'))}" for i in range(len(types)))
        if not all(t in SORTABLE for t in types):
            return query
        if "LIMIT" in query.sql or " ORDER BY" in query.sql or query.sql.startswith("WITH"):
            query = Query(f"SELECT * FROM ({query.sql}) AS z", query.cols)
        count = self.draw.one(("2", "1", "NULL"))
        if self.draw.chance(40) and self.world.relations:
            number = self.scalar("int", Scope(), 1)
            count = f"greatest(abs({number.sql}) % 4, 1)"
        clause = self.draw.one(
            (f"LIMIT {count}", f"LIMIT {count} OFFSET 1", "FETCH FIRST 2 ROWS ONLY")
        )
        if "FETCH" in clause and self.draw.chance(50):
            clause = "FETCH FIRST 1 ROWS WITH TIES"
        return Query(f"{query.sql} ORDER BY {order} {clause}", query.cols)

    def set_operation(self, outer, types, depth):
        """Columns come of both sides, of EXCEPT only from the left one."""
        left, right = self.query(outer, types, depth - 1), self.query(outer, types, depth - 1)
        word = self.draw.one(
            ("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
        )
        cols = []
        for one, two in zip(left.cols, right.cols):
            d = one.d if word.startswith("EXCEPT") else union(one.d, two.d)
            cols.append(Col(one.name, one.type, d))
        return Query(f"({left.sql}) {word} ({right.sql})", cols)

    def with_query(self, outer, types, depth):
        """WITH, its query named any number of times; one that nothing names is not run."""
        kept = list(self.ctes)
        inner = self.query(outer, None, depth - 1)
        name = self.world.name("w")
        word = self.draw.one(("", "MATERIALIZED ", "NOT MATERIALIZED "))
        names = f"({', '.join('k' + c.name for c in inner.cols)})" if self.draw.chance(30) else ""
        cols = [Col("k" + c.name if names else c.name, c.type, c.d) for c in inner.cols]
        self.ctes = kept + [(name, cols)]
        query = self.query(outer, types, depth - 1)
        self.ctes = kept
        rest = query.sql
        if rest.startswith("WITH"):
            rest = f"SELECT * FROM ({rest}) AS y"
        return Query(f"WITH {name}{names} AS {word}({inner.sql}) {rest}", query.cols)

    def recursive(self, outer, types, depth):
        """WITH RECURSIVE: a counter and values that the rounds hand on."""
        name = self.world.name("rec")
        start = self.select(Scope(outer, outer.whole), types, 0)
        marks = [
            Col(f"v{i + 1}", t, frozenset({(f"@{name}.v{i + 1}", IDENTITY, False)}))
            for i, t in enumerate(types)
        ]
        rel = Rel(name, marks, name)
        scope = Scope().plus(rel)
        tables = ""
        if self.draw.chance(40):
            other = self.named(outer, 0, None)
            scope = scope.plus(other)
            tables = f" JOIN {other.sql} ON true"
        steps = [self.expressions.make(t, scope, 1) for t in types]
        cols = self.fixpoint(name, start.cols, steps)
        names = ", ".join(f"v{i + 1}" for i in range(len(types)))
        union_word = "UNION" if tables else self.draw.one(("UNION ALL", "UNION"))
        # Both parts of a recursive query have to agree about the collation.
        alike = [' COLLATE "default"' if t == "text" else "" for t in types]
        first = ", ".join("b." + c.name + word for c, word in zip(start.cols, alike))
        next_ = ", ".join(f"({e.sql}){word}" for e, word in zip(steps, alike))
        body = (
            f"WITH RECURSIVE {name}(n, {names}) AS (SELECT 1, {first} FROM ({start.sql}) AS b"
            f" {union_word} SELECT {name}.n + 1, {next_} FROM {name}{tables}"
            f" WHERE {name}.n < 3)"
        )
        made = [Col(f"v{i + 1}", t, d) for (i, t), d in zip(enumerate(types), cols)]
        return Query(f"{body} SELECT {names} FROM {name}", made)

    @staticmethod
    def fixpoint(name, start, steps):
        """Sources of each column when the rounds have ended."""
        known = [c.d for c in start]
        while True:
            after = []
            for i, step in enumerate(steps):
                d = set(known[i])
                for source, kind, masking in step.d:
                    if source.startswith(f"@{name}."):
                        d |= use(known[int(source.rsplit("v", 1)[1]) - 1], kind, masking)
                    else:
                        d.add((source, kind, masking))
                after.append(frozenset(d))
            if after == known:
                return known
            known = after

    # ---- sub-queries inside expressions

    def correlated(self, outer, types, depth):
        """A sub-query that may use the outer scope; its aggregates take inner columns only."""
        return self.query(Scope(outer, getattr(outer, "whole", {})), types, min(depth, 1))

    def scalar(self, type_, outer, depth):
        query = self.correlated(outer, [type_], depth)
        name = query.cols[0].name
        if type_ in ("int", "text", "bigint", "numeric", "date", "varchar(40)"):
            if type_ != "varchar(40)" and self.draw.chance(50):
                word = self.draw.one(("max", "min"))
                return Expr(
                    f"(SELECT {word}(u.{name}) FROM ({query.sql}) AS u)",
                    type_,
                    use(query.cols[0].d, 2),
                )
        if type_ not in SORTABLE:
            return None
        sql = f"(SELECT u.{name} FROM ({query.sql}) AS u ORDER BY 1 LIMIT 1)"
        return Expr(sql, type_, query.cols[0].d)
