// Planner and executor hooks: tag plans, keep one RunState per running query that has lineage.
//
// A RunState is allocated in its query's own context and unlinked by a reset callback, so an error
// cleans up by itself. Runs of different queries are not nested (cursors): they are found by their
// QueryDesc. The hooks chain, count and hand over; what a run means is in capture/emit.h and
// capture/plpgsql.h.
#pragma once

#include "capture/frame.h"
#include "edge/server.h"
#include "lineage/shape.h"

namespace pg_lineage {

struct UtilityState;

struct RunState {
  QueryDesc *query;
  const Shape *shape;
  const SourceSet **params;     // by index into shape->params, as they were at the start
  const RecordTaint **records;  // the parts of these, or NULL
  ObservationList observed;     // calls made so far
  const EventPath *path;        // who runs it
  const SourceSet *condition;   // decides that it runs, for the rows it writes
  const SourceSet *within;      // the same within its frame, for the values it gives
  RoutineFrame *frame;          // run directly by a statement of this frame, or NULL
  uint64 frame_serial;          // … while it has this serial
  PLpgSQL_stmt *statement;      // … this one
  CommandDest dest;             // as at the start: every fetch from a portal sets another one
  PLpgSQL_execstate *estate;    // … of this execution
  UtilityState *utility;        // run for this utility statement, or NULL
  const SourceSet *decides;     // that what it calls or fires runs; NULL until asked for
  TempView temps;               // as they were at the start
  uint64 temp_writes;           // TempWrites() at the start
  FiredRows fired;
  uint64 rows;
  RunState *next;
};

void InstallExecutorHooks();

// The live run of a query, or NULL.
RunState *FindRun(const QueryDesc *query);
// True while any query with lineage is open.
bool RunsLive();

ResolveContext RunContext(const RunState *run);

// The current depth of our hooks; 0: nothing of ours is on the C stack.
int HookDepth();
void EnterHook();
void LeaveHook();

// Capture was switched on since the last call: plans cached meanwhile have no tag and must come
// back through the planner.
void NoticeCaptureChange();

// The shape of a query, kept; NULL when it cannot matter. Never fails the caller.
const Shape *ShapeOf(Query *query);

}  // namespace pg_lineage
