#include "queue/edge_rows.h"

#include "edge/compat.h"
#include "queue/ends.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

Oid RoutineOf(const EventSpec &spec) {
  return spec.path == NULL ? InvalidOid : spec.path->routine_oid;
}

Oid DeclarerOf(const EventSpec &spec) {
  return spec.path == NULL ? InvalidOid : spec.path->declared_by;
}

// Writes the row of one source of an event, and its feed row.
void WriteEdge(EdgeWriter *writer, const EventSpec &spec, const EventEdge &edge, int64 source,
               int64 target, TimestampTz first_seen) {
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
  row.Add(ObjectIdGetDatum(DeclarerOf(spec)));
  row.Add(Int64GetDatum(writer->nodes->stamp));
  row.Add(TimestampTzGetDatum(first_seen));
  row.Add(UInt64GetDatum(writer->xid));
  row.Add(NameGetDatum(&writer->username));
  row.AddText(writer->text);
  row.Add(PairArray(edge.pairs, edge.npairs, PairPart::kSource));
  row.Add(PairArray(edge.pairs, edge.npairs, PairPart::kTarget));
  row.Add(PairArray(edge.pairs, edge.npairs, PairPart::kKind));
  StoreInsertRow(writer->table, row);
  // What flows within one table is of no interest to a catalog.
  if (source != target) Feed(writer->feed, "edge", id);
  HealthCount(Health::kEdgesWritten);
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
  Datum routine = heap_getattr(tuple, kEdgeRoutine, desc, &null);
  const char *wanted = spec.path == NULL ? NULL : spec.path->routine;
  if (null != (wanted == NULL)) return false;
  if (!null && strcmp(TextDatumGetCString(routine), wanted) != 0) return false;
  return SameBytes(heap_getattr(tuple, kEdgeCallPath, desc, &null), PathArray(spec.path));
}

// Looks for committed rows of the event. All rows of one event come by one transaction, so one
// stands for all. With `remove` they go, unless another transaction is at them.
StoredEvent LookUpEvent(EdgeWriter *writer, const EventSpec &spec, int64 target, bool remove) {
  StoredEvent stored = {};
  ScanKeyData keys[2];
  EventKeys(keys, target, spec.key);
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, keys, 2);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    Datum seen =
        heap_getattr(tuple, kEdgeFirstSeen, RelationGetDescr(writer->table->relation), &null);
    stored.found = true;
    stored.first_seen = DatumGetTimestampTz(seen);
    stored.renamed = !SamePath(writer, tuple, spec);
    if (!remove) break;
    (void)StoreDelete(writer->table, &tuple->t_self, false);
  }
  StoreEndScan(scan);
  return stored;
}

// True when a declared row may already say what the event says: one definition, or one routine. Not
// another one that had its name, whose rows end with it.
bool OfSameSaying(const EdgeWriter *writer, const EdgeRow &row, const EventSpec &spec) {
  if (!row.Declared() || row.OperationOf() != spec.operation) return false;
  if (OfDefinition(spec.operation)) return true;  // whoever said it
  if (row.Number(kEdgeDatabase) == writer->nodes->stamp &&
      (DatumGetObjectId(row[kEdgeRoutineOid]) != RoutineOf(spec) ||
       DatumGetObjectId(row[kEdgeDeclaredBy]) != DeclarerOf(spec)))
    return false;
  const char *routine = spec.path == NULL ? NULL : spec.path->routine;
  if (row.nulls[kEdgeRoutine - 1] != (routine == NULL)) return false;
  return SameBytes(row[kEdgeCallPath], PathArray(spec.path));
}

// Declared rows between two nodes. Looked for where they are few: thousands of routines may read
// one table, and thousands of views.
PodVector<EdgeRow> SayingsOf(EdgeWriter *writer, const EventSpec &spec, int64 source,
                             int64 target) {
  ScanKeyData key;
  if (OfDefinition(spec.operation))
    StoreKey(&key, kEdgeTarget, F_INT8EQ, Int64GetDatum(target));
  else
    StoreKey(&key, kEdgeDeclaredBy, F_OIDEQ, ObjectIdGetDatum(DeclarerOf(spec)));
  PodVector<EdgeRow> rows = {};
  TupleDesc desc = RelationGetDescr(writer->table->relation);
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    if (DatumGetInt64(heap_getattr(tuple, kEdgeSource, desc, &null)) == source &&
        DatumGetInt64(heap_getattr(tuple, kEdgeTarget, desc, &null)) == target)
      rows.Append(ReadEdgeRow(writer->table, tuple));
  }
  StoreEndScan(scan);
  return rows;
}

// True when the rows say all that the event says of one source; else *news is what they do not.
bool AllSaid(const EdgeWriter *writer, const PodVector<EdgeRow> &rows, const EventSpec &spec,
             const EventEdge &edge, int64 source, int64 target, PodVector<EdgePair> *news) {
  PodVector<const EdgeRow *> same = {};
  bool read = false;
  for (const EdgeRow &row : rows) {
    if (row.Number(kEdgeSource) != source || row.Number(kEdgeTarget) != target ||
        !OfSameSaying(writer, row, spec))
      continue;
    same.Append(&row);
    read |= row.pairs.Empty();
  }
  news->size = 0;
  for (int i = 0; i < edge.npairs; i++) {
    bool stored = false;
    for (const EdgeRow *row : same)
      stored |= HasPair(row->pairs.items, row->pairs.size, edge.pairs[i]);
    if (!stored) news->Append(edge.pairs[i]);
  }
  return edge.npairs == 0 ? read : news->Empty();
}

// Writes what a declared event says of one source and the store does not have. Mostly it has been
// said like this before, and is found by its key.
void WriteDeclared(EdgeWriter *writer, const EventSpec &spec, const EventEdge &edge, int64 source,
                   int64 target) {
  PodVector<EdgePair> news = {};
  if (AllSaid(writer, EdgeRowsOfEvent(writer->table, target, spec.key), spec, edge, source, target,
              &news) ||
      AllSaid(writer, SayingsOf(writer, spec, source, target), spec, edge, source, target, &news))
    return;
  EventEdge rest = {edge.source, news.items, news.size};
  WriteEdge(writer, spec, rest, source, target, writer->now);
}

}  // namespace

Datum PathArray(const EventPath *path) {
  int n = path == NULL ? 0 : path->nframes;
  Datum *frames = static_cast<Datum *>(palloc(sizeof(Datum) * Max(n, 1)));
  for (int i = 0; i < n; i++) frames[i] = CStringGetTextDatum(path->frames[i]);
  return PointerGetDatum(construct_array(frames, n, TEXTOID, -1, false, TYPALIGN_INT));
}

void WriteEvent(EdgeWriter *writer, const EventSpec &spec) {
  bool declared = spec.origin == Origin::kDeclared;
  int64 target = NodeRow(writer->nodes, spec.target);
  if (target == 0) return;
  // Of a new view, say, the store can know nothing yet.
  const bool first = FirstInto(writer->nodes, spec.target);
  StoredEvent stored = {};
  if (!declared && !first) stored = LookUpEvent(writer, spec, target, false);
  if (stored.found && !stored.renamed) return;
  if (stored.found) LookUpEvent(writer, spec, target, true);
  TimestampTz first_seen = stored.found ? stored.first_seen : writer->now;
  const StatementText &text = spec.text;
  writer->text = text.mode == ScrubMode::kNone
                     ? text.source
                     : ScrubStatement(text.source, text.location, text.length, text.mode);
  for (int i = 0; i < spec.nedges; i++) {
    const EventEdge &edge = spec.edges[i];
    int64 source = NodeRow(writer->nodes, edge.source);
    if (source == 0) continue;
    if (declared && !first)
      WriteDeclared(writer, spec, edge, source, target);
    else
      WriteEdge(writer, spec, edge, source, target, first_seen);
  }
}

}  // namespace pg_lineage
