// The feed for the shipper: lineage.pending(), _sink_register(), _feed(), _ack().
//
// A feed row is deleted when every sink has taken it. _ack() and _sink_register() take a lock on
// lineage._taken, so that two sinks cannot both believe the other one is still missing. Readers
// start above a low-water mark: below it all rows are gone, but with a long transaction somewhere
// their dead versions would have to be passed over at every look.
#include "api/clone.h"
#include "api/reader.h"
#include "edge/compat.h"
#include "queue/past_rows.h"
#include "queue/pending.h"
#include "queue/rows.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

enum QueueColumn : AttrNumber {
  kQueueId = 1,
  kQueueCreatedAt,
  kQueueXid,
  kQueueKind,
  kQueueRef,
  kQueueObject,
  kQueueObjectType,
};

// Ids up to `mark` are gone for good. All transactions that could still bring an id up to
// `candidate` began before `horizon`: when they have ended, what is seen is all there is up to the
// candidate.
struct LowWater {
  int64 mark;
  int64 candidate;
  TransactionId horizon;
};
LowWater low_water;

// Moves the mark, if it may be; `lowest` is the lowest id that waits, or one not yet given out.
void MoveMark(Snapshot snapshot, int64 lowest) {
  if (snapshot == SnapshotSelf || RecoveryInProgress()) return;
  bool ended = TransactionIdIsValid(low_water.horizon) &&
               !TransactionIdPrecedes(snapshot->xmin, low_water.horizon);
  if (ended) {
    low_water.mark = Max(low_water.mark, Min(low_water.candidate, lowest - 1));
    low_water.horizon = InvalidTransactionId;
  }
  if (TransactionIdIsValid(low_water.horizon)) return;
  low_water.candidate = lowest - 1;
  low_water.horizon = XidFromFullTransactionId(ReadNextFullTransactionId());
}

Relation PrimaryIndex(StoreTable *table) {
  for (int i = 0; i < table->nindexes; i++)
    if (table->indexes[i]->rd_index->indisprimary) return table->indexes[i];
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("table \"%s\" of pg_lineage has no primary key",
                         RelationGetRelationName(table->relation))));
}

SysScanDesc ScanQueue(StoreTable *queue, Snapshot snapshot) {
  ScanKeyData key;
  ScanKeyInit(&key, kQueueId, BTGreaterStrategyNumber, F_INT8GT, Int64GetDatum(low_water.mark));
  return systable_beginscan_ordered(queue->relation, PrimaryIndex(queue), snapshot, 1, &key);
}

// The id of a registered sink, 0 for an unknown one; the number of sinks.
int64 SinkId(StoreTable *sinks, const char *name, int *count) {
  int64 id = 0;
  *count = 0;
  SysScanDesc scan = StoreScan(sinks, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    TupleDesc desc = RelationGetDescr(sinks->relation);
    (*count)++;
    if (strcmp(TextDatumGetCString(heap_getattr(tuple, 2, desc, &null)), name) == 0)
      id = DatumGetInt64(heap_getattr(tuple, 1, desc, &null));
  }
  StoreEndScan(scan);
  return id;
}

int64 KnownSink(StoreTable *sinks, const char *name, int *count) {
  int64 id = SinkId(sinks, name, count);
  if (id == 0)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("sink \"%s\" is not known", name),
                    errhint("Call lineage._sink_register() first.")));
  return id;
}

// How many sinks have taken a feed row; `mine`: whether this one has. With `remove` the notes go.
int TakenBy(StoreTable *taken, int64 queue_id, int64 sink, bool *mine, bool remove) {
  ScanKeyData key;
  int count = 0;
  *mine = false;
  StoreKey(&key, 3, F_INT8EQ, Int64GetDatum(queue_id));
  SysScanDesc scan = StoreScan(taken, SnapshotSelf, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    Datum by = heap_getattr(tuple, 2, RelationGetDescr(taken->relation), &null);
    count++;
    *mine |= DatumGetInt64(by) == sink;
    if (remove) StoreDelete(taken, &tuple->t_self, true);
  }
  StoreEndScan(scan);
  return count;
}

void AddJsonText(StringInfo json, const char *key, const char *value) {
  appendStringInfo(json, "%s\"%s\": ", json->len > 1 ? ", " : "", key);
  if (value == NULL)
    appendStringInfoString(json, "null");
  else
    escape_json(json, value);
}

void AddJsonArray(StringInfo json, const char *key, ArrayType *texts) {
  Datum *items;
  int n;
  deconstruct_array(texts, TEXTOID, -1, false, TYPALIGN_INT, &items, NULL, &n);
  appendStringInfo(json, ", \"%s\": [", key);
  for (int i = 0; i < n; i++) {
    if (i > 0) appendStringInfoString(json, ", ");
    escape_json(json, TextDatumGetCString(items[i]));
  }
  appendStringInfoChar(json, ']');
}

void AddEndpoints(StringInfo json, const NodeView &source, const NodeView &target) {
  const char source_kind[2] = {source.kind, '\0'};
  const char target_kind[2] = {target.kind, '\0'};
  AddJsonText(json, "source", source.name);
  AddJsonText(json, "source_kind", source_kind);
  AddJsonText(json, "target", target.name);
  AddJsonText(json, "target_kind", target_kind);
}

// False when the fact is gone: the feed then cannot say what was in it.
bool EdgePayload(FactReader *facts, int64 ref, StringInfo json) {
  Fact fact;
  if (!FactById(facts, ref, &fact)) return false;
  AddEndpoints(json, *fact.source, *fact.target);
  AddJsonText(json, "operation", OperationName(fact.operation));
  AddJsonText(json, "origin", OriginName(fact.origin));
  AddJsonText(json, "routine", fact.routine);
  AddJsonArray(json, "call_path", fact.call_path);
  return true;
}

// What has ended, perhaps before the feed was read; of the pair itself the store tells what is
// left.
bool EndedPayload(FactReader *facts, int64 ref, StringInfo json) {
  PastFact fact;
  if (!PastFactById(facts, ref, &fact)) return false;
  AddEndpoints(json, *fact.source, *fact.target);
  AddJsonText(json, "reason", TextDatumGetCString(fact.values[kPastReason - 1]));
  return true;
}

bool DdlPayload(StoreTable *ddl, int64 ref, StringInfo json) {
  // Columns of lineage._ddl that are sent as text, with their keys.
  const struct {
    AttrNumber column;
    const char *key;
  } shown[] = {{4, "command_tag"}, {5, "object_type"}, {6, "object_identity"}, {7, "old_identity"}};
  ScanKeyData key;
  StoreKey(&key, 1, F_INT8EQ, Int64GetDatum(ref));
  SysScanDesc scan = StoreScan(ddl, SnapshotSelf, &key, 1);
  HeapTuple tuple = systable_getnext(scan);
  bool found = HeapTupleIsValid(tuple);
  if (found) {
    TupleDesc desc = RelationGetDescr(ddl->relation);
    bool null;
    for (const auto &item : shown) {
      Datum value = heap_getattr(tuple, item.column, desc, &null);
      AddJsonText(json, item.key, null ? NULL : TextDatumGetCString(value));
    }
    Datum subcommands = heap_getattr(tuple, 8, desc, &null);
    appendStringInfo(json, ", \"subcommands\": %s",
                     null ? "null" : DatumGetCString(DirectFunctionCall1(jsonb_out, subcommands)));
  }
  StoreEndScan(scan);
  return found;
}

struct FeedReader {
  FactReader *facts;
  StoreTable *ddl;
  ReturnSetInfo *result;
};

// Returns one feed row. What it refers to may be gone (forget(), TRUNCATE): then compare all.
void PutFeedRow(FeedReader *feed, Datum *values, bool *nulls) {
  const char *kind = TextDatumGetCString(values[kQueueKind - 1]);
  int64 ref = DatumGetInt64(values[kQueueRef - 1]);
  StringInfoData json;
  initStringInfo(&json);
  appendStringInfoChar(&json, '{');
  bool found = true;
  if (strcmp(kind, "edge") == 0) {
    found = EdgePayload(feed->facts, ref, &json) || EndedPayload(feed->facts, ref, &json);
  } else if (strcmp(kind, "ended") == 0) {
    found = EndedPayload(feed->facts, ref, &json);
  } else if (strcmp(kind, "ddl") == 0) {
    found = DdlPayload(feed->ddl, ref, &json);
  } else if (strcmp(kind, "snapshot") == 0) {
    AddJsonText(&json, "object", TextDatumGetCString(values[kQueueObject - 1]));
    AddJsonText(&json, "object_type", TextDatumGetCString(values[kQueueObjectType - 1]));
  }
  appendStringInfoChar(&json, '}');
  Datum row[5] = {values[kQueueId - 1], values[kQueueCreatedAt - 1], values[kQueueXid - 1],
                  CStringGetTextDatum(found ? kind : "resync"),
                  DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data))};
  tuplestore_putvalues(feed->result->setResult, feed->result->setDesc, row, nulls);
}

// Reads up to `batch` rows that the sink has not taken; true when all that wait were looked at.
bool ReadFeed(FeedReader *feed, StoreTable *queue, const char *sink_name, int batch,
              int64 *waiting) {
  int sinks;
  StoreTable *sink_table = OpenForFunction(StoreId::kSink, AccessShareLock);
  StoreTable *taken = OpenForFunction(StoreId::kTaken, AccessShareLock);
  int64 sink = KnownSink(sink_table, sink_name, &sinks);
  MemoryContext caller = CurrentMemoryContext;
  MemoryContext row_context =
      AllocSetContextCreate(caller, "pg_lineage feed row", ALLOCSET_DEFAULT_SIZES);
  Snapshot snapshot = StoreReadSnapshot();
  int64 next_id = TakeIds(1);
  int64 lowest = next_id;
  SysScanDesc scan = ScanQueue(queue, snapshot);
  HeapTuple tuple = NULL;
  for (int given = 0; given < batch; MemoryContextReset(row_context)) {
    // In the caller's context: the index scan keeps what it allocates here (its killed items).
    MemoryContextSwitchTo(caller);
    tuple = systable_getnext_ordered(scan, ForwardScanDirection);
    MemoryContextSwitchTo(row_context);
    if (!HeapTupleIsValid(tuple)) break;
    CHECK_FOR_INTERRUPTS();
    Datum values[2 * kMaxStoreColumns];
    bool nulls[2 * kMaxStoreColumns];
    bool mine = false;
    const bool no_nulls[5] = {};
    heap_deform_tuple(tuple, RelationGetDescr(queue->relation), values, nulls);
    int64 id = DatumGetInt64(values[kQueueId - 1]);
    lowest = Min(lowest, id);
    (*waiting)++;
    if (sinks > 1) TakenBy(taken, id, sink, &mine, false);
    if (mine) continue;
    PutFeedRow(feed, values, const_cast<bool *>(no_nulls));
    given++;
  }
  MemoryContextSwitchTo(caller);
  systable_endscan_ordered(scan);
  MoveMark(snapshot, lowest);
  StoreClose(taken);
  StoreClose(sink_table);
  return !HeapTupleIsValid(tuple);
}

// Counts the rows that wait.
int64 CountQueue() {
  StoreTable *queue = OpenForFunction(StoreId::kQueue, AccessShareLock);
  int64 n = 0;
  SysScanDesc scan = ScanQueue(queue, StoreReadSnapshot());
  while (HeapTupleIsValid(systable_getnext_ordered(scan, ForwardScanDirection))) n++;
  systable_endscan_ordered(scan);
  StoreClose(queue);
  return n;
}

// What is counted must be as new as the counter: of a commit between the snapshot of the statement
// and PendingBegin() neither would tell.
uint64 BeginCount() {
  uint64 since = PendingBegin();
  PushActiveSnapshot(GetLatestSnapshot());
  return since;
}

void EndCount(uint64 since, int64 n, bool all) {
  PopActiveSnapshot();
  if (all && !RecoveryInProgress()) PendingSet(since, n);
}

struct AckTables {
  StoreTable *queue;
  StoreTable *taken;
  int64 sink;
  int sinks;
  int64 deleted;
};

// Notes that the sink has taken a row; deletes it when it was the last. False when there is none.
bool AckOne(AckTables *ack, int64 id) {
  ScanKeyData key;
  StoreKey(&key, kQueueId, F_INT8EQ, Int64GetDatum(id));
  SysScanDesc scan = StoreScan(ack->queue, SnapshotSelf, &key, 1);
  HeapTuple tuple = systable_getnext(scan);
  bool found = HeapTupleIsValid(tuple);
  bool mine = false;
  if (found) {
    int others = TakenBy(ack->taken, id, ack->sink, &mine, false) - (mine ? 1 : 0);
    if (others + 1 >= ack->sinks) {
      bool null;
      Datum kind = heap_getattr(tuple, kQueueKind, RelationGetDescr(ack->queue->relation), &null);
      if (strcmp(TextDatumGetCString(kind), "resync") == 0) PendingResyncTaken();
      TakenBy(ack->taken, id, ack->sink, &mine, true);
      StoreDelete(ack->queue, &tuple->t_self, true);
      ack->deleted++;
    } else if (!mine) {
      Row row = {};
      row.Add(Int64GetDatum(TakeIds(1)));
      row.Add(Int64GetDatum(ack->sink));
      row.Add(Int64GetDatum(id));
      StoreInsertRow(ack->taken, row);
    }
  }
  StoreEndScan(scan);
  return found && !mine;
}

}  // namespace

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_pending);
Datum pg_lineage_pending(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  RequireShared();
  SaveCountersSometimes();
  int64 n;
  if (PendingRead(&n)) PG_RETURN_INT64(n);
  uint64 since = BeginCount();
  n = CountQueue();
  EndCount(since, n, true);
  PG_RETURN_INT64(n);
}

PGL_SQL_FUNCTION(pg_lineage_sink_register);
Datum pg_lineage_sink_register(PG_FUNCTION_ARGS) {
  RequireShared();
  const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
  int count;
  StartFeedAnew();
  StoreTable *sinks = OpenForFunction(StoreId::kSink, ShareRowExclusiveLock);
  if (SinkId(sinks, name, &count) == 0) {
    (void)GetTopTransactionId();
    Row row = {};
    row.Add(Int64GetDatum(TakeIds(1)));
    row.AddText(name);
    row.Add(TimestampTzGetDatum(GetCurrentTimestamp()));
    StoreInsertRow(sinks, row);
    // Its catalog may know nothing yet.
    StoreTable *queue = OpenForFunction(StoreId::kQueue, RowExclusiveLock);
    FeedRow(queue, "snapshot", 0, get_database_name(MyDatabaseId), "database");
    StoreClose(queue);
    PendingFeedChange(1);
  }
  StoreClose(sinks);
  PG_RETURN_VOID();
}

PGL_SQL_FUNCTION(pg_lineage_feed);
Datum pg_lineage_feed(PG_FUNCTION_ARGS) {
  RequireShared();
  const char *sink = text_to_cstring(PG_GETARG_TEXT_PP(0));
  int batch = PG_GETARG_INT32(1);
  InitMaterializedSRF(fcinfo, 0);
  uint64 since = BeginCount();
  FeedReader feed = {OpenFacts(), OpenForFunction(StoreId::kDdl, AccessShareLock),
                     reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo)};
  StoreTable *queue = OpenForFunction(StoreId::kQueue, AccessShareLock);
  int64 waiting = 0;
  const bool all = ReadFeed(&feed, queue, sink, batch, &waiting);
  StoreClose(queue);
  StoreClose(feed.ddl);
  CloseFacts(feed.facts);
  EndCount(since, waiting, all);
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_ack);
Datum pg_lineage_ack(PG_FUNCTION_ARGS) {
  RequireShared();
  const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
  Datum *ids;
  bool *nulls;
  int n;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE, &ids,
                    &nulls, &n);
  int64 acked = 0;
  AckTables ack = {};
  ack.taken = OpenForFunction(StoreId::kTaken, ShareRowExclusiveLock);
  ack.queue = OpenForFunction(StoreId::kQueue, RowExclusiveLock);
  StoreTable *sinks = OpenForFunction(StoreId::kSink, AccessShareLock);
  ack.sink = KnownSink(sinks, name, &ack.sinks);
  for (int i = 0; i < n; i++)
    if (!nulls[i] && AckOne(&ack, DatumGetInt64(ids[i]))) acked++;
  StoreClose(sinks);
  StoreClose(ack.queue);
  StoreClose(ack.taken);
  if (ack.deleted > 0) PendingFeedChange(-ack.deleted);
  PG_RETURN_INT64(acked);
}

}  // extern "C"

}  // namespace pg_lineage
