#!/usr/bin/env python3
"""Judges generated cases on the server of PGHOST until one disagrees.

usage: hunt.py [--turns N] [--glances N] [--looks N] [--cases N] [--routines N] [--first REGEX]
               [--reference HOST] [--all]
First come turns, in which each form and way has its own, and glances: statements that run once,
whose edges must be those that the generator built in and whose bodies declare nothing else; and
looks: routines that are read and run once. Then statements and routines are judged as run.py of the
oracle does. --first: cases whose text matches come before all others. --reference: the server of a
library without the fault; what disagrees there too is not counted. --all goes on and prints every
seed that disagrees.
Exit code 0: none disagreed; 3: one did (its seed and what it says are printed).
"""

import argparse
import importlib
import os
import pathlib
import re
import sys

ORACLE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ORACLE))

import draw as draws  # noqa: E402
import engine  # noqa: E402
import run  # noqa: E402
from server import Connection, SqlError  # noqa: E402

POOL = 20  # so many times more cases are looked through for those that match


class Judge:
    """A database of its own on one server."""

    def __init__(self, host=None):
        before = os.environ.get("PGHOST", "")
        os.environ["PGHOST"] = host or before
        name = f"hunt_{os.getpid()}"
        run.new_database(name)
        self.connection, self.judged = Connection(name), 0
        os.environ["PGHOST"] = before
        draws.server_version = self.connection.version

    def says(self, kind, seed):
        """What disagrees in a case, in one line, or None."""
        if self.judged % run.BETWEEN_CLEANINGS == 0:
            self.connection.run(engine.EMPTY_SQL)
        self.judged += 1
        case = generate(kind, seed)
        if kind in ("turn", "glance", "look"):
            return self.glance(case)
        verdict = engine.judge(self.connection, case)
        return None if verdict.skipped or not verdict.disagreements else verdict.disagreements[0]

    def glance(self, case):
        """The first edge that is missing or extra after one run, or None."""
        runner = engine._Runner(self.connection, case, f"o{case.seed}")
        try:
            runner.setup()
            runner.bodies.read()
            runner.run(runner.data(), first=True)
            runner.collect()
            engine._judge_direct(runner)
            known = {tuple(tuple(name.split(".")) for name in e[:2]) for e in case.direct or ()}
            runner.verdict.disagreements += runner.bodies.judge(case, known)
        except SqlError:  # a case that does not run; it is skipped, as in engine.judge
            self.connection.rows("SELECT 1")
        finally:
            self.connection.run("ROLLBACK; RESET ROLE; SET pg_lineage.enabled = off")
            self.connection.run(f"DROP SCHEMA IF EXISTS {runner.schema} CASCADE")
            self.connection.run("DISCARD ALL")
        return (runner.verdict.disagreements or [None])[0]


def generate(kind, seed):
    if kind == "turn":
        return importlib.import_module("statements").in_turn(seed)
    module = run.MODULES[{"glance": "statement", "look": "routine"}.get(kind, kind)]
    return importlib.import_module(module).generate(seed)


def picked(kind, number, first):
    """So many seeds of one kind: those whose text matches, as they are found, then others."""
    given, others = 0, []
    for seed in range(1, number * (POOL if first else 1) + 1):
        if given == number:
            return
        case = generate(kind, seed) if first else None
        if case is not None and first.search(case.setup_sql() + case.run_sql()):
            given += 1
            yield seed
        else:
            others.append(seed)
    yield from others[: number - given]


def hunt(options):
    """Prints what disagrees; the number of cases that did."""
    judge, found = Judge(), 0
    reference = Judge(options.reference) if options.reference else None
    first = re.compile(options.first) if options.first else None
    plan = {
        "turn": options.turns,
        "glance": options.glances,
        "look": options.looks,
        "statement": options.cases,
        "routine": options.routines,
    }
    for kind, number in plan.items():
        for seed in picked(kind, number, first):
            line = judge.says(kind, seed)
            if line is None or (reference and reference.says(kind, seed) is not None):
                continue
            print(f"{kind} {seed} {line}", flush=True)
            found += 1
            if not options.all:
                return found
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--glances", type=int, default=300)
    parser.add_argument("--looks", type=int, default=0)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--routines", type=int, default=0)
    parser.add_argument("--first", help="a pattern of the text of cases")
    parser.add_argument("--reference", help="the PGHOST of a server without the fault")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    try:
        found = hunt(options)
    except SqlError as error:  # a server that is gone, a view that cannot be read
        print(f"error {str(error).splitlines()[0]}")
        found = 1
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
