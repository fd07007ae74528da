#include "translate/override_patch.h"

#include <set>
#include <string>

namespace shipper {

namespace {

using nlohmann::json;

std::string Text(const json &object, const char *key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// `replace` would need the member to be there; `add` replaces it, too.
void Set(const std::string &path, const json &value, json *patch) {
  patch->push_back({{"op", "add"}, {"path", path}, {"value", value}});
}

void SetText(const json &present, const json &wanted, const char *key, const std::string &path,
             json *patch) {
  const std::string text = Text(wanted, key);
  if (!text.empty() && text != Text(present, key)) Set(path + "/" + key, text, patch);
}

// Ids of the entities that one or several references name.
std::set<std::string> Ids(const json &references) {
  std::set<std::string> ids;
  if (references.is_object()) ids.insert(Text(references, "id"));
  if (references.is_array())
    for (const json &reference : references) ids.insert(Text(reference, "id"));
  return ids;
}

void SetColumns(const json &present, const json &wanted, const std::string &path, json *patch) {
  if (!present.is_array() || !wanted.is_array()) return;
  for (const json &column : wanted) {
    for (size_t i = 0; i < present.size(); ++i) {
      if (Text(present[i], "name") != Text(column, "name")) continue;
      const std::string place = path + "/" + std::to_string(i);
      SetText(present[i], column, "description", place, patch);
      SetColumns(present[i].value("children", json()), column.value("children", json()),
                 place + "/children", patch);
    }
  }
}

}  // namespace

json OverridePatch(const json &present, const json &wanted) {
  json patch = json::array();
  if (!present.is_object()) return patch;
  SetText(present, wanted, "description", "", &patch);
  SetText(present, wanted, "displayName", "", &patch);
  for (const char *key : {"owner", "owners"}) {
    const auto owners = wanted.find(key);
    if (owners == wanted.end()) continue;
    if (Ids(*owners) != Ids(present.value(key, json())))
      Set(std::string("/") + key, *owners, &patch);
  }
  SetColumns(present.value("columns", json()), wanted.value("columns", json()), "/columns", &patch);
  return patch;
}

}  // namespace shipper
