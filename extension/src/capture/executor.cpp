#include "capture/executor.h"

#include "capture/deferred.h"
#include "capture/emit.h"
#include "capture/held_cursors.h"
#include "capture/plpgsql.h"
#include "capture/plpgsql_dynamic.h"
#include "capture/prepared.h"
#include "capture/utility.h"
#include "edge/compat.h"
#include "edge/guard.h"
#include "edge/guc.h"
#include "lineage/shape_cache.h"
#include "lineage/uncalled.h"
#include "queue/shared.h"

namespace pg_lineage {

namespace {

planner_hook_type previous_planner = nullptr;
ExecutorStart_hook_type next_start = nullptr;
ExecutorRun_hook_type next_run = nullptr;
ExecutorFinish_hook_type next_finish = nullptr;
ExecutorEnd_hook_type next_end = nullptr;

RunState *live_runs = nullptr;
int hook_depth = 0;

void Unlink(void *arg) {
  TempUnwatch(&static_cast<RunState *>(arg)->temps);
  for (RunState **link = &live_runs; *link != nullptr; link = &(*link)->next) {
    if (*link == arg) {
      *link = (*link)->next;
      return;
    }
  }
}

// The server's own queries: foreign keys, and the difference queries of REFRESH CONCURRENTLY.
bool IsServersOwn(const QueryDesc *query, const StackNode *top) {
  if (InNoForceRLSOperation() && (top == nullptr || top->kind != NodeKind::kRoutine)) return true;
  return top != nullptr && top->kind == NodeKind::kUtility && top->utility != nullptr &&
         top->utility->kind == UtilityKind::kRefresh && query->dest->mydest != DestTransientRel;
}

bool WantsOutputs(const StackNode *top) {
  if (top == nullptr) return false;
  if (top->kind == NodeKind::kRoutine) return true;
  if (top->kind != NodeKind::kUtility || top->utility == nullptr) return false;
  UtilityKind kind = top->utility->kind;
  return kind == UtilityKind::kCreateTableAs || kind == UtilityKind::kRefresh ||
         kind == UtilityKind::kCopyTo || kind == UtilityKind::kExecute;
}

// Only the query whose rows the utility statement stores: event triggers run queries there as well.
bool IsStored(const QueryDesc *query, const UtilityState *utility) {
  CommandDest dest = query->dest->mydest;
  if (dest == DestNone) return utility->executes;  // a portal knows its receiver later
  return dest == DestIntoRel || dest == DestTransientRel || dest == DestCopyOut;
}

// Parameters of a query that a utility statement inside a routine runs: the routine's variables, or
// what USING passed. DECLARE CURSOR copies its parameters, EXECUTE has some of its own.
void ResolveOuterParams(RunState *run, const StackNode *top) {
  ParamListInfo params = run->query->params;
  const UtilityState *utility =
      top != nullptr && top->kind == NodeKind::kUtility ? top->utility : nullptr;
  const StackNode *caller = utility == nullptr ? nullptr : NodeBelow(top);
  if (utility != nullptr && params != utility->given &&
      utility->kind != UtilityKind::kDeclareCursor)
    return;
  for (int i = 0; i < run->shape->nparams; i++)
    run->params[i] = GivenParam(caller, params, run->shape->params[i]);
}

bool FiresTriggers(const QueryDesc *query) {
  ListCell *cell;
  foreach (cell, query->estate->es_opened_result_relations) {
    if (static_cast<ResultRelInfo *>(lfirst(cell))->ri_TrigDesc != nullptr) return true;
  }
  return false;
}

// The shape of a query that is to be followed, or NULL. Allocates nothing, cannot fail.
const Shape *ShapeToFollow(const QueryDesc *query) {
  StackNode *top = TopNode();
  uint64 key = 0;
  const Shape *shape = ReadTag(query->plannedstmt, &key) ? ShapeCacheFind(key) : nullptr;
  if (shape == nullptr && (query->operation == CMD_SELECT || query->operation == CMD_DELETE))
    return nullptr;
  if (IsServersOwn(query, top)) return nullptr;
  if (settings.track == kTrackTop && TopFrame() != nullptr) return nullptr;
  if (shape == nullptr) {
    HealthCount(Health::kUntaggedExecutions);
    return nullptr;
  }
  if (top == nullptr)
    return shape->nwrites > 0 || shape->ncalls > 0 || FiresTriggers(query) ? shape : nullptr;
  if (top->kind == NodeKind::kRoutine && CarriesNothing(query, shape, top->frame)) return nullptr;
  return shape;
}

void StartRun(QueryDesc *query, const Shape *shape) {
  StackNode *top = TopNode();
  MemoryContext caller = MemoryContextSwitchTo(query->estate->es_query_cxt);
  RunState *run = static_cast<RunState *>(palloc0(sizeof(RunState)));
  run->query = query;
  run->shape = shape;
  run->dest = query->dest->mydest;
  run->params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++) run->params[i] = EmptySet();
  run->observed.items.context = run->observed.columns.context = CurrentMemoryContext;
  run->temps.before.context = CurrentMemoryContext;
  run->temp_writes = TempWrites();
  run->temps.anew = shape->reads_anew;
  for (int w = 0; w < shape->nwrites; w++) {
    if (shape->writes[w].temp) run->temps.own = shape->writes[w].target;
  }
  MemoryContextCallback *callback =
      static_cast<MemoryContextCallback *>(palloc0(sizeof(MemoryContextCallback)));
  callback->func = Unlink;
  callback->arg = run;
  MemoryContextSwitchTo(caller);
  run->path = CurrentPath();
  run->condition = run->within = EmptySet();
  if (settings.track_control_flow) {
    run->condition = CallerCondition(top);
    if (top != nullptr && top->kind == NodeKind::kRoutine) run->within = OwnCondition(top->frame);
  }
  run->next = live_runs;
  live_runs = run;
  if (shape->reads_temp) TempWatch(&run->temps);
  MemoryContextRegisterResetCallback(query->estate->es_query_cxt, callback);
  if (top != nullptr && top->kind == NodeKind::kRoutine) {
    BindToFrame(run, top->frame);
  } else if (top == nullptr || top->kind != NodeKind::kUtility || top->utility == nullptr ||
             !TakeArguments(run, top->utility)) {
    ResolveOuterParams(run, top);
  }
  if (top != nullptr && top->kind == NodeKind::kUtility && WantsOutputs(top) &&
      IsStored(query, top->utility))
    run->utility = top->utility;
}

// True while the frame whose statement runs the query is the innermost one. A cursor may outlive
// its routine, and another one may use the frame's memory then.
bool FrameRuns(const RunState *run) {
  StackNode *top = TopNode();
  return run->frame != nullptr && top != nullptr && top->kind == NodeKind::kRoutine &&
         top->frame == run->frame && run->frame->serial == run->frame_serial;
}

// Calls in an expression may have changed the temporary tables that it looked at, and its value is
// told at the end of its statement.
void KeepSeen(const RunState *run) {
  if (run->temps.before.Empty() || run->frame->estate == nullptr) return;
  TempView *seen = &run->frame->seen;
  seen->anew = run->temps.anew;
  seen->before.size = 0;
  for (const TempBefore &before : run->temps.before) seen->before.Append(before);
  run->frame->seen_key = run->shape->key;
}

// A function in C ran this query for the one above, and made its result of it (ts_stat, crosstab).
void ReportToCaller(const RunState *run) {
  const StackNode *top = TopNode();
  if (run->frame != nullptr || run->utility != nullptr || run->shape->noutputs == 0 ||
      top == nullptr || top->kind != NodeKind::kRun || top->run == nullptr || top->run == run)
    return;
  const Shape *caller = top->run->shape;
  bool asks = false;
  for (int i = 0; i < caller->ncalls && !asks; i++) asks = caller->calls[i].function == kQueriesRun;
  if (!asks) return;
  ResolveContext context = RunContext(run);
  const SourceSet *rows = ResolveSet(context, run->shape->rows);
  const SourceSet *all = EmptySet();
  for (int i = 0; i < run->shape->noutputs; i++)
    all = UnionSets(all, ResolveSet(context, run->shape->outputs[i]));
  ResultTaint result = {};
  ClearResult(&result);
  AddResultRow(&result, 1, &all, rows);
  Observe(&top->run->observed, {kQueriesRun, kAnySite}, result);
}

void FinishRun(RunState *run) {
  ObserveUncalled(run->shape, run->params, &run->observed);
  EmitRun(run);
  NoteFiring(run);
  if (run->utility != nullptr) KeepOutputs(run->utility, run);
  KeepIfHeld(run);
  ReportToCaller(run);
  if (run->shape->ncalls == 0 || !FrameRuns(run)) return;
  KeepSeen(run);
  const PodVector<StatementEntry> &statements = run->frame->statements;
  bool current =
      run->statement == nullptr ||
      (!statements.Empty() && statements.items[statements.size - 1].statement == run->statement);
  if (current) AssignOutputs(run);
  ObserveAll(&run->frame->observed, run->observed);
}

// Tells whether the query can matter: it writes, may call what writes, or its output is looked at.
bool WantsShape(Query *query) {
  if (query->commandType == CMD_UTILITY || !CaptureOn()) return false;
  if (settings.track == kTrackTop && TopFrame() != nullptr) return false;
  return StackDepth() > 0 || QueryMayWrite(query);
}

// Planning itself may fail, when it computes what is constant: the handler asks what it looked at.
void NotePlanning(const Shape *shape) {
  const StackNode *top = TopNode();
  if (top != nullptr && top->kind == NodeKind::kRoutine && !top->frame->statements.Empty())
    top->frame->statements.Last().shape = shape;
}

PlannedStmt *Plan(Query *query, const char *text, int options, ParamListInfo params) {
  const Shape *shape = WantsShape(query) ? ShapeOf(query) : nullptr;
  if (shape != nullptr) NotePlanning(shape);
  PlannedStmt *plan = previous_planner != nullptr ? previous_planner(query, text, options, params)
                                                  : standard_planner(query, text, options, params);
  if (shape != nullptr) TagPlan(plan, shape->key);
  return plan;
}

void Start(QueryDesc *query, int flags) {
  next_start(query, flags);
  if ((flags & EXEC_FLAG_EXPLAIN_ONLY) != 0 || !CaptureOn()) return;
  const Shape *shape = ShapeToFollow(query);
  if (shape != nullptr) Guarded("query start", [&] { StartRun(query, shape); });
}

// Runs `body` with this query's node on the call stack, which is restored on both exits.
template <typename Body>
void WithNode(QueryDesc *query, Body body) {
  if (hook_depth == 0) {
    RetakePluginSlot();
    NoticeCaptureChange();
  }
  int depth = StackDepth();
  hook_depth++;
  StackNode *node = PushNode(NodeKind::kRun);
  if (node != nullptr) {
    node->run = FindRun(query);
    if (node->run != nullptr) node->path = node->run->path;
  }
  PG_TRY();
  { body(); }
  PG_FINALLY();
  {
    hook_depth--;
    CutBackTo(depth);
  }
  PG_END_TRY();
}

void Run(PGL_RUN_PARAMS) {
  if (!CaptureOn()) {
    next_run(PGL_RUN_ARGS);
    return;
  }
  WithNode(query_desc, [&] { next_run(PGL_RUN_ARGS); });
  RunState *run = FindRun(query_desc);
  if (run == nullptr) return;
  run->rows += query_desc->estate->es_processed;
  // What RETURNING gives of a temporary table, triggers may have changed.
  const bool returns = OidIsValid(run->temps.own) && run->shape->noutputs > 0;
  if ((run->shape->ncalls == 0 && !returns) || !CaptureOn()) return;
  Guarded("query run", [&] {
    ReportCalls(TopNode(), run);
    if (!FrameRuns(run)) return;
    ObserveUncalled(run->shape, run->params, &run->observed);
    AssignOutputs(run);
  });
}

// True when nothing runs at the end of a query that may want to know who called it: one that only
// reads fires no triggers.
bool FinishesQuietly(const EState *state) {
  return (state->es_top_eflags & EXEC_FLAG_SKIP_TRIGGERS) != 0 && state->es_auxmodifytables == NIL;
}

void Finish(QueryDesc *query) {
  if (FinishesQuietly(query->estate) || !CaptureOn()) {
    next_finish(query);
    return;
  }
  WithNode(query, [&] { next_finish(query); });
}

void End(QueryDesc *query) {
  RunState *run = FindRun(query);
  if (run != nullptr && CaptureOn()) Guarded("query end", [&] { FinishRun(run); });
  next_end(query);
}

}  // namespace

void InstallExecutorHooks() {
  previous_planner = planner_hook;
  planner_hook = Plan;
  next_start = ExecutorStart_hook != nullptr ? ExecutorStart_hook : standard_ExecutorStart;
  ExecutorStart_hook = Start;
  next_run = ExecutorRun_hook != nullptr ? ExecutorRun_hook : standard_ExecutorRun;
  ExecutorRun_hook = Run;
  next_finish = ExecutorFinish_hook != nullptr ? ExecutorFinish_hook : standard_ExecutorFinish;
  ExecutorFinish_hook = Finish;
  next_end = ExecutorEnd_hook != nullptr ? ExecutorEnd_hook : standard_ExecutorEnd;
  ExecutorEnd_hook = End;
}

RunState *FindRun(const QueryDesc *query) {
  for (RunState *run = live_runs; run != nullptr; run = run->next) {
    if (run->query == query) return run;
  }
  return nullptr;
}

bool RunsLive() { return live_runs != nullptr; }

ResolveContext RunContext(const RunState *run) {
  ResolveContext context = {run->shape, run->params, &run->observed};
  context.records = run->records;
  if (run->shape->reads_temp) context.temps = &run->temps;
  return context;
}

void NoticeCaptureChange() {
  static bool captured = true;
  static int tracked = kTrackAll;
  bool more = (settings.enabled && !captured) || settings.track > tracked;
  captured = settings.enabled;
  tracked = settings.track;
  if (more) ResetPlanCache();
}

int HookDepth() { return hook_depth; }
void EnterHook() { hook_depth++; }
void LeaveHook() { hook_depth--; }

const Shape *ShapeOf(Query *query) {
  const Shape *kept = nullptr;
  Guarded("planning", [&] { kept = ShapeCacheKeep(BuildShape(query)); });
  return kept;
}

}  // namespace pg_lineage
