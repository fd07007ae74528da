// Which table of the catalog a relation of the store belongs to: partitions become their root.
//
// Answers are kept for a second, because edges come in bursts about the same few tables; a name
// that is not there is asked for again each time. One thread. Throws PgError.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "queue/pg_connection.h"
#include "translate/names.h"

namespace shipper {

// A table of the catalog: no partition.
struct RootRelation {
  uint32_t oid = 0;
  RelationName name;
  std::string store_name;  // as quote_ident writes it
  char kind = 'r';
  bool told = true;  // no system, temporary or extension object
};

class RelationMap {
 public:
  // `pg` is asked for at each use: the session may be another by then.
  std::optional<RootRelation> Find(PgConnection *pg, const std::string &store_name);

  // Every relation at once, for a walk over all pairs: no query per name follows for a second.
  void Load(PgConnection *pg);
  void Forget() { known_.clear(); }
  void Forget(const std::string &store_name);

  // Names of the root and of all partitions below it.
  static std::vector<std::string> Family(PgConnection *pg, const RootRelation &root);
  static std::set<std::string> Columns(PgConnection *pg, const RootRelation &root);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    RootRelation root;
    Clock::time_point until;
  };
  void Read(PgConnection *pg, const RelationName *only);

  std::map<RelationName, Entry> known_;
};

}  // namespace shipper
