#include "edge/guard.h"

#include "edge/guc.h"
#include "queue/shared.h"
#include "queue/store.h"

namespace pg_lineage {

bool capture_rests = false;
uint64 work_done = 1;
uint64 work_last = 1;
uint64 work_shared = 1;

namespace {

constexpr Size kScratchBytes = 64 * 1024;  // kept when emptied: most statements need no more

bool warned = false;  // once per backend
int scratch_depth = 0;
MemoryContext scratch_context = nullptr;

}  // namespace

bool CaptureOn() {
  return settings.enabled && settings.track != kTrackNone && !capture_rests &&
         !IsParallelWorker() && !IsBinaryUpgrade && IsTransactionState() && StorePresent();
}

void NoteSwallowedError(const char *where, ErrorData *error) {
  capture_rests = true;
  HealthCount(Health::kErrorsSwallowed);
  HealthCount(Health::kBreakerTrips);
  if (!warned) {
    warned = true;
    ereport(WARNING, (errmsg("pg_lineage: capture rests until this transaction ends"),
                      errdetail("An error in %s was swallowed: %s", where, error->message),
                      errhint("Please report it. Later ones are counted in lineage.health.")));
  }
  FreeErrorData(error);
}

void EndCaptureRest() {
  capture_rests = false;
  scratch_depth = 0;
}

bool MustRethrow() {
  switch (geterrcode()) {
    case ERRCODE_QUERY_CANCELED:
    case ERRCODE_ADMIN_SHUTDOWN:
    case ERRCODE_CRASH_SHUTDOWN:
    case ERRCODE_OUT_OF_MEMORY:
      return true;
    default:
      return false;
  }
}

MemoryContext EnterScratch() {
  if (scratch_context == nullptr)
    scratch_context = AllocSetContextCreate(TopMemoryContext, "pg_lineage scratch", 0,
                                            kScratchBytes, ALLOCSET_DEFAULT_MAXSIZE);
  scratch_depth++;
  NoteWork();
  return scratch_context;
}

void LeaveScratch() {
  if (scratch_depth > 0 && --scratch_depth == 0) MemoryContextReset(scratch_context);
}

}  // namespace pg_lineage
