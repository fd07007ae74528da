"""What every tool of the scoreboard is given, and what pg_lineage answers: runs a case once.

`collect(server, number, case)` runs setup.sql and run.sql of a case in a database of its own with
pg_lineage and pg_stat_statements loaded (in one session if run.sql needs the temporary tables and
settings of setup.sql), and returns a dict of plain JSON:

    queries      [[text, top_level]]  what pg_stat_statements shows after run.sql (reset before it)
    relations    [[schema, name, kind, is_partition, [[column, type]…]]]  before and after run.sql
    views        [[schema, name, definition]]  views and materialised views that run.sql defined
    columns, tables  new rows of our views, as run_cases.py reads them

The order of the statements is not kept by pg_stat_statements: definitions come first, which is
what serves a parser best, then all by their text, so that two runs give the same input.
"""

import os

from run_cases import TEMPLATE, CaseError, new_rows

QUERIES_SQL = """SELECT json_build_array(s.query, s.toplevel) FROM pg_stat_statements s
 JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = '{}'"""
RESET_SQL = """SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database
 WHERE datname = '{}'"""
RELATIONS_SQL = """SELECT json_build_array(n.nspname, c.relname, c.relkind, c.relispartition,
 (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, NULL)) ORDER BY a.attnum)
  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%'
 AND n.nspname NOT IN ('information_schema', 'lineage')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C" """
VIEWS_SQL = """SELECT json_build_array(n.nspname, c.relname, pg_get_viewdef(c.oid, true))
 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm') AND n.nspname NOT LIKE 'pg\\_%'
 AND n.nspname NOT IN ('information_schema', 'lineage')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C" """


def prepare(server):
    """Makes the database that cases are copied from; settings of pg_stat_statements as promised."""
    server.psql("postgres", "-c", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    server.psql("postgres", "-c", "ALTER SYSTEM SET pg_stat_statements.track = 'all'")
    server.psql("postgres", "-c", "SELECT pg_reload_conf()")
    server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {TEMPLATE}")
    server.psql("postgres", "-c", f"CREATE DATABASE {TEMPLATE}")
    server.psql(TEMPLATE, "-c", "CREATE EXTENSION pg_lineage")


def in_order(queries):
    """Definitions first, then by text."""

    def key(query):
        return (not query[0].lstrip().upper().startswith("CREATE"), query[0], query[1])

    return sorted(queries, key=key)


def both(before, after):
    """Relations by name: a column that is there before or after is known."""
    known = {}
    for schema, name, kind, partition, columns in before + after:
        entry = known.setdefault((schema, name), [schema, name, kind, partition, []])
        entry[2:4] = kind, partition
        entry[4] += [column for column in columns or [] if column not in entry[4]]
    return [known[name] for name in sorted(known)]


def make(server, database):
    """Makes an empty database of that name."""
    server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    server.psql("postgres", "-c", f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}")


def collect(server, number, folder, one_session=False):
    """Runs one case; see the top of this file for what comes back."""
    database = f"accuracy_case_{number}"
    make(server, database)
    try:
        server.psql(database, "-f", os.path.join(folder, "setup.sql"))
        relations = server.rows(database, RELATIONS_SQL)
        views = server.rows(database, VIEWS_SQL)
        columns, tables = server.views(database)
        script = ["-c", RESET_SQL.format(database), "-f", os.path.join(folder, "run.sql")]
        if one_session:
            make(server, database)
            script[:0] = ["-f", os.path.join(folder, "setup.sql")]
        _, errors = server.psql(database, *script, stop=False)
        queries = server.rows("postgres", QUERIES_SQL.format(database))
        if not queries:
            raise CaseError("pg_stat_statements shows nothing")
        new_columns, new_tables = server.views(database)
        after = server.rows(database, VIEWS_SQL)
        return {
            "queries": in_order(queries),
            "relations": both(relations, server.rows(database, RELATIONS_SQL)),
            "views": [view for view in after if view not in views],
            "columns": new_rows(new_columns, columns),
            "tables": new_rows(new_tables, tables),
            "errors": errors,
        }
    finally:
        server.psql("postgres", "-c", f"DROP DATABASE {database} WITH (FORCE)", stop=False)
