#include "queue/past_rows.h"

#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

struct KnownNode {
  int64 id;  // first: hash key
  NodeRecord record;
};

struct PairOfNodes {
  int64 source;
  int64 target;
};

const char *ReasonText(EndReason reason) {
  switch (reason) {
    case EndReason::kDropped:
      return "dropped";
    case EndReason::kColumnDropped:
      return "column dropped";
    case EndReason::kRedefined:
      return "redefined";
    case EndReason::kRoutine:
      return "routine replaced";
    case EndReason::kUnseen:
      return "not seen any more";
    case EndReason::kForgotten:
      return "forgotten";
  }
  return "unknown";
}

// What a column is called, or was called when it went; NULL for the rows.
const char *ColumnThen(const NodeRecord *node, int16 column) {
  if (column <= 0) return NULL;
  if (node == NULL) return "?";
  if (node->here) {
    HeapTuple tuple = SearchSysCacheAttNum(node->relid, column);  // none when dropped
    if (HeapTupleIsValid(tuple)) {
      const char *name =
          pstrdup(NameStr(reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple))->attname));
      ReleaseSysCache(tuple);
      return name;
    }
  }
  bool known = column <= node->ncolumns && node->columns[column - 1] != NULL;
  return known ? node->columns[column - 1] : "?";
}

Datum NameArray(const NodeRecord *node, const PodVector<EdgePair> &pairs, bool sources) {
  if (pairs.Empty()) return PointerGetDatum(construct_empty_array(TEXTOID));
  const char **names = static_cast<const char **>(palloc(sizeof(char *) * pairs.size));
  for (int i = 0; i < pairs.size; i++)
    names[i] = ColumnThen(node, sources ? pairs[i].source_column : pairs[i].target_column);
  return NameTextArray(names, pairs.size);
}

}  // namespace

PastWriter BeginPast(StoreTable *table, StoreTable *edge, NodeWriter *nodes, FeedWriter *feed) {
  PastWriter past = {};
  past.table = table;
  past.edge = edge;
  past.nodes = nodes;
  past.feed = feed;
  past.now = GetCurrentTimestamp();
  past.xid = U64FromFullTransactionId(GetTopFullTransactionId());
  past.known = MakeTable(&KnownNode::id, "pg_lineage past nodes", 64, CurrentMemoryContext);
  past.told = MakeSet<PairOfNodes>("pg_lineage told pairs", 64, CurrentMemoryContext);
  past.context = CurrentMemoryContext;
  return past;
}

const NodeRecord *PastNode(PastWriter *past, int64 id) {
  bool found;
  KnownNode *known = static_cast<KnownNode *>(hash_search(past->known, &id, HASH_ENTER, &found));
  if (!found) {
    MemoryContext caller = MemoryContextSwitchTo(past->context);
    if (!ReadNodeById(past->nodes, id, &known->record)) known->record.id = 0;
    MemoryContextSwitchTo(caller);
  }
  return known->record.id == 0 ? NULL : &known->record;
}

void TellPair(PastWriter *past, int64 source, int64 target, const char *kind, int64 ref) {
  if (past->feed == NULL || source == target) return;
  PairOfNodes key = {source, target};
  bool found;
  hash_search(past->told, &key, HASH_ENTER, &found);
  if (!found) Feed(past->feed, kind, ref);
}

namespace {

void Write(PastWriter *past, const EdgeRow &row, const PodVector<EdgePair> &pairs, int64 id,
           EndReason reason) {
  const NodeRecord *source = PastNode(past, row.Number(kEdgeSource));
  const NodeRecord *target = PastNode(past, row.Number(kEdgeTarget));
  Datum values[kPastNatts];
  bool nulls[kPastNatts] = {};
  memcpy(values, row.values, sizeof(row.values));
  memcpy(nulls, row.nulls, sizeof(row.nulls));
  values[kEdgeId - 1] = Int64GetDatum(id);
  values[kEdgeSourceColumns - 1] = NameArray(source, pairs, true);
  values[kEdgeTargetColumns - 1] = NameArray(target, pairs, false);
  values[kEdgeKinds - 1] = PairArray(pairs.items, pairs.size, PairPart::kKind);
  EventCounters counters = {1, 0, true, 0, 0};
  (void)SharedEventRead(static_cast<uint64>(row.Number(kEdgeKey)), &counters);
  TimestampTz first_seen = DatumGetTimestampTz(row[kEdgeFirstSeen]);
  values[kPastLastSeen - 1] = TimestampTzGetDatum(Max(first_seen, counters.last_seen));
  values[kPastExecutions - 1] = Int64GetDatum(counters.executions);
  values[kPastRows - 1] = Int64GetDatum(counters.rows);
  nulls[kPastRows - 1] = counters.rows_unknown;
  values[kPastEndedAt - 1] = TimestampTzGetDatum(past->now);
  values[kPastEndedXid - 1] = UInt64GetDatum(past->xid);
  values[kPastReason - 1] = CStringGetTextDatum(ReasonText(reason));
  StoreInsert(past->table, values, nulls);
  TellPair(past, row.Number(kEdgeSource), row.Number(kEdgeTarget), "ended", id);
}

}  // namespace

void WritePast(PastWriter *past, const EdgeRow &row, const PodVector<EdgePair> &pairs,
               EndReason reason) {
  Write(past, row, pairs, TakeIds(1), reason);
}

// The event of an observed row may come again: then it is a new one.
static void ForgetEvent(PastWriter *past, const EdgeRow &row, EndReason reason) {
  bool again = reason == EndReason::kRoutine || reason == EndReason::kUnseen;
  if (row.Declared() || !again) return;
  past->unseen = true;
  if (past->forgotten.context == NULL) past->forgotten.context = past->context;
  past->forgotten.Append(static_cast<uint64>(row.Number(kEdgeKey)));
}

bool EndRow(PastWriter *past, EdgeRow *row, EndReason reason) {
  if (!StoreDelete(past->edge, &row->tid, false)) return false;
  ForgetEvent(past, *row, reason);
  Write(past, *row, row->pairs, row->Number(kEdgeId), reason);
  return true;
}

void KeepPairs(PastWriter *past, EdgeRow *row, const PodVector<EdgePair> &kept, EndReason reason) {
  if (kept.size == row->pairs.size) return;
  if (kept.Empty()) {
    (void)EndRow(past, row, reason);
    return;
  }
  PodVector<EdgePair> gone = {};
  for (const EdgePair &pair : row->pairs)
    if (!HasPair(kept.items, kept.size, pair)) gone.Append(pair);
  EdgeRow rest = *row;
  rest.pairs = kept;
  if (reason == EndReason::kRoutine)  // what is left is another event than the row's
    rest[kEdgeKey] = UInt64GetDatum(hash_combine64(static_cast<uint64>(row->Number(kEdgeKey)), 1));
  if (!RewriteEdgeRow(past->edge, &rest)) return;
  ForgetEvent(past, *row, reason);
  WritePast(past, *row, gone, reason);
}

}  // namespace pg_lineage
