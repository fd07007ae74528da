// Rounds of loops: each begins with the loop's variables as the loop gives them, whatever the body
// has put into them meanwhile.
#include "capture/plpgsql.h"

namespace pg_lineage {

namespace {

// The variable of a loop over integers, an array or rows; NULL: none.
const PLpgSQL_datum *VariableOf(const PLpgSQL_function *function, PLpgSQL_stmt *loop) {
  switch (loop->cmd_type) {
    case PLPGSQL_STMT_FORI:
      return reinterpret_cast<PLpgSQL_datum *>(As<PLpgSQL_stmt_fori>(loop)->var);
    case PLPGSQL_STMT_FOREACH_A:
      return function->datums[As<PLpgSQL_stmt_foreach_a>(loop)->varno];
    case PLPGSQL_STMT_FORS:
    case PLPGSQL_STMT_FORC:
    case PLPGSQL_STMT_DYNFORS:
      return reinterpret_cast<PLpgSQL_datum *>(As<PLpgSQL_stmt_forq>(loop)->var);
    default:
      return nullptr;
  }
}

// Adds the variables that a target stands for: those of a list, the record of a field.
Bitmapset *AddParts(const PLpgSQL_function *function, Bitmapset *all, const void *target) {
  const PLpgSQL_datum *datum = static_cast<const PLpgSQL_datum *>(target);
  if (datum == nullptr) return all;
  if (datum->dtype == PLPGSQL_DTYPE_RECFIELD)
    return bms_add_member(all, reinterpret_cast<const PLpgSQL_recfield *>(datum)->recparentno);
  if (datum->dtype != PLPGSQL_DTYPE_ROW) return bms_add_member(all, datum->dno);
  const PLpgSQL_row *row = reinterpret_cast<const PLpgSQL_row *>(datum);  // a CALL's has no number
  for (int i = 0; i < row->nfields; i++) {
    if (row->varnos[i] >= 0) all = AddParts(function, all, function->datums[row->varnos[i]]);
  }
  return all;
}

// What a statement itself gives a value, but for GET DIAGNOSTICS; NULL: nothing.
const void *TargetOf(const PLpgSQL_function *function, PLpgSQL_stmt *statement) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_ASSIGN:
      return function->datums[As<PLpgSQL_stmt_assign>(statement)->varno];
    case PLPGSQL_STMT_EXECSQL:
      return As<PLpgSQL_stmt_execsql>(statement)->target;
    case PLPGSQL_STMT_DYNEXECUTE:
      return As<PLpgSQL_stmt_dynexecute>(statement)->target;
    case PLPGSQL_STMT_FETCH:
      return As<PLpgSQL_stmt_fetch>(statement)->target;
    case PLPGSQL_STMT_CALL:  // known once it has run
      return As<PLpgSQL_stmt_call>(statement)->target;
    default:
      return VariableOf(function, statement);
  }
}

Bitmapset *Assigned(const PLpgSQL_function *function, PLpgSQL_stmt *statement) {
  Bitmapset *all = AddParts(function, nullptr, TargetOf(function, statement));
  if (statement->cmd_type != PLPGSQL_STMT_GETDIAG) return all;
  ListCell *cell;
  foreach (cell, As<PLpgSQL_stmt_getdiag>(statement)->diag_items) {
    const PLpgSQL_diag_item *item = static_cast<PLpgSQL_diag_item *>(lfirst(cell));
    all = AddParts(function, all, function->datums[item->target]);
  }
  return all;
}

}  // namespace

void NoteAssigned(FunctionInfo *info, PLpgSQL_stmt *statement) {
  Bitmapset *assigned = Assigned(info->function, statement);
  if (assigned == nullptr) return;
  for (uint32 id = info->statements[statement->stmtid].parent; id != 0;) {
    PLpgSQL_stmt *around = info->statements[id].statement;
    Bitmapset *given = AddParts(info->function, nullptr, VariableOf(info->function, around));
    if (bms_overlap(assigned, given)) {
      const PLpgSQL_stmt *first = static_cast<PLpgSQL_stmt *>(linitial(LoopBody(around)));
      if (first->stmtid < info->size) info->statements[first->stmtid].opens_round = true;
    }
    bms_free(given);
    id = info->statements[id].parent;
  }
  bms_free(assigned);
}

void KeepRound(const RoutineFrame *frame, StatementEntry *loop) {
  loop->round = frame->slots[VariableOf(frame->function, loop->statement)->dno];
}

void BeginRound(RoutineFrame *frame, StatementEntry *loop) {
  if (loop->round.value != nullptr) {
    frame->slots[VariableOf(frame->function, loop->statement)->dno] = loop->round;
    return;
  }
  // A COMMIT in the loop has ended the query: its rows are kept, what they are made of is not.
  RunState *run = loop->rows == nullptr ? nullptr : FindRun(loop->rows);
  if (run != nullptr && run->frame == frame && run->frame_serial == frame->serial &&
      run->statement == loop->statement)
    AssignOutputs(run);
}

}  // namespace pg_lineage
