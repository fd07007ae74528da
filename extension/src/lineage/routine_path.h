// The search_path that a routine sets for itself: what the names in its quoted body mean.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Enters the path of a routine, if its SET clauses name one; gives the level for LeavePathOf().
// After an error the subtransaction around it leaves.
int EnterPathOf(HeapTuple routine);
void LeavePathOf(int level);

}  // namespace pg_lineage
