// Paths of OpenMetadata's REST API. Pure.
#pragma once

#include <string>

namespace shipper {

// Where a type of entity lives below /api/v1; "" for what has no place of its own.
std::string CollectionOf(const std::string &type);

// A name as one segment of a path: everything but unreserved characters is percent-encoded.
std::string PercentEncode(const std::string &text);

// How an entity is deleted so that a PUT of its name revives it, with all below it.
inline constexpr char kSoftDelete[] = "?recursive=true&hardDelete=false";

}  // namespace shipper
