"""What an edge of the lineage cases is, and how an answer is compared with what is expected.

The rules stand in the README.md of the cases. Used by run_cases.py and by the scoreboard
(tests/bench/accuracy.py), so that every tool is judged by the same lines:

    expected = Expected("…/expected.json")
    result = Result("name", expected, Answer(column_rows, table_rows, expected.rename), [])
    result.missing_columns, result.extra_columns
"""

import fnmatch
import json
import os


def split_name(text):
    """Splits a dotted name into its parts, double quotes resolved: a."b.c".d -> (a, b.c, d)."""
    parts, part, i, quoted = [], "", 0, False
    while i < len(text):
        c = text[i]
        if quoted and c == '"' and text[i + 1 : i + 2] == '"':
            part, i = part + '"', i + 1
        elif c == '"':
            quoted = not quoted
        elif c == "." and not quoted:
            parts.append(part)
            part = ""
        else:
            part += c
        i += 1
    return tuple(parts + [part])


def split_routine(text):
    """The name of a routine without its argument types, as parts."""
    depth = 0
    for i, c in enumerate(text):
        if c == '"':
            depth ^= 1
        elif c == "(" and not depth:
            return split_name(text[:i])
    return split_name(text)


def is_uri(name):
    """Names of outside datasets are no schema.table."""
    return len(split_name(name)) != 2 or "://" in name or name.startswith(("program:", "client:"))


def shown(name):
    """A parsed name as people read it."""
    return ".".join(name) if name else "-"


def show_edge(edge):
    return f"{shown(edge[0])} -> {shown(edge[1])}"


class Answer:
    """What the views said that is new, as sets of parsed names."""

    def __init__(self, column_rows, table_rows, rename):
        self.columns, self.indirect, self.tables, self.via = set(), set(), set(), {}
        for s_table, s_col, t_table, t_col, kind, _, _, routine, *_ in column_rows:
            if is_uri(s_table) or is_uri(t_table):
                continue
            source = rename(split_name(s_table) + (s_col,))
            target = rename(split_name(t_table) + ((t_col,) if t_col is not None else ()))
            if source[:2] == target[:2]:
                continue
            edge = (source, target)
            if kind == "DIRECT":
                self.columns.add(edge)
                self.note_via(edge, routine)
            else:
                self.indirect.add(edge)
        for s_table, t_table, routine, *_ in table_rows:
            if is_uri(s_table) or is_uri(t_table):
                continue
            edge = (rename(split_name(s_table)), rename(split_name(t_table)))
            if edge[0] != edge[1]:
                self.tables.add(edge)
                self.note_via(edge, routine)

    def note_via(self, edge, routine):
        self.via.setdefault(edge, set()).add(split_routine(routine) if routine else None)


class Expected:
    """The parsed expected.json."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        self.category = data.get("category", "")
        self.renames = sorted(
            ((split_name(a), split_name(b)) for a, b in dict(data.get("rename") or {}).items()),
            key=lambda pair: -len(pair[0]),
        )
        self.columns = self.edges(data["columns"]) - self.edges(data.get("optional_columns"))
        self.tables = self.edges(data["tables"]) - self.edges(data.get("optional_tables"))
        self.optional_columns = self.edges(data.get("optional_columns"))
        self.optional_tables = self.edges(data.get("optional_tables"))
        self.indirect = self.edges(data.get("indirect"))
        via = data.get("via")
        names = via if isinstance(via, list) else [via]
        self.via = {split_routine(name) if name else None for name in names}

    def edges(self, pairs):
        """Parsed pairs without those that stay within one table."""
        parsed = {(self.rename(split_name(s)), self.rename(split_name(t))) for s, t in pairs or []}
        return {(s, t) for s, t in parsed if s[:2] != t[:2]}

    def rename(self, name):
        """Maps an old name, or a name that begins with it, to the final one."""
        for old, new in self.renames:
            if name[: len(old)] == old:
                return new + name[len(old) :]
        return name


def indirect_found(pair, answer):
    """An edge to a whole table counts for each of its columns."""
    source, target = pair
    return pair in answer.indirect or (source, target[:2]) in answer.indirect


class Result:
    """The comparison of one case."""

    def __init__(self, name, expected, answer, notes):
        self.name, self.expected, self.answer, self.notes = name, expected, answer, notes
        got_columns = answer.columns - expected.optional_columns
        got_tables = answer.tables - expected.optional_tables
        self.missing_columns = expected.columns - got_columns
        self.extra_columns = got_columns - expected.columns
        self.missing_tables = expected.tables - got_tables
        self.extra_tables = got_tables - expected.tables
        self.missing_indirect = {p for p in expected.indirect if not indirect_found(p, answer)}
        compared = (expected.columns & got_columns) | (expected.tables & got_tables)
        self.via = set().union(*(answer.via[edge] for edge in compared)) if compared else None

    def columns_ok(self):
        return not self.missing_columns and not self.extra_columns

    def tables_ok(self):
        return not self.missing_tables and not self.extra_tables

    def via_ok(self):
        return self.via is None or self.via == self.expected.via

    def all_ok(self):
        same = self.columns_ok() and self.tables_ok() and self.via_ok()
        return same and not self.missing_indirect

    def lines(self):
        """What differs, one line each."""
        for title, edges in (
            ("column missing", self.missing_columns),
            ("column extra", self.extra_columns),
            ("table missing", self.missing_tables),
            ("table extra", self.extra_tables),
            ("indirect missing", self.missing_indirect),
        ):
            for edge in sorted(edges):
                yield f"{title}: {show_edge(edge)}"
        if not self.via_ok():
            yield f"via: {names(self.via)}, expected {names(self.expected.via)}"
        yield from self.notes


def names(via):
    return ", ".join(sorted(shown(name) for name in via))


def find_cases(top, patterns):
    """All folders with an expected.json, by name relative to the top."""
    found = []
    for folder, _, files in os.walk(top):
        name = os.path.relpath(folder, top)
        if "expected.json" in files and (
            not patterns or any(fnmatch.fnmatch(name, f"*{pattern}*") for pattern in patterns)
        ):
            found.append((name, folder))
    return sorted(found)
