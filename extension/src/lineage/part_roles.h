// Functions of the server (and of hstore) that put values together out of named parts or take them
// apart: for these a value is followed part by part, as fields of rows are (resolve_parts.cpp).
#pragma once

#include "edge/server.h"

namespace pg_lineage {

enum class PartRole : uint8 {
  kNone,
  kKey,        // the part of one name: -> ->> of a key
  kElement,    // an element: -> ->> of a number; elements are not told apart
  kPath,       // one part after the other: #> #>> json_extract_path()
  kObject,     // names and values in turn: jsonb_build_object()
  kArray,      // an array of values: jsonb_build_array()
  kSame,       // the parts of the first argument: to_jsonb(row), jsonb_strip_nulls()
  kAggregate,  // an array of such values: jsonb_agg()
  kPopulate,   // a row made of the parts of a value: jsonb_populate_record()
  kToRecord,   // the same, whose columns the FROM item names: jsonb_to_record()
  kConcat,     // the parts of both: ||
  kDelete,     // some parts less: -
  kSet,        // another value at a path: jsonb_set()
};

// The role of the function of a pg_proc row.
PartRole PartRoleOf(HeapTuple tuple);

}  // namespace pg_lineage
