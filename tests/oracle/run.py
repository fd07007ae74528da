#!/usr/bin/env python3
"""Generates cases, judges them, shrinks what fails.

usage: tests/oracle/run.py [--kind statement|routine] [--cases N] [--seed S] [--jobs J]
                           [--keep DIR] [--no-shrink] [-v]
The server is the one of PGHOST, PGPORT and PGUSER. Seeds are S, S+1, …; each
job has a database of its own. Failures are shrunk, printed and, with --keep, written as files.
The last line is `N passed, N failed, N skipped`; exit code 1 when any case failed, or when the
server refused more than one in a hundred (skipped: the reason is printed).
"""

import argparse
import collections
import importlib
import itertools
import multiprocessing
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import engine  # noqa: E402
import shrink  # noqa: E402
import draw as draws  # noqa: E402
from server import Connection, SqlError  # noqa: E402

MODULES = {"statement": "statements", "routine": "routines"}
BETWEEN_CLEANINGS = 40  # cases until the store is emptied
SKIPPED_AT_MOST = 0.01  # of the cases: a random one now and then, never a whole form


def psql(database, sql):
    subprocess.run(
        [
            "psql",
            "-Xq",
            "-c",
            "SET client_min_messages = error",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            database,
            "-c",
            sql,
        ],
        env=dict(os.environ, PGUSER=os.environ.get("PGUSER", "postgres")),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def new_database(name):
    psql("postgres", f"DROP DATABASE IF EXISTS {name}")
    psql("postgres", f"CREATE DATABASE {name}")
    connection = Connection(name)
    connection.run("SET client_min_messages = error; CREATE EXTENSION pg_lineage")
    roles = connection.rows("SELECT 1 FROM pg_roles WHERE rolname = 'oracle_reader'")
    if not roles:
        try:
            connection.run("CREATE ROLE oracle_reader")
        except SqlError:
            pass  # another job made it
    # Small tables without statistics look large: no compiling, no workers for five rows.
    for setting in (
        "client_min_messages = error",
        "synchronous_commit = off",
        "jit = off",
        "max_parallel_workers_per_gather = 0",
    ):
        connection.run(f"ALTER DATABASE {name} SET {setting}")
    connection.close()


def replay(module, kind, seed):
    """A function that builds the case again from choices."""

    def build(choices):
        draw = draws.Draw(choices=choices)
        case = module.build(draw, seed)
        case.choices = draw.choices
        return case

    return build


def work(arguments):
    """One job: its share of the seeds."""
    job, options = arguments
    module = importlib.import_module(MODULES[options.kind])
    database = f"oracle_{options.kind}_{os.getpid()}"
    new_database(database)
    connection = Connection(database)
    draws.server_version = connection.version
    totals = collections.Counter()
    try:
        for number, seed in enumerate(
            range(options.seed + job, options.seed + options.cases, options.jobs)
        ):
            if number % BETWEEN_CLEANINGS == 0:
                connection.run(engine.EMPTY_SQL)
            one(module, connection, seed, options, totals)
            if (number + 1) % 200 == 0:
                print(f"job {job}: {number + 1} cases {dict(totals)}", flush=True)
    finally:
        connection.close()
        psql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    return totals


def one(module, connection, seed, options, totals):
    case = module.generate(seed)
    verdict = engine.judge(connection, case)
    totals["runs"] += verdict.runs
    totals["void"] += verdict.void
    totals["confirmed"] += len(verdict.confirmed)
    totals["unconfirmed"] += len(verdict.unconfirmed)
    for feature in case.features:
        totals["with " + feature] += 1
    if verdict.skipped:
        totals["skipped"] += 1
        print(f"seed {seed} skipped: {verdict.skipped}", flush=True)
        if options.verbose:
            print(case.run_sql(), flush=True)
        return
    if not verdict.disagreements:
        totals["passed"] += 1
        return
    totals["failed"] += 1
    if case.choices and not options.no_shrink and hasattr(module, "build"):

        number = itertools.count()

        def judge(candidate):  # in a schema of its own: the store remembers the last one's edges
            return engine.judge(connection, candidate, f"o{seed}_{next(number)}")

        case, verdict = shrink.shrink(replay(module, options.kind, seed), judge, case, verdict)
    print(f"--- seed {seed} fails ({' '.join(sorted(case.features))})")
    print(case.setup_sql() + "-- run\n" + case.run_sql())
    for line in verdict.disagreements:
        print("   ", line)
    sys.stdout.flush()
    if options.keep:
        case.write(os.path.join(options.keep, f"{options.kind}-{seed}"), verdict.disagreements)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kind", choices=sorted(MODULES), default="statement")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    begun = time.time()
    jobs = [(job, options) for job in range(options.jobs)]
    totals = collections.Counter()
    if options.jobs == 1:
        totals.update(work(jobs[0]))
    else:
        with multiprocessing.Pool(options.jobs) as pool:
            for part in pool.imap_unordered(work, jobs):
                totals.update(part)
    features = sorted((k[5:], n) for k, n in totals.items() if k.startswith("with "))
    if features:
        print("features:", ", ".join(f"{name} {n}" for name, n in features))
    print(
        f"{totals['runs']} runs, {totals['void']} void; DIRECT edges: {totals['confirmed']} seen at"
        f" work, {totals['unconfirmed']} not; {time.time() - begun:.0f} s"
    )
    if totals["skipped"] > max(2, options.cases * SKIPPED_AT_MOST):
        print("too many cases that the server refuses: a form of the generator cannot run here")
        totals["failed"] += 1
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
