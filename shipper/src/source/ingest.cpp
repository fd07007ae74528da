#include "source/ingest.h"

#include <optional>
#include <utility>

#include "delivery.h"
#include "sink/entity_waves.h"
#include "source/entity_source.h"
#include "source/sink_book.h"

namespace shipper {
namespace {

// Ends the walk: the sink takes nothing more.
struct SinkIsOut {
  Status status;
};

constexpr size_t kKeepAfter = 2000;  // changes of the book

// Gives entities to the sink and keeps the account. The keys of the book are those of Delivery, so
// that both know what the other sent.
class Run {
 public:
  Run(Sink *sink, SentBook *book, const std::function<void()> &keep, const IngestProgress &progress)
      : waves_(sink, [this](const Entity &entity, const std::string &hash,
                            const Status &status) { Note(entity, hash, status); }),
        sink_(sink),
        book_(book),
        keep_(keep),
        progress_(progress) {}

  void Put(const Entity &entity) {
    result.seen = true;
    const std::string key = EntityKey(entity);
    std::string hash = EntityHash(entity);
    if (!book_->Has(key) || (!entity.partial && !book_->Has(key, hash))) {
      waves_.Add(entity, std::move(hash));
      if (book_->open() >= kKeepAfter) Keep();
      return;
    }
    if (!entity.partial) ++result.counts.unchanged;
    if (progress_) progress_(result.counts);
  }

  void Send() { waves_.Send(); }

  // Makes durable what was put and gives it away; where that fails, it does not count as sent.
  void Finish() {
    try {
      Keep();
    } catch (const SinkIsOut &out) {
      result.status = out.status;
      result.complete = false;
    }
  }

  IngestResult result;

 private:
  void Note(const Entity &entity, const std::string &hash, const Status &status) {
    if (status.ok()) {
      if (!entity.partial) ++result.counts.sent[entity.type];
      book_->Set(EntityKey(entity), hash);
    } else if (status.action == Action::kPark) {
      book_->Erase(EntityKey(entity));
      ++result.counts.failed;
      result.failures.push_back({entity.fqn, status.message, false});
    } else {
      throw SinkIsOut{status};
    }
    if (progress_) progress_(result.counts);
  }

  void Keep() {
    const Status flushed = sink_->Flush();
    if (flushed.ok()) return keep_();
    book_->Undo();
    throw SinkIsOut{flushed};
  }

  EntityWaves waves_;
  Sink *sink_;
  SentBook *book_;
  const std::function<void()> &keep_;
  const IngestProgress &progress_;
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
                    SentBook *book, const std::function<void()> &keep,
                    const IngestProgress &progress) {
  SinkBook routines(sink);
  EntitySource source(pg, config, &routines);
  Run run(sink, book, keep, progress);
  IngestResult *result = &run.result;
  try {
    const long all = progress ? source.Expected() : 0;
    Walk(&source, scope, [&](const Entity &entity) {
      if (!routines.status().ok()) throw SinkIsOut{routines.status()};
      result->counts.expected = all - source.filtered();
      run.Put(entity);
    });
    run.Send();
  } catch (SinkIsOut &out) {
    result->status = std::move(out.status);
    result->complete = false;
  }
  for (const CatalogGap &gap : source.gaps()) {
    ++result->counts.failed;
    result->failures.push_back({gap.object, gap.reason, true});
    result->complete = false;
  }
  result->counts.filtered = source.filtered();
  if (scope.kind != IngestScope::Kind::kDatabase && !result->seen) {
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
