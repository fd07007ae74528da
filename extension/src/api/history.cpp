// lineage._past_rows(): edges that ended, for the history and for the feed.
#include "api/reader.h"
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/past_rows.h"

namespace pg_lineage {
namespace {

constexpr int kPastRowColumns = 18;

// Two sessions that met a fact at once left two rows, which ended together.
struct EndedFact {
  uint64 event;
  int64 source;
  uint64 ended_xid;
  uint64 columns;
};

uint64 HashOf(Datum array) {
  ArrayType *bytes = DatumGetArrayTypeP(array);
  return hash_bytes_extended(reinterpret_cast<const unsigned char *>(bytes),
                             static_cast<int>(VARSIZE(bytes)), 0);
}

bool FirstSight(HTAB *seen, const PastFact &fact) {
  EndedFact key = {static_cast<uint64>(DatumGetInt64(fact.values[kEdgeKey - 1])),
                   DatumGetInt64(fact.values[kEdgeSource - 1]),
                   DatumGetUInt64(fact.values[kPastEndedXid - 1]),
                   hash_combine64(HashOf(fact.values[kEdgeSourceColumns - 1]),
                                  HashOf(fact.values[kEdgeTargetColumns - 1]))};
  bool found;
  hash_search(seen, &key, HASH_ENTER, &found);
  return !found;
}

// False when it may not be seen.
bool ReadPast(FactReader *reader, StoreTable *past, HeapTuple tuple, PastFact *fact) {
  heap_deform_tuple(tuple, RelationGetDescr(past->relation), fact->values, fact->nulls);
  fact->source = NodeById(reader, DatumGetInt64(fact->values[kEdgeSource - 1]));
  fact->target = NodeById(reader, DatumGetInt64(fact->values[kEdgeTarget - 1]));
  return fact->source->visible && fact->target->visible;
}

void PutPast(FactReader *reader, ReturnSetInfo *result, const PastFact &fact) {
  Datum values[kPastRowColumns];
  bool nulls[kPastRowColumns] = {};
  auto copy = [&](int to, AttrNumber from) {
    values[to] = fact.values[from - 1];
    nulls[to] = fact.nulls[from - 1];
  };
  values[0] = CStringGetTextDatum(fact.source->name);
  values[1] = CharGetDatum(fact.source->kind);
  values[2] = CStringGetTextDatum(fact.target->name);
  values[3] = CharGetDatum(fact.target->kind);
  copy(4, kEdgeSourceColumns);
  copy(5, kEdgeTargetColumns);
  copy(6, kEdgeKinds);
  copy(7, kEdgeRoutine);
  copy(8, kEdgeCallPath);
  values[9] = CStringGetTextDatum(OperationName(DatumGetInt16(fact.values[kEdgeOperation - 1])));
  values[10] = CStringGetTextDatum(OriginName(DatumGetInt16(fact.values[kEdgeOrigin - 1])));
  copy(11, kEdgeFirstSeen);
  copy(12, kPastLastSeen);
  copy(13, kPastExecutions);
  copy(14, kPastRows);
  copy(15, kEdgeQuery);
  const char *user = NameStr(*DatumGetName(fact.values[kEdgeUsername - 1]));
  if (!reader->all && strcmp(user, GetUserNameFromId(GetUserId(), false)) != 0) nulls[15] = true;
  copy(16, kPastEndedAt);
  copy(17, kPastReason);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

}  // namespace

bool PastFactById(FactReader *reader, int64 id, PastFact *fact) {
  StoreTable *past = OpenForFunction(StoreId::kPast, AccessShareLock);
  ScanKeyData key;
  StoreKey(&key, kEdgeId, F_INT8EQ, Int64GetDatum(id));
  SysScanDesc scan = StoreScan(past, reader->snapshot, &key, 1);
  HeapTuple tuple = systable_getnext(scan);
  bool found = HeapTupleIsValid(tuple) && ReadPast(reader, past, heap_copytuple(tuple), fact);
  StoreEndScan(scan);
  StoreClose(past);
  return found;
}

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_past_rows);
Datum pg_lineage_past_rows(PG_FUNCTION_ARGS) {
  InitMaterializedSRF(fcinfo, 0);
  ReturnSetInfo *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  FactReader *reader = OpenFacts();
  StoreTable *past = OpenForFunction(StoreId::kPast, AccessShareLock);
  HTAB *seen = MakeSet<EndedFact>("pg_lineage past facts", 256, CurrentMemoryContext);
  SysScanDesc scan = StoreScan(past, reader->snapshot, NULL, 0);
  HeapTuple tuple;
  PastFact fact;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    CHECK_FOR_INTERRUPTS();
    MemoryContextReset(reader->row_context);
    MemoryContext caller = MemoryContextSwitchTo(reader->row_context);
    if (ReadPast(reader, past, tuple, &fact) && FirstSight(seen, fact))
      PutPast(reader, result, fact);
    MemoryContextSwitchTo(caller);
  }
  StoreEndScan(scan);
  StoreClose(past);
  CloseFacts(reader);
  PG_RETURN_NULL();
}

}  // extern "C"

}  // namespace pg_lineage
