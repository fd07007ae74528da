// Statements of a PL/pgSQL body that hold no others.
#include "capture/plpgsql.h"
#include "lineage/plpgsql_body.h"

namespace pg_lineage {

namespace {

// A cursor keeps what its query gives.
void OpenCursor(PlpgsqlBody *body, int cursor, const HeldRow &row) {
  Held *held = &body->state.held[cursor];
  held->value = row.rows;
  held->record = row.sets.Empty() ? nullptr : InternRecord(row.sets.size, row.sets.items);
  held->row = row.row;
}

void RunOpen(PlpgsqlBody *body, const PLpgSQL_stmt_open *open) {
  if (open->query == nullptr && open->dynquery == nullptr) {
    OpenBound(body, open->curvar, open->argquery);
    return;
  }
  HeldRow row = {};
  if (open->query != nullptr) {
    (void)RunExpression(body, open->query, false, &row);
  } else {
    (void)RunText(body, open->dynquery, open->params, &row);
  }
  OpenCursor(body, open->curvar, row);
}

// RETURN and RETURN NEXT of an expression, of a variable, or of the OUT parameters.
void TakeReturn(PlpgsqlBody *body, const PLpgSQL_expr *expr, int variable) {
  HeldRow value = {};
  value.rows = EmptySet();
  if (expr != nullptr) {
    (void)RunExpression(body, expr, body->function->fn_retistuple, &value);
  } else if (variable >= 0) {
    value = ReadHeld(body, variable);
  }
  if (body->initial_new != nullptr && value.sets.size == body->initial_new->size &&
      variable != body->function->old_varno) {
    PodVector<const SourceSet *> fields = {};
    for (int i = 0; i < value.sets.size; i++)
      fields.Append(body->returned == nullptr
                        ? value.sets[i]
                        : UnionSets(value.sets[i], body->returned->fields[i]));
    body->returned = InternRecord(fields.size, fields.items);
  }
  for (int i = 0; i < value.sets.size; i++)
    value.sets[i] = UnionSets(value.sets[i], IndirectPart(body->condition));
  SpreadOverLive(body->function->fn_rettype, &value.sets);
  AddResultRow(&body->summary->result, value.sets.size, value.sets.items,
               UnionSets(value.rows, body->condition));
}

void TakeReturnQuery(PlpgsqlBody *body, const PLpgSQL_stmt_return_query *statement) {
  HeldRow row = {};
  if (statement->query != nullptr) {
    (void)RunExpression(body, statement->query, false, &row);
  } else {
    (void)RunText(body, statement->dynquery, statement->params, &row);
  }
  SpreadOverLive(body->function->fn_rettype, &row.sets);
  AddResultRow(&body->summary->result, row.sets.size, row.sets.items,
               UnionSets(row.rows, body->condition));
}

void RunExecSql(PlpgsqlBody *body, const PLpgSQL_stmt_execsql *statement) {
  HeldRow row = {};
  (void)RunExpression(body, statement->sqlstmt, false, &row);
  if (statement->into) AssignHeld(body, statement->target->dno, row);
}

void RunDynamic(PlpgsqlBody *body, const PLpgSQL_stmt_dynexecute *statement) {
  HeldRow row = {};
  (void)RunText(body, statement->query, statement->params, &row);
  if (statement->into) AssignHeld(body, statement->target->dno, row);
}

void RunAssign(PlpgsqlBody *body, const PLpgSQL_stmt_assign *assign) {
  HeldRow value = {};
  PLpgSQL_datum_type type = body->function->datums[assign->varno]->dtype;
  (void)RunExpression(body, assign->expr, type == PLPGSQL_DTYPE_REC, &value);
  for (int i = 0; i < value.sets.size; i++)
    value.sets[i] = UnionSets(value.sets[i], IndirectPart(body->condition));
  AssignHeld(body, assign->varno, value);
}

void RunFetch(PlpgsqlBody *body, const PLpgSQL_stmt_fetch *fetch) {
  if (fetch->is_move) return;
  const Held &cursor = body->state.held[fetch->curvar];
  if (cursor.row == nullptr)  // whoever opened it: not this body
    NoteUnanalysed(body, Unanalysed::kDynamic);
  AssignHeld(body, fetch->target->dno, FetchFrom(body, fetch->curvar));
}

void RunEach(PLpgSQL_expr *expr, void *body) {
  (void)ValueOf(static_cast<PlpgsqlBody *>(body), expr);
}

}  // namespace

void OpenBound(PlpgsqlBody *body, int curvar, const PLpgSQL_expr *arguments) {
  const PLpgSQL_var *cursor = reinterpret_cast<PLpgSQL_var *>(body->function->datums[curvar]);
  HeldRow given = {};
  if (arguments != nullptr && RunExpression(body, arguments, false, &given))
    AssignHeld(body, cursor->cursor_explicit_argrow, given);
  HeldRow row = {};
  (void)RunExpression(body, cursor->cursor_explicit_expr, false, &row);
  OpenCursor(body, curvar, row);
}

HeldRow FetchFrom(PlpgsqlBody *body, int cursor) {
  const Held &held = body->state.held[cursor];
  HeldRow row = {};
  row.rows = held.value;
  row.row = held.row;
  for (int i = 0; held.record != nullptr && i < held.record->size; i++)
    row.sets.Append(UnionSets(held.record->fields[i], IndirectPart(body->condition)));
  return row;
}

void RunSimple(PlpgsqlBody *body, PLpgSQL_stmt *statement) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_ASSIGN:
      RunAssign(body, As<PLpgSQL_stmt_assign>(statement));
      break;
    case PLPGSQL_STMT_PERFORM:
      (void)ValueOf(body, As<PLpgSQL_stmt_perform>(statement)->expr);
      break;
    case PLPGSQL_STMT_CALL:
      RunCallStatement(body, As<PLpgSQL_stmt_call>(statement));
      break;
    case PLPGSQL_STMT_EXECSQL:
      RunExecSql(body, As<PLpgSQL_stmt_execsql>(statement));
      break;
    case PLPGSQL_STMT_DYNEXECUTE:
      RunDynamic(body, As<PLpgSQL_stmt_dynexecute>(statement));
      break;
    case PLPGSQL_STMT_OPEN:
      RunOpen(body, As<PLpgSQL_stmt_open>(statement));
      break;
    case PLPGSQL_STMT_FETCH:
      RunFetch(body, As<PLpgSQL_stmt_fetch>(statement));
      break;
    case PLPGSQL_STMT_GETDIAG: {
      ListCell *cell;
      foreach (cell, As<PLpgSQL_stmt_getdiag>(statement)->diag_items)
        SetHeld(body, static_cast<PLpgSQL_diag_item *>(lfirst(cell))->target, EmptySet(), nullptr);
      break;
    }
    case PLPGSQL_STMT_RETURN:
      TakeReturn(body, As<PLpgSQL_stmt_return>(statement)->expr,
                 As<PLpgSQL_stmt_return>(statement)->retvarno);
      if (body->branches > 0) KeepTables(body);
      body->state.dead = true;
      break;
    case PLPGSQL_STMT_RETURN_NEXT:
      TakeReturn(body, As<PLpgSQL_stmt_return_next>(statement)->expr,
                 As<PLpgSQL_stmt_return_next>(statement)->retvarno);
      break;
    case PLPGSQL_STMT_RETURN_QUERY:
      TakeReturnQuery(body, As<PLpgSQL_stmt_return_query>(statement));
      break;
    case PLPGSQL_STMT_RAISE:
      ForEachExpression(statement, RunEach, body);
      body->state.dead = As<PLpgSQL_stmt_raise>(statement)->elog_level >= ERROR;
      break;
    default:  // COMMIT, ROLLBACK, CLOSE
      break;
  }
}

}  // namespace pg_lineage
