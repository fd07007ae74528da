#include "capture/plpgsql_dynamic.h"

#include "capture/plpgsql.h"
#include "edge/guc.h"

namespace pg_lineage {

namespace {

const SourceSet *UsingParam(RoutineFrame *frame, List *params, const ShapeParam &param) {
  if (param.paramid < 1 || param.paramid > list_length(params)) return EmptySet();
  PLpgSQL_expr *expr = static_cast<PLpgSQL_expr *>(list_nth(params, param.paramid - 1));
  if (param.field == 0) return ExprValue(frame, expr);
  if (param.field > 0 && !GivesRow(frame, expr))  // the rows in an array
    return RecordPart(ExprParts(frame, expr), ExprValue(frame, expr), param.field);
  ResultTaint value = {};
  value.rows = EmptySet();
  ExprColumns(frame, expr, &value);
  if (param.field > value.columns.size) return ExprValue(frame, expr);
  if (param.field > 0) return value.columns[param.field - 1];
  return RecordPart(ExprParts(frame, expr), ExprValue(frame, expr), param.field);
}

// The parts of that; NULL: not known.
const RecordTaint *UsingRecord(RoutineFrame *frame, List *params, const ShapeParam &param) {
  if (param.paramid < 1 || param.paramid > list_length(params)) return nullptr;
  PLpgSQL_expr *expr = static_cast<PLpgSQL_expr *>(list_nth(params, param.paramid - 1));
  return RecordAt(ExprParts(frame, expr), param.field);
}

// What decided about the rows of the cursor that a variable names: its query's, and that it ran.
const SourceSet *CursorRows(const RoutineFrame *frame, int dno) {
  const PLpgSQL_var *cursor = reinterpret_cast<PLpgSQL_var *>(frame->estate->datums[dno]);
  if (cursor->dtype != PLPGSQL_DTYPE_VAR || cursor->isnull) return EmptySet();
  Portal portal = SPI_cursor_find(TextDatumGetCString(cursor->value));
  RunState *run =
      portal == nullptr || portal->queryDesc == nullptr ? nullptr : FindRun(portal->queryDesc);
  return run == nullptr ? EmptySet()
                        : UnionSets(ResolveSet(RunContext(run), run->shape->rows), run->condition);
}

// Where a dynamic statement puts rows; NULL when nowhere in its frame.
PLpgSQL_variable *RowsTarget(PLpgSQL_stmt *statement) {
  if (statement->cmd_type == PLPGSQL_STMT_DYNFORS) return As<PLpgSQL_stmt_forq>(statement)->var;
  PLpgSQL_stmt_dynexecute *execute = As<PLpgSQL_stmt_dynexecute>(statement);
  return statement->cmd_type == PLPGSQL_STMT_DYNEXECUTE && execute->into ? execute->target
                                                                         : nullptr;
}

}  // namespace

PLpgSQL_stmt *CurrentStatement(const RoutineFrame *frame) {
  return frame->statements.Empty() ? nullptr
                                   : frame->statements.items[frame->statements.size - 1].statement;
}

List *UsingOf(PLpgSQL_stmt *statement) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_DYNEXECUTE:
      return As<PLpgSQL_stmt_dynexecute>(statement)->params;
    case PLPGSQL_STMT_DYNFORS:
      return As<PLpgSQL_stmt_dynfors>(statement)->params;
    case PLPGSQL_STMT_RETURN_QUERY:
      return As<PLpgSQL_stmt_return_query>(statement)->params;
    case PLPGSQL_STMT_OPEN:
      return As<PLpgSQL_stmt_open>(statement)->params;
    default:
      return NIL;
  }
}

PLpgSQL_expr *DynamicText(PLpgSQL_stmt *statement) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_DYNEXECUTE:
      return As<PLpgSQL_stmt_dynexecute>(statement)->query;
    case PLPGSQL_STMT_DYNFORS:
      return As<PLpgSQL_stmt_dynfors>(statement)->query;
    case PLPGSQL_STMT_RETURN_QUERY:
      return As<PLpgSQL_stmt_return_query>(statement)->dynquery;
    case PLPGSQL_STMT_OPEN:
      return As<PLpgSQL_stmt_open>(statement)->dynquery;
    default:
      return nullptr;
  }
}

const SourceSet *StatementParam(RoutineFrame *frame, PLpgSQL_stmt *statement,
                                const ShapeParam &param) {
  if (param.field == kCursorRows) return CursorRows(frame, param.paramid - 1);
  return statement != nullptr && DynamicText(statement) != nullptr
             ? UsingParam(frame, UsingOf(statement), param)
             : FrameParam(frame, param.paramid, param.field);
}

const RecordTaint **StatementRecords(RoutineFrame *frame, PLpgSQL_stmt *statement,
                                     const Shape *shape) {
  if (statement == nullptr || DynamicText(statement) == nullptr) return FrameRecords(frame, shape);
  return RecordsFor(shape, [&](const ShapeParam &param) {
    return UsingRecord(frame, UsingOf(statement), param);
  });
}

PLpgSQL_stmt *DynamicStatementAt(const StackNode *node) {
  if (node == nullptr || node->kind != NodeKind::kRoutine || node->frame->estate == nullptr)
    return nullptr;
  PLpgSQL_stmt *statement = CurrentStatement(node->frame);
  return statement != nullptr && DynamicText(statement) != nullptr ? statement : nullptr;
}

const SourceSet *GivenParam(const StackNode *caller, ParamListInfo params,
                            const ShapeParam &param) {
  RoutineFrame *frame = TopFrame();
  if (frame == nullptr || params == nullptr) return EmptySet();
  if (frame->estate == nullptr)  // in the body of a SQL function
    return caller != nullptr && caller->frame == frame && frame->held == nullptr
               ? FrameParam(frame, param.paramid, param.field)
               : EmptySet();
  if (params == frame->estate->paramLI) return FrameParam(frame, param.paramid, param.field);
  PLpgSQL_stmt *statement = DynamicStatementAt(caller);
  return statement == nullptr ? EmptySet() : StatementParam(caller->frame, statement, param);
}

const SourceSet *TextDecides(const StackNode *node) {
  PLpgSQL_stmt *statement = DynamicStatementAt(node);
  if (statement == nullptr || !settings.track_control_flow) return EmptySet();
  return AsCondition(ExprValue(node->frame, DynamicText(statement)));
}

bool TakesRows(const StackNode *node) {
  PLpgSQL_stmt *statement = DynamicStatementAt(node);
  return statement != nullptr &&
         (statement->cmd_type == PLPGSQL_STMT_RETURN_QUERY || RowsTarget(statement) != nullptr);
}

void GiveRows(RoutineFrame *frame, const PodVector<const SourceSet *> &columns,
              const SourceSet *rows) {
  PLpgSQL_stmt *statement = CurrentStatement(frame);
  if (columns.size == 0) return;
  const SourceSet *condition = EmptySet();
  if (settings.track_control_flow)
    condition =
        UnionSets(OwnCondition(frame), AsCondition(ExprValue(frame, DynamicText(statement))));
  const SourceSet *deciding = UnionSets(IndirectPart(condition), rows);
  PodVector<const SourceSet *> sets = {};
  for (int i = 0; i < columns.size; i++) sets.Append(UnionSets(columns.items[i], deciding));
  if (statement->cmd_type == PLPGSQL_STMT_RETURN_QUERY) {
    SpreadOverLive(frame->function->fn_rettype, &sets);
    AddResultRow(&frame->result, sets.size, sets.items, UnionSets(rows, condition));
    return;
  }
  AssignVariable(frame, reinterpret_cast<PLpgSQL_datum *>(RowsTarget(statement)), sets.size,
                 sets.items);
  if (statement->cmd_type == PLPGSQL_STMT_DYNFORS)
    DecideBody(frame, statement, UnionSets(rows, condition));
}

void DecideBody(RoutineFrame *frame, const PLpgSQL_stmt *statement, const SourceSet *deciding) {
  StatementEntry *entry = &frame->statements.Last();
  if (entry->statement != statement) return;
  // Jumps inside may have added to it.
  const SourceSet *known = entry->body_condition == nullptr ? EmptySet() : entry->body_condition;
  entry->body_condition = UnionSets(known, AsCondition(deciding));
}

}  // namespace pg_lineage
