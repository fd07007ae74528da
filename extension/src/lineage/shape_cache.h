// Shapes by content, and the tag that leads from a plan to its shape.
//
// The tag is two PlanInvalItems with impossible cache ids at the end of PlannedStmt.invalItems:
// they survive plan copying, never match an invalidation and are dropped for parallel workers. The
// cache is the backend's own, in a context under TopMemoryContext, bounded by
// pg_lineage.max_shapes: ShapeCacheTrim() empties it when no query runs and makes cached plans come
// back through the planner.
#pragma once

#include "edge/server.h"
#include "lineage/shape.h"

namespace pg_lineage {

// Finds the cached equal of a shape just built, or keeps a copy of it.
const Shape *ShapeCacheKeep(const Shape *built);
const Shape *ShapeCacheFind(uint64 key);

void TagPlan(PlannedStmt *plan, uint64 key);
bool ReadTag(const PlannedStmt *plan, uint64 *key);

bool ShapeCacheFull();
// Only when no query runs: pointers to shapes become invalid.
void ShapeCacheTrim();

}  // namespace pg_lineage
