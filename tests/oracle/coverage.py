#!/usr/bin/env python3
"""How many branches of the walker (extension/src/lineage) the generated cases alone take.

usage: tests/oracle/coverage.py [--turns N] [--glances N] [--looks N] [--cases N] [--routines N]
                                [-v]
Builds the extension with gcov in a copy of the tree, runs the generated cases and nothing else, and
prints the share of each source and of all; -v prints each line with a branch not taken. Left out
are the tests within the server's loop macros (foreach), which ask for lists that cannot be empty;
branches of the lines in unreached.txt, each with its reason; and lines marked LCOV_EXCL_LINE or
between LCOV_EXCL_START and LCOV_EXCL_STOP, which say why no statement can lead there. What was left
out is counted and told. Exit code 1 below 95 %.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "mutants"))

import plant  # noqa: E402
import specs  # noqa: E402

WANTED = 95.0  # percent
FLAGS = r"-- CXXFLAGS=-O0\ -g\ -w\ --coverage SHLIB_LINK=--coverage SHIPPER=no with_llvm=no"


class Tree(plant.Tree):
    """A copy that is built with gcov; its server writes counters below its temporary folder."""

    def __init__(self):
        plant.BUILD = specs.ROOT / "build" / "coverage"
        super().__init__(0)
        self.counters = pathlib.Path(self.temporary) / "gcov"
        self.counters.mkdir()
        os.chmod(self.counters, 0o777)
        os.environ["GCOV_PREFIX"] = str(self.counters)

    def lines(self):
        """source name -> {line: [branch counts]} and {line: count}, of all counters together."""
        found = {}
        for counter in self.counters.rglob("extension/src/lineage/*.gcda"):
            notes = pathlib.Path("/") / counter.relative_to(self.counters)
            shutil.copyfile(notes.with_suffix(".gcno"), counter.with_suffix(".gcno"))
            done = subprocess.run(
                ["gcov", "--json-format", "--stdout", "--branch-probabilities", counter.name],
                cwd=counter.parent,
                capture_output=True,
                text=True,
                check=True,
            )
            for file in json.loads(done.stdout)["files"]:
                name = pathlib.Path(file["file"]).name
                if not file["file"].endswith(f"src/lineage/{counter.stem}.cpp"):
                    continue
                lines = found.setdefault(name, {})
                for line in file["lines"]:
                    branches = [b["count"] for b in line["branches"] if not b["throw"]]
                    add(lines, line["line_number"], line["count"], branches)
        return found


def add(lines, number, count, branches):
    """A line may stand for several functions (templates): what any of them took is taken."""
    known = lines.setdefault(number, [0, []])
    known[0] += count
    if len(known[1]) == len(branches):
        known[1] = [a + b for a, b in zip(known[1], branches)]
    else:
        known[1] += branches


def left_out(text):
    """Numbers of the lines that are marked."""
    marked, inside = set(), False
    for number, line in enumerate(text.splitlines(), 1):
        inside = inside or "LCOV_EXCL_START" in line
        if inside or "LCOV_EXCL_LINE" in line:
            marked.add(number)
        inside = inside and "LCOV_EXCL_STOP" not in line
    return marked


def idioms():
    """The patterns of unreached.txt, as one; and those that hold where the line never ran."""
    lines = (HERE / "unreached.txt").read_text(encoding="utf-8").splitlines()
    patterns = [line.split("\t")[0] for line in lines if line[0] != "#"]
    joined = "|".join(f"(?:{pattern.lstrip('*')})" for pattern in patterns)
    never = "|".join(f"(?:{pattern[1:]})" for pattern in patterns if pattern[0] == "*")
    return re.compile(joined), re.compile(never)


def report(found, sources, verbose):
    """Prints the shares; the one of all. `sources`: where the text is that was built."""
    taken = total = excused = 0
    known, never = idioms()
    for name in sorted(found):
        text = (sources / name).read_text(encoding="utf-8")
        source, marked = text.splitlines(), left_out(text)
        here = here_total = 0
        for number, (count, branches) in sorted(found[name].items()):
            if number in marked:
                continue
            if source[number - 1].lstrip().startswith("foreach ("):
                branches = []
            hit = sum(1 for branch in branches if branch)
            line = f"{name}: {source[number - 1].strip()}"
            if hit < len(branches) and (known if count else never).search(line):
                excused += len(branches) - hit
                branches = branches[:hit]
            here, here_total = here + hit, here_total + len(branches)
            if verbose and (hit < len(branches) or not count):
                state = f"{hit}/{len(branches)}" if count else "never"
                print(f"  {name}:{number} {state}: {source[number - 1].strip()}")
        taken, total = taken + here, total + here_total
        part = 100.0 * here / max(here_total, 1)
        print(f"{name}: {here} of {here_total} branches ({part:.1f} %)")
    share = 100.0 * taken / max(total, 1)
    print(f"{excused} branches that no statement takes, by the lines of unreached.txt, left out")
    print(f"(with them: {100.0 * taken / max(total + excused, 1):.1f} %)")
    print(f"{taken} of {total} branches taken by generated cases alone ({share:.1f} %)")
    return share


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    # What runs once takes the branches that what runs a hundred times takes.
    parser.add_argument("--turns", default="3000")
    parser.add_argument("--glances", default="2000")
    parser.add_argument("--looks", default="1000")
    parser.add_argument("--cases", default="100")
    parser.add_argument("--routines", default="50")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    plant.FLAGS, plant.PATIENCE = FLAGS, 7200
    tree = Tree()
    try:
        number = ["--turns", options.turns, "--glances", options.glances, "--looks", options.looks]
        number += ["--cases", options.cases, "--routines", options.routines]
        code, said = tree.hunt("--all", *number)
        if code not in (0, 3) or said.startswith("error"):
            raise SystemExit(f"the cases do not run: {said}")
        if said:
            print(f"{len(said.splitlines())} cases disagree:\n{said}")
        share = report(tree.lines(), tree.top / specs.SOURCES, options.verbose)
    finally:
        tree.remove()
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
