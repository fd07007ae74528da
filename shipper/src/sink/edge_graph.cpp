#include "sink/edge_graph.h"

#include <algorithm>

namespace shipper {

namespace {

using nlohmann::json;

std::string Text(const json &object, const char *key) {
  if (!object.is_object()) return "";
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// The end of an edge: an id, or a reference with one.
std::string EndId(const json &edge, const char *key) {
  const auto end = edge.find(key);
  if (end == edge.end()) return "";
  return end->is_object() ? Text(*end, "id") : Text(edge, key);
}

}  // namespace

std::vector<EdgeRead> PlanReads(const std::vector<EdgeEnds> &edges,
                                const std::set<std::string> &wide) {
  std::map<std::pair<std::string, bool>, EdgeRead> hubs;  // and whether the edges lead into it
  std::map<std::string, size_t> into, out_of;
  for (const EdgeEnds &edge : edges) ++into[edge.to_fqn], ++out_of[edge.from_fqn];
  for (size_t i = 0; i < edges.size(); ++i) {
    const bool leads_in = into[edges[i].to_fqn] >= out_of[edges[i].from_fqn];
    const std::string &hub = leads_in ? edges[i].to_fqn : edges[i].from_fqn;
    hubs[{hub, leads_in}].edges.push_back(i);
  }
  std::vector<EdgeRead> reads;
  for (auto &[key, read] : hubs) {
    if (read.edges.size() > 1 && wide.count(key.first) == 0) {
      reads.push_back({key.first, key.second, std::move(read.edges)});
      continue;
    }
    for (size_t edge : read.edges) reads.push_back({"", false, {edge}});
  }
  return reads;
}

EdgeGraph::EdgeGraph(const json &answer) {
  open_ = !answer.is_object() || !answer.contains("entity");
  if (open_) return;
  // A routine may have the name of a table: only tables are found by it.
  const auto name = [this](const json &node) {
    const std::string id = Text(node, "id"), fqn = Text(node, "fullyQualifiedName");
    if (id.empty() || fqn.empty()) return;
    ids_[id] = id;
    if (const std::string type = Text(node, "type"); type.empty() || type == "table")
      ids_[fqn] = id;
  };
  name(answer["entity"]);
  for (const json &node : answer.value("nodes", json::array())) name(node);
  for (const char *key : {"upstreamEdges", "downstreamEdges"}) {
    for (const json &edge : answer.value(key, json::array())) {
      const std::string from = EndId(edge, "fromEntity"), to = EndId(edge, "toEntity");
      open_ = open_ || ids_.count(from) == 0 || ids_.count(to) == 0;
      edges_[{from, to}] = edge.value("lineageDetails", json::object());
    }
  }
}

bool EdgeGraph::Find(const std::string &from, const std::string &to, json *details) const {
  const auto id = [this](const std::string &end) {
    const auto known = ids_.find(end);
    return known == ids_.end() ? end : known->second;
  };
  const auto edge = edges_.find({id(from), id(to)});
  *details = edge != edges_.end() && edge->second.is_object() ? edge->second : json::object();
  return edge != edges_.end() || !open_;
}

}  // namespace shipper
