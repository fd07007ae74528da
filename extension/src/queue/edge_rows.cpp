#include "queue/edge_rows.h"

#include "edge/compat.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// Columns of lineage._edge that are looked at here.
constexpr AttrNumber kEventKey = 2, kSourceNode = 3, kTargetNode = 4, kOperation = 5, kOrigin = 6,
                     kRoutine = 8, kCallPath = 9, kFirstSeen = 11, kSourceColumns = 15,
                     kTargetColumns = 16, kKinds = 17;

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

// Writes the row of one source of an event, and its feed row.
void WriteEdge(EdgeWriter *writer, const EventSpec &spec, int number, int64 source, int64 target,
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
  row.Add(Int64GetDatum(writer->nodes->stamp));
  row.Add(TimestampTzGetDatum(first_seen));
  row.Add(UInt64GetDatum(writer->xid));
  row.Add(NameGetDatum(&writer->username));
  row.AddText(spec.query_text);
  row.Add(PairArray(edge, PairPart::kSource));
  row.Add(PairArray(edge, PairPart::kTarget));
  row.Add(PairArray(edge, PairPart::kKind));
  StoreInsertRow(writer->table, row);
  // What flows within one table is of no interest to a catalog.
  if (source != target) Feed(writer->feed, "edge", id);
}

// What the store has of an event.
struct StoredEvent {
  bool found;
  bool renamed;  // routines of the call path are called otherwise now
  TimestampTz first_seen;
};

// True when a row's routine and call path read as the event's do.
bool SamePath(EdgeWriter *writer, HeapTuple tuple, const EventSpec &spec) {
  TupleDesc desc = RelationGetDescr(writer->table->relation);
  bool null;
  Datum routine = heap_getattr(tuple, kRoutine, desc, &null);
  const char *wanted = spec.path == NULL ? NULL : spec.path->routine;
  if (null != (wanted == NULL)) return false;
  if (!null && strcmp(TextDatumGetCString(routine), wanted) != 0) return false;
  return SameBytes(heap_getattr(tuple, kCallPath, desc, &null), PathArray(spec.path));
}

// Looks for committed rows of the event. All rows of one event come by one transaction, so one
// stands for all. With `remove` they go, unless another transaction is at them.
StoredEvent LookUpEvent(EdgeWriter *writer, const EventSpec &spec, bool remove) {
  StoredEvent stored = {};
  ScanKeyData key;
  StoreKey(&key, kEventKey, F_INT8EQ, Int64GetDatum(static_cast<int64>(spec.key)));
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    Datum seen = heap_getattr(tuple, kFirstSeen, RelationGetDescr(writer->table->relation), &null);
    stored.found = true;
    stored.first_seen = DatumGetTimestampTz(seen);
    stored.renamed = !SamePath(writer, tuple, spec);
    if (!remove) break;
    (void)StoreDelete(writer->table, &tuple->t_self, false);
  }
  systable_endscan(scan);
  return stored;
}

Datum Stored(EdgeWriter *writer, HeapTuple tuple, AttrNumber column) {
  bool null;
  return heap_getattr(tuple, column, RelationGetDescr(writer->table->relation), &null);
}

// True when the row says the same as one of the event's edges.
bool SaysTheSame(EdgeWriter *writer, HeapTuple tuple, const EventSpec &spec) {
  int64 source = DatumGetInt64(Stored(writer, tuple, kSourceNode));
  for (int i = 0; i < spec.nedges; i++) {
    const EventEdge &edge = spec.edges[i];
    if (NodeRow(writer->nodes, edge.source) == source &&
        SameBytes(Stored(writer, tuple, kSourceColumns), PairArray(edge, PairPart::kSource)) &&
        SameBytes(Stored(writer, tuple, kTargetColumns), PairArray(edge, PairPart::kTarget)) &&
        SameBytes(Stored(writer, tuple, kKinds), PairArray(edge, PairPart::kKind)))
      return true;
  }
  return false;
}

// Counts what the definition of a relation said until now, and how much of it the event says too;
// with `remove` it goes, unless another transaction is at it.
int FormerRows(EdgeWriter *writer, const EventSpec &spec, int64 target, bool remove, int *same) {
  int rows = 0;
  *same = 0;
  ScanKeyData key;
  StoreKey(&key, kTargetNode, F_INT8EQ, Int64GetDatum(target));
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    if (DatumGetInt16(Stored(writer, tuple, kOrigin)) != static_cast<int16>(Origin::kDeclared) ||
        DatumGetInt16(Stored(writer, tuple, kOperation)) != static_cast<int16>(spec.operation))
      continue;
    rows++;
    if (SaysTheSame(writer, tuple, spec)) (*same)++;
    if (remove) (void)StoreDelete(writer->table, &tuple->t_self, false);
  }
  systable_endscan(scan);
  return rows;
}

// True for what defines its target: there is one definition. Of what routines would write there is
// any number, each told by its path.
bool Defines(const EventSpec &spec) {
  return spec.operation == Operation::kCreateView || spec.operation == Operation::kCreateMatView ||
         spec.operation == Operation::kGenerated;
}

// True when the definition still says what the store has; else ends what it said before.
bool DeclaredAlready(EdgeWriter *writer, const EventSpec &spec, int64 target) {
  int same;
  int rows = FormerRows(writer, spec, target, false, &same);
  if (rows == spec.nedges && same == rows) return true;
  if (rows == 0) return false;
  CommandCounterIncrement();  // a row of the same batch may be among them
  FormerRows(writer, spec, target, true, &same);
  writer->ended = true;
  return false;
}

}  // namespace

Datum PathArray(const EventPath *path) {
  int n = path == NULL ? 0 : path->nframes;
  Datum *frames = static_cast<Datum *>(palloc(sizeof(Datum) * Max(n, 1)));
  for (int i = 0; i < n; i++) frames[i] = CStringGetTextDatum(path->frames[i]);
  return PointerGetDatum(construct_array(frames, n, TEXTOID, -1, false, TYPALIGN_INT));
}

void WriteEvent(EdgeWriter *writer, const EventSpec &spec) {
  StoredEvent stored = LookUpEvent(writer, spec, false);
  if (stored.found && !stored.renamed) return;
  if (stored.found) LookUpEvent(writer, spec, true);
  TimestampTz first_seen = stored.found ? stored.first_seen : writer->now;
  int64 target = NodeRow(writer->nodes, spec.target);
  if (target == 0) return;
  if (spec.origin == Origin::kDeclared && Defines(spec) && DeclaredAlready(writer, spec, target))
    return;
  for (int i = 0; i < spec.nedges; i++) {
    int64 source = NodeRow(writer->nodes, spec.edges[i].source);
    if (source == 0) continue;
    WriteEdge(writer, spec, i, source, target, first_seen);
    HealthCount(Health::kEdgesWritten);
  }
}

}  // namespace pg_lineage
