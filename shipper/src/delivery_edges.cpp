// What Delivery does about edges: one pair, many at once, and which were sent.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "delivery.h"

namespace shipper {

namespace {

const std::string kEdgeKey = "edge:";  // and its name: the hash of what was sent
const std::string kArrow = " -> ";     // no name in the catalog has a `>` in it
constexpr size_t kEdgesAtOnce = 64;    // that are held, some for every connection
constexpr size_t kBytesAtOnce = 4 << 20;

std::string EdgeName(const LineageEdge &edge) { return edge.from_fqn + kArrow + edge.to_fqn; }

bool Begins(const std::string &text, const std::string &start) {
  return text.compare(0, start.size(), start) == 0;
}

// The ends that a key of the memory names; false where it is none of an edge.
bool EndsOf(const std::string &key, EdgeEnds *ends) {
  const size_t arrow = key.find(kArrow);
  if (!Begins(key, kEdgeKey) || arrow == std::string::npos) return false;
  *ends = {key.substr(kEdgeKey.size(), arrow - kEdgeKey.size()), key.substr(arrow + kArrow.size())};
  return true;
}

}  // namespace

// Keeps edges_into_ as the memory is.
void Delivery::IndexEdge(const std::string &key, bool there) {
  EdgeEnds ends;
  if (!EndsOf(key, &ends)) return;
  if (there)
    edges_into_.insert({ends.to_fqn, ends.from_fqn});
  else
    edges_into_.erase({ends.to_fqn, ends.from_fqn});
}

std::vector<EdgeEnds> Delivery::SentEdges() const {
  std::vector<EdgeEnds> edges;
  for (const auto &[to, from] : edges_into_) edges.push_back({from, to});
  return edges;
}

// The keys of the memory are by source, the index is by target.
std::vector<EdgeEnds> Delivery::SentEdgesOf(const EntityName &name) const {
  const bool schema = name.type == "databaseSchema";
  std::set<EdgeEnds> edges;
  const std::string start = kEdgeKey + name.fqn + (schema ? "." : kArrow);
  EdgeEnds ends;
  for (auto it = memory_.lower_bound(start); it != memory_.end() && Begins(it->first, start); ++it)
    if (EndsOf(it->first, &ends)) edges.insert(ends);
  const std::string into = name.fqn + (schema ? "." : "");
  for (auto it = edges_into_.lower_bound({into, ""}); it != edges_into_.end(); ++it) {
    if (schema ? !Begins(it->first, into) : it->first != into) break;
    edges.insert({it->second, it->first});
  }
  return {edges.begin(), edges.end()};
}

// Makes sure that both tables of an edge are there. A table that cannot be had is no error yet:
// the catalog may know it from somewhere else.
Status Delivery::SendEnds(const TablePair &pair, const LineageEdge &edge, bool force) {
  const std::pair<std::string, std::string> ends[] = {{pair.first, edge.from_fqn},
                                                      {pair.second, edge.to_fqn}};
  for (const auto &[table, fqn] : ends) {
    if (!force && !Recall(EntityKey(fqn)).empty()) continue;
    bool found = false;
    Status status = SendObject("table", table, force, &found);
    if (!status.ok()) return status;
    if (!found)
      return Status::Park("table " + table + " is gone or filtered out, and so is its lineage");
  }
  return Status::Done();
}

// The routine shown on the edge: the one shown before if it still writes it, else the first that
// the catalog can have.
Status Delivery::ChoosePipeline(const TablePair &pair, LineageEdge *edge) {
  const std::string &sticky = Recall("pipeline:" + EdgeName(*edge));
  std::vector<RoutineRef> candidates = edge->routines;
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](const RoutineRef &routine) { return routine.fqn == sticky; });
  for (const RoutineRef &routine : candidates) {
    if (Recall(EntityKey(routine.fqn, true)).empty()) {
      bool found = false;
      Status status = SendObject("routine", routine.identity, false, &found);
      if (status.action == Action::kPark || (status.ok() && !found)) {
        spdlog::debug("{} -> {}: routine {} is not shown: {}", pair.first, pair.second,
                      routine.identity, status.ok() ? "it is gone" : status.message);
        continue;
      }
      if (!status.ok()) return status;
    }
    edge->details["pipeline"] = {{"type", "storedProcedure"}, {"fullyQualifiedName", routine.fqn}};
    return Status::Done();
  }
  edge->details.erase("pipeline");
  return Status::Done();
}

// Puts the edge; where the sink lacks an entity that we hold for sent, sends it again, once. An
// edge is worth more than the name of its routine.
Status Delivery::PutEdge(const TablePair &pair, LineageEdge *edge) {
  Status status = sink_->PutLineage(*edge);
  if (status.missing.empty()) return status;
  spdlog::info("{}: {}; sending again what it names", EdgeName(*edge), status.message);
  Status ends = SendEnds(pair, *edge, true);
  if (!ends.ok()) return ends;
  auto lacks = [&](const std::string &fqn) {
    return std::count(status.missing.begin(), status.missing.end(), fqn) > 0;
  };
  for (const RoutineRef &routine : edge->routines) {
    bool found = false;
    if (!lacks(routine.fqn)) continue;
    Status put = SendObject("routine", routine.identity, true, &found);
    if (!put.ok() && put.action != Action::kPark) return put;
  }
  last_request_ = "PUT /v1/lineage " + EdgeName(*edge) + " " + DumpText(edge->details);
  status = sink_->PutLineage(*edge);
  auto pipeline = edge->details.find("pipeline");
  if (pipeline == edge->details.end() || !lacks(pipeline->value("fullyQualifiedName", "")))
    return status;
  edge->details.erase(pipeline);
  return sink_->PutLineage(*edge);
}

// Takes away what was sent of a pair that is no more. What was never sent, or by whom we do not
// remember, is left alone.
Status Delivery::RemoveEdge(const TablePair &pair) {
  const std::optional<EdgeEnds> gone = origin_->Gone(pair);
  if (gone) return RemoveSent(*gone);
  spdlog::debug("{} -> {}: nothing to send", pair.first, pair.second);
  return Status::Done();
}

Status Delivery::RemoveSent(const EdgeEnds &edge) {
  const std::string name = edge.from_fqn + " -> " + edge.to_fqn;
  if (Recall(kEdgeKey + name).empty()) return Status::Done();
  last_request_ = "DELETE /v1/lineage " + name;
  Status status = sink_->DeleteLineage(edge);
  if (!status.ok()) return status;
  ++sent_;
  Drop(kEdgeKey + name);
  Drop("pipeline:" + name);
  spdlog::info("removed lineage {}", name);
  return status;
}

// Reads a pair and sends what its edge needs; what has ended is taken away.
Status Delivery::PrepareEdge(const TablePair &pair, Prepared *prepared) {
  std::optional<LineageEdge> edge = origin_->Edge(pair);
  if (!edge) return RemoveEdge(pair);
  Status status = SendEnds(pair, *edge, false);
  if (status.ok()) status = ChoosePipeline(pair, &*edge);
  if (!status.ok()) return status;
  prepared->request = DumpText(edge->details);
  prepared->due =
      unconditional_ || Recall(kEdgeKey + EdgeName(*edge)) != ShortHash(prepared->request);
  prepared->edge = std::move(*edge);
  return status;
}

void Delivery::NoteEdge(const Prepared &prepared) {
  const std::string name = EdgeName(prepared.edge);
  ++sent_;
  Remember(kEdgeKey + name, ShortHash(prepared.request));
  const auto pipeline = prepared.edge.details.find("pipeline");
  if (pipeline != prepared.edge.details.end())
    Remember("pipeline:" + name, (*pipeline)["fullyQualifiedName"]);
  spdlog::info("sent lineage {}", name);
}

Status Delivery::SendPair(const TablePair &pair) {
  Prepared prepared;
  Status status = PrepareEdge(pair, &prepared);
  if (!status.ok() || !prepared.due) return status;
  last_request_ = "PUT /v1/lineage " + EdgeName(prepared.edge) + " " + prepared.request;
  status = PutEdge(pair, &prepared.edge);
  if (status.ok()) NoteEdge(prepared);
  return status;
}

// Puts what was gathered. Not done: the sink is out.
Status Delivery::PutPrepared(std::vector<std::pair<WorkKey, Prepared>> *gathered,
                             std::set<WorkKey> *done) {
  std::vector<LineageEdge> edges;
  for (const auto &[key, prepared] : *gathered) edges.push_back(prepared.edge);
  const std::vector<Status> outcomes = sink_->PutLineages(edges);
  Status outage;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].outage) outage = outcomes[i];
    if (!outcomes[i].ok()) continue;
    NoteEdge((*gathered)[i].second);
    done->insert((*gathered)[i].first);
  }
  gathered->clear();
  return outage;
}

Status Delivery::SendPairs(const std::vector<WorkKey> &keys, std::set<WorkKey> *done) {
  std::vector<std::pair<WorkKey, Prepared>> gathered;
  size_t bytes = 0;
  for (const WorkKey &key : keys) {
    Prepared prepared;
    Status status = PrepareEdge({key.first, key.second}, &prepared);
    if (status.outage) return status;
    if (!status.ok()) continue;
    if (!prepared.due) {
      done->insert(key);
      continue;
    }
    bytes += prepared.request.size();
    gathered.emplace_back(key, std::move(prepared));
    if (gathered.size() < kEdgesAtOnce && bytes < kBytesAtOnce) continue;
    bytes = 0;
    status = PutPrepared(&gathered, done);
    if (!status.ok()) return status;
  }
  return PutPrepared(&gathered, done);
}

}  // namespace shipper
