#include "parked.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include <spdlog/spdlog.h>

#include "exit_code.h"

namespace shipper {

namespace {

constexpr char kArrow[] = " -> ";

// Where `a -> b` is split, not inside a quoted name; npos where there is no arrow.
size_t FindArrow(const std::string &text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (!quoted && text.compare(i, 4, kArrow) == 0) return i;
  }
  return std::string::npos;
}

// What a piece of work entailed: edges of a changed table, everything of a catalog that was lost.
// Answers what is refused of it.
std::vector<ParkedItem> SendEntailed(Delivery *delivery, std::vector<WorkKey> works) {
  std::vector<ParkedItem> parked;
  std::set<WorkKey> seen;
  for (size_t i = 0; i < works.size(); ++i) {  // grows
    const WorkKey key = works[i];
    if (!seen.insert(key).second) continue;
    const Status status = delivery->Send(key, [&](const WorkKey &more) { works.push_back(more); });
    if (status.outage) throw FatalError(status.message, ExitCodeOf(status));
    if (status.ok()) continue;
    spdlog::error("parked {}: {}", NameOf(key), status.message);
    parked.push_back({KindOf(key), NameOf(key), status.message, delivery->last_request()});
  }
  return parked;
}

}  // namespace

std::optional<WorkKey> WorkOf(const std::string &kind, const std::string &object) {
  if (kind == "resync") return WorkKey{WorkKind::kResync, "", ""};
  if (kind == "reconcile") return WorkKey{WorkKind::kReconcile, "", ""};
  if (kind == "edge") {
    size_t arrow = FindArrow(object);
    if (arrow == std::string::npos) return std::nullopt;
    return WorkKey{WorkKind::kPair, object.substr(0, arrow), object.substr(arrow + 4)};
  }
  size_t blank = object.find(' ');
  if (kind != "object" || blank == std::string::npos) return std::nullopt;
  return WorkKey{WorkKind::kObject, object.substr(0, blank), object.substr(blank + 1)};
}

void PrintParked(const std::vector<ParkedRow> &rows, bool json) {
  for (const ParkedRow &row : rows) {
    if (!json) {
      std::printf("%lld  %s  %s  %s  (%s)  %s\n", static_cast<long long>(row.id),
                  row.parked_at.c_str(), row.kind.c_str(), row.object.c_str(), row.sink.c_str(),
                  row.reason.c_str());
      continue;
    }
    nlohmann::ordered_json line = {{"id", row.id},
                                   {"sink", row.sink},
                                   {"kind", row.kind},
                                   {"object", row.object},
                                   {"reason", row.reason},
                                   {"parked_at", row.parked_at},
                                   {"attempts", row.attempts},
                                   {"request", row.request}};
    std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::printf("%s\n", text.c_str());
  }
}

RetryOutcome RetryParked(PgQueue *queue, Delivery *delivery, Sink *sink,
                         const std::string &sink_name, const std::vector<int64_t> &ids) {
  RetryOutcome outcome;
  for (const ParkedRow &row : queue->Parked()) {
    bool chosen = ids.empty() || std::count(ids.begin(), ids.end(), row.id) > 0;
    if (!chosen || row.sink != sink_name) continue;
    std::optional<WorkKey> key = WorkOf(row.kind, row.object);
    Status status = Status::Park("it is of a kind that this version does not know");
    std::vector<WorkKey> entailed;
    if (key) status = delivery->Send(*key, [&](const WorkKey &more) { entailed.push_back(more); });
    if (status.ok()) status = sink->Flush();
    if (status.action == Action::kRetry || status.action == Action::kReauth)
      throw FatalError(status.message, ExitCodeOf(status));
    if (!status.ok()) {
      ++outcome.refused;
      spdlog::error("{} stays parked: {}", row.object, status.message);
      continue;
    }
    ++outcome.taken;
    std::vector<ParkedItem> parked = SendEntailed(delivery, std::move(entailed));
    outcome.refused += static_cast<long>(parked.size());
    status = sink->Flush();
    if (!status.ok()) throw FatalError(status.message, ExitCodeOf(status));
    queue->Settle({{}, std::move(parked), delivery->TakeChanges()});
    queue->Unpark({row.id});
    spdlog::info("{} was taken now", row.object);
  }
  return outcome;
}

}  // namespace shipper
