#include "translate/types.h"

#include <string>
#include <string_view>
#include <unordered_map>

#include "translate/names.h"

namespace shipper {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;      // of composites in composites
constexpr int32_t kVarHeader = 4;  // VARHDRSZ: what length modifiers carry on top

// Base types of pg_catalog, and those of well-known extensions, by name.
const std::unordered_map<std::string_view, std::string_view> &Table() {
  static const std::unordered_map<std::string_view, std::string_view> table = {
      {"int2", "SMALLINT"},
      {"int4", "INT"},
      {"int8", "BIGINT"},
      {"numeric", "NUMERIC"},
      {"float4", "FLOAT"},
      {"float8", "DOUBLE"},
      {"money", "MONEY"},
      {"bpchar", "CHAR"},
      {"varchar", "VARCHAR"},
      {"text", "TEXT"},
      {"name", "STRING"},
      {"char", "STRING"},
      {"bytea", "BYTEA"},
      {"bool", "BOOLEAN"},
      {"date", "DATE"},
      {"time", "TIME"},
      {"timetz", "TIME"},
      {"timestamp", "TIMESTAMP"},
      {"timestamptz", "TIMESTAMP"},
      {"interval", "INTERVAL"},
      {"uuid", "UUID"},
      {"json", "JSON"},
      {"jsonb", "JSON"},
      {"jsonpath", "STRING"},
      {"xml", "XML"},
      {"inet", "INET"},
      {"cidr", "CIDR"},
      {"macaddr", "MACADDR"},
      {"macaddr8", "MACADDR"},
      {"bit", "BIT"},
      {"varbit", "BIT"},
      {"tsvector", "TSVECTOR"},
      {"tsquery", "TSQUERY"},
      {"point", "GEOMETRY"},
      {"line", "GEOMETRY"},
      {"lseg", "GEOMETRY"},
      {"box", "GEOMETRY"},
      {"path", "GEOMETRY"},
      {"polygon", "GEOMETRY"},
      {"circle", "GEOMETRY"},
      {"tsrange", "DATETIMERANGE"},
      {"tstzrange", "DATETIMERANGE"},
      {"daterange", "DATETIMERANGE"},
      {"oid", "INT"},
      {"xid", "STRING"},
      {"xid8", "STRING"},
      {"tid", "STRING"},
      {"regclass", "STRING"},
      {"regtype", "STRING"},
      {"regproc", "STRING"},
      {"regprocedure", "STRING"},
      {"regoper", "STRING"},
      {"regoperator", "STRING"},
      {"regrole", "STRING"},
      {"regnamespace", "STRING"},
      {"regconfig", "STRING"},
      {"regdictionary", "STRING"},
      {"regcollation", "STRING"},
      {"refcursor", "STRING"},
      {"pg_lsn", "PG_LSN"},
      {"pg_snapshot", "PG_SNAPSHOT"},
      {"txid_snapshot", "TXID_SNAPSHOT"}};
  return table;
}

const std::unordered_map<std::string_view, std::string_view> &ExtensionTable() {
  static const std::unordered_map<std::string_view, std::string_view> table = {
      {"geometry", "GEOMETRY"}, {"geography", "GEOGRAPHY"}, {"hstore", "MAP"},
      {"citext", "TEXT"},       {"ltree", "STRING"},        {"lquery", "STRING"}};
  return table;
}

// The word for a type that is neither array, domain nor composite.
std::string ScalarWord(const TypeInfo &type) {
  if (type.kind == 'e') return "ENUM";
  if (type.kind == 'c') return "STRUCT";
  const auto &table = type.schema == "pg_catalog" ? Table() : ExtensionTable();
  const auto found = table.find(type.name);
  if (found != table.end()) return std::string(found->second);
  if (type.kind == 'b' && type.category == 'S') return "STRING";
  return "UNKNOWN";
}

// Declared length, precision and scale.
void AddModifier(const TypeInfo &type, int32_t modifier, json *out) {
  (*out)["dataLength"] = 1;
  if (type.schema != "pg_catalog" || modifier < kVarHeader) return;
  if (type.name == "bpchar" || type.name == "varchar") {
    (*out)["dataLength"] = modifier - kVarHeader;
  } else if (type.name == "numeric") {
    const uint32_t packed = static_cast<uint32_t>(modifier - kVarHeader);
    (*out)["precision"] = packed >> 16 & 0xFFFF;
    (*out)["scale"] = (static_cast<int>(packed & 0x7FF) ^ 1024) - 1024;  // negative since 15
  }
}

json TypeAt(uint32_t oid, int32_t modifier, const TypeTable &types, int depth);

// The fields of a composite as columns.
json Children(uint32_t relation, const TypeTable &types, int depth) {
  json out = json::array();
  const auto fields = types.fields.find(relation);
  if (fields == types.fields.end()) return out;
  for (const ColumnInfo &field : fields->second) {
    json child = TypeAt(field.type, field.modifier, types, depth + 1);
    child["name"] = EncodeName(field.name);
    child["dataTypeDisplay"] = field.shown;
    if (!field.comment.empty()) child["description"] = field.comment;
    out.push_back(std::move(child));
  }
  return out;
}

json TypeAt(uint32_t oid, int32_t modifier, const TypeTable &types, int depth) {
  const TypeInfo *type = types.Find(oid);
  if (type == nullptr || depth > kMaxDepth) return {{"dataType", "UNKNOWN"}, {"dataLength", 1}};
  if (type->kind == 'd') {
    const int32_t given = type->base_modifier >= 0 ? type->base_modifier : modifier;
    return TypeAt(type->base, given, types, depth + 1);
  }
  if (type->element != 0) {
    json out = TypeAt(type->element, modifier, types, depth + 1);
    if (out["dataType"] != "ARRAY") out["arrayDataType"] = out["dataType"];
    out["dataType"] = "ARRAY";  // an array of a domain over an array stays one ARRAY
    out["dataLength"] = 1;
    return out;
  }
  json out = {{"dataType", ScalarWord(*type)}};
  AddModifier(*type, modifier, &out);
  if (type->kind == 'c') out["children"] = Children(type->row_type_of, types, depth);
  if (type->kind == 'e') {
    out["jsonSchema"] = json{{"type", "string"}, {"enum", type->labels}}.dump();
  }
  return out;
}

}  // namespace

json ColumnType(uint32_t type, int32_t modifier, const TypeTable &types) {
  return TypeAt(type, modifier, types, 0);
}

bool TypeIsNotNull(uint32_t type, const TypeTable &types) {
  const TypeInfo *info = types.Find(type);
  for (int depth = 0; info != nullptr && info->kind == 'd' && depth < kMaxDepth; ++depth) {
    if (info->not_null) return true;
    info = types.Find(info->base);
  }
  return false;
}

}  // namespace shipper
