#!/usr/bin/env python3
"""What the extension adds to the restore of a dump, and how many feed rows it leaves.

usage: make bench-restore [OBJECTS=N] [ROUNDS=N]      (by tests/with_cluster.sh)
A dump of OBJECTS objects (tables of ten columns with their keys, views, functions) as pg_restore
writes it is run into a database without the extension and into one with it, in turn. Printed are
seconds of the backend's own CPU, from /proc, the least of the rounds, and wall time. Each statement
commits by itself, as pg_restore has it: rows of one object are netted by the shipper. Nothing is
asserted: a shared machine is no judge.
"""

import os
import subprocess
import tempfile
import time

OBJECTS = int(os.environ.get("OBJECTS") or 10_000)
ROUNDS = int(os.environ.get("ROUNDS") or 3)
FILL = """
CREATE SCHEMA w;
DO $$ BEGIN FOR i IN 1..{count} LOOP
  EXECUTE format('CREATE TABLE w.t%s (id int PRIMARY KEY, c2 text, c3 numeric(12,2), c4 timestamptz,
    c5 varchar(40), c6 bigint, c7 date, c8 boolean, c9 jsonb, c10 uuid)', i);
  EXECUTE format('CREATE VIEW w.v%s AS SELECT id, c2 || c5 AS c FROM w.t%s WHERE c8', i, i);
  EXECUTE format('CREATE FUNCTION w.f%s(n int) RETURNS bigint LANGUAGE sql AS '
    || quote_literal('SELECT count(*) FROM w.t%s WHERE id < n'), i, i);
  IF i % 200 = 0 THEN COMMIT; END IF;  -- of one transaction there would be too many locks
END LOOP; END $$;
"""
CPU = """SELECT f[14]::bigint + f[15]::bigint
FROM string_to_array(pg_read_file('/proc/self/stat'), ' ') AS f;"""
TICK = os.sysconf("SC_CLK_TCK")


def psql(database, *options, script=None):
    """Runs psql, stopping at the first error."""
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, *options],
                          input=script, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def restore(database, extension, dump):
    """(CPU seconds of the backend, seconds, feed rows) of one restore into a new database.

    None is dropped before the end: a file system may search long for an inode that was not freed
    just now, and thousands of files are made.
    """
    psql("postgres", "-c", f"CREATE DATABASE {database}")
    if extension:
        psql(database, "-c", "CREATE EXTENSION pg_lineage")
    psql(database, "-c", "CHECKPOINT")
    start = time.monotonic()
    out = psql(database, "-f", dump, "-c", CPU)
    took = time.monotonic() - start
    rows = psql(database, "-c", "SELECT count(*) FROM lineage.queue") if extension else "0"
    return int(out.split()[-1]) / TICK, took, int(rows)


def main():
    psql("postgres", "-c", "CREATE DATABASE original")
    count = OBJECTS // 4  # a table, its key, a view and a function
    psql("original", script=FILL.format(count=count))
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        archive, dump = f"{directory}/archive", f"{directory}/dump.sql"
        subprocess.run(["pg_dump", "-Fc", "-f", archive, "original"], check=True)
        subprocess.run(["pg_restore", "-f", dump, archive], check=True)
        results = {False: [], True: []}
        for number in range(ROUNDS):
            for extension in (False, True):
                database = f"restored_{number}_{'with' if extension else 'without'}"
                results[extension].append(restore(database, extension, dump))
    without, with_it = min(results[False]), min(results[True])
    print(f"{count * 4} objects; seconds of CPU: {without[0]:.2f} without, {with_it[0]:.2f} with: "
          f"{with_it[0] / without[0]:.2f}")
    print(f"wall: {without[1]:.2f} without, {with_it[1]:.2f} with; {with_it[2]} feed rows")


if __name__ == "__main__":
    main()
