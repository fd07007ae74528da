#include "capture/fmgr.h"

#include "capture/call_stack.h"
#include "capture/ends.h"
#include "capture/frame.h"
#include "capture/emit.h"
#include "capture/plpgsql.h"
#include "capture/trigger.h"
#include "edge/guard.h"
#include "lineage/resolve.h"
#include "queue/routine_ends.h"

namespace pg_lineage {

namespace {

needs_fmgr_hook_type previous_needs = nullptr;
fmgr_hook_type previous_hook = nullptr;

// One call: the depth to return to, and the argument of the hook below us.
struct Call {
  int depth;  // -1: no frame was pushed
  Datum previous_private;
};

// The call that began last. A PL/pgSQL function begins its frame itself, right after.
Callee coming = {InvalidOid, kAnySite};

// Results are told apart by place only where one statement calls a function at several.
int SiteOf(const FmgrInfo *function) {
  if (!CalledAtSeveralSites(function->fn_oid)) return kAnySite;
  return CallSite(static_cast<Node *>(function->fn_expr));
}

bool WantsFrame(Oid function) {
  if (function < FirstNormalObjectId) return false;
  if (const FunctionTraits *known = KnownTraits(function)) return known->needs_frame && CaptureOn();
  if (!CaptureOn()) return false;
  bool wants = false;
  Guarded("function look-up", [&] { wants = TraitsOf(function)->needs_frame; });
  return wants;
}

bool Needs(Oid function) {
  return (previous_needs != nullptr && previous_needs(function)) || WantsFrame(function) ||
         CalledAtSeveralSites(function);
}

// A trigger of another language: its rows are what it is given.
void BeginTrigger(RoutineFrame *frame, const StackNode *caller, const FmgrInfo *function,
                  SourceBag *held) {
  CalledTrigger trigger = {};
  if (!FindTrigger(caller, function, &trigger)) return;
  Relation relation = RelationIdGetRelation(trigger.relation);
  if (relation == nullptr) return;
  FiredRows rows = EnterTrigger(frame, caller, relation, trigger.type);
  RelationClose(relation);
  if (rows.new_row == nullptr) return;
  held->AddSet(RecordUnion(rows.new_row), kTransformation);
  held->AddSet(RecordUnion(rows.old_row), kTransformation);
}

// What a function is given whose variables cannot be seen.
void BeginHidden(RoutineFrame *frame, const StackNode *caller, const FmgrInfo *function) {
  SourceBag held = {};
  for (int i = 0; i < frame->nslots; i++) {
    held.AddSet(frame->slots[i].value, kTransformation);
    if (frame->slots[i].record != nullptr)
      held.AddSet(RecordUnion(frame->slots[i].record), kTransformation);
  }
  BeginTrigger(frame, caller, function, &held);
  frame->held = held.items.Empty() ? EmptySet() : held.Intern();
}

// A BEFORE trigger may have put what it read into NEW; which column is not seen, so it decides.
void EmitHiddenTrigger(const RoutineFrame *frame, const EventPath *path) {
  if (!frame->before_row_trigger || !frame->has_read) return;
  Flow flow = {};
  flow.target = frame->trigger_node;
  flow.operation = Operation::kTrigger;
  flow.origin = Origin::kObserved;
  flow.path = path;
  flow.rows = AsCondition(frame->held);
  EmitFlow(flow, {}, -1);
}

void Begin(Call *call, const FmgrInfo *called, int site) {
  Oid function = called->fn_oid;
  const StackNode *caller = TopNode();
  int depth = StackDepth();
  StackNode *node = PushNode(NodeKind::kRoutine);
  if (node == nullptr) return;
  call->depth = depth;
  ArgumentSets arguments = {};
  CallerArguments(caller, {function, site}, &arguments);
  RoutineFrame *frame = AcquireFrame(depth, arguments.values.size);
  node->frame = frame;
  frame->routine = function;
  frame->site = site;
  frame->called_under = CallerCondition(caller);
  for (int i = 0; i < arguments.values.size; i++)
    frame->slots[i] = {arguments.values[i], arguments.records[i]};
  NoteStrictness(frame, arguments);
  if (TraitsOf(function)->hides_values) BeginHidden(frame, caller, called);
  node->path = ExtendPath(node->path, function, frame->trigger_relation);
}

void FinishFrame(StackNode *node) {
  RoutineFrame *frame = node->frame;
  if (OidIsValid(frame->trigger_relation)) {
    EmitHiddenTrigger(frame, node->path);
    return;
  }
  if (frame->has_read) frame->result.whole = frame->held;
  if (TraitsOf(frame->routine)->cls != FunctionClass::kTraced || frame->has_read ||
      !frame->result.columns.Empty())
    ReportResult(NodeBelow(node), {frame->routine, frame->site}, frame->result);
}

void Finish(Call *call) {
  if (StackDepth() <= call->depth) return;
  CutBackTo(call->depth + 1);
  StackNode *node = TopNode();
  if (RunsMatter()) NoteRun(node, 0);
  if (CaptureOn()) {
    Guarded("function end", [&] { FinishFrame(node); });
  }
  CutBackTo(call->depth);
}

void Hook(FmgrHookEventType event, FmgrInfo *function, Datum *argument) {
  Call *call = reinterpret_cast<Call *>(DatumGetPointer(*argument));
  if (event == FHET_START) {
    if (call == nullptr) {
      call = static_cast<Call *>(MemoryContextAllocZero(function->fn_mcxt, sizeof(Call)));
      *argument = PointerGetDatum(call);
    }
    call->depth = -1;
    if (previous_hook != nullptr) previous_hook(event, function, &call->previous_private);
    int site = SiteOf(function);
    coming = {function->fn_oid, site};
    if (WantsFrame(function->fn_oid))
      Guarded("function begin", [&] { Begin(call, function, site); });
    return;
  }
  if (call == nullptr) return;
  if (call->depth >= 0) {
    if (event == FHET_END) {
      Finish(call);
    } else {
      CutBackTo(call->depth);
    }
    call->depth = -1;
  }
  if (previous_hook != nullptr) previous_hook(event, function, &call->previous_private);
}

}  // namespace

int TakeCallSite(Oid function) {
  int site = coming.function == function ? coming.site : kAnySite;
  coming = {InvalidOid, kAnySite};
  return site;
}

void InstallFmgrHook() {
  previous_needs = needs_fmgr_hook;
  needs_fmgr_hook = Needs;
  previous_hook = fmgr_hook;
  fmgr_hook = Hook;
}

}  // namespace pg_lineage
