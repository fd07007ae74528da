#include "config_source.h"

#include <string>
#include <vector>

namespace shipper {

namespace {

// One level of ownerConfig: a name or a list of names for all objects, or a mapping by name.
OwnerLevel ReadOwnerLevel(MapReader *map, const std::string &key) {
  OwnerLevel level;
  if (!map->IsMap(key)) {
    level.all = map->TextOrList(key);
    return level;
  }
  MapReader names = map->Map(key);
  for (const std::string &name : names.Keys()) level.by_name[name] = names.TextOrList(name);
  return level;
}

OwnerConfig ReadOwners(MapReader *map) {
  OwnerConfig owners;
  owners.fallback = map->TextOrList("default");
  owners.service = map->TextOrList("service");
  owners.database = ReadOwnerLevel(map, "database");
  owners.schema = ReadOwnerLevel(map, "databaseSchema");
  owners.table = ReadOwnerLevel(map, "table");
  owners.inherit = map->Bool("enableInheritance", true);
  map->Finish();
  return owners;
}

void ReadMetadata(MapReader *map, MetadataConfig *metadata) {
  metadata->mark_deleted_tables = map->Bool("markDeletedTables", true);
  metadata->mark_deleted_stored_procedures = map->Bool("markDeletedStoredProcedures", true);
  metadata->mark_deleted_schemas = map->Bool("markDeletedSchemas", false);
  metadata->mark_deleted_databases = map->Bool("markDeletedDatabases", false);
  metadata->include_tables = map->Bool("includeTables", true);
  metadata->include_views = map->Bool("includeViews", true);
  metadata->include_tags = map->Bool("includeTags", true);
  metadata->include_owners = map->Bool("includeOwners", false);
  metadata->include_stored_procedures = map->Bool("includeStoredProcedures", true);
  metadata->include_ddl = map->Bool("includeDDL", false);
  metadata->override_metadata = map->Bool("overrideMetadata", false);
  MapReader owners = map->Map("ownerConfig");
  metadata->owners = ReadOwners(&owners);
  map->Moot({"includeCustomProperties"}, "PostgreSQL has none, nor has the peer's connector");
  map->Moot({"queryLogDuration", "queryParsingTimeoutLimit"},
            "no query log is read and no text is parsed; lineage is captured as statements run");
  map->Moot({"threads"}, "one connection is enough for what changed");
  map->Moot({"incremental"}, "every run is incremental: what has not changed is not sent");
  map->Moot({"extractJsonSchema", "jsonSchemaSampleSize"}, "metadata never reads your data");
  map->Moot(
      {"markDeletedTablesFromFilterOnly"},
      "always so: only what is surely gone is marked deleted, never what a filter leaves out");
}

void ReadLineage(MapReader *map, LineageConfig *lineage) {
  lineage->process_view_lineage = map->Bool("processViewLineage", true);
  lineage->process_query_lineage = map->Bool("processQueryLineage", true);
  lineage->override_view_lineage = map->Bool("overrideViewLineage", false);
  map->Moot({"queryLogDuration", "queryLogFilePath", "resultLimit", "parsingTimeoutLimit",
             "queryParserConfig", "filterCondition"},
            "no query log is read and no text is parsed; lineage is captured as statements run");
  map->Moot({"threads"}, "one connection is enough for what changed");
  map->Ignore({"processStoredProcedureLineage", "enableTempTableLineage",
               "incrementalLineageProcessing"});  // always so here
  map->Moot({"processCrossDatabaseLineage", "crossDatabaseServiceNames"},
            "edges to other databases are not sent in this version");
}

}  // namespace

void ReadSourceConfig(MapReader *map, Config *config) {
  static const std::vector<std::string> kTypes = {"DatabaseMetadata",
                                                  "DatabaseLineage",
                                                  "DatabaseUsage",
                                                  "Profiler",
                                                  "AutoClassification",
                                                  "TestSuite",
                                                  "DBT"};
  std::string type = map->Choice("type", "DatabaseMetadata", kTypes);
  config->workflow_types.push_back(type);
  if (type != "DatabaseMetadata" && type != "DatabaseLineage") return;
  config->metadata.use_fqn_for_filtering = map->Bool("useFqnForFiltering", false);
  config->metadata.schema_filter = map->Filter("schemaFilterPattern");
  config->metadata.table_filter = map->Filter("tableFilterPattern");
  config->metadata.database_filter = map->Filter("databaseFilterPattern");
  config->metadata.stored_procedure_filter = map->Filter("storedProcedureFilterPattern");
  if (type == "DatabaseMetadata") ReadMetadata(map, &config->metadata);
  if (type == "DatabaseLineage") ReadLineage(map, &config->lineage);
  map->Finish();
}

}  // namespace shipper
