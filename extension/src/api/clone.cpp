#include "api/clone.h"

#include <initializer_list>

#include "api/reader.h"
#include "api/state.h"
#include "edge/compat.h"
#include "queue/pending.h"

namespace pg_lineage {
namespace {

constexpr const char *kOurSink = "";  // no shipper's sink has an empty name
constexpr const char *kStampKey = "database";

int64 DeleteAll(StoreId id) {
  StoreTable *table = OpenForFunction(id, ShareRowExclusiveLock);
  int64 deleted = 0;
  SysScanDesc scan = StoreScan(table, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    StoreDelete(table, &tuple->t_self, true);
    deleted++;
  }
  StoreEndScan(scan);
  StoreClose(table);
  return deleted;
}

// The stamp noted, or NULL.
const char *NotedStamp(StoreTable *state) {
  SysScanDesc scan = ScanState(state, kOurSink, kStampKey);
  HeapTuple tuple = systable_getnext(scan);
  bool null;
  const char *noted = NULL;
  if (HeapTupleIsValid(tuple))
    noted = TextDatumGetCString(heap_getattr(tuple, 4, RelationGetDescr(state->relation), &null));
  StoreEndScan(scan);
  return noted;
}

}  // namespace

void StartFeedAnew() {
  const char *stamp = psprintf(INT64_FORMAT, DatabaseStamp());
  StoreTable *state = OpenForFunction(StoreId::kState, ShareRowExclusiveLock);
  const char *noted = NotedStamp(state);
  if (noted == NULL || strcmp(noted, stamp) != 0) {
    int64 unfed = DeleteAll(StoreId::kQueue);
    for (StoreId id : {StoreId::kSink, StoreId::kTaken, StoreId::kParked, StoreId::kState})
      DeleteAll(id);
    AddState(state, kOurSink, kStampKey, stamp);
    if (unfed > 0) PendingFeedChange(-unfed);
  }
  StoreClose(state);
}

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_feed_begin);
Datum pg_lineage_feed_begin(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  StartFeedAnew();
  PG_RETURN_VOID();
}

}  // extern "C"

}  // namespace pg_lineage
