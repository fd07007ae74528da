#include "capture/transaction.h"

#include "capture/call_stack.h"
#include "capture/deferred.h"
#include "capture/emit.h"
#include "capture/ends.h"
#include "capture/executor.h"
#include "capture/frame.h"
#include "capture/plpgsql.h"
#include "edge/guard.h"
#include "edge/server.h"
#include "lineage/shape_cache.h"
#include "lineage/source_set.h"
#include "lineage/temp_tables.h"
#include "lineage/uncalled.h"
#include "queue/event.h"

namespace pg_lineage {

namespace {

constexpr Size kMaxSetMemory = 32 * 1024 * 1024;

// Empties the caches that hold interned sets; only when nothing runs.
void Trim() {
  EmitReset();
  ShapeCacheTrim();
  FramesReset();
  ExprMemosReset();
  UncalledReset();
  TempCarryOver();
}

// Before the commit, not after it: an error could not be survived there.
void TrimWhenFull() {
  if (HookDepth() > 0 || StackDepth() > 0 || RunsLive()) return;
  if (ShapeCacheFull() || SourceSetsMemory() > kMaxSetMemory) Guarded("trimming", [&] { Trim(); });
}

void TransactionEnd(XactEvent event, void *) {
  if (IsParallelWorker()) return;
  if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE) TrimWhenFull();
  bool committed = event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE;
  if (!committed && event != XACT_EVENT_ABORT) return;
  TempTransactionEnd(committed);
  DeferredEnd();
  ForgetTriggerFunctions();
  EndCaptureRest();
  NoticeCaptureChange();
  if (HookDepth() > 0) return;  // a procedure goes on
  CutBackTo(0);
}

void SubTransactionEnd(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
  if (IsParallelWorker()) return;
  int level = GetCurrentTransactionNestLevel();
  if (event == SUBXACT_EVENT_COMMIT_SUB) {
    TempSubCommit(level);
    DeferredSubCommit(level);
  } else if (event == SUBXACT_EVENT_ABORT_SUB) {
    TempSubAbort(level);
    DeferredSubAbort(level);
  }
}

}  // namespace

void InstallTransactionEnds() {
  RegisterXactCallback(TransactionEnd, nullptr);
  RegisterSubXactCallback(SubTransactionEnd, nullptr);
  SetEventCacheResetCallback(EmitReset);
}

}  // namespace pg_lineage
