// Between caller and routine: arguments on the way in, conditions, results on the way out; and what
// a query run by a PL/pgSQL statement takes from the frame and gives to it.
#include "capture/plpgsql.h"
#include "capture/plpgsql_dynamic.h"
#include "capture/plpgsql_info.h"
#include "capture/utility.h"
#include "edge/guc.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

struct ArgumentSearch {
  RoutineFrame *frame;
  Callee callee;
  ArgumentSets *out;
};

// Joins the arguments that `shape` passes to `callee`, over the call sites it may be.
void AddArguments(const ResolveContext &context, const Callee &callee, ArgumentSets *out) {
  const Shape *shape = context.shape;
  for (int i = 0; i < shape->ncalls; i++) {
    const ShapeCall &call = shape->calls[i];
    if (call.function != callee.function || !SameSite(call.site, callee.site)) continue;
    for (int a = 0; a < call.nargs; a++) {
      const SourceSet *set = ResolveArgument(context, call, call.args[a]);
      const RecordTaint *record = ResolveFields(context, call, a);
      if (a < out->values.size) {  // another call site
        out->values[a] = UnionSets(out->values[a], set);
        out->records[a] = EitherRecord(out->records[a], record);
      } else {
        out->values.Append(set);
        out->records.Append(record);
      }
    }
  }
}

void VisitExpression(PLpgSQL_expr *expr, void *arg) {
  ArgumentSearch *search = static_cast<ArgumentSearch *>(arg);
  const Shape *shape = ExprShape(expr);
  if (shape == nullptr || shape->ncalls == 0) return;
  const SourceSet **params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++)
    params[i] = FrameParam(search->frame, shape->params[i].paramid, shape->params[i].field);
  ResolveContext context = {shape, params, &search->frame->observed};
  context.records = FrameRecords(search->frame, shape);
  AddArguments(context, search->callee, search->out);
}

// Calls in the initial values of a block. Each reads the variables declared before it, which have
// their values already; all are set again, with what the calls gave, when the block begins.
void VisitDeclarations(PLpgSQL_stmt_block *block, ArgumentSearch *search) {
  RoutineFrame *frame = search->frame;
  const bool declaring = frame->statements.Last().open;
  for (int i = 0; i < block->n_initvars; i++) {
    int dno = block->initvarnos[i];
    PLpgSQL_variable *variable = reinterpret_cast<PLpgSQL_variable *>(frame->estate->datums[dno]);
    if (variable->dtype == PLPGSQL_DTYPE_ROW) continue;
    if (variable->default_val != nullptr) VisitExpression(variable->default_val, search);
    if (declaring) DeclareVariable(frame, dno);
  }
}

// An expression of a dynamic statement, with a sub-query in it: its parameters are variables, and
// it gives nothing to where the statement's rows go. One without parameters is told by its text.
bool IsOperand(const RunState *run) {
  PLpgSQL_expr *dynamic = run->statement == nullptr ? nullptr : DynamicText(run->statement);
  if (dynamic == nullptr) return false;
  if (run->query->params != nullptr) return run->query->params == run->estate->paramLI;
  const char *text = run->query->sourceText;
  if (strcmp(text, dynamic->query) == 0) return true;
  ListCell *cell;
  foreach (cell, UsingOf(run->statement))
    if (strcmp(text, static_cast<PLpgSQL_expr *>(lfirst(cell))->query) == 0) return true;
  return false;
}

bool RunsPortal(PLpgSQL_stmt_type type) {
  return type == PLPGSQL_STMT_FORS || type == PLPGSQL_STMT_FORC || type == PLPGSQL_STMT_DYNFORS ||
         type == PLPGSQL_STMT_OPEN || type == PLPGSQL_STMT_RETURN_QUERY;
}

// Where a statement puts its query's rows; NULL when nowhere in this frame.
PLpgSQL_datum *TargetOf(const RunState *run) {
  PLpgSQL_stmt *statement = run->statement;
  CommandDest dest = run->dest;
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_EXECSQL: {
      PLpgSQL_stmt_execsql *exec = As<PLpgSQL_stmt_execsql>(statement);
      return exec->into ? reinterpret_cast<PLpgSQL_datum *>(exec->target) : nullptr;
    }
    case PLPGSQL_STMT_DYNEXECUTE: {
      PLpgSQL_stmt_dynexecute *exec = As<PLpgSQL_stmt_dynexecute>(statement);
      return exec->into ? reinterpret_cast<PLpgSQL_datum *>(exec->target) : nullptr;
    }
    case PLPGSQL_STMT_FORS:
    case PLPGSQL_STMT_DYNFORS:
      return dest == DestSPI
                 ? nullptr
                 : reinterpret_cast<PLpgSQL_datum *>(As<PLpgSQL_stmt_forq>(statement)->var);
    case PLPGSQL_STMT_FORC:
    case PLPGSQL_STMT_OPEN: {
      bool loop = statement->cmd_type == PLPGSQL_STMT_FORC;
      int curvar = loop ? As<PLpgSQL_stmt_forc>(statement)->curvar
                        : As<PLpgSQL_stmt_open>(statement)->curvar;
      if (dest == DestSPI) {  // the cursor's arguments
        PLpgSQL_var *cursor = reinterpret_cast<PLpgSQL_var *>(run->estate->datums[curvar]);
        return cursor->cursor_explicit_expr == nullptr || cursor->cursor_explicit_argrow < 0
                   ? nullptr
                   : run->estate->datums[cursor->cursor_explicit_argrow];
      }
      return loop ? reinterpret_cast<PLpgSQL_datum *>(As<PLpgSQL_stmt_forq>(statement)->var)
                  : nullptr;
    }
    default:
      return nullptr;
  }
}

bool LoopsOverRows(PLpgSQL_stmt_type type) {
  return type == PLPGSQL_STMT_FORS || type == PLPGSQL_STMT_FORC || type == PLPGSQL_STMT_DYNFORS;
}

// A statement's own expressions, and a block's initial values.
void VisitStatement(RoutineFrame *frame, ArgumentSearch *search) {
  PLpgSQL_stmt *statement = CurrentStatement(frame);
  if (statement == nullptr) return;
  ForEachExpression(statement, VisitExpression, search);
  if (statement->cmd_type == PLPGSQL_STMT_BLOCK)
    VisitDeclarations(As<PLpgSQL_stmt_block>(statement), search);
}

}  // namespace

bool CarriesNothing(const QueryDesc *query, const Shape *shape, const RoutineFrame *frame) {
  PLpgSQL_stmt *statement = CurrentStatement(frame);
  if (!shape->only_params || statement == nullptr || frame->estate == nullptr) return false;
  bool looked_at =
      statement->cmd_type != PLPGSQL_STMT_PERFORM &&
      (statement->cmd_type != PLPGSQL_STMT_EXECSQL || As<PLpgSQL_stmt_execsql>(statement)->into);
  if (looked_at || !RunsUnconditionally(frame)) return false;
  if (query->params != nullptr && query->params != frame->estate->paramLI) return false;
  for (int i = 0; i < shape->nparams; i++) {
    if (shape->params[i].field == kCursorRows) return false;
    const SourceSet *set = FrameScalar(frame, shape->params[i].paramid);
    if (set == nullptr || set->size > 0) return false;
  }
  ListCell *cell;
  foreach (cell, query->estate->es_opened_result_relations) {  // triggers ask what fired them
    const ResultRelInfo *target = static_cast<ResultRelInfo *>(lfirst(cell));
    if (target->ri_TrigDesc != nullptr ||
        target->ri_RelationDesc->rd_rel->relkind != RELKIND_RELATION)
      return false;
  }
  return true;
}

bool ArgumentsCarryNothing(const CallStmt *call, ParamListInfo params) {
  if (call->outargs != NIL || DynamicStatementAt(TopNode()) != nullptr) return false;
  const RoutineFrame *frame = TopFrame();
  ListCell *cell;
  foreach (cell, call->funcexpr->args) {
    Node *arg = static_cast<Node *>(lfirst(cell));
    if (IsA(arg, Const)) continue;
    if (!IsA(arg, Param) || frame == nullptr || frame->estate == nullptr ||
        params != frame->estate->paramLI)
      return false;
    const SourceSet *set = FrameScalar(frame, reinterpret_cast<Param *>(arg)->paramid);
    if (set == nullptr || set->size > 0) return false;
  }
  return true;
}

void CallerArguments(const StackNode *node, const Callee &callee, ArgumentSets *out) {
  if (node == nullptr) return;
  if (node->kind == NodeKind::kRun && node->run != nullptr) {
    // The body of a SQL function without a frame: what its $n are knows the statement that calls
    // it, which has read the body.
    if (node->run->dest == DestSQLFunction && node->run->frame == nullptr)
      CallerArguments(NodeBelow(node), callee, out);
    if (out->values.Empty()) AddArguments(RunContext(node->run), callee, out);
  } else if (node->kind == NodeKind::kRoutine && node->frame->estate != nullptr) {
    ArgumentSearch search = {node->frame, callee, out};
    VisitStatement(node->frame, &search);
  } else if (node->kind == NodeKind::kUtility && node->utility != nullptr &&
             node->utility->shape != nullptr) {
    const UtilityState *utility = node->utility;
    AddArguments(UtilityContext(utility), callee, out);
  }
}

const SourceSet *RunDecides(RunState *run) {
  if (run->decides != nullptr) return run->decides;
  // Without what its calls gave: a call does not decide about itself.
  ResolveContext context = RunContext(run);
  context.observed = nullptr;
  const Shape *shape = run->shape;
  const SourceSet *set = run->condition;
  if (shape->nwrites == 0) set = UnionSets(set, AsCondition(ResolveSet(context, shape->rows)));
  for (int i = 0; i < shape->nwrites; i++)
    set = UnionSets(set, AsCondition(ResolveSet(context, shape->writes[i].rows)));
  run->decides = set;
  return set;
}

const SourceSet *CallerCondition(const StackNode *node) {
  if (node == nullptr) return EmptySet();
  if (node->kind == NodeKind::kRun && node->run != nullptr) return RunDecides(node->run);
  if (node->kind == NodeKind::kRoutine) return FrameCondition(node->frame);
  // The statement that runs the utility statement: not the innermost frame, which may be new.
  const SourceSet *set = UnionSets(CallerCondition(NodeBelow(node)), TextDecides(NodeBelow(node)));
  if (node->kind != NodeKind::kUtility || node->utility == nullptr ||
      node->utility->shape == nullptr)
    return set;
  const Shape *shape = node->utility->shape;
  ResolveContext context = {shape, node->utility->params, nullptr};
  for (int i = 0; i < shape->nwrites; i++)
    set = UnionSets(set, AsCondition(ResolveSet(context, shape->writes[i].rows)));
  return set;
}

const SourceSet *ShapeInputs(RoutineFrame *frame, PLpgSQL_stmt *statement, const Shape *shape) {
  const SourceSet **params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++)
    params[i] = StatementParam(frame, statement, shape->params[i]);
  ResolveContext context = {shape, params, &frame->observed};
  const SourceSet *all = ResolveSet(context, shape->rows);
  for (int i = 0; i < shape->noutputs; i++)
    all = UnionSets(all, ResolveSet(context, shape->outputs[i]));
  for (int w = 0; w < shape->nwrites; w++) {
    const ShapeWrite &write = shape->writes[w];
    all = UnionSets(all, ResolveSet(context, write.rows));
    for (int i = 0; i < write.ncolumns; i++)
      all = UnionSets(all, ResolveSet(context, write.columns[i].sources));
  }
  return all;
}

void NoteStrictness(RoutineFrame *frame, const ArgumentSets &arguments) {
  if (arguments.values.Empty() || !settings.track_control_flow || !TraitsOf(frame->routine)->strict)
    return;
  for (const SourceSet *argument : arguments.values)
    frame->base_condition = UnionSets(frame->base_condition, AsCondition(argument));
}

void DecideFurther(const StackNode *caller, const SourceSet *condition) {
  if (caller != nullptr && caller->kind == NodeKind::kRun && caller->run != nullptr)
    caller->run->decides = UnionSets(RunDecides(caller->run), condition);
}

namespace {

// What a query gives to a language whose variables cannot be seen may be in all that follows.
void HoldOutputs(RunState *run) {
  RoutineFrame *frame = run->frame;
  const Shape *shape = run->shape;
  if (shape->noutputs == 0) return;
  ResolveContext context = RunContext(run);
  SourceBag bag = {};
  for (int i = 0; i < shape->noutputs; i++)
    bag.AddSet(ResolveSet(context, shape->outputs[i]), kTransformation);
  bag.AddSet(ResolveSet(context, shape->rows), kIdentity);
  bag.AddSet(frame->held, kIdentity);
  if (!bag.items.Empty()) frame->held = bag.Intern();
  frame->has_read = true;
}

}  // namespace

// The parts of the parameters, as they are now.
static void KeepRecords(RunState *run, RoutineFrame *frame, PLpgSQL_stmt *statement) {
  MemoryContext caller = MemoryContextSwitchTo(run->query->estate->es_query_cxt);
  run->records = StatementRecords(frame, statement, run->shape);
  MemoryContextSwitchTo(caller);
}

void BindToFrame(RunState *run, RoutineFrame *frame) {
  const Shape *shape = run->shape;
  if (frame->estate == nullptr) {  // a SQL function: $n are its arguments
    for (int i = 0; i < shape->nparams; i++)
      run->params[i] = frame->held != nullptr
                           ? frame->held
                           : FrameParam(frame, shape->params[i].paramid, shape->params[i].field);
    run->frame = frame;
    run->frame_serial = frame->serial;
    if (frame->held == nullptr) KeepRecords(run, frame, nullptr);
    if (frame->held != nullptr) {
      HoldOutputs(run);
    } else if (shape->noutputs > 0) {  // the last statement that returns rows is the result
      ClearResult(&frame->result);
      if (shape->ncalls == 0) AssignOutputs(run);
    }
    return;
  }
  PLpgSQL_stmt *statement = CurrentStatement(frame);
  CommandDest dest = run->query->dest->mydest;
  if (statement == nullptr || dest == DestSQLFunction) return;
  bool own = run->query->params == nullptr || run->query->params == frame->estate->paramLI ||
             RunsPortal(statement->cmd_type) || statement->cmd_type == PLPGSQL_STMT_DYNEXECUTE;
  if (!own) return;
  run->frame = frame;
  run->frame_serial = frame->serial;
  run->statement = statement;
  run->estate = frame->estate;
  PLpgSQL_expr *text = DynamicText(statement);
  PLpgSQL_stmt *dynamic = IsOperand(run) ? nullptr : statement;
  for (int i = 0; i < shape->nparams; i++)
    run->params[i] = StatementParam(frame, dynamic, shape->params[i]);
  KeepRecords(run, frame, dynamic);
  if (text != nullptr && settings.track_control_flow) {
    const SourceSet *worded = AsCondition(ExprValue(frame, text));
    run->condition = UnionSets(run->condition, worded);
    run->within = UnionSets(run->within, worded);
  }
  // Results add up: they wait for what the calls give.
  if (shape->ncalls == 0 || statement->cmd_type != PLPGSQL_STMT_RETURN_QUERY) AssignOutputs(run);
  frame->statements.Last().shape = shape;
  if (frame->info->looks_at_outcome && settings.track_control_flow)
    frame->statements.Last().outcome = RunDecides(run);
}

void AssignParts(RoutineFrame *frame, PLpgSQL_datum *target, const ResolveContext &context,
                 const SourceSet *deciding) {
  // Columns that a row type has dropped have moved the others.
  if (target->dtype == PLPGSQL_DTYPE_REC &&
      (frame->slots[target->dno].record == nullptr ||
       frame->slots[target->dno].record->size != context.shape->noutputs))
    return;
  for (int i = 0; i < context.shape->nparts; i++) {
    const RecordTaint *parts = ResolveParts(context, context.shape->parts[i]);
    SetPart(frame, target, i, RecordUsed(parts, kTransformation, deciding));
  }
}

// The parts of an output, or of a field of the one output that is a row; NULL: not known.
static const RecordTaint *OutputParts(const ResolveContext &context, bool fields, int number,
                                      int size, const SourceSet *deciding) {
  const Shape *shape = context.shape;
  if (shape->nparts == 0 || size != (fields ? shape->nfields : shape->noutputs)) return nullptr;
  const RecordTaint *record = ResolveParts(context, shape->parts[fields ? 0 : number]);
  if (fields) record = InnerRecord(record, number);
  return RecordUsed(record, kTransformation, deciding);
}

void AssignOutputs(RunState *run) {
  RoutineFrame *frame = run->frame;
  const Shape *shape = run->shape;
  if (frame == nullptr) return;
  if (frame->held != nullptr) {
    HoldOutputs(run);
    return;
  }
  if (IsOperand(run)) return;
  ResolveContext context = RunContext(run);
  const SourceSet *rows = ResolveSet(context, shape->rows);
  const SourceSet *condition = run->within;
  PodVector<const SourceSet *> sets = {};
  // A row that is the one output is the result of a SQL function; a record has it as its field.
  bool fields = shape->nfields > 0 && run->statement == nullptr;
  int size = fields ? shape->nfields : shape->noutputs;
  PLpgSQL_datum *target = run->statement == nullptr ? nullptr : TargetOf(run);
  bool returns = run->statement == nullptr || run->statement->cmd_type == PLPGSQL_STMT_RETURN_QUERY;
  const SourceSet *deciding = UnionSets(IndirectPart(condition), rows);
  for (int i = 0; i < size; i++)
    sets.Append(
        UnionSets(ResolveSet(context, fields ? shape->fields[i] : shape->outputs[i]), deciding));
  if (returns) {
    if (frame->function != nullptr) SpreadOverLive(frame->function->fn_rettype, &sets);
    size = sets.size;
    PodVector<const RecordTaint *> parts = {};
    for (int i = 0; i < size; i++) parts.Append(OutputParts(context, fields, i, size, deciding));
    if (size > 0)
      AddResultRow(&frame->result, size, sets.items, UnionSets(rows, condition), parts.items);
    return;
  }
  if (target != nullptr) AssignVariable(frame, target, sets.size, sets.items);
  if (target != nullptr) AssignParts(frame, target, context, deciding);
  if (LoopsOverRows(run->statement->cmd_type) && run->dest != DestSPI) {
    StatementEntry *entry = &frame->statements.Last();
    if (entry->statement == run->statement) entry->rows = run->query;
    DecideBody(frame, run->statement, UnionSets(rows, condition));
  }
}

}  // namespace pg_lineage
