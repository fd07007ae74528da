#include "translate/carry_over.h"

#include <set>
#include <string>

#include "translate/names.h"

namespace shipper {
namespace {

using nlohmann::json;

void TakeText(const json &old, const char *key, json *body) {
  const auto text = old.find(key);
  if (text != old.end() && text->is_string() && !text->get_ref<const std::string &>().empty())
    (*body)[key] = *text;
}

// Labels as a create request takes them, added to those that are there.
void TakeTags(const json &old, json *body) {
  const auto tags = old.find("tags");
  if (tags == old.end() || !tags->is_array()) return;
  json kept = body->value("tags", json::array());
  std::set<std::string> seen;
  for (const json &tag : kept) seen.insert(tag.value("tagFQN", ""));
  for (const json &tag : *tags) {
    if (!seen.insert(tag.value("tagFQN", "")).second) continue;
    json label;
    for (const char *key : {"tagFQN", "source", "labelType", "state"})
      if (tag.contains(key)) label[key] = tag[key];
    kept.push_back(std::move(label));
  }
  if (!kept.empty()) (*body)["tags"] = std::move(kept);
}

void TakeOwners(const json &old, json *body) {
  json owners = old.value("owners", json::array());
  if (owners.empty() && old.contains("owner")) owners.push_back(old["owner"]);
  json references = json::array();
  for (const json &owner : owners) {
    if (owner.is_object() && owner.contains("id"))
      references.push_back({{"id", owner["id"]}, {"type", owner.value("type", "user")}});
  }
  if (!references.empty()) (*body)["owners"] = std::move(references);
}

void TakeColumns(const json &old, const char *key, json *body) {
  if (!old.contains(key) || !body->contains(key)) return;
  for (json &column : (*body)[key]) {
    for (const json &before : old[key]) {
      if (before.value("name", "") != column.value("name", "")) continue;
      TakeText(before, "description", &column);
      TakeText(before, "displayName", &column);
      TakeTags(before, &column);
      TakeColumns(before, "children", &column);
    }
  }
}

}  // namespace

void CarryOver(const json &old, Entity *entity) {
  if (!old.is_object()) return;
  TakeText(old, "description", &entity->body);
  TakeText(old, "displayName", &entity->body);
  TakeTags(old, &entity->body);
  TakeOwners(old, &entity->body);
  TakeColumns(old, "columns", &entity->body);
}

void CarryOverColumns(const json &old, Entity *entity) {
  if (old.is_object()) TakeColumns(old, "columns", &entity->body);
}

void RenameColumn(const std::string &before, const std::string &now, json *table) {
  if (!table->is_object() || !table->contains("columns")) return;
  json *found = nullptr;
  for (json &column : (*table)["columns"]) {
    const std::string name = column.value("name", "");
    if (name == EncodeName(now)) return;
    if (name == EncodeName(before)) found = &column;
  }
  if (found != nullptr) (*found)["name"] = EncodeName(now);
}

std::set<std::string> TagsOf(const json &body) {
  std::set<std::string> tags;
  for (const json &tag : body.value("tags", json::array())) tags.insert(tag.value("tagFQN", ""));
  for (const char *key : {"columns", "children"})
    for (const json &part : body.value(key, json::array())) tags.merge(TagsOf(part));
  return tags;
}

void RemoveTag(const std::string &tag, json *body) {
  if (const auto tags = body->find("tags"); tags != body->end() && tags->is_array()) {
    json kept = json::array();
    for (json &label : *tags)
      if (label.value("tagFQN", "") != tag) kept.push_back(std::move(label));
    *tags = std::move(kept);
  }
  for (const char *key : {"columns", "children"})
    if (body->contains(key))
      for (json &part : (*body)[key]) RemoveTag(tag, &part);
}

// The answer is quoted as it came, as JSON.
std::string UnknownTag(const std::string &refusal, const std::set<std::string> &tags) {
  for (const std::string &tag : tags) {
    const std::string text = json(tag).dump(-1, ' ', false, json::error_handler_t::replace);
    const std::string told = "instance for " + text.substr(1, text.size() - 2) + " not found";
    if (refusal.find(told) != std::string::npos) return tag;
  }
  return "";
}

}  // namespace shipper
