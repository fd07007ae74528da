#include "source/ingest.h"

#include <optional>
#include <utility>

#include "delivery.h"
#include "source/entity_source.h"
#include "source/sink_book.h"

namespace shipper {
namespace {

// Ends the walk: the sink takes nothing more.
struct SinkIsOut {
  Status status;
};

// As Delivery keeps them, so that both know what the other sent. A table and a routine of one
// schema may share their name.
std::string StateKey(const Entity &entity) {
  return (entity.type == "storedProcedure" ? "entity:routine:" : "entity:") + entity.fqn;
}

std::string StateValue(const Entity &entity) {
  if (entity.type == "databaseService") return "sent";
  return ShortHash(entity.body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// Gives entities to the sink and keeps the account.
class Run {
 public:
  Run(Sink *sink, std::map<std::string, std::string> *state, const IngestProgress &progress)
      : sink_(sink), state_(state), progress_(progress) {}

  void Put(const Entity &entity) {
    result.seen.insert({entity.type, entity.fqn});
    const std::string key = StateKey(entity);
    const std::string hash = StateValue(entity);
    const auto known = state_->find(key);
    if (known != state_->end() && (entity.partial || known->second == hash)) {
      if (!entity.partial) ++result.counts.unchanged;
    } else {
      Send(entity, key, hash);
    }
    if (progress_) progress_(result.counts);
  }

  // Makes durable what was put; where that fails, nothing of this run counts as sent.
  void Finish() {
    const Status flushed = sink_->Flush();
    if (flushed.ok()) return;
    for (const std::string &key : changed_) state_->erase(key);
    result.status = flushed;
    result.complete = false;
  }

  IngestResult result;

 private:
  void Send(const Entity &entity, const std::string &key, const std::string &hash) {
    Status status = sink_->PutEntity(entity);
    if (status.ok()) {
      if (!entity.partial) ++result.counts.sent[entity.type];
      changed_.push_back(key);
      (*state_)[key] = hash;
      return;
    }
    if (status.action != Action::kPark) throw SinkIsOut{std::move(status)};
    ++result.counts.failed;
    result.failures.push_back({entity.fqn, status.message});
  }

  Sink *sink_;
  std::map<std::string, std::string> *state_;
  const IngestProgress &progress_;
  std::vector<std::string> changed_;
};

void Walk(EntitySource *source, const IngestScope &scope, const EntitySource::Give &give) {
  switch (scope.kind) {
    case IngestScope::Kind::kDatabase:
      source->Database(give);
      return;
    case IngestScope::Kind::kSchema:
      source->Schema(scope.identity, give);
      return;
    case IngestScope::Kind::kTable: {
      const std::optional<RelationName> name = ParseStoreName(scope.identity);
      if (name) source->Relation(*name, give);
      return;
    }
    case IngestScope::Kind::kRoutine: {
      const std::optional<RoutineName> name = ParseRoutine(scope.identity);
      if (name) source->Routine(*name, give);
      return;
    }
  }
}

}  // namespace

long IngestCounts::total() const {
  long out = 0;
  for (const auto &[type, count] : sent) out += count;
  return out;
}

IngestResult Ingest(PgConnection *pg, const Config &config, Sink *sink, const IngestScope &scope,
                    std::map<std::string, std::string> *state, const IngestProgress &progress) {
  SinkBook book(sink);
  EntitySource source(pg, config, &book);
  Run run(sink, state, progress);
  IngestResult *result = &run.result;
  try {
    Walk(&source, scope, [&](const Entity &entity) {
      if (!book.status().ok()) throw SinkIsOut{book.status()};
      run.Put(entity);
    });
  } catch (SinkIsOut &out) {
    result->status = std::move(out.status);
    result->complete = false;
  }
  for (const CatalogGap &gap : source.gaps()) {
    ++result->counts.failed;
    result->failures.push_back({gap.object, gap.reason});
    result->complete = false;
  }
  result->counts.filtered = source.filtered();
  if (scope.kind != IngestScope::Kind::kDatabase && result->seen.empty()) {
    result->warnings.push_back(scope.identity + ": not there, or filtered out");
  }
  const Status outage = result->status;
  run.Finish();
  if (!outage.ok()) result->status = outage;
  return std::move(run.result);
}

std::vector<std::string> IngestDatabases(PgConnection *pg, const Config &config) {
  if (!config.postgres.ingest_all_databases) return {config.postgres.database};
  const ObjectFilter filter(config);
  std::vector<std::string> out;
  for (const DatabaseInfo &database : CatalogReader(pg, {}).Databases()) {
    if (filter.AdmitsDatabase(database.name)) out.push_back(database.name);
  }
  return out;
}

}  // namespace shipper
