// ALTER TABLE that gives rows values: TYPE … USING, and ADD COLUMN with a default that may read.
//
// Both are told as an UPDATE of the table, by the same shape as COPY FROM (lineage/shape.h). Called
// inside Guarded().
#pragma once

#include "capture/utility.h"
#include "edge/server.h"

namespace pg_lineage {

// Allocates nothing, cannot fail.
bool AlterGivesValues(const AlterTableStmt *statement);
// Before the statement: USING, which is about the columns as they are. Does nothing when that would
// have to wait for a lock.
void PrepareAlter(UtilityState *state, const AlterTableStmt *statement);
// After the statement.
void EndAlter(UtilityState *state, const AlterTableStmt *statement);

}  // namespace pg_lineage
