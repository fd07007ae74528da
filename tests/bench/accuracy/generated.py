"""Cases of the perturbation oracle (tests/oracle) for the scoreboard, with what is true of them.

True is an edge of the first run that the generator built in (statements) or that pg_lineage tells
(routines) and that showed itself: the target's values differ when only the source's are changed.
Nothing is said of edges that are built in but did not show (an arm that never ran), that the
generator excuses, or whose ends are not compared: they are optional for all tools.
The case lives in schema public, where every tool looks for a name without schema.
"""

import importlib
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

import draw  # noqa: E402
import engine  # noqa: E402
import run  # noqa: E402
from server import Connection  # noqa: E402


class Known:
    """What is true of a case, in the shape of compare.Expected; nothing is known of tables."""

    tables = optional_tables = optional_columns = frozenset()
    indirect, via = frozenset(), frozenset({None})

    def __init__(self, case, columns, optional):
        self.case, self.columns, self.optional = case, columns, optional

    def excuses(self, edge):
        """Whether an edge is neither right nor wrong."""
        if edge in self.columns:
            return False
        (s_schema, *source), (t_schema, *target) = edge
        if edge in self.optional or {s_schema, t_schema} != {"public"}:
            return True
        if len(source) < 2 or len(target) < 2:
            return False
        return target[0] not in self.case.targets or (
            (".".join(source), ".".join(target)) in self.case.dead
        )

    @staticmethod
    def rename(name):
        return name


def edges(pairs):
    """((table, column), (table, column)) as names in parts, without those within one table."""
    return {(("public", *s), ("public", *t)) for s, t in pairs if s[0] != t[0]}


def split(text):
    return tuple(text.rsplit(".", 1))


def named(pairs):
    """Those between relations of the case: no files and no other databases."""
    return {(s, t) for s, t in pairs if s[0].isidentifier() and t[0].isidentifier()}


def truth(case, verdict):
    """What is true: see the top."""
    shown = named(verdict.confirmed & verdict.first)
    if case.direct is None:
        return Known(case, edges(shown), edges(verdict.confirmed | verdict.unconfirmed))
    built = {(split(edge[0]), split(edge[1])) for edge in case.direct}
    return Known(case, edges(named(verdict.confirmed & built)), edges(built))


def generate(kind, number, folder):
    """Yields (name, folder with setup.sql and run.sql, Known) of so many cases that run."""
    module = importlib.import_module(run.MODULES[kind])
    database = f"accuracy_{kind}"
    run.new_database(database)
    connection = Connection(database)
    draw.server_version = connection.version
    for seed in range(1, number + 1):
        case = module.generate(seed)
        verdict = engine.judge(connection, case)
        if verdict.skipped:
            continue
        place = os.path.join(folder, f"{kind}-{seed}")
        os.makedirs(place, exist_ok=True)
        for name, text in (
            ("setup.sql", "DROP SCHEMA public CASCADE;\n" + case.setup_sql("public")),
            ("run.sql", case.run_sql("public")),
        ):
            with open(os.path.join(place, name), "w", encoding="utf-8") as file:
                file.write(text)
        yield f"{kind}-{seed}", place, truth(case, verdict)
    connection.close()
    run.psql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
