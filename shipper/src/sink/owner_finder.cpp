#include "sink/owner_finder.h"

#include <spdlog/spdlog.h>

#include "sink/collections.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr std::chrono::minutes kKept(10);

json Reference(const json &entity, const char *type) {
  return {{"id", entity.value("id", "")}, {"type", type}};
}

}  // namespace

Status OwnerFinder::FindTeam(const std::string &name, json *reference) {
  json team;
  Status status = get_("/teams/name/" + PercentEncode(name), &team);
  if (status.ok() && team.is_object() && team.value("teamType", "Group") == "Group")
    *reference = Reference(team, "team");
  return status;
}

Status OwnerFinder::FindUser(const std::string &name, json *reference) {
  json user;
  Status status = get_("/users/name/" + PercentEncode(name), &user);
  if (status.ok() && user.is_object()) *reference = Reference(user, "user");
  return status;
}

// The search index has the mail as one word, so the answer is exact.
Status OwnerFinder::FindMail(const std::string &mail, json *reference) {
  json answer;
  Status status = get_("/search/query?q=" + PercentEncode("email.keyword:\"" + mail + "\"") +
                           "&from=0&size=1&index=user_search_index",
                       &answer);
  if (!status.ok() || !answer.is_object()) return status;
  const json hits = answer.value(json::json_pointer("/hits/hits"), json::array());
  if (hits.empty() || !hits[0].contains("_source")) return status;
  const json &user = hits[0]["_source"];
  if (user.value("email", "") == mail) *reference = Reference(user, "user");
  return status;
}

Status OwnerFinder::Find(const std::string &name, json *reference) {
  const auto known = known_.find(name);
  if (known != known_.end() && Clock::now() < known->second.until) {
    *reference = known->second.reference;
    return Status::Done();
  }
  *reference = nullptr;
  Status status = FindTeam(name, reference);
  if (status.ok() && reference->is_null()) status = FindUser(name, reference);
  if (status.ok() && reference->is_null() && name.find('@') != std::string::npos)
    status = FindMail(name, reference);
  if (!status.ok()) return status;
  if (reference->is_null() && known == known_.end())
    spdlog::info("owner {}: no user and no team of the catalog has this name, left out", name);
  known_[name] = {*reference, Clock::now() + kKept};
  return status;
}

Status OwnerFinder::Resolve(json *owners) {
  json users = json::array(), teams = json::array();
  for (const json &owner : *owners) {
    json reference = owner;
    if (!owner.contains("id")) {
      Status status = Find(owner.value("name", ""), &reference);
      if (!status.ok()) return status;
    }
    if (reference.is_null()) continue;
    if (reference["type"] == "user")
      users.push_back(std::move(reference));
    else if (teams.empty())
      teams.push_back(std::move(reference));
  }
  *owners = users.empty() ? std::move(teams) : std::move(users);
  return Status::Done();
}

}  // namespace shipper
