// The heart of `run`: lease → translate → send → ack | retry | reauth | park.
//
//   feed ──▶ WorkList (netted) ──▶ Delivery (origin → sink) ──▶ Flush ──▶ Settle
//
// Invariants: a feed row is settled only after the sink said done for what it names and Flush()
// succeeded, or after it was parked in the same transaction. No transaction is open across a
// request. A piece of work that fails holds up no other; only an outage of the sink does.
// One thread; time and chance come from Clock.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "clock.h"
#include "delivery.h"
#include "origin.h"
#include "queue/queue.h"
#include "runs/run_observer.h"
#include "runs/schedule.h"
#include "runs/snapshot_watch.h"
#include "sink/sink.h"
#include "work_list.h"

namespace shipper {

struct LoopOptions {
  int64_t poll_interval_ms = 150;
  int batch_size = 500;
  long retry_base_ms = 200;
  long retry_max_ms = 60000;
  int park_after_attempts = 10;
  int64_t pair_interval_ms = 1000;          // at most one PUT of a pair in this time
  int64_t refeed_interval_ms = 500;         // the feed is read at least so often while rows wait
  int64_t sweep_interval_ms = 5000;         // and so often where none is said to wait
  int64_t retire_interval_ms = 600000;      // edges not seen any more are looked for so often
  int64_t settle_interval_ms = 200;         // what was sent is acknowledged at least so often
  int64_t reconcile_interval_ms = 3600000;  // all objects are compared so often; 0: at start only
  std::optional<Schedule> schedule;         // store and catalog are compared at these times
  int64_t drain_ms = 10000;                 // how long the end may take
};

class Loop {
 public:
  Loop(Queue *queue, Origin *origin, Sink *sink, Clock *clock, const LoopOptions &options)
      : queue_(queue), origin_(origin), sink_(sink), clock_(clock), options_(options) {}

  // Who is shown how far snapshots are.
  void set_snapshot_progress(std::function<void(int64_t done, int64_t total)> show) {
    show_snapshot_ = std::move(show);
  }

  // Who is told of runs; outlives the loop.
  void set_observer(RunObserver *observer) { observer_ = observer; }

  // Works until `stop` is set, then sends what is due and returns. `reload` asks for the
  // credential to be read again. Throws PgConnectError where waiting cannot help.
  void Run(const std::atomic<bool> &stop, std::atomic<bool> *reload);

  // Connects and reads the sink's memory. False: another shipper is active.
  bool Start();

  // One round: takes what the feed has, sends what is due. Returns the ms until the next.
  int64_t Step();

  bool idle() const { return work_.empty(); }

 private:
  void Intake(int64_t now);
  void AddRow(const FeedRow &row, int64_t now);
  void AddPair(const TablePair &pair, bool ended, int64_t row, int64_t now);
  void AddDdl(const FeedRow &row, int64_t now);
  void PlanReconcile(int64_t now);
  void PlanScheduled();
  void BeginWanted(int64_t now);
  void WatchRun(bool over);
  void SendDue();
  bool SendOne(const Work &work);  // false: the sink is out, stop this round
  // The works from `*at` on that go together, past which it moves; those that are left to be sent
  // each by itself go to `rest`. False as above.
  bool SendTogether(const std::vector<Work> &due, size_t *at, std::vector<Work> *rest);
  bool Covered(const Work &work) const;
  void NoteTaken(const Work &work);
  bool SettleLate();
  Delivery::Follow Follower();
  void ReportSnapshot();
  Status Try(const Work &work);
  bool Outage(const Status &status, long max_ms);
  Status Refused(const Work &work, const Status &status);
  bool SettleSent();
  void SettleIntake();
  void ParkWork(const Work &work, const std::string &reason);
  void Reconnect(const std::string &reason, const std::atomic<bool> &stop);
  void Drain();
  void Owe(const WorkKey &key);
  void Paid();
  void WaitForTurn(const std::atomic<bool> &stop);

  Queue *queue_;
  Origin *origin_;
  Sink *sink_;
  Clock *clock_;
  LoopOptions options_;
  RunObserver *observer_ = nullptr;
  bool in_run_ = false;
  SnapshotWatch snapshot_;
  std::function<void(int64_t, int64_t)> show_snapshot_;
  std::unique_ptr<Delivery> delivery_;
  WorkList work_;
  Settlement settlement_;              // sent, not yet settled
  std::vector<WorkKey> settled_work_;  // leaves the work list when that is settled
  int64_t asked_xid_ = 0;              // of the snapshot that this start asked for, 0: none
  std::set<int64_t> asked_;            // its rows that are in the work list
  bool brought_all_ = false;           // since then all was compared, and the sink took all
  bool compared_ = false;              // in this round all was compared
  std::optional<WorkKind> wanted_;     // kResync | kReconcile, not begun yet
  bool caught_up_ = false;             // all that the feed holds is in the work list
  std::set<WorkKey> owed_;             // no feed row stands for it: resyncs, what others entail
  std::map<WorkKey, int64_t> last_put_;
  int64_t hold_until_ms_ = 0;  // the sink is out until then
  int outages_ = 0;            // in a row
  int failures_ = 0;           // refusals of single requests without a success between
  int reconnects_ = 0;         // of the session, in a row
  int64_t last_reconcile_ms_ = 0;
  int64_t planned_at_ms_ = 0;           // wall clock, when the next scheduled run was planned
  std::optional<int64_t> next_run_ms_;  // wall clock
  int64_t last_retire_ms_ = 0;
  int64_t last_feed_ms_ = -1;
  int64_t last_sweep_ms_ = 0;
  int64_t last_settle_ms_ = 0;
  int64_t last_pending_ = -1;
};

}  // namespace shipper
