#include "sink/edge_merge.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sink/sink.h"

namespace shipper {

namespace {

using nlohmann::json;

std::string Text(const json &object, const char *key) {
  auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

bool Lacks(const json &object, const char *key) {
  auto member = object.find(key);
  return member == object.end() || member->is_null() ||
         (member->is_string() && member->get_ref<const std::string &>().empty());
}

// The entries of columnsLineage, an empty list where there are none.
json Columns(const json &details) {
  auto columns = details.find("columnsLineage");
  return columns != details.end() && columns->is_array() ? *columns : json::array();
}

// Every (from, to) pair of one entry.
std::set<std::pair<std::string, std::string>> PairsOf(const json &entry) {
  std::set<std::pair<std::string, std::string>> pairs;
  auto from = entry.find("fromColumns");
  if (from == entry.end() || !from->is_array()) return pairs;
  for (const json &column : *from)
    if (column.is_string()) pairs.emplace(column.get<std::string>(), Text(entry, "toColumn"));
  return pairs;
}

// True for an entry that we made: what it calls the function is one of our words.
bool IsOurColumn(const json &entry) {
  static const std::set<std::string> kWords = {"IDENTITY", "TRANSFORMATION", "AGGREGATION",
                                               "UNKNOWN", "masking"};
  const std::string function = Text(entry, "function");
  if (function.empty()) return false;
  for (size_t at = 0; at < function.size();) {
    const size_t end = std::min(function.find_first_of(",;", at), function.size());
    if (kWords.count(function.substr(at, end - at)) == 0) return false;
    at = end < function.size() ? end + 2 : end;  // ", " or "; "
  }
  return true;
}

// What people entered of the columns, in `present`, and all of `ours` that is not among it.
json JoinColumns(const json &present, const json &ours) {
  json columns = json::array();
  std::set<std::pair<std::string, std::string>> known;
  for (const json &entry : Columns(present)) {
    if (IsOurColumn(entry)) continue;
    known.merge(PairsOf(entry));
    columns.push_back(entry);
  }
  for (const json &entry : Columns(ours)) {
    bool is_new = false;
    for (const auto &pair : PairsOf(entry)) is_new = known.insert(pair).second || is_new;
    if (is_new) columns.push_back(entry);
  }
  return columns;
}

}  // namespace

bool IsOurEdge(const json &present) {
  return Text(present, "source") != "Manual" &&
         Text(present, "description").find(kEdgeMark) != std::string::npos;
}

json MergeEdge(const json &present, const json &ours) {
  if (!present.is_object() || present.empty()) return ours;
  const bool is_ours = IsOurEdge(present);
  json merged = is_ours ? ours : present;
  for (const char *key : {"createdAt", "createdBy", "updatedAt", "updatedBy"}) merged.erase(key);
  for (const char *key : {"sqlQuery", "pipeline", "source"})  // our mark would make it ours
    if (!is_ours && Lacks(merged, key) && !Lacks(ours, key)) merged[key] = ours[key];
  json columns = JoinColumns(present, ours);
  merged.erase("columnsLineage");
  if (!columns.empty()) merged["columnsLineage"] = std::move(columns);
  return merged;
}

}  // namespace shipper
