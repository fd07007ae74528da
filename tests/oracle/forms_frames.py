"""SQL functions that the server puts into their callers or not, and calls that never came to run.

A function of one SELECT gets a frame where the server cannot inline it; of a call that no row came
to its body is read. As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import routine
from forms_remote import needed, own_block
from forms_sole import alone, one_of
from terms import AGGREGATION, IDENTITY, TRANSFORMATION

# {w} writes and gives what it was given, {l} is a table; each keeps the server from inlining, or
# does not. All give n.
BODIES = (
    "SELECT {w}(n)", "SELECT {w}(n) GROUP BY n HAVING n IS NOT NULL", "SELECT {w}(n) HAVING true",
    "SELECT {w}(n) WINDOW x AS ()", "SELECT max({w}(n))", "SELECT max({w}(n)) OVER ()",
    "SELECT {w}(n) FROM generate_series(1, 1)", "SELECT {w}(n) UNION SELECT {w}(n)",
    "SELECT (SELECT {w}(n))", "SELECT {w}(n) WHERE n IS NOT NULL", "SELECT {w}(n) LIMIT 1",
    "SELECT {w}(n) OFFSET 0", "SELECT {w}(n) ORDER BY 1", "SELECT DISTINCT {w}(n)",
    "SELECT {w}(generate_series(n, n))", "SELECT {w}(n) + 0", "VALUES ({w}(n))",
    "WITH q AS (INSERT INTO {l} VALUES (n) RETURNING c1) SELECT c1 FROM q",
    "WITH q AS (UPDATE {l} SET c1 = n WHERE false) SELECT n",
    "WITH q AS (DELETE FROM {l} WHERE false) SELECT n",
    "WITH q AS (SELECT n AS k) SELECT {w}(k) FROM q",
    "SELECT {i}(n)", "SELECT CASE WHEN {c}() IS NULL THEN n ELSE n END", "SELECT {g}(n)",
    "SELECT {s}({w}(n))", "SELECT {o}({w}(n))", "SELECT {o}(n)",
)
OPTIONS = (
    "VOLATILE", "STABLE", "VOLATILE STRICT", "STABLE STRICT", "VOLATILE SECURITY DEFINER",
)


def _called(world, fn):
    """What the bodies call, by the letter that stands for it."""
    log = world.target(["int"])
    give = "(n int) RETURNS int LANGUAGE plpgsql"
    world.setup += [
        f"CREATE FUNCTION {fn}_w{give} AS $b$ BEGIN INSERT INTO {log.name} VALUES (n); RETURN n;"
        " END $b$",
        f"CREATE FUNCTION {fn}_s{give} STABLE STRICT AS $b$ BEGIN RETURN n; END $b$",
        f"CREATE FUNCTION {fn}_o{give} STABLE STRICT AS $b$ BEGIN RETURN n; END $b$",
        f"CREATE FUNCTION {fn}_o(n text) RETURNS int LANGUAGE plpgsql AS $b$ BEGIN RETURN 1;"
        " END $b$",
        f"CREATE FUNCTION {fn}_i(int) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'int4up'",
        f"CREATE FUNCTION {fn}_c() RETURNS text LANGUAGE c STABLE AS '$libdir/dblink',"
        " 'dblink_current_query'",
        f"CREATE AGGREGATE {fn}_g(int) (SFUNC = int4larger, STYPE = int)",
    ]
    return log, {"l": log.name} | {letter: f"{fn}_{letter}" for letter in "wsoicg"}


def one_select(world, z):
    """Bodies of one SELECT over routines that write."""
    needed(world)
    draw, fn = world.draw, world.name("fn")
    log, names = _called(world, fn)
    for at, body in enumerate(draw.some(BODIES, 4, 7)):
        target, option, rows = world.target(["int"]), draw.one(OPTIONS), draw.chance(25)
        text = body.format(**names)
        if "q AS (" in body and "SELECT n AS k" not in body:
            option = option.replace("STABLE", "VOLATILE")
        stored = draw.chance(50)
        text = f"BEGIN ATOMIC {text}; END" if stored else f"AS $f$ {text} $f$"
        world.setup.append(
            f"CREATE FUNCTION {fn}_{at}(n int) RETURNS {'SETOF ' * rows}int LANGUAGE sql {option}"
            f" {text}"
        )
        call = f"SELECT {fn}_{at}(z.a) FROM {z} z"
        if rows:
            call = f"SELECT r FROM {z} z, {fn}_{at}(z.a) r"
        world.run.append(f"INSERT INTO {target.name} {call}")
        for name in (log.name, target.name):
            world.writes(name, "c1", {(f"{z}.a", IDENTITY, False)})
    world.exact = False  # what is put into the caller; an UPDATE that finds no row


def nothing_given(world, z):
    """Functions of one SELECT that give nothing, over those that give something or nothing; and a
    text that is no SQL."""
    draw, fn = world.draw, world.name("fn")
    needed(world)
    log, names = _called(world, fn)
    target = world.target(["int"])
    world.setup.append(
        f"CREATE FUNCTION {fn}_v(n int) RETURNS void LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO"
        f" {target.name} VALUES (n); END $b$"
    )
    world.direct.add((f"{z}.a", f"{target.name}.c1", "IDENTITY", False))
    for at, body in enumerate(("SELECT {v}(n)", "SELECT {w}(n)", "SELECT {s}(n)", "SELECT 1 + n")):
        text = body.format(v=f"{fn}_v", **names)
        stored = draw.chance(50)
        text = f"BEGIN ATOMIC {text}; END" if stored else f"AS $f$ {text} $f$"
        world.setup.append(f"CREATE FUNCTION {fn}_{at}(n int) RETURNS void LANGUAGE sql {text}")
        world.run.append(f"SELECT {fn}_{at}(z.a) FROM {z} z")
    world.direct.add((f"{z}.a", f"{log.name}.c1", "IDENTITY", False))
    world.setup += [
        "SET check_function_bodies = off",
        f"CREATE FUNCTION {fn}_e(n int) RETURNS int LANGUAGE sql AS $f$ SELEC n $f$",
        f"CREATE FUNCTION {fn}_n(n int) RETURNS int LANGUAGE sql AS $f$ $f$",
        "RESET check_function_bodies",
    ]
    for name in (f"{fn}_e", f"{fn}_n"):
        world.run.append(
            f"DO $d$ BEGIN INSERT INTO {target.name} SELECT {name}(z.b) FROM {z} z;"
            " EXCEPTION WHEN OTHERS THEN NULL; END $d$"
        )


def no_row(world, z):
    """Calls that no row came to: what their bodies say, or their arguments where these are not read
    wholly."""
    draw, y = world.draw, alone(world)
    world.types.append("CREATE EXTENSION IF NOT EXISTS plpython3u")
    tmp, other, before = world.name("tmp"), world.target(["int"]), len(world.run)
    read = f"(SELECT max(y.a) FROM {y} y)"
    bodies = (
        (f"BEGIN RETURN n + {read}; END", ((z, TRANSFORMATION), (y, AGGREGATION))),
        (f"BEGIN RETURN {read}; END", ((y, AGGREGATION),)),
        (f"BEGIN IF n > 0 THEN RETURN {{me}}(n - 1); END IF; RETURN {read}; END",
         ((y, AGGREGATION),)),
        (f"DECLARE v int; BEGIN EXECUTE 'SELECT ' || n INTO v; RETURN {read}; END",
         ((z, TRANSFORMATION),)),
        (f"BEGIN CREATE TEMP TABLE {tmp} (k int); RETURN {read}; END", ((z, TRANSFORMATION),)),
        (f"BEGIN RETURN (SELECT max(k) FROM {tmp}_s); END", ((z, TRANSFORMATION),)),
        (f"BEGIN RETURN (SELECT max(k) FROM {tmp}_none); END", ((z, TRANSFORMATION),)),
        ("return n", ((z, TRANSFORMATION),)),
        ("BEGIN RETURN n; END", ((z, IDENTITY),)),
    )
    world.setup.append(f"CREATE TEMP TABLE {tmp}_s (k int)")
    for at, (body, sources) in enumerate(draw.some(bodies, 3, 6)):
        fn, target = f"{world.name('fn')}", world.target(["int"])
        language = "plpython3u" if body.startswith("return") else "plpgsql"
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE {language} AS"
            f" $f$ {body.format(me=fn)} $f$"
        )
        way = draw.below(3)
        call = f"SELECT {fn}(z.a) FROM {z} z WHERE z.id < -999999"
        if way == 0:
            world.run.append(f"INSERT INTO {target.name} {call}")
        elif way == 1:
            world.run.append(f"INSERT INTO {target.name} SELECT q.k FROM ({call}) AS q(k)")
        else:  # the session makes tables: what has been read is read again, a few times
            world.run += [
                "BEGIN",
                *(f"CREATE TABLE {fn}_{i} (k int); INSERT INTO {target.name} {call};"
                  f" DROP TABLE {fn}_{i}" for i in range(draw.one((1, 5)))),
                "COMMIT",
            ]
        for source, kind in sources:
            world.writes(target.name, "c1", {(f"{source}.a", kind, False)})
    if draw.chance(30):  # nothing is read of those in routines
        world.run.insert(before, "SET pg_lineage.track = top")
        world.run.append("RESET pg_lineage.track")
        world.exact = False
        for edge in list(world.direct):
            world.dead[edge[:2]] = "not read"
        for target in world.targets:
            world.dead[(f"{z}.a", f"{target}.c1")] = "made of the arguments"
    assert other


def no_row_supported(world, z):
    """An aggregate of the user's that no row came to; queries that functions in C run."""
    y, fn, target = alone(world), world.name("fn"), world.target(["int"])
    world.setup += [
        f"CREATE FUNCTION {fn}_s(s int, n int) RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN"
        f" greatest(s, n, (SELECT max(y.a) FROM {y} y)); END $f$",
        f"CREATE AGGREGATE {fn}(int) (SFUNC = {fn}_s, STYPE = int)",
    ]
    world.run.append(
        f"INSERT INTO {target.name} SELECT {fn}(z.a) FROM {z} z WHERE z.id < -999999"
    )
    log = world.target(["text"])
    world.run.append(
        f"INSERT INTO {log.name} SELECT s.word FROM {z} z, ts_stat($q$SELECT to_tsvector('simple',"
        f" coalesce(c, '')) FROM {y}$q$) AS s WHERE z.id < -999999"
    )
    for relation, at in ((target.name, "a"), (log.name, "c")):
        for source in (z, y):
            world.dead[(f"{source}.{at}", f"{relation}.c1")] = "no row comes"
    world.exact = False


def locked(world, z):
    """A body that cannot be read, since another session holds what it reads; in the next
    transaction it can."""
    needed(world)
    y, fn = alone(world), world.name("fn")
    target, later = world.target(["int"]), world.target(["int"])
    world.setup.append(
        f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN"
        f" (SELECT max(y.a) FROM {y} y); END $f$"
    )
    call, far = f"SELECT {fn}(z.a) FROM {z} z WHERE z.id < -999999", f"'lock{world.seed}'"
    own_block(
        world, y,
        f"PERFORM dblink_connect({far}, here); BEGIN PERFORM dblink_exec({far}, format('BEGIN; LOCK"
        f" TABLE %I.{y}', current_schema())); INSERT INTO {target.name} {call};"
        f" PERFORM dblink_exec({far}, 'COMMIT'); EXCEPTION WHEN OTHERS THEN"
        f" PERFORM dblink_disconnect({far}); RAISE; END; PERFORM dblink_disconnect({far});",
    )
    world.run.append(f"INSERT INTO {later.name} {call}")
    world.writes(target.name, "c1", {(f"{z}.a", TRANSFORMATION, False)})
    world.writes(later.name, "c1", {(f"{y}.a", AGGREGATION, False)})
    world.exact = False  # it has been read before from the second run on
    world.dead[(f"{y}.a", f"{target.name}.c1")] = "no row comes"


def recursive_calls(world, z):
    """Calls in a recursive CTE, which go on with what they gave; in a body, too."""
    draw, fn = world.draw, world.name("fn")
    target = world.target(["int", "text"])
    world.need_composite()
    language = draw.one(
        ("plpgsql AS $b$ BEGIN RETURN n; END $b$", "sql STABLE AS $b$ SELECT n $b$")
    )
    world.setup.append(f"CREATE FUNCTION {fn}(n int) RETURNS int LANGUAGE {language}")
    world.setup.append(
        f"CREATE FUNCTION {fn}_p(p pair) RETURNS text LANGUAGE plpgsql AS $b$ BEGIN RETURN p.f2;"
        " END $b$"
    )
    put = (
        f"INSERT INTO {target.name} WITH RECURSIVE q AS (SELECT z.a AS k, z.c AS w, 0 AS m FROM"
        f" {z} z UNION ALL SELECT {fn}(q.k), {fn}_p(ROW(q.k, q.w)::pair), q.m + 1 FROM q WHERE"
        " q.m < 2) SELECT q.k, q.w FROM q"
    )
    if draw.chance(50):
        routine(world, f"{put};", target=target)
    else:
        world.run.append(put)
    for at, source in (("c1", "a"), ("c2", "c")):
        world.writes(target.name, at, {(f"{z}.{source}", IDENTITY, False)})


WAYS = (
    one_select, nothing_given, no_row, no_row_supported, locked, recursive_calls,
)


FORMS = [one_of(WAYS, "frames", "frames")]
