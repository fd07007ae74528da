#include "capture/fmgr.h"

#include "capture/call_stack.h"
#include "capture/frame.h"
#include "capture/plpgsql.h"
#include "edge/guard.h"
#include "lineage/resolve.h"

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
  if (function < FirstNormalObjectId || !CaptureOn()) return false;
  bool wants = false;
  Guarded("function look-up", [&] { wants = TraitsOf(function)->needs_frame; });
  return wants;
}

bool Needs(Oid function) {
  return (previous_needs != nullptr && previous_needs(function)) || WantsFrame(function) ||
         CalledAtSeveralSites(function);
}

void Begin(Call *call, Oid function, int site) {
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
  frame->base_condition = CallerCondition(caller);
  for (int i = 0; i < arguments.values.size; i++)
    frame->slots[i] = {arguments.values[i], arguments.records[i]};
  NoteStrictness(frame, arguments);
  node->path = ExtendPath(node->path, function, InvalidOid);
}

void Finish(Call *call) {
  if (StackDepth() <= call->depth) return;
  CutBackTo(call->depth + 1);
  StackNode *node = TopNode();
  if (CaptureOn()) {
    Guarded("function end", [&] {
      if (TraitsOf(node->frame->routine)->cls != FunctionClass::kTraced ||
          !node->frame->result.columns.Empty())
        ReportResult(NodeBelow(node), {node->frame->routine, node->frame->site},
                     node->frame->result);
    });
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
      Guarded("function begin", [&] { Begin(call, function->fn_oid, site); });
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
