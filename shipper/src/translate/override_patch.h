// What overrideMetadata replaces: a server keeps what people wrote against the PUT of a bot, but
// not against its PATCH. Pure.
//
//   json patch = OverridePatch(present, request);
//   if (!patch.empty()) Patch(id, patch);
#pragma once

#include <nlohmann/json.hpp>

namespace shipper {

// The operations (RFC 6902) that make descriptions, the name shown and owners of `present`, an
// entity as the catalog has it, those of `wanted`, a create request with references for owners.
// What the request is silent about stays: nothing is removed.
nlohmann::json OverridePatch(const nlohmann::json &present, const nlohmann::json &wanted);

}  // namespace shipper
