#include "queue/pg_queue.h"

namespace shipper {

namespace {

// `text` with U+FFFD for what is no UTF-8.
std::string AsUtf8(const std::string &text) {
  nlohmann::json quoted = text;
  std::string safe = quoted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(safe).get<std::string>();
}

}  // namespace

std::string StorableText(const std::string &text, const std::string &encoding) {
  std::string storable = AsUtf8(text);
  if (encoding != "UTF8" && encoding != "SQL_ASCII")
    for (char &c : storable)
      if (static_cast<unsigned char>(c) > 127) c = '?';
  return storable.substr(0, storable.find('\0'));
}

bool PgQueue::Start() {
  PgConnection &pg = session_->Get();
  PgResult lock = pg.Query("SELECT pg_catalog.pg_try_advisory_lock($1)", {PgText(kShipperLock)});
  if (!lock.Bool(0, 0)) return false;
  Register();
  return true;
}

void PgQueue::Register() { session_->Get().Query("SELECT lineage._sink_register($1)", {sink_}); }

int64_t PgQueue::Pending() { return session_->Get().Query("SELECT lineage.pending()").Int(0, 0); }

std::vector<FeedRow> PgQueue::Feed(int batch) {
  PgResult rows = session_->Get().Query(
      "SELECT f.id, f.kind, f.payload, (extract(epoch FROM f.created_at) * 1000)::bigint,"
      " f.xid"
      " FROM lineage._feed($1, $2) AS f ORDER BY f.id",
      {sink_, PgText(int64_t{batch})});
  std::vector<FeedRow> feed;
  for (int i = 0; i < rows.size(); ++i) {
    nlohmann::json payload = nlohmann::json::parse(AsUtf8(rows.Text(i, 2)), nullptr, false);
    feed.push_back(
        {rows.Int(i, 0), rows.Text(i, 1), std::move(payload), rows.Int(i, 3), rows.Int(i, 4)});
  }
  return feed;
}

// In few statements, however much there is.
void PgQueue::SettleState(PgConnection *pg, const std::vector<StateChange> &changes) {
  constexpr size_t kAtOnce = 1000;
  std::vector<std::string> keys, values, gone;
  const auto send = [&] {
    if (!keys.empty())
      pg->Query(
          "SELECT lineage._state_set($1, s.key, s.value)"
          " FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.text[]),"
          " pg_catalog.unnest($3::pg_catalog.text[])) AS s(key, value)",
          {sink_, PgTextArray(keys), PgTextArray(values)});
    if (!gone.empty())
      pg->Query(
          "SELECT lineage._state_set($1, s.key, NULL)"
          " FROM pg_catalog.unnest($2::pg_catalog.text[]) AS s(key)",
          {sink_, PgTextArray(gone)});
    keys.clear();
    values.clear();
    gone.clear();
  };
  for (const StateChange &change : changes) {
    if (change.value) {
      keys.push_back(change.key);
      values.push_back(*change.value);
    } else {
      gone.push_back(change.key);
    }
    if (keys.size() + gone.size() >= kAtOnce) send();
  }
  send();
}

void PgQueue::Settle(const Settlement &settlement) {
  PgConnection &pg = session_->Get();
  const std::string encoding = pg.ServerEncoding();
  PgTransaction transaction(&pg);
  SettleState(&pg, settlement.state);
  for (const ParkedItem &item : settlement.parked)
    pg.Query("SELECT lineage._park($1, $2, $3, $4, $5)",
             {sink_, item.kind, item.object, StorableText(item.reason, encoding),
              StorableText(item.request, encoding)});
  if (!settlement.taken.empty())
    pg.Query("SELECT lineage._ack($1, $2)", {sink_, PgBigintArray(settlement.taken)});
  transaction.Commit();
}

std::map<std::string, std::string> PgQueue::State() {
  std::map<std::string, std::string> state;
  EachState([&](const std::string &key, const std::string &value) { state[key] = value; });
  return state;
}

void PgQueue::EachState(const UseState &use) {
  session_->Get().Each(
      "SELECT s.key, s.value FROM lineage._state_get($1) AS s", {sink_},
      [&](const PgResult &rows, int row) { use(rows.Text(row, 0), rows.Text(row, 1)); });
}

// Bodies of routines are read as a session of this role would run them: under the search_path that
// the role or the database has, not under ours. What is asked for once takes as long as it takes.
int64_t PgQueue::Snapshot() {
  PgConnection &pg = session_->Get();
  PgTransaction transaction(&pg);
  pg.Query("SET LOCAL search_path TO DEFAULT");
  pg.Query("SET LOCAL statement_timeout = 0");
  pg.Query("SELECT lineage.snapshot()");
  const int64_t xid = pg.Query("SELECT pg_catalog.pg_current_xact_id()").Int(0, 0);
  transaction.Commit();
  return xid;
}

void PgQueue::Retire() {
  PgConnection &pg = session_->Get();
  PgTransaction transaction(&pg);
  pg.Query("SET LOCAL statement_timeout = 0");
  pg.Query("SELECT lineage._retire()");
  transaction.Commit();
}

SnapshotCount PgQueue::CountSnapshot(int64_t above) {
  PgResult rows = session_->Get().Query(
      "SELECT pg_catalog.count(*), coalesce(pg_catalog.max(q.id), $1)"
      " FROM lineage.queue AS q WHERE q.kind = 'snapshot' AND q.id > $1",
      {PgText(above)});
  return {rows.Int(0, 0), rows.Int(0, 1)};
}

std::vector<ParkedRow> PgQueue::Parked() {
  PgResult rows = session_->Get().Query(
      "SELECT p.id, p.sink, p.kind, p.object, p.reason, p.request, p.attempts, p.parked_at "
      "FROM lineage._parked AS p ORDER BY p.id");
  std::vector<ParkedRow> parked;
  for (int i = 0; i < rows.size(); ++i)
    parked.push_back({rows.Int(i, 0), rows.Text(i, 1), rows.Text(i, 2), rows.Text(i, 3),
                      rows.Text(i, 4), rows.Text(i, 5), rows.Int(i, 6), rows.Text(i, 7)});
  return parked;
}

int64_t PgQueue::Unpark(const std::vector<int64_t> &ids) {
  return session_->Get().Query("SELECT lineage._unpark($1)", {PgBigintArray(ids)}).Int(0, 0);
}

}  // namespace shipper
