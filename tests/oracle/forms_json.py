"""JSON objects put together out of columns and taken apart again, by constant names.

An object is written with what each of its keys is made of; it then goes some way (a sub-query, a
CTE, an array, a SQL function) and one key of it is taken in one of many ways.
"""

from forms_bodies import routine
from forms_sole import into, one_of
from terms import AGGREGATION, TRANSFORMATION

# key -> columns of z that it is made of
ROW_KEYS = {"id": {"id"}, "a": {"a"}, "b": {"b"}, "c": {"c"}}
PAIR = "ROW(z.a, z.c)::pair"
PAIR_KEYS = {"f1": {"a"}, "f2": {"c"}}


class Made:
    """An expression over z, what its keys hold; `inner` is the object under its key `in`.
    An `obvious` one is seen to be an object; keys that it is seen to have take the place of others.
    """

    def __init__(self, sql, keys, inner=None, obvious=True, sure=()):
        self.sql, self.keys, self.inner, self.obvious = sql, keys, inner, obvious
        self.sure = set(sure)

    def through(self, sql):
        return Made(sql, self.keys, self.inner, self.obvious)


def plain(draw):
    """An object put together at once."""
    one, two = draw.one(("a", "b")), draw.one(("b", "c"))
    forms = (
        Made(
            f"jsonb_build_object('x', z.{one}, 'y', z.{two}, 'k', 1)",
            {"x": {one}, "y": {two}, "k": set()},
            sure="xyk",
        ),
        Made(
            f"json_build_object('x', z.{one}, 'y', z.{two})::jsonb",
            {"x": {one}, "y": {two}},
            sure="xy",
        ),
        Made("to_jsonb(z)", ROW_KEYS, sure=ROW_KEYS),
        Made("row_to_json(z)::jsonb", ROW_KEYS, sure=ROW_KEYS),
        Made("to_jsonb(ROW(z.b, z.c))", {"f1": {"b"}, "f2": {"c"}}),
        Made(f"to_jsonb({PAIR})", PAIR_KEYS, sure=PAIR_KEYS),
        Made(
            "(SELECT to_jsonb(q) FROM (SELECT z.b AS x, z.a AS y) q)",
            {"x": {"b"}, "y": {"a"}},
            obvious=False,
        ),
    )
    return draw.one(forms)


def merged(left, right):
    keys = dict(left.keys)
    for name, columns in right.keys.items():
        certain = left.obvious and name in right.sure
        keys[name] = columns if certain else columns | left.keys.get(name, set())
    inner = right.inner if "in" in right.keys else left.inner
    if left.inner and right.inner:
        keys.pop("in")
        inner = None
    obvious = left.obvious and right.obvious
    return Made(f"({left.sql} || {right.sql})", keys, inner, obvious, left.sure | right.sure)


def united(left, right):
    """Either of the two."""
    names = {*left.keys, *right.keys} - {"in"}
    keys = {n: left.keys.get(n, set()) | right.keys.get(n, set()) for n in names}
    sql = f"CASE WHEN z.id % 2 = 0 THEN {left.sql} ELSE {right.sql} END"
    return Made(sql, keys, obvious=left.obvious and right.obvious)


def made(draw, depth=2):
    """An object, which others may be part of."""
    if depth == 0 or draw.chance(30):
        return plain(draw)
    one = made(draw, depth - 1)
    form = draw.below(7)
    if form == 0:
        return merged(one, made(draw, depth - 1))
    if form == 1:
        return united(one, made(draw, depth - 1))
    if form == 2:
        every = set().union(*one.keys.values())
        return Made(
            f"jsonb_build_object('in', {one.sql}, 'z', z.b)",
            {"in": every, "z": {"b"}},
            one,
            sure=("in", "z"),
        )
    if form == 3:
        key = draw.one(("x", "f1", "a", "n"))
        kept = set() if one.obvious else one.keys.get(key, set())
        sql = f"jsonb_set({one.sql}, '{{{key}}}', to_jsonb(z.b))"
        return Made(sql, {**one.keys, key: {"b"} | kept}, one.inner, one.obvious)
    if form == 4:
        return one.through(f"jsonb_strip_nulls({one.sql})")
    if form == 5:
        return one.through(f"({one.sql} - 'nothing')")
    return one.through(f"coalesce({one.sql}, '{{}}')")


def taken(draw, value, part, deep=False):
    """Takes a key, or a key of the object in an object, out of a jsonb."""
    if deep:
        forms = (
            "{0} -> 'in' ->> '{1}'", "{0} #>> '{{in,{1}}}'", "({0})['in']['{1}'] #>> '{{}}'",
            "jsonb_extract_path_text({0}, 'in', '{1}')", "({0} -> 'in')['{1}']::text",
        )  # fmt: skip
    else:
        forms = (
            "{0} ->> '{1}'", "{0} #>> '{{{1}}}'", "({0})['{1}']::text", "({0} -> '{1}') #>> '{{}}'",
            "jsonb_extract_path_text({0}, '{1}')", "{0}::json ->> '{1}'",
            "(SELECT jr.{1} FROM jsonb_to_record({0}) AS jr(nothing int, {1} text))",
        )  # fmt: skip
    return draw.one(forms).format(value, part)


def carried(world, z, value):
    """FROM of a query that has the object as `q.j`, and the kind that it has there."""
    draw = world.draw
    form = draw.below(8)
    plainly = f"SELECT {value} AS j FROM {z} z"
    if form == 0:
        return f"({plainly}) q", TRANSFORMATION
    if form == 1:
        return f"(SELECT x.j FROM ({plainly}) x GROUP BY x.j) q", TRANSFORMATION
    if form == 2:
        return f"({plainly} UNION ALL SELECT NULL) q", TRANSFORMATION
    if form == 3:
        each = f"jsonb_array_elements(jsonb_build_array({value}))"
        return f"(SELECT e.j FROM {z} z, {each} e(j)) q", TRANSFORMATION
    if form == 4:
        both = f"unnest(ARRAY[{value}, NULL])"
        return f"(SELECT e.j FROM {z} z CROSS JOIN LATERAL {both} AS e(j)) q", TRANSFORMATION
    if form == 5:
        order = draw.one(("", " ORDER BY z.id"))
        return f"(SELECT jsonb_agg({value}{order}) -> 0 AS j FROM {z} z) q", AGGREGATION
    if form == 6:
        all_of = f"(SELECT jsonb_agg({value} ORDER BY z.id) FROM {z} z)"
        return f"jsonb_array_elements({all_of}) AS q(j)", AGGREGATION
    fn = world.name("fn")
    option = draw.one(("IMMUTABLE", "STABLE", "STABLE SECURITY DEFINER"))
    world.setup.append(
        f"CREATE FUNCTION {fn}(j jsonb) RETURNS jsonb LANGUAGE sql {option} AS $f$ SELECT j $f$"
    )
    return f"(SELECT {fn}({value}) AS j FROM {z} z) q", TRANSFORMATION


def chosen(draw, value):
    """A key that can be taken: (name, columns, whether it is in the inner object)."""
    names = sorted(set(value.keys) - {"in"})
    if value.inner is not None and draw.chance(70):
        name = draw.one(sorted(set(value.inner.keys) - {"in"}) or ["none"])
        return name, value.inner.keys.get(name, set()), True
    name = draw.one(names) if names and draw.chance(90) else "none"
    return name, value.keys.get(name, set()), False


def by_keys(world, z):
    """Two keys of an object, taken out of it where it has come to."""
    draw = world.draw
    world.need_composite()
    value = made(draw)
    source, kind = carried(world, z, value.sql)
    one, two = chosen(draw, value), chosen(draw, value)
    direct = [(c, f"{z}.{s}", kind) for c, key in (("c1", one), ("c2", two)) for s in key[1]]
    parts = ", ".join(taken(draw, "q.j", key[0], key[2]) for key in (one, two))
    into(world, world.target(["text", "text"]), f"SELECT {parts} FROM {source}", direct)


def at_once(world, z):
    """The same in one expression."""
    draw = world.draw
    world.need_composite()
    value = made(draw)
    one = chosen(draw, value)
    part = taken(draw, f"({value.sql})", one[0], one[2])
    direct = [("c1", f"{z}.{s}", TRANSFORMATION) for s in one[1]]
    into(world, world.target(["text"]), f"SELECT {part} FROM {z} z", direct)


def populated(world, z):
    """Rows made of objects."""
    draw = world.draw
    world.need_composite()
    keys = "jsonb_build_object('f1', z.a, 'f2', z.c, 'f3', z.b)"
    some = draw.one((keys, f"to_jsonb({PAIR})", f"to_jsonb({PAIR}) || '{{\"k\": 1}}'"))
    form = draw.below(4)
    kind = TRANSFORMATION
    if form == 0:
        select = f"SELECT p.f1, p.f2 FROM {z} z, jsonb_populate_record(NULL::pair, {some}) p"
    elif form == 1:
        one = f"jsonb_populate_record(NULL::pair, {some})"
        select = f"SELECT ({one}).f1, ({one}).f2 FROM {z} z"
    elif form == 2:
        kind = AGGREGATION
        rows = f"(SELECT jsonb_agg({some}) FROM {z} z)"
        select = f"SELECT p.* FROM jsonb_populate_recordset(NULL::pair, {rows}) p"
    else:
        kind = AGGREGATION
        rows = f"(SELECT json_agg({some}) FROM {z} z)"
        select = f"SELECT p.* FROM json_to_recordset({rows}) AS p(f1 int, f2 text)"
    direct = [("c1", f"{z}.a", kind), ("c2", f"{z}.c", kind)]
    into(world, world.target(["int", "text"]), select, direct)


def by_function(world, z):
    """A SQL function takes the key, or makes the object."""
    draw = world.draw
    one, two = world.name("fn"), world.name("fn")
    option = draw.one(("IMMUTABLE", "STABLE", "VOLATILE", "STABLE SECURITY DEFINER"))
    world.setup += [
        f"CREATE FUNCTION {one}(x int, y text) RETURNS jsonb LANGUAGE sql {option}"
        " AS $f$ SELECT jsonb_build_object('x', x, 'y', y) $f$",
        f"CREATE FUNCTION {two}(j jsonb) RETURNS text LANGUAGE sql {option}"
        " AS $f$ SELECT j ->> 'y' $f$",
    ]
    into(
        world,
        world.target(["text", "text"]),
        f"SELECT {one}(z.a, z.c) ->> 'x', {two}(jsonb_build_object('x', z.a, 'y', z.c))"
        f" FROM {z} z",
        [("c1", f"{z}.a", TRANSFORMATION), ("c2", f"{z}.c", TRANSFORMATION)],
    )


def known(world, z, target, keys):
    """What bodies move is right where the data do not show it. Bodies that are read tell variables
    whole, so not all of what they declare is known here."""
    for column, columns in zip(("c1", "c2"), keys):
        for source in columns:
            world.dead[(f"{z}.{source}", f"{target.name}.{column}")] = "built in"
    world.exact = False


def in_routine(world, z):
    """An object in variables, arguments and results of PL/pgSQL."""
    draw = world.draw
    world.need_composite()
    value = made(draw)
    one, two = chosen(draw, value), chosen(draw, value)
    target = world.target(["text", "text"])
    taker = world.name("pr")

    def put(name):
        parts = ", ".join(taken(draw, name, key[0], key[2]) for key in (one, two))
        return f"INSERT INTO {target.name} VALUES ({parts});"

    world.setup.append(
        f"CREATE PROCEDURE {taker}(p jsonb) LANGUAGE plpgsql AS $b$ BEGIN {put('p')} END $b$"
    )
    giver = world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {giver}(z {z}) RETURNS jsonb LANGUAGE plpgsql AS"
        f" $b$ BEGIN {draw.one(('', 'IF z.a > 1 THEN RETURN NULL; END IF;'))}"
        f" RETURN {value.sql}; END $b$"
    )
    rows = f"FOR r IN SELECT {value.sql} AS j, z.b AS n FROM {z} z ORDER BY z.id LOOP"
    forms = (
        f"{rows} j := r.j; {put('j')} END LOOP;",
        f"{rows} {put('r.j')} END LOOP;",
        f"{rows} CALL {taker}(r.j); END LOOP;",
        f"{rows} k := r.j; j := coalesce(k, j); CALL {taker}(j); END LOOP;",
        f"{rows} j := coalesce(j, '{{}}') || r.j; {put('j')} END LOOP;",
        f"{rows} IF r.n > 1 THEN j := r.j; ELSE j := NULL; END IF; {put('j')} END LOOP;",
        f"{rows} s := r; {put('s.j')} END LOOP;",
        f"{rows} j := r.j; j := j - 'none'; e := e || j; END LOOP;"
        f" FOREACH j IN ARRAY e LOOP {put('j')} END LOOP;",
        f"SELECT jsonb_agg({value.sql} ORDER BY z.id) -> 0 INTO j FROM {z} z; {put('j')}",
        f"EXECUTE 'SELECT to_jsonb(q) FROM (SELECT {giver}(z) AS j FROM {z} z LIMIT 1) q' INTO k;"
        f" j := k -> 'j'; {put('j')}",
    )
    declares = "DECLARE j jsonb; k jsonb; r record; s record; i record; e jsonb[] := '{}'; "
    routine(world, draw.one(forms), declares, target=target)
    known(world, z, target, (one[1], two[1]))


def audited(world, z):
    """A trigger that looks at its row as JSON."""
    draw = world.draw
    target, fn = world.target(["text", "text"]), world.name("tf")
    keys = [draw.one(("a", "b", "c")) for _ in range(2)]
    j = Made("to_jsonb(NEW)", ROW_KEYS)
    body = draw.one(
        (
            "INSERT INTO {t} VALUES ({0}, {1});",
            "n := to_jsonb(NEW); INSERT INTO {t} VALUES ({2}, {3});",
            "n := to_jsonb(NEW) - 'id' || jsonb_build_object('op', TG_OP);"
            " INSERT INTO {t} SELECT {2}, {3};",
        )
    )
    direct = [taken(draw, f"({j.sql})", key) for key in keys]
    held = [taken(draw, "n", key) for key in keys]
    body = body.format(*direct, *held, t=target.name)
    world.fires(fn, "AFTER UPDATE", z, f"DECLARE n jsonb; BEGIN {body} RETURN NEW; END")
    world.run.append(f"UPDATE {z} SET id = id")
    known(world, z, target, keys)


def deep_rows(world, z):
    """Rows in rows, and arrays of rows, in variables, arguments and results."""
    draw = world.draw
    world.need_composite()
    world.types.append("CREATE TYPE deep AS (n int, p pair, ps pair[])")
    target, fn, taker = world.target(["int", "text"]), world.name("fn"), world.name("pr")
    row = f"ROW(z.b, {PAIR}, ARRAY[{PAIR}])::deep"
    put = f"INSERT INTO {target.name} VALUES ({{0}}.f1, {{0}}.f2);"
    world.setup += [
        f"CREATE FUNCTION {fn}(m int) RETURNS pair[] LANGUAGE plpgsql AS $b$ BEGIN RETURN"
        f" (SELECT array_agg({PAIR} ORDER BY z.id) FROM {z} z WHERE z.id > m); END $b$",
        f"CREATE PROCEDURE {taker}(x deep) LANGUAGE plpgsql AS"
        f" $b$ BEGIN {put.format('(x.p)')} END $b$",
    ]
    rows = f"FOR r IN SELECT {row} AS w FROM {z} z ORDER BY z.id LOOP d := r.w;"
    forms = (
        f"{rows} {put.format('(d.p)')} END LOOP;",
        f"{rows} p := d.p; {put.format('p')} END LOOP;",
        f"{rows} e := d; {put.format('(e.p)')} END LOOP;",
        f"{rows} e.p := d.p; e.n := d.n; {put.format('((e).p)')} END LOOP;",
        f"{rows} CALL {taker}(d); END LOOP;",
        f"{rows} {put.format('((d.ps)[1])')} END LOOP;",
        f"{rows} p := (d.ps)[1]; {put.format('p')} END LOOP;",
        f"FOREACH p IN ARRAY {fn}(0) LOOP {put.format('p')} END LOOP;",
        f"INSERT INTO {target.name} SELECT u.f1, u.f2 FROM unnest({fn}(0)) u;",
    )
    declares = "DECLARE r record; d deep; e deep; p pair; "
    routine(world, draw.one(forms), declares, target=target)
    known(world, z, target, ("a", "c"))


WAYS = (by_keys, at_once, populated, by_function, in_routine, audited, deep_rows)

objects = one_of(WAYS, "objects", "object")
FORMS = [objects] * 2
