// What calls gave, on the way to the statement that made them.
#include "capture/plpgsql.h"
#include "capture/utility.h"

namespace pg_lineage {

namespace {

// Where a node keeps what its calls gave; NULL: nowhere.
ObservationList *ObservedBy(const StackNode *node) {
  if (node == nullptr) return nullptr;
  if (node->kind == NodeKind::kRun) return node->run == nullptr ? nullptr : &node->run->observed;
  if (node->kind == NodeKind::kRoutine) return &node->frame->observed;
  return node->utility == nullptr || node->utility->context == nullptr ? nullptr
                                                                       : &node->utility->observed;
}

}  // namespace

void ReportCalls(const StackNode *caller, const RunState *run) {
  if (run->dest != DestSQLFunction || run->frame != nullptr || run->shape->ncalls == 0) return;
  ObservationList *list = ObservedBy(caller);
  // Nothing is known here of the function's arguments, which may have gone on to those calls.
  bool in_part = run->shape->nparams > 0;
  if (list != nullptr && list != &run->observed) ObserveAll(list, run->observed, in_part);
}

void ReportResult(const StackNode *caller, const Callee &callee, const ResultTaint &result) {
  ObservationList *list = ObservedBy(caller);
  if (list != nullptr) Observe(list, callee, result);
}

}  // namespace pg_lineage
