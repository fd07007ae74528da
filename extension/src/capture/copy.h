// COPY: one end is a table or a query, the other an outside dataset named by a URI.
//
// COPY FROM puts rows into a table like an INSERT does: columns that the file does not give take
// their defaults, WHERE decides, generated columns follow, triggers fire. Its shape
// (lineage/shape.h) has one parameter for each of the file's columns. Called inside Guarded().
#pragma once

#include "capture/utility.h"
#include "edge/server.h"

namespace pg_lineage {

// Before COPY FROM runs: its shape, for the routines that it calls and the triggers that it fires.
// Does nothing when that would have to wait for a lock.
void PrepareCopyFrom(UtilityState *state, const CopyStmt *copy);

// After the statement.
void EndCopy(UtilityState *state, const CopyStmt *copy, int64 rows);

}  // namespace pg_lineage
