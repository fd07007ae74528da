#!/usr/bin/env python3
"""Runs the lineage cases (folders of setup.sql, run.sql, expected.json) and compares the edges.

usage: tests/cases/run_cases.py [--cases DIR] [--only PATTERN] [-v] [--pg-config PG_CONFIG]
Without --pg-config the server is the one of PGHOST, PGPORT and PGUSER (or --host, --port); with it
a temporary cluster of that PostgreSQL is started. Exit code 1 when any column set differs.
Each case gets a database of its own; its answer is what the views show after run.sql less what they
showed before it. The rules of comparison are in compare.py.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

from compare import Answer, Expected, Result, find_cases, show_edge

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TEMPLATE = "lineage_cases_template"

# One JSON object a row. The identity of a row of the view is all that is not a counter or a time.
COLUMNS_SQL = """SELECT json_build_array(source_table, source_column, target_table, target_column,
 type, subtype, masking, routine, call_path, operation, origin) FROM lineage.column_lineage"""
TABLES_SQL = """SELECT json_build_array(source_table, target_table, routine, call_path,
 operation, origin) FROM lineage.table_lineage"""


class CaseError(Exception):
    """The case could not be run as it is written."""


class Server:
    """A superuser's psql against the server under test."""

    def __init__(self, args):
        self.env = dict(os.environ, PGOPTIONS="-c client_min_messages=warning")
        for key, value in (("PGHOST", args.host), ("PGPORT", args.port), ("PGUSER", args.user)):
            if value:
                self.env[key] = str(value)
        self.env.setdefault("PGUSER", "postgres")

    def psql(self, database, *options, stop=True):
        """Runs psql without the user's settings; returns what it printed."""
        command = ["psql", "-XqAt", "-d", database, "-v", f"ON_ERROR_STOP={int(stop)}", *options]
        done = subprocess.run(
            command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode and stop:
            raise CaseError(done.stderr.strip())
        return done.stdout, done.stderr.strip()

    def rows(self, database, sql):
        """The rows of a query whose one column is JSON."""
        return [json.loads(line) for line in self.psql(database, "-c", sql)[0].splitlines() if line]

    def views(self, database):
        """Both views of a database."""
        return self.rows(database, COLUMNS_SQL), self.rows(database, TABLES_SQL)


def new_rows(after, before):
    """Rows of the view that were not there before."""
    seen = {json.dumps(row) for row in before}
    return [row for row in after if json.dumps(row) not in seen]


def run_case(server, name, folder, number):
    """Runs one case in a database of its own and compares."""
    expected = Expected(os.path.join(folder, "expected.json"))
    database = f"lineage_case_{number}"
    server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {database}")
    server.psql("postgres", "-c", f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}")
    try:
        notes = []
        server.psql(database, "-f", os.path.join(folder, "setup.sql"))
        before = server.views(database)
        _, errors = server.psql(database, "-f", os.path.join(folder, "run.sql"), stop=False)
        if errors:
            notes.append("run.sql said: " + errors.splitlines()[0])
        after = server.views(database)
    finally:
        server.psql("postgres", "-c", f"DROP DATABASE {database} WITH (FORCE)", stop=False)
    columns, tables = (new_rows(a, b) for a, b in zip(after, before))
    answer = Answer(columns, tables, expected.rename)
    old = Answer(*before, expected.rename)
    for edge in sorted((answer.columns & old.columns) | (answer.tables & old.tables)):
        notes.append(f"known before run.sql already: {show_edge(edge)}")
    return Result(name, expected, answer, notes)


def report(results, broken, verbose):
    """Prints the differences and the summary; true when every column set is exact."""
    for name, error in broken:
        print(f"BROKEN {name}: {error}")
    for result in results:
        lines = list(result.lines())
        if result.all_ok() and not (verbose and lines):
            continue
        print(f"{'ok  ' if result.all_ok() else 'DIFF'} {result.name} ({result.expected.category})")
        if verbose:
            for line in lines:
                print(f"     {line}")
    total = len(results) + len(broken)
    columns = sum(r.columns_ok() for r in results)
    tables = sum(r.tables_ok() for r in results)
    via = sum(r.via_ok() for r in results)
    wanted = sum(len(r.expected.indirect) for r in results)
    missing = sum(len(r.missing_indirect) for r in results)
    recall = 100.0 * (wanted - missing) / wanted if wanted else 100.0
    print(
        f"cases: {columns}/{total} column sets exact, tables {tables}/{total}, "
        f"via {via}/{total}, indirect recall {recall:.1f}%"
    )
    # `via` is reported only: a routine is the one that wrote the target, which is none for a
    # statement at top level, where some cases name the routine that the value came through.
    passed = sum(r.columns_ok() and r.tables_ok() for r in results)
    print(f"{passed} passed, {total - passed} failed, 0 skipped")
    return passed == total


def parse_args():
    parser = argparse.ArgumentParser(description="Runs the lineage cases.")
    parser.add_argument("--cases", default=os.path.join(ROOT, "..", "shared", "cases"))
    parser.add_argument("--only", action="append", help="part of a case's name, or a pattern")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what differs")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--pg-config", help="start a temporary cluster of this PostgreSQL")
    parser.add_argument("--host")
    parser.add_argument("--port")
    parser.add_argument("--user")
    return parser.parse_args()


def in_own_cluster(args):
    """Starts this program again inside a temporary cluster."""
    wrapper = os.path.join(os.path.dirname(HERE), "with_cluster.sh")
    rest, skip = [], False
    for word in sys.argv[1:]:
        if skip or word == "--pg-config":
            skip = not skip
        elif not word.startswith("--pg-config="):
            rest.append(word)
    env = dict(os.environ, PG_CONFIG=args.pg_config)
    os.execvpe(wrapper, [wrapper, sys.executable, os.path.abspath(__file__), *rest], env)


def main():
    args = parse_args()
    if args.pg_config:
        in_own_cluster(args)
    cases = find_cases(args.cases, args.only)
    if not cases:
        print(f"no cases at {args.cases}: skipped")
        print("0 passed, 0 failed, 1 skipped")
        return 1 if args.only else 0
    server = Server(args)
    try:
        server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {TEMPLATE}")
        server.psql("postgres", "-c", f"CREATE DATABASE {TEMPLATE}")
        server.psql(TEMPLATE, "-c", "CREATE EXTENSION pg_lineage")
    except CaseError as error:
        print(f"the server is not ready: {error}")
        print(f"0 passed, {len(cases)} failed, 0 skipped")
        return 1
    results, broken = [], []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        futures = [
            (name, pool.submit(run_case, server, name, folder, number))
            for number, (name, folder) in enumerate(cases)
        ]
        for name, future in futures:
            try:
                results.append(future.result())
            except (CaseError, subprocess.TimeoutExpired) as error:
                broken.append((name, error))
    server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {TEMPLATE}", stop=False)
    return 0 if report(results, broken, args.verbose) else 1


if __name__ == "__main__":
    sys.exit(main())
