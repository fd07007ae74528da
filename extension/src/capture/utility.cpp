#include "capture/utility.h"

#include "capture/alter.h"
#include "capture/copy.h"
#include "capture/drop_notice.h"
#include "capture/emit.h"
#include "capture/ends.h"
#include "capture/held_cursors.h"
#include "capture/plpgsql.h"
#include "capture/plpgsql_dynamic.h"
#include "capture/prepared.h"
#include "edge/compat.h"
#include "edge/guard.h"
#include "edge/guc.h"
#include "lineage/shape_cache.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

ProcessUtility_hook_type next_utility = nullptr;
object_access_hook_type previous_access = nullptr;

// EXPLAIN ANALYZE CREATE TABLE AS creates the table; NULL for all but CREATE TABLE AS.
CreateTableAsStmt *CreationIn(Node *statement) {
  if (IsA(statement, ExplainStmt)) {
    Node *explained = reinterpret_cast<ExplainStmt *>(statement)->query;
    statement = IsA(explained, Query) ? reinterpret_cast<Query *>(explained)->utilityStmt : nullptr;
  }
  return statement != nullptr && IsA(statement, CreateTableAsStmt)
             ? reinterpret_cast<CreateTableAsStmt *>(statement)
             : nullptr;
}

UtilityKind KindOf(Node *statement) {
  switch (nodeTag(statement)) {
    case T_CreateTableAsStmt:
    case T_ExplainStmt:
    case T_ExecuteStmt:
      if (CreationIn(statement) != nullptr) return UtilityKind::kCreateTableAs;
      return ComputingExecuteIn(statement) != nullptr ||
                     (IsA(statement, ExecuteStmt) && TakesRows(TopNode()))
                 ? UtilityKind::kExecute
                 : UtilityKind::kOther;
    case T_RefreshMatViewStmt:
      return UtilityKind::kRefresh;
    case T_CopyStmt:
      return reinterpret_cast<CopyStmt *>(statement)->is_from ? UtilityKind::kCopyFrom
                                                              : UtilityKind::kCopyTo;
    case T_CallStmt:
      return UtilityKind::kCall;
    case T_DeclareCursorStmt:
      return DynamicStatementAt(TopNode()) != nullptr ? UtilityKind::kDeclareCursor
                                                      : UtilityKind::kOther;
    case T_FetchStmt:
      return TakesRows(TopNode()) ? UtilityKind::kFetch : UtilityKind::kOther;
    case T_AlterTableStmt:
      return AlterGivesValues(reinterpret_cast<AlterTableStmt *>(statement)) ? UtilityKind::kAlter
                                                                             : UtilityKind::kOther;
    default:
      return UtilityKind::kOther;
  }
}

// The arguments of a CALL, with the routine's variables in them.
void PrepareCall(UtilityState *state, CallStmt *call, ParamListInfo params) {
  const Shape *shape = ShapeCacheKeep(BuildCallShape(call->funcexpr));
  state->shape = shape;
  state->params = static_cast<const SourceSet **>(
      MemoryContextAlloc(state->context, sizeof(SourceSet *) * Max(shape->nparams, 1)));
  const StackNode *caller = TopNode();
  for (int i = 0; i < shape->nparams; i++)
    state->params[i] = GivenParam(caller, params, shape->params[i]);
  RoutineFrame *frame = TopFrame();
  if (frame == nullptr || frame->estate == nullptr || params == nullptr) return;
  PLpgSQL_stmt *dynamic = nullptr;
  if (params != frame->estate->paramLI) {
    dynamic = DynamicStatementAt(caller);
    if (dynamic == nullptr) return;
  }
  MemoryContext before = MemoryContextSwitchTo(state->context);
  state->records = StatementRecords(frame, dynamic, shape);
  MemoryContextSwitchTo(before);
}

void Prepare(UtilityState *state, Node *statement, ParamListInfo params) {
  // Not the transaction's memory: a procedure may end the transaction under us.
  state->context =
      AllocSetContextCreate(TopMemoryContext, "pg_lineage utility statement", ALLOCSET_SMALL_SIZES);
  state->outputs.context = state->names.context = state->context;
  state->observed.items.context = state->observed.columns.context = state->context;
  const CreateTableAsStmt *creation = CreationIn(statement);
  state->executes =
      (state->kind == UtilityKind::kExecute && TakesRows(TopNode())) ||
      (creation != nullptr && creation->query != nullptr && IsA(creation->query, Query) &&
       castNode(Query, creation->query)->utilityStmt != nullptr);
  if (ExecuteStmt *execute = ComputingExecuteIn(statement)) PrepareExecute(state, execute);
  if (state->kind == UtilityKind::kCall)
    PrepareCall(state, reinterpret_cast<CallStmt *>(statement), params);
  if (state->kind == UtilityKind::kCopyFrom)
    PrepareCopyFrom(state, reinterpret_cast<CopyStmt *>(statement));
  if (state->kind == UtilityKind::kAlter)
    PrepareAlter(state, reinterpret_cast<AlterTableStmt *>(statement));
}

void StoreOutputs(UtilityState *state, RangeVar *target, Operation operation,
                  const StatementText &text) {
  Oid relid = RangeVarGetRelid(target, NoLock, true);
  if (!OidIsValid(relid) || !state->has_outputs) return;
  EmitOutputs(relid, operation, state->path, state->outputs.size, state->outputs.items, state->rows,
              text, static_cast<int64>(state->row_count));
}

void AfterCreateTableAs(UtilityState *state, CreateTableAsStmt *create, const StatementText &text) {
  IntoClause *into = create->into;
  // WITH NO DATA runs no query, so there is nothing to store. (17 sets skipData for a materialised
  // view that it then fills by REFRESH: the flag says nothing.)
  StoreOutputs(
      state, into->rel,
      create->objtype == OBJECT_MATVIEW ? Operation::kCreateMatView : Operation::kCreateTableAs,
      text);
  if (into->onCommit == ONCOMMIT_DELETE_ROWS) {
    Oid relid = RangeVarGetRelid(into->rel, NoLock, true);
    if (OidIsValid(relid)) TempDeletesRowsAtCommit(relid);
  }
}

void AfterTruncate(TruncateStmt *truncate) {
  if (TempTablesEmpty()) return;
  ListCell *cell;
  foreach (cell, truncate->relations) {
    const RangeVar *named = lfirst_node(RangeVar, cell);
    Oid relid = RangeVarGetRelid(named, NoLock, true);
    if (!OidIsValid(relid)) continue;
    TempClear(relid);
    ListCell *child;
    foreach (child, named->inh ? find_all_inheritors(relid, NoLock, nullptr) : NIL)
      TempClear(lfirst_oid(child));
  }
}

// FETCH in a text that a routine executes.
void AfterFetch(const FetchStmt *fetch) {
  Portal portal = fetch->ismove ? nullptr : GetPortalByName(fetch->portalname);
  PodVector<const SourceSet *> columns = {};
  const SourceSet *rows = EmptySet();
  if (portal != nullptr && CursorOutputs(portal, &columns, &rows))
    GiveRows(TopNode()->frame, columns, rows);
}

// What the statement meant, once it succeeded.
void After(UtilityState *state, const PlannedStmt *plan, const char *source,
           const QueryCompletion *completion) {
  Node *statement = plan->utilityStmt;
  int64 rows = completion == nullptr ? -1 : static_cast<int64>(completion->nprocessed);
  switch (nodeTag(statement)) {
    case T_CreateTableAsStmt:
    case T_ExplainStmt:
      if (CreateTableAsStmt *create = CreationIn(statement))
        AfterCreateTableAs(state, create, TextOf(source, plan->stmt_location, plan->stmt_len));
      break;
    case T_RefreshMatViewStmt:
      StoreOutputs(state, reinterpret_cast<RefreshMatViewStmt *>(statement)->relation,
                   Operation::kRefresh, TextOf(source, plan->stmt_location, plan->stmt_len));
      break;
    case T_CopyStmt:
      EndCopy(state, reinterpret_cast<CopyStmt *>(statement), rows);
      break;
    case T_AlterTableStmt:
      EndAlter(state, reinterpret_cast<AlterTableStmt *>(statement));
      break;
    case T_TruncateStmt:
      AfterTruncate(reinterpret_cast<TruncateStmt *>(statement));
      break;
    case T_CreateStmt: {
      CreateStmt *create = reinterpret_cast<CreateStmt *>(statement);
      if (create->oncommit != ONCOMMIT_DELETE_ROWS) break;
      Oid relid = RangeVarGetRelid(create->relation, NoLock, true);
      if (OidIsValid(relid)) TempDeletesRowsAtCommit(relid);
      break;
    }
    case T_ExecuteStmt:
      if (state->has_outputs) GiveRows(TopNode()->frame, state->outputs, state->rows);
      break;
    case T_FetchStmt:
      AfterFetch(reinterpret_cast<FetchStmt *>(statement));
      break;
    case T_DiscardStmt: {
      DiscardMode mode = reinterpret_cast<DiscardStmt *>(statement)->target;
      if (mode == DISCARD_ALL || mode == DISCARD_TEMP) TempDiscard();
      break;
    }
    default:
      break;
  }
}

WriteMark WrittenSoFar() {
  return WriteMark{compat::LocalTransaction(), GetCurrentCommandId(false)};
}

// Fills in what cannot fail; true when Prepare() has more to do.
bool Begin(UtilityState *state, Node *statement, ParamListInfo params) {
  state->rows = EmptySet();
  state->path = CurrentPath();
  state->kind = KindOf(statement);
  state->given = params;
  state->began = WrittenSoFar();
  state->makes_routine = IsA(statement, CreateFunctionStmt) &&
                         !reinterpret_cast<const CreateFunctionStmt *>(statement)->replace;
  return state->kind != UtilityKind::kOther &&
         (state->kind != UtilityKind::kCall ||
          !ArgumentsCarryNothing(reinterpret_cast<CallStmt *>(statement), params));
}

// The caller's frame takes what came back from a CALL. Looks at nothing but `state`: the procedure
// may have ended the transaction, and its own plan with it.
void AfterCall(UtilityState *state) {
  const StackNode *caller = TopNode();
  if (caller == nullptr || caller->kind != NodeKind::kRoutine) return;
  ObserveAll(&caller->frame->observed, state->observed);
  if (state->observed.items.Empty() || !TakesRows(caller)) return;
  const Observation &last = state->observed.items.Last();
  PodVector<const SourceSet *> columns = {};
  for (int i = 0; i < last.size; i++) columns.Append(state->observed.columns[last.first + i].set);
  GiveRows(caller->frame, columns, EmptySet());
}

// Whether After() has anything to do for a statement.
bool MattersAfter(const UtilityState *state, NodeTag tag) {
  switch (tag) {
    case T_CopyStmt:
    case T_TruncateStmt:
    case T_CreateStmt:
    case T_DiscardStmt:
      return true;
    default:
      return state->context != nullptr;
  }
}

bool FollowsTrack() { return settings.track != kTrackTop || TopFrame() == nullptr; }

void Utility(PlannedStmt *plan, const char *source, bool read_only_tree,
             ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
             DestReceiver *dest, QueryCompletion *completion) {
  if (!CaptureOn()) {
    next_utility(plan, source, read_only_tree, context, params, environment, dest, completion);
    return;
  }
  if (HookDepth() == 0) RetakePluginSlot();
  if (settings.warn_on_drop && context != PROCESS_UTILITY_SUBCOMMAND &&
      MayWarnBefore(plan->utilityStmt))
    Guarded("drop notice", [&] { WarnBefore(plan->utilityStmt); });
  UtilityState state = {};
  bool follows = FollowsTrack();
  if (follows && Begin(&state, plan->utilityStmt, params))
    follows = Guarded("utility begin", [&] { Prepare(&state, plan->utilityStmt, params); });
  NodeTag tag = nodeTag(plan->utilityStmt);
  int depth = StackDepth();
  StackNode *node = PushNode(NodeKind::kUtility);
  if (node != nullptr && follows) node->utility = &state;
  EnterHook();
  PG_TRY();
  {
    next_utility(plan, source, read_only_tree, context, params, environment, dest, completion);
    LeaveHook();
    CutBackTo(depth);
  }
  PG_CATCH();
  {
    LeaveHook();
    CutBackTo(depth);
    if (state.context != nullptr) MemoryContextDelete(state.context);
    PG_RE_THROW();
  }
  PG_END_TRY();
  // A procedure may have ended the transaction, or the statement dropped the extension.
  if (follows && MattersAfter(&state, tag) && CaptureOn())
    Guarded("utility end", [&] {
      if (tag == T_CallStmt) {
        AfterCall(&state);
      } else {
        After(&state, plan, source, completion);
      }
    });
  if (state.context != nullptr) MemoryContextDelete(state.context);
}

// The statement on top of the call stack, or NULL.
const UtilityState *TopUtility() {
  const StackNode *top = TopNode();
  return top != nullptr && top->kind == NodeKind::kUtility ? top->utility : nullptr;
}

void Access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg) {
  if (previous_access != nullptr) previous_access(access, class_id, object_id, sub_id, arg);
  if (access == OAT_FUNCTION_EXECUTE || access == OAT_NAMESPACE_SEARCH) return;  // of each call
  if (access == OAT_DROP && class_id == RelationRelationId && sub_id == 0 && !TempTablesEmpty())
    TempDropped(object_id);
  if (access == OAT_DROP && class_id == RelationRelationId) NoteGone(object_id, sub_id);
  if (class_id == ProcedureRelationId && (access == OAT_DROP || access == OAT_POST_CREATE))
    NoteRoutine(object_id, access == OAT_DROP);
  if (access != OAT_DROP && access != OAT_POST_ALTER) return;
  if (class_id == RewriteRelationId) NoteRule(object_id);
  if (class_id == TriggerRelationId) NoteTrigger(object_id);
}

}  // namespace

void InstallUtilityHook() {
  next_utility = ProcessUtility_hook != nullptr ? ProcessUtility_hook : standard_ProcessUtility;
  ProcessUtility_hook = Utility;
  previous_access = object_access_hook;
  object_access_hook = Access;
}

bool MakesNewRoutine() {
  const UtilityState *utility = TopUtility();
  return utility != nullptr && utility->makes_routine;
}

bool UtilityWrote() {
  const UtilityState *utility = TopUtility();
  if (utility == nullptr) return true;
  const WriteMark now = WrittenSoFar();
  const WriteMark began = utility->began;
  return now.transaction != began.transaction || now.command != began.command;
}

ResolveContext UtilityContext(const UtilityState *utility) {
  ResolveContext context = {utility->shape, utility->params, &utility->observed};
  context.records = utility->records;
  return context;
}

void KeepOutputs(UtilityState *utility, RunState *run) {
  ResolveContext context = RunContext(run);
  const Shape *shape = run->shape;
  utility->has_outputs = true;
  utility->outputs.size = utility->names.size = 0;
  for (int i = 0; i < shape->noutputs; i++)
    utility->outputs.Append(ResolveSet(context, shape->outputs[i]));
  TupleDesc desc = run->query->tupDesc;
  for (int i = 0; desc != nullptr && i < desc->natts && i < shape->noutputs; i++)
    utility->names.Append(
        MemoryContextStrdup(utility->context, NameStr(TupleDescAttr(desc, i)->attname)));
  utility->rows = UnionSets(ResolveSet(context, shape->rows), run->condition);
  utility->row_count = run->rows;
}

}  // namespace pg_lineage
