"""The YAML that both sides run, and what happens to the database in between.

A run is (source type, sourceConfig.config, SQL before it). `connection` are keys of the service
connection; `after` puts the database back. Every scenario begins with two empty catalogs.
"""

OWN = {"excludes": ["^information_schema$", "^lineage$"]}
METADATA = {"type": "DatabaseMetadata", "schemaFilterPattern": OWN}
LINEAGE = {"type": "DatabaseLineage", "schemaFilterPattern": OWN}

# What goes and comes between the two runs of a scenario.
CHANGES = """
  BEGIN;
  ALTER TABLE sales.scratch RENAME TO scratch_now;
  ALTER VIEW app.shown_again RENAME TO shown_now;
  ALTER PROCEDURE app.fill_by_temp() RENAME TO fill_now;
  ALTER SCHEMA "Odd.Schema" RENAME TO "Odd.Now";
  ALTER TABLE public.customer ADD more int;
  COMMENT ON TABLE sales.customer IS 'who buys, said anew';
  COMMIT"""
UNDO = """
  BEGIN;
  ALTER TABLE sales.scratch_now RENAME TO scratch;
  ALTER VIEW app.shown_now RENAME TO shown_again;
  ALTER PROCEDURE app.fill_now() RENAME TO fill_by_temp;
  ALTER SCHEMA "Odd.Now" RENAME TO "Odd.Schema";
  ALTER TABLE public.customer DROP more;
  COMMENT ON TABLE sales.customer IS 'who buys';
  COMMIT"""


def metadata(**keys):
    """A run of DatabaseMetadata."""
    return ("postgres", {**METADATA, **keys}, None)


def changed(**keys):
    """Two runs with changes in between."""
    return [("postgres", {**METADATA, **keys}, sql) for sql in (None, CHANGES)]


SCENARIOS = [
    {"name": "whole",
     "runs": [metadata(includeOwners=True, includeDDL=True), ("postgres-lineage", LINEAGE, None)]},
    {"name": "defaults", "runs": [("postgres", {"type": "DatabaseMetadata"}, None)]},
    {"name": "tables-only",
     "runs": [metadata(includeViews=False, includeTags=False, includeStoredProcedures=False)]},
    {"name": "views-only",
     "connection": {"classificationName": "RowRules"},
     "runs": [metadata(includeTables=False, storedProcedureFilterPattern={"includes": ["fill"]},
                       tableFilterPattern={"excludes": ["shown$", "PG_"]})]},
    {"name": "filters",
     "runs": [metadata(schemaFilterPattern={"includes": ["SALES", "app"]},
                       tableFilterPattern={"includes": ["or", "by_(?!s)", "^src$"],
                                           "excludes": [".*_trigger"]},
                       storedProcedureFilterPattern={"excludes": ["^fill", "price$"]})]},
    {"name": "filters-by-fqn",
     "runs": [metadata(useFqnForFiltering=True,
                       schemaFilterPattern={"includes": [r"svc\.rich\.(app|sales)$"]},
                       tableFilterPattern={"excludes": [r"svc\.rich\.app\.by_", "sales"]},
                       storedProcedureFilterPattern={"includes": [r".*\.app\."]})]},
    {"name": "changes", "after": UNDO, "runs": changed(markDeletedSchemas=True)},
    {"name": "changes-kept", "after": UNDO,
     "runs": changed(markDeletedTables=False, markDeletedStoredProcedures=False,
                     overrideMetadata=True)},
    {"name": "owners",
     "runs": [metadata(ownerConfig={
         "default": "crew", "databaseSchema": {"rich.app": "clerk"},
         "table": {"rich.sales.orders": "clerk", "customer": "clerk"}})]},
    {"name": "all-databases",
     "connection": {"ingestAllDatabases": True},
     "runs": [metadata(databaseFilterPattern={"includes": ["^ri", "^second$"]},
                       markDeletedDatabases=True)]},
    {"name": "lineage-of-views",
     "runs": [metadata(), ("postgres-lineage", {**LINEAGE, "processQueryLineage": False}, None)]},
]
