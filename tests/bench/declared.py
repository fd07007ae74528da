#!/usr/bin/env python3
"""What lineage.snapshot() costs: 10,000 objects whose definitions and bodies are read.

usage: tests/staged.sh tests/with_cluster.sh tests/bench/declared.py [--scale N]
4,000 views, 3,000 PL/pgSQL and 2,000 SQL functions and 1,000 tables with a generated column (times
--scale). Prints the seconds of a first and of a second snapshot, and how much memory of the session
each left behind. Fails above 60 s for 10,000 objects, or when the second leaves memory behind.
"""

import argparse
import json
import subprocess
import sys

SETUP = """
CREATE EXTENSION IF NOT EXISTS pg_lineage;
SET client_min_messages = error;
SET pg_lineage.enabled = off;
CREATE TABLE target (id int, name text, total numeric);
DO $do$
DECLARE
  scale float := :scale;
BEGIN
  FOR i IN 1 .. 1000 * scale LOOP
    EXECUTE format('CREATE TABLE tab_%s (id int, name text, price numeric, count int,
      total numeric GENERATED ALWAYS AS (price * count) STORED)', i);
  END LOOP;
  FOR i IN 1 .. 4000 * scale LOOP
    EXECUTE format('CREATE VIEW view_%s AS SELECT a.id, upper(b.name) AS name, sum(a.total) AS total
      FROM tab_%s a JOIN tab_%s b USING (id) WHERE a.count > 3 GROUP BY a.id, b.name', i,
      1 + i % (1000 * scale)::int, 1 + (i * 7) % (1000 * scale)::int);
  END LOOP;
  FOR i IN 1 .. 3000 * scale LOOP
    EXECUTE format($f$CREATE FUNCTION proc_%1$s(lim int) RETURNS numeric LANGUAGE plpgsql AS $b$
      DECLARE r record; v numeric := 0; name text;
      BEGIN
        CREATE TEMP TABLE stage_%3$s ON COMMIT DROP AS SELECT id, total FROM tab_%2$s;
        FOR r IN SELECT t.id, t.name, s.total FROM tab_%2$s t JOIN stage_%3$s s USING (id)
                 WHERE t.count > lim LOOP
          v := v + r.total;
          IF v > 100 THEN name := r.name; ELSE name := 'x'; END IF;
          INSERT INTO target VALUES (r.id, name, v);
          UPDATE target SET total = v WHERE id = r.id;
        END LOOP;
        EXECUTE format('INSERT INTO target (id) SELECT id FROM %%I', 'tab_%2$s');
        RETURN v + proc_%4$s(lim);
      EXCEPTION WHEN others THEN RETURN 0;
      END $b$ $f$, i, 1 + i % (1000 * scale)::int, CASE WHEN i % 10 = 0 THEN 'a' ELSE 'b' END,
      greatest(i / 2, 1));
  END LOOP;
  FOR i IN 1 .. 2000 * scale LOOP
    EXECUTE format($f$CREATE FUNCTION load_%1$s(n int) RETURNS bigint LANGUAGE sql AS
      'INSERT INTO target SELECT id, name, total FROM tab_%2$s WHERE count > n;
       SELECT count(id) FROM tab_%2$s' $f$, i, 1 + i % (1000 * scale)::int);
  END LOOP;
END $do$;
"""

# Without the system caches, which grow with what is looked at.
SNAPSHOT = """
CREATE TEMP VIEW used AS SELECT sum(used_bytes) AS bytes, sum(used_bytes) FILTER (WHERE name NOT IN
  ('CacheMemoryContext', 'index info', 'relation rules') AND coalesce(parent, '') <>
  'CacheMemoryContext') AS own FROM pg_backend_memory_contexts;
SELECT lineage.pending() \\gset
SELECT bytes AS b0, own AS o0, clock_timestamp() AS t0 FROM used \\gset
SELECT lineage.snapshot() AS rows \\gset
SELECT bytes AS b1, own AS o1, clock_timestamp() AS t1 FROM used \\gset
SELECT lineage.snapshot() AS rows \\gset
SELECT bytes AS b2, own AS o2, clock_timestamp() AS t2 FROM used \\gset
SELECT json_build_object(
  'first', extract(epoch FROM timestamptz :'t1' - timestamptz :'t0'),
  'second', extract(epoch FROM timestamptz :'t2' - timestamptz :'t1'),
  'left_first', :b1 - :b0, 'left_second', :b2 - :b1, 'own_first', :o1 - :o0,
  'own_second', :o2 - :o1,
  'edges', (SELECT count(*) FROM lineage._edge),
  'health', (SELECT row_to_json(h) FROM (SELECT degraded_unanalysed, unanalysed_dynamic,
     unanalysed_missing, unanalysed_locked, unanalysed_limit, unanalysed_error,
     errors_swallowed FROM lineage.health) h));
"""


def psql(database, sql, *options):
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, *options],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description="Times lineage.snapshot().")
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    database = "lineage_bench_declared"
    psql("postgres", f"DROP DATABASE IF EXISTS {database};\nCREATE DATABASE {database};")
    psql(database, SETUP.replace(":scale", str(args.scale)))
    said = json.loads(psql(database, SNAPSHOT))
    psql("postgres", f"DROP DATABASE {database};")
    objects = int(10000 * args.scale)
    print(f"{objects} objects: {said['first']:.1f} s, again {said['second']:.1f} s")
    print(f"edges {said['edges']}, health {said['health']}")
    for part in ("left", "own"):
        print(
            f"memory {part}: first {said[part + '_first'] / 1e6:.1f} MB, "
            f"again {said[part + '_second'] / 1e6:.1f} MB"
        )
    slow = said["first"] > 60 * max(args.scale, 0.1)
    grows = said["own_second"] > 0.2 * max(said["own_first"], 10e6)
    print("1 passed, 0 failed, 0 skipped" if not slow and not grows else "0 passed, 1 failed")
    return 1 if slow or grows else 0


if __name__ == "__main__":
    sys.exit(main())
