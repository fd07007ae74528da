"""OpenMetadata's own lineage of PostgreSQL over the statements of a case, with its own code.

What its Postgres lineage source does, in its order: the statements that pass the filter of its
query (PostgresLineageSource.filters) go through get_lineage_by_query with dialect postgres, default
schema public and the graph of temporary tables; then that graph is read (get_lineage_by_graph);
then the definitions of views go through get_view_lineage. The catalog that it asks for tables is
answered from the case's own; relations that its metadata run leaves out (partitions) are not in
there. Functions have no language in what its Postgres source sends, so none is followed into its
body: it has no stored-procedure lineage for PostgreSQL beyond the query log.
Runs in the environment of requirements-openmetadata, importing without the package's __init__.
"""

import fnmatch
import importlib.metadata
import logging
import os
import re
import sys
import types
import uuid

from edges import Catalog, Edges
from tool import serve


def import_without_client():
    """Its __init__ and its client of the server pull in every connector; parsing needs neither."""
    home = next(p for p in sys.path if os.path.isdir(os.path.join(p, "metadata", "ingestion")))
    package = types.ModuleType("metadata")
    package.__path__ = [os.path.join(home, "metadata")]
    sys.modules["metadata"] = package
    client = types.ModuleType("metadata.ingestion.ometa.ometa_api")
    client.OpenMetadata, client.T = object, object
    sys.modules[client.__name__] = client


import_without_client()
import networkx  # noqa: E402
from metadata.generated.schema.entity.data.table import Table  # noqa: E402
from metadata.ingestion.lineage import sql_lineage  # noqa: E402
from metadata.ingestion.lineage.models import Dialect  # noqa: E402
from metadata.ingestion.source.models import TableView  # noqa: E402
from metadata.utils import db_utils, fqn  # noqa: E402

SERVICE, DATABASE = "service", "db"
# PostgresLineageSource.filters, as SQL's ILIKE reads them.
FILTER = re.compile(
    "create table.*as.*select|insert.*into.*select|update|merge", re.IGNORECASE | re.DOTALL
)


def entity(schema, name, columns):
    """A table as the catalog would give it back."""
    full = fqn._build(SERVICE, DATABASE, schema, name)
    reference = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, schema)), "type": "databaseSchema"}
    return Table.model_validate(
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, full)),
            "name": name,
            "fullyQualifiedName": full,
            "serviceType": "Postgres",
            "databaseSchema": {**reference, "name": schema},
            "columns": [
                {
                    "name": column,
                    "dataType": "UNKNOWN",
                    "fullyQualifiedName": f"{full}.{fqn.quote_name(column)}",
                }
                for column in columns
            ],
        }
    )


class Server:
    """The questions that its lineage code asks of the catalog."""

    def __init__(self, relations):
        self.tables, self.names = {}, {}
        for schema, name, _, is_partition, columns in relations:
            if is_partition:
                continue
            table = entity(schema, name, [column for column, _ in columns])
            full = table.fullyQualifiedName.root
            self.tables[full.lower()] = table
            self.names[full] = (schema, name)
            for column in table.columns:
                self.names[column.fullyQualifiedName.root] = (schema, name, column.name.root)

    def es_search_from_fqn(self, entity_type, fqn_search_string, **_):
        if entity_type is not Table:
            return None
        pattern = fqn_search_string.lower()
        return [t for full, t in self.tables.items() if fnmatch.fnmatchcase(full, pattern)] or None

    def get_by_name(self, entity, fqn, **_):
        return self.tables.get(fqn.lower()) if entity is Table else None


def forget_searches():
    """Its caches know tables by name only: each case has its own."""
    for cache in ("search_cache", "database_service_type_cache", "alias_resolution_cache"):
        getattr(sql_lineage, cache).clear()


def requests(server, case):
    """Everything that its lineage source would send."""
    graph = networkx.DiGraph()
    for text, _ in case["queries"]:
        if FILTER.search(text):
            yield from sql_lineage.get_lineage_by_query(
                server, [SERVICE], DATABASE, "public", text, Dialect.POSTGRES, graph=graph
            )
    yield from sql_lineage.get_lineage_by_graph(graph, server)
    for schema, name, definition in case["views"]:
        view = TableView(
            table_name=name,
            schema_name=schema,
            db_name=DATABASE,
            view_definition=f"create view {schema}.{name} as {definition}",
        )
        yield from db_utils.get_view_lineage(
            view, server, [SERVICE], "Postgres", 30, sql_lineage.QueryParserType.Auto
        )


def answer(case):
    forget_searches()
    server, edges, notes = Server(case["relations"]), Edges(Catalog(case["relations"])), []
    for request in requests(server, case):
        if request is None or request.right is None:
            notes.append(str(request.left.error)[:100] if request else "nothing")
            continue
        found = request.right
        source = server.names[found.from_entity_fqn]
        target = server.names[found.to_entity_fqn]
        edges.add(source, target)
        for pair in found.lineage_details.columnsLineage or []:
            for column in pair.fromColumns:
                one, other = server.names[column.root], server.names[pair.toColumn.root]
                edges.add(one[:2], other[:2], one[2], other[2])
    return edges.answer(), notes


logging.disable(logging.CRITICAL)
serve(f"openmetadata-ingestion {importlib.metadata.version('openmetadata-ingestion')}", answer)
