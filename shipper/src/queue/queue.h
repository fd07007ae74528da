// The feed as the loop sees it: rows to handle, and what became of them.
//
// A row is given again and again until it is settled as taken; nothing is lost when the process
// dies in between. Implemented by pg_queue.h over the extension's functions, by a fake in tests.
// Every call may throw PgError; after a PgConnectError, Start() again before anything else.
//
//   queue.Start();
//   for (const FeedRow &row : queue.Feed(500)) …
//   queue.Settle({{row.id}, {}, {{"entity:svc.db.public.orders", "5f0c…"}}});
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace shipper {

struct FeedRow {
  int64_t id = 0;
  std::string kind;  // edge | ended | ddl | snapshot | resync
  nlohmann::json payload;
  int64_t created_at_ms = 0;  // when it was committed, near enough
  int64_t xid = 0;            // of the transaction that wrote it
};

// What can never be sent as it is, kept aside for a person.
struct ParkedItem {
  std::string kind;    // edge | object | resync
  std::string object;  // "public.orders -> public.sales", "table public.orders"
  std::string reason;
  std::string request;  // what was refused, for `retry` and for the eye
};

// One key of the sink's memory; nullopt forgets it.
struct StateChange {
  std::string key;
  std::optional<std::string> value;
};

struct Settlement {
  std::vector<int64_t> taken;
  std::vector<ParkedItem> parked;
  std::vector<StateChange> state;
  bool empty() const { return taken.empty() && parked.empty() && state.empty(); }
};

// Rows of kind snapshot in the feed.
struct SnapshotCount {
  int64_t rows = 0;
  int64_t last = 0;  // the highest id among them
};

class Queue {
 public:
  virtual ~Queue() = default;
  virtual bool Start() = 0;  // connects and registers; false: another shipper is active, try again
  virtual int64_t Pending() = 0;                           // rows waiting, for any sink
  virtual std::vector<FeedRow> Feed(int batch) = 0;        // rows this sink has not taken, by id
  virtual void Settle(const Settlement &settlement) = 0;   // all of it or nothing
  virtual std::map<std::string, std::string> State() = 0;  // this sink's memory
  virtual int64_t Snapshot() = 0;                          // asks for a row per object; their xid
  virtual SnapshotCount CountSnapshot(int64_t above) = 0;  // of those with a higher id
  virtual void Retire() {}  // ends edges that were not seen for pg_lineage.retire_after
};

}  // namespace shipper
