#include "source/stale.h"

#include <functional>
#include <set>
#include <unordered_set>

#include <spdlog/spdlog.h>

#include "source/catalog.h"
#include "source/filter.h"
#include "source/presence.h"
#include "source/sink_book.h"
#include "translate/names.h"

namespace shipper {
namespace {

// Deletes in the sink and keeps the account; after an outage it does nothing more.
class Sweep {
 public:
  explicit Sweep(Sink *sink) : sink_(sink) {}

  std::vector<std::string> List(const std::string &type, const std::string &parent) {
    std::vector<std::string> names;
    Each(type, parent, [&](const std::string &fqn) { names.push_back(fqn); });
    if (!result.status.ok()) names.clear();
    return names;
  }

  void Each(const std::string &type, const std::string &parent,
            const std::function<void(const std::string &fqn)> &use) {
    if (result.status.ok()) result.status = sink_->ListAll(type, parent, use);
  }

  void Delete(const EntityName &name) {
    if (!result.status.ok()) return;
    Status status = sink_->DeleteEntity(name);
    if (status.ok()) {
      result.deleted.push_back(name);
      spdlog::info("{} {} is gone: marked deleted", name.type, name.fqn);
    } else if (status.action == Action::kPark) {
      spdlog::error("{} {} cannot be deleted: {}", name.type, name.fqn, status.message);
      result.refused.push_back(name);
    } else {
      result.status = status;
    }
  }

  StaleResult result;

 private:
  Sink *sink_;
};

// Raw name of the last part of a fully qualified name.
std::string LastName(const std::string &fqn) {
  const std::vector<std::string> parts = SplitFqn(fqn);
  return parts.empty() ? "" : parts.back();
}

// Calls `use` with what the sink holds of a database that the filters admit, a schema after what is
// in it.
void EachListed(const Config &config, const Place &place, Sweep *sweep,
                const std::function<void(const std::string &type, const std::string &fqn)> &use) {
  const MetadataConfig &metadata = config.metadata;
  const ObjectFilter filter(config);
  std::vector<std::string> types;
  if (metadata.mark_deleted_tables) types.push_back("table");
  if (metadata.mark_deleted_stored_procedures) types.push_back("storedProcedure");
  for (const std::string &schema : sweep->List("databaseSchema", place.DatabaseFqn())) {
    if (!filter.AdmitsSchema(place.database, LastName(schema))) continue;
    for (const std::string &type : types)
      sweep->Each(type, schema, [&](const std::string &fqn) { use(type, fqn); });
    if (metadata.mark_deleted_schemas) use("databaseSchema", schema);
  }
}

// Of the names in the sink those whose hash is among `gone`.
std::vector<EntityName> Named(const Config &config, const Place &place, Sweep *sweep,
                              const std::unordered_set<uint64_t> &gone) {
  std::vector<EntityName> names;
  if (gone.empty()) return names;
  EachListed(config, place, sweep, [&](const std::string &type, const std::string &fqn) {
    if (gone.count(Presence::HashOf(type, fqn)) > 0) names.push_back({type, fqn});
  });
  return names;
}

// Takes out of the hashes those of what the database has now.
Status LeavePresent(PgConnection *pg, const Place &place, Sink *sink,
                    std::unordered_set<uint64_t> *gone) {
  SinkBook book(sink);
  const Presence present(pg, place, &book);
  if (book.status().ok()) present.Leave(gone);
  return book.status();
}

}  // namespace

// The sink is listed before the database is read: what the daemon sends meanwhile is not in the
// list, and what is in the list and still there is found. Of the list hashes are held; the names of
// what is gone, where anything is, are asked for once more. That takes its time, and what was made
// again meanwhile is not gone.
StaleResult MarkDeleted(PgConnection *pg, const Config &config, Sink *sink) {
  const Place place{config.service_name, CatalogReader(pg, {}).Database().name};
  Sweep sweep(sink);
  std::unordered_set<uint64_t> gone;
  EachListed(config, place, &sweep, [&](const std::string &type, const std::string &fqn) {
    gone.insert(Presence::HashOf(type, fqn));
  });
  if (!sweep.result.status.ok()) return sweep.result;
  sweep.result.status = LeavePresent(pg, place, sink, &gone);
  const std::vector<EntityName> names = Named(config, place, &sweep, gone);
  if (names.empty() || !sweep.result.status.ok()) return sweep.result;
  sweep.result.status = LeavePresent(pg, place, sink, &gone);
  for (const EntityName &name : names)
    if (gone.count(Presence::HashOf(name.type, name.fqn)) > 0) sweep.Delete(name);
  return sweep.result;
}

StaleResult MarkDeletedDatabases(PgConnection *pg, const Config &config, Sink *sink) {
  Sweep sweep(sink);
  if (!config.metadata.mark_deleted_databases) return sweep.result;
  const ObjectFilter filter(config);
  const std::vector<std::string> listed = sweep.List("database", JoinFqn({config.service_name}));
  const std::set<std::string> present = AllDatabases(pg);
  for (const std::string &fqn : listed) {
    const std::string name = LastName(fqn);
    if (present.count(name) == 0 && filter.AdmitsDatabase(name)) sweep.Delete({"database", fqn});
  }
  return sweep.result;
}

}  // namespace shipper
