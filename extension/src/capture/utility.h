// Utility statements that move data: CREATE TABLE AS, CREATE MATERIALIZED VIEW, REFRESH, COPY,
// CALL, EXECUTE, cursors in a text that a routine executes, and those that change what temporary
// tables hold (TRUNCATE, DISCARD, ON COMMIT).
//
// One UtilityState per running statement, on the C stack of the hook; the node on the call stack
// points to it. The hook restores the call stack on both exits.
#pragma once

#include "capture/frame.h"
#include "edge/server.h"
#include "lineage/shape.h"

namespace pg_lineage {

enum class UtilityKind : uint8 {
  kOther,
  kCreateTableAs,
  kRefresh,
  kCopyFrom,
  kCopyTo,
  kCall,
  kAlter,
  kExecute,        // its arguments are computed, or a routine takes its rows
  kDeclareCursor,  // in a text that a routine executes
  kFetch           // … whose rows it takes
};

// A moment of a transaction, by what it had written then.
struct WriteMark {
  LocalTransactionId transaction;  // CONCURRENTLY and CALL end theirs
  CommandId command;
};

struct UtilityState {
  UtilityKind kind;
  MemoryContext context;  // holds all below; NULL for kOther
  // kCall: its one call; kCopyFrom, kAlter: its write; an EXECUTE that computes: its arguments;
  // else NULL
  const Shape *shape;
  const SourceSet **params;     // by index into shape->params
  const RecordTaint **records;  // the parts of these, or NULL
  ParamListInfo given;          // what the statement itself was given
  ObservationList observed;     // what the routines gave back that it called
  FiredRows fired;
  int width;         // kAlter: columns that the table had
  bool executes;     // EXECUTE of a prepared query gives the rows
  bool has_outputs;  // a query ran for this statement
  PodVector<const SourceSet *> outputs;
  PodVector<const char *> names;  // of the outputs
  const SourceSet *rows;
  const EventPath *path;
  uint64 row_count;
  WriteMark began;
  bool makes_routine;  // CREATE FUNCTION or PROCEDURE, which fails where there is one
};

void InstallUtilityHook();

// False when nothing was written to any table, catalogs included, since the utility statement on
// top of the call stack began, as far as commands after it can see: after
// CommandCounterIncrement().
bool UtilityWrote();

// True while the statement on top of the call stack makes a routine where there was none.
bool MakesNewRoutine();

// Only of a statement that has a shape.
ResolveContext UtilityContext(const UtilityState *utility);

// A run finished whose output a utility statement stored.
void KeepOutputs(UtilityState *utility, RunState *run);

}  // namespace pg_lineage
