// The queue over the extension's functions (lineage._feed, _ack, _park, _state_*).
//
// Only one shipper per database works at a time: Start() takes an advisory lock of the session and
// answers false while another one holds it. The lock goes with the session, so a shipper that was
// killed blocks nobody.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "queue/pg_session.h"
#include "queue/queue.h"

namespace shipper {

// The advisory lock of the active shipper of a database: "pg_linea".
inline constexpr int64_t kShipperLock = 0x70675f6c696e6561;

// `text`, of whatever bytes, as a database of that encoding can keep it: what is no UTF-8 becomes
// U+FFFD, and where the encoding is neither UTF8 nor SQL_ASCII all beyond ASCII becomes '?'.
std::string StorableText(const std::string &text, const std::string &encoding);

// What was parked, for the verbs `parked` and `retry`.
struct ParkedRow {
  int64_t id = 0;
  std::string sink;
  std::string kind;
  std::string object;
  std::string reason;
  std::string request;
  int64_t attempts = 0;
  std::string parked_at;
};

class PgQueue : public Queue {
 public:
  // `session` outlives the queue; `sink` keys delivery state.
  PgQueue(PgSession *session, std::string sink) : session_(session), sink_(std::move(sink)) {}

  bool Start() override;
  int64_t Pending() override;
  std::vector<FeedRow> Feed(int batch) override;
  void Settle(const Settlement &settlement) override;
  std::map<std::string, std::string> State() override;
  int64_t Snapshot() override;
  void Retire() override;
  SnapshotCount CountSnapshot(int64_t above) override;

  // This sink's memory, key by key.
  using UseState = std::function<void(const std::string &key, const std::string &value)>;
  void EachState(const UseState &use);
  void Register();                                  // the sink only, without the lock
  std::vector<ParkedRow> Parked();                  // of every sink, oldest first
  int64_t Unpark(const std::vector<int64_t> &ids);  // forgets them; how many there were

 private:
  void SettleState(PgConnection *pg, const std::vector<StateChange> &changes);

  PgSession *session_;
  std::string sink_;
};

}  // namespace shipper
