"""Random scalar expressions over the columns in scope."""

from aggregates import Aggregates
from terms import IDENTITY, NONE, Expr, union, use

CONSTANTS = {
    "int": ("1", "2", "3", "0", "5"),
    "bigint": ("1::bigint", "2::bigint"),
    "numeric": ("1.5", "2.0", "3.25"),
    "text": ("'a'::text", "'b'::text", "'ab'::text", "''::text", "'q'::text"),
    "varchar(40)": ("'a'::varchar(40)", "'b'::varchar(40)"),
    "bool": ("true", "false"),
    "date": ("date '2026-01-02'", "date '2026-02-01'"),
    "timestamp": ("timestamp '2026-01-02 00:00'",),
    "int[]": ("'{1,2}'::int[]", "'{3}'::int[]"),
    "text[]": ("'{a,b}'::text[]",),
    "jsonb": ("'{\"k\": 1}'::jsonb", "'{}'::jsonb"),
    "pair": ("ROW(1, 'a')::pair",),
    "xml": ("'<r/>'::xml",),
    "tsvector": ("'a'::tsvector",),
}

# A key is taken out of all of an object: what leads to single keys is told by forms_json.py, and
# `#-` is not looked through.
# From a column of one type to a value of another, where none of that type is in scope.
CONVERSIONS = {
    ("text", "int"): (("length({})", 1), ("ascii({})", 1)),
    ("bigint", "int"): (("({})::int", 1),),
    ("numeric", "int"): (("round({})::int", 1),),
    ("bool", "int"): (("({})::int", 0),),
    ("date", "int"): (("extract(day FROM {})::int", 1),),
    ("int[]", "int"): (("({})[1]", 1), ("cardinality({})", 1)),
    ("jsonb", "int"): (("(({} #- '{{}}') ->> 'k')::int", 1),),
    ("int", "text"): (("({})::text", 0), ("to_hex({})", 1)),
    ("numeric", "text"): (("({})::text", 0),),
    ("varchar(40)", "text"): (("({})::text", 0),),
    ("date", "text"): (("({})::text", 0),),
    ("bigint", "text"): (("({})::text", 0),),
    ("jsonb", "text"): (("(({} #- '{{}}') ->> 'l')", 1),),
    ("bool", "text"): (("({})::text", 0),),
    ("int[]", "text"): (("array_to_string({}, ':')", 1),),
    ("int", "bool"): (("({} > 2)", 1), ("({})::bool", 1)),
    ("text", "bool"): (("({} > 'ab')", 1),),
    ("date", "bool"): (("({} > '2026-01-01')", 1),),
    ("numeric", "bool"): (("({} < 3)", 1),),
    ("int", "bigint"): (("({})::bigint", 0),),
    ("text", "bigint"): (("length({})::bigint", 1),),
    ("int", "numeric"): (("({})::numeric", 0), ("({} * 0.25)", 1)),
    ("bigint", "numeric"): (("({})::numeric", 0),),
    ("int", "date"): (("(date '2026-01-01' + {})", 1),),
    ("text", "date"): (("(date '2026-01-01' + length({}))", 1),),
    ("int", "int[]"): (("ARRAY[{}]", 1),),
    ("int", "jsonb"): (("jsonb_build_object('k', {})", 1),),
    ("text", "jsonb"): (("jsonb_build_object('l', {})", 1),),
    ("text", "varchar(40)"): (("({})::varchar(40)", 1),),
    ("int", "varchar(40)"): (("({})::varchar(40)", 1),),
    ("pair", "int"): (("({}).f1", 1),),
    ("pair", "text"): (("({}).f2", 1), ("({})::text", 0)),
    ("text", "text[]"): (("ARRAY[{}]", 1),),
}


class Expressions(Aggregates):
    """Makes expressions. `scope` is a list of Expr: the column references that may be used."""

    def __init__(self, world, queries=None):
        self.world, self.draw, self.queries = world, world.draw, queries

    def columns(self, scope, type_):
        return [ref for ref in scope if ref.type == type_]

    def leaf(self, type_, scope):
        """A column if there is one, else one converted, rarely a constant."""
        if self.draw.chance(6):
            return Expr(self.draw.one(CONSTANTS[type_]), type_)
        refs = self.columns(scope, type_)
        if refs:
            return self.draw.one(refs)
        ways = [(ref, way) for ref in scope for way in CONVERSIONS.get((ref.type, type_), ())]
        if ways:
            ref, (sql, kind) = self.draw.one(ways)
            return ref.made(sql, type_, kind)
        return Expr(self.draw.one(CONSTANTS[type_]), type_)

    def make(self, type_, scope, depth=2):
        """An expression of this very type."""
        if depth <= 0 or not self.draw.chance(65):
            return self.leaf(type_, scope)
        rules = getattr(self, "rules_" + type_.split("(")[0].replace("[]", "_array"), None)
        common = [self.case, self.simple_case, self.coalesce, self.nullif, self.greatest]
        if type_ in ("jsonb", "xml", "tsvector"):
            common = [self.case, self.coalesce]
        if self.queries is not None and self.world.relations:
            common.append(self.scalar)
        if self.world.functions:
            common.append(self.user_function)
        table = common + (rules() * 2 if rules else [])
        made = self.draw.one(table)(type_, scope, depth - 1)
        return made if made is not None else self.leaf(type_, scope)

    # ---- forms of every type

    def case(self, type_, scope, depth):
        arms = [(self.make("bool", scope, depth), self.make(type_, scope, depth))]
        if self.draw.chance(40):
            arms.append((self.make("bool", scope, 1), self.make(type_, scope, 1)))
        other = self.make(type_, scope, depth) if self.draw.chance(70) else None
        text = " ".join(f"WHEN {c.sql} THEN {v.sql}" for c, v in arms)
        text += f" ELSE {other.sql}" if other else ""
        sets = [v.d for _, v in arms] + ([other.d] if other else [])
        return Expr(f"(CASE {text} END)", type_, use(union(*sets)))

    def simple_case(self, type_, scope, depth):
        on = self.make(self.draw.one(("int", "text")), scope, depth)
        one, two = self.make(type_, scope, depth), self.make(type_, scope, 1)
        when = self.make(on.type, scope, 1)
        sql = f"(CASE {on.sql} WHEN {when.sql} THEN {one.sql} ELSE {two.sql} END)"
        return Expr(sql, type_, use(union(one.d, two.d)))

    def coalesce(self, type_, scope, depth):
        one, two = self.make(type_, scope, depth), self.make(type_, scope, depth)
        return Expr(f"coalesce({one.sql}, {two.sql})", type_, use(union(one.d, two.d)))

    def nullif(self, type_, scope, depth):
        """The second argument only decides."""
        one, two = self.make(type_, scope, depth), self.make(type_, scope, depth)
        return Expr(f"nullif({one.sql}, {two.sql})", type_, use(one.d))

    def greatest(self, type_, scope, depth):
        one, two = self.make(type_, scope, depth), self.make(type_, scope, depth)
        word = self.draw.one(("greatest", "least"))
        return Expr(f"{word}({one.sql}, {two.sql})", type_, use(union(one.d, two.d)))

    def scalar(self, type_, scope, depth):
        """A sub-query that gives one value; correlated when it draws an outer column."""
        return self.queries.scalar(type_, scope, depth)

    def user_function(self, type_, scope, depth):
        """A call of a SQL function of the case: made of its arguments as its body says."""
        fitting = [f for f in self.world.functions.values() if f.result == type_]
        if not fitting:
            return None
        return self.draw.one(fitting).call(self, scope, depth)

    # ---- helpers

    def unary(self, sql, from_type, masking=False, kind=None):
        def rule(type_, scope, depth):
            inner = self.make(from_type, scope, depth)
            return inner.made(sql, type_, 1 if kind is None else kind, masking)

        return rule

    def binary(self, sql, left, right, masking=False):
        def rule(type_, scope, depth):
            one, two = self.make(left, scope, depth), self.make(right, scope, depth)
            sources = use(union(one.d, two.d), masking=masking)
            return Expr(sql.format(one.sql, two.sql), type_, sources)

        return rule

    def indexed(self, sql, base, index):
        """base[index]: the index only decides."""

        def rule(type_, scope, depth):
            one, two = self.make(base, scope, depth), self.make(index, scope, depth)
            return Expr(sql.format(one.sql, two.sql), type_, use(one.d))

        return rule

    # ---- by type

    def rules_int(self):
        u, b = self.unary, self.binary
        return [
            b("({} + {})", "int", "int"),
            b("({} - {})", "int", "int"),
            u("({} * 2)", "int"),
            u("abs({})", "int"),
            u("(- {})", "int"),
            u("({} % 5)", "int"),
            u("length({})", "text"),
            u("({})::int", "bool", kind=IDENTITY),
            u("cardinality({})", "int[]"),
            self.indexed("({})[1]", "int[]", "int"),
            self.indexed("({})[{}]", "int[]", "int"),
            u("(({} #- '{{}}') ->> 'k')::int", "jsonb"),
            u("(({}) - date '2026-01-01')", "date"),
            u("extract(day FROM {})::int", "date"),
            u("({})::bigint::int", "int"),
            u("ascii({})", "text"),
            b("strpos({}, {})", "text", "text"),
            u("round({})::int", "numeric"),
            b("coalesce(array_position({}, {}), 0)", "int[]", "int"),
            u("({})::smallint::int", "int"),
            u("jsonb_array_length(({} #- '{{}}') -> 'm')", "jsonb"),
            u("(ROW({}, 1)).f1", "int", kind=IDENTITY),
            self.row_field,
            self.domain,
            self.operator,
            self.populated,
            self.record_compare,
            u("length(({})::varchar(2)::text)", "text"),
            u("hashtext({})", "text", masking=True),
        ]

    def domain(self, type_, scope, depth):
        """A domain hands its value through."""
        if "CREATE DOMAIN dom2 AS dom" not in self.world.types:
            self.world.types.append("CREATE DOMAIN dom AS int CHECK (VALUE > -2147483648)")
            self.world.types.append("CREATE DOMAIN dom2 AS dom")
        inner = self.make("int", scope, depth)
        return Expr(f"({inner.sql})::{self.draw.one(('dom', 'dom2'))}::int", type_, inner.d)

    def operator(self, type_, scope, depth):
        """An operator of the user's calls his function."""
        form = self.draw.one(("a + b", "b", "coalesce(a, b)"))
        name = {"a + b": "<+>", "b": "<#>", "coalesce(a, b)": "<&>"}[form]
        if name not in self.world.operators:
            self.world.operators.add(name)
            fn = self.world.name("op")
            self.world.setup += [
                f"CREATE FUNCTION {fn}(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE"
                f" AS $f$ SELECT {form} $f$",
                f"CREATE OPERATOR {name} (LEFTARG = int, RIGHTARG = int, FUNCTION = {fn})",
            ]
        one, two = self.make("int", scope, depth), self.make("int", scope, depth)
        d = two.d if form == "b" else use(union(one.d, two.d))
        return Expr(f"({one.sql} {name} {two.sql})", type_, d)

    def populated(self, type_, scope, depth):
        """A field of a record that a function of the server's makes."""
        self.world.need_composite()
        inner = self.make("jsonb", scope, depth)
        made = f"jsonb_build_object('f1', ({inner.sql} #- '{{}}') -> 'k')"
        sql = f"(jsonb_populate_record(NULL::pair, {made})).f1"
        return Expr(sql, type_, use(inner.d))

    def row_field(self, type_, scope, depth):
        """A field of a row constructor cast to the case's composite type."""
        if self.world.composite is None:
            return None
        name, fields = self.world.composite
        values = [self.make(kind, scope, depth) for _, kind in fields]
        at = self.draw.below(len(fields))
        if fields[at][1] != type_:
            return None
        row = ", ".join(v.sql for v in values)
        return Expr(f"(ROW({row})::{name}).{fields[at][0]}", type_, values[at].d)

    def record_compare(self, type_, scope, depth):
        one, two = self.make("int", scope, depth), self.make("text", scope, depth)
        three, four = self.make("int", scope, 0), self.make("text", scope, 0)
        word = self.draw.one(("=", "<", ">=", "<>"))
        sql = f"((({one.sql}, {two.sql}) {word} ({three.sql}, {four.sql}))::int)"
        return Expr(sql, type_, use(union(one.d, two.d, three.d, four.d)))

    def rules_bigint(self):
        u = self.unary
        return [
            u("({})::bigint", "int", kind=IDENTITY),
            self.binary("({} + {})", "bigint", "int"),
            u("({})::bigint", "numeric"),
            u("({} * 2)", "bigint"),
        ]

    def rules_numeric(self):
        u = self.unary
        return [
            u("({})::numeric", "int", kind=IDENTITY),
            u("round({}, 1)", "numeric"),
            self.binary("({} + {})", "numeric", "numeric"),
            u("({} / 2)", "numeric"),
            u("({} * 0.5)", "int"),
            u("({})::numeric(20,1)", "numeric"),
            u("(({} #- '{{}}') ->> 'k')::numeric", "jsonb"),
        ]

    def rules_text(self):
        u, b = self.unary, self.binary
        return [
            b("({} || {})", "text", "text"),
            u("upper({})", "text"),
            u("lower({})", "text"),
            b("concat({}, {})", "text", "int"),
            u("({})::text", "int", kind=IDENTITY),
            u("md5({})", "text", masking=True),
            u("left({}, 1)", "text", masking=True),
            u("regexp_replace({}, '[a-c]', '#')", "text", masking=True),
            u("trim({})", "text"),
            u("right({}, 2)", "text", masking=True),
            u("(({} #- '{{}}') ->> 'l')", "jsonb"),
            u("translate({}, 'ab', 'xy')", "text", masking=True),
            u("substr({}, 1, 2)", "text"),
            u("overlay({} placing '*' from 1)", "text", masking=True),
            u("reverse({})", "text"),
            b("format('%s:%s', {}, {})", "text", "int"),
            u("({})::text", "date", kind=IDENTITY),
            u("({})::text", "jsonb", kind=IDENTITY),
            u('({} COLLATE "C")', "text", kind=IDENTITY),
            u("({})::text", "varchar(40)", kind=IDENTITY),
            u("to_char({}, 'YYYY-MM')", "date"),
            u("split_part({}, ' ', 1)", "text"),
            u("array_to_string({}, ',')", "int[]"),
            u("array_to_string(({})::bigint[]::text[], '.')", "int[]"),
            u("array_to_string(ARRAY[{}]::varchar(3)[], '.')", "text"),
            u("({})::text", "bool", kind=IDENTITY),
            u("lpad({}, 5, '.')", "text"),
            u("encode(sha256(({})::bytea), 'hex')", "text", masking=True),
            u("({})::varchar(2)::text", "text"),
            u("(({})::varchar)::text", "text", kind=IDENTITY),
            u("quote_literal({})", "text"),
            self.whole_row,
            u("(({} #- '{{}}') #>> '{{m,0}}')", "jsonb"),
            u("({})::text", "numeric", kind=IDENTITY),
        ]

    def whole_row(self, type_, scope, depth):
        """A row as JSON: made of every column of a relation in scope."""
        aliases = sorted({ref.sql.split(".")[0] for ref in scope if "." in ref.sql})
        whole = getattr(scope, "whole", {})
        aliases = [a for a in aliases if a in whole]
        if not aliases:
            return None
        alias = self.draw.one(aliases)
        form = self.draw.one(("row_to_json({})::text", "to_jsonb({})::text", "({})::text"))
        return Expr(form.format(alias), type_, whole[alias])

    def rules_varchar(self):
        return [self.unary("({})::varchar(40)", "text"), self.unary("({})::varchar(40)", "int")]

    def rules_bool(self):
        u, b = self.unary, self.binary
        rules = [
            b("({} = {})", "int", "int"),
            b("({} < {})", "int", "int"),
            b("({} > {})", "text", "text"),
            u("({} IS NULL)", "text"),
            u("({} IN (1, 2, 5))", "int"),
            u("({} BETWEEN 1 AND 3)", "int"),
            b("({} AND {})", "bool", "bool"),
            b("({} OR {})", "bool", "bool"),
            u("(NOT {})", "bool"),
            b("({} IS DISTINCT FROM {})", "int", "int"),
            u("({} IS TRUE)", "bool"),
            u("({} LIKE 'a%')", "text"),
            u("({} ~ 'b')", "text"),
            b("({} = ANY (({}) || '{{}}'::int[]))", "int", "int[]"),
            u("({} ? 'l')", "jsonb"),
            u("({} @> '{{\"k\": 1}}')", "jsonb"),
            u("({} IS NOT NULL)", "int"),
            b("({} IN ({}, 'a'))", "text", "text"),
            u("({} IS NOT UNKNOWN)", "bool"),
            b("({} <= {})", "date", "date"),
            u("(to_tsvector('simple', {}) @@ 'a'::tsquery)", "text"),
            b("({} && {})", "int[]", "int[]"),
            b("(({}, 1) IS NOT DISTINCT FROM ({}, 1))", "int", "int"),
            u("({})::int::bool", "int"),
            b("({} > ALL (({}) || '{{}}'::int[]))", "int", "int[]"),
        ]
        if self.queries is not None and self.world.relations:
            rules += [self.exists, self.in_query, self.row_query]
        return rules

    def exists(self, type_, scope, depth):
        """EXISTS takes no value."""
        query = self.queries.correlated(scope, ["int"], depth)
        word = self.draw.one(("", "NOT "))
        return Expr(f"({word}EXISTS ({query.sql}))", type_, NONE)

    def in_query(self, type_, scope, depth):
        kind = self.draw.one(("int", "text"))
        left = self.make(kind, scope, depth)
        query = self.queries.correlated(scope, [kind], depth)
        word = self.draw.one(("IN", "NOT IN", "= ANY", "< ALL", "> ANY"))
        return Expr(
            f"({left.sql} {word} ({query.sql}))", type_, use(union(left.d, query.cols[0].d))
        )

    def row_query(self, type_, scope, depth):
        """(a, b) IN (SELECT …) or compared to a one-row sub-query."""
        left = [self.make(kind, scope, depth) for kind in ("int", "text")]
        query = self.queries.correlated(scope, ["int", "text"], depth)
        d = use(union(*[e.d for e in left], *[c.d for c in query.cols]))
        pair = f"({left[0].sql}, {left[1].sql})"
        if self.draw.chance(50):
            names = ", ".join(c.name for c in query.cols)
            one = f"SELECT {names} FROM ({query.sql}) AS q ORDER BY {names} LIMIT 1"
            return Expr(f"({pair} {self.draw.one(('=', '<', '<>'))} ({one}))", type_, d)
        return Expr(f"({pair} {self.draw.one(('IN', 'NOT IN', '= ANY'))} ({query.sql}))", type_, d)

    def rules_date(self):
        return [
            self.binary("({} + {})", "date", "int"),
            self.unary("({} + 1)", "date"),
            self.unary("({})::timestamp::date", "date"),
            self.unary("date_trunc('month', {})::date", "date"),
        ]

    def rules_int_array(self):
        u, b = self.unary, self.binary
        rules = [
            b("ARRAY[{}, {}]", "int", "int"),
            b("({} || {})", "int[]", "int[]"),
            u("({})[1:2]", "int[]"),
            b("array_append({}, {})", "int[]", "int"),
            u("array_remove({}, 2)", "int[]"),
            self.indexed("({})[:{}]", "int[]", "int"),
        ]
        if self.queries is not None and self.world.relations:
            rules.append(self.array_query)
        return rules

    def array_query(self, type_, scope, depth):
        query = self.queries.correlated(scope, ["int"], depth)
        name = query.cols[0].name
        sql = f"ARRAY(SELECT q.{name} FROM ({query.sql}) AS q ORDER BY q.{name})"
        return Expr(sql, type_, use(query.cols[0].d))

    def rules_jsonb(self):
        u, b = self.unary, self.binary
        return [
            b("jsonb_build_object('k', {}, 'l', {})", "int", "text"),
            u("jsonb_build_object('l', {})", "text"),
            b("({} || {})", "jsonb", "jsonb"),
            b("jsonb_set({}, '{{k}}', to_jsonb({}))", "jsonb", "int"),
            u("jsonb_build_object('k', ({} #- '{{}}') -> 'k')", "jsonb"),
            u("jsonb_build_object('m', jsonb_build_array({}))", "int"),
            u("({} - 'k')", "jsonb"),
        ]
