// What Delivery does about foreign tables: edges to the tables of other databases that they stand
// for, where the catalog has those.
#include <set>

#include <spdlog/spdlog.h>

#include "delivery.h"
#include "translate/foreign.h"

namespace shipper {

namespace {

const std::string kForeignKey = "foreign:";  // and the name of an edge: the hash of what was sent
const std::string kArrow = " -> ";           // no name has a `>` in it

}  // namespace

// The first of the candidates that the catalog has; "" and no body where it has none.
Status Delivery::FindFar(const ForeignLink &link, std::string *fqn, nlohmann::json *body) {
  for (const std::string &candidate : link.candidates) {
    nlohmann::json found;
    Status status = sink_->Fetch({"table", candidate}, &found);
    if (!status.ok()) return status;
    if (!found.is_object() || found.value("deleted", false)) continue;
    *fqn = candidate;
    *body = std::move(found);
    break;
  }
  return Status::Done();
}

Status Delivery::PutForeign(const LineageEdge &edge) {
  const std::string name = edge.from_fqn + kArrow + edge.to_fqn;
  const std::string request =
      edge.details.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!unconditional_ && Recall(kForeignKey + name) == ShortHash(request)) return Status::Done();
  last_request_ = "PUT /v1/lineage " + name + " " + request;
  Status status = sink_->PutLineage(edge);
  if (status.action == Action::kPark) {
    ++refused_;
    refusals_.emplace_back(name, status.message);
    spdlog::error("lineage {} is refused: {}", name, status.message);
    return Status::Done();
  }
  if (!status.ok()) return status;
  ++sent_;
  Remember(kForeignKey + name, ShortHash(request));
  spdlog::info("sent lineage {}", name);
  return status;
}

// Takes away what was sent for the tables in `here`, or for all where it is empty, and is not in
// `live`.
Status Delivery::RemoveForeign(const std::set<std::string> &here,
                               const std::set<std::string> &live) {
  std::vector<EdgeEnds> gone;
  for (auto it = memory_.lower_bound(kForeignKey);
       it != memory_.end() && it->first.rfind(kForeignKey, 0) == 0; ++it) {
    const std::string name = it->first.substr(kForeignKey.size());
    const size_t arrow = name.find(kArrow);
    if (arrow == std::string::npos || live.count(name) > 0) continue;
    EdgeEnds edge{name.substr(0, arrow), name.substr(arrow + kArrow.size())};
    if (here.empty() || here.count(edge.from_fqn) > 0 || here.count(edge.to_fqn) > 0)
      gone.push_back(std::move(edge));
  }
  for (const EdgeEnds &edge : gone) {
    const std::string name = edge.from_fqn + kArrow + edge.to_fqn;
    last_request_ = "DELETE /v1/lineage " + name;
    Status status = sink_->DeleteLineage(edge);
    if (!status.ok()) return status;
    ++sent_;
    Drop(kForeignKey + name);
    spdlog::info("removed lineage {}", name);
  }
  return Status::Done();
}

Status Delivery::SendForeign(const std::string &table) {
  std::set<std::string> here, live;
  for (const ForeignLink &link : origin_->ForeignLinks(table)) {
    here.insert(link.table_fqn);
    std::string far_fqn;
    nlohmann::json far;
    Status status = FindFar(link, &far_fqn, &far);
    if (!status.ok()) return status;
    if (far_fqn.empty()) {
      spdlog::info("foreign table {}: the catalog has none of what it may stand for: {}",
                   link.shown, fmt::join(link.candidates, ", "));
      continue;
    }
    for (const LineageEdge &edge : ForeignEdges(link, far_fqn, far)) {
      live.insert(edge.from_fqn + kArrow + edge.to_fqn);
      status = PutForeign(edge);
      if (!status.ok()) return status;
    }
  }
  if (here.empty() && !table.empty()) return Status::Done();  // no foreign table
  return RemoveForeign(table.empty() ? std::set<std::string>() : here, live);
}

}  // namespace shipper
