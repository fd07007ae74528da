// What of a catalog's edges is asked for around one table, and what the answer says of each.
//
// Many edges of a row may share an end: one request for all edges of that end takes the place of
// one for each. Pure functions of names and JSON.
//
//   for (const EdgeRead &read : PlanReads(ends, wide)) …  // which requests
//   EdgeGraph graph(answer);
//   graph.Find(from, to, &details);
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sink/sink.h"

namespace shipper {

// One request for the present edges of some of a row.
struct EdgeRead {
  std::string hub;            // the table that they share; "" for one edge by its ends
  bool into = false;          // they lead into the hub, else out of it
  std::vector<size_t> edges;  // places in the row
};

// Every edge is in one read. `wide`: tables of which too many edges are known to be in the catalog.
std::vector<EdgeRead> PlanReads(const std::vector<EdgeEnds> &edges,
                                const std::set<std::string> &wide);

class EdgeGraph {
 public:
  explicit EdgeGraph(const nlohmann::json &answer);

  // Ends are ids or fully qualified names. An empty object where there is no such edge; false where
  // the answer leaves it open.
  bool Find(const std::string &from, const std::string &to, nlohmann::json *details) const;
  size_t size() const { return edges_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, nlohmann::json> edges_;  // by ids
  std::map<std::string, std::string> ids_;                               // by name, and by id
  bool open_ = false;  // no graph, or an end of an edge has no name
};

}  // namespace shipper
