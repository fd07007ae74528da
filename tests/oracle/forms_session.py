"""Forms that need a session: temporary tables, CREATE TABLE AS, cursors, prepared, COPY."""

from forms_write import KINDS, insert_select, keyed_source, put, update, written_query
from queries import Scope
from terms import Col


def temporary(world, queries):
    """A temporary table is no node: what flowed into it flows on."""
    first = written_query(world, queries, 1, least=2)
    name = world.name("tmp")
    world.run.append(f"CREATE TEMP TABLE {name} AS {first.sql}")
    world.reset.append(f"DROP TABLE IF EXISTS {name}")
    cols = [Col(c.name, c.type, c.d) for c in first.cols]
    if world.draw.chance(50):
        more = queries.query(Scope(), [c.type for c in cols], 1)
        world.run.append(f"INSERT INTO {name} {more.sql}")
        cols = [Col(c.name, c.type, c.d | m.d) for c, m in zip(cols, more.cols)]
    world.relations.insert(0, (name, cols))
    kept, world.relations = world.relations, [world.relations[0]] * 2 + world.relations
    insert_select(world, queries)
    world.relations = kept
    world.relations.remove((name, cols))


def temporary_kin(world, queries):
    """Rows of a temporary table that came by a table above or below it."""
    how = world.draw.one(("up", "down", "inherited"))
    query = queries.query(Scope(), ["int", "text"], 1)
    above, below = world.name("tmp"), world.name("tmp")
    world.reset.append(f"DROP TABLE IF EXISTS {above} CASCADE")
    if how == "inherited":
        world.run.append(f"CREATE TEMP TABLE {above} (k0 int, k1 text)")
        world.run.append(f"CREATE TEMP TABLE {below} (more int) INHERITS ({above})")
    else:
        world.run.append(f"CREATE TEMP TABLE {above} (k0 int, k1 text) PARTITION BY LIST (k0)")
        world.run.append(f"CREATE TEMP TABLE {below} (k1 text, k0 int)")
        world.run.append(f"ALTER TABLE {above} ATTACH PARTITION {below} DEFAULT")
    written, read = (above, below) if how == "down" else (below, above)
    world.run.append(f"INSERT INTO {written} (k0, k1) {query.sql}")
    cols = [Col(f"k{i}", c.type, c.d) for i, c in enumerate(query.cols)]
    scope = Scope().plus(world.rel(read, cols, "x"))
    made = [queries.expressions.make(t, scope, 1) for t in ("int", "text")]
    target = world.target(["int", "text"])
    put(world, target, made)
    world.run.append(
        f"INSERT INTO {target.name} SELECT {made[0].sql}, {made[1].sql} FROM {read} AS x"
    )
    return target


def create_as(world, queries):
    query = written_query(world, queries)
    name = world.name("n")
    form = world.draw.below(3)
    if form == 2 and query.sql.startswith("SELECT DISTINCT ON") or "UNION" in query.sql:
        form = 0
    if form == 2:
        sql = f"SELECT z.* INTO {name} FROM ({query.sql}) AS z"
    elif form == 1:
        names = [f"k{i}" for i in range(len(query.cols))]
        query.cols = [Col(n, c.type, c.d) for n, c in zip(names, query.cols)]
        sql = f"CREATE TABLE {name} ({', '.join(names)}) AS {query.sql}"
    else:
        sql = f"CREATE TABLE {name} AS {query.sql}"
    world.run.append(sql)
    world.reset.append(f"DROP TABLE IF EXISTS {name}")
    world.targets.append(name)
    for column in query.cols:
        world.writes(name, column.name, column.d)


def prepared(world, queries):
    """Parameters given as constants have no source."""
    draw = world.draw
    query = written_query(world, queries, 1)
    target = world.target([c.type for c in query.cols] + ["int", "text"])
    put(world, target, query.cols, [c.name for c in target.columns])
    name = world.name("p")
    world.run += [
        f"PREPARE {name}(int, text) AS INSERT INTO {target.name}"
        f" SELECT z.*, $1, $2 FROM ({query.sql}) AS z WHERE $1 > 0",
        f"EXECUTE {name}(1, 'a')",
        f"EXECUTE {name}({draw.one(('2', '0'))}, 'b')",
        f"DEALLOCATE {name}",
    ]
    return target


def rolled_back(world, queries):
    """What a savepoint undoes leaves no edge."""
    kept = set(world.direct)
    insert_select(world, queries)
    undone = world.run.pop()
    world.direct = kept
    insert_select(world, queries)
    stays = world.run.pop()
    world.run += ["BEGIN", "SAVEPOINT a", undone, "ROLLBACK TO a", stays, "COMMIT"]


def cursor(world, queries):
    """A cursor that only reads writes nothing."""
    query = queries.query(Scope(), None, 2)
    insert_select(world, queries)
    last = world.run.pop()
    name = world.name("c")
    world.run += [
        "BEGIN",
        f"DECLARE {name} CURSOR FOR {query.sql}",
        f"FETCH 2 FROM {name}",
        last,
        f"CLOSE {name}",
        "COMMIT",
    ]


def copy_file(world, queries):
    """Out into a file and back: the file stands between source and target."""
    types = [world.draw.one(("int", "text", "numeric")) for _ in range(2)]
    query = queries.query(Scope(), types, 1)
    target = world.target(types)
    names = ", ".join(f"z.{c.name} AS c{i + 1}" for i, c in enumerate(query.cols))
    order = ", ".join(f"z.{c.name}" for c in query.cols)
    file = "current_setting('data_directory') || '/oracle.' || pg_backend_pid()"
    world.run += [
        f"DO $do$ BEGIN EXECUTE format('COPY (%s) TO %L', $q$SELECT {names} FROM ({query.sql}) AS z"
        f" ORDER BY {order}$q$, {file}); END $do$",
        f"DO $do$ BEGIN EXECUTE format('COPY {target.name} FROM %L', {file}); END $do$",
    ]


def explained(world, queries):
    """EXPLAIN runs nothing, EXPLAIN ANALYZE does."""
    draw = world.draw
    kept = set(world.direct)
    draw.one((insert_select, update))(world, queries)
    if draw.chance(50):
        world.run[-1] = "EXPLAIN " + world.run[-1]
        world.direct = kept
    else:
        world.run[-1] = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + world.run[-1]


def chained(world, queries):
    """A second statement reads what the first one wrote."""
    draw = world.draw
    target = draw.one((insert_select, update))(world, queries)
    cols = [
        Col(c.name, c.type, frozenset({(f"{target.name}.{c.name}", 0, False)}))
        for c in target.columns
    ]
    entry = (target.name, cols)
    if entry not in world.relations:
        world.relations.append(entry)
    world.relations += [entry] * 2
    insert_select(world, queries)


assert KINDS and keyed_source  # the vocabulary of forms

FORMS = [
    temporary,
    temporary_kin,
    create_as,
    prepared,
    rolled_back,
    cursor,
    copy_file,
    explained,
    chained,
]
