#include "loop.h"

#include <algorithm>
#include <exception>

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include "queue/pg_connection.h"
#include "retry.h"

namespace shipper {

namespace {

constexpr int kFailuresAreOutage = 5;  // refusals in a row, of whatever
constexpr long kBreatherMs = 1000;     // how long the sink is left alone then, at most
constexpr size_t kFewTables = 4;       // that are read and sent each by itself
// In the sink's memory:
constexpr char kSnapshotKey[] = "snapshot";  // the first one was asked for
constexpr char kResyncKey[] = "resync";      // store and catalog are to be compared
constexpr char kProgressKey[] = "progress";  // of snapshots; lineage.health reads it

}  // namespace

bool Loop::Start() {
  work_.Clear();
  settlement_ = {};
  settled_work_.clear();
  owed_.clear();
  asked_xid_ = 0;
  asked_.clear();
  brought_all_ = compared_ = caught_up_ = false;
  last_feed_ms_ = -1;
  last_sweep_ms_ = clock_->NowMs();
  last_pending_ = -1;
  last_retire_ms_ = clock_->NowMs() - options_.retire_interval_ms;
  if (!queue_->Start()) return false;
  delivery_ = std::make_unique<Delivery>(origin_, sink_, queue_->State());
  if (delivery_->Recall(kSnapshotKey).empty()) {
    spdlog::info("first run for {}: asking for a snapshot", sink_->name());
    asked_xid_ = queue_->Snapshot();
    queue_->Settle({{}, {}, {{kSnapshotKey, "asked"}, {kResyncKey, "due"}}});
    delivery_ = std::make_unique<Delivery>(origin_, sink_, queue_->State());
  }
  if (sink_->Empty()) {
    delivery_->ForgetSent();
    delivery_->Remember(kResyncKey, "due");
  }
  if (!delivery_->Recall(kResyncKey).empty()) {
    Owe({WorkKind::kResync, "", ""});
    wanted_ = WorkKind::kResync;
  } else {
    wanted_ = WorkKind::kReconcile;
  }
  last_reconcile_ms_ = clock_->NowMs();
  snapshot_.Recall(delivery_->Recall(kProgressKey));
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
  if (!wanted_) wanted_ = WorkKind::kReconcile;
}

// The same, of the whole store, at the times of the schedule. Times that were slept through, or
// that a clock put forward leapt over, come to one run.
void Loop::PlanScheduled() {
  if (!options_.schedule) return;
  const int64_t wall = clock_->WallMs();
  const bool put_back = wall < planned_at_ms_;
  if (next_run_ms_ && !put_back && wall < *next_run_ms_) return;
  if (next_run_ms_ && !put_back) {
    spdlog::info("scheduled run ({})", options_.schedule->text());
    wanted_ = WorkKind::kResync;
  }
  const std::optional<std::time_t> next = options_.schedule->Next(wall / 1000);
  next_run_ms_ = next ? *next * 1000LL : INT64_MAX;
  planned_at_ms_ = wall;
  if (next) spdlog::info("next scheduled run: {:%Y-%m-%d %H:%M} UTC", fmt::gmtime(*next));
}

// Begins the comparison that is wanted, once what the feed tells is sent: only events tell what a
// table or column was called before, and a comparison would take the old name for gone. That which
// a first start begins with comes before the rows that it asked for.
void Loop::BeginWanted(int64_t now) {
  if (!wanted_ || (asked_.empty() && (!caught_up_ || work_.HasFresh(WorkKind::kObject)))) return;
  work_.Add({*wanted_, "", ""}, 0, now);
  wanted_.reset();
}

int64_t Loop::Step() {
  PlanReconcile(clock_->NowMs());
  PlanScheduled();
  if (clock_->NowMs() - last_retire_ms_ >= options_.retire_interval_ms) {
    last_retire_ms_ = clock_->NowMs();
    queue_->Retire();
  }
  Intake(clock_->NowMs());
  BeginWanted(clock_->NowMs());
  if (hold_until_ms_ <= clock_->NowMs()) SendDue();
  WatchRun(false);
  const int64_t now = clock_->NowMs();
  for (auto put = last_put_.begin(); put != last_put_.end();)
    put = put->second + options_.pair_interval_ms <= now ? last_put_.erase(put) : std::next(put);
  int64_t next = now + options_.poll_interval_ms;
  next = std::min(next, std::max(work_.NextDueMs(), hold_until_ms_));
  return std::max<int64_t>(0, next - now);
}

// What a comparison of everything has brought: it began after these rows were written.
bool Loop::Covered(const Work &work) const {
  if (work.key.kind == WorkKind::kReconcile) return compared_;
  return brought_all_ && work.key.kind == WorkKind::kObject && !work.rows.empty() &&
         std::all_of(work.rows.begin(), work.rows.end(),
                     [this](int64_t row) { return asked_.count(row) > 0; });
}

// Sends what is due until nothing is, or the sink is out.
void Loop::SendDue() {
  compared_ = false;
  last_settle_ms_ = clock_->NowMs();
  const std::vector<Work> due = work_.Due(last_settle_ms_);
  for (size_t at = 0; at < due.size();) {
    if (Covered(due[at])) {
      NoteTaken(due[at++]);
      continue;
    }
    std::vector<Work> rest;
    bool on = SendTogether(due, &at, &rest);
    for (size_t i = 0; on && i < rest.size(); ++i) {
      on = SendOne(rest[i]);
      if (on && !SettleLate()) return;
    }
    if (!on) break;
    if (!SettleLate()) return;
  }
  SettleSent();
}

// Settles where it is time to. False: the sink is out.
bool Loop::SettleLate() {
  const bool late = clock_->NowMs() - last_settle_ms_ >= options_.settle_interval_ms;
  return !late || SettleSent();
}

// Takes as many as stand side by side, so that the order of all else stays.
bool Loop::SendTogether(const std::vector<Work> &due, size_t *at, std::vector<Work> *rest) {
  std::vector<WorkKey> keys;
  size_t end = *at;
  const WorkKind kind = due[*at].key.kind;
  while (end < due.size() && keys.size() < static_cast<size_t>(options_.batch_size) &&
         due[end].key.kind == kind && due[end].tries == 0 &&
         delivery_->GoesTogether(due[end].key) && !Covered(due[end]))
    keys.push_back(due[end++].key);
  if (end == *at) ++end;
  const std::vector<Work> works(due.begin() + static_cast<long>(*at),
                                due.begin() + static_cast<long>(end));
  *at = end;
  *rest = works;
  if (keys.size() <= (kind == WorkKind::kPair ? 1 : kFewTables)) return true;
  std::set<WorkKey> done;
  const long sent = delivery_->sent();
  Status outage;
  try {
    outage = kind == WorkKind::kPair ? delivery_->SendPairs(keys, &done)
                                     : delivery_->SendTables(keys, Follower(), &done);
  } catch (const PgConnectError &) {
    throw;
  } catch (const std::exception &error) {
    spdlog::debug("{} at once: {}; each by itself", keys.size(), error.what());
  }
  if (observer_ != nullptr) observer_->Sent(kind, delivery_->sent() - sent);
  rest->clear();
  for (const Work &work : works) {
    if (done.count(work.key) > 0)
      NoteTaken(work);
    else
      rest->push_back(work);
  }
  if (outage.action == Action::kReauth) sink_->ReloadCredential();
  return !outage.outage || Outage(outage, options_.retry_max_ms);
}

// What a piece of work entails becomes work of its own.
Delivery::Follow Loop::Follower() {
  return [this](const WorkKey &key) {
    Owe(key);
    auto put = last_put_.find(key);
    int64_t now = clock_->NowMs();
    work_.Add(key, 0, put == last_put_.end() ? now : put->second + options_.pair_interval_ms);
  };
}

// The outcome of one piece of work; what it throws is its own trouble, unless the session broke.
Status Loop::Try(const Work &work) {
  try {
    return delivery_->Send(work.key, Follower());
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
    settled_work_.push_back(work.key);
  } else {
    NoteTaken(work);
  }
  return true;
}

// The sink has it; its rows are settled soon.
void Loop::NoteTaken(const Work &work) {
  outages_ = 0;
  failures_ = 0;
  for (int64_t row : work.rows) asked_.erase(row);
  if (work.key.kind == WorkKind::kResync) {
    compared_ = true;
    brought_all_ = delivery_->complete();
  }
  if (work.key.kind == WorkKind::kPair) last_put_[work.key] = clock_->NowMs();
  settlement_.taken.insert(settlement_.taken.end(), work.rows.begin(), work.rows.end());
  settled_work_.push_back(work.key);
}

// Puts off what the sink refused for now, or gives it up when the sink takes everything else.
Status Loop::Refused(const Work &work, const Status &status) {
  int refusals = work.refusals + (delivery_->sent() > work.taken_before ? 1 : 0);
  if (refusals >= options_.park_after_attempts)
    return Status::Park(status.message + " (" + std::to_string(work.tries + 1) + " times)");
  long wait =
      BackoffMs(work.tries, clock_->Random01(), options_.retry_base_ms, options_.retry_max_ms);
  wait = std::max(wait, status.retry_after_ms);
  spdlog::warn("{}: {}; again in {} ms", NameOf(work.key), status.message, wait);
  work_.Postpone(work.key, clock_->NowMs() + wait, delivery_->sent());
  return status;
}

void Loop::ParkWork(const Work &work, const std::string &reason) {
  spdlog::error("parked {}: {}", NameOf(work.key), reason);
  if (observer_ != nullptr) observer_->Refused(work.key.kind, NameOf(work.key), reason);
  settlement_.parked.push_back(
      {KindOf(work.key), NameOf(work.key), reason, delivery_->last_request()});
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

// How far snapshots are, with what is about to be settled: into the memory, which lineage.health
// shows, and to whoever looks.
void Loop::ReportSnapshot() {
  snapshot_.Take(settlement_.taken);
  if (show_snapshot_ && snapshot_.active()) show_snapshot_(snapshot_.done(), snapshot_.total());
  const std::optional<std::string> report = snapshot_.Report(clock_->WallMs());
  if (!report) return;
  delivery_->Remember(kProgressKey, *report);
  if (!snapshot_.active()) spdlog::info("snapshot done: {} objects", snapshot_.total());
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
  ReportSnapshot();
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
