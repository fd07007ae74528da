// pg_lineage.warn_on_drop: before a statement that drops, renames or retypes something, a NOTICE
// that names what depends on it by lineage.
//
// Only for those who may ask lineage.downstream(), and with the names that it would show them.
// Reads a bounded part of the store and takes only locks that are free at once; when they are not,
// or nothing depends on it, nothing is said. Call inside Guarded(), before the statement runs.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// True for statements of which WarnBefore() may have something to say.
bool MayWarnBefore(Node *statement);

void WarnBefore(Node *statement);

}  // namespace pg_lineage
