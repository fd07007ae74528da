#!/usr/bin/env python3
"""The scoreboard of accuracy: pg_lineage beside tools that parse what pg_stat_statements shows.

usage: tests/bench/accuracy.sh runs it with a server
       [--cases DIR] [--only PATTERN] [--statements N] [--routines N]
Prints one table; what each tool stumbled over is in build/accuracy/notes.txt. Answers are kept in
build/accuracy and used again while the input of the case and the tool are the same.
"""

import argparse
import hashlib
import json
import os
import select
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(ROOT, "tests", "cases")]

from collect import collect, prepare  # noqa: E402
from compare import Answer, Expected, Result, find_cases, show_edge  # noqa: E402
from generated import generate  # noqa: E402
from run_cases import CaseError, Server  # noqa: E402

STORE = os.path.join(ROOT, "build", "accuracy")
PARSERS = ("sqlglot", "sqllineage", "openmetadata")
OURS = "pg_lineage"
PATIENCE = 180  # seconds for one case of one tool


class Given:
    """An answer of edges alone, in the shape that Result compares."""

    def __init__(self, columns, tables, rename):
        def read(pairs):
            named = {(rename(tuple(s)), rename(tuple(t))) for s, t in pairs}
            return {(s, t) for s, t in named if s[:2] != t[:2]}

        self.columns, self.tables, self.indirect = read(columns), read(tables), set()
        self.via = {edge: {None} for edge in self.columns | self.tables}


class Tool:
    """A parser in its own environment: one process, started again when it dies or hangs."""

    def __init__(self, name, python):
        self.name, self.python, self.process, self.version = name, python, None, None
        self.start()

    def start(self):
        script = os.path.join(HERE, f"tool_{self.name}.py")
        self.process = subprocess.Popen(
            [self.python, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} does not start: run {self.python} {script}")
        self.version = json.loads(line)["version"]

    def ask(self, case):
        """The tool's answer; a crash or a hang is an empty one, with a note."""
        try:
            self.process.stdin.write(json.dumps(case) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            line = self.process.stdout.readline() if ready else ""
        except BrokenPipeError:
            line = ""
        if line:
            return json.loads(line)
        self.close()
        self.start()
        return {"columns": [], "tables": [], "notes": ["crash: no answer"]}

    def close(self):
        self.process.kill()
        self.process.wait()


def digest(*parts):
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def kept(path, key, make):
    """What a file holds if it was made from the same key, else made now."""
    try:
        with open(path, encoding="utf-8") as file:
            held = json.load(file)
        if held["key"] == key:
            return held["value"]
    except (OSError, ValueError, KeyError):
        pass
    value = make()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"key": key, "value": value}, file)
    os.replace(path + ".new", path)
    return value


def sources(*names):
    """The text of our own programs: when they change, answers are made again."""
    texts = []
    for name in names:
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            texts.append(file.read())
    return texts


class Score:
    """Sums over cases for one tool and one kind of edges."""

    def __init__(self):
        self.found = self.wrong = self.missed = self.exact = self.cases = 0

    def add(self, expected, missing, extra):
        self.found += len(expected) - len(missing)
        self.missed += len(missing)
        self.wrong += len(extra)
        self.exact += not missing and not extra
        self.cases += 1

    def cells(self):
        def share(part, whole):
            return f"{100.0 * part / whole:.1f} %" if whole else "–"

        return [
            share(self.found, self.found + self.wrong),
            share(self.found, self.found + self.missed),
            share(self.exact, self.cases),
        ]


class Board:
    """All rows of one set of cases."""

    def __init__(self, title, tools, knows_tables=True):
        self.title, self.tools, self.knows_tables = title, tools, knows_tables
        self.rows, self.notes, self.crashes = {}, [], {}

    def add(self, row, name, expected, answer, notes=()):
        if not self.knows_tables:  # generated: it is not known of every edge
            answer.columns = {e for e in answer.columns if not expected.excuses(e)}
        result = Result(name, expected, answer, [])
        columns, tables = self.rows.setdefault(row, (Score(), Score()))
        columns.add(expected.columns, result.missing_columns, result.extra_columns)
        tables.add(expected.tables, result.missing_tables, result.extra_tables)
        self.notes += [f"{row} | {name} | {note}" for note in notes]
        self.crashes[row] = self.crashes.get(row, 0) + any(n.startswith("crash") for n in notes)
        for title, edges in (("missing", result.missing_columns), ("wrong", result.extra_columns)):
            self.notes += [f"{row} | {name} | {title} {show_edge(e)}" for e in sorted(edges)]

    def case(self, name, expected, case):
        """Judges pg_lineage, each parser with all statements, and with those at top level."""
        self.add(OURS, name, expected, Answer(case["columns"], case["tables"], expected.rename))
        for tool in self.tools:
            for suffix, queries in (
                ("", case["queries"]),
                (", track = top", [q for q in case["queries"] if q[1]]),
            ):
                given = dict(name=name, queries=queries, relations=case["relations"])
                given["views"] = case["views"]
                path = os.path.join(STORE, tool.name, f"{digest(name, suffix)}.json")
                key = digest(tool.version, sources("edges.py", f"tool_{tool.name}.py"), given)
                said = kept(path, key, lambda: tool.ask(given))
                answer = Given(said["columns"], said["tables"], expected.rename)
                self.add(tool.version + suffix, name, expected, answer, said["notes"])

    def lines(self):
        """The table as Markdown."""
        total = self.rows[OURS][0].cases
        head = [f"{self.title}: {total} cases", "Precision", "Recall", "Exact"]
        head += ["tables: Precision", "Recall", "Exact"] if self.knows_tables else []
        yield f"| {' | '.join(head)} |"
        yield "|---" * len(head) + "|"
        for row in sorted(self.rows, key=lambda r: (r != OURS, r.endswith("top"), r)):
            columns, tables = self.rows[row]
            cells = [row, *columns.cells()] + (tables.cells() if self.knows_tables else [])
            yield f"| {' | '.join(cells)} |"
        for row, number in sorted(self.crashes.items()):
            if number:
                yield f"{row}: crashed in {number} cases"


def judge_cases(server, tools, top, only):
    """The board of the lineage cases, or None if there are none."""
    cases = find_cases(top, only)
    if not cases:
        return None
    board = Board("Lineage cases", tools)
    for number, (name, folder) in enumerate(cases):
        expected = Expected(os.path.join(folder, "expected.json"))
        board.case(name, expected, collect(server, number, folder))
    return board


def judge_generated(server, tools, kind, number):
    """The board of so many cases of the oracle, or None."""
    if not number:
        return None
    board = Board(f"Generated {kind}s", tools, knows_tables=False)
    for index, (name, folder, known) in enumerate(generate(kind, number, STORE)):
        board.case(name, known, collect(server, index, folder, one_session=True))
    return board


def parse_args():
    parser = argparse.ArgumentParser(description="The scoreboard of accuracy.")
    parser.add_argument("--cases", default=os.path.join(ROOT, "..", "shared", "cases"))
    parser.add_argument("--only", action="append", help="part of a case's name, or a pattern")
    parser.add_argument("--statements", type=int, default=200, help="generated statements")
    parser.add_argument("--routines", type=int, default=60, help="generated routines")
    parser.add_argument("--python", action="append", required=True, metavar="TOOL=PYTHON")
    parser.set_defaults(host=None, port=None, user=None)
    return parser.parse_args()


def main():
    args = parse_args()
    pythons = dict(pair.split("=", 1) for pair in args.python)
    tools = [Tool(name, pythons[name]) for name in PARSERS]
    server = Server(args)
    try:
        prepare(server)
        boards = [judge_cases(server, tools, args.cases, args.only)]
        boards.append(judge_generated(server, tools, "statement", args.statements))
        boards.append(judge_generated(server, tools, "routine", args.routines))
    except CaseError as error:
        raise SystemExit(f"the server is not ready, or a case is broken: {error}")
    finally:
        for tool in tools:
            tool.close()
    os.makedirs(STORE, exist_ok=True)
    boards = [board for board in boards if board]
    with open(os.path.join(STORE, "notes.txt"), "w", encoding="utf-8") as file:
        for board in boards:
            file.writelines(note + "\n" for note in board.notes)
            print(*board.lines(), sep="\n", end="\n\n")
    return 0 if boards else 1


if __name__ == "__main__":
    sys.exit(main())
