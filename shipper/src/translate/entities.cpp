#include "translate/entities.h"

#include <algorithm>
#include <set>

#include "translate/ddl_text.h"
#include "translate/names.h"
#include "translate/types.h"

namespace shipper {
namespace {

using nlohmann::json;

void AddText(json *body, const char *key, const std::string &text) {
  if (!text.empty()) (*body)[key] = text;
}

void AddOwners(json *body, const OwnerRules::Names &names) {
  if (!names.empty()) (*body)["owners"] = OwnerNames(names);
}

// Columns that are a key alone, by kind of the key; and all that belong to a primary key.
struct KeyColumns {
  std::set<std::string> primary;
  std::set<std::string> unique;
  std::set<std::string> part_of_primary;
};

KeyColumns CollectKeys(const RelationInfo &relation) {
  KeyColumns out;
  for (const KeyInfo &key : relation.keys) {
    if (key.kind == 'p') out.part_of_primary.insert(key.columns.begin(), key.columns.end());
    if (key.columns.size() != 1) continue;
    if (key.kind == 'p') out.primary.insert(key.columns[0]);
    if (key.kind == 'u') out.unique.insert(key.columns[0]);
  }
  return out;
}

// The `constraint` of a column; nothing for a member of a primary key of several columns.
const char *ColumnConstraint(const ColumnInfo &column, const KeyColumns &keys,
                             const TypeTable &types) {
  if (keys.primary.count(column.name) != 0) return "PRIMARY_KEY";
  if (keys.unique.count(column.name) != 0) return "UNIQUE";
  if (keys.part_of_primary.count(column.name) != 0) return nullptr;
  return column.not_null || TypeIsNotNull(column.type, types) ? "NOT_NULL" : "NULL";
}

json Columns(const RelationInfo &relation, const TypeTable &types) {
  const KeyColumns keys = CollectKeys(relation);
  json out = json::array();
  int position = 0;
  for (const ColumnInfo &column : relation.columns) {
    json entry = ColumnType(column.type, column.modifier, types);
    entry["name"] = EncodeName(column.name);
    entry["dataTypeDisplay"] = column.shown;
    entry["ordinalPosition"] = ++position;
    const char *constraint = ColumnConstraint(column, keys, types);
    if (constraint != nullptr) entry["constraint"] = constraint;
    AddText(&entry, "description", column.comment);
    out.push_back(std::move(entry));
  }
  return out;
}

json EncodedNames(const std::vector<std::string> &names) {
  json out = json::array();
  for (const std::string &name : names) out.push_back(EncodeName(name));
  return out;
}

// Multiplicity as the peer finds it: by the first column of each side.
const char *Relationship(const KeyInfo &key, const KeyColumns &own) {
  const std::string &first = key.columns.front();
  const bool own_unique = own.primary.count(first) != 0 || own.unique.count(first) != 0;
  if (own_unique) return key.referred_first_unique ? "ONE_TO_ONE" : "ONE_TO_MANY";
  return key.referred_first_unique ? "MANY_TO_ONE" : "MANY_TO_MANY";
}

json ForeignKey(const Place &place, const KeyInfo &key, const KeyColumns &own) {
  const std::string table = place.TableFqn(key.referred_schema, key.referred_table);
  json referred = json::array();
  for (const std::string &column : key.referred_columns) {
    referred.push_back(AppendFqn(table, column));
  }
  return {{"constraintType", "FOREIGN_KEY"},
          {"columns", EncodedNames(key.columns)},
          {"referredColumns", referred},
          {"relationshipType", Relationship(key, own)}};
}

json Constraints(const Place &place, const RelationInfo &relation, const KeepKey &keep) {
  const KeyColumns own = CollectKeys(relation);
  json out = json::array();
  for (const KeyInfo &key : relation.keys) {
    if (key.columns.empty()) continue;
    if (key.kind == 'f') {
      if (keep == nullptr || keep(key)) out.push_back(ForeignKey(place, key, own));
    } else if (key.columns.size() > 1) {
      const char *type = key.kind == 'p' ? "PRIMARY_KEY" : "UNIQUE";
      out.push_back({{"constraintType", type}, {"columns", EncodedNames(key.columns)}});
    }
  }
  return out;
}

const char *TableType(char kind) {
  switch (kind) {
    case 'p':
      return "Partitioned";
    case 'f':
      return "Foreign";
    case 'v':
      return "View";
    case 'm':
      return "MaterializedView";
    default:
      return "Regular";
  }
}

// How the values of a key column cut the table.
const char *Interval(char strategy, const std::string &data_type) {
  if (strategy != 'r') return "COLUMN-VALUE";
  static const std::set<std::string> kTimes = {"DATE", "TIME", "TIMESTAMP"};
  static const std::set<std::string> kIntegers = {"SMALLINT", "INT", "BIGINT"};
  if (kTimes.count(data_type) != 0) return "TIME-UNIT";
  return kIntegers.count(data_type) != 0 ? "INTEGER-RANGE" : "OTHER";
}

json Partition(const RelationInfo &relation, const TypeTable &types) {
  json columns = json::array();
  for (const std::string &name : relation.partition_columns) {
    const auto column = std::find_if(relation.columns.begin(), relation.columns.end(),
                                     [&](const ColumnInfo &c) { return c.name == name; });
    if (column == relation.columns.end()) continue;
    const json type = ColumnType(column->type, column->modifier, types);
    json part = {{"columnName", EncodeName(name)},
                 {"intervalType", Interval(relation.partition_strategy, type["dataType"])}};
    const auto &plain = relation.partition_plain;
    if (std::find(plain.begin(), plain.end(), name) == plain.end())
      part["interval"] = relation.partition_key;  // it is in an expression: the key says in which
    columns.push_back(std::move(part));
  }
  return {{"columns", columns}};
}

json PolicyLabels(const std::vector<std::string> &policies, const std::string &classification) {
  json out = json::array();
  for (const std::string &policy : policies) {
    out.push_back({{"tagFQN", JoinFqn({classification, policy})},
                   {"source", "Classification"},
                   {"labelType", "Automated"},
                   {"state", "Suggested"}});
  }
  return out;
}

// What the catalog calls the language; it has no word for most of ours and refuses PLpgSQL.
const char *Language(const std::string &language) {
  if (language == "sql" || language == "plpgsql") return "SQL";
  if (language.rfind("plpython", 0) == 0) return "Python";
  if (language.rfind("pljava", 0) == 0 || language == "java") return "Java";
  if (language == "plv8" || language == "pljs") return "JavaScript";
  return "External";
}

// As the workflow has it: an IPv6 address in brackets.
std::string HostPort(const PostgresConfig &pg) {
  const bool address = pg.host.find(':') != std::string::npos && pg.host[0] != '/';
  return (address ? "[" + pg.host + "]" : pg.host) + ":" + pg.port;
}

Entity Made(const char *type, std::string fqn, const char *path, json body,
            const EntityOptions &options) {
  Entity entity{type, std::move(fqn), path, std::move(body)};
  entity.overrides = options.overrides;
  return entity;
}

}  // namespace

std::string Place::DatabaseFqn() const { return JoinFqn({service, database}); }

std::string Place::SchemaFqn(const std::string &schema) const {
  return JoinFqn({service, database, schema});
}

std::string Place::TableFqn(const std::string &schema, const std::string &table) const {
  return JoinFqn({service, database, schema, table});
}

Entity ServiceEntity(const Config &config) {
  json body = {{"name", EncodeName(config.service_name)}, {"serviceType", "Postgres"}};
  if (config.server.store_service_connection) {
    const PostgresConfig &pg = config.postgres;
    body["connection"]["config"] = {{"type", "Postgres"},
                                    {"scheme", "postgresql+psycopg2"},
                                    {"username", pg.username},
                                    {"hostPort", HostPort(pg)},
                                    {"database", pg.database},
                                    {"sslMode", pg.ssl_mode},
                                    {"ingestAllDatabases", pg.ingest_all_databases},
                                    {"classificationName", pg.classification_name}};
  }
  AddOwners(&body, OwnerRules(config.metadata).Service());
  return {"databaseService", JoinFqn({config.service_name}), "/v1/services/databaseServices",
          std::move(body)};
}

Entity DatabaseEntity(const Place &place, const DatabaseInfo &database,
                      const EntityOptions &options) {
  json body = {{"name", EncodeName(place.database)}, {"service", JoinFqn({place.service})}};
  AddText(&body, "description", database.comment);
  AddOwners(&body, options.owners.Database(place.database, database.owner));
  return Made("database", place.DatabaseFqn(), "/v1/databases", std::move(body), options);
}

Entity SchemaEntity(const Place &place, const SchemaInfo &schema, const EntityOptions &options) {
  json body = {{"name", EncodeName(schema.name)}, {"database", place.DatabaseFqn()}};
  AddText(&body, "description", schema.comment);
  AddOwners(&body, options.owners.Schema(place.database, schema.name, schema.owner));
  return Made("databaseSchema", place.SchemaFqn(schema.name), "/v1/databaseSchemas",
              std::move(body), options);
}

Entity TableEntity(const Place &place, const RelationInfo &relation, const TypeTable &types,
                   const EntityOptions &options, const KeepKey &keep) {
  json body = {{"name", EncodeName(relation.name)},
               {"databaseSchema", place.SchemaFqn(relation.schema)},
               {"tableType", TableType(relation.kind)},
               {"columns", Columns(relation, types)}};
  AddText(&body, "description", relation.comment);
  AddOwners(&body,
            options.owners.Table(place.database, relation.schema, relation.name, relation.owner));
  json constraints = Constraints(place, relation, keep);
  if (!constraints.empty()) body["tableConstraints"] = std::move(constraints);
  if (relation.kind == 'p') body["tablePartition"] = Partition(relation, types);
  const bool is_view = relation.kind == 'v' || relation.kind == 'm';
  if (is_view && options.definitions) AddText(&body, "schemaDefinition", ViewDdl(relation));
  if (!is_view && options.ddl) body["schemaDefinition"] = TableDdl(relation);
  if (options.tags && !relation.policies.empty()) {
    body["tags"] = PolicyLabels(relation.policies, options.classification);
  }
  return Made("table", place.TableFqn(relation.schema, relation.name), "/v1/tables",
              std::move(body), options);
}

Entity PartialTable(const Entity &table) {
  Entity out = table;
  out.partial = true;
  const auto constraints = out.body.find("tableConstraints");
  if (constraints == out.body.end()) return out;
  json kept = json::array();
  for (const json &constraint : *constraints) {
    if (constraint["constraintType"] != "FOREIGN_KEY") kept.push_back(constraint);
  }
  if (kept.empty()) {
    out.body.erase(constraints);
  } else {
    *constraints = std::move(kept);
  }
  return out;
}

Entity RoutineEntity(const Place &place, const std::string &schema, const RoutineInfo &routine,
                     const std::string &name, const EntityOptions &options) {
  json code = {{"language", Language(routine.language)}};
  if (options.definitions) AddText(&code, "code", routine.code);
  json body = {{"name", EncodeName(name)},
               {"databaseSchema", place.SchemaFqn(schema)},
               {"storedProcedureType", routine.kind == 'p' ? "StoredProcedure" : "Function"},
               {"storedProcedureCode", std::move(code)}};
  if (name != routine.name) body["displayName"] = routine.name;
  AddText(&body, "description", routine.comment);
  AddOwners(&body, options.owners.Routine(place.database, schema, routine.owner));
  return Made("storedProcedure", AppendFqn(place.SchemaFqn(schema), name), "/v1/storedProcedures",
              std::move(body), options);
}

Entity ClassificationEntity(const std::string &classification) {
  return {"classification",
          JoinFqn({classification}),
          "/v1/classifications",
          {{"name", EncodeName(classification)}, {"description", "Postgres Tag Name"}}};
}

Entity PolicyTagEntity(const std::string &classification, const std::string &policy) {
  return {"tag",
          JoinFqn({classification, policy}),
          "/v1/tags",
          {{"name", EncodeName(policy)},
           {"classification", JoinFqn({classification})},
           {"description", "Postgres Tag Value"}}};
}

}  // namespace shipper
