// What is fixed about a compiled PL/pgSQL function: which statement stands in which, and under
// which of its conditions.
//
// Computed once per compiled function, in the function's own memory, and forgotten with it by a
// reset callback on that context. Read only, but for what is noted of a statement that was quiet.
#pragma once

#include "edge/server.h"
#include "lineage/source_set.h"

namespace pg_lineage {

// Jumps that a statement contains and that lead out of it: what follows it depends on its
// conditions, whether the jump is taken or its branch or round is never reached.
struct Jumps {
  bool out_of_function;  // RETURN, ASSERT, RAISE of an error that no handler is known to take
  bool returns;          // RETURN: no handler around it takes it
  uint32 leaves;         // stmtid of the outermost loop or block that EXIT or CONTINUE ends a round
                         // of, or whose handlers take a RAISE; 0: none
};

struct StatementInfo {
  PLpgSQL_stmt *statement;
  uint32 parent;     // stmtid of the statement it stands in; 0: none
  int16 conditions;  // how many of the parent's conditions were looked at before it runs
  Jumps jumps;
  Jumps around_failure;  // of a block with handlers: jumps that a failure skips, or a handler makes
  bool handler;          // stands in an EXCEPTION clause of its parent
  bool decides;          // a loop, IF, CASE, EXIT, ASSERT: its conditions decide about its jumps
  bool opens;            // a block's declarations, a loop's bounds: evaluated before what is inside
  bool opens_round;      // the first in a loop whose body assigns to the loop's variables
  // Not fixed: when it last began, under `condition`, and ended, and nothing was to be done
  // (capture/plpgsql_quiet.h).
  uint64 begun;
  uint64 ended;
  const SourceSet *condition;
};

struct FunctionInfo {
  PLpgSQL_function *function;
  uint64 body;                // as BodyText() gives it; 0: DO
  uint32 size;                // stmtids run from 1 to size - 1
  StatementInfo *statements;  // by stmtid
  bool looks_at_outcome;      // FOUND or GET DIAGNOSTICS occur: what decides them is kept
  bool may_refuse_row;        // a trigger function that may return something other than NEW
  uint64 fresh;  // not fixed: the number (edge/guard.h) of one that begins with nothing to follow
};

// A statement as what its cmd_type says it is.
template <typename T>
T *As(PLpgSQL_stmt *statement) {
  return reinterpret_cast<T *>(statement);
}

template <typename T>
const T *As(const PLpgSQL_stmt *statement) {
  return reinterpret_cast<const T *>(statement);
}

FunctionInfo *InfoOf(PLpgSQL_function *function);
// The same if it is known; NULL otherwise, nothing is allocated.
FunctionInfo *KnownInfo(PLpgSQL_function *function);

// Notes what `statement` assigns to: loops around it may have to give their variables anew.
void NoteAssigned(FunctionInfo *info, PLpgSQL_stmt *statement);

// Calls `visit(expr)` for the expressions that a statement itself evaluates (not those of the
// statements it contains).
void ForEachExpression(PLpgSQL_stmt *statement, void (*visit)(PLpgSQL_expr *, void *), void *arg);

// The same for the queries that it runs.
void ForEachQuery(PLpgSQL_stmt *statement, void (*visit)(PLpgSQL_expr *, void *), void *arg);

bool IsLoop(PLpgSQL_stmt_type type);
List *LoopBody(const PLpgSQL_stmt *loop);
// The label of a loop or block; NULL: none.
const char *LabelOf(const PLpgSQL_stmt *statement);

// Condition `index` of IF, CASE, WHILE, EXIT WHEN, ASSERT; NULL after the last.
PLpgSQL_expr *ConditionOf(PLpgSQL_stmt *statement, int index);

// Index from 0 of a field of the type that a record variable has, or was declared with while it
// holds nothing, and that type's width; -1: not known.
int FieldIndex(PLpgSQL_rec *record, const char *name, int *width);

}  // namespace pg_lineage
