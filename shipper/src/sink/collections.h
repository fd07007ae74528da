// Paths of OpenMetadata's REST API. Pure.
#pragma once

#include <string>

#include "translate/names.h"  // PercentEncode

namespace shipper {

// Where a type of entity lives below /api/v1; "" for what has no place of its own.
std::string CollectionOf(const std::string &type);

// How an entity is deleted so that a PUT of its name revives it, with all below it.
inline constexpr char kSoftDelete[] = "?recursive=true&hardDelete=false";

}  // namespace shipper
