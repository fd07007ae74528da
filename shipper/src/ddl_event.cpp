#include "ddl_event.h"

namespace shipper {

namespace {

// A text member; "" where it is absent or null.
std::string Text(const nlohmann::json &payload, const char *key) {
  auto member = payload.find(key);
  return member != payload.end() && member->is_string() ? member->get<std::string>() : "";
}

// `a."b.c".d` without its last part.
std::string WithoutLastPart(const std::string &identity) {
  bool quoted = false;
  size_t last_dot = std::string::npos;
  for (size_t i = 0; i < identity.size(); ++i) {
    if (identity[i] == '"') quoted = !quoted;
    if (identity[i] == '.' && !quoted) last_dot = i;
  }
  return last_dot == std::string::npos ? identity : identity.substr(0, last_dot);
}

// The last part of `a."b.c".d` as a raw name.
std::string LastPart(const std::string &identity) {
  const std::string rest = WithoutLastPart(identity);
  std::string part = rest == identity ? identity : identity.substr(rest.size() + 1);
  if (part.size() < 2 || part.front() != '"' || part.back() != '"') return part;
  std::string raw;
  for (size_t i = 1; i + 1 < part.size(); ++i) {
    raw += part[i];
    if (part[i] == '"') ++i;  // written twice
  }
  return raw;
}

// `name on schema.table`: the table. Quoted names of both may hold " on ", too.
std::string BehindOn(const std::string &identity) {
  bool quoted = false;
  for (size_t i = 0; i < identity.size(); ++i) {
    if (identity[i] == '"') quoted = !quoted;
    if (!quoted && identity.compare(i, 4, " on ") == 0) return identity.substr(i + 4);
  }
  return "";
}

bool IsTable(const std::string &type) {
  return type == "table" || type == "view" || type == "materialized view" ||
         type == "foreign table";
}

bool IsRoutine(const std::string &type) {
  return type == "function" || type == "procedure" || type == "aggregate" ||
         type == "window function";
}

LifeEvent EventOf(const std::string &tag) {
  for (const char *both :
       {"CREATE VIEW", "CREATE FUNCTION", "CREATE PROCEDURE", "CREATE AGGREGATE"})
    if (tag == both) return LifeEvent::kMadeOrReplaced;
  const bool made =
      tag.rfind("CREATE ", 0) == 0 || tag == "SELECT INTO" || tag == "IMPORT FOREIGN SCHEMA";
  return made ? LifeEvent::kMade : LifeEvent::kChanged;
}

}  // namespace

std::optional<DdlTarget> TargetOfDdl(const nlohmann::json &payload) {
  const std::string type = Text(payload, "object_type");
  const std::string identity = Text(payload, "object_identity");
  if (identity.empty()) return std::nullopt;
  const std::string old_identity = Text(payload, "old_identity");
  const std::string before = old_identity == identity ? "" : old_identity;
  const LifeEvent event = EventOf(Text(payload, "command_tag"));
  if (IsTable(type)) return DdlTarget{"table", identity, before, "", "", event};
  if (IsRoutine(type)) return DdlTarget{"routine", identity, before, "", "", event};
  if (type == "schema" || type == "database")
    return DdlTarget{type, identity, before, "", "", event};
  bool column = type.size() > 7 && type.compare(type.size() - 7, 7, " column") == 0;
  if (column) {
    DdlTarget target{"table", WithoutLastPart(identity), "", "", ""};
    if (!before.empty())
      target.column = LastPart(identity), target.column_before = LastPart(before);
    return target;
  }
  if (type == "table constraint" || type == "policy") {
    std::string table = BehindOn(identity);
    if (!table.empty()) return DdlTarget{"table", table, "", "", ""};
  }
  return std::nullopt;
}

std::string DescribeDdl(const nlohmann::json &payload) {
  std::string text = Text(payload, "command_tag") + " " + Text(payload, "object_identity");
  std::string old_identity = Text(payload, "old_identity");
  if (!old_identity.empty()) text += " (was " + old_identity + ")";
  return text;
}

}  // namespace shipper
