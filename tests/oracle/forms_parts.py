"""JSON and hstore values whose parts are named, put and taken in less usual words.

As in forms_json.py: each form knows which columns stand behind a part. Where the extension tells no
parts (a name that is no constant) all of the value's columns do.
"""

from forms_bodies import routine
from forms_json import Made, known
from forms_outside import EXTENSION
from forms_sole import into, one_of
from terms import AGGREGATION, TRANSFORMATION

LONG = "l" * 300
# How a key is spelled, and its name; None: it is no constant that is known.
KEYS = (
    ("'x'", "x"), ("'x'::varchar", "x"), ("'x'::name", "x"), ("'x'::text COLLATE \"C\"", "x"),
    ("7", "7"), ("'-7'", "-7"), ("''", ""), ("'-'", "-"), (f"'{LONG}'", LONG), ("true", None),
    ("lower('X')", None), ("coalesce(z.c, 'n')", None),
)  # fmt: skip
# How a part is taken; {0} is the value, {1} the name. What stands after a path keeps its kind.
TOLD = (
    "{0} -> '{1}'", "{0} -> '{1}'::varchar", "{0} -> ('{1}'::text COLLATE \"C\")",
    "{0} #> ARRAY['{1}']", "{0} #> ARRAY['{1}'::varchar]::text[]", "({0})['{1}']",
    "({0})['{1}'::varchar]", "jsonb_extract_path({0}, '{1}')",
    "jsonb_extract_path({0}, VARIADIC ARRAY['{1}'])", "jsonb_object_field({0}, '{1}')",
)  # fmt: skip
UNTOLD = (
    "{0} -> '{1}'::name", "{0} -> concat('{1}', '')", "{0} -> NULL::text", "({0})[lower('{1}')]",
    "({0})[concat('{1}', '')]", "({0})[CASE WHEN true THEN '{1}' END]",
    "{0} #> string_to_array('{1}', ',')", "{0} #> NULL::text[]", "{0} #> ARRAY['{1}', NULL]",
    "{0} #> '{{\"{1}\",NULL}}'", "{0} #> '{{{{\"{1}\"}}}}'", "{0} #> '{{}}'",
    "{0} #> '{{1,2,3,4,5}}'", "({0})[1][2][3][4][5]", "{0} #> '{{\"{1}\"}}'::varchar[]",
)  # fmt: skip


def named(world, z):
    """Names of parts, and how they are asked for, in all spellings."""
    draw = world.draw
    spelled, name = draw.one(KEYS)
    value = f"jsonb_build_object({spelled}, z.a, 'y', z.b)"
    unknown = {"a", "c"} if "z.c" in spelled else {"a"}
    asked = draw.one(("y", "none") if name is None else (name, "y"))
    columns = {"b"} if asked == "y" else set()
    columns |= unknown if name is None else {"a"} if asked == name else set()
    told = draw.chance(60)
    form = draw.one(TOLD if told else UNTOLD)
    # In a path a number may be meant for an element.
    number = asked.lstrip("-").isdigit() and ("#>" in form or "path" in form or "]" in form)
    if not told or number:
        columns = unknown | {"b"}
    if draw.chance(50):
        part = f"{form.format(value, asked)} #>> ARRAY[]::text[]"
        if draw.chance(50):
            part = f"({form.format(value, asked)})::text"
    else:  # of a value in another one
        part = draw.one(("{0} ->> '{1}'", "({0})['{1}']::text", "{0} #>> ARRAY['{1}']")).format(
            f"({form.format(f'''jsonb_build_object('in', {value})''', 'in')})", asked
        )
        if number is False and asked.lstrip("-").isdigit() and "->>" not in part:
            columns = unknown | {"b"}
        if told and asked.lstrip("-").isdigit() and "->>" in part:
            columns = {"a"}
    direct = [("c1", f"{z}.{s}", TRANSFORMATION) for s in columns]
    into(world, world.target(["text"]), f"SELECT {part} FROM {z} z", direct)


INNER = "jsonb_build_object('p', z.a, 'q', z.c)"
BASE = f"jsonb_build_object('in', {INNER}, 'k', z.c)"
BEHIND = {
    ("k",): {"c"}, ("in",): {"a", "c"}, ("in", "p"): {"a"}, ("in", "q"): {"c"},
    ("k", "deeper"): {"c"},
}  # fmt: skip
PUT = "to_jsonb(z.b)"
PATHS = (
    ("in", "p"), ("k",), ("n",), ("in", "n"), ("0", "p"), ("in", "0"), ("in",), ("k", "deeper"),
)  # fmt: skip


def after_put(names, ask, certain):
    """What is behind a part after PUT was put at the path of `names` into BASE."""
    was = BEHIND.get(ask, set())
    same = 0
    while same < min(len(names), len(ask)) and names[same] == ask[same]:
        same += 1
    at_number = names[min(same, len(names) - 1)].isdigit() and same < len(ask)
    if at_number or same == len(ask) and same < len(names):
        return {"b"} | was
    if same < len(names):
        return was
    return {"b"} if certain and len(names) == 1 else {"b"} | was


def putting(draw, target, names):
    """(an expression that puts PUT there, whether it surely does)."""
    path = "'{" + ",".join(names) + "}'"
    if draw.chance(30):
        path = "ARRAY[" + ", ".join(f"'{n}'" for n in names) + "]"
    call = f"({target}, {path}, {PUT}"
    if names[-1] == "n" and draw.chance(40):
        return f"jsonb_insert{call}{draw.one(('', ', true'))})", False
    form = draw.below(5)
    if form == 0:
        return f"jsonb_set{call}, true)", False
    if form == 1:
        return f"jsonb_set_lax{call}{draw.one(('', ', true'))})", False
    return f"jsonb_set{call})", True


def set_at(world, z):
    """Another value is put at a path."""
    draw = world.draw
    names = draw.one(PATHS)
    ask = draw.one((*BEHIND, names[:1], names))
    obvious = draw.one((BASE, f"coalesce({BASE}, '{{}}')", f"json_build_object('in', {INNER}, 'k',"
                        " z.c)::jsonb", f"CASE WHEN z.id > 1 THEN {BASE} ELSE '{{}}' END"))
    target, source, sure = obvious, f"{z} z", True
    if draw.chance(40):
        sure = False
        target, source = "z.j", f"(SELECT z.*, {BASE} AS j FROM {z} z) z"
    value, certain = putting(draw, target, names)
    columns = after_put(names, ask, certain and sure)
    if draw.chance(10):  # nobody knows where
        value = f"jsonb_set({target}, ARRAY[lower('K')], {PUT})"
        columns = {"a", "b", "c"}
    part = f"{value} ->> '{ask[0]}'"
    if len(ask) == 2:
        part = f"{value} -> '{ask[0]}' ->> '{ask[1]}'"
    direct = [("c1", f"{z}.{s}", TRANSFORMATION) for s in columns]
    into(world, world.target(["text"]), f"SELECT {part} FROM {source}", direct)


def lower(draw):
    """An object below another one."""
    whole = Made("jsonb_build_object('x', z.a, 'y', z.c)", {"x": {"a"}, "y": {"c"}}, sure="xy")
    less = Made("jsonb_build_object('x', z.id)", {"x": {"id"}}, sure="x")
    pair = "jsonb_build_object('f1', z.a, 'f2', z.c)"
    row = Made(
        f"to_jsonb(jsonb_populate_record(NULL::pair, {pair}))", {"f1": {"a"}, "f2": {"c"}},
        sure=("f1", "f2"),
    )  # fmt: skip
    both = {"x": {"a", "id"}, "y": {"c"}}
    return draw.one(
        (
            whole, less, row,
            Made("NULL::jsonb", {}), Made("'{\"k\": 1}'::jsonb", {}),
            Made("'{\"k\": 1}'::json::jsonb", {}, obvious=False),
            Made("json_build_object('x', z.a)::jsonb", {"x": {"a"}}, sure="x"),
            Made(f"CASE WHEN z.id > 1 THEN {whole.sql} ELSE {less.sql} END", both),
            Made(f"CASE z.id WHEN 1 THEN {whole.sql} WHEN 2 THEN '{{}}' END", whole.keys),
            Made(f"CASE WHEN z.id > 1 THEN {whole.sql} ELSE (SELECT {less.sql}) END", both,
                 obvious=False),
            Made(f"coalesce({less.sql}, {whole.sql})", both),
            Made(f"coalesce((SELECT {less.sql}), {whole.sql})", both, obvious=False),
            Made(f"jsonb_strip_nulls({whole.sql})", whole.keys),
            Made(f"({whole.sql} - 'k')", whole.keys),
            Made(f"jsonb_set({whole.sql}, '{{k}}', '1')", whole.keys),
            Made(f"({less.sql} || {whole.sql})", whole.keys, sure="xy"),
            Made(f"((SELECT {less.sql}) || {whole.sql})", both, obvious=False),
            Made(f"({whole.sql} || (SELECT {less.sql}))", both, obvious=False),
            Made("to_jsonb(z)", {"id": {"id"}, "a": {"a"}}, sure=("id", "a")),
            Made(f"(SELECT {whole.sql})", whole.keys, obvious=False),
            Made(f"jsonb_strip_nulls((SELECT {whole.sql}))", whole.keys, obvious=False),
            Made("'[]'::jsonb", {}, obvious=False),
        )
    )  # fmt: skip


def upper(draw):
    """An object that lies above: `sure` are the keys whose values hide those below."""
    x = Made("jsonb_build_object('x', z.b)", {"x": {"b"}}, sure="x")
    y = Made("json_build_object('y', z.b, 'x', z.c)::jsonb", {"y": {"b"}, "x": {"c"}}, sure="xy")
    some = {"x": {"b", "c"}, "y": {"b"}}
    return draw.one(
        (
            x, y,
            Made(f"({x.sql} || {y.sql})", y.keys, sure="xy"),
            Made(f"({y.sql} || {x.sql})", {**y.keys, **x.keys}, sure="xy"),
            Made(f"CASE WHEN z.id > 1 THEN {x.sql} ELSE {y.sql} END", some),
            Made("jsonb_build_object(coalesce(z.c, 'n'), 1, 'x', z.b)",
                 {"x": {"b", "c"}, "y": {"c"}, "a": {"c"}, "id": {"c"}, "f1": {"c"}, "f2": {"c"}},
                 sure="x"),
            Made("jsonb_build_object(VARIADIC ARRAY['x', z.c])",
                 {n: {"c"} for n in ("x", "y", "a", "id", "f1", "f2")}),
            Made("to_jsonb(z)", {"id": {"id"}, "a": {"a"}}, sure=("id", "a")),
            Made("to_jsonb(ROW(z.b, z.c)::pair)", {"f1": {"b"}, "f2": {"c"}}, sure=("f1", "f2")),
            Made(f"jsonb_strip_nulls({x.sql})", x.keys),
            Made("jsonb_build_object()", {}), Made("NULL::jsonb", {}),
        )
    )  # fmt: skip


def laid_over(world, z):
    """One object over another one: it hides what is below, where it is seen to."""
    draw = world.draw
    world.need_composite()
    below, above = lower(draw), upper(draw)
    key = draw.one(sorted({*below.keys, *above.keys}) or ["x"])
    columns = set(above.keys.get(key, ()))
    if not (below.obvious and key in above.sure):
        columns |= below.keys.get(key, set())
    part = draw.one(("->> '{}'", "#>> '{{{}}}'", "-> '{}' #>> '{{}}'")).format(key)
    direct = [("c1", f"{z}.{s}", TRANSFORMATION) for s in columns]
    into(
        world, world.target(["text"]), f"SELECT ({below.sql} || {above.sql}) {part} FROM {z} z",
        direct,
    )  # fmt: skip


def rows_of(world, z):
    """Rows made of objects: upon other rows, in rows and arrays, named where they are used."""
    draw = world.draw
    world.need_composite()
    world.types.append("CREATE TYPE nest AS (n int, p pair, ps pair[])")
    world.types.append("CREATE DOMAIN nested AS nest")
    flat = "jsonb_build_object('f1', z.a, 'f2', z.c, 'f3', z.b)"
    deep = f"jsonb_build_object('n', z.b, 'p', {flat}, 'ps', jsonb_build_array({flat}))"
    word = draw.one(("json", "jsonb"))
    flat, deep = (f"({value})::{word}" for value in (flat, deep))
    base = "ROW(z.b, z.c)"
    kind, more, type_ = TRANSFORMATION, {"b"}, draw.one(("nest", "nested"))
    option = ", true" if word == "json" and draw.chance(50) else ""
    form = draw.below(9)
    if form == 0:
        select = f"p.f1, p.f2 FROM {z} z, {word}_populate_record({base}::pair, {flat}{option}) p"
    elif form == 1:
        row = f"{word}_populate_record({base}, {flat}{option})"
        select = f"p.f1, p.f2 FROM {z} z, {row} AS p(f1 int, f2 text)"
    elif form == 2:
        more, row = set(), f"{word}_populate_record(NULL::{type_}, {deep})"
        select = f"(({row}).p).f1, (({row}).p).f2 FROM {z} z"
    elif form == 3:
        more, row = set(), f"{word}_populate_record(NULL::{type_}, {deep})"
        select = f"((({row}).ps)[1]).f1, ((({row}).ps)[1]).f2 FROM {z} z"
    elif form == 4:
        more = set()
        select = f"(p.p).f1, (p.p).f2 FROM {z} z, {word}_to_record({deep}) AS p(k int, p pair)"
    elif form == 5:
        more = set()
        row = f"{word}_to_record({deep})"
        select = f"((p.ps)[1]).f1, ((p.ps)[1]).f2 FROM {z} z, {row} AS p(ps pair[])"
    elif form == 6:  # its row, as a value again
        more = set()
        row = f"{word}_to_record({flat}) AS p(f1 int, f2 text)"
        select = f"(to_jsonb(p) ->> 'f1')::int, to_jsonb(p) ->> 'f2' FROM {z} z, {row}"
    elif form == 7:
        more, kind = set(), AGGREGATION
        all_of = f"(SELECT {word}_agg({flat}) FROM {z} z)"
        select = f"p.f1, p.f2 FROM {word}_populate_recordset(NULL::pair, {all_of}) p"
    else:  # to_jsonb of what is no row, and of rows in an array
        more = set()
        select = (
            "(to_jsonb(ARRAY[ROW(z.a, z.c)::pair]) -> 0 ->> 'f1')::int,"
            f" array_to_json(ARRAY[ROW(z.a, z.c)::pair]) -> 0 ->> 'f2' FROM {z} z"
        )
    direct = [("c1", f"{z}.a", kind), ("c2", f"{z}.c", kind)]
    direct += [("c1", f"{z}.{s}", kind) for s in more]
    into(world, world.target(["int", "text"]), f"SELECT {select}", direct)


def pairs(world, z):
    """The values of hstore."""
    draw = world.draw
    world.need_composite()
    if EXTENSION.format("hstore") not in world.types:
        world.types.append(EXTENSION.format("hstore"))
    one = "(hstore('x', z.c) || hstore('y', z.a::text))"
    everything = {"a", "c"}
    forms = (
        (f"{one} -> 'x'", {"c"}), (f"{one} -> 'y'", {"a"}), (f"{one} -> 'none'", set()),
        (f"({one} || hstore('x', z.b::text)) -> 'x'", {"b"}),
        (f"delete({one}, 'z') -> 'y'", {"a"}), (f"({one} - 'z'::text) -> 'x'", {"c"}),
        (f"{one} -> lower('X')", everything), (f"({one} -> ARRAY['x'])[1]", everything),
        (f"hstore_to_jsonb({one}) ->> 'x'", {"c"}), (f"hstore_to_json({one}) ->> 'y'", {"a"}),
        (f"hstore_to_jsonb_loose({one}) ->> 'y'", {"a"}),
        ("hstore(z) -> 'a'", {"a"}), ("hstore(ROW(z.b, z.c)::pair) -> 'f2'", {"c"}),
        ("hstore(ARRAY['x', z.c]) -> 'y'", {"c"}),
        ("hstore(ARRAY['x', 'y'], ARRAY[z.c, z.a::text]) -> 'y'", everything),
        (f"(populate_record(NULL::pair, hstore('f1', z.a::text) || {one})).f1::text", {"a"}),
        (f"(ROW(z.b, z.c)::pair #= hstore('f2', z.a::text)).f2", {"a", "c"}),
        (f"{one}['x']", everything),
        (f"slice({one}, ARRAY['x']) -> 'x'", everything),
    )  # fmt: skip
    part, columns = draw.one(forms)
    direct = [("c1", f"{z}.{s}", TRANSFORMATION) for s in columns]
    into(world, world.target(["text"]), f"SELECT {part} FROM {z} z", direct)


OBJECT = "jsonb_build_object('x', r.a, 'y', r.c)"
MANY = " || ".join(
    "jsonb_build_object(" + ", ".join(f"'k{n}', 1" for n in range(at, at + 45)) + ")"
    for at in range(0, 225, 45)
)
NESTED = OBJECT
for _step in range(5, 0, -1):
    NESTED = f"jsonb_build_object('d{_step}', {NESTED})"
# What a variable is given, so that its parts x and y are r.a and r.c.
KEPT = (
    "j['x'] := to_jsonb(r.a); j['y'] := to_jsonb(r.c);",
    f"j := {OBJECT}; j['z'] := to_jsonb(r.b);",
    f"k := jsonb_build_object('in', {OBJECT}); j := k -> 'in';",
    f"k := jsonb_build_object('in', {OBJECT}); k['in']['z'] := '1'; j := k['in'];",
    f"k := jsonb_build_object('in', jsonb_build_object('un', {OBJECT}));"
    " k := jsonb_build_object('w', k -> 'in' -> 'un'); j := k -> 'w';",
    f"k := jsonb_build_object('in', jsonb_build_object('un', {OBJECT})); j := k #> '{{in,un}}';",
    "j := {0}(r.a, r.c) -> 'in';",
    "k := {0}(r.a, r.c); j := k -> 'in';",
    "j := jsonb_build_object('v', {0}(r.a, r.c) -> 'in'); j := j -> 'v';",
    "p := ROW(r.a, r.c); j := to_jsonb(p); j := jsonb_build_object('x', j -> 'f1', 'y',"
    " j -> 'f2');",
    f"e[1] := {OBJECT}; j := e[1];",
    f"j := CASE WHEN r.id > 1 THEN {OBJECT} ELSE '{{}}' END;",
    f"SELECT q.j INTO j FROM (SELECT {OBJECT} AS j UNION ALL SELECT '{{}}' LIMIT 1) q;",
    f"j := (SELECT {OBJECT});",
    f"h := ROW(1, {OBJECT}); j := h.j;",
    f"h := ROW(1, {OBJECT}); k := to_jsonb(h); j := k -> 'j';",
    f"k := {NESTED}; j := {OBJECT};",
)  # fmt: skip
# … and so that they are told from nothing else.
UNKEPT = (
    f"j := jsonb_build_object(coalesce(r.c, 'n'), 1) || {OBJECT};",
    f"j := jsonb_set({OBJECT}, '{{0,x}}', to_jsonb(r.b));",
    f"j := jsonb_path_query_first({OBJECT}, '$');",
    f"SELECT e.value INTO j FROM jsonb_each(jsonb_build_object('in', {OBJECT})) e;",
    f"j := jsonb_build_object('{LONG}', r.b) || {OBJECT};",
    f"k := jsonb_build_object('{LONG}', {OBJECT}); j := k -> '{LONG}';",
    f"j := {MANY} || {OBJECT};",
    f"j := jsonb_build_object(VARIADIC ARRAY['x', r.a::text, 'y', r.c]);",
    f"k := {OBJECT}; j := jsonb_build_object('x', k -> lower('X'), 'y', k -> 'y');",
    f"j := {{0}}(r.a, r.c) -> '{LONG}';",
    f"k := {NESTED}; j := k -> 'd1' -> 'd2' -> 'd3' -> 'd4' -> 'd5';",
    f"k := {OBJECT}; j := k -> 'in' -> '{LONG}';",
    f"h := ROW(1, {OBJECT}); j := jsonb_build_object('x', h.j -> '{LONG}' -> 'x');",
)  # fmt: skip


def variables(world, z):
    """What variables hold of parts that are put and taken in such words."""
    draw = world.draw
    world.need_composite()
    world.types.append("CREATE TYPE held AS (n int, j jsonb)")
    target, fn = world.target(["text", "text"]), world.name("fn")
    language = draw.one(("plpgsql", "sql VOLATILE", "sql STABLE SECURITY DEFINER"))
    made = "jsonb_build_object('in', jsonb_build_object('x', x, 'y', y))"
    text = f"BEGIN RETURN {made}; END" if language == "plpgsql" else f"SELECT {made}"
    told = draw.chance(70)
    body = draw.one(KEPT if told else UNKEPT).replace("{0}", fn)
    world.setup.append(
        f"CREATE FUNCTION {fn}(x int, y text) RETURNS jsonb LANGUAGE {language} AS $f$ {text} $f$"
    )
    loop = (
        f"FOR r IN SELECT z.* FROM {z} z ORDER BY z.id LOOP j := NULL; {body}"
        f" INSERT INTO {target.name} VALUES (j ->> 'x', j ->> 'y'); END LOOP;"
    )
    declares = "DECLARE j jsonb; k jsonb; r record; h held; p pair; e jsonb[]; "
    routine(world, loop, declares, target=target)
    known(world, z, target, ("a", "c"))
    if not told:
        known(world, z, target, (("id", "a", "b", "c"), ("id", "a", "b", "c")))


WAYS = (named, named, set_at, set_at, laid_over, laid_over, rows_of, pairs, variables, variables)

parts = one_of(WAYS, "parts", "part")
FORMS = [parts] * 2
