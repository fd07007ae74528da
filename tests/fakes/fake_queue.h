// The feed in memory, with the promises of the real one: a row is given until it is settled.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "queue/pg_connection.h"
#include "queue/queue.h"

namespace shipper {

class FakeQueue : public Queue {
 public:
  bool Start() override {
    ++starts;
    if (break_starts > 0) {
      --break_starts;
      throw PgConnectError("connection refused", "08001", false);
    }
    return !other_active;
  }
  int64_t Pending() override { return counts ? static_cast<int64_t>(rows.size()) : 0; }
  std::vector<FeedRow> Feed(int batch) override {
    ++feeds;
    size_t count = std::min<size_t>(rows.size(), batch);
    return {rows.begin(), rows.begin() + count};
  }
  void Settle(const Settlement &settlement) override {
    if (break_settles > 0) {
      --break_settles;
      throw PgConnectError("connection lost", "08006", false);
    }
    for (int64_t id : settlement.taken)
      rows.erase(std::remove_if(rows.begin(), rows.end(),
                                [id](const FeedRow &row) { return row.id == id; }),
                 rows.end());
    for (const ParkedItem &item : settlement.parked) parked.push_back(item);
    for (const StateChange &change : settlement.state) {
      if (change.value)
        state[change.key] = *change.value;
      else
        state.erase(change.key);
    }
  }
  std::map<std::string, std::string> State() override { return state; }
  int64_t Snapshot() override {
    ++snapshots;
    for (const std::string &table : snapshot_of)
      Row("snapshot", {{"object", table}, {"object_type", "table"}}, kSnapshotXid);
    return kSnapshotXid;
  }
  SnapshotCount CountSnapshot(int64_t above) override {
    SnapshotCount count{0, above};
    for (const FeedRow &row : rows)
      if (row.kind == "snapshot" && row.id > above) count = {count.rows + 1, row.id};
    return count;
  }

  // Adds a row as the extension would write it.
  void Edge(const std::string &source, const std::string &target) {
    rows.push_back({next_id++, "edge", {{"source", source}, {"target", target}}});
  }
  void Row(const std::string &kind, nlohmann::json payload, int64_t xid = 3) {
    rows.push_back({next_id++, kind, std::move(payload), 0, xid});
  }

  static constexpr int64_t kSnapshotXid = 7;
  std::vector<FeedRow> rows;
  std::vector<std::string> snapshot_of;  // tables
  std::vector<ParkedItem> parked;
  std::map<std::string, std::string> state = {{"snapshot", "asked"}};
  int64_t next_id = 1;
  int starts = 0, snapshots = 0, feeds = 0, break_starts = 0, break_settles = 0;
  bool other_active = false;
  bool counts = true;  // else the count says that nothing waits
};

}  // namespace shipper
