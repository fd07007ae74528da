#include "capture/plpgsql.h"

#include "capture/emit.h"
#include "capture/ends.h"
#include "capture/fmgr.h"
#include "capture/plpgsql_info.h"
#include "capture/plpgsql_quiet.h"
#include "capture/trigger.h"
#include "capture/trigger_when.h"
#include "capture/utility.h"
#include "edge/compat.h"
#include "edge/guard.h"
#include "edge/guc.h"
#include "lineage/remote.h"
#include "lineage/resolve.h"
#include "lineage/shape_cache.h"
#include "lineage/temp_tables.h"
#include "queue/routine_ends.h"

namespace pg_lineage {

namespace {

PLpgSQL_plugin *previous_plugin = nullptr;
bool in_chain = false;  // a previous plugin runs; if it chains back to us, we have done our part

void FuncSetup(PLpgSQL_execstate *estate, PLpgSQL_function *function);
void FuncBegin(PLpgSQL_execstate *estate, PLpgSQL_function *function);
void FuncEnd(PLpgSQL_execstate *estate, PLpgSQL_function *function);
void StmtBegin(PLpgSQL_execstate *estate, PLpgSQL_stmt *statement);
void StmtEnd(PLpgSQL_execstate *estate, PLpgSQL_stmt *statement);

PLpgSQL_plugin plugin = {FuncSetup, FuncBegin, FuncEnd, StmtBegin, StmtEnd,
                         nullptr,   nullptr,   nullptr, nullptr,   nullptr};

template <typename Callback, typename Argument>
pg_noinline void CallPrevious(Callback callback, PLpgSQL_execstate *estate, Argument argument) {
  in_chain = true;
  PG_TRY();
  { callback(estate, argument); }
  PG_FINALLY();
  { in_chain = false; }
  PG_END_TRY();
}

// Calls the plugin that was in the slot before us.
template <typename Callback, typename Argument>
inline void Chain(Callback PLpgSQL_plugin::*member, PLpgSQL_execstate *estate, Argument argument) {
  if (previous_plugin != nullptr && previous_plugin->*member != nullptr)
    CallPrevious(previous_plugin->*member, estate, argument);
}

// The frame of an execution below the top, once what an error left above it is cut off.
pg_noinline RoutineFrame *FrameBelow(const PLpgSQL_execstate *estate) {
  for (StackNode *node = TopNode(); node != nullptr; node = NodeBelow(node)) {
    if (node->kind != NodeKind::kRoutine || node->frame->estate != estate) continue;
    while (TopNode() != node) CutBackTo(StackDepth() - 1);
    NoteWork();
    return node->frame;
  }
  return nullptr;
}

// The frame of an execution; NULL when it is not followed.
inline RoutineFrame *FrameOf(const PLpgSQL_execstate *estate) {
  const StackNode *top = TopNode();
  const bool is_top =
      top != nullptr && top->kind == NodeKind::kRoutine && top->frame->estate == estate;
  return is_top ? top->frame : FrameBelow(estate);
}

void BeginTrigger(RoutineFrame *frame, const StackNode *caller) {
  TriggerData *data = frame->estate->trigdata;
  FiredRows rows = EnterTrigger(frame, caller, data->tg_relation, TypeOf(data->tg_event));
  if (rows.new_row == nullptr) return;
  // What is no row is NULL, and no source.
  if (!TRIGGER_FIRED_BY_DELETE(data->tg_event))
    frame->slots[frame->function->new_varno].record = rows.new_row;
  if (!TRIGGER_FIRED_BY_INSERT(data->tg_event))
    frame->slots[frame->function->old_varno].record = rows.old_row;
  frame->initial_new = rows.new_row;
  if (settings.track_control_flow)
    frame->base_condition = UnionSets(frame->base_condition,
                                      WhenCondition(data->tg_trigger, rows.old_row, rows.new_row));
}

// The shape of what a BEFORE trigger put into NEW; $n is the n-th field. NULL when nothing changed.
const Shape *ReturnedShape(const RoutineFrame *frame, const RecordTaint *now) {
  TupleDesc desc = RelationGetDescr(frame->estate->trigdata->tg_relation);
  PodVector<int16> columns = {};
  bool changed = false;
  for (int i = 0; i < now->size && i < desc->natts; i++) {
    bool kept = i < frame->initial_new->size && now->fields[i] == frame->initial_new->fields[i];
    changed = changed || !kept;
    int16 column = TupleDescAttr(desc, i)->attnum;
    if (frame->trigger_node != frame->trigger_relation)
      column = get_attnum(frame->trigger_node, NameStr(TupleDescAttr(desc, i)->attname));
    columns.Append(kept ? static_cast<int16>(0) : column);
  }
  RowSpec row = {columns.size, columns.items, false, nullptr, NIL};
  return changed ? ShapeCacheKeep(BuildRowShape(frame->trigger_node, row)) : nullptr;
}

// What decided inside a BEFORE trigger whether its row is stored: an edge to the rows, beside what
// decides about the firing statement itself.
const SourceSet *LetThrough(const RoutineFrame *frame, const StackNode *caller) {
  if (frame->kept->size == 0) return EmptySet();
  const SourceSet *outer = CallerCondition(caller);
  SourceBag bag = {};
  for (int i = 0; i < frame->kept->size; i++) {
    bool known = false;
    for (int j = 0; j < outer->size && !known; j++)
      known = memcmp(&frame->kept->items[i], &outer->items[j], sizeof(Source)) == 0;
    if (!known) bag.Add(frame->kept->items[i]);
  }
  return bag.items.Empty() ? EmptySet() : bag.Intern();
}

// What a BEFORE trigger put into NEW is an edge of its own; generated columns are computed from it.
void AddReturnedRow(const RoutineFrame *frame, Flow *flow) {
  const RecordTaint *now = frame->returned;
  const Shape *shape = ReturnedShape(frame, now);
  if (shape == nullptr) return;
  const SourceSet **params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++) params[i] = now->fields[shape->params[i].paramid - 1];
  const ShapeWrite &write = shape->writes[0];
  for (int i = 0; i < write.ncolumns; i++) {
    flow->columns.Append(write.columns[i].column);
    flow->sources.Append(ResolveSet({shape, params, nullptr}, write.columns[i].sources));
  }
}

// Everything that the flow of a BEFORE trigger depends on, by pointer: of the row that it gave, as
// its fields tell their columns. 0: on more than that, for generated columns are computed from it.
uint64 RowKey(const RoutineFrame *frame, const Flow &flow, bool stores) {
  TupleDesc desc = RelationGetDescr(frame->estate->trigdata->tg_relation);
  for (int i = 0; desc->constr != nullptr && i < desc->natts; i++) {
    if (TupleDescAttr(desc, i)->attgenerated != '\0') return 0;
  }
  uint64 key = MixPointer(RemoteGeneration(), flow.path);
  key = MixPointer(hash_combine64(key, flow.target), flow.rows);
  if (!stores) return key;
  return MixPointer(MixPointer(key, frame->initial_new), frame->returned);
}

void EmitTriggerRow(RoutineFrame *frame, const StackNode *caller, const EventPath *path) {
  if (!frame->before_row_trigger) return;
  Flow flow = {};
  flow.rows = LetThrough(frame, caller);
  if (flow.rows->size > 0) DecideFurther(caller, flow.rows);
  const bool stores = frame->returned != nullptr && frame->returned != frame->initial_new &&
                      !TRIGGER_FIRED_BY_DELETE(frame->estate->trigdata->tg_event);
  if (flow.rows->size == 0 && !stores) return;
  flow.target = frame->trigger_node;
  flow.operation = Operation::kTrigger;
  flow.origin = Origin::kObserved;
  flow.path = path;
  const uint64 key = RowKey(frame, flow, stores);
  if (EmitKept(flow.target, key)) return;
  if (stores) AddReturnedRow(frame, &flow);
  if (flow.rows->size > 0 || !flow.columns.Empty()) EmitFlow(flow, {}, -1, key);
}

void BeginRoutine(PLpgSQL_execstate *estate, PLpgSQL_function *function) {
  const StackNode *caller = TopNode();
  StackNode *node = PushNode(NodeKind::kRoutine);
  if (node == nullptr) return;
  RoutineFrame *frame = AcquireFrame(StackDepth() - 1, estate->ndatums);
  node->frame = frame;
  frame->estate = estate;
  frame->function = function;
  frame->info = InfoOf(function);
  frame->routine = function->fn_oid;
  frame->site = TakeCallSite(function->fn_oid);
  frame->called_under = CallerCondition(caller);
  if (estate->trigdata != nullptr) {
    BeginTrigger(frame, caller);
  } else if (function->fn_nargs > 0) {
    ArgumentSets arguments = {};
    CallerArguments(caller, {frame->routine, frame->site}, &arguments);
    for (int i = 0; i < function->fn_nargs && i < arguments.values.size; i++)
      frame->slots[function->fn_argvarnos[i]] = {arguments.values[i], arguments.records[i]};
    NoteStrictness(frame, arguments);
  }
  node->path = ExtendPath(node->path, frame->routine, frame->trigger_relation);
}

// A routine called by a CALL that carries nothing, under no condition, met before: nothing to
// allocate, nothing that can fail, so no guard.
bool BeginRoutineQuickly(PLpgSQL_execstate *estate, PLpgSQL_function *function) {
  const StackNode *caller = TopNode();
  int depth = StackDepth();
  if (caller == nullptr || caller->kind != NodeKind::kUtility || estate->trigdata != nullptr ||
      depth >= kMaxNodes || !FrameReady(depth, estate->ndatums) ||
      (caller->utility != nullptr && caller->utility->shape != nullptr))
    return false;
  const RoutineFrame *outer = TopFrame();
  if (outer != nullptr && !RunsUnconditionally(outer)) return false;
  FunctionInfo *info = KnownInfo(function);
  const EventPath *path = KnownPath(caller->path, function->fn_oid, InvalidOid);
  if (info == nullptr || path == nullptr) return false;
  StackNode *node = PushNode(NodeKind::kRoutine);
  RoutineFrame *frame = AcquireFrame(depth, estate->ndatums);
  node->frame = frame;
  frame->estate = estate;
  frame->function = function;
  frame->info = info;
  frame->routine = function->fn_oid;
  node->path = path;
  BeginAsBefore(frame);
  return true;
}

// A trigger for another row of the statement that fired it before, without WHEN: as above. Guarded
// work may have been done since, so it begins anew all the same.
bool BeginTriggerQuickly(PLpgSQL_execstate *estate, PLpgSQL_function *function) {
  const StackNode *caller = TopNode();
  const TriggerData *data = estate->trigdata;
  const int depth = StackDepth();
  if (data == nullptr || caller == nullptr || depth >= kMaxNodes ||
      !RowsKnown(caller, data->tg_relation, TypeOf(data->tg_event)) ||
      data->tg_trigger->tgqual != nullptr || caller->run->decides == nullptr ||
      !FrameReady(depth, estate->ndatums) || KnownInfo(function) == nullptr ||
      KnownPath(caller->path, function->fn_oid, RelationGetRelid(data->tg_relation)) == nullptr)
    return false;
  NoteWork();
  BeginRoutine(estate, function);
  return true;
}

// A procedure without OUT parameters tells its caller nothing, nor does a trigger that gives no
// row.
bool EndsQuietly(const RoutineFrame *frame) {
  if (OidIsValid(frame->trigger_relation)) return !frame->before_row_trigger;
  return frame->function->fn_prokind == PROKIND_PROCEDURE && frame->function->out_param_varno < 0;
}

void EndRoutine(RoutineFrame *frame) {
  StackNode *node = TopNode();
  StackNode *caller = NodeBelow(node);
  if (frame->trigger_relation != InvalidOid) {
    EmitTriggerRow(frame, caller, node->path);
  } else {
    bool procedure = frame->function->fn_prokind == PROKIND_PROCEDURE;
    if (procedure && frame->function->out_param_varno >= 0) {
      ClearResult(&frame->result);
      ReadVariable(frame, frame->function->out_param_varno, &frame->result);
    }
    if (!procedure || !frame->result.columns.Empty())
      ReportResult(caller, {frame->routine, frame->site}, frame->result);
  }
  CutBackTo(StackDepth() - 1);
}

void FuncSetup(PLpgSQL_execstate *estate, PLpgSQL_function *function) {
  if (in_chain) return;
  if (previous_plugin != nullptr) {
    // PL/pgSQL fills in only the struct it sees.
    previous_plugin->error_callback = plugin.error_callback;
    previous_plugin->assign_expr = plugin.assign_expr;
    previous_plugin->assign_value = plugin.assign_value;
    previous_plugin->eval_datum = plugin.eval_datum;
    previous_plugin->cast_value = plugin.cast_value;
  }
  Chain(&PLpgSQL_plugin::func_setup, estate, function);
}

void FuncBegin(PLpgSQL_execstate *estate, PLpgSQL_function *function) {
  if (in_chain) return;
  Chain(&PLpgSQL_plugin::func_beg, estate, function);
  if (CaptureOn() && !BeginRoutineQuickly(estate, function) &&
      !BeginTriggerQuickly(estate, function))
    Guarded("routine begin", [&] { BeginRoutine(estate, function); });
}

void FuncEnd(PLpgSQL_execstate *estate, PLpgSQL_function *function) {
  if (in_chain) return;
  RoutineFrame *frame = FrameOf(estate);
  if (frame != nullptr) {
    int depth = StackDepth() - 1;
    if (RunsMatter()) NoteRun(TopNode(), compat::FunctionVersion(function));
    if (!CaptureRests() && !EndsQuietly(frame)) Guarded("routine end", [&] { EndRoutine(frame); });
    CutBackTo(depth);
    EndAsBefore(frame);
  }
  Chain(&PLpgSQL_plugin::func_end, estate, function);
}

pg_noinline void BeginFully(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  if (!BeginStatementQuickly(frame, statement))
    Guarded("statement begin", [&] { BeginStatement(frame, statement); });
}

pg_noinline void EndFully(RoutineFrame *frame, PLpgSQL_stmt *statement) {
  if (!EndStatementQuickly(frame, statement))
    Guarded("statement end", [&] { EndStatement(frame, statement); });
}

void StmtBegin(PLpgSQL_execstate *estate, PLpgSQL_stmt *statement) {
  if (in_chain) return;
  RoutineFrame *frame = FrameOf(estate);
  if (frame != nullptr && !CaptureRests() && !BeginQuietly(frame, statement))
    BeginFully(frame, statement);
  Chain(&PLpgSQL_plugin::stmt_beg, estate, statement);
}

void StmtEnd(PLpgSQL_execstate *estate, PLpgSQL_stmt *statement) {
  if (in_chain) return;
  RoutineFrame *frame = FrameOf(estate);
  if (frame != nullptr && !CaptureRests() && !EndQuietly(frame, statement))
    EndFully(frame, statement);
  Chain(&PLpgSQL_plugin::stmt_end, estate, statement);
}

PLpgSQL_plugin **Slot() {
  static PLpgSQL_plugin **slot = nullptr;
  if (slot == nullptr)
    slot = reinterpret_cast<PLpgSQL_plugin **>(find_rendezvous_variable("PLpgSQL_plugin"));
  return slot;
}

}  // namespace

void InstallPlpgsqlPlugin() {
  previous_plugin = *Slot();
  *Slot() = &plugin;
}

void RetakePluginSlot() {
  PLpgSQL_plugin **slot = Slot();
  if (*slot == &plugin) return;
  previous_plugin = *slot;
  *slot = &plugin;
}

}  // namespace pg_lineage
