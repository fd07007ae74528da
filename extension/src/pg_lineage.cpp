// The library's entry: a table of contents.
#include "capture/call_stack.h"
#include "capture/executor.h"
#include "capture/fmgr.h"
#include "capture/plpgsql.h"
#include "capture/transaction.h"
#include "capture/utility.h"
#include "edge/guc.h"
#include "edge/server.h"
#include "queue/pending.h"
#include "queue/shared.h"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void _PG_init(void) {
  using namespace pg_lineage;
  // Without preloading there is no shared memory: functions say so, nothing is hooked.
  if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade) return;
  DefineSettings();
  InstallSharedMemory();
  RegisterTransactionCallbacks();
  InstallTransactionEnds();
  InstallExecutorHooks();
  InstallUtilityHook();
  InstallFmgrHook();
  InstallPlpgsqlPlugin();
}
}
