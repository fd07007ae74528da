#include "queue/writer.h"

#include <initializer_list>

#include "edge/compat.h"
#include "queue/ddl_net.h"
#include "queue/edge_rows.h"
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
  StoreTable *past;   // NULL when nothing can end
  StoreTable *doubt;  // NULL when it is not about routines
  PodVector<OldWrite> old;
  NodeWriter nodes;
  FeedWriter feed;
  EdgeWriter edges;
  PastWriter ended;
};

// The value of a JSON text. Most statements of a dump say the same ("OWNER TO …"): the last one is
// kept.
Datum JsonOf(const char *text) {
  static char known[128] = "";
  static Datum value = 0;
  if (value != 0 && strcmp(text, known) == 0) return value;
  Datum json = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
  if (strlen(text) >= sizeof(known)) return json;
  MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
  Datum copy = datumCopy(json, false, -1);
  MemoryContextSwitchTo(caller);
  if (value != 0) pfree(DatumGetPointer(value));
  value = copy;
  strlcpy(known, text, sizeof(known));
  return json;
}

void WriteDdlRow(Writer *writer, const NetDdl &net) {
  const DdlRecord &record = net.record;
  int64 id = TakeIds(1);
  Row row = {};
  row.Add(Int64GetDatum(id));
  row.Add(TimestampTzGetDatum(writer->edges.now));
  row.Add(UInt64GetDatum(writer->edges.xid));
  row.AddText(record.command_tag);
  row.AddText(record.object_type);
  row.AddText(record.object_identity);
  row.AddText(record.old_identity);
  if (record.subcommands == NULL)
    row.AddText(NULL);
  else
    row.Add(JsonOf(record.subcommands));
  row.AddText(record.path == NULL ? NULL : record.path->routine);
  row.Add(PathArray(record.path));
  row.Add(NameGetDatum(&writer->edges.username));
  row.Add(ObjectIdGetDatum(record.classid));
  row.Add(ObjectIdGetDatum(record.objid));
  row.Add(Int32GetDatum(record.objsubid));
  StoreInsertRow(writer->ddl, row);
  HealthCount(Health::kDdlWritten);
  if (net.feed) Feed(&writer->feed, "ddl", id);
}

// True when a record may change the row of a node: not where it made the relation, which has none
// or one that the events of this transaction have just written.
bool ConcernsNodes(const DdlRecord &record) {
  if (record.drop) return false;
  if (record.classid == NamespaceRelationId) return record.old_identity != NULL;
  return record.classid == RelationRelationId && !record.create && !record.keeps_columns;
}

// Writes the DDL rows, and brings the nodes of altered relations up to date.
void WriteDdl(Writer *writer) {
  PodVector<NetDdl> rows = NetDdlOf(writer->batch->ddl, writer->batch->nddl);
  for (const NetDdl &net : rows) {
    WriteDdlRow(writer, net);
    if (!ConcernsNodes(net.record)) continue;
    if (net.record.classid == RelationRelationId)
      RefreshNodeRow(&writer->nodes, net.record.objid, net.record.old_identity);
    else
      RefreshNodesOfSchema(&writer->nodes, net.record.objid);
  }
}

// True when the batch is about routines that were made, dropped or run.
bool ConcernsRoutines(const WriteBatch &batch) {
  if (!batch.runs.Empty()) return true;
  for (const EndNote &note : batch.ends)
    if (note.kind >= EndKind::kRoutineMade) return true;
  return false;
}

bool ConcernsNodes(const WriteBatch &batch) {
  for (int i = 0; i < batch.nddl; i++)
    if (ConcernsNodes(batch.ddl[i].record)) return true;
  return false;
}

// True when all that may end something are routines made where there was none, nothing ran, and
// nothing is in doubt: the store can know of such a routine only by a doubt about one of its name.
// So with each function of a dump; to open the tables costs more than all else that is kept of it.
bool NothingEnds(const WriteBatch &batch, StoreRefusal *why) {
  if (batch.ends.Empty() && batch.runs.Empty()) return true;
  for (const EndNote &note : batch.ends)
    if (!note.fresh) return false;
  if (!batch.runs.Empty() || !batch.events.Empty()) return false;
  StoreTable *doubt = StoreOpenLazily(StoreId::kDoubt, AccessShareLock, why);
  if (doubt == NULL) return false;
  bool any = AnyDoubt(doubt);
  StoreClose(doubt);
  return !any;
}

// The events of bodies that another session has replaced meanwhile, as far as that can be seen.
PodVector<OldWrite> OldWrites(const WriteBatch &batch) {
  PodVector<OldWrite> old = {};
  for (const LocalEvent *event : batch.events) {
    const EventPath *path = event->spec.path;
    if (event->spec.origin != Origin::kObserved || event->body == 0 || path->nframes == 0) continue;
    uint64 now = BodyText(path->routine_oid);
    if (now != event->body)
      old.Append({path->routine_oid, now == 0, path->frames[path->nframes - 1], event->key});
  }
  return old;
}

// Opens a table that is needed, unless one before it could not be opened.
void OpenIf(bool needed, StoreId id, StoreTable **table, StoreRefusal *why) {
  if (needed && *why == StoreRefusal::kNone) *table = StoreOpenLazily(id, RowExclusiveLock, why);
}

// Counts that the store could not be opened.
void NoteRefusal(StoreRefusal why) {
  HealthCount(why == StoreRefusal::kLocked ? Health::kRefusedLocked : Health::kRefusedStore);
}

// Opens the tables that the batch needs, most of all their indexes cost; counts why not.
bool OpenTables(Writer *writer) {
  const WriteBatch &batch = *writer->batch;
  StoreRefusal why = StoreRefusal::kNone;
  bool first = !IdsRaised();
  bool ends = !NothingEnds(batch, &why);
  bool routines = ends && ConcernsRoutines(batch);
  bool edges = ends || !batch.events.Empty();
  OpenIf(first || edges || ConcernsNodes(batch), StoreId::kNode, &writer->node, &why);
  OpenIf(first || edges, StoreId::kEdge, &writer->edge, &why);
  writer->old = OldWrites(batch);  // with a lock just taken, what others committed is known
  bool old = !writer->old.Empty();
  OpenIf(true, StoreId::kQueue, &writer->queue, &why);
  OpenIf(first || batch.nddl > 0, StoreId::kDdl, &writer->ddl, &why);
  OpenIf(first || ends || old, StoreId::kPast, &writer->past, &why);
  OpenIf(routines || old, StoreId::kDoubt, &writer->doubt, &why);
  if (why == StoreRefusal::kNone) return true;
  NoteRefusal(why);
  return false;
}

void CloseTables(Writer *writer) {
  for (StoreTable *table :
       {writer->node, writer->edge, writer->queue, writer->ddl, writer->past, writer->doubt})
    if (table != NULL) StoreClose(table);
}

void SetOutcomes(WriteBatch *batch, Outcome outcome) {
  for (LocalEvent *event : batch->events) event->outcome = outcome;
  batch->ddl_outcome = batch->ends_outcome = outcome;
  batch->feed_rows = 0;
  batch->resync = batch->ended = batch->opened = false;
  batch->forgotten.size = 0;
}

// The first write to a database since server start: ids of a clock that was set back, or of a
// promoted standby, must not run into those stored; a clone's nodes are its own relations'.
void OpenFirst(Writer *writer) {
  if (IdsRaised()) return;
  for (StoreTable *table : {writer->node, writer->edge, writer->queue, writer->ddl, writer->past})
    RaiseIds(StoreHighestId(table));
  AdoptNodes(&writer->nodes);
  CommandCounterIncrement();
  writer->batch->opened = true;
}

// Writes the events, each with memory of its own.
void WriteEvents(Writer *writer) {
  MemoryContext caller = CurrentMemoryContext;
  MemoryContext context =
      AllocSetContextCreate(caller, "pg_lineage event rows", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(context);
  for (LocalEvent *event : writer->batch->events) {
    WriteEvent(&writer->edges, event->spec);
    event->outcome = Outcome::kStored;
    MemoryContextReset(context);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
}

void BeginRows(Writer *writer) {
  writer->nodes = BeginNodes(writer->node);
  writer->feed = BeginFeed(writer->queue);
  EdgeWriter *edges = &writer->edges;
  *edges =
      EdgeWriter{writer->edge, &writer->nodes, &writer->feed, GetCurrentTimestamp(), 0, {}, NULL};
  edges->xid = U64FromFullTransactionId(GetTopFullTransactionId());
  namestrcpy(&edges->username, GetUserNameFromId(GetUserId(), true) ?: "");
}

// What may end. Of views it is known once their events are written, and mostly nothing does.
PodVector<PlannedEnd> Plan(Writer *writer) {
  writer->ended = BeginPast(writer->past, writer->edge, &writer->nodes, &writer->feed);
  return PlanEnds(&writer->ended, writer->batch->ends);
}

void EndOfRoutines(Writer *writer, const PodVector<PlannedEnd> &plan) {
  const WriteBatch &batch = *writer->batch;
  RoutineEnds ends = {ObjectsOf(plan, EndKind::kRoutineMade),
                      ObjectsOf(plan, EndKind::kRoutineWhole),
                      ObjectsOf(plan, EndKind::kRoutineGone),
                      batch.runs,
                      batch.met,
                      writer->old,
                      !batch.prepare};
  ApplyRoutineEnds(&writer->ended, writer->doubt, ends);
}

// The body of the flush; may raise an error.
void WriteAll(WriteBatch *batch) {
  Writer writer = {};
  writer.batch = batch;
  PushActiveSnapshot(GetTransactionSnapshot());
  if (OpenTables(&writer)) {
    BeginRows(&writer);
    OpenFirst(&writer);
    PodVector<PlannedEnd> plan = {};
    const bool late = writer.doubt == NULL && OnlyDefinitions(batch->ends);
    if (writer.past != NULL && !late) plan = Plan(&writer);
    WriteEvents(&writer);
    if (late && !DefinitionsAreNew(&writer.nodes, batch->ends, batch->said)) plan = Plan(&writer);
    ApplyEnds(&writer.ended, plan, batch->said);
    if (writer.doubt != NULL) EndOfRoutines(&writer, plan);
    CommandCounterIncrement();  // a node just made may be brought up to date
    if (batch->nddl > 0) WriteDdl(&writer);
    batch->ddl_outcome = batch->ends_outcome = Outcome::kStored;
    batch->feed_rows = writer.feed.rows;
    batch->resync = writer.feed.wrote_resync;
    batch->ended = writer.ended.unseen;
    for (const uint64 &key : writer.ended.forgotten) batch->forgotten.Append(key);
    KeepNodes(&writer.nodes);
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

// Runs `body` in a subtransaction; the error that it raised, or NULL.
template <typename Body>
ErrorData *InSubtransaction(const Body &body) {
  MemoryContext caller = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  uint32 holdoff = InterruptHoldoffCount;
  ErrorData *volatile error = NULL;
  HOLD_INTERRUPTS();  // a cancel hits after us, as it would without us
  BeginInternalSubTransaction(NULL);
  PG_TRY();
  {
    body();
    ReleaseCurrentSubTransaction();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    error = CopyErrorData();
    FlushErrorState();
    InterruptHoldoffCount = holdoff + 1;  // raising the error has set it to zero
    RollbackAndReleaseCurrentSubTransaction();
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  CurrentResourceOwner = owner;
  RESUME_INTERRUPTS();
  return error;
}

// Writes a batch in a subtransaction; false, all refused, when that raised an error. An index that
// was locked when it came to be needed is none: it is like a table that is.
bool TryWrite(WriteBatch *batch) {
  ErrorData *error = InSubtransaction([&] { WriteAll(batch); });
  if (error == NULL) return true;
  SetOutcomes(batch, Outcome::kRefused);
  if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE) {
    NoteRefusal(StoreRefusal::kLocked);
    return true;
  }
  NoteFailure(error);
  return false;
}

// Refuses an event once more, or for the last time.
void NoteEventFailure(LocalEvent *event) {
  if (++event->failures < kMaxEventFailures) return;
  event->outcome = Outcome::kLost;
  HealthCount(Health::kGivenUp);
}

void AddResults(WriteBatch *batch, const WriteBatch &part) {
  batch->feed_rows += part.feed_rows;
  batch->resync |= part.resync;
  batch->ended |= part.ended;
  batch->opened |= part.opened;
  for (const uint64 &key : part.forgotten) batch->forgotten.Append(key);
}

// The ends after the events that say what goes on. One that cannot be done is not tried again:
// snapshot() looks for what is gone.
void WriteEndsSingly(WriteBatch *batch) {
  if (batch->ends.Empty() && batch->runs.Empty()) return;
  WriteBatch part = {};
  part.ends = batch->ends;
  part.said = batch->said;
  part.runs = batch->runs;
  part.met = batch->met;
  part.prepare = batch->prepare;
  part.forgotten.context = batch->forgotten.context;
  bool fine = TryWrite(&part);
  batch->ends_outcome = fine ? part.ends_outcome : Outcome::kLost;
  if (!fine) HealthCount(Health::kGivenUp, batch->ends.size);
  AddResults(batch, part);
}

// After an error: each by itself, so that one that can never be written stops no other. Gives up
// for this commit when it looks as if the fault were not in the events.
void WriteSingly(WriteBatch *batch) {
  int failures = 0;
  if (batch->nddl > 0) {
    WriteBatch part = {};
    part.ddl = batch->ddl;
    part.nddl = batch->nddl;
    if (!TryWrite(&part)) failures++;
    batch->ddl_outcome = part.ddl_outcome;
    AddResults(batch, part);
  }
  for (LocalEvent *event : batch->events) {
    if (failures == kMaxFailuresOfCommit) break;
    LocalEvent *item = event;
    WriteBatch part = {};
    part.events = {&item, 1, 1, NULL};
    if (!TryWrite(&part)) {
      failures++;
      NoteEventFailure(event);
    }
    AddResults(batch, part);
  }
  WriteEndsSingly(batch);
}

// How many things the batch has that can be written each by itself.
int PartsOf(const WriteBatch &batch) {
  return batch.events.size + (batch.nddl > 0 ? 1 : 0) + (batch.ends.Empty() ? 0 : 1);
}

}  // namespace

void WriteStore(WriteBatch *batch) {
  if (XactReadOnly || RecoveryInProgress()) {
    if (PartsOf(*batch) > 0) HealthCount(Health::kRefusedReadOnly, PartsOf(*batch));
    SetOutcomes(batch, Outcome::kLost);
    return;
  }
  instr_time start, end;
  INSTR_TIME_SET_CURRENT(start);
  if (!TryWrite(batch)) {
    if (PartsOf(*batch) > 1)
      WriteSingly(batch);
    else if (batch->events.size == 1)
      NoteEventFailure(batch->events[0]);
  }
  INSTR_TIME_SET_CURRENT(end);
  INSTR_TIME_SUBTRACT(end, start);
  HealthCount(Health::kCostSamples);
  HealthCount(Health::kCostNanoseconds, INSTR_TIME_GET_MICROSEC(end) * 1000);
}

bool TryReadDoubts() {
  bool read = false;
  ErrorData *error = InSubtransaction([&] { read = ReadDoubts(); });
  if (error != NULL) NoteFailure(error);
  return read && error == NULL;
}

}  // namespace pg_lineage
