// Functions that hide what they are given: an edge through one of them is marked `masking`.
//
// A closed list, which a superuser extends by pg_lineage.masking_functions (names, with or without
// schema). Looks at names only; called once per function and backend.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

bool IsMaskingFunction(const char *name, Oid schema);

}  // namespace pg_lineage
