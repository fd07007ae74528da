// Statements for which nothing is to be done: those of a loop, once its rounds say nothing new.
//
// PL/pgSQL calls back twice for every statement, so this is what a loop that only computes pays. A
// statement that began and ended without a guard and changed nothing is noted as quiet at the
// number that work_done (edge/guard.h) had. While it stands there, nothing that its rule looks at
// has changed: the variables and conditions of its frame, the stack, what is known of expressions.
// Two activations of a function meet at one number only where both have begun with nothing to
// follow and nothing has changed since: BeginAsBefore(), which is no work then. Nor do two
// instances of a loop meet of which one was told what decides about its body.
#pragma once

#include "capture/frame.h"
#include "capture/plpgsql_info.h"
#include "edge/guard.h"
#include "edge/guc.h"

namespace pg_lineage {

inline uint64 QuietNow() { return work_done << 1 | (settings.track_control_flow ? 1 : 0); }

// A routine begins that was called by a CALL of nothing to follow, and under no condition: all that
// it knows is that nothing is, as when it began so before. Work that others have done since changes
// nothing about that: what an expression is made of when all its variables are made of nothing, and
// when it calls and queries nothing, is nothing by whatever definition.
inline void BeginAsBefore(RoutineFrame *frame) {
  frame->caller_work = work_done;
  frame->began_after = work_shared;
  NoteOwnWork();
  if (frame->info->fresh == 0) frame->info->fresh = work_done;
  work_done = frame->info->fresh;
}

// It ends, and gives nothing to its caller, who goes on as he was.
inline void EndAsBefore(const RoutineFrame *frame) {
  if (frame->began_after == work_shared) {
    work_done = frame->caller_work;
  } else {
    NoteWork();
  }
}

// Puts a statement on its frame's stack, which has room for it.
inline void PushStatement(RoutineFrame *frame, PLpgSQL_stmt *statement, const SourceSet *condition,
                          bool open) {
  StatementEntry *entry = &frame->statements.items[frame->statements.size++];
  *entry = {};
  entry->statement = statement;
  entry->condition = condition;
  entry->open = open;
  frame->observed.items.size = frame->observed.columns.size = frame->seen.before.size = 0;
}

// False: it has not been quiet since. The stack is as it was then, but for what the parent has
// still to evaluate: an exception that leaves more on it is seen by a guarded callback first.
inline bool BeginQuietly(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  if (statement->stmtid >= frame->info->size) return false;
  const StatementInfo &fixed = frame->info->statements[statement->stmtid];
  if (fixed.begun != QuietNow() || frame->statements.size >= frame->statements.capacity)
    return false;
  const StatementEntry *parent = TopEntry(frame);
  if (parent != nullptr && parent->open) return false;
  PushStatement(frame, statement, fixed.condition, fixed.opens);
  return true;
}

inline bool EndQuietly(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  if (statement->stmtid >= frame->info->size ||
      frame->info->statements[statement->stmtid].ended != QuietNow())
    return false;
  const StatementEntry *top = TopEntry(frame);
  if (top == nullptr || top->statement != statement) return false;
  frame->statements.size--;
  return true;
}

}  // namespace pg_lineage
