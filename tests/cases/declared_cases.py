#!/usr/bin/env python3
"""How much of the cases' lineage is declared before anything ran.

usage: tests/cases/declared_cases.py [--cases DIR] [--only PATTERN] [-v]
The server is the one of PGHOST, PGPORT and PGUSER. For each case setup.sql is run, then
lineage.snapshot(); run.sql is not. A table shows how many of the expected DIRECT edges are
declared, what is declared beyond them, and what could not be read, by reason. What the arguments of
top-level statements bring, what DO blocks do and texts that only the run knows cannot be declared;
branches that run.sql does not take are declared all the same. So this measures, and fails only when
a snapshot raises an error or writes a warning.
"""

import argparse
import os
import sys

from compare import Answer, Expected, find_cases, show_edge
from run_cases import COLUMNS_SQL, ROOT, TABLES_SQL, CaseError, Server

REASONS = ("dynamic", "missing", "locked", "language", "limit", "error")
HEALTH_SQL = (
    "SELECT json_build_array("
    + ", ".join(f"unanalysed_{reason}" for reason in REASONS)
    + ", errors_swallowed) FROM lineage.health"
)


def declare(server, folder):
    """Rows of both views, and the reasons counted, after a snapshot of what setup.sql made."""
    database = "lineage_declared_case"
    server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {database}")
    server.psql("postgres", "-c", f"CREATE DATABASE {database}")
    try:
        server.psql(database, "-c", "CREATE EXTENSION pg_lineage")
        server.psql(database, "-f", os.path.join(folder, "setup.sql"))
        old = {str(row) for row in server.rows(database, COLUMNS_SQL)}
        before = server.rows(database, HEALTH_SQL)[0]
        _, said = server.psql(database, "-c", "SELECT lineage.snapshot()")
        if said:
            raise CaseError(said)
        after = server.rows(database, HEALTH_SQL)[0]
        columns = [row for row in server.rows(database, COLUMNS_SQL) if str(row) not in old]
        tables = server.rows(database, TABLES_SQL)
    finally:
        server.psql("postgres", "-c", f"DROP DATABASE {database} WITH (FORCE)", stop=False)
    return columns, tables, [a - b for a, b in zip(after, before)]


def main():
    parser = argparse.ArgumentParser(description="Measures declared lineage on the cases.")
    parser.add_argument("--cases", default=os.path.join(ROOT, "..", "shared", "cases"))
    parser.add_argument("--only", action="append", default=None)
    parser.add_argument("-v", "--verbose", action="store_true", help="show the edges that differ")
    args = parser.parse_args()
    args.host = args.port = args.user = None
    server = Server(args)
    all_found = all_wanted = all_more = broken = 0
    print(f"{'case':<45} {'found':>6} {'of':>4} {'more':>5}  not read")
    for name, folder in find_cases(args.cases, args.only or ["procedure/*"]):
        expected = Expected(os.path.join(folder, "expected.json"))
        try:
            columns, tables, counts = declare(server, folder)
        except CaseError as error:
            print(f"BROKEN {name}: {error}")
            broken += 1
            continue
        answer = Answer([row for row in columns if row[10] == "declared"], tables, expected.rename)
        found = expected.columns & answer.columns
        more = answer.columns - expected.columns - expected.optional_columns
        reasons = [f"{reason} {n}" for reason, n in zip(REASONS + ("swallowed",), counts) if n]
        print(
            f"{name:<45} {len(found):>6} {len(expected.columns):>4} {len(more):>5}  "
            + ", ".join(reasons)
        )
        if args.verbose:
            for edge in sorted(expected.columns - found):
                print(f"     missing {show_edge(edge)}")
            for edge in sorted(more):
                print(f"     more    {show_edge(edge)}")
        broken += counts[-1] > 0
        all_found, all_wanted = all_found + len(found), all_wanted + len(expected.columns)
        all_more += len(more)
    share = 100.0 * all_found / all_wanted if all_wanted else 100.0
    print(f"declared: {all_found}/{all_wanted} ({share:.0f}%), {all_more} more")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
