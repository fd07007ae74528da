#!/usr/bin/env python3
"""How long upstream(), downstream(), path() and impact() take over a million edges.

usage: make bench-graph [EDGES=N] [TABLES=N]      (by tests/bench/graph.sh)
The store is filled straight, by SQL, with what a warehouse of five layers would leave: every table
feeds four of the next layer, by many statements each. Beside it stand a chain of 3,000 tables and
a hub with 100,000 edges. Every question is asked by a backend of its own, and again by the same
one: the first time it has read nothing yet. Printed are milliseconds, by the server's clock as
psql shows it. Nothing is asserted: a shared machine is no judge.
"""

import os
import re
import subprocess

EDGES = int(os.environ.get("EDGES") or 1_000_000)
TABLES = int(os.environ.get("TABLES") or 20_000)
CHAIN = 3000
HUB = 100_000

NODES = """
CREATE TABLE seed_a (x int); CREATE TABLE seed_b (x int);
INSERT INTO seed_b SELECT x FROM seed_a;
CREATE SCHEMA w;
DO $$ BEGIN
  FOR t IN 0..{tables} - 1 LOOP
    EXECUTE format('CREATE TABLE w.t%s (a int, b int, c int, d int, e int, f int)', t);
    IF t % 1000 = 999 THEN COMMIT; END IF;  -- of one transaction there would be too many locks
  END LOOP;
END $$;
INSERT INTO lineage._node
SELECT row_number() OVER (), c.oid, 'r', 'w', c.relname, '{{a,b,c,d,e,f}}',
       (SELECT min(database) FROM lineage._node),
       hashtextextended(c.relname, hashtextextended('w', 0)), 0  -- looked for by name only
FROM (SELECT oid, relname::text FROM pg_class WHERE relnamespace = 'w'::regnamespace) c;
INSERT INTO lineage._node
SELECT 1000000 + i, 0, 'u', '', 'x://' || i, '{{a,b}}',
       (SELECT min(database) FROM lineage._node),
       hashtextextended('x://' || i, hashtextextended('', 0)), 0
FROM generate_series(0, {chain} + {hub}) i;
CREATE TABLE number AS SELECT substr(rel_name, 2)::int AS t, id FROM lineage._node
WHERE schema_name = 'w';
ALTER TABLE number ADD PRIMARY KEY (t);
"""
EDGE = """
INSERT INTO lineage._edge
SELECT (SELECT coalesce(max(id), 0) FROM lineage._edge) + row_number() OVER (),
       hashint8extended(e.n, {kind}), e.source, e.target, 0, 0, 0,
       'etl.load_' || e.n % 1000 || '()', ARRAY['etl.load_' || e.n % 1000 || '()'],
       (SELECT min(database) FROM lineage._node), now(), '1', 'postgres', NULL,
       {pairs}
FROM ({source}) e
"""
# Facts of the warehouse: the target is one of four in the next layer; every 50th fact filters.
LAYERS = """
SELECT n, s.id AS source, d.id AS target
FROM (SELECT n, n % (4 * {layer}) AS t, (n / (4 * {layer})) % 4 AS way
      FROM generate_series(0, {edges} - 1) n) f
JOIN number s ON s.t = f.t
JOIN number d ON d.t = (f.t / {layer} + 1) * {layer} + (f.t * 7 + f.way * 379) % {layer}
"""
QUESTIONS = [
    ("downstream of a source", "lineage.downstream('w.t17')"),
    ("upstream of a mart", "lineage.upstream('w.t{last}'::regclass)"),
    ("downstream of a column", "lineage.downstream('w.t17', 'a')"),
    ("upstream of a column", "lineage.upstream('w.t{last}', 'a')"),
    ("path, source to mart", "lineage.path('w.t17', 'w.t{fed}')"),
    ("impact of a source", "lineage.impact('w.t17')"),
    ("impact of a column", "lineage.impact('w.t17', 'a')"),
    ("chain of 3,000", "lineage.downstream('x://0', 'a')"),
    ("path along the chain", "lineage.path('x://0', 'x://3000', 'a', 'a')"),
    ("hub of 100,000", "lineage.downstream('x://3001')"),
    ("another column of the hub", "lineage.downstream('x://3001', 'b')"),
]


def psql(*options, script=None):
    """Runs psql on the bench's database, stopping at the first error."""
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", "graph_bench", *options]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def fill():
    """Makes the database and its store."""
    subprocess.run(["createdb", "graph_bench"], check=True)
    psql("-c", "CREATE EXTENSION pg_lineage")
    psql(script=NODES.format(tables=TABLES, chain=CHAIN, hub=HUB))
    pairs = (
        "CASE WHEN n % 50 = 0 THEN '{6}'::int2[] ELSE '{1,2,3,4,5}' END,"
        "CASE WHEN n % 50 = 0 THEN '{0}'::int2[] ELSE '{1,2,3,4,5}' END,"
        "CASE WHEN n % 50 = 0 THEN '{9}'::int2[] ELSE '{0,0,1,2,0}' END"
    )
    source = LAYERS.format(layer=TABLES // 5, edges=EDGES)
    psql(script=EDGE.format(kind=1, source=source, pairs=pairs))
    one = "'{1}', '{1}', '{0}'"
    hop = "SELECT i AS n, 1000000 + i AS source, 1000001 + i AS target FROM generate_series"
    chain = f"{hop}(0, {CHAIN - 1}) i"
    psql(script=EDGE.format(kind=2, source=chain, pairs=one))
    first = 1_000_001 + CHAIN
    hub = f"SELECT i AS n, {first} AS source, {first} + i AS target"
    hub += f" FROM generate_series(1, {HUB} - 1) i"
    psql(script=EDGE.format(kind=3, source=hub, pairs=one))
    psql("-c", "VACUUM ANALYZE")


def ask(question):
    """Rows, and milliseconds of the first and the second call of one backend."""
    script = f"\\timing on\nSELECT count(*) FROM {question};\nSELECT count(*) FROM {question};\n"
    out = psql(script=script)
    times = [float(ms) for ms in re.findall(r"^Time: ([0-9.]+) ms", out, re.M)]
    return int(out.split("\n", 1)[0]), times


def main():
    fill()
    layer = TABLES // 5
    fed = 4 * layer + 17 * 7**4 % layer  # what the source reaches by the first of its ways
    print(f"{EDGES} facts of {TABLES} tables, a chain of {CHAIN}, a hub of {HUB}")
    print(f"{'question':<28}{'rows':>8}{'first, ms':>12}{'again, ms':>12}")
    for name, question in QUESTIONS:
        rows, times = ask(question.format(last=TABLES - 5, fed=fed))
        print(f"{name:<28}{rows:>8}{times[0]:>12.1f}{times[1]:>12.1f}")


if __name__ == "__main__":
    main()
