#include "loop.h"

#include <algorithm>
#include <exception>

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include "ddl_event.h"
#include "queue/pg_connection.h"
#include "retry.h"

namespace shipper {

namespace {

constexpr int kFailuresAreOutage = 5;  // refusals in a row, of whatever
constexpr long kBreatherMs = 1000;     // how long the sink is left alone then, at most
// In the sink's memory:
constexpr char kSnapshotKey[] = "snapshot";  // the first one was asked for
constexpr char kResyncKey[] = "resync";      // store and catalog are to be compared

// "public.a -> public.b", "table public.a"
std::string Name(const WorkKey &key) {
  if (key.kind == WorkKind::kResync) return "everything";
  if (key.kind == WorkKind::kReconcile) return "all objects";
  if (key.kind == WorkKind::kPair) return key.first + " -> " + key.second;
  return key.first + " " + key.second;
}

std::string KindName(WorkKind kind) {
  if (kind == WorkKind::kResync) return "resync";
  if (kind == WorkKind::kReconcile) return "reconcile";
  return kind == WorkKind::kPair ? "edge" : "object";
}

// A text member of a payload that came from outside; "" where there is none.
std::string Member(const nlohmann::json &payload, const char *key) {
  if (!payload.is_object()) return "";
  auto member = payload.find(key);
  return member != payload.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

bool Loop::Start() {
  work_.Clear();
  settlement_ = {};
  settled_work_.clear();
  owed_.clear();
  last_feed_ms_ = -1;
  last_pending_ = -1;
  last_retire_ms_ = clock_->NowMs() - options_.retire_interval_ms;
  if (!queue_->Start()) return false;
  delivery_ = std::make_unique<Delivery>(origin_, sink_, queue_->State());
  if (delivery_->Recall(kSnapshotKey).empty()) {
    spdlog::info("first run for {}: asking for a snapshot", sink_->name());
    queue_->Snapshot();
    queue_->Settle({{}, {}, {{kSnapshotKey, "asked"}, {kResyncKey, "due"}}});
    delivery_ = std::make_unique<Delivery>(origin_, sink_, queue_->State());
  }
  if (sink_->Empty()) {
    delivery_->ForgetSent();
    delivery_->Remember(kResyncKey, "due");
  }
  if (!delivery_->Recall(kResyncKey).empty()) {
    Owe({WorkKind::kResync, "", ""});
    work_.Add({WorkKind::kResync, "", ""}, 0, clock_->NowMs());
  } else {
    work_.Add({WorkKind::kReconcile, "", ""}, 0, clock_->NowMs());
  }
  last_reconcile_ms_ = clock_->NowMs();
  return true;
}

// Work that is in no feed row: as long as there is some, the next start compares everything.
void Loop::Owe(const WorkKey &key) {
  owed_.insert(key);
  delivery_->Remember(kResyncKey, "due");
}

// Called when what is in settled_work_ is about to be settled.
void Loop::Paid() {
  for (const WorkKey &key : settled_work_) owed_.erase(key);
  if (owed_.empty()) delivery_->Drop(kResyncKey);
}

void Loop::Run(const std::atomic<bool> &stop, std::atomic<bool> *reload) {
  bool started = false, ever_started = false;
  while (!stop) {
    try {
      if (!started) {
        WaitForTurn(stop);
        started = ever_started = !stop;
        continue;
      }
      if (reload->exchange(false)) {
        sink_->ReloadCredential();
        hold_until_ms_ = 0;
        spdlog::info("credential read again");
      }
      int64_t wait = Step();
      reconnects_ = 0;
      clock_->SleepMs(wait);
    } catch (const PgError &error) {
      auto *connect = dynamic_cast<const PgConnectError *>(&error);
      if (!ever_started && (connect == nullptr || connect->permanent())) throw;
      started = false;
      Reconnect(error.what(), stop);
    }
  }
  if (started) Drain();
  WatchRun(true);
}

// The last rounds: what is due is still sent, within a bound.
void Loop::Drain() {
  const int64_t deadline = clock_->NowMs() + options_.drain_ms;
  try {
    int64_t now;
    do {
      Step();
      now = clock_->NowMs();
    } while (now < deadline && hold_until_ms_ <= now && work_.NextDueMs() <= now);
  } catch (const PgError &error) {
    spdlog::warn("what was not acknowledged stays in the feed: {}", error.what());
  }
}

// Takes the lock, or waits for the other shipper to leave.
void Loop::WaitForTurn(const std::atomic<bool> &stop) {
  bool said = false;
  while (!stop && !Start()) {
    if (!said)
      spdlog::warn("another lineage-shipper works on this database; waiting for it to end");
    said = true;
    clock_->SleepMs(1000);
  }
  if (!stop) spdlog::info("active for {}", sink_->name());
}

// The database went away: what is in memory is still in the feed.
void Loop::Reconnect(const std::string &reason, const std::atomic<bool> &stop) {
  long wait = BackoffMs(reconnects_++, clock_->Random01(), options_.retry_base_ms, 10000);
  spdlog::warn("{}; trying again in {} ms", reason, wait);
  if (!stop) clock_->SleepMs(wait);
}

// Puts a comparison of all objects on the list when it is time for one.
void Loop::PlanReconcile(int64_t now) {
  if (options_.reconcile_interval_ms <= 0) return;
  if (now - last_reconcile_ms_ < options_.reconcile_interval_ms) return;
  last_reconcile_ms_ = now;
  work_.Add({WorkKind::kReconcile, "", ""}, 0, now);
}

// The same, of the whole store, at the times of the schedule. Times that were slept through, or
// that a clock put forward leapt over, come to one run.
void Loop::PlanScheduled(int64_t now) {
  if (!options_.schedule) return;
  const int64_t wall = clock_->WallMs();
  const bool put_back = wall < planned_at_ms_;
  if (next_run_ms_ && !put_back && wall < *next_run_ms_) return;
  if (next_run_ms_ && !put_back) {
    spdlog::info("scheduled run ({})", options_.schedule->text());
    work_.Add({WorkKind::kResync, "", ""}, 0, now);
  }
  const std::optional<std::time_t> next = options_.schedule->Next(wall / 1000);
  next_run_ms_ = next ? *next * 1000LL : INT64_MAX;
  planned_at_ms_ = wall;
  if (next) spdlog::info("next scheduled run: {:%Y-%m-%d %H:%M} UTC", fmt::gmtime(*next));
}

int64_t Loop::Step() {
  PlanReconcile(clock_->NowMs());
  PlanScheduled(clock_->NowMs());
  if (clock_->NowMs() - last_retire_ms_ >= options_.retire_interval_ms) {
    last_retire_ms_ = clock_->NowMs();
    queue_->Retire();
  }
  Intake(clock_->NowMs());
  if (hold_until_ms_ <= clock_->NowMs()) SendDue();
  WatchRun(false);
  const int64_t now = clock_->NowMs();
  for (auto put = last_put_.begin(); put != last_put_.end();)
    put = put->second + options_.pair_interval_ms <= now ? last_put_.erase(put) : std::next(put);
  int64_t next = now + options_.poll_interval_ms;
  next = std::min(next, std::max(work_.NextDueMs(), hold_until_ms_));
  return std::max<int64_t>(0, next - now);
}

// Reads the feed when there may be something new. Rows that wait for their backoff are in front of
// it, so as many more are asked for.
void Loop::Intake(int64_t now) {
  int64_t pending = queue_->Pending();
  bool news = pending != last_pending_ || last_feed_ms_ < 0;
  bool due = pending > 0 && now - last_feed_ms_ >= options_.refeed_interval_ms;
  if (!news && !due) return;
  last_pending_ = pending;
  last_feed_ms_ = now;
  if (pending == 0) return;
  for (const FeedRow &row : queue_->Feed(options_.batch_size + static_cast<int>(work_.rows())))
    if (!work_.HasRow(row.id)) AddRow(row, now);
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
  if (row.kind == "snapshot" && !type.empty())
    return work_.Add({WorkKind::kObject, type, object}, row.id, now);
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

// Sends what is due until nothing is, or the sink is out.
void Loop::SendDue() {
  last_settle_ms_ = clock_->NowMs();
  for (const Work &work : work_.Due(last_settle_ms_)) {
    if (!SendOne(work)) break;
    bool late = clock_->NowMs() - last_settle_ms_ >= options_.settle_interval_ms;
    if (late && !SettleSent()) return;
  }
  SettleSent();
}

// The outcome of one piece of work; what it throws is its own trouble, unless the session broke.
Status Loop::Try(const Work &work) {
  try {
    return delivery_->Send(work.key, [this](const WorkKey &key) {
      Owe(key);
      auto put = last_put_.find(key);
      int64_t now = clock_->NowMs();
      work_.Add(key, 0, put == last_put_.end() ? now : put->second + options_.pair_interval_ms);
    });
  } catch (const PgConnectError &) {
    throw;
  } catch (const PgError &error) {
    return Status::Retry(std::string("reading it failed: ") + error.what());
  } catch (const std::exception &error) {
    return Status::Park(std::string("it cannot be translated: ") + error.what());
  }
}

// Begins with a comparison of everything, and is over when nothing more is due.
void Loop::WatchRun(bool over) {
  if (!in_run_ || observer_ == nullptr) return;
  observer_->Tick();
  const int64_t now = clock_->NowMs();
  const bool done = hold_until_ms_ <= now && work_.NextDueMs() > now;
  if (!done && !over) return;
  in_run_ = false;
  observer_->Ends(done);
}

bool Loop::SendOne(const Work &work) {
  const bool compares = work.key.kind == WorkKind::kResync || work.key.kind == WorkKind::kReconcile;
  if (compares && !in_run_ && observer_ != nullptr) {
    in_run_ = true;
    observer_->Begins();
  }
  const long sent = delivery_->sent();
  Status status = Try(work);
  const Delivery::Refusals refusals = delivery_->TakeRefusals();
  if (observer_ != nullptr) {
    observer_->Sent(work.key.kind, delivery_->sent() - sent);
    for (const auto &[object, reason] : refusals) observer_->Refused(work.key.kind, object, reason);
  }
  if (status.action == Action::kReauth) sink_->ReloadCredential();
  if (status.outage) return Outage(status, options_.retry_max_ms);
  if (status.action == Action::kRetry) {
    status = Refused(work, status);
    if (status.action == Action::kRetry)
      return ++failures_ < kFailuresAreOutage || Outage(status, kBreatherMs);
  }
  if (status.action == Action::kPark) {
    ParkWork(work, status.message);
  } else {
    outages_ = 0;
    failures_ = 0;
    if (work.key.kind == WorkKind::kPair) last_put_[work.key] = clock_->NowMs();
    settlement_.taken.insert(settlement_.taken.end(), work.rows.begin(), work.rows.end());
  }
  settled_work_.push_back(work.key);
  return true;
}

// Puts off what the sink refused for now, or gives it up when the sink takes everything else.
Status Loop::Refused(const Work &work, const Status &status) {
  int refusals = work.refusals + (delivery_->sent() > work.taken_before ? 1 : 0);
  if (refusals >= options_.park_after_attempts)
    return Status::Park(status.message + " (" + std::to_string(work.tries + 1) + " times)");
  long wait =
      BackoffMs(work.tries, clock_->Random01(), options_.retry_base_ms, options_.retry_max_ms);
  wait = std::max(wait, status.retry_after_ms);
  spdlog::warn("{}: {}; again in {} ms", Name(work.key), status.message, wait);
  work_.Postpone(work.key, clock_->NowMs() + wait, delivery_->sent());
  return status;
}

void Loop::ParkWork(const Work &work, const std::string &reason) {
  spdlog::error("parked {}: {}", Name(work.key), reason);
  if (observer_ != nullptr) observer_->Refused(work.key.kind, Name(work.key), reason);
  settlement_.parked.push_back(
      {KindName(work.key.kind), Name(work.key), reason, delivery_->last_request()});
  settlement_.taken.insert(settlement_.taken.end(), work.rows.begin(), work.rows.end());
}

// The sink as a whole is out: everything waits. Returns false for SendOne.
bool Loop::Outage(const Status &status, long max_ms) {
  long wait = BackoffMs(outages_++, clock_->Random01(), options_.retry_base_ms, max_ms);
  wait = std::max(wait, status.retry_after_ms);
  hold_until_ms_ = clock_->NowMs() + wait;
  failures_ = 0;
  spdlog::warn("{}: {}; trying again in {} ms", sink_->name(), status.message, wait);
  return false;
}

// Acknowledges what was sent, once the sink has it for good. False: the sink is out.
bool Loop::SettleSent() {
  std::vector<StateChange> changes;
  Status status = sink_->Flush();
  if (!status.ok()) {
    Outage(status, options_.retry_max_ms);
    delivery_->Undo();  // it will be sent again
    settlement_ = {};
    settled_work_.clear();
    return false;
  }
  Paid();
  changes = delivery_->TakeChanges();
  settlement_.state.insert(settlement_.state.end(), changes.begin(), changes.end());
  if (!settlement_.empty()) queue_->Settle(settlement_);
  if (!settlement_.taken.empty()) last_pending_ = -1;  // fewer rows: the count says nothing now
  for (const WorkKey &key : settled_work_) work_.Remove(key);
  settlement_ = {};
  settled_work_.clear();
  last_settle_ms_ = clock_->NowMs();
  return true;
}

}  // namespace shipper
