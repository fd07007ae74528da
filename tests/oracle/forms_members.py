"""Members of families of tables, seldom constraints, wide tables; queries with several of a kind.

As in forms_rare.py: over tables that nothing else reads.
"""

from forms_bodies import moved, routine
from forms_sole import alone, one_of
from terms import IDENTITY, TRANSFORMATION
from world import SAME


def _family(world, z, extra=""):
    """A table with a dropped column that has a temporary child, which holds a row for each of z."""
    name, child = world.name("t"), world.name("tmp")
    world.setup += [
        f"CREATE TABLE {name} (gone int, id int, c1 int, c2 text{extra})",
        f"ALTER TABLE {name} DROP COLUMN gone",
        f"CREATE TEMP TABLE {child} (more int) INHERITS ({name})",
    ]
    world.targets.append(name)
    world.reset += [f"DELETE FROM {name}"]
    world.run.append(f"INSERT INTO {child} (id, more) SELECT z.id, z.b FROM {z} z")
    world.exact = False
    for column in ("id", "b"):
        for at in ("id", "c1", "c2", "g"):
            world.dead[(f"{z}.{column}", f"{name}.{at}")] = "rows of the child"
    return name, child


def temporary_members(world, z):
    """UPDATE and MERGE of a table with a temporary child, by name, through a view, ONLY."""
    draw = world.draw
    form = draw.below(6)
    name, child = _family(
        world, z, ", g text GENERATED ALWAYS AS (upper(c2) || id) STORED" * (form == 3)
    )
    target = world.target(["int", "text"])
    sets = "SET c1 = z.a, c2 = z.c"
    if form == 0:
        world.run.append(f"UPDATE {name} x {sets} FROM {z} z WHERE z.id = x.id")
    elif form == 1:
        world.run.append(
            f"MERGE INTO {name} x USING {z} z ON z.id = x.id WHEN MATCHED THEN UPDATE {sets}"
            " WHEN NOT MATCHED THEN INSERT (id, c1, c2) VALUES (z.id, z.a, z.c)"
        )
    elif form == 2:  # whose CHECK OPTION looks at the row
        view = world.name("u")
        world.setup.append(
            f"CREATE VIEW {view} AS SELECT id, c1, c2 FROM {name} w WHERE w.c1 IS NULL OR w.c1 >"
            " -99999 OR w.id > -9999 WITH CHECK OPTION"
        )
        world.run.append(f"UPDATE {view} x {sets} FROM {z} z WHERE z.id = x.id")
    elif form == 3:
        world.run.append(f"UPDATE {name} x {sets} FROM {z} z WHERE z.id = x.id")
        world.run.append(f"INSERT INTO {target.name} (c2) SELECT x.g FROM {child} x")
        world.dead[(f"{z}.id", f"{target.name}.c2")] = "of the generated column"
        world.dead[(f"{z}.c", f"{target.name}.c2")] = "of the generated column"
        for at in ("id", "c2"):
            world.dead[(f"{name}.{at}", f"{name}.g")] = "only the child has rows"
    elif form == 4:  # no row of the child is changed
        world.run += [
            f"UPDATE ONLY {name} x {sets} FROM {z} z WHERE z.id = x.id",
            f"UPDATE {child} x {sets} FROM {z} z WHERE z.id = x.id",
        ]
    else:  # a whole row of the family
        world.run.append(f"UPDATE {name} x {sets} FROM {z} z WHERE z.id = x.id")
        log = world.target(["text"])
        world.run.append(f"INSERT INTO {log.name} SELECT x::text FROM {name} x")
        for source in ("id", "a", "b", "c"):
            world.dead[(f"{z}.{source}", f"{log.name}.c1")] = "a row as a whole"
        for at in ("id", "c1", "c2"):
            world.dead[(f"{name}.{at}", f"{log.name}.c1")] = "only the child has rows"
    world.run.append(f"INSERT INTO {target.name} SELECT x.c1, x.c2 FROM {child} x")
    moved(world, z, target)


def excluded(world, z):
    """A constraint that excludes decides about conflicts, as a unique index does; another index
    does not."""
    name = world.name("t")
    world.setup += [
        f"CREATE TABLE {name} (c1 int, c2 text, EXCLUDE USING btree (c1 WITH =))",
        f"CREATE INDEX ON {name} (c2)",
    ]
    world.targets.append(name)
    world.reset.append(f"DELETE FROM {name}")
    where = world.draw.one(("", f" ON CONSTRAINT {name}_c1_excl"))
    world.run.append(
        f"INSERT INTO {name} SELECT z.a, z.c FROM {z} z ORDER BY z.id ON CONFLICT{where} DO NOTHING"
    )
    world.copies(z, name)
    world.deciding.add((f"{z}.a", name, "FILTER"))


def wide(world, z):
    """A temporary table of many columns, filled from its end."""
    name, target = world.name("tmp"), world.target(["int", "text"])
    columns = ", ".join(f"k{i} int, w{i} text" for i in range(12))
    world.run += [
        f"CREATE TEMP TABLE {name} ({columns})",
        f"INSERT INTO {name} (k1) SELECT z.b FROM {z} z",
        f"INSERT INTO {name} (w11, k11) SELECT z.c, z.a FROM {z} z",
        f"INSERT INTO {target.name} SELECT k11, w11 FROM {name}",
        f"BEGIN; DROP TABLE {name}; ROLLBACK",
        f"INSERT INTO {target.name} SELECT k11, w11 FROM {name}",
        f"BEGIN; SAVEPOINT s; DROP TABLE {name}; ROLLBACK TO s; DROP TABLE {name}; COMMIT",
    ]
    world.reset.append(f"DROP TABLE IF EXISTS {name}")
    moved(world, z, target)


def members_fire(world, z):
    """Triggers of a partitioned table, which its partitions have too; one that is disabled."""
    draw, fn, log = world.draw, world.name("tf"), world.target(["int", "text"])
    root = world.name("t")
    world.setup += [
        f"CREATE TABLE {root} (c1 int, c2 text) PARTITION BY LIST (c1)",
        f"CREATE TABLE {root}_p PARTITION OF {root} DEFAULT",
    ]
    put = f"INSERT INTO {log.name} VALUES (NEW.c1, NEW.c2);"
    world.fires(fn, "AFTER INSERT", root, f"BEGIN {put} RETURN NULL; END")
    if draw.chance(50):
        world.setup += [
            f"CREATE TABLE {root}_o (c1 int, c2 text)",
            f"CREATE TRIGGER x AFTER INSERT ON {root}_o FOR EACH ROW EXECUTE FUNCTION {fn}()",
            f"ALTER TABLE {root}_o DISABLE TRIGGER x",
        ]
    world.targets.append(root)
    world.reset.append(f"DELETE FROM {root}")
    world.run.append(f"INSERT INTO {root} SELECT z.a, z.c FROM {z} z")
    world.exact = False  # what a trigger is given of a partition's rows
    world.copies(z, root)
    world.copies(root, log.name, SAME)
    world.copies(f"{root}_p", log.name, SAME)


def several(world, z):
    """Two multiple assignments; of several CTEs the last; views and bodies that are a UNION."""
    draw, y = world.draw, alone(world)
    form = draw.below(4)
    target, kind = world.target(["int", "text"]), IDENTITY
    union = f"SELECT z.a, z.c FROM {z} z UNION ALL SELECT y.a, y.c FROM {y} y"
    if form == 0:
        name = world.name("t")
        world.setup.append(f"CREATE TABLE {name} (id int, c1 int, c2 text, c3 int, c4 text)")
        world.setup.append(f"INSERT INTO {name} (id) VALUES (1)")
        world.reset += [f"DELETE FROM {name}", f"INSERT INTO {name} (id) VALUES (1)"]
        world.targets.append(name)
        one = "(SELECT q.a, q.c FROM {0} q ORDER BY q.id LIMIT 1)"
        world.run.append(
            f"UPDATE {name} SET (c1, c2) = {one.format(z)}, (c3, c4) = {one.format(y)}"
        )
        world.copies(z, name)
        world.copies(y, name, (("a", "c3"), ("c", "c4")))
        return
    if form == 1:
        world.run.append(
            f"WITH q AS MATERIALIZED (SELECT y.a, y.c FROM {y} y), r AS MATERIALIZED (SELECT z.a,"
            f" z.c FROM {z} z), s AS (SELECT 1) INSERT INTO {target.name} SELECT r.a, r.c FROM r"
        )
        moved(world, z, target)
        return
    if form == 2:
        view = world.name("v")
        world.setup.append(f"CREATE VIEW {view} AS {union}")
        for source in (z, y):
            world.copies(source, view, (("a", "a"), ("c", "c")))
        world.run.append(f"INSERT INTO {target.name} SELECT v.a, v.c FROM {view} v")
        moved(world, view, target)
        return
    fn = world.name("fn")
    world.setup.append(
        f"CREATE FUNCTION {fn}() RETURNS TABLE (k int, w text) LANGUAGE sql STABLE AS"
        f" $f$ {union} $f$"
    )
    put = f"INSERT INTO {target.name} SELECT f.k, f.w FROM {fn}() f"
    if draw.chance(50):
        routine(world, f"{put};", target=target)
    else:
        world.run.append(put)
    moved(world, z, target, kind)
    moved(world, y, target, kind)


def polymorphic(world, z):
    """Functions of C that hand rows on, with arguments of every polymorphic type beside."""
    fn, target = world.name("fn"), world.target(["int"])
    world.need_composite()
    simple = (
        ("anyenum", "NULL::mood"), ("anynonarray", "1"), ("anyrange", "'[1,2]'::int4range"),
        ("anymultirange", "'{[1,2]}'::int4multirange"), ("anyelement", "1"),
        ("anyarray", "ARRAY[1]"),
    )
    compatible = (
        ("anycompatiblenonarray", "1"), ("anycompatiblerange", "'[1,2]'::int4range"),
        ("anycompatiblemultirange", "'{[1,2]}'::int4multirange"), ("anycompatible", "1"),
        ("anycompatiblearray", "ARRAY[1]"),
    )
    world.types.append("CREATE TYPE mood AS ENUM ('low', 'high')")
    inner = f"(SELECT ROW(z.a, z.c)::pair AS w FROM {z} z) p"
    for row, others in (("anycompatible", simple), ("anyelement", compatible)):
        for type_, value in others:
            name = f"{fn}_{type_}"
            world.setup.append(
                f"CREATE FUNCTION {name}({row}, {type_}) RETURNS {row} LANGUAGE internal"
                " AS 'array_larger'"
            )
            world.run.append(
                f"INSERT INTO {target.name} SELECT ({name}(p.w, {value})).f1 FROM {inner}"
                " WHERE false"
            )
    world.writes(target.name, "c1", {(f"{z}.a", TRANSFORMATION, False)})


WAYS = (
    temporary_members, excluded, wide, members_fire, several, polymorphic,
)


FORMS = [one_of(WAYS, "members", "member")]
