// How far the snapshots are that were asked for from SQL: how many objects, and how many are done.
//
// A snapshot lasts from the first row of the feed until none is left; what is asked for meanwhile
// is added. Kept in the memory of the sink as text, so that a restart goes on counting, and for
// lineage.health, which reads members of it. One thread; times are given, in ms of the wall clock.
//
//   watch.Add(row.id);
//   if (watch.wants_count()) watch.Count(…);  // how many there are beyond those that were counted
//   watch.Take(settlement.taken);
//   if (auto text = watch.Report(clock.WallMs())) memory["progress"] = *text;
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace shipper {

class SnapshotWatch {
 public:
  // Goes on from what Report() gave last; "" is the beginning.
  void Recall(const std::string &text);

  void Add(int64_t row);
  // A row was added that is in no count yet.
  bool wants_count() const { return !waiting_.empty() && *waiting_.rbegin() > counted_to_; }
  int64_t counted_to() const { return counted_to_; }
  // `rows` more, the last of which is `last`.
  void Count(int64_t rows, int64_t last, int64_t now_ms);
  void Take(const std::vector<int64_t> &rows);

  // The feed is empty: what was counted and never came was taken away by somebody else.
  void Drain();

  // What the memory is to hold from now on, in one transaction with what was taken.
  std::optional<std::string> Report(int64_t now_ms);

  bool active() const { return active_; }
  int64_t done() const { return done_; }
  int64_t total() const { return total_; }

 private:
  std::set<int64_t> waiting_;  // rows that are known and not taken
  bool active_ = false;
  int64_t total_ = 0;
  int64_t done_ = 0;
  int64_t started_ms_ = 0;
  int64_t reported_done_ = -1;
  int64_t counted_to_ = 0;  // id of the last row in total_
};

}  // namespace shipper
