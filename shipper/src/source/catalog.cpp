#include "source/catalog.h"

#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "source/catalog_sql.h"
#include "source/ddl_sql.h"

namespace shipper {
namespace {

constexpr int kOldestServer = 110000;
constexpr int kGeneratedColumns = 120000;
constexpr int kMaxTypeRounds = 64;
constexpr size_t kPortionRelations = 2000;
constexpr size_t kPortionColumns = 20000;  // about 15 MB while they are read

uint32_t Oid(const PgResult &rows, int row, int column) {
  return static_cast<uint32_t>(rows.Int(row, column));
}

// A "char" column; 0 where it is NULL or empty.
char Letter(const PgResult &rows, int row, int column) {
  const std::string text = rows.Text(row, column);
  return text.empty() ? 0 : text[0];
}

// Finds a relation of `content` by OID; nullptr where it is none that is told.
class Index {
 public:
  explicit Index(SchemaContent *content) {
    for (RelationInfo &relation : content->relations) by_oid_[relation.oid] = &relation;
  }
  RelationInfo *Find(uint32_t oid) const {
    const auto found = by_oid_.find(oid);
    return found == by_oid_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<uint32_t, RelationInfo *> by_oid_;
};

SchemaInfo ReadSchemaRow(const PgResult &rows, int row) {
  return {Oid(rows, row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Text(row, 3)};
}

ColumnInfo ReadColumnRow(const PgResult &rows, int row) {
  ColumnInfo column;
  column.number = static_cast<int>(rows.Int(row, 1));
  column.name = rows.Text(row, 2);
  column.quoted_name = rows.Text(row, 3);
  column.shown = rows.Text(row, 4);
  column.type = Oid(rows, row, 5);
  column.modifier = static_cast<int32_t>(rows.Int(row, 6));
  column.not_null = rows.Bool(row, 7);
  column.identity = Letter(rows, row, 8);
  column.generated = Letter(rows, row, 9);
  column.expression = rows.Text(row, 10);
  column.comment = rows.Text(row, 11);
  column.extra = rows.Text(row, 12);
  column.sequence = rows.Text(row, 13);
  return column;
}

// A read-only transaction with one snapshot, whose statements wait for nobody for long.
class ReadTransaction {
 public:
  ReadTransaction(PgConnection *pg, const CatalogOptions &options)
      : transaction_(pg, "ISOLATION LEVEL REPEATABLE READ READ ONLY") {
    pg->Query("SELECT pg_catalog.set_config('lock_timeout', $1, true)",
              {std::to_string(options.lock_timeout_ms)});
  }
  void Commit() { transaction_.Commit(); }

 private:
  PgTransaction transaction_;
};

TypeInfo ReadTypeRow(const PgResult &rows, int row) {
  TypeInfo type;
  type.schema = rows.Text(row, 1);
  type.name = rows.Text(row, 2);
  type.kind = Letter(rows, row, 3);
  type.category = Letter(rows, row, 4);
  type.element = Oid(rows, row, 5);
  type.base = Oid(rows, row, 6);
  type.base_modifier = static_cast<int32_t>(rows.Int(row, 7));
  type.not_null = rows.Bool(row, 8);
  type.row_type_of = Oid(rows, row, 9);
  type.labels = rows.TextArray(row, 10);
  return type;
}

}  // namespace

CatalogReader::CatalogReader(PgConnection *pg, const CatalogOptions &options)
    : pg_(pg), options_(options) {
  if (pg_->ServerVersion() < kOldestServer) {
    throw PgError("PostgreSQL " + std::to_string(pg_->ServerVersion() / 10000) +
                      " is too old: 11 is the first that is read",
                  "0A000");
  }
}

std::string CatalogReader::Adapt(std::string sql) const {
  const bool generated = pg_->ServerVersion() >= kGeneratedColumns;
  const std::pair<std::string, std::string> places[] = {
      {"{attgenerated}", generated ? "a.attgenerated" : "''"},
      {"{default}", options_.ddl ? "pg_catalog.pg_get_expr(d.adbin, d.adrelid)" : "NULL"},
      {"{extra}", options_.ddl ? catalog_sql::kColumnExtra : "NULL"},
      {"{sequence}", options_.ddl ? catalog_sql::kColumnSequence : "NULL"},
      {"{code}", options_.definitions
                     ? "CASE WHEN p.prokind = 'a' THEN " + std::string(catalog_sql::kAggregate) +
                           " ELSE pg_catalog.pg_get_functiondef(p.oid) END"
                     : "NULL"}};
  for (const auto &[name, text] : places) {
    const size_t at = sql.find(name);
    if (at != std::string::npos) sql.replace(at, name.size(), text);
  }
  return sql;
}

DatabaseInfo CatalogReader::Database() {
  const PgResult name = pg_->Query("SELECT pg_catalog.current_database()");
  const PgResult rows = pg_->Query(catalog_sql::kDatabases, {name.Text(0, 0)});
  if (rows.size() == 0) return {name.Text(0, 0), "", ""};  // a template, asked for by name
  return {rows.Text(0, 0), rows.Text(0, 1), rows.Text(0, 2)};
}

std::vector<DatabaseInfo> CatalogReader::Databases() {
  const PgResult rows = pg_->Query(catalog_sql::kDatabases, {std::nullopt});
  std::vector<DatabaseInfo> out;
  for (int i = 0; i < rows.size(); ++i) {
    out.push_back({rows.Text(i, 0), rows.Text(i, 1), rows.Text(i, 2)});
  }
  return out;
}

std::vector<SchemaInfo> CatalogReader::Schemas() {
  const PgResult rows = pg_->Query(catalog_sql::kSchemas, {std::nullopt});
  std::vector<SchemaInfo> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back(ReadSchemaRow(rows, i));
  return out;
}

std::optional<SchemaInfo> CatalogReader::Schema(const std::string &name) {
  const PgResult rows = pg_->Query(catalog_sql::kSchemas, {name});
  if (rows.size() == 0) return std::nullopt;
  return ReadSchemaRow(rows, 0);
}

std::vector<std::optional<ResolvedRelation>> CatalogReader::Resolve(
    const std::vector<RelationName> &names) {
  std::vector<std::string> schemas, relations;
  for (const RelationName &name : names) {
    schemas.push_back(name.schema);
    relations.push_back(name.name);
  }
  const PgResult rows =
      pg_->Query(catalog_sql::kResolve, {PgTextArray(schemas), PgTextArray(relations)});
  std::vector<std::optional<ResolvedRelation>> out(names.size());
  for (int i = 0; i < rows.size(); ++i) {
    out.at(static_cast<size_t>(rows.Int(i, 8)) - 1) =
        ResolvedRelation{ReadSchemaRow(rows, i), Oid(rows, i, 4), rows.Text(i, 5),
                         Letter(rows, i, 6), static_cast<int>(rows.Int(i, 7))};
  }
  return out;
}

std::vector<std::vector<uint32_t>> Portions(const std::vector<RelationEntry> &list) {
  std::vector<std::vector<uint32_t>> portions;
  size_t columns = 0;
  for (const RelationEntry &relation : list) {
    const size_t own = static_cast<size_t>(relation.columns);
    if (portions.empty() || portions.back().size() >= kPortionRelations ||
        columns + own > kPortionColumns) {
      portions.emplace_back();
      columns = 0;
    }
    portions.back().push_back(relation.oid);
    columns += own;
  }
  return portions;
}

long CatalogReader::Count(const std::vector<uint32_t> &schemas, bool relations, bool routines) {
  const PgResult rows =
      pg_->Query(catalog_sql::kCount, {PgOidArray(schemas), PgText(relations), PgText(routines)});
  return rows.Int(0, 0);
}

std::string CatalogReader::Identity(bool routine, uint32_t oid) {
  const PgResult rows =
      pg_->Query(catalog_sql::kIdentity, {routine ? "pg_proc" : "pg_class", std::to_string(oid)});
  return rows.Text(0, 0);
}

std::vector<RelationEntry> CatalogReader::List(const SchemaInfo &schema) {
  ReadTransaction transaction(pg_, options_);
  const PgResult rows = pg_->Query(catalog_sql::kMembers, {std::to_string(schema.oid)});
  std::vector<RelationEntry> list;
  for (int i = 0; i < rows.size(); ++i) {
    list.push_back(
        {Oid(rows, i, 0), rows.Text(i, 1), Letter(rows, i, 2), static_cast<int>(rows.Int(i, 3))});
  }
  transaction.Commit();
  return list;
}

SchemaContent CatalogReader::Read(const SchemaInfo &schema, const CatalogScope &scope) {
  SchemaContent content;
  content.schema = schema;
  ReadTransaction transaction(pg_, options_);
  if (!scope.relations.empty()) {
    const PgValue oids = PgOidArray(scope.relations);
    ReadRelations(&content, oids);
    ReadColumns(&content, oids);
    ReadTypes(&content);
    ReadKeys(&content, oids);
    if (options_.policies) ReadPolicies(&content, oids);
    if (options_.ddl) ReadChecks(&content, oids);
    if (options_.ddl) ReadShapes(&content, oids);
    if (options_.definitions) ReadDefinitions(&content);
  }
  if (!scope.routines.empty()) ReadRoutines(&content, scope);
  transaction.Commit();
  return content;
}

void CatalogReader::ReadRelations(SchemaContent *content, const PgValue &oids) {
  const PgResult rows =
      pg_->Query(catalog_sql::kRelations, {oids, std::to_string(content->schema.oid)});
  for (int i = 0; i < rows.size(); ++i) {
    RelationInfo relation;
    relation.oid = Oid(rows, i, 0);
    relation.schema = content->schema.name;
    relation.name = rows.Text(i, 1);
    relation.quoted_name = rows.Text(i, 2);
    relation.kind = Letter(rows, i, 3);
    relation.owner = rows.Text(i, 4);
    relation.comment = rows.Text(i, 5);
    relation.partition_strategy = Letter(rows, i, 6);
    relation.partition_columns = rows.TextArray(i, 7);
    relation.partition_key = rows.Text(i, 8);
    relation.partition_plain = rows.TextArray(i, 9);
    content->relations.push_back(std::move(relation));
  }
}

// All definitions at once; where one stands behind a lock or is just going, one by one, and those
// that fail leave the content.
void CatalogReader::ReadDefinitions(SchemaContent *content) {
  std::vector<uint32_t> views;
  for (const RelationInfo &relation : content->relations) {
    if (relation.kind == 'v' || relation.kind == 'm') views.push_back(relation.oid);
  }
  if (views.empty()) return;
  std::unordered_map<uint32_t, std::string> texts;
  std::unordered_map<uint32_t, std::string> failed;
  const auto read = [&](const std::vector<uint32_t> &oids) {
    pg_->Query("SAVEPOINT definitions");
    try {
      const PgResult rows = pg_->Query(catalog_sql::kDefinitions, {PgOidArray(oids)});
      for (int i = 0; i < rows.size(); ++i) texts[Oid(rows, i, 0)] = rows.Text(i, 1);
      return std::string();
    } catch (const PgConnectError &) {
      throw;
    } catch (const PgError &error) {
      pg_->Query("ROLLBACK TO SAVEPOINT definitions");
      return std::string(error.what());
    }
  };
  if (!read(views).empty()) {
    for (uint32_t view : views) {
      const std::string reason = read(std::vector<uint32_t>{view});
      if (!reason.empty()) failed[view] = reason;
    }
  }
  std::vector<RelationInfo> kept;
  for (RelationInfo &relation : content->relations) {
    const auto reason = failed.find(relation.oid);
    if (reason != failed.end()) {
      gaps_.push_back({relation.quoted_name, "its definition cannot be read: " + reason->second});
      continue;
    }
    const auto text = texts.find(relation.oid);
    if (text != texts.end()) relation.definition = text->second;
    kept.push_back(std::move(relation));
  }
  content->relations = std::move(kept);
}

void CatalogReader::ReadColumns(SchemaContent *content, const PgValue &oids) {
  const Index index(content);
  const PgResult rows = pg_->Query(Adapt(catalog_sql::kColumns), {oids});
  for (int i = 0; i < rows.size(); ++i) {
    RelationInfo *relation = index.Find(Oid(rows, i, 0));
    if (relation != nullptr) relation->columns.push_back(ReadColumnRow(rows, i));
  }
}

// The types of the columns, then those that these are made of, until there is nothing new: as many
// rounds as types are nested. Starting from the columns lets the server go by index.
void CatalogReader::ReadTypes(SchemaContent *content) {
  TypeTable *types = &content->types;
  std::set<uint32_t> wanted;
  const auto want = [&](uint32_t type) {
    if (type != 0 && types->Find(type) == nullptr) wanted.insert(type);
  };
  for (const RelationInfo &relation : content->relations) {
    for (const ColumnInfo &column : relation.columns) want(column.type);
  }
  for (int round = 0; !wanted.empty() && round < kMaxTypeRounds; ++round) {
    std::set<uint32_t> composites;
    const PgResult rows = pg_->Query(catalog_sql::kTypes, {PgOidArray(wanted)});
    wanted.clear();
    for (int i = 0; i < rows.size(); ++i) {
      TypeInfo type = ReadTypeRow(rows, i);
      if (type.row_type_of != 0) composites.insert(type.row_type_of);
      types->types[Oid(rows, i, 0)] = std::move(type);
    }
    for (const auto &[oid, type] : types->types) {
      want(type.element);
      want(type.base);
    }
    if (composites.empty()) continue;
    const PgResult fields = pg_->Query(catalog_sql::kFields, {PgOidArray(composites)});
    for (int i = 0; i < fields.size(); ++i) {
      ColumnInfo field = ReadColumnRow(fields, i);
      want(field.type);
      types->fields[Oid(fields, i, 0)].push_back(std::move(field));
    }
  }
}

void CatalogReader::ReadKeys(SchemaContent *content, const PgValue &oids) {
  const Index index(content);
  const PgResult rows = pg_->Query(catalog_sql::kKeys, {oids});
  for (int i = 0; i < rows.size(); ++i) {
    RelationInfo *relation = index.Find(Oid(rows, i, 0));
    if (relation == nullptr) continue;
    KeyInfo key;
    key.kind = Letter(rows, i, 1);
    key.name = rows.Text(i, 2);
    key.columns = rows.TextArray(i, 3);
    key.referred_schema = rows.Text(i, 4);
    key.referred_table = rows.Text(i, 5);
    key.referred_columns = rows.TextArray(i, 6);
    key.referred_first_unique = rows.Bool(i, 7);
    relation->keys.push_back(std::move(key));
  }
}

void CatalogReader::ReadPolicies(SchemaContent *content, const PgValue &oids) {
  const Index index(content);
  const PgResult rows = pg_->Query(catalog_sql::kPolicies, {oids});
  for (int i = 0; i < rows.size(); ++i) {
    RelationInfo *relation = index.Find(Oid(rows, i, 0));
    if (relation != nullptr) relation->policies.push_back(rows.Text(i, 1));
  }
}

void CatalogReader::ReadChecks(SchemaContent *content, const PgValue &oids) {
  const Index index(content);
  const PgResult checks = pg_->Query(catalog_sql::kChecks, {oids});
  for (int i = 0; i < checks.size(); ++i) {
    RelationInfo *relation = index.Find(Oid(checks, i, 0));
    if (relation != nullptr) relation->checks.push_back(checks.Text(i, 1));
  }
}

// What CREATE TABLE says besides columns and keys, and what comes after it.
void CatalogReader::ReadShapes(SchemaContent *content, const PgValue &oids) {
  const Index index(content);
  const PgResult rows = pg_->Query(catalog_sql::kShapes, {oids});
  for (int i = 0; i < rows.size(); ++i) {
    RelationInfo *relation = index.Find(Oid(rows, i, 0));
    if (relation == nullptr) continue;
    TableShape &shape = relation->shape;
    shape.unlogged = rows.Bool(i, 1);
    shape.access_method = rows.Text(i, 2);
    shape.storage = rows.TextArray(i, 3);
    shape.tablespace = rows.Text(i, 4);
    shape.parents = rows.TextArray(i, 5);
    shape.server = rows.Text(i, 6);
    shape.options = rows.TextArray(i, 7);
  }
  const PgResult after = pg_->Query(catalog_sql::kAfter, {oids});
  for (int i = 0; i < after.size(); ++i) {
    RelationInfo *relation = index.Find(Oid(after, i, 0));
    if (relation != nullptr) relation->after.push_back(after.Text(i, 1));
  }
}

}  // namespace shipper
