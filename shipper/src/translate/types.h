// How a PostgreSQL type is told to OpenMetadata.
//
// `dataTypeDisplay` is always what format_type says; this finds the rest: dataType, arrayDataType,
// dataLength, precision, scale, children, and the labels of an enum as a JSON schema. A domain is
// its base type, an array of any rank an ARRAY of its element, a composite a STRUCT with its
// fields, an enum an ENUM. A type that the catalog has no word for is UNKNOWN, never left out.
//
//   nlohmann::json column = ColumnType(type_oid, modifier, content.types);
//   // {"dataType":"NUMERIC","dataLength":1,"precision":12,"scale":2}
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "source/model.h"

namespace shipper {

// The members of a Column that follow from its type alone.
nlohmann::json ColumnType(uint32_t type, int32_t modifier, const TypeTable &types);

// Whether a domain on the way from `type` to its base forbids NULL.
bool TypeIsNotNull(uint32_t type, const TypeTable &types);

}  // namespace shipper
