"""Random aggregates and window functions."""

from terms import AGGREGATION, Expr, union, use


class Aggregates:
    """Part of Expressions: what needs a group or a window."""

    def aggregate(self, type_, scope, order):
        """An aggregate of this type over `scope`, or None. Text ones are ordered by their value."""
        rules = {
            "bigint": self.aggregate_bigint,
            "int": self.aggregate_int,
            "text": self.aggregate_text,
            "numeric": self.aggregate_numeric,
            "int[]": self.aggregate_array,
            "bool": self.aggregate_bool,
            "jsonb": self.aggregate_json,
            "date": self.aggregate_date,
        }
        rule = rules.get(type_)
        return rule(scope) if rule else None

    def filter(self, scope):
        return f" FILTER (WHERE {self.make('bool', scope, 1).sql})" if self.draw.chance(25) else ""

    def plain(self, form, from_type, type_, scope, masking=False):
        inner = self.make(from_type, scope, 1)
        return Expr(
            form.format(inner.sql) + self.filter(scope), type_, use(inner.d, AGGREGATION, masking)
        )

    def aggregate_bigint(self, scope):
        form = self.draw.one(
            ("count({})", "sum({})", "count(*)", "count(DISTINCT {})", "sum(DISTINCT {})")
        )
        if form == "count(*)":
            return Expr(form + self.filter(scope), "bigint")
        return self.plain(form, "int", "bigint", scope)

    def aggregate_int(self, scope):
        forms = (
            "max({})",
            "min({})",
            "percentile_disc(0.5) WITHIN GROUP (ORDER BY {})",
            "mode() WITHIN GROUP (ORDER BY {})",
            "rank(2) WITHIN GROUP (ORDER BY {})",
        )
        form = self.draw.one(forms + ("largest({})",))
        if form.startswith("largest"):  # an aggregate of the user's
            made = "CREATE AGGREGATE largest(int) (sfunc = int4larger, stype = int)"
            if made not in self.world.setup:
                self.world.setup.append(made)
        made = self.plain(form, "int", "int", scope)
        if form.startswith("rank"):
            made = Expr(f"({made.sql})::int", "int", made.d)
        return made

    def aggregate_numeric(self, scope):
        return self.plain(
            self.draw.one(("sum({})", "avg({})", "max({})")), "numeric", "numeric", scope
        )

    def aggregate_date(self, scope):
        return self.plain(self.draw.one(("max({})", "min({})")), "date", "date", scope)

    def aggregate_text(self, scope):
        if self.draw.chance(40):
            return self.plain(self.draw.one(("max({})", "min({})")), "text", "text", scope)
        inner, order = self.make("text", scope, 1), self.make("int", scope, 1)
        mark = self.draw.one(("', '", "text"))
        by = mark
        d = inner.d
        if mark == "text":
            separator = self.leaf("text", scope)
            by, d = separator.sql, union(inner.d, separator.d)
        sql = f"string_agg({inner.sql}, {by} ORDER BY {order.sql}, {inner.sql}, {by})"
        return Expr(sql + self.filter(scope), "text", use(d, AGGREGATION))

    def aggregate_array(self, scope):
        inner, order = self.make("int", scope, 1), self.make("text", scope, 1)
        word = self.draw.one(
            (
                f"{inner.sql} ORDER BY {order.sql}, {inner.sql}",
                f"DISTINCT {inner.sql} ORDER BY {inner.sql}",
            )
        )
        return Expr(f"array_agg({word}){self.filter(scope)}", "int[]", use(inner.d, AGGREGATION))

    def aggregate_bool(self, scope):
        return self.plain(self.draw.one(("bool_and({})", "bool_or({})")), "bool", "bool", scope)

    def aggregate_json(self, scope):
        inner = self.make("text", scope, 1)
        rows = f"jsonb_agg({inner.sql} ORDER BY {inner.sql}){self.filter(scope)}"
        sql = f"jsonb_build_object('m', {rows})"
        return Expr(sql, "jsonb", use(inner.d, AGGREGATION))

    # ---- window functions

    def window(self, type_, scope, over):
        """A window function of this type; `over` is an OVER clause with a total order."""
        forms = {
            "bigint": (
                ("row_number()", None, 1),
                ("rank()", None, 1),
                ("sum({})", "int", 2),
                ("count({})", "text", 2),
            ),
            "int": (
                ("lag({})", "int", 1),
                ("max({})", "int", 2),
                ("first_value({})", "int", 1),
                ("lead({}, 1, 0)", "int", 1),
                ("ntile(2)", None, 1),
                ("nth_value({}, 2)", "int", 1),
            ),
            "text": (("lag({})", "text", 1), ("last_value({})", "text", 1), ("max({})", "text", 2)),
            "numeric": (("sum({})", "numeric", 2), ("lead({})", "numeric", 1)),
        }.get(type_)
        if forms is None:
            return None
        form, from_type, kind = self.draw.one(forms)
        if from_type is None:
            return Expr(f"{form} {over}", type_)
        inner = self.make(from_type, scope, 1)
        filters = self.filter(scope) if kind == AGGREGATION else ""
        return Expr(form.format(inner.sql) + filters + f" {over}", type_, use(inner.d, kind))
