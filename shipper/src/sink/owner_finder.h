// Who a name is in the catalog: a team, a user, or the user of an e-mail.
//
// A team is taken where its type is Group, for no other kind may own anything. Only exact names
// count: the catalog's own search is fuzzy and finds people who merely sound alike. Answers are
// kept for some minutes, those that found nobody too. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "result.h"

namespace shipper {

class OwnerFinder {
 public:
  // GET of a path below /api/v1; `found` is the body of a 200, null for a 404.
  using Get = std::function<Status(const std::string &path, nlohmann::json *found)>;
  using Clock = std::chrono::steady_clock;

  explicit OwnerFinder(Get get) : get_(std::move(get)) {}

  // Replaces [{"name":…}] by references; what is one already stays. Several users or one team:
  // further teams are left out, and where users and teams are mixed the users stay. Who is not
  // found is left out and told once. The status is that of a server that cannot answer now; the
  // array is then as it was.
  Status Resolve(nlohmann::json *owners);

 private:
  struct Known {
    nlohmann::json reference;  // null: nobody
    Clock::time_point until;
  };
  Status Find(const std::string &name, nlohmann::json *reference);
  Status FindTeam(const std::string &name, nlohmann::json *reference);
  Status FindUser(const std::string &name, nlohmann::json *reference);
  Status FindMail(const std::string &mail, nlohmann::json *reference);

  Get get_;
  std::map<std::string, Known> known_;
};

}  // namespace shipper
