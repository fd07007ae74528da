#!/usr/bin/env python3
"""Judges generated cases on the server of PGHOST until one disagrees.

usage: hunt.py [--cases N] [--routines N] [--except FILE] [--all]
Exit code 0: none disagreed; 3: one did (its seed and first line are printed). --except names seeds
(lines of `kind seed`) that are left out; --all goes on and prints every seed that disagrees.
"""

import argparse
import importlib
import os
import pathlib
import sys

ORACLE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ORACLE))

import draw as draws  # noqa: E402
import engine  # noqa: E402
import run  # noqa: E402
from server import Connection, SqlError  # noqa: E402

SHARE = 3  # statements for one routine


def seeds(statements, routines):
    """Both kinds in turn, so that either finds what it can early."""
    routine = 0
    for seed in range(1, statements + 1):
        yield "statement", seed
        if seed % SHARE == 0 and routine < routines:
            routine += 1
            yield "routine", routine
    for seed in range(routine + 1, routines + 1):
        yield "routine", seed


def disagreement(connection, kind, seed):
    """The first line of what disagrees, or None."""
    case = importlib.import_module(run.MODULES[kind]).generate(seed)
    verdict = engine.judge(connection, case)
    return None if verdict.skipped or not verdict.disagreements else verdict.disagreements[0]


def hunt(options, left_out):
    """Prints what disagrees; the number of cases that did."""
    database, found = f"hunt_{os.getpid()}", 0
    run.new_database(database)
    connection = Connection(database)
    draws.server_version = connection.version
    for number, (kind, seed) in enumerate(seeds(options.cases, options.routines)):
        if (kind, seed) in left_out:
            continue
        if number % run.BETWEEN_CLEANINGS == 0:
            connection.run(engine.EMPTY_SQL)
        line = disagreement(connection, kind, seed)
        if line is None:
            continue
        found += 1
        print(f"{kind} {seed} {line}", flush=True)
        if not options.all:
            break
    connection.close()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--routines", type=int, default=0)
    parser.add_argument("--except", dest="left_out", default=os.devnull)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    left_out = set()
    for line in pathlib.Path(options.left_out).read_text(encoding="utf-8").splitlines():
        kind, seed = line.split()[:2]
        left_out.add((kind, int(seed)))
    try:
        found = hunt(options, left_out)
    except SqlError as error:  # a server that is gone, a view that cannot be read
        print(f"error {str(error).splitlines()[0]}")
        found = 1
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
