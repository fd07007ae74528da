"""Forms over foreign tables: nodes like others, their data held by the same database through a
loopback connection, or by a file."""

from case import Column
from forms_write import insert_select, keyed_target, put, update
from queries import Scope
from terms import node_columns

EXTENSION = "CREATE EXTENSION IF NOT EXISTS {0} SCHEMA public"
LOOPBACK = """DO $do$ BEGIN
 IF NOT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = 'oracle_loop') THEN
  EXECUTE format('CREATE SERVER oracle_loop FOREIGN DATA WRAPPER postgres_fdw'
   ' OPTIONS (host %L, port %L, dbname %L)', split_part(current_setting(
   'unix_socket_directories'), ',', 1), current_setting('port'), current_database());
  EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER oracle_loop OPTIONS (user %L,'
   ' password_required ''false'')', current_user);
 END IF; END $do$"""
FILES = """DO $do$ BEGIN
 IF NOT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = 'oracle_files') THEN
  CREATE SERVER oracle_files FOREIGN DATA WRAPPER file_fdw;
 END IF; END $do$"""


def _add(world, sql):
    if sql not in world.types:
        world.types.append(sql)


def _foreign_ddl(world, name, columns):
    """A foreign table and the table of the same database that holds its rows: committed, since the
    loopback connection must see it."""
    _add(world, EXTENSION.format("postgres_fdw"))
    _add(world, LOOPBACK)
    held = ", ".join(c.ddl() for c in columns)
    seen = ", ".join(f"{c.name} {c.type}" for c in columns)
    return (
        f"CREATE TABLE {name}_held ({held});DO $do$ BEGIN EXECUTE format('CREATE FOREIGN TABLE"
        f" {name} ({seen}) SERVER oracle_loop OPTIONS (schema_name %L, table_name %L)',"
        f" current_schema(), '{name}_held'); END $do$;COMMIT"
    )


def foreign_read(world, queries):
    """A foreign table is read like any other."""
    types = [world.draw.one(("int", "text", "numeric", "bool", "date")) for _ in range(2)]
    columns = [Column("id", "int", not_null=True, unique=True)]
    columns += [Column("ab"[i], type_) for i, type_ in enumerate(types)]
    name = world.name("s")
    world.add_table(name, columns, 4, ddl=_foreign_ddl(world, name, columns))
    entry = world.relations[-1]
    world.relations = [entry] * 2 + world.relations
    written = world.draw.one((insert_select, update))(world, queries)
    world.relations = world.relations[2:]
    return written


def foreign_write(world, queries):
    """A foreign table is written like any other."""
    draw, name = world.draw, world.name("t")
    columns = [Column("id", "int", not_null=True, unique=True)]
    columns += [Column("c1", draw.one(("int", "numeric"))), Column("c2", "text")]
    world.add_table(name, columns, draw.one((0, 3)), ddl=_foreign_ddl(world, name, columns))
    target = world.tables[-1]
    world.targets.append(name)
    source = world.rel(*world.relations[0], world.name("r"))
    scope = Scope().plus(source)
    made = [queries.expressions.make(c.type, scope, 2) for c in columns[1:]]
    if target.rows:
        put(world, target, made, ["c1", "c2"])
        # One row of the source at most: which one an UPDATE takes of several is not determined.
        world.run.append(
            f"UPDATE {name} AS x SET c1 = {made[0].sql}, c2 = {made[1].sql} FROM {source.sql}"
            f" WHERE x.id = {source.alias}.id"
        )
        return target
    put(world, target, made, ["c1", "c2"])
    world.run.append(
        f"INSERT INTO {name} SELECT row_number() OVER (), {made[0].sql}, {made[1].sql}"
        f" FROM {source.sql}"
    )
    return target


def file_read(world, queries):
    """A foreign table over a file; the file itself is changed by no run."""
    _add(world, EXTENSION.format("file_fdw"))
    _add(world, FILES)
    name, target = world.name("ff"), world.target(["int", "text", "int"])
    file = "current_setting('data_directory') || '/oracle_fdw.' || pg_backend_pid()"
    world.setup += [
        "DO $do$ BEGIN EXECUTE format('COPY (VALUES (1, ''a''), (2, ''b''), (3, ''ab'')) TO %L',"
        f" {file}); EXECUTE format('CREATE FOREIGN TABLE {name} (id int, b text) SERVER"
        f" oracle_files OPTIONS (filename %L)', {file}); END $do$",
    ]
    cols = [Column("id", "int"), Column("b", "text")]
    scope = Scope().plus(world.rel(name, node_columns(name, cols), "x"))
    made = [queries.expressions.make(t, scope, 1) for t in ("int", "text", "int")]
    put(world, target, made)
    listed = ", ".join(e.sql for e in made)
    world.run.append(f"INSERT INTO {target.name} SELECT {listed} FROM {name} AS x")
    return target


assert keyed_target  # part of the vocabulary of forms

FORMS = [foreign_read, foreign_write, file_read]
