// What OpenMetadataSink does with entities that are there: read, list, delete.
#include "retry.h"
#include "sink/collections.h"
#include "sink/openmetadata_sink.h"
#include "translate/override_patch.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr int kPage = 500;
constexpr int kMaxPages = 20000;
constexpr int kManyOwners = 105;  // 1.5: `owner` became `owners`

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

Status OpenMetadataSink::List(const std::string &type, const std::string &parent,
                              std::vector<std::string> *fqns) {
  const char *scope = type == "database"         ? "service"
                      : type == "databaseSchema" ? "database"
                                                 : "databaseSchema";
  std::string after;
  for (int page = 0; page < kMaxPages; ++page) {
    HttpReply reply;
    std::string path = CollectionOf(type) + "?" + scope + "=" + PercentEncode(parent) +
                       "&include=non-deleted&limit=" + std::to_string(kPage);
    if (!after.empty()) path += "&after=" + PercentEncode(after);
    Status status = Call("GET", path, nullptr, &reply);
    if (!status.ok()) return status;
    const json answer = json::parse(reply.body, nullptr, false);
    if (!answer.is_object() || !answer.contains("data"))
      return Status::Outage("GET " + path + " gives no list");
    for (const json &entity : answer["data"])
      fqns->push_back(entity.value("fullyQualifiedName", ""));
    after = answer.value(json::json_pointer("/paging/after"), "");
    if (after.empty()) return Status::Done();
  }
  return Status::Outage("the list of " + type + " in " + parent + " does not end");
}

}  // namespace shipper
