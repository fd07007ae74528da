// What to do with an edge that is there already. Pure.
#pragma once

#include <nlohmann/json.hpp>

namespace shipper {

// `present`: lineageDetails as the catalog has them. Ours has our mark in its description and is
// not of source Manual.
bool IsOurEdge(const nlohmann::json &present);

// Ours where the present edge is ours or empty; otherwise the present one, and our SQL and pipeline
// only where it has none; our description, which has our mark, never. Either way the columns are
// those that people entered (their `function` is none of our words) and ours, not those that we
// added before and do not have any more.
nlohmann::json MergeEdge(const nlohmann::json &present, const nlohmann::json &ours);

}  // namespace shipper
