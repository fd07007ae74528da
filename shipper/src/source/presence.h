// Which names of the catalog stand for something that is in the database, whatever filters say.
//
// The question before anything is deleted in the catalog. A leaf partition is not there under its
// own name: it belongs to its root. Three queries for a whole database, whatever its size; what
// fails throws PgError, so that nobody takes silence for absence.
//
//   Presence all(&pg, place, book);
//   if (!all.Has("table", "svc.shop.public.orders")) …
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "queue/pg_connection.h"
#include "sink/sink.h"
#include "translate/entities.h"
#include "translate/names.h"

namespace shipper {

class Presence {
 public:
  // What is looked at: everything, one schema, or what has one name in it (raw names).
  struct Scope {
    std::optional<std::string> schema;
    std::optional<std::string> name;
  };

  // `book`: what the catalog calls routines, as when they were sent.
  Presence(PgConnection *pg, const Place &place, const RoutineBook *book, const Scope &scope = {});

  // type: databaseSchema | table | storedProcedure.
  bool Has(const std::string &type, const std::string &fqn) const {
    return names_.count(HashOf(type, fqn)) > 0;
  }

  // Takes out of a set of hashes those of what is there.
  void Leave(std::unordered_set<uint64_t> *hashes) const {
    for (uint64_t hash : names_) hashes->erase(hash);
  }

  // A name as 64 bits: of many names nothing more is held.
  static uint64_t HashOf(const std::string &type, const std::string &fqn) {
    return ContentHash64(type + "/" + fqn);
  }

 private:
  void Add(const std::string &type, const std::string &fqn) { names_.insert(HashOf(type, fqn)); }

  std::unordered_set<uint64_t> names_;
};

// Databases of the cluster by raw name, those that nobody may enter too.
std::set<std::string> AllDatabases(PgConnection *pg);

}  // namespace shipper
