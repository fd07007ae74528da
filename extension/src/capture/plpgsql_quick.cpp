// The statements of a routine where nothing is to be allocated: most of them, most of the time.
#include "capture/plpgsql.h"
#include "capture/plpgsql_quiet.h"

namespace pg_lineage {

namespace {

// A CALL has a target once it has run: a list of variables, mostly of none.
bool GivesBack(PLpgSQL_stmt_call *call) {
  if (call->target == nullptr || call->target->dtype != PLPGSQL_DTYPE_ROW)
    return call->target != nullptr;
  return reinterpret_cast<PLpgSQL_row *>(call->target)->nfields > 0;
}

// `before`: work_done when the statement's end began.
inline void Leave(RoutineFrame *frame, StatementInfo *fixed, uint64 before) {
  const StatementEntry &entry = frame->statements.Last();
  NoteOutcome(frame, entry);
  if (entry.body_condition != nullptr) NoteOwnWork();  // it begins without one when it runs again
  frame->statements.size--;
  if (work_done == before && !fixed->opens) fixed->ended = QuietNow();
}

// RETURN of nothing, and in triggers of a row as it is.
bool ReturnQuickly(RoutineFrame *frame, PLpgSQL_stmt_return *statement) {
  if (OidIsValid(frame->trigger_relation) && !frame->before_row_trigger)  // nobody looks at it
    return statement->expr == nullptr || KnownExprShape(statement->expr) != nullptr;
  if (statement->expr != nullptr || (settings.track_control_flow && !NothingDecidesWithin(frame)))
    return false;
  const int dno = statement->retvarno;
  if (dno < 0 || !frame->before_row_trigger) return dno < 0;
  const RecordTaint *row = frame->slots[dno].record;
  if (frame->estate->datums[dno]->dtype != PLPGSQL_DTYPE_REC || row == nullptr ||
      row->inner != nullptr || row->names != nullptr || row->size != frame->initial_new->size)
    return false;
  if (dno != frame->function->old_varno) frame->returned = row;
  NoteOwnWork();
  return true;
}

// An assignment of what is known, to a variable or a field.
bool AssignQuickly(RoutineFrame *frame, PLpgSQL_stmt_assign *assign) {
  const PLpgSQL_datum *target = frame->estate->datums[assign->varno];
  const bool field = target->dtype == PLPGSQL_DTYPE_RECFIELD;
  if ((target->dtype != PLPGSQL_DTYPE_VAR && !field) || !NothingDecidesWithin(frame)) return false;
  const RecordTaint *parts = nullptr;
  const SourceSet *value = ExprValueKnown(frame, assign->expr, &parts);
  if (value == nullptr) return false;
  if (field)
    return parts == nullptr &&
           SetFieldQuickly(frame, reinterpret_cast<const PLpgSQL_recfield *>(target), value);
  TaintSlot *slot = &frame->slots[assign->varno];
  if (slot->value == value && slot->record == parts) return true;
  *slot = {value, parts};
  NoteOwnWork();
  return true;
}

// False when it is known that a jump in a statement depends on nothing.
bool MayNoteJump(RoutineFrame *frame, const StatementEntry &entry, const Jumps &jumps) {
  if (!settings.track_control_flow || (!jumps.out_of_function && jumps.leaves == 0)) return false;
  if (entry.open) return true;  // it made no round: its bounds say why
  if (entry.body_condition != nullptr && entry.body_condition->size > 0) return true;
  return !DecidesByNothing(frame, entry.statement, PG_INT16_MAX);
}

}  // namespace

bool BeginStatementQuickly(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  FunctionInfo *info = frame->info;
  const uint64 before = work_done;
  PodVector<StatementEntry> *statements = &frame->statements;
  if (statement->stmtid == 0 || statement->stmtid >= info->size) return true;
  StatementInfo &fixed = info->statements[statement->stmtid];
  if (statements->size >= statements->capacity || fixed.handler || fixed.opens_round) return false;
  CutToParent(frame, fixed.parent);
  const StatementEntry *parent = TopEntry(frame);
  const SourceSet *condition = EmptySet();
  if (parent != nullptr && parent->open) return false;
  if (parent != nullptr && settings.track_control_flow) {
    if (fixed.conditions > 0 && !DecidesByNothing(frame, parent->statement, fixed.conditions))
      return false;
    const SourceSet *body = parent->body_condition;
    if (body == nullptr || body->size == 0 || body == parent->condition) {
      condition = parent->condition;
    } else if (parent->condition->size == 0) {
      condition = body;
    } else {
      return false;
    }
  }
  PushStatement(frame, statement, condition, fixed.opens);
  if (work_done == before) fixed.begun = QuietNow();
  fixed.condition = condition;
  return true;
}

bool EndStatementQuickly(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  PodVector<StatementEntry> *statements = &frame->statements;
  if (statements->Empty() || statements->Last().statement != statement) return false;
  StatementInfo *fixed = &frame->info->statements[statement->stmtid];
  if (frame->info->looks_at_outcome && !NothingDecidesWithin(frame)) return false;
  const uint64 before = work_done;
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_BLOCK:
      if (statements->Last().body_condition != nullptr) return false;
      break;
    case PLPGSQL_STMT_EXECSQL:
    case PLPGSQL_STMT_DYNEXECUTE:
    case PLPGSQL_STMT_PERFORM:
    case PLPGSQL_STMT_RETURN_QUERY:
    case PLPGSQL_STMT_RAISE:
    case PLPGSQL_STMT_OPEN:
    case PLPGSQL_STMT_CLOSE:
      break;
    case PLPGSQL_STMT_CALL:
      if (GivesBack(As<PLpgSQL_stmt_call>(statement))) return false;
      break;
    case PLPGSQL_STMT_RETURN:
      if (!ReturnQuickly(frame, As<PLpgSQL_stmt_return>(statement))) return false;
      break;
    case PLPGSQL_STMT_ASSIGN:
      if (!AssignQuickly(frame, As<PLpgSQL_stmt_assign>(statement))) return false;
      break;
    default:
      if (!fixed->decides || MayNoteJump(frame, statements->Last(), fixed->jumps)) return false;
      if (statements->Last().open && frame->info->looks_at_outcome) return false;
      break;
  }
  Leave(frame, fixed, before);
  return true;
}

}  // namespace pg_lineage
