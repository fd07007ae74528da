// What decides in a PL/pgSQL routine without giving a value: conditions, jumps, outcomes, failures.
#include "capture/plpgsql.h"
#include "capture/plpgsql_info.h"

#include "edge/guard.h"
#include "edge/guc.h"

namespace pg_lineage {

namespace {

struct FailureSearch {
  RoutineFrame *frame;
  const SourceSet *found;
};

void AddInputs(PLpgSQL_expr *expr, void *arg) {
  FailureSearch *search = static_cast<FailureSearch *>(arg);
  const Shape *shape = KnownExprShape(expr);
  if (shape != nullptr)
    search->found = UnionSets(search->found, ShapeInputs(search->frame, nullptr, shape));
}

}  // namespace

const SourceSet *ConditionsOf(RoutineFrame *frame, PLpgSQL_stmt *statement, int count) {
  const SourceSet *all = EmptySet();
  for (int i = 0; i < count; i++) {
    PLpgSQL_expr *expr = ConditionOf(statement, i);
    if (expr == nullptr) break;
    all = UnionSets(all, AsCondition(ExprValue(frame, expr)));
  }
  return all;
}

bool DecidesByNothing(RoutineFrame *frame, PLpgSQL_stmt *statement, int count) {
  for (int i = 0; i < count; i++) {
    PLpgSQL_expr *expr = ConditionOf(statement, i);
    if (expr == nullptr) break;
    const SourceSet *value = ExprValueKnown(frame, expr);
    if (value == nullptr || value->size > 0) return false;
  }
  return true;
}

const SourceSet *RoundsOf(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  if (statement->cmd_type == PLPGSQL_STMT_FOREACH_A) {
    PLpgSQL_expr *array = reinterpret_cast<PLpgSQL_stmt_foreach_a *>(statement)->expr;
    return AsCondition(ExprValue(frame, array));
  }
  if (statement->cmd_type != PLPGSQL_STMT_FORI) return EmptySet();
  PLpgSQL_stmt_fori *loop = reinterpret_cast<PLpgSQL_stmt_fori *>(statement);
  const SourceSet *bounds = UnionSets(ExprValue(frame, loop->lower), ExprValue(frame, loop->upper));
  if (loop->step != nullptr) bounds = UnionSets(bounds, ExprValue(frame, loop->step));
  return AsCondition(bounds);
}

void NoteFailure(RoutineFrame *frame, uint32 parent) {
  if (!settings.track_control_flow) return;
  FailureSearch search = {frame, EmptySet()};
  int i = frame->statements.size - 1;
  for (; i >= 0 && frame->statements[i].statement->stmtid != parent; i--) {
    const StatementEntry &failed = frame->statements[i];
    search.found = UnionSets(search.found, failed.condition);
    if (failed.shape != nullptr)
      search.found = UnionSets(search.found, ShapeInputs(frame, failed.statement, failed.shape));
    ForEachExpression(failed.statement, AddInputs, &search);
  }
  if (i < 0 || search.found->size == 0) return;
  StatementEntry *block = &frame->statements[i];
  const SourceSet *known = block->body_condition == nullptr ? EmptySet() : block->body_condition;
  block->body_condition = UnionSets(known, AsCondition(search.found));
}

// DDL and CREATE TABLE AS: counted, but they leave FOUND alone.
static bool LeavesFound(PLpgSQL_stmt *statement) {
  if (statement->cmd_type == PLPGSQL_STMT_DYNEXECUTE) return true;
  const PLpgSQL_stmt_execsql *query = reinterpret_cast<PLpgSQL_stmt_execsql *>(statement);
  return statement->cmd_type == PLPGSQL_STMT_EXECSQL && !query->mod_stmt && !query->into;
}

void NoteOutcome(RoutineFrame *frame, const StatementEntry &entry) {
  if (!frame->info->looks_at_outcome) return;
  const SourceSet *outcome = entry.outcome;
  switch (entry.statement->cmd_type) {
    case PLPGSQL_STMT_EXECSQL:
    case PLPGSQL_STMT_DYNEXECUTE:
    case PLPGSQL_STMT_PERFORM:
    case PLPGSQL_STMT_RETURN_QUERY:
    case PLPGSQL_STMT_FETCH:
      break;
    case PLPGSQL_STMT_FORI:
    case PLPGSQL_STMT_FORS:
    case PLPGSQL_STMT_FORC:
    case PLPGSQL_STMT_DYNFORS:
    case PLPGSQL_STMT_FOREACH_A:
      outcome = entry.body_condition;
      break;
    default:
      return;
  }
  NoteOwnWork();
  bool loop = IsLoop(entry.statement->cmd_type);
  // Whether the statement ran at all decides, too.
  const SourceSet *ran = settings.track_control_flow ? OwnCondition(frame) : EmptySet();
  outcome = outcome == nullptr ? ran : UnionSets(ran, outcome);
  if (!loop) frame->row_count = outcome;
  if (loop || !LeavesFound(entry.statement))
    frame->slots[frame->estate->found_varno] = {outcome, nullptr};
}

void NoteJump(RoutineFrame *frame, const StatementEntry &entry, const Jumps &jumps) {
  if (!settings.track_control_flow || (!jumps.out_of_function && jumps.leaves == 0)) return;
  const SourceSet *set = ConditionsOf(frame, entry.statement, PG_INT16_MAX);
  if (entry.body_condition != nullptr) set = UnionSets(set, entry.body_condition);
  if (set->size == 0) return;
  if (jumps.out_of_function) frame->base_condition = UnionSets(frame->base_condition, set);
  if (jumps.leaves == 0) return;
  for (int i = frame->statements.size - 1; i >= 0; i--) {
    StatementEntry *around = &frame->statements[i];
    if (around->statement == entry.statement) continue;
    around->body_condition =
        around->body_condition == nullptr ? set : UnionSets(around->body_condition, set);
    if (around->statement->stmtid == jumps.leaves) break;
  }
}

}  // namespace pg_lineage
