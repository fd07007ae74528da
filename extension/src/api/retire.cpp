// lineage.forget() and _retire(): ends observed edges by hand, or because they are not seen any
// more; EndWhatIsGone() for snapshot().
#include "api/retire.h"

#include <initializer_list>

#include "api/reader.h"
#include "edge/compat.h"
#include "edge/guc.h"
#include "queue/ends.h"
#include "queue/past_rows.h"
#include "queue/pending.h"
#include "queue/rows.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// What ends edges by hand works with.
struct Ending {
  StoreTable *node;
  StoreTable *edge;
  StoreTable *table;
  NodeWriter nodes;
  PastWriter past;
};

void Begin(Ending *ending, FeedWriter *feed) {
  ending->node = OpenForFunction(StoreId::kNode, RowExclusiveLock);
  ending->edge = OpenForFunction(StoreId::kEdge, RowExclusiveLock);
  ending->table = OpenForFunction(StoreId::kPast, RowExclusiveLock);
  ending->nodes = BeginNodes(ending->node);
  ending->past = BeginPast(ending->table, ending->edge, &ending->nodes, feed);
}

void Finish(Ending *ending) {
  for (StoreTable *table : {ending->table, ending->edge, ending->node}) StoreClose(table);
}

// Ends the observed edges for which `ends` holds, each with memory of its own. A row that another
// transaction is at is being written anew: it happened just now.
template <typename Ends>
int64 EndObserved(Ending *ending, EndReason reason, const Ends &ends) {
  int64 ended = 0;
  MemoryContext caller = CurrentMemoryContext;
  MemoryContext row_context =
      AllocSetContextCreate(caller, "pg_lineage ended row", ALLOCSET_DEFAULT_SIZES);
  SysScanDesc scan = StoreScan(ending->edge, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    CHECK_FOR_INTERRUPTS();
    MemoryContextSwitchTo(row_context);
    EdgeRow row = ReadEdgeRow(ending->edge, tuple);
    if (!row.Declared() && ends(row) && EndRow(&ending->past, &row, reason)) ended++;
    MemoryContextSwitchTo(caller);
    MemoryContextReset(row_context);
  }
  StoreEndScan(scan);
  return ended;
}

// Takes the feed rows that name edges away; how many there were.
int64 UnfeedEdges(StoreTable *queue) {
  constexpr AttrNumber kQueueKind = 4;
  int64 unfed = 0;
  SysScanDesc scan = StoreScan(queue, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    Datum kind = heap_getattr(tuple, kQueueKind, RelationGetDescr(queue->relation), &null);
    if (strcmp(TextDatumGetCString(kind), "edge") != 0) continue;
    StoreDelete(queue, &tuple->t_self, true);
    unfed++;
  }
  StoreEndScan(scan);
  return unfed;
}

// Ends all observed edges; a resync takes the place of the feed rows that name edges.
int64 ForgetObserved() {
  Ending ending;
  Begin(&ending, NULL);
  int64 ended = EndObserved(&ending, EndReason::kForgotten, [](const EdgeRow &) { return true; });
  StoreTable *taken = OpenForFunction(StoreId::kTaken, ShareRowExclusiveLock);
  StoreTable *queue = OpenForFunction(StoreId::kQueue, RowExclusiveLock);
  int64 unfed = UnfeedEdges(queue);
  FeedRow(queue, "resync", 0, NULL, NULL);
  StoreClose(queue);
  StoreClose(taken);
  Finish(&ending);
  PendingFeedChange(1 - unfed);
  return ended;
}

// Whether an edge was surely not seen since `limit`. What shared memory knows may have been lost by
// a crash, so nothing counts as unseen from before the server's start; an event that found no room
// there is not known to be unseen at all.
bool Unseen(const EdgeRow &row, TimestampTz limit) {
  EventCounters counters = {};
  bool counted = SharedEventRead(static_cast<uint64>(row.Number(kEdgeKey)), &counters);
  if (!counted && HealthRead(Health::kEventsFull) > 0) return false;
  TimestampTz seen = Max(PgStartTime, DatumGetTimestampTz(row[kEdgeFirstSeen]));
  return Max(seen, counters.last_seen) < limit;
}

int64 RetireUnseen() {
  Ending ending;
  StoreTable *queue = OpenForFunction(StoreId::kQueue, RowExclusiveLock);
  FeedWriter feed = BeginFeed(queue);
  TimestampTz limit =
      GetCurrentTimestamp() - static_cast<TimestampTz>(settings.retire_after) * USECS_PER_SEC;
  Begin(&ending, &feed);
  int64 ended = EndObserved(&ending, EndReason::kUnseen,
                            [&](const EdgeRow &row) { return Unseen(row, limit); });
  for (const uint64 &key : ending.past.forgotten) PendingUnseen(key);
  Finish(&ending);
  StoreClose(queue);
  if (feed.rows > 0) PendingFeedChange(feed.rows);
  return ended;
}

}  // namespace

int64 RetireWhatIsUnseen() { return settings.retire_after > 0 ? RetireUnseen() : 0; }

void EndWhatIsGone() {
  StoreTable *node = OpenForFunction(StoreId::kNode, AccessShareLock);
  NodeWriter nodes = BeginNodes(node);
  for (const NodeRecord &record : StaleNodes(&nodes)) {
    bool gone = !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(record.relid));
    PendingEnd(gone ? EndKind::kRelation : EndKind::kColumns, record.relid);
  }
  StoreClose(node);
}

extern "C" {

// For the shipper, from time to time: the number of rows that ended.
PGL_SQL_FUNCTION(pg_lineage_retire);
Datum pg_lineage_retire(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  RequireShared();
  PG_RETURN_INT64(RetireWhatIsUnseen());
}

PGL_SQL_FUNCTION(pg_lineage_forget);
Datum pg_lineage_forget(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  RequireShared();
  int64 ended = ForgetObserved();
  RemoveSavedCounters();
  PendingForget();
  PG_RETURN_INT64(ended);
}

}  // extern "C"

}  // namespace pg_lineage
