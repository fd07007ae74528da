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

constexpr char kNoQueryLog[] =
    "no query log is read and no text is parsed; lineage is captured as statements run";

void ReadQueryLog(MapReader *map) {
  map->Moot({"queryLogDuration", "queryParsingTimeoutLimit"}, kNoQueryLog);
}

// Every run is incremental; the keys are checked, so that a misspelt one is found.
void ReadIncremental(MapReader *map) {
  if (!map->Has("incremental")) return;
  MapReader incremental = map->Map("incremental");
  const bool enabled = incremental.Bool("enabled", true);
  incremental.Int("lookbackDays", 7, 0, 100000);
  incremental.Int("safetyMarginDays", 1, 0, 100000);
  incremental.Finish();
  map->Warn("key '" + map->Full("incremental") + "' has no effect: " +
            (enabled ? "every run is incremental" : "no run can be otherwise") +
            ", as the shipper remembers what it sent and needs no days to look back");
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
  map->MootIfTrue("includeCustomProperties", "PostgreSQL has none, nor has the peer's connector");
  ReadQueryLog(map);
  metadata->threads = map->Int("threads", 1, 0, 1000000);
  ReadIncremental(map);
  map->MootIfTrue("extractJsonSchema", "metadata never reads your data");
  map->Moot({"jsonSchemaSampleSize"}, "metadata never reads your data");
  map->Moot(
      {"markDeletedTablesFromFilterOnly"},
      "always so: only what is surely gone is marked deleted, never what a filter leaves out");
}

// Names of other services whose tables feed ours, or are fed by them, through foreign tables.
void ReadCrossDatabase(MapReader *map, LineageConfig *lineage) {
  lineage->process_cross_database = map->Bool("processCrossDatabaseLineage", false);
  lineage->cross_database_services = map->TextOrList("crossDatabaseServiceNames");
  if (!lineage->process_cross_database && !lineage->cross_database_services.empty())
    map->Warn("key '" + map->Full("crossDatabaseServiceNames") +
              "' has no effect without `processCrossDatabaseLineage: true`");
}

void ReadLineage(MapReader *map, LineageConfig *lineage) {
  lineage->process_view_lineage = map->Bool("processViewLineage", true);
  lineage->process_query_lineage = map->Bool("processQueryLineage", true);
  lineage->process_routine_lineage = map->Bool("processStoredProcedureLineage", true);
  lineage->override_view_lineage = map->Bool("overrideViewLineage", false);
  ReadCrossDatabase(map, lineage);
  ReadQueryLog(map);
  map->Moot({"queryLogFilePath", "resultLimit", "parsingTimeoutLimit", "queryParserConfig",
             "filterCondition"},
            kNoQueryLog);
  lineage->threads = map->Int("threads", 1, 0, 1000000);
  if (!map->Bool("enableTempTableLineage", true))
    map->Warn("key '" + map->Full("enableTempTableLineage") +
              "': false has no effect: what went through a temporary table is always lineage of "
              "the tables at both ends");
  if (!map->Bool("incrementalLineageProcessing", true))
    map->Warn("key '" + map->Full("incrementalLineageProcessing") +
              "': false has no effect on `run`, which sends what has changed; the verb `lineage` "
              "sends everything");
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
  if (type != "DatabaseMetadata" && type != "DatabaseLineage") {
    map->Warn("key '" + map->Full("type") + "': nothing is done for '" + type +
              "', a workflow of a later version");
    return;
  }
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
