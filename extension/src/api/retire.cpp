// lineage.forget(): ends edges by hand.
#include <initializer_list>

#include "api/reader.h"
#include "edge/compat.h"
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

// Ends observed edges, each with memory of its own. A row that another transaction is at is being
// written anew: it happened just now.
int64 EndObserved(Ending *ending) {
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
    if (!row.Declared() && EndRow(&ending->past, &row, EndReason::kForgotten)) ended++;
    MemoryContextSwitchTo(caller);
    MemoryContextReset(row_context);
  }
  systable_endscan(scan);
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
  systable_endscan(scan);
  return unfed;
}

// Ends all observed edges; a resync takes the place of the feed rows that name edges.
int64 ForgetObserved() {
  Ending ending;
  Begin(&ending, NULL);
  int64 ended = EndObserved(&ending);
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

}  // namespace

extern "C" {

PG_FUNCTION_INFO_V1(pg_lineage_forget);
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
