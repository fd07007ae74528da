"""Objects that are put together in odd ways: rules, triggers, types, indexes, schemas left out.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, one_of
from terms import AGGREGATION, IDENTITY, TRANSFORMATION
from world import SAME


def within(world, z):
    """A routine that asks for all bodies to be read, its own among them, while it runs."""
    fn, target = world.name("fn"), world.target(["int", "text"])
    world.setup.append(
        f"CREATE FUNCTION {fn}(w text) RETURNS text LANGUAGE plpgsql AS $b$ BEGIN"
        f" INSERT INTO {target.name} SELECT z.a, z.c FROM {z} z;"
        " PERFORM lineage.snapshot_schema(current_schema()); RETURN w; END $b$"
    )
    world.run.append(f"""SELECT {fn}('x' COLLATE "{world.draw.one(('POSIX', 'C'))}")""")
    moved(world, z, target)


def any_record(world, z):
    """A record of no known type as an argument."""
    fn, target = world.name("fn"), world.target(["int", "text"])
    world.setup.append(
        f"CREATE FUNCTION {fn}(p record) RETURNS void LANGUAGE plpgsql AS $b$ BEGIN"
        f" INSERT INTO {target.name} VALUES (p.a, p.c); END $b$"
    )
    loop = f"FOR r IN SELECT z.a, z.c FROM {z} z LOOP PERFORM {fn}(r); END LOOP;"
    routine(world, loop, "DECLARE r record; ", target=target)
    moved(world, z, target)
    world.exact = False
    for source, at in (("a", "c2"), ("c", "c1")):
        world.dead[(f"{z}.{source}", f"{target.name}.{at}")] = "a record of no type is one value"


def both_tables(world, z):
    """A trigger that sees what was and what is, row by row or as two tables."""
    fn, log = world.name("tf"), world.target(["int", "text"])
    if world.draw.chance(50):
        given, level = f"INSERT INTO {log.name} VALUES (OLD.a, NEW.c)", "FOR EACH ROW"
    else:
        given = f"INSERT INTO {log.name} SELECT o.a, n.c FROM was o JOIN now_ n ON o.id = n.id"
        level = "REFERENCING OLD TABLE AS was NEW TABLE AS now_ FOR EACH STATEMENT"
    world.fires(fn, "AFTER UPDATE", z, f"BEGIN {given}; RETURN NULL; END", level)
    world.run.append(f"UPDATE {z} SET b = 5 WHERE id > 1")
    moved(world, z, log)


def swallowed(world, z):
    """BEFORE triggers that let no row through, all of them, or put others in their place."""
    draw, fn = world.draw, world.name("tf")
    table, log = world.target(["int", "text"]), world.target(["int", "text"])
    ends = draw.one(
        (
            "RETURN NULL;",
            "RETURN NEW;",
            "IF NEW.c1 > 2 THEN RETURN NULL; END IF; RETURN NEW;",
            f"IF NEW.c1 > 2 THEN NEW.c2 := 'x'; RETURN NEW; END IF;"
            f" NEW.c2 := (SELECT max(x.c) FROM {z} x); RETURN NEW;",
        )
    )
    put = f"INSERT INTO {log.name} VALUES (NEW.c1, NEW.c2);"
    world.fires(fn, "BEFORE INSERT", table.name, f"BEGIN {put} {ends} END")
    world.run.append(f"INSERT INTO {table.name} SELECT z.a, z.c FROM {z} z")
    world.copies(z, table.name)
    world.copies(table.name, log.name, SAME)
    if "max(" in ends:
        world.direct.add((f"{z}.c", f"{table.name}.c2", "AGGREGATION", False))
        world.exact = False  # the branch may not be taken


def standard_body(world, z):
    """Functions whose body is one expression, stored as it was analysed."""
    draw, fn, y = world.draw, world.name("fn"), alone(world)
    language = draw.one(("sql", "plpgsql"))
    if draw.chance(50):
        world.setup.append(f"CREATE FUNCTION {fn}(n int) RETURNS int RETURN n")
        kind, sources = IDENTITY, {(f"{z}.a", IDENTITY, False)}
    else:
        world.setup.append(
            f"CREATE FUNCTION {fn}(n int) RETURNS int SECURITY DEFINER"
            f" RETURN n + (SELECT max(y.a) FROM {y} y)"
        )
        kind, sources = AGGREGATION, {(f"{z}.a", TRANSFORMATION, False)}
        sources.add((f"{y}.a", kind, False))
    target = routine(
        world, f"INSERT INTO {{t}} SELECT {fn}(z.a), z.c FROM {z} z;", language=language
    )
    world.writes(target.name, "c1", sources)
    world.writes(target.name, "c2", {(f"{z}.c", IDENTITY, False)})


def odd_texts(world, z):
    """Texts to execute that the body does not tell: of an own type, of a field, of nothing."""
    draw = world.draw
    form = draw.below(5)
    declares = "DECLARE r record; q text; n int; "
    if form == 0:
        world.setup += [
            "CREATE TYPE own",
            "CREATE FUNCTION own_in(cstring) RETURNS own LANGUAGE internal IMMUTABLE STRICT"
            " AS 'textin'",
            "CREATE FUNCTION own_out(own) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT"
            " AS 'textout'",
            "CREATE TYPE own (INPUT = own_in, OUTPUT = own_out, LIKE = text)",
        ]
        body = f"EXECUTE 'INSERT INTO {{t}} SELECT a, c FROM ' || ('{z}'::own)::text;"
    elif form == 1:
        body = (
            f"FOR r IN SELECT z.a, z.c, '{{t}}' AS t FROM {z} z LOOP"
            " EXECUTE 'INSERT INTO ' || r.t || ' VALUES ($1, $2)' USING r.a, r.c; END LOOP;"
        )
    elif form == 2:
        body = (
            "BEGIN EXECUTE 'SELECT ' || NULL::text; EXCEPTION WHEN OTHERS THEN NULL; END;"
            f" INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z;"
        )
    elif form == 3:
        body = (
            f"EXECUTE 'SELECT $1' INTO n USING 5; INSERT INTO {{t}} SELECT z.a, z.c FROM {z} z"
            " WHERE n = 5;"
        )
    else:  # a name in a variable of another type
        body = f"q := ('{z}'::varchar); EXECUTE 'INSERT INTO {{t}} SELECT a, c FROM ' || q;"
    moved(world, z, routine(world, body, declares))


def remade(world, z):
    """Bodies that make materialised views and tables in ways that are rare."""
    draw, name = world.draw, world.name("m")
    form = draw.below(5)
    read = f"INSERT INTO {{t}} SELECT m.c1, m.c2 FROM {name} m;"
    query = f"SELECT z.a AS c1, z.c AS c2 FROM {z} z"
    drop = f"DROP TABLE IF EXISTS {name};"
    if form == 0:
        body = f"DROP MATERIALIZED VIEW IF EXISTS {name}; CREATE MATERIALIZED VIEW {name} AS"
        target = routine(world, f"{body} {query}; {read}")
        world.copies(z, name)
        world.copies(name, target.name, SAME)
        return
    if form == 1:
        world.setup.append(f"CREATE MATERIALIZED VIEW {name} AS {query} WITH NO DATA")
        world.copies(z, name)
        body = f"REFRESH MATERIALIZED VIEW {name} WITH NO DATA; REFRESH MATERIALIZED VIEW {name};"
        world.copies(name, routine(world, f"{body} {read}").name, SAME)
        return
    if form == 2:
        if draw.chance(50):
            world.setup.append(f"CREATE RULE q AS ON INSERT TO {z} DO ALSO NOTIFY told")
        body = (
            f"BEGIN REFRESH MATERIALIZED VIEW {z}; EXCEPTION WHEN OTHERS THEN NULL; END;"
            f" INSERT INTO {{t}} {query};"
        )
    elif form == 3:
        body = f"{drop} CREATE TEMP TABLE {name} AS {query} ORDER BY z.b; {read}"
    else:
        world.need_composite()
        body = (
            f"{drop} CREATE TEMP TABLE {name} OF pair (f1 WITH OPTIONS DEFAULT 3);"
            f" INSERT INTO {name} {query}; INSERT INTO {{t}} SELECT m.f1, m.f2 FROM {name} m;"
        )
    moved(world, z, routine(world, body))


def odd_rules(world, z):
    """Rules that read their own table, that stand on a view, that fill a temporary table."""
    draw, stored = world.draw, world.target(["int", "text"])
    log, form = world.target(["int", "text"]), draw.below(3)
    named = stored.name
    if form == 0:
        read = draw.one((stored.name, f"{stored.name} AS x"))
        world.setup.append(
            f"CREATE RULE r AS ON INSERT TO {stored.name} DO ALSO INSERT INTO {log.name}"
            f" SELECT NEW.c1, (SELECT max(c2) FROM {read})"
        )
        world.direct.add((f"{z}.a", f"{log.name}.c1", "IDENTITY", False))
        world.direct.add((f"{stored.name}.c2", f"{log.name}.c2", "AGGREGATION", False))
    elif form == 1:
        named = world.name("v")
        world.setup += [
            f"CREATE VIEW {named} AS SELECT c1, c2 FROM {stored.name}",
            f"CREATE RULE i AS ON INSERT TO {named} DO INSTEAD INSERT INTO {stored.name} VALUES"
            " (NEW.c1, NEW.c2)",
            f"CREATE RULE j AS ON INSERT TO {named} DO ALSO INSERT INTO {log.name} VALUES"
            " (NEW.c1, NEW.c2)",
        ]
        world.copies(stored.name, named, SAME)
        world.copies(z, log.name)
    else:
        tmp = world.name("tmp")
        world.setup += [
            f"CREATE TEMP TABLE {tmp} (k int, w text)",
            f"CREATE RULE r AS ON INSERT TO {stored.name} DO ALSO INSERT INTO {tmp} VALUES"
            " (NEW.c1, NEW.c2)",
        ]
        world.reset.append(f"DELETE FROM {tmp}")
        world.copies(z, log.name)
    world.copies(z, stored.name)
    world.run.append(f"INSERT INTO {named} SELECT z.a, z.c FROM {z} z")
    if form == 2:
        world.run.append(f"INSERT INTO {log.name} SELECT x.k, x.w FROM {tmp} x")


def left_out(world, z):
    """Schemas that the operator leaves out, and our own: they are no nodes."""
    draw, target = world.draw, world.target(["int", "text"])
    world.setup += [
        "CREATE SCHEMA IF NOT EXISTS oracle_ignored",
        "CREATE TABLE IF NOT EXISTS oracle_ignored.t (k int, w text)",
        "SET pg_lineage.ignore_schemas = 'oracle_ignored'",
        "CREATE OR REPLACE PROCEDURE oracle_ignored.pr() LANGUAGE sql AS"
        " $b$ DELETE FROM oracle_ignored.t $b$",
        "CREATE OR REPLACE VIEW oracle_ignored.v AS SELECT k FROM oracle_ignored.t",
        "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS"
        " $b$ BEGIN RETURN NULL; END $b$",
        "CREATE TRIGGER x AFTER DELETE ON oracle_ignored.t FOR EACH ROW EXECUTE FUNCTION gone()",
    ]
    world.reset.append("DELETE FROM oracle_ignored.t")
    world.run += [
        f"INSERT INTO oracle_ignored.t SELECT z.a, z.c FROM {z} z",
        "CALL oracle_ignored.pr()",
        "SELECT lineage.snapshot_schema('oracle_ignored')",
    ]
    where = draw.one(("oracle_ignored.t o WHERE o.k = -5", "lineage.queue q WHERE q.id < 0"))
    world.run.append(
        f"INSERT INTO {target.name} SELECT z.a, z.c FROM {z} z WHERE NOT EXISTS"
        f" (SELECT FROM {where})"
    )
    moved(world, z, target)


def conflicts(world, z):
    """What may conflict: named columns, any unique index, an exclusion; columns left out."""
    draw, name = world.draw, world.name("t")
    world.setup.append(
        f"CREATE TABLE {name} (gone int, id int CONSTRAINT {name}_key UNIQUE, c1 int, c2 text,"
        " c3 int, EXCLUDE USING btree (c3 WITH =))"
    )
    world.setup += [
        f"ALTER TABLE {name} DROP COLUMN gone",
        f"CREATE INDEX ON {name} (c1)",
        f"CREATE UNIQUE INDEX ON {name} (lower(c2), id)",
    ]
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    form = draw.below(4)
    where = (
        "(id) DO UPDATE SET c2 = excluded.c2, c1 = excluded.c1",
        f"ON CONSTRAINT {name}_key DO UPDATE SET c2 = excluded.c2",
        "DO NOTHING",
        "(lower(c2), id) DO NOTHING",
    )[form]
    columns, given = "c2, id", "z.c, z.id"
    world.copies(z, name, (("c", "c2"), ("id", "id")))
    if form == 2 and draw.chance(50):
        columns, given = "c2, id, c3", "z.c, z.id, z.b"
        world.copies(z, name, (("b", "c3"),))
        world.deciding.add((f"{z}.b", name, "FILTER"))
    world.deciding.add((f"{z}.id", name, "FILTER"))
    world.run.append(
        f"INSERT INTO {name} ({columns}) SELECT {given} FROM {z} z ON CONFLICT {where}"
    )


def unchanged(world, z):
    """Its values stay: what decides about its rows is not known, as nobody watched."""
    for table in world.tables:
        table.perturbed = table.perturbed and table.name != z


def cursors(world, z):
    """WHERE CURRENT OF cursors of which nothing is known, or only when it runs."""
    draw, y = world.draw, alone(world)
    form = draw.below(3)
    world.targets.append(z)
    unchanged(world, z)
    if form == 0:
        routine(
            world,
            f"FOR r IN cur LOOP UPDATE {z} SET b = (SELECT max(y.a) FROM {y} y)"
            " WHERE CURRENT OF cur; END LOOP;",
            f"DECLARE cur CURSOR FOR SELECT * FROM {z} WHERE a > 1 FOR UPDATE; ",
        )
    else:
        declare = f"DECLARE cur CURSOR FOR SELECT * FROM {z} z ORDER BY z.a FOR UPDATE"
        if form == 2:
            declare = f"SET LOCAL pg_lineage.enabled = off; {declare};"
            declare += " SET LOCAL pg_lineage.enabled = on"
        world.run += [
            f"BEGIN; {declare}; FETCH 1 FROM cur",
            f"UPDATE {z} SET b = (SELECT max(y.a) FROM {y} y) WHERE CURRENT OF cur",
            "COMMIT",
        ]
    world.direct.add((f"{y}.a", f"{z}.b", "AGGREGATION", False))


WAYS = (
    within, any_record, both_tables, swallowed, standard_body, odd_texts, remade, odd_rules,
    left_out, conflicts, cursors,
)


FORMS = [one_of(WAYS, "oddity", "odd")] * 3
