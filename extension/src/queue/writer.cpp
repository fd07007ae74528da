#include "queue/writer.h"

#include <initializer_list>

#include "edge/compat.h"
#include "queue/ddl_net.h"
#include "queue/node_rows.h"
#include "queue/rows.h"
#include "queue/shared.h"
#include "queue/store.h"

namespace pg_lineage {
namespace {

constexpr int kMaxFailuresOfCommit = 3;
constexpr int kMaxEventFailures = 100;  // commits; a full disk may last

// What one flush works with; lives in the inner subtransaction.
struct Writer {
  WriteBatch *batch;
  StoreTable *node;
  StoreTable *edge;
  StoreTable *ddl;
  StoreTable *queue;
  NodeWriter nodes;
  TimestampTz now;
  uint64 xid;
  NameData username;
};

Datum PathArray(const EventPath *path) {
  int n = path == NULL ? 0 : path->nframes;
  Datum *frames = static_cast<Datum *>(palloc(sizeof(Datum) * Max(n, 1)));
  for (int i = 0; i < n; i++) frames[i] = CStringGetTextDatum(path->frames[i]);
  return PointerGetDatum(construct_array(frames, n, TEXTOID, -1, false, TYPALIGN_INT));
}

enum class PairPart { kSource, kTarget, kKind };

Datum PairArray(const EventEdge &edge, PairPart part) {
  Datum *items = static_cast<Datum *>(palloc(sizeof(Datum) * Max(edge.npairs, 1)));
  for (int i = 0; i < edge.npairs; i++) {
    const EdgePair &pair = edge.pairs[i];
    items[i] = Int16GetDatum(part == PairPart::kSource   ? pair.source_column
                             : part == PairPart::kTarget ? pair.target_column
                                                         : static_cast<int16>(pair.kind));
  }
  return PointerGetDatum(
      construct_array(items, edge.npairs, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
}

void Feed(Writer *writer, const char *kind, int64 ref) {
  FeedRow(writer->queue, kind, ref, NULL, NULL);
  writer->batch->feed_rows++;
}

// Writes the row of one source of an event, and its feed row.
void WriteEdge(Writer *writer, const EventSpec &spec, int number, int64 source, int64 target,
               TimestampTz first_seen) {
  const EventEdge &edge = spec.edges[number];
  int64 id = TakeIds(1);
  Row row = {};
  row.Add(Int64GetDatum(id));
  row.Add(Int64GetDatum(static_cast<int64>(spec.key)));
  row.Add(Int64GetDatum(source));
  row.Add(Int64GetDatum(target));
  row.Add(Int16GetDatum(static_cast<int16>(spec.operation)));
  row.Add(Int16GetDatum(static_cast<int16>(spec.origin)));
  row.Add(ObjectIdGetDatum(spec.path == NULL ? InvalidOid : spec.path->routine_oid));
  row.AddText(spec.path == NULL ? NULL : spec.path->routine);
  row.Add(PathArray(spec.path));
  row.Add(Int64GetDatum(writer->nodes.stamp));
  row.Add(TimestampTzGetDatum(first_seen));
  row.Add(UInt64GetDatum(writer->xid));
  row.Add(NameGetDatum(&writer->username));
  row.AddText(spec.query_text);
  row.Add(PairArray(edge, PairPart::kSource));
  row.Add(PairArray(edge, PairPart::kTarget));
  row.Add(PairArray(edge, PairPart::kKind));
  StoreInsertRow(writer->edge, row);
  // What flows within one table is of no interest to a catalog.
  if (source != target) Feed(writer, "edge", id);
}

// What the store has of an event.
struct StoredEvent {
  bool found;
  bool renamed;  // routines of the call path are called otherwise now
  TimestampTz first_seen;
};

// True when a row's routine and call path read as the event's do.
bool SamePath(Writer *writer, HeapTuple tuple, const EventSpec &spec) {
  constexpr AttrNumber kRoutine = 8, kCallPath = 9;
  TupleDesc desc = RelationGetDescr(writer->edge->relation);
  bool null;
  Datum routine = heap_getattr(tuple, kRoutine, desc, &null);
  const char *wanted = spec.path == NULL ? NULL : spec.path->routine;
  if (null != (wanted == NULL)) return false;
  if (!null && strcmp(TextDatumGetCString(routine), wanted) != 0) return false;
  return SameBytes(heap_getattr(tuple, kCallPath, desc, &null), PathArray(spec.path));
}

// Looks for committed rows of the event. All rows of one event come by one transaction, so one
// stands for all. With `remove` they go, unless another transaction is at them.
StoredEvent LookUpEvent(Writer *writer, const EventSpec &spec, bool remove) {
  constexpr AttrNumber kEventKey = 2, kFirstSeen = 11;
  StoredEvent stored = {};
  ScanKeyData key;
  StoreKey(&key, kEventKey, F_INT8EQ, Int64GetDatum(static_cast<int64>(spec.key)));
  SysScanDesc scan = StoreScan(writer->edge, SnapshotSelf, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    Datum seen = heap_getattr(tuple, kFirstSeen, RelationGetDescr(writer->edge->relation), &null);
    stored.found = true;
    stored.first_seen = DatumGetTimestampTz(seen);
    stored.renamed = !SamePath(writer, tuple, spec);
    if (!remove) break;
    (void)StoreDelete(writer->edge, &tuple->t_self, false);
  }
  systable_endscan(scan);
  return stored;
}

// Writes an event unless the store has it. After a rename of a routine its rows are written anew,
// under the new names and with the time they were first seen.
void WriteEvent(Writer *writer, LocalEvent *event) {
  const EventSpec &spec = event->spec;
  event->outcome = Outcome::kStored;
  StoredEvent stored = LookUpEvent(writer, spec, false);
  if (stored.found && !stored.renamed) return;
  if (stored.found) LookUpEvent(writer, spec, true);
  TimestampTz first_seen = stored.found ? stored.first_seen : writer->now;
  int64 target = NodeRow(&writer->nodes, spec.target);
  for (int i = 0; i < spec.nedges; i++) {
    int64 source = NodeRow(&writer->nodes, spec.edges[i].source);
    if (source == 0 || target == 0) continue;
    WriteEdge(writer, spec, i, source, target, first_seen);
    HealthCount(Health::kEdgesWritten);
  }
}

void WriteDdlRow(Writer *writer, const NetDdl &net) {
  const DdlRecord &record = net.record;
  int64 id = TakeIds(1);
  Row row = {};
  row.Add(Int64GetDatum(id));
  row.Add(TimestampTzGetDatum(writer->now));
  row.Add(UInt64GetDatum(writer->xid));
  row.AddText(record.command_tag);
  row.AddText(record.object_type);
  row.AddText(record.object_identity);
  row.AddText(record.old_identity);
  if (record.subcommands == NULL)
    row.AddText(NULL);
  else
    row.Add(DirectFunctionCall1(jsonb_in, CStringGetDatum(record.subcommands)));
  row.AddText(record.path == NULL ? NULL : record.path->routine);
  row.Add(PathArray(record.path));
  row.Add(NameGetDatum(&writer->username));
  row.Add(ObjectIdGetDatum(record.classid));
  row.Add(ObjectIdGetDatum(record.objid));
  row.Add(Int32GetDatum(record.objsubid));
  StoreInsertRow(writer->ddl, row);
  HealthCount(Health::kDdlWritten);
  if (net.feed) Feed(writer, "ddl", id);
}

// Writes the DDL rows, and brings the nodes of altered relations up to date.
void WriteDdl(Writer *writer) {
  PodVector<NetDdl> rows = NetDdlOf(writer->batch->ddl, writer->batch->nddl);
  for (const NetDdl &net : rows) {
    WriteDdlRow(writer, net);
    if (net.record.drop) continue;
    if (net.record.classid == RelationRelationId) RefreshNodeRow(&writer->nodes, net.record.objid);
    if (net.record.classid == NamespaceRelationId && net.record.old_identity != NULL)
      RefreshNodesOfSchema(&writer->nodes, net.record.objid);
  }
}

// Opens the tables; counts why not.
bool OpenTables(Writer *writer) {
  StoreRefusal why;
  writer->node = StoreOpen(StoreId::kNode, RowExclusiveLock, false, &why);
  if (writer->node != NULL) writer->edge = StoreOpen(StoreId::kEdge, RowExclusiveLock, false, &why);
  if (writer->edge != NULL)
    writer->queue = StoreOpen(StoreId::kQueue, RowExclusiveLock, false, &why);
  if (writer->queue != NULL) writer->ddl = StoreOpen(StoreId::kDdl, RowExclusiveLock, false, &why);
  if (writer->ddl != NULL) return true;
  HealthCount(why == StoreRefusal::kLocked ? Health::kRefusedLocked : Health::kRefusedStore);
  return false;
}

void CloseTables(Writer *writer) {
  for (StoreTable *table : {writer->node, writer->edge, writer->queue, writer->ddl})
    if (table != NULL) StoreClose(table);
}

void SetOutcomes(WriteBatch *batch, Outcome outcome) {
  for (LocalEvent *event : batch->events) event->outcome = outcome;
  batch->ddl_outcome = outcome;
  batch->feed_rows = 0;
}

// Ids of a clock that was set back, or of a promoted standby, must not run into those stored.
void RaiseIdsOnce(Writer *writer) {
  if (IdsRaised()) return;
  for (StoreTable *table : {writer->node, writer->edge, writer->queue, writer->ddl})
    RaiseIds(StoreHighestId(table));
  NoteIdsRaised();
}

// The body of the flush; may raise an error.
void WriteAll(WriteBatch *batch) {
  Writer writer = {};
  writer.batch = batch;
  PushActiveSnapshot(GetTransactionSnapshot());
  if (OpenTables(&writer)) {
    RaiseIdsOnce(&writer);
    writer.nodes = BeginNodes(writer.node);
    writer.now = GetCurrentTimestamp();
    writer.xid = U64FromFullTransactionId(GetTopFullTransactionId());
    namestrcpy(&writer.username, GetUserNameFromId(GetUserId(), true) ?: "");
    for (LocalEvent *event : batch->events) WriteEvent(&writer, event);
    CommandCounterIncrement();  // a node just made may be brought up to date
    if (batch->nddl > 0) WriteDdl(&writer);
    batch->ddl_outcome = Outcome::kStored;
  } else {
    SetOutcomes(batch, Outcome::kRefused);
  }
  CloseTables(&writer);
  PopActiveSnapshot();
}

// Counts a failed write, and tells it once. A serialization failure is no fault: the transaction is
// doomed anyway, or the next commit succeeds.
void NoteFailure(ErrorData *error) {
  static bool warned = false;
  HealthCount(Health::kRefusedError);
  if (error->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE) return;
  HealthCount(Health::kErrorsSwallowed);
  if (warned) return;
  warned = true;
  ereport(WARNING,
          (errmsg("pg_lineage: lineage of this transaction was not stored: %s", error->message),
           errdetail("It is tried again at the next commit; lineage.health counts such cases.")));
}

// Writes a batch in a subtransaction; false, all refused, when that raised an error.
bool TryWrite(WriteBatch *batch) {
  MemoryContext caller = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  uint32 holdoff = InterruptHoldoffCount;
  ErrorData *volatile error = NULL;
  HOLD_INTERRUPTS();  // a cancel hits after us, as it would without us
  BeginInternalSubTransaction(NULL);
  PG_TRY();
  {
    WriteAll(batch);
    ReleaseCurrentSubTransaction();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    error = CopyErrorData();
    FlushErrorState();
    InterruptHoldoffCount = holdoff + 1;  // raising the error has set it to zero
    RollbackAndReleaseCurrentSubTransaction();
    SetOutcomes(batch, Outcome::kRefused);
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  CurrentResourceOwner = owner;
  RESUME_INTERRUPTS();
  if (error != NULL) NoteFailure(error);
  return error == NULL;
}

// Refuses an event once more, or for the last time.
void NoteEventFailure(LocalEvent *event) {
  if (++event->failures < kMaxEventFailures) return;
  event->outcome = Outcome::kLost;
  HealthCount(Health::kGivenUp);
}

// After an error: each by itself, so that one that can never be written stops no other. Gives up
// for this commit when it looks as if the fault were not in the events.
void WriteSingly(WriteBatch *batch) {
  int failures = 0;
  batch->feed_rows = 0;
  if (batch->nddl > 0) {
    WriteBatch part = {{}, batch->ddl, batch->nddl, Outcome::kNone, 0};
    if (!TryWrite(&part)) failures++;
    batch->ddl_outcome = part.ddl_outcome;
    batch->feed_rows += part.feed_rows;
  }
  for (LocalEvent *event : batch->events) {
    if (failures == kMaxFailuresOfCommit) break;
    LocalEvent *item = event;
    WriteBatch part = {{&item, 1, 1, NULL}, NULL, 0, Outcome::kNone, 0};
    if (!TryWrite(&part)) {
      failures++;
      NoteEventFailure(event);
    }
    batch->feed_rows += part.feed_rows;
  }
}

}  // namespace

void WriteStore(WriteBatch *batch) {
  if (XactReadOnly || RecoveryInProgress()) {
    HealthCount(Health::kRefusedReadOnly, batch->events.size + (batch->nddl > 0 ? 1 : 0));
    SetOutcomes(batch, Outcome::kLost);
    return;
  }
  instr_time start, end;
  INSTR_TIME_SET_CURRENT(start);
  if (!TryWrite(batch)) {
    if (batch->events.size + (batch->nddl > 0 ? 1 : 0) > 1)
      WriteSingly(batch);
    else if (batch->events.size == 1)
      NoteEventFailure(batch->events[0]);
  }
  INSTR_TIME_SET_CURRENT(end);
  INSTR_TIME_SUBTRACT(end, start);
  HealthCount(Health::kCostSamples);
  HealthCount(Health::kCostNanoseconds, INSTR_TIME_GET_MICROSEC(end) * 1000);
}

}  // namespace pg_lineage
