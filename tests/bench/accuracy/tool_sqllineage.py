"""sqllineage over the statements of a case, as one script, with a provider of the catalog.

A statement that it cannot read would take the whole script with it: each is tried alone first, and
those that fail are reported and left out. Its column paths are cut into steps between tables, so
that a table in the middle of a path is an end as well. Runs in requirements-parsers' environment.
"""

import importlib.metadata
import warnings

from edges import Catalog, Edges
from sqllineage.core.metadata_provider import MetaDataProvider
from sqllineage.core.models import Schema, Table
from sqllineage.runner import LineageRunner
from tool import serve

DIALECT = "postgres"


class Provider(MetaDataProvider):
    """Answers sqllineage's questions from the catalog of the case."""

    def __init__(self, catalog):
        super().__init__()
        self.catalog = catalog

    def _get_table_columns(self, schema, table, **_):
        known = self.catalog.find(None if schema == Schema.unknown else schema, table)
        return self.catalog.columns[known] if known else []


def name_of(table):
    """(schema or None, table) of what sqllineage calls a table."""
    schema = table.schema.raw_name
    return (None if schema == Schema.unknown else schema.split(".")[-1], table.raw_name)


def run(script, catalog):
    """The runner of a script, evaluated."""
    runner = LineageRunner(
        script, dialect=DIALECT, metadata_provider=Provider(catalog), silent_mode=True
    )
    runner.get_column_lineage()
    return runner


def answer(case):
    catalog, readable, notes = Catalog(case["relations"]), [], []
    for text, _ in case["queries"]:
        text = text.rstrip().rstrip(";")
        try:
            run(text, catalog)
            readable.append(text)
        except Exception as error:
            notes.append(f"{type(error).__name__}: {text[:60]}")
    edges = Edges(catalog)
    if not readable:
        return edges.answer(), notes
    runner = run(";\n".join(readable), catalog)
    for holder in runner._stmt_holders:  # each statement's own tables; the runner merges them
        for source in holder.read:
            for target in holder.write:
                if isinstance(source, Table) and isinstance(target, Table):
                    edges.add(name_of(source), name_of(target))
    for path in runner.get_column_lineage(exclude_subquery_columns=True):
        ends = [column for column in path if isinstance(column.parent, Table)]
        for source, target in zip(ends, ends[1:]):
            edges.add(
                name_of(source.parent), name_of(target.parent), source.raw_name, target.raw_name
            )
    return edges.answer(), notes


warnings.simplefilter("ignore")
serve(f"sqllineage {importlib.metadata.version('sqllineage')}", answer)
