#!/usr/bin/env python3
"""Processor time that reading lineage adds to the planning of big statements.

usage: make bench-walker [ROUNDS=N]      (in a cluster that tests/with_cluster.sh starts)
Every statement is only planned (EXPLAIN), with pg_lineage.enabled off and on in turn, five times in
each of ROUNDS rounds; the time is the backend's own, as log_planner_stats reports it. Printed are
the minima and their difference: what the walk costs, in milliseconds. Nothing is asserted.
"""

import os
import re
import subprocess

ROUNDS = int(os.environ.get("ROUNDS") or 2)
WIDTH = 1600
COLUMNS = [f"c{i}" for i in range(WIDTH)]
SPENT = re.compile(r"PLANNER STATISTICS\nDETAIL:  ! system usage stats:\n!\s+([\d.]+) s user")


def psql(script):
    """Runs a script; returns what the server said beside its results."""
    done = subprocess.run(
        ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-o", "/dev/null"],
        input=script, capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    return done.stderr


def nested(levels, columns):
    """A query in FROM of a query in FROM of …"""
    query = "SELECT x, y FROM narrow"
    for number in range(levels):
        query = f"SELECT {columns} FROM ({query}) s{number}"
    return f"INSERT INTO copied SELECT x FROM ({query}) z"


def ctes(number):
    """WITH queries that each read the one before."""
    steps = ["c0 AS MATERIALIZED (SELECT x, y FROM narrow)"]
    steps += [
        f"c{i} AS MATERIALIZED (SELECT x + y AS x, y FROM c{i - 1} WHERE x > {i})"
        for i in range(1, number)
    ]
    return f"WITH {', '.join(steps)} INSERT INTO copied SELECT x FROM c{number - 1}"


STATEMENTS = {
    "500 nested sub-selects": nested(500, "x, y"),
    "500 nested, aggregates": nested(500, "max(x) AS x, max(y) AS y"),
    "500 nested, DISTINCT": nested(500, "DISTINCT x + y AS x, x AS y"),
    "500 WITH queries": ctes(500),
    "500 arms of UNION ALL": "INSERT INTO copied "
    + " UNION ALL ".join(["SELECT x FROM narrow"] * 500),
    "1,600 columns": "INSERT INTO wide_copy SELECT * FROM wide",
    "1,600 columns, UPDATE": "UPDATE wide SET " + ", ".join(f"{c} = {c} + 1" for c in COLUMNS),
    "1,600 columns, DISTINCT": "INSERT INTO wide_copy SELECT DISTINCT * FROM wide",
    "1,600 columns, 20 levels": "INSERT INTO wide_copy SELECT * FROM "
    + "(SELECT * FROM " * 20 + "wide WHERE c1 = 1" + "".join(f") s{i}" for i in range(20)),
    "1,600 columns, 20 UNIONs": "INSERT INTO wide_copy "
    + " UNION ".join(["SELECT * FROM wide"] * 20),
}


def measure(statement, enabled):
    """Milliseconds of each planning."""
    said = psql(
        f"SET pg_lineage.enabled = {enabled};\nSET max_stack_depth = '6MB';\n"
        "SET log_planner_stats = on;\nSET client_min_messages = log;\n"
        + f"EXPLAIN {statement};\n" * 5
    )
    return [float(seconds) * 1000 for seconds in SPENT.findall(said)]


def main():
    columns = ", ".join(f"{name} int" for name in COLUMNS)
    psql(
        "CREATE EXTENSION pg_lineage; CREATE TABLE narrow (x int, y int);"
        "CREATE TABLE copied (x int);"
        f"CREATE TABLE wide ({columns}); CREATE TABLE wide_copy ({columns});"
    )
    print(f"{'statement':<28}{'off, ms':>10}{'on, ms':>10}{'walk, ms':>10}")
    for name, statement in STATEMENTS.items():
        times = {"off": [], "on": []}
        for _ in range(ROUNDS):
            for enabled, found in times.items():
                found += measure(statement, enabled)
        off, on = min(times["off"]), min(times["on"])
        print(f"{name:<28}{off:>10.2f}{on:>10.2f}{on - off:>10.2f}")


if __name__ == "__main__":
    main()
