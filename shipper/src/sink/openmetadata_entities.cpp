// What OpenMetadataSink does with entities that are there: read, list, delete.
#include <algorithm>

#include "retry.h"
#include "sink/collections.h"
#include "sink/openmetadata_sink.h"
#include "translate/override_patch.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr int kMaxPage = 500;
constexpr size_t kPageBytes = 1 << 20;  // that a page of a list is to have, near enough
constexpr char kName[] = "fullyQualifiedName";
constexpr int kManyOwners = 105;  // 1.5: `owner` became `owners`

// A page of a list without what nobody asked for: each entity comes with all of its columns.
json ParsePage(const std::string &text) {
  constexpr int kMember = 3;  // depth of the keys of an entity: {"data":[{"name":…
  const auto wanted = [](int depth, json::parse_event_t event, const json &parsed) {
    return event != json::parse_event_t::key || depth != kMember || parsed == kName;
  };
  return json::parse(text, wanted, false);
}

}  // namespace

// By id: a delete by name is not in every release.
Status OpenMetadataSink::DeleteEntity(const EntityName &entity) {
  Status status = LearnVersion();
  if (!status.ok()) return status;
  ids_.erase({entity.type, entity.fqn});
  Lookup found = Find(entity.type, entity.fqn);
  if (!found.status.missing.empty() || (found.status.ok() && found.deleted)) return Status::Done();
  if (!found.status.ok()) return found.status;
  HttpReply reply;
  status =
      Call("DELETE", CollectionOf(entity.type) + "/" + found.id + kSoftDelete, nullptr, &reply);
  ids_.clear();  // what is below it went too
  return reply.status == 404 && status.action == Action::kPark ? Status::Done() : status;
}

Status OpenMetadataSink::Fetch(const EntityName &entity, json *found) {
  Status status = LearnVersion();
  if (!status.ok()) return status;
  HttpReply reply;
  const char *owner = major_ * 100 + minor_ < kManyOwners ? "owner" : "owners";
  status = Call("GET",
                CollectionOf(entity.type) + "/name/" + PercentEncode(entity.fqn) +
                    "?include=all&fields=tags," + owner,
                nullptr, &reply);
  if (reply.status == 404 && status.action == Action::kPark) return Status::Done();
  if (status.ok()) *found = json::parse(reply.body, nullptr, false);
  return status;
}

// Puts what the request says in the place of what people wrote.
Status OpenMetadataSink::Override(const Entity &adapted, const std::string &id) {
  json present;
  Status status = Fetch({adapted.type, adapted.fqn}, &present);
  if (!status.ok()) return status;
  const json patch = OverridePatch(present, adapted.body);
  if (patch.empty()) return status;
  HttpReply reply;
  return Call("PATCH", CollectionOf(adapted.type) + "/" + id, &patch, &reply);
}

// Pages grow while entities are small: a table of 1,600 columns is a megabyte of text.
Status OpenMetadataSink::List(const std::string &type, const std::string &parent,
                              std::string *after, std::vector<std::string> *fqns) {
  const char *scope = type == "database"         ? "service"
                      : type == "databaseSchema" ? "database"
                                                 : "databaseSchema";
  HttpReply reply;
  std::string path = CollectionOf(type) + "?" + scope + "=" + PercentEncode(parent) +
                     "&include=non-deleted&limit=" + std::to_string(page_length_);
  if (!after->empty()) path += "&after=" + PercentEncode(*after);
  Status status = Call("GET", path, nullptr, &reply);
  if (!status.ok()) return status;
  const json answer = ParsePage(reply.body);
  if (!answer.is_object() || !answer.contains("data"))
    return Status::Outage("GET " + path + " gives no list");
  for (const json &entity : answer["data"]) fqns->push_back(entity.value(kName, ""));
  *after = answer.value(json::json_pointer("/paging/after"), "");
  if (reply.body.size() > kPageBytes) page_length_ = std::max(page_length_ / 2, 1);
  if (reply.body.size() < kPageBytes / 2) page_length_ = std::min(page_length_ * 2, kMaxPage);
  return status;
}

}  // namespace shipper
