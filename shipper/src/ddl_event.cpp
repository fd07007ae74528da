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

// `name on schema.table`: the table. Quoted names may hold " on " too, so the last one counts.
std::string BehindOn(const std::string &identity) {
  size_t on = identity.rfind(" on ");
  return on == std::string::npos ? "" : identity.substr(on + 4);
}

bool IsTable(const std::string &type) {
  return type == "table" || type == "view" || type == "materialized view" ||
         type == "foreign table";
}

bool IsRoutine(const std::string &type) { return type == "function" || type == "procedure"; }

}  // namespace

bool IsDropOrRename(const nlohmann::json &payload) {
  const std::string type = Text(payload, "object_type");
  const std::string old_identity = Text(payload, "old_identity");
  if (Text(payload, "command_tag").rfind("DROP ", 0) == 0) return true;
  bool whole = IsTable(type) || IsRoutine(type) || type == "schema";
  return whole && !old_identity.empty() && old_identity != Text(payload, "object_identity");
}

std::optional<DdlTarget> TargetOfDdl(const nlohmann::json &payload) {
  const std::string type = Text(payload, "object_type");
  const std::string identity = Text(payload, "object_identity");
  if (identity.empty() || IsDropOrRename(payload)) return std::nullopt;
  if (IsTable(type)) return DdlTarget{"table", identity};
  if (IsRoutine(type)) return DdlTarget{"routine", identity};
  if (type == "schema" || type == "database") return DdlTarget{type, identity};
  bool column = type.size() > 7 && type.compare(type.size() - 7, 7, " column") == 0;
  if (column) return DdlTarget{"table", WithoutLastPart(identity)};
  if (type == "table constraint" || type == "policy") {
    std::string table = BehindOn(identity);
    if (!table.empty()) return DdlTarget{"table", table};
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
