"""Bodies with statements and names that the routine generator does not make.

Each is called without arguments, so that everything it writes can be declared before it runs
(declared.py); what it reads stands in a table of its own.
"""

from forms_sole import alone, into, one_of
from terms import AGGREGATION, IDENTITY, TRANSFORMATION
from world import SAME


def routine(world, body, declares="", options="", language="plpgsql", target=None):
    """CREATE PROCEDURE and its CALL. `{t}` in the body is a target of (int, text)."""
    target = target or world.target(["int", "text"])
    name = world.name("pr")
    text = body.replace("{t}", target.name).replace("{me}", name)
    if language == "plpgsql":
        text = f"{declares}BEGIN {text} END"
    world.setup.append(
        f"CREATE PROCEDURE {name}() LANGUAGE {language}{options} AS $b$ {text} $b$"
    )
    world.run.append(f"CALL {name}()")
    return target


def moved(world, z, target, kind=IDENTITY, a="a", c="c"):
    """z.a and z.c arrive in both columns."""
    world.writes(target.name, "c1", {(f"{z}.{a}", kind, False)})
    world.writes(target.name, "c2", {(f"{z}.{c}", kind, False)})


def temporary(world, z):
    """Temporary tables, made in every way."""
    name, draw = world.name("tmp"), world.draw
    kind = draw.below(7)
    put = f"INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
    if kind == 0:
        made = (
            f"CREATE TEMP TABLE {name} (k int CHECK (k > -9999), w varchar(40),"
            " PRIMARY KEY (k, w));"
        )
        put = f"INSERT INTO {name} SELECT DISTINCT coalesce(z.a, 0), coalesce(z.c, '') FROM {z} z;"
    elif kind == 1:
        made = f"CREATE TEMP TABLE {name} (LIKE {z});"
        put = f"INSERT INTO {name} SELECT * FROM {z};"
    elif kind == 2:
        world.need_composite()
        made = f"CREATE TEMP TABLE {name} OF pair;"
    elif kind == 3:
        kinds = draw.one(
            (("serial", "smallserial", "bigserial"), ("serial4", "serial2", "serial8"))
        )
        made = (
            f"CREATE TEMP TABLE {name}"
            f" (n {kinds[0]}, w {kinds[1]}, x {kinds[2]}, k int, t text);"
        )
        put = f"INSERT INTO {name} (k, t) SELECT z.a, z.c FROM {z} z;"
    elif kind == 4:
        empty = world.name("e")
        world.setup.append(f"CREATE TABLE {empty} (gone int, k int, w text)")
        world.setup.append(f"ALTER TABLE {empty} DROP COLUMN gone")
        made = f"CREATE TEMP TABLE {name} () INHERITS ({empty});"
    elif kind == 5:
        made = f"CREATE TABLE pg_temp.{name} (k, w) AS SELECT z.a, z.c FROM {z} z;"
        put = ""
    else:
        made = f"CREATE TEMP TABLE {name} (k) AS SELECT z.a, z.c AS w, 'x' FROM {z} z WITH NO DATA;"
        put = f"INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
    get = {1: "x.a, x.c", 2: "x.f1, x.f2", 3: "x.k, x.t"}.get(kind, "x.k, x.w")
    again = draw.chance(40) and kind != 4
    drop = f"DROP TABLE IF EXISTS {name};"
    twice = f"{drop} CREATE TEMP TABLE {name} (k text); " if again else ""
    target = routine(
        world, f"{twice}{drop} {made} {put} INSERT INTO {{t}} SELECT {get} FROM {name} x;"
    )
    moved(world, z, target, TRANSFORMATION if kind == 0 else IDENTITY)


def emptied(world, z):
    """What a temporary table of a body held is gone; or a way leads around what takes it away."""
    name, draw = world.name("tmp"), world.draw
    made = f"CREATE TEMP TABLE {name} (k int, w text);"
    first = f"INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
    how = draw.one((f"TRUNCATE {name}", f"DELETE FROM {name}", f"DROP TABLE {name}; {made[:-1]}"))
    around = draw.one(("{};", "{};", "IF random() < 2 THEN {}; END IF;", "<<b>> BEGIN {}; END;"))
    taken = around.format(how)
    more = f"INSERT INTO {name} SELECT z.b, upper(z.c) FROM {z} z;"
    if draw.chance(30):
        taken = f"UPDATE {name} SET k = k + 1, w = upper(w){draw.one(('', ' WHERE true'))};"
        more = ""
    target = routine(
        world,
        f"DROP TABLE IF EXISTS {name}; {made} {first} {taken} {more}"
        f" INSERT INTO {{t}} SELECT x.k, x.w FROM {name} x;",
    )
    world.exact &= "IF" not in around or not more
    number = (f"{z}.b", IDENTITY, False) if more else (f"{z}.a", TRANSFORMATION, False)
    world.writes(target.name, "c1", {number})
    world.writes(target.name, "c2", {(f"{z}.c", TRANSFORMATION, False)})


def lasting(world, z):
    """CREATE TABLE AS in a body: of one that is there when the body is read, or not yet."""
    name = world.name("n")
    there = world.draw.chance(50)
    if there:
        world.setup.append(f"CREATE TABLE {name} (c1 int, c2 text)")
    drop = "" if there else f"DROP TABLE IF EXISTS {name};"
    made = "CREATE TABLE IF NOT EXISTS" if there else "CREATE TABLE"
    how = f"{made} {name} AS SELECT z.a AS c1, z.c AS c2 FROM {z} z;"
    if world.draw.chance(30) or there:
        how = f"{made} {name} (c1 int, c2 text); INSERT INTO {name} SELECT z.a, z.c FROM {z} z;"
    target = routine(world, f"{drop} {how} INSERT INTO {{t}} SELECT x.c1, x.c2 FROM {name} x;")
    world.targets.append(name)
    if there:
        world.reset.append(f"DELETE FROM {name}")
    world.copies(z, name)
    world.copies(name, target.name, SAME)


def refreshed(world, z):
    """REFRESH in a body of either language."""
    name, language = world.name("m"), world.draw.one(("plpgsql", "sql"))
    world.setup.append(
        f"CREATE MATERIALIZED VIEW {name} AS SELECT z.a AS c1, upper(z.c) AS c2 FROM {z} z"
        " WITH NO DATA"
    )
    world.direct.add((f"{z}.a", f"{name}.c1", "IDENTITY", False))
    world.direct.add((f"{z}.c", f"{name}.c2", "TRANSFORMATION", False))
    target = routine(
        world,
        f"REFRESH MATERIALIZED VIEW {name}; INSERT INTO {{t}} SELECT m.c1, m.c2 FROM {name} m;",
        language=language,
    )
    world.copies(name, target.name, SAME)


def named(world, z):
    """Variables by their block's label, by the routine's name; records field by field."""
    draw = world.draw
    kind = draw.below(7)
    read = f"SELECT z.a, z.c INTO outer_.v, w FROM {z} z ORDER BY z.id LIMIT 1;"
    if kind == 0:
        body = (
            f"<<outer_>> DECLARE v int; w text; BEGIN {read} DECLARE v int := 5; BEGIN"
            " INSERT INTO {t} VALUES (outer_.v, w); END; END;"
        )
        declares = ""
    elif kind == 1:
        body = (
            f"SELECT z.a, z.c INTO r FROM {z} z ORDER BY z.id LIMIT 1; INSERT INTO {{t}} VALUES"
            " (r.a, r.c);"
        )
        declares = draw.one(("DECLARE r record; ", f"DECLARE r {z}; "))
        if declares.endswith(f"{z}; "):
            body = body.replace("z.a, z.c INTO", "z.* INTO")
    elif kind == 2:
        body = f"FOR r IN SELECT z.* FROM {z} z LOOP INSERT INTO {{t}} VALUES (r.a, r.c); END LOOP;"
        declares = "DECLARE r record; "
    elif kind == 3:
        body = (
            f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP s := r; INSERT INTO {{t}} VALUES (s.a,"
            " s.c); END LOOP;"
        )
        declares = "DECLARE r record; s record; "
    elif kind == 4:
        body = (
            f"<<outer_>> DECLARE r record; BEGIN FOR r IN SELECT z.a, z.c FROM {z} z LOOP"
            " INSERT INTO {t} VALUES (outer_.r.a, outer_.r.c); END LOOP; END;"
        )
        declares = ""
    elif kind == 5:
        body = (
            f"FOR r IN SELECT z.* FROM {z} z LOOP INSERT INTO {{t}} SELECT x.a, x.c FROM"
            " (SELECT r.*) x; END LOOP;"
        )
        declares = f"DECLARE r {z}; "
    else:  # a name that is a variable's and a column's: the option says which is meant
        option = draw.one(("use_variable", "use_column"))
        declares = f"#variable_conflict {option}\n DECLARE id int; "
        other = "z.id" if option == "use_variable" else "1000"
        body = (
            f"SELECT max(z.id) INTO {{me}}.id FROM {z} z;"
            f" INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z WHERE {other} <= id + 1000;"
        ).replace("INTO {me}.id", "INTO id")
    moved(world, z, routine(world, body, declares))


def whole_rows(world, z):
    """A row as an argument of a routine that writes its fields."""
    draw, name = world.draw, world.name("w")
    target = world.target(["int", "text"])
    language = draw.one(("plpgsql", "sql"))
    text = f"INSERT INTO {target.name} VALUES ((p).a, (p).c)"
    if language == "plpgsql":
        text = f"BEGIN {text.replace('(p)', draw.one(('p', '$1')))}; END"
    world.setup.append(
        f"CREATE FUNCTION {name}(p {z}) RETURNS void LANGUAGE {language} AS $b$ {text} $b$"
    )
    caller = world.name("pr")
    form = draw.below(2)
    call = f"PERFORM {name}(r)" if form else f"PERFORM {name}(z) FROM {z} z"
    loop = f"FOR r IN SELECT * FROM {z} LOOP {call}; END LOOP;" if form else f"{call};"
    declares = draw.one((f"DECLARE r {z}; ", f"DECLARE r {z}%ROWTYPE; "))
    world.setup.append(
        f"CREATE PROCEDURE {caller}() LANGUAGE plpgsql AS $b$ {declares}BEGIN {loop} END $b$"
    )
    world.run.append(f"CALL {caller}()")
    moved(world, z, target)


def leaving(world, z):
    """Blocks and loops that are left by their labels, on every way; what follows never runs."""
    draw = world.draw
    write = "INSERT INTO {t} VALUES (v, w);"
    forms = (
        f"<<a>> LOOP <<b>> LOOP {write} EXIT a; END LOOP; END LOOP;",
        f"<<a>> BEGIN {write} IF v IS NULL THEN EXIT a; ELSE EXIT a; END IF; v := 1; END;",
        f"<<a>> FOR i IN 1..2 LOOP FOR j IN REVERSE 2..1 BY 1 LOOP {write} CONTINUE a; END LOOP;"
        " END LOOP;",
        f"{write} IF v > 1 THEN RETURN; ELSE RETURN; END IF; v := 2;",
        f"LOOP {write} RETURN; END LOOP;",
        f"CASE v WHEN 1 THEN {write} WHEN 2, 3 THEN {write} ELSE {write} END CASE;",
        f"CASE WHEN v > 1 THEN {write} ELSE {write} RETURN; END CASE; w := 'x';",
        f"ASSERT v IS NULL OR v < 1000000, 'v is large'; RAISE DEBUG 'v %', v; {write}",
        f"WHILE v IS NULL OR v IS NOT NULL LOOP {write} EXIT; END LOOP;",
        f"FOR i IN 1..2 LOOP <<b>> BEGIN {write} EXIT b WHEN v > 1; CONTINUE; END; END LOOP;",
        f"FOR i IN 1..1 LOOP IF v > 0 THEN CONTINUE; END IF; END LOOP; {write}",
        f"BEGIN IF v IS NULL THEN RAISE EXCEPTION 'none'; END IF; {write}"
        f" EXCEPTION WHEN raise_exception THEN {write} END;",
    )
    body = f"SELECT z.a, z.c INTO v, w FROM {z} z ORDER BY z.id LIMIT 1; {draw.one(forms)}"
    moved(world, z, routine(world, body, "DECLARE v int; w text; "))


def executed(world, z):
    """Texts made of constants; values given to them, rows among them."""
    draw = world.draw
    world.need_composite()
    forms = (
        f"EXECUTE 'INSERT INTO {{t}} SELECT a, c FROM ' || quote_ident('{z}');",
        f"p := (SELECT ROW(z.a, z.c)::pair FROM {z} z ORDER BY z.id LIMIT 1);"
        " EXECUTE 'INSERT INTO {t} SELECT ($1).f1, ($1).f2' USING p;",
        f"q := format('SELECT a, c FROM %I WHERE id > $1', '{z}');"
        " FOR r IN EXECUTE q USING 0 LOOP INSERT INTO {t} VALUES (r.a, r.c); END LOOP;",
        f"q := concat('SELECT a, c FROM ', '{z}', ' ORDER BY id'); OPEN cur FOR EXECUTE q;"
        " FETCH cur INTO r; CLOSE cur; INSERT INTO {t} VALUES (r.a, r.c);",
        f"IF true THEN q := '{z}'; ELSE q := '{z}'; END IF;"
        " EXECUTE 'INSERT INTO {t} SELECT a, c FROM ' || q::text;",
        f"EXECUTE 'DO $d$ BEGIN INSERT INTO {{t}} SELECT a, c FROM {z}; END $d$';",
        f"q := (SELECT '{z}'::text);"
        " EXECUTE 'SELECT a, c FROM ' || q || ' ORDER BY id LIMIT 1' INTO r;"
        " INSERT INTO {t} VALUES (r.a, r.c);",
    )
    declares = "DECLARE q text; r record; p pair; cur refcursor; "
    form = draw.one(forms)
    moved(world, z, routine(world, form, declares))


def polymorphic(world, z):
    """SQL routines over anything, which write what they are given."""
    target, name = world.target(["int", "text"]), world.name("f")
    draw = world.draw
    kinds = (
        ("anyarray, anynonarray", "($1)[1]", "ARRAY[z.a], z.b"),
        ("anyrange, text", "lower($1)", "int4range(z.a, NULL), ''"),
        ("anymultirange", "lower($1)", "multirange(int4range(z.a, NULL))"),
        ("anyelement", "$1", "z.a"),
        ("anycompatible, anycompatiblearray", "$1", "z.a, ARRAY[z.b]"),
    )
    arguments, value, given = draw.one(kinds)
    caller = world.name("pr")
    world.setup += [
        "SET check_function_bodies = off",
        f"CREATE FUNCTION {name}({arguments}) RETURNS void LANGUAGE sql AS"
        f" $b$ INSERT INTO {target.name} (c1) SELECT {value} $b$",
        "RESET check_function_bodies",
        f"CREATE PROCEDURE {caller}() LANGUAGE plpgsql AS"
        f" $b$ BEGIN PERFORM {name}({given}) FROM {z} z; END $b$",
    ]
    world.run.append(f"CALL {caller}()")
    kind = IDENTITY if arguments.startswith(("anyelement", "anycompatible")) else TRANSFORMATION
    world.writes(target.name, "c1", {(f"{z}.a", kind, False)})


def own_settings(world, z):
    """A routine that sets its own path, or another setting."""
    target = world.target(["int", "text"])
    name = world.name("pr")
    option = world.draw.one(("work_mem = '8MB'", "search_path FROM CURRENT"))
    world.setup.append(
        f"CREATE PROCEDURE {name}() LANGUAGE {world.draw.one(('sql', 'plpgsql'))} SET {option} AS"
        f" $b$ BODY $b$"
    )
    text = f"INSERT INTO {target.name} SELECT z.a, z.c FROM {z} z;"
    if "plpgsql" in world.setup[-1]:
        text = f"BEGIN {text} END"
    world.setup[-1] = world.setup[-1].replace("BODY", text)
    world.run.append(f"CALL {name}()")
    moved(world, z, target)


def trigger_names(world, z):
    """A trigger that makes its text of what it is told of itself; used by two tables."""
    draw = world.draw
    fn, target = world.name("tf"), world.target(["int", "text"])
    world.setup.append(f"CREATE TABLE {target.name}_log (c1 int, c2 text)")
    world.targets.append(f"{target.name}_log")
    world.reset.append(f"DELETE FROM {target.name}_log")
    fact = draw.one(("TG_TABLE_NAME", "TG_RELNAME"))
    put = f"EXECUTE format('INSERT INTO %I VALUES ($1, $2)', {fact} || '_log')"
    body = f"BEGIN {put} USING NEW.c1, NEW.c2; RETURN NULL; END"
    world.fires(fn, "AFTER INSERT", target.name, body)
    moved(world, z, target)
    world.copies(target.name, f"{target.name}_log", SAME)
    world.run.append(f"INSERT INTO {target.name} SELECT z.a, z.c FROM {z} z")


def in_sql(world, z):
    """A SQL body of several statements, utility ones among them."""
    forms = (
        f"SET LOCAL work_mem = '8MB'; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
        f"LOCK TABLE {z}; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z; SELECT 1;",
        f"WITH x AS (INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z RETURNING 1)"
        " SELECT count(*) FROM x;",
        f"INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z; DELETE FROM {{t}} WHERE c1 = 123456;",
    )
    moved(world, z, routine(world, world.draw.one(forms), language="sql"))


def unreadable(world, z):
    """Bodies that cannot be read in full: the rest of them is."""
    forms = (
        f"SELECT x.id INTO r FROM {z} x LIMIT 1; BEGIN v := r.nothing; EXCEPTION WHEN OTHERS THEN"
        f" NULL; END; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
        f"BEGIN SELECT v INTO v FROM (VALUES (1)) AS y(v); EXCEPTION WHEN ambiguous_column THEN"
        f" NULL; END; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
        f"BEGIN INSERT INTO nowhere SELECT 1; EXCEPTION WHEN undefined_table THEN NULL; END;"
        f" INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
        f"DO $d$ BEGIN NULL; END $d$; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
        f"BEGIN v := (r).nothing; EXCEPTION WHEN OTHERS THEN NULL; END;"
        f" INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
        f"BEGIN INSERT INTO {{t}} SELECT z.d FROM {z} z; EXCEPTION WHEN undefined_column THEN"
        " NULL; END;"
        f" INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;",
    )
    moved(world, z, routine(world, world.draw.one(forms), "DECLARE v int; r record; "))


def supported(world, z):
    """What stands behind an aggregate of the user's: routines of his."""
    step, name = world.name("step"), world.name("agg")
    y = alone(world)
    language = world.draw.one(("plpgsql", "sql"))
    text = f"coalesce(s, 0) + coalesce(v, 0) + (SELECT max(y.a) FROM {y} y)"
    text = f"BEGIN RETURN {text}; END" if language == "plpgsql" else f"SELECT {text}"
    world.setup += [
        f"CREATE FUNCTION {step}(s bigint, v int) RETURNS bigint LANGUAGE {language} AS"
        f" $b$ {text} $b$",
        f"CREATE AGGREGATE {name}(int) (sfunc = {step}, stype = bigint)",
    ]
    target = world.target(["bigint"])
    more = world.draw.one(("", f" + {name}(z.b)"))
    into(world, target, f"SELECT {name}(z.a){more} FROM {z} z", [("c1", f"{z}.a", AGGREGATION)])
    if more:
        world.direct.add((f"{z}.b", f"{target.name}.c1", "AGGREGATION", False))
    world.exact = False  # what the step reads is observed when it ran


WAYS = (
    temporary, emptied, lasting, refreshed, named, whole_rows, leaving, executed, polymorphic,
    own_settings, trigger_names, in_sql, unreadable, supported,
)


FORMS = [one_of(WAYS, "odd_body", "body")] * 3
