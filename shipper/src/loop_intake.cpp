// What the loop does about rows of the feed: each becomes work, or is settled at once.
#include <spdlog/spdlog.h>

#include "ddl_event.h"
#include "loop.h"
#include "queue/pg_connection.h"

namespace shipper {

namespace {

// A text member of a payload that came from outside; "" where there is none.
std::string Member(const nlohmann::json &payload, const char *key) {
  if (!payload.is_object()) return "";
  auto member = payload.find(key);
  return member != payload.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

// Reads the feed when there may be something new, and from time to time anyway: a count is only a
// hint, and a row that it does not tell of must not wait for the next one. Rows that wait for their
// backoff are in front of it, so as many more are asked for.
void Loop::Intake(int64_t now) {
  int64_t pending = queue_->Pending();
  bool news = pending != last_pending_ || last_feed_ms_ < 0;
  bool due = pending > 0 && now - last_feed_ms_ >= options_.refeed_interval_ms;
  bool sweep = pending == 0 && now - last_sweep_ms_ >= options_.sweep_interval_ms;
  if (!news && !due && !sweep) return;
  last_pending_ = pending;
  last_feed_ms_ = now;
  caught_up_ = pending == 0;
  if (pending == 0 && !sweep) return snapshot_.Drain();
  last_sweep_ms_ = now;
  const int most = options_.batch_size + static_cast<int>(work_.rows());
  const auto rows = queue_->Feed(most);
  caught_up_ = static_cast<int>(rows.size()) < most;
  if (pending == 0 && rows.empty()) return snapshot_.Drain();
  if (pending == 0) spdlog::info("{} rows of the feed were not counted as waiting", rows.size());
  for (const FeedRow &row : rows)
    if (!work_.HasRow(row.id)) AddRow(row, now);
  if (snapshot_.wants_count()) {
    const SnapshotCount count = queue_->CountSnapshot(snapshot_.counted_to());
    snapshot_.Count(count.rows, count.last, clock_->WallMs());
  }
  SettleIntake();
}

// Acknowledges rows that need no sending.
void Loop::SettleIntake() {
  if (settlement_.empty()) return;
  queue_->Settle(settlement_);
  settlement_ = {};
}

void Loop::AddRow(const FeedRow &row, int64_t now) {
  if (row.kind == "resync") return work_.Add({WorkKind::kResync, "", ""}, row.id, now);
  if (row.kind == "ddl" && row.payload.is_object()) return AddDdl(row, now);
  const std::string source = Member(row.payload, "source"), target = Member(row.payload, "target");
  const bool edge = row.kind == "edge" || row.kind == "ended";  // what is left of the pair is read
  const bool ended = row.kind == "ended" || !Member(row.payload, "reason").empty();
  if (edge && !source.empty() && !target.empty())
    return AddPair({source, target}, ended, row.id, now);
  const std::string object = Member(row.payload, "object");
  const std::string type = Member(row.payload, "object_type");
  if (row.kind == "snapshot" && !type.empty()) {
    snapshot_.Add(row.id);
    if (row.xid == asked_xid_) asked_.insert(row.id);
    if (type == "database") return work_.Add({WorkKind::kReconcile, "", ""}, row.id, now);
    return work_.Add({WorkKind::kObject, type, object}, row.id, now);
  }
  spdlog::error("feed row {} of kind '{}' is not understood and is parked", row.id, row.kind);
  std::string request = row.payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  settlement_.parked.push_back({row.kind, "feed row " + std::to_string(row.id),
                                "this version does not know what to do with it", request});
  settlement_.taken.push_back(row.id);
}

// A pair as the catalog has it, not sooner than a second after its last PUT.
void Loop::AddPair(const TablePair &pair, bool ended, int64_t row, int64_t now) {
  TablePair folded = pair;
  try {
    std::optional<TablePair> kept = origin_->Fold(pair);
    if (!kept && !ended) {
      settlement_.taken.push_back(row);
      spdlog::debug("{} -> {}: not sent to a catalog", pair.first, pair.second);
      return;
    }
    if (kept) folded = *kept;  // else it may be gone, and is to be taken away
  } catch (const PgConnectError &) {
    throw;
  } catch (const PgError &error) {
    spdlog::warn("{} -> {}: {}", pair.first, pair.second, error.what());
  }
  WorkKey key{WorkKind::kPair, folded.first, folded.second};
  auto put = last_put_.find(key);
  work_.Add(key, row, put == last_put_.end() ? now : put->second + options_.pair_interval_ms);
}

void Loop::AddDdl(const FeedRow &row, int64_t now) {
  std::optional<DdlTarget> target = TargetOfDdl(row.payload);
  if (target) {
    delivery_->NoteLife(target->type, target->identity, target->event, row.created_at_ms);
    if (!target->before.empty())
      delivery_->NoteRename(target->type, target->before, target->identity);
    if (!target->column.empty())
      delivery_->NoteColumn(target->identity, target->column_before, target->column);
    return work_.Add({WorkKind::kObject, target->type, target->identity}, row.id, now);
  }
  spdlog::debug("not sent to the catalog: {}", DescribeDdl(row.payload));
  settlement_.taken.push_back(row.id);
}

}  // namespace shipper
