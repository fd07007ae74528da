// What is to be sent: feed rows netted by the thing they are about, each with its own due time.
//
// Ten rows of one pair are one piece of work. A piece that failed waits for its own backoff and
// holds up nothing else. Memory only: whatever is lost here is still in the feed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace shipper {

// In the order of sending: what edges name goes first.
enum class WorkKind { kResync, kReconcile, kObject, kPair };

struct WorkKey {
  WorkKind kind = WorkKind::kResync;
  std::string first;   // kObject: type; kPair: source
  std::string second;  // kObject: identity; kPair: target
  bool operator<(const WorkKey &other) const {
    return std::tie(kind, first, second) < std::tie(other.kind, other.first, other.second);
  }
};

// "public.a -> public.b", "table public.a"; and what is parked under it: edge, object, resync, …
std::string NameOf(const WorkKey &key);
std::string KindOf(const WorkKey &key);

struct Work {
  WorkKey key;
  std::vector<int64_t> rows;  // feed rows that are taken when this is done
  int64_t due_ms = 0;
  int tries = 0;           // refusals, for the backoff
  int refusals = 0;        // those since whose last one the sink took other things
  long taken_before = -1;  // what the sink had taken in all at the last refusal
};

class WorkList {
 public:
  // Adds a row to its piece of work, which is due at `due_ms` if it is new. row 0: no feed row.
  void Add(const WorkKey &key, int64_t row, int64_t due_ms);
  bool HasRow(int64_t row) const { return rows_.count(row) > 0; }
  size_t rows() const { return rows_.size(); }
  bool empty() const { return work_.empty(); }
  bool HasFresh(WorkKind kind) const;  // something of this kind that was never refused

  // What is due: what was never refused first, objects before pairs, oldest row first.
  std::vector<Work> Due(int64_t now_ms) const;
  int64_t NextDueMs() const;  // INT64_MAX where there is nothing

  void Remove(const WorkKey &key);
  // After a refusal. `taken`: what the sink has taken in all; it counts as the fault of this piece
  // only if the sink took something else in the meantime.
  void Postpone(const WorkKey &key, int64_t due_ms, long taken);
  void Clear();

 private:
  std::map<WorkKey, Work> work_;
  std::set<int64_t> rows_;
};

}  // namespace shipper
