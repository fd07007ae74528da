"""Forms over dblink: what another connection gives. At its other end is the database of the case
itself, so that changed data show. What leads nowhere stands in statements that call nothing: there
the names of the datasets alone are judged.

As in forms_rare.py: over tables that nothing else reads.
"""

from case import OWN
from forms_outside import EXTENSION, LOOPBACK
from forms_sole import one_of
from terms import AGGREGATION, IDENTITY, KINDS, TRANSFORMATION

DB, PORT = "current_database()", "current_setting('port')"
DIR = "split_part(current_setting('unix_socket_directories'), ',', 1)"
HERE = (
    f"format('dbname=%s host=%s port=%s user=%s', {DB}, {DIR}, {PORT}, current_user)",
    f"format(' user = %s  host = ''%s''  dbname=''%s'' port=%s', current_user, {DIR}, {DB},"
    f" {PORT})",
    f"format('host=%s,%1$s port=%s,%2$s dbname=%s user=%s', {DIR}, {PORT}, {DB}, current_user)",
    f"format('postgresql://%s@%s:%s/%s', current_user, replace({DIR}, '/', '%2F'), {PORT}, {DB})",
    f"format('postgres:///%s?host=%s&user=%s&port=%s', {DB}, replace({DIR}, '/', '%2f'),"
    f" current_user, {PORT})",
)
# What libpq would make of it, or could not: NULL where that is not known, or may hold a password.
STRINGS = (
    ("host=h port=1 dbname=d", "postgresql://h:1/d"),
    ("host = ' h i' port='77' dbname = a\\ b", "postgresql://%20h%20i:77/a%20b"),
    ("host=Ärger port=1 dbname=D-9_x.$", "postgresql://%C3%84rger:1/D-9_x.%24"),
    ("host=h port=x dbname=d", None),
    ("host=h1,h2 port=1,2 dbname=d", "postgresql://h1:1/d"),
    ("hostaddr=::1 port=5 dbname=d", "postgresql://[::1]:5/d"),
    ("host=h hostaddr=::1 port=5 dbname=d", "postgresql://h:5/d"),
    ("host='' hostaddr=10.0.0.1 port=5 dbname=d", "postgresql://10.0.0.1:5/d"),
    ("host=h port=5 dbname=d service=s", "postgresql://h:5/d"),
    ("service=s port=5 dbname=d", "postgresql:///d"),
    ("service=s", "postgresql:///"),
    ("host=h port=1 dbname=d user", None),
    ("host='h port=1 dbname=d", None),
    ("host=h:1 port=1 dbname=d", None),
    (f"host={'a:' * 40} port=1 dbname=d", None),
    (f"host={'h' * 256} port=1 dbname=d", None),
    ("host=h port=1 dbname=d%b", None),
    ("host=h port=1 user=u", "postgresql://h:1/u"),
    ("postgresql://h:1/d", "postgresql://h:1/d"),
    ("postgres://u:p@h:1/d", "postgresql://h:1/d"),
    ("postgresql://%75@h:1", "postgresql://h:1/u"),
    ("postgresql://%zz@h:1/d", None),
    ("postgresql://[::1]:5/d", "postgresql://[::1]:5/d"),
    ("postgresql://[::1", None),
    ("postgresql://h%zz:1/d", None),
    ("postgresql://h%4:1/d", None),
    ("postgresql://h%00:1/d", None),
    ("postgresql://h%4", None),
    ("postgresql://h%7z:1/d", None),
    ("postgresql://h%5F%5f:1/d", "postgresql://h__:1/d"),
    ("postgresql://h:%zz/d", None),
    ("postgresql://h:1/%zz", None),
    ("postgresql://h:1/d?sslmode=require&host=g", "postgresql://g:1/d"),
    ("postgresql://h:1?dbname=d", "postgresql://h:1/d"),
    ("postgresql://h:1/d?sslmode", None),
    ("postgresql://h:1/d?host=%zz", None),
    ("postgresql://h:1,g:2/d", "postgresql://h:1/d"),
    ("mysql://h:1/d", None),
    ("away", "dblink:away"),
    ("a%way", None),
    ("host=h~ port=1 dbname=d", None),
    ("host=h port=1 dbname=d\\", None),
    ("postgresql://h%!1/d", None),
    ("postgresql://h:1/d%:1", None),
    ("postgresql://h:1/d%4g", None),
)
# Without host, port or name the environment of the server's process says where to look.
UNSAID = (
    "x=postgresql://h", "away=", "dbname=d", "postgresql://[::1]/d", "postgresql://h,g:2/d",
    "host=h", "host=h service=s",
)
PULL = "EXECUTE format($q$INSERT INTO {0} SELECT r.x, r.y FROM {1} AS r(x int, y text)$q${2});"

NOWHERE = (
    "INSERT INTO {0} SELECT r.x, r.y FROM dblink({1}, 'q') AS r(x int, y text) WHERE false"
)


def needed(world):
    """What the forms need is there."""
    for sql in (EXTENSION.format("dblink"), EXTENSION.format("postgres_fdw"), LOOPBACK):
        if sql not in world.types:
            world.types.append(sql)


def _ready(world):
    needed(world)
    return world.target(["int", "text"])


def _arrives(world, dataset, target, kind=IDENTITY, columns=("x", "y")):
    for name, at in zip(columns, ("c1", "c2")):
        world.direct.add((f"{dataset}.{name}", f"{target.name}.{at}", KINDS[kind], False))


def _holds(world, z, dataset, columns=("x", "y")):
    """The columns of the dataset are z.a and z.c."""
    for name, source in zip(columns, ("a", "c")):
        world.outside.add((dataset, name, z, source))


def own_block(world, z, text):
    """A DO block that knows how to reach the own database (`here`) and what to ask it (`what`)."""
    world.run.append(
        f"DO $do$ DECLARE here text := {world.draw.one(HERE)}; what text := format('SELECT a, c"
        f" FROM %I.{z}', current_schema()); BEGIN {text} END $do$"
    )


def by_string(world, z):
    """A connection string in the statement; columns that are computed with, or only counted."""
    draw, target = world.draw, _ready(world)
    call, given = draw.one(("dblink(%L, %L)", "dblink(%L, %L, true)")), ", here, what"
    form = draw.below(4)
    if form == 0:
        text = PULL.format(target.name, call, given)
        _arrives(world, OWN, target)
    elif form == 1:  # each call has columns of its own, and a number that nothing is read for
        text = (
            f"EXECUTE format($q$INSERT INTO {target.name} SELECT max(q.v) + max(r.n * 0), max(q.w)"
            f" FROM dblink(%L, %L) AS q(v int, w text), ROWS FROM ({call} AS (x int, y text))"
            f" WITH ORDINALITY AS r(x, y, n)$q${given}{given});"
        )
        _arrives(world, OWN, target, AGGREGATION, ("v", "w"))
        _holds(world, z, OWN, ("v", "w"))
    elif form == 2:
        text = (
            f"EXECUTE format($q$INSERT INTO {target.name} (c1) SELECT count(*) FROM {call}"
            f" AS r(x int, y text)$q${given});"
        )
    else:
        text = (
            f"EXECUTE format($q$INSERT INTO {target.name} SELECT (ARRAY[r.x])[1], lower(r.y)"
            f" FROM {call} AS r(x int, y text)$q${given});"
        )
        _arrives(world, OWN, target, TRANSFORMATION)
    _holds(world, z, OWN)
    own_block(world, z, text)


def _fetched(world, name, target):
    """The ways to fetch something from a connection; '' is the one without a name."""
    draw = world.draw
    first = f"{name}, " if name else ""
    form = draw.below(3 if name else 2)
    if form == 0:
        return PULL.format(target.name, f"dblink({first}%L)", ", what")
    if form == 1:
        return (
            f"PERFORM dblink_open({first}'cur', what); "
            + PULL.format(target.name, f"dblink_fetch({first}'cur', 100)", "")
            + f" PERFORM dblink_close({first}'cur');"
        )
    return (
        f"PERFORM dblink_send_query({name}, what); "
        + PULL.format(target.name, f"dblink_get_result({name})", "")
        + f" PERFORM * FROM dblink_get_result({name}) AS r(x int, y text);"
    )


def by_name(world, z):
    """Connections with names, and the one without: a name stands for what it was connected to."""
    target, name = _ready(world), f"'far{world.seed}'"
    connect, dataset = world.draw.one(
        (
            (f"EXECUTE format($q$SELECT dblink_connect({name}, %L)$q$, here);", OWN),
            (f"PERFORM dblink_connect({name}, 'oracle_loop');", OWN),
            (f"PERFORM dblink_connect({name}, here);", f"dblink:{name[1:-1]}"),
            (f"PERFORM dblink_connect(lower({name}), here);", f"dblink:{name[1:-1]}"),
            ("EXECUTE format($q$SELECT dblink_connect(%L)$q$, here);", OWN),
            ("PERFORM dblink_connect('oracle_loop');", OWN),
            ("PERFORM dblink_connect(here);", "dblink:"),
        )
    )
    name = name if name in connect else ""
    text, leave = _fetched(world, name, target), f"PERFORM dblink_disconnect({name});"
    own_block(
        world, z,
        f"{connect} BEGIN {text} EXCEPTION WHEN OTHERS THEN {leave} RAISE; END; {leave}",
    )
    _arrives(world, dataset, target)
    _holds(world, z, dataset)


def by_routine(world, z):
    """Connections that only variables name; a name in a body, connected before it runs."""
    draw, target = world.draw, _ready(world)
    form, far = draw.below(4), f"'far{world.seed}'"
    dataset = (OWN, OWN, "dblink:", OWN)[form]
    source = "FROM dblink({0}, {1}) AS q(x int, y text)"
    if form == 2:
        own_block(
            world, z,
            f"INSERT INTO {target.name} SELECT q.x, q.y {source.format('here', 'what')};",
        )
    elif form == 3:
        read = source.format("'oracle_loop'", "what")
        own_block(world, z, f"INSERT INTO {target.name} SELECT q.x, q.y {read};")
    else:
        name = world.name("pr")
        body = (
            f"INSERT INTO {target.name} SELECT q.x, q.y {source.format(far, 'what')};",
            f"FOR r IN SELECT * {source.format(far, 'what')} LOOP INSERT INTO {target.name}"
            " VALUES (r.x, r.y); END LOOP;",
        )[form]
        world.setup.append(
            f"CREATE PROCEDURE {name}(what text) LANGUAGE plpgsql AS $b$ DECLARE r record; BEGIN"
            f" {body} END $b$"
        )
        own_block(
            world, z,
            f"EXECUTE format($q$SELECT dblink_connect({far}, %L)$q$, here); CALL {name}(what);"
            f" PERFORM dblink_disconnect({far});",
        )
    _arrives(world, dataset, target)
    _holds(world, z, dataset)


def own_function(world, z):
    """dblink's functions under names of the user's, with row types of his."""
    draw, fn, target = world.draw, world.name("fn"), _ready(world)
    form, dataset = draw.below(4), OWN
    if form == 3:  # an operator connects: nothing is known of what for
        far = f"far{world.seed}"
        world.setup.append(
            "CREATE OPERATOR <=@=> (LEFTARG = text, RIGHTARG = text, FUNCTION = dblink_connect)"
        )
        world.run += [
            f"SELECT '{far}'::text <=@=> 'host=h port=1 dbname=d'::text WHERE false",
            NOWHERE.format(target.name, f"'{far}'"),
        ]
        _arrives(world, f"dblink:{far}", target)
        return
    library = draw.one(("$libdir/dblink", "dblink"))
    given = ("text, text", "text, text", "")[form]
    result = ("record", "far", "record")[form]
    if form == 1:
        world.types.append("CREATE TYPE far AS (x int, y text)")
    world.setup.append(
        f"CREATE FUNCTION {fn}({given}) RETURNS SETOF {result} LANGUAGE c AS '{library}',"
        " 'dblink_record'"
    )
    row = "r(x, y)" if form == 1 else "r(x int, y text)"
    put = f"INSERT INTO {target.name} SELECT r.x, r.y FROM {fn}"
    if form == 2:  # of the connection without a name
        dataset = "postgresql://h:1/d"
        world.run += [
            "SELECT dblink_connect('host=h port=1 dbname=d') WHERE false",
            f"{put}() AS {row} WHERE false",
        ]
    else:
        own_block(world, z, f"EXECUTE format($q${put}(%L, %L) AS {row}$q$, here, what);")
        _holds(world, z, dataset)
    _arrives(world, dataset, target)


def odd_strings(world, z):
    """Connection strings that lead nowhere, in statements that call nothing."""
    draw = world.draw
    target = _ready(world)
    for text, uri in draw.some(STRINGS, 6, 10):
        far, quoted = f"far{len(world.run)}_{world.seed}", "'" + text.replace("'", "''") + "'"
        dataset, form = uri or "dblink:", draw.below(8)
        if form == 0:  # a name that it was given
            world.run.append(f"SELECT dblink_connect('{far}', {quoted}) WHERE false")
            quoted = f"'{far}'"
            if dataset.startswith("dblink:"):
                dataset = f"dblink:{far}"
        elif form == 1:
            quoted, dataset = draw.one(("NULL::text", f"{quoted}::varchar")), "dblink:"
        world.run.append(NOWHERE.format(target.name, quoted))
        _arrives(world, dataset, target)
        target = world.target(["int", "text"])
    if draw.chance(30):
        away = world.name("n")
        world.setup.append(f"CREATE TABLE {away} (x int, y text)")
        world.run.append(NOWHERE.format(away, f"'{draw.one(UNSAID)}'"))
        world.exact = False


def far_away(world, z):
    """More connections than are kept; one whose name is too long to be."""
    target, long = _ready(world), "h" * 250
    count, target_of = world.draw.one((10, 1010)), world.draw.one(("host={} port=1 dbname=d", "{}"))
    world.run += [
        f"SELECT dblink_connect('far{world.seed}', '{target_of.format(long)}') WHERE false",
        f"DO $do$ BEGIN FOR i IN 1..{count} LOOP EXECUTE format('SELECT dblink_connect(%L, %L)"
        f" WHERE false', 'far{world.seed}_' || i, 'host=h port=1 dbname=d'); END LOOP; END $do$",
        NOWHERE.format(target.name, f"'far{world.seed}'"),
    ]
    _arrives(world, f"dblink:far{world.seed}", target)


WAYS = (by_string, by_name, by_routine, own_function, odd_strings, far_away)

FORMS = [one_of(WAYS, "remote", "remote")]
