// Edges between a foreign table and the table that it stands for. Pure.
//
//   for (const LineageEdge &edge : ForeignEdges(link, far_fqn, far_entity)) sink.PutLineage(edge);
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "origin.h"
#include "sink/sink.h"

namespace shipper {

// From the far table to the foreign one, and back where it was written. `far` is the far table as
// the catalog has it: columns that it lacks are left out.
std::vector<LineageEdge> ForeignEdges(const ForeignLink &link, const std::string &far_fqn,
                                      const nlohmann::json &far);

}  // namespace shipper
