"""What the other forms seldom come to: functions of records, windows of objects, triggers that look
at their own definition, words that are never run, statements after ones that always leave.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, into, one_of
from terms import AGGREGATION, IDENTITY, TRANSFORMATION

OBJECT = "jsonb_build_object('x', z.a, 'y', z.c)"


def each_to_each(world, z, target, why):
    """What is taken whole: `a` and `c` are expected in both columns, shown by data or not."""
    for to in ("c1", "c2"):
        for source in ("a", "c"):
            world.dead[(f"{z}.{source}", f"{target.name}.{to}")] = why


def windowed(world, z):
    """Objects gathered by windows and aggregates, with filters and orders."""
    draw = world.draw
    clause = draw.one(("", " FILTER (WHERE z.b IS NOT NULL)"))
    form = draw.below(3)
    if form == 0:
        rows = f"jsonb_agg({OBJECT}){clause} OVER (ORDER BY z.id)"
    elif form == 1:
        rows = f"jsonb_agg({OBJECT} ORDER BY z.id){clause}"
    else:
        rows = f"to_jsonb(array_agg({OBJECT} ORDER BY z.id){clause})"
    select = f"SELECT {rows} -> 0 ->> 'x', {rows} -> 0 ->> 'y' FROM {z} z"
    direct = [("c1", f"{z}.a", AGGREGATION), ("c2", f"{z}.c", AGGREGATION)]
    into(world, world.target(["text", "text"]), select, direct)


def of_record(world, z):
    """Fields by name of what functions give as RECORD, in queries and in variables."""
    draw, fn = world.draw, world.name("fn")
    world.need_composite()
    language = draw.one(("sql STABLE", "sql VOLATILE", "plpgsql"))
    text = "SELECT x, y"
    if language == "plpgsql":
        text = "BEGIN n := x; m := y; END"
    world.setup += [
        f"CREATE FUNCTION {fn}(x int, y text, OUT n int, OUT m text) LANGUAGE {language}"
        f" AS $f$ {text} $f$",
        f"CREATE FUNCTION {fn}_r(x int, y text) RETURNS record LANGUAGE plpgsql"
        " AS $f$ BEGIN RETURN ROW(x, y); END $f$",
    ]
    target = world.target(["text", "text"])
    call = f"{fn}(z.a, z.c)"
    forms = (
        f"to_jsonb({call}) ->> 'n', to_jsonb({call}) ->> 'm'",
        f"row_to_json({call}) ->> 'n', to_jsonb(ARRAY[{call}]) -> 0 ->> 'm'",
        f"to_jsonb({fn}_r(z.a, z.c)) ->> 'f1', to_jsonb({fn}_r(z.a, z.c)) ->> 'f2'",
        f"to_jsonb({call}) ->> 'none', ({call}).m",
    )
    at = draw.below(len(forms))
    if draw.chance(50):
        world.run.append(f"INSERT INTO {target.name} SELECT {forms[at]} FROM {z} z")
        moved(world, z, target)
        world.exact = False
    else:
        parts = forms[at].replace("z.a", "r.a").replace("z.c", "r.c").split(", to_jsonb")[0]
        field = "f" if at == 2 else "n"
        names = ("f1", "f2") if field == "f" else ("n", "m")
        value = parts.split(" ->")[0]
        routine(
            world,
            f"FOR r IN SELECT * FROM {z} z ORDER BY z.id LOOP j := {value}; INSERT INTO {{t}}"
            f" VALUES (j ->> '{names[0]}', j ->> '{names[1]}'); END LOOP;",
            "DECLARE r record; j jsonb; ",
            target=target,
        )
        moved(world, z, target)
        world.exact = False
    each_to_each(world, z, target, "a row without a type is whole")


def aggregated(world, z):
    """Fields of what an aggregate in PL/pgSQL gives, both of them."""
    draw, fn = world.draw, world.name("fn")
    world.need_composite()
    target = world.target(["int", "text"])
    row = draw.one(("ROW(z.a, z.c)::pair", "(SELECT ROW(z.a, z.c)::pair)"))
    world.setup += [
        f"CREATE FUNCTION {fn}_s(s pair, n pair) RETURNS pair LANGUAGE plpgsql IMMUTABLE AS"
        " $f$ BEGIN RETURN coalesce(n, s); END $f$",
        f"CREATE AGGREGATE {fn}(pair) (SFUNC = {fn}_s, STYPE = pair)",
    ]
    order = draw.one((" ORDER BY z.id", ""))
    over = " OVER ()" if not order and draw.chance(50) else ""
    world.run.append(
        f"INSERT INTO {target.name} SELECT (q.w).f1, (q.w).f2 FROM (SELECT"
        f" {fn}({row}{order}){over} AS w FROM {z} z) q"
    )
    world.exact = False
    each_to_each(world, z, target, "an aggregate gives one value")


def self_aware(world, z):
    """Triggers that look at what they were made with, to say where they write."""
    draw, target, fn = world.draw, world.target(["int", "text"]), world.name("tf")
    event = draw.one(("INSERT", "UPDATE", "DELETE", "INSERT OR UPDATE", "TRUNCATE"))
    row = event != "TRUNCATE" and draw.chance(60)
    place = draw.one(("BEFORE", "AFTER"))
    given = draw.one(("", f"'{target.name}'", f"'{target.name}', 'c1', 'c2'"))
    name = "TG_ARGV[0]" if given else f"'{target.name}'"
    source = "OLD" if "DELETE" in event else "NEW"
    values = f"{source}.a, {source}.c" if row else "q.a, q.c"
    query = "" if row else f" FROM {z} q"
    text = draw.one(
        (
            f"INSERT INTO {target.name} SELECT {values}{query};",
            f"IF TG_OP = '{event.split()[0]}' AND TG_NARGS < 9 THEN INSERT INTO {target.name}"
            f" SELECT {values}{query}; END IF;",
            f"EXECUTE format('INSERT INTO %I SELECT ($1).a, ($1).c', {name}) USING {source};"
            if row
            else f"EXECUTE format('INSERT INTO %I SELECT q.a, q.c FROM %I q', {name},"
            " TG_TABLE_NAME);",
            f"EXECUTE 'INSERT INTO ' || {name} || ' SELECT q.a, q.c FROM {z} q WHERE ' ||"
            " quote_literal(TG_OP) || ' IS NOT NULL';",
        )
    )
    result = "RETURN NULL;" if place == "AFTER" or not row else f"RETURN {source};"
    level = f"FOR EACH {'ROW' if row else 'STATEMENT'}"
    world.fires(fn, f"{place} {event}", z, f"BEGIN {text} {result} END", level, given)
    fires = event.split()[0]
    if fires == "INSERT":
        world.run.append(f"INSERT INTO {z} SELECT id + 1000, a, b, c FROM {z}")
        world.targets.append(z)
        for column in ("id", "a", "b", "c"):
            kind = "TRANSFORMATION" if column == "id" else "IDENTITY"
            world.direct.add((f"{z}.{column}", f"{z}.{column}", kind, False))
    elif fires == "UPDATE":
        world.run.append(f"UPDATE {z} SET id = id")
        world.direct.add((f"{z}.id", f"{z}.id", "IDENTITY", False))
    elif fires == "DELETE":
        world.run.append(f"DELETE FROM {z}")
    else:
        world.run.append(f"TRUNCATE {z}")
    world.exact = False
    for at, to in (("a", "c1"), ("c", "c2")):
        world.dead[(f"{z}.{at}", f"{target.name}.{to}")] = "built in"


def never_run(world, z):
    """Words in bodies that cannot be read, where nothing comes to them."""
    words = world.draw.one(
        (
            "IF (SELECT count(*) FROM not_there) > 1 THEN NULL; END IF;",
            "CALL not_there(1);", "n := (SELECT max(x) FROM not_there);",
            "EXECUTE 'SELECT $1' USING (SELECT x FROM not_there);",
            "FOR n IN SELECT x FROM not_there LOOP NULL; END LOOP;",
            "CASE (SELECT 1 FROM not_there) WHEN 1 THEN NULL; END CASE;",
            "WHILE (SELECT true FROM not_there) LOOP NULL; END LOOP;",
            "OPEN c((SELECT x FROM not_there)); CLOSE c;",
            "RETURN; n := 3;", "PERFORM not_there(n);", "ASSERT not_there();",
        )
    )  # fmt: skip
    body = (
        f"IF false THEN {words} END IF; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"
        f" FOR n IN SELECT z.b FROM {z} z WHERE z.b > 99999999 LOOP {words} END LOOP;"
    )
    declares = f"DECLARE n int; c CURSOR (k int) FOR SELECT z.a FROM {z} z WHERE z.a > k; "
    moved(world, z, routine(world, body, declares))
    world.exact = False


def of_two_shapes(world, z):
    """A record that two ways give different columns, or none; what is taken of it."""
    draw = world.draw
    one = f"SELECT z.b AS y, z.a AS x FROM {z} z LIMIT 1"
    two = f"SELECT z.a AS x FROM {z} z LIMIT 1"
    forms = (
        f"IF n > 1 THEN {one.replace('AS x FROM', 'AS x INTO r FROM')}; ELSE"
        f" {two.replace('AS x FROM', 'AS x INTO r FROM')}; END IF;",
        f"IF n > 1 THEN {one.replace('AS x FROM', 'AS x INTO r FROM')}; ELSE r := NULL; END IF;",
        f"s := r; {one.replace('AS x FROM', 'AS x INTO s FROM')}; r := s;",
        f"FOR r IN {one} LOOP EXIT WHEN n > 1; END LOOP;"
        f" IF n > 5 THEN {two.replace('AS x FROM', 'AS x INTO r FROM')}; END IF;",
        f"IF n > 1 THEN p := ROW(n, 'x'); {two.replace('AS x FROM', 'AS x INTO r FROM')};"
        f" ELSE {one.replace('AS x FROM', 'AS x INTO r FROM')}; p.f1 := r.y; END IF;",
    )
    world.need_composite()
    body = (
        f"FOR n IN SELECT z.id FROM {z} z ORDER BY z.id LOOP {draw.one(forms)}"
        " IF r IS NOT NULL THEN INSERT INTO {t} (c1) VALUES (r.x); END IF; END LOOP;"
    )
    target = routine(world, body, "DECLARE n int; r record; s record; p pair; ")
    for source in ("a", "b", "id"):
        world.dead[(f"{z}.{source}", f"{target.name}.c1")] = "columns of the other shape"
    world.exact = False


def always_left(world, z):
    """What stands behind statements of which every way leaves."""
    leave = world.draw.one(
        (
            "IF r.a > 1 THEN CONTINUE; ELSE CONTINUE; END IF;",
            "IF r.a > 1 THEN CONTINUE; ELSIF r.b > 1 THEN EXIT; ELSE RETURN; END IF;",
            "CASE WHEN r.a > 1 THEN CONTINUE; ELSE EXIT; END CASE;",
            "CASE r.a WHEN 1 THEN CONTINUE; ELSE RETURN; END CASE;",
            "IF r.a > 1 THEN RETURN; ELSE RAISE EXCEPTION 'no'; END IF;",
            "LOOP IF r.a > 1 THEN CONTINUE o; ELSE EXIT o; END IF; END LOOP;",
        )
    )
    if "RAISE" in leave:
        leave = f"BEGIN {leave} EXCEPTION WHEN OTHERS THEN CONTINUE; END;"
    body = (
        f"<<o>> FOR r IN SELECT * FROM {z} z ORDER BY z.id LOOP INSERT INTO {{t}} VALUES"
        f" (r.a, r.c); {leave} INSERT INTO {{t}} VALUES (r.b, NULL); END LOOP;"
    )
    target = routine(world, body, "DECLARE r record; ")
    moved(world, z, target)
    world.exact = False
    world.dead[(f"{z}.b", f"{target.name}.c1")] = "never run"


def put_at_once(world, z):
    """Several columns of one sub-query, more than once in a statement; casts of arrays."""
    draw = world.draw
    if draw.chance(50):
        y = alone(world)
        name = world.name("t")
        world.setup.append(f"CREATE TABLE {name} (c1 int, c2 int, c3 text, c4 int)")
        world.setup.append(f"INSERT INTO {name} VALUES (1, 2, 'x', 4)")
        world.reset += [f"DELETE FROM {name}", f"INSERT INTO {name} VALUES (1, 2, 'x', 4)"]
        world.targets.append(name)
        world.run.append(
            f"UPDATE {name} SET (c1, c2) = (SELECT z.a, z.b FROM {z} z ORDER BY z.id LIMIT 1),"
            f" (c3, c4) = (SELECT y.c, y.b FROM {y} y ORDER BY y.id LIMIT 1)"
        )
        for to, source in (("c1", f"{z}.a"), ("c2", f"{z}.b"), ("c3", f"{y}.c"), ("c4", f"{y}.b")):
            world.writes(name, to, {(source, IDENTITY, False)})
        return
    array, kind, to = draw.one(
        (
            ("ARRAY[z.c]::varchar(3)[]", TRANSFORMATION, "varchar(3)[]"),
            ("string_to_array(z.c, 'x')::varchar(2)[]", TRANSFORMATION, "varchar(2)[]"),
            ("array_append('{}'::int[], z.a)::bigint[]", TRANSFORMATION, "bigint[]"),
            ("(SELECT array_agg(z.a))::numeric(9,1)[]", AGGREGATION, "numeric(9,1)[]"),
            ("(SELECT array_agg(z.a))::float8[]::int[]", AGGREGATION, "int[]"),
        )
    )
    name = world.name("t")
    world.setup.append(f"CREATE TABLE {name} (c1 {to})")
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    world.run.append(f"INSERT INTO {name} SELECT {array} FROM {z} z")
    world.writes(name, "c1", {(f"{z}.{'c' if 'z.c' in array else 'a'}", kind, False)})


def taken_away(world, z):
    """EXCEPT within EXCEPT, of rows and of objects."""
    draw, y, x = world.draw, alone(world), alone(world)
    target = world.target(["text"])
    value = draw.one(("{0}.c", "jsonb_build_object('x', {0}.c)", "to_jsonb({0})"))
    arms = [f"SELECT {value.format('q')} AS j FROM {name} q" for name in (z, y, x)]
    inner = draw.one(("UNION ALL", "EXCEPT", "INTERSECT", "UNION"))
    query = draw.one(
        (f"{arms[0]} EXCEPT ({arms[1]} {inner} {arms[2]})", f"{arms[0]} EXCEPT {arms[1]}")
    )
    take = "q.j" if value == "{0}.c" else "q.j ->> 'x'" if "'x'" in value else "q.j ->> 'c'"
    world.run.append(f"INSERT INTO {target.name} SELECT {take} FROM ({query}) q")
    kind = IDENTITY if value == "{0}.c" else TRANSFORMATION
    world.writes(target.name, "c1", {(f"{z}.c", kind, False)})


def by_rounds(world, z):
    """A recursive query that hands objects and rows to functions, round by round."""
    draw, fn = world.draw, world.name("fn")
    world.need_composite()
    target = world.target(["text", "text"])
    if draw.chance(50):
        start, type_ = OBJECT, "jsonb"
        taken = "w.j ->> 'x', w.j ->> 'y'"
    else:
        start, type_ = "ROW(z.a, z.c)::pair", "pair"
        taken = "(w.j).f1, (w.j).f2"
    language = draw.one(("plpgsql", "sql"))
    text = "BEGIN RETURN v; END" if language == "plpgsql" else "SELECT v"
    world.setup.append(
        f"CREATE FUNCTION {fn}(v {type_}) RETURNS {type_} LANGUAGE {language} AS $f$ {text} $f$"
    )
    world.run.append(
        f"INSERT INTO {target.name} WITH RECURSIVE w(n, j) AS (SELECT 1, {start} FROM {z} z UNION"
        f" ALL SELECT w.n + 1, {fn}(w.j) FROM w WHERE w.n < 3) SELECT {taken} FROM w"
    )
    world.exact = False
    each_to_each(world, z, target, "rounds are whole")


def sorted_by_call(world, z):
    """Calls that no output is, in sub-queries: the sort alone calls."""
    fn, log, target = world.name("fn"), world.target(["int"]), world.target(["int", "text"])
    world.setup.append(
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE plpgsql VOLATILE AS $f$ BEGIN"
        f" INSERT INTO {log.name} VALUES (n); RETURN n; END $f$"
    )
    inner = world.draw.one(
        (
            f"SELECT z.c FROM {z} z ORDER BY {fn}(z.a) LIMIT 100",
            f"SELECT DISTINCT ON ({fn}(z.a)) z.c FROM {z} z",
            f"SELECT z.c FROM {z} z GROUP BY z.c, {fn}(z.a)",
        )
    )
    routine(world, f"INSERT INTO {{t}} (c2) SELECT q.c FROM ({inner}) q;", target=target)
    world.writes(log.name, "c1", {(f"{z}.a", IDENTITY, False)})
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def emptied_or_not(world, z):
    """A temporary table that is filled, emptied in some way, and filled again."""
    draw, name, target = world.draw, world.name("tmp"), world.target(["int"])
    y = alone(world)
    all_gone = draw.chance(50)
    gone = draw.one(
        (f"DELETE FROM {name}", f"DELETE FROM {name} WHERE true", f"TRUNCATE {name}")
        if all_gone
        else (
            f"DELETE FROM {name} WHERE false", f"DELETE FROM {name} WHERE NULL::bool",
            f"DELETE FROM {name} WHERE k > 99999999", f"DELETE FROM {name} USING {y} y WHERE false",
            f"DELETE FROM {name} x USING {y} y WHERE x.k = y.a AND y.a > 99999999",
            f"WITH d AS (DELETE FROM {name} WHERE k > 99999999 RETURNING k) SELECT count(*) FROM d",
            f"DELETE FROM ONLY {name}_p",
        )
    )  # fmt: skip
    world.run += [
        f"CREATE TEMP TABLE {name} (k int)",
        f"CREATE TEMP TABLE {name}_p (k int)",
        f"CREATE TEMP TABLE {name}_c () INHERITS ({name}_p)",
        f"INSERT INTO {name} SELECT z.a FROM {z} z",
        f"INSERT INTO {name}_c SELECT z.a FROM {z} z",
        gone,
        f"INSERT INTO {name} SELECT y.b FROM {y} y",
        f"INSERT INTO {target.name} SELECT x.k FROM {name + '_p' if '_p' in gone else name} x",
        f"DROP TABLE {name}, {name}_c, {name}_p",
    ]
    world.reset.append(f"DROP TABLE IF EXISTS {name}, {name}_c, {name}_p")
    world.exact = False
    if not all_gone:
        world.direct.add((f"{z}.a", f"{target.name}.c1", "IDENTITY", False))
    if "_p" not in gone:
        world.direct.add((f"{y}.b", f"{target.name}.c1", "IDENTITY", False))


WAYS = (
    windowed, of_record, of_record, aggregated, self_aware, self_aware, never_run, of_two_shapes,
    always_left, put_at_once, taken_away, by_rounds, sorted_by_call, emptied_or_not,
)  # fmt: skip

FORMS = [one_of(WAYS, "further", "further")]
