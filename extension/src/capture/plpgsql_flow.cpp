// How values and decisions flow through the statements of a PL/pgSQL routine.
#include "capture/held_cursors.h"
#include "capture/plpgsql.h"
#include "capture/plpgsql_info.h"

#include "edge/guc.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

// `set` with what decides in the routine that the present statement runs.
const SourceSet *WithCondition(RoutineFrame *frame, const SourceSet *set) {
  if (!settings.track_control_flow) return set;
  return UnionSets(set, IndirectPart(OwnCondition(frame)));
}

// A variable that is no row takes the value of an expression, and the parts that this has.
void SetScalar(RoutineFrame *frame, int dno, PLpgSQL_expr *expr, const SourceSet *value) {
  const RecordTaint *parts = ExprParts(frame, expr);  // before: the variable may be in it
  SetDatum(frame, dno, value);
  SetParts(frame, dno, RecordUsed(parts, kIdentity, WithCondition(frame, EmptySet())));
}

// FOREACH over an array: the loop variable has the parts of its elements.
bool EachRow(RoutineFrame *frame, PLpgSQL_stmt_foreach_a *loop, const RecordTaint *elements) {
  if (elements == nullptr || elements->names != nullptr) return false;
  const RecordTaint *each = RecordUsed(elements, kTransformation, EmptySet());
  AssignVariable(frame, frame->estate->datums[loop->varno], each->size, each->fields, each->inner);
  return true;
}

// Declarations of a block, or bounds of a loop, are evaluated before the first statement inside.
void OpenEntry(RoutineFrame *frame, StatementEntry *entry) {
  entry->open = false;
  PLpgSQL_stmt *statement = entry->statement;
  if (statement->cmd_type == PLPGSQL_STMT_BLOCK) {
    PLpgSQL_stmt_block *block = As<PLpgSQL_stmt_block>(statement);
    for (int i = 0; i < block->n_initvars; i++) DeclareVariable(frame, block->initvarnos[i]);
  } else if (statement->cmd_type == PLPGSQL_STMT_FORI) {
    PLpgSQL_stmt_fori *loop = As<PLpgSQL_stmt_fori>(statement);
    const SourceSet *value = ExprValue(frame, loop->lower);  // also where REVERSE begins
    if (loop->step != nullptr) value = UnionSets(value, ExprValue(frame, loop->step));
    entry->body_condition = RoundsOf(frame, statement);
    SourceBag bag = {};
    bag.AddSet(value, kTransformation);
    bag.AddSet(entry->body_condition, kIdentity);
    SetDatum(frame, loop->var->dno, bag.items.Empty() ? EmptySet() : bag.Intern());
    KeepRound(frame, entry);
  } else if (statement->cmd_type == PLPGSQL_STMT_FOREACH_A) {
    PLpgSQL_stmt_foreach_a *loop = As<PLpgSQL_stmt_foreach_a>(statement);
    const SourceSet *array = ExprValue(frame, loop->expr);
    entry->body_condition = RoundsOf(frame, statement);
    const PLpgSQL_datum_type type = frame->estate->datums[loop->varno]->dtype;
    const RecordTaint *elements = ExprParts(frame, loop->expr);
    if (type != PLPGSQL_DTYPE_REC || !EachRow(frame, loop, elements)) {
      SourceBag bag = {};
      bag.AddSet(array, kTransformation);
      SetDatum(frame, loop->varno, bag.items.Empty() ? EmptySet() : bag.Intern());
      SetParts(frame, loop->varno, RecordUsed(elements, kTransformation, EmptySet()));
    }
    if (type == PLPGSQL_DTYPE_REC || type == PLPGSQL_DTYPE_VAR) KeepRound(frame, entry);
  }
}

// What decides about a statement that stands in `parent`.
const SourceSet *InnerCondition(RoutineFrame *frame, StatementEntry *parent, int conditions) {
  if (parent == nullptr || !settings.track_control_flow) return EmptySet();
  if (parent->open) OpenEntry(frame, parent);
  const SourceSet *set = parent->condition;
  if (parent->body_condition != nullptr) set = UnionSets(set, parent->body_condition);
  if (conditions > 0) set = UnionSets(set, ConditionsOf(frame, parent->statement, conditions));
  return set;
}

// The parts of all columns; NULL where they are known of some only.
const RecordTaint *const *AllParts(const ResultTaint &value) {
  return value.parts.size == value.columns.size ? value.parts.items : nullptr;
}

void EndAssign(RoutineFrame *frame, PLpgSQL_stmt_assign *assign) {
  PLpgSQL_datum *target = frame->estate->datums[assign->varno];
  if (target->dtype == PLPGSQL_DTYPE_REC || target->dtype == PLPGSQL_DTYPE_ROW) {
    ResultTaint value = {};
    ClearResult(&value);
    value.columns.context = value.parts.context = CurrentMemoryContext;
    frame->replaced = target->dno;
    ExprColumns(frame, assign->expr, &value);
    frame->replaced = -1;
    AssignVariable(frame, target, value.columns.size, value.columns.items, AllParts(value));
    return;
  }
  const SourceSet *value = ExprValue(frame, assign->expr);
  SetScalar(frame, assign->varno, assign->expr, WithCondition(frame, value));
}

// RETURN and RETURN NEXT: of an expression, of a variable, or of the OUT parameters.
void EndReturn(RoutineFrame *frame, PLpgSQL_expr *expr, int retvarno) {
  if (OidIsValid(frame->trigger_relation) && !frame->before_row_trigger) {
    (void)ExprShape(expr);  // nobody looks at the value
    return;
  }
  ResultTaint value = {};
  ClearResult(&value);
  value.columns.context = value.parts.context = CurrentMemoryContext;
  if (expr != nullptr) {
    if (frame->estate->retistuple) {
      ExprColumns(frame, expr, &value);
    } else {
      value.columns.Append(ExprValue(frame, expr));
      value.parts.Append(ExprParts(frame, expr));
    }
  } else if (retvarno >= 0) {
    ReadVariable(frame, retvarno, &value);
  }
  if (frame->before_row_trigger && value.columns.size == frame->initial_new->size &&
      retvarno != frame->function->old_varno)
    frame->returned = InternRecord(value.columns.size, value.columns.items);
  const SourceSet *condition = settings.track_control_flow ? OwnCondition(frame) : EmptySet();
  if (frame->before_row_trigger && frame->info->may_refuse_row)
    frame->kept = UnionSets(frame->kept, condition);
  if (frame->before_row_trigger) return;
  for (int i = 0; i < value.columns.size; i++)
    value.columns[i] = WithCondition(frame, value.columns[i]);
  for (const RecordTaint *&parts : value.parts)
    parts = RecordUsed(parts, kIdentity, WithCondition(frame, EmptySet()));
  SpreadOverLive(frame->function->fn_rettype, &value.columns);
  AddResultRow(&frame->result, value.columns.size, value.columns.items,
               UnionSets(value.rows, condition), AllParts(value));
}

void EndFetch(RoutineFrame *frame, PLpgSQL_stmt_fetch *fetch) {
  PLpgSQL_var *cursor = reinterpret_cast<PLpgSQL_var *>(frame->estate->datums[fetch->curvar]);
  if (cursor->isnull) return;
  Portal portal = SPI_cursor_find(TextDatumGetCString(cursor->value));
  if (portal == nullptr) return;
  RunState *run = portal->queryDesc == nullptr ? nullptr : FindRun(portal->queryDesc);
  PodVector<const SourceSet *> sets = {};
  const SourceSet *rows = EmptySet();
  if (!CursorOutputs(portal, &sets, &rows)) return;
  if (frame->info->looks_at_outcome && settings.track_control_flow)
    frame->statements.Last().outcome = run != nullptr ? RunDecides(run) : AsCondition(rows);
  if (fetch->is_move || fetch->target == nullptr) return;
  for (const SourceSet *&set : sets) set = WithCondition(frame, UnionSets(set, rows));
  PLpgSQL_datum *target = reinterpret_cast<PLpgSQL_datum *>(fetch->target);
  AssignVariable(frame, target, sets.size, sets.items);
  if (run != nullptr) AssignParts(frame, target, RunContext(run), WithCondition(frame, rows));
}

// CALL p(…): OUT and INOUT parameters come back as one row.
void EndCall(RoutineFrame *frame, PLpgSQL_stmt_call *call) {
  if (call->target == nullptr || frame->observed.items.Empty()) return;
  const Observation &last = frame->observed.items.Last();
  PodVector<const SourceSet *> sets = {};
  PodVector<const RecordTaint *> parts = {};
  for (int i = 0; i < last.size; i++) {
    const ObservedColumn &column = frame->observed.columns[last.first + i];
    sets.Append(WithCondition(frame, column.set));
    parts.Append(RecordUsed(column.parts, kIdentity, WithCondition(frame, EmptySet())));
  }
  AssignVariable(frame, reinterpret_cast<PLpgSQL_datum *>(call->target), sets.size, sets.items,
                 parts.items);
}

void EndDiagnostics(RoutineFrame *frame, PLpgSQL_stmt_getdiag *statement) {
  ListCell *cell;
  foreach (cell, statement->diag_items) {
    const PLpgSQL_diag_item *item = static_cast<PLpgSQL_diag_item *>(lfirst(cell));
    bool counts = item->kind == PLPGSQL_GETDIAG_ROW_COUNT;
    SetDatum(frame, item->target, WithCondition(frame, counts ? frame->row_count : EmptySet()));
  }
}

}  // namespace

void DeclareVariable(RoutineFrame *frame, int dno) {
  PLpgSQL_variable *variable = reinterpret_cast<PLpgSQL_variable *>(frame->estate->datums[dno]);
  PLpgSQL_expr *initial = variable->default_val;
  if (variable->dtype == PLPGSQL_DTYPE_ROW) return;
  if (variable->dtype != PLPGSQL_DTYPE_REC && initial != nullptr) {
    SetScalar(frame, dno, initial, ExprValue(frame, initial));
    return;
  }
  ResultTaint value = {};
  ClearResult(&value);
  value.columns.context = value.parts.context = CurrentMemoryContext;
  if (initial != nullptr) ExprColumns(frame, initial, &value);
  AssignVariable(frame, frame->estate->datums[dno], value.columns.size, value.columns.items,
                 AllParts(value));
}

void BeginStatement(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  FunctionInfo *info = frame->info;
  if (statement->stmtid == 0 || statement->stmtid >= info->size) {
    // FORC and OPEN run a statement of their own making: it belongs to the one around it.
    return;
  }
  const StatementInfo &fixed = info->statements[statement->stmtid];
  if (fixed.handler) NoteFailure(frame, fixed.parent);
  CutToParent(frame, fixed.parent);
  StatementEntry *parent = TopEntry(frame);
  if (parent != nullptr && parent->open) OpenEntry(frame, parent);
  if (parent != nullptr && fixed.opens_round) BeginRound(frame, parent);
  StatementEntry entry = {};
  entry.statement = statement;
  entry.condition = InnerCondition(frame, parent, fixed.conditions);
  entry.open = fixed.opens;
  frame->statements.Append(entry);
  frame->observed.items.size = frame->observed.columns.size = frame->seen.before.size = 0;
}

void EndStatement(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  FunctionInfo *info = frame->info;
  if (statement->stmtid == 0 || statement->stmtid >= info->size) return;
  if (frame->statements.Empty()) return;
  // Only an error leaves entries above: a handler without statements took it.
  if (frame->statements.Last().statement != statement) NoteFailure(frame, statement->stmtid);
  while (!frame->statements.Empty() && frame->statements.Last().statement != statement)
    frame->statements.size--;
  if (frame->statements.Empty()) return;
  const StatementInfo &fixed = info->statements[statement->stmtid];
  StatementEntry *entry = &frame->statements.Last();
  if (entry->open) entry->body_condition = RoundsOf(frame, statement);  // it made no round
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_ASSIGN:
      EndAssign(frame, As<PLpgSQL_stmt_assign>(statement));
      break;
    case PLPGSQL_STMT_RETURN:
      EndReturn(frame, As<PLpgSQL_stmt_return>(statement)->expr,
                As<PLpgSQL_stmt_return>(statement)->retvarno);
      break;
    case PLPGSQL_STMT_RETURN_NEXT:
      EndReturn(frame, As<PLpgSQL_stmt_return_next>(statement)->expr,
                As<PLpgSQL_stmt_return_next>(statement)->retvarno);
      break;
    case PLPGSQL_STMT_FETCH:
      EndFetch(frame, As<PLpgSQL_stmt_fetch>(statement));
      break;
    case PLPGSQL_STMT_CALL:
      EndCall(frame, As<PLpgSQL_stmt_call>(statement));
      NoteAssigned(info, statement);
      break;
    case PLPGSQL_STMT_GETDIAG:
      EndDiagnostics(frame, As<PLpgSQL_stmt_getdiag>(statement));
      break;
    case PLPGSQL_STMT_BLOCK:
      NoteJump(frame, *entry, fixed.around_failure);
      break;
    default:
      if (fixed.decides) NoteJump(frame, *entry, fixed.jumps);
      break;
  }
  NoteOutcome(frame, *entry);
  frame->statements.size--;
}

}  // namespace pg_lineage
