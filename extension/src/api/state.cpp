// The shipper's memory and what it parked: lineage._state_get(), _state_set(), _park(), _unpark().
//
// One shipper per database works on these (advisory lock), so a plain lock of the table against a
// second writer costs nothing.
#include "api/state.h"

#include "api/reader.h"
#include "edge/compat.h"
#include "queue/rows.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

const char *TextArgument(FunctionCallInfo fcinfo, int n) {
  return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

// An argument that must be there, in a function that is not STRICT.
const char *NeededArgument(FunctionCallInfo fcinfo, int n) {
  const char *text = TextArgument(fcinfo, n);
  if (text == NULL)
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("argument %d must not be NULL", n + 1)));
  return text;
}

// Deletes the row of a key, if there is one.
void DeleteState(StoreTable *state, const char *sink, const char *key) {
  SysScanDesc scan = ScanState(state, sink, key);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) StoreDelete(state, &tuple->t_self, true);
  StoreEndScan(scan);
}

bool TextIs(HeapTuple tuple, AttrNumber column, TupleDesc desc, const char *wanted) {
  bool null;
  Datum value = heap_getattr(tuple, column, desc, &null);
  return !null && strcmp(TextDatumGetCString(value), wanted) == 0;
}

// Removes the note of the same thing parked before; how often it was tried.
int TakeAttempts(StoreTable *parked, const char *sink, const char *kind, const char *object) {
  int attempts = 0;
  TupleDesc desc = RelationGetDescr(parked->relation);
  SysScanDesc scan = StoreScan(parked, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    if (!TextIs(tuple, 2, desc, sink) || !TextIs(tuple, 3, desc, kind) ||
        !TextIs(tuple, 4, desc, object))
      continue;
    attempts = Max(attempts, DatumGetInt32(heap_getattr(tuple, 7, desc, &null)));
    StoreDelete(parked, &tuple->t_self, true);
  }
  StoreEndScan(scan);
  return attempts;
}

}  // namespace

SysScanDesc ScanState(StoreTable *state, const char *sink, const char *key) {
  ScanKeyData keys[2];
  StoreKey(&keys[0], 2, F_TEXTEQ, CStringGetTextDatum(sink));
  StoreKey(&keys[1], 3, F_TEXTEQ, CStringGetTextDatum(key));
  return StoreScan(state, SnapshotSelf, keys, 2);
}

void AddState(StoreTable *state, const char *sink, const char *key, const char *value) {
  Row row = {};
  row.Add(Int64GetDatum(TakeIds(1)));
  row.AddText(sink);
  row.AddText(key);
  row.AddText(value);
  StoreInsertRow(state, row);
}

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_state_set);
Datum pg_lineage_state_set(PG_FUNCTION_ARGS) {
  RequireShared();
  const char *sink = NeededArgument(fcinfo, 0);
  const char *key = NeededArgument(fcinfo, 1);
  const char *value = TextArgument(fcinfo, 2);
  StoreTable *state = OpenForFunction(StoreId::kState, ShareRowExclusiveLock);
  DeleteState(state, sink, key);
  if (value != NULL) AddState(state, sink, key, value);
  StoreClose(state);
  PG_RETURN_VOID();
}

PGL_SQL_FUNCTION(pg_lineage_state_get);
Datum pg_lineage_state_get(PG_FUNCTION_ARGS) {
  InitMaterializedSRF(fcinfo, 0);
  ReturnSetInfo *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  StoreTable *state = OpenForFunction(StoreId::kState, AccessShareLock);
  ScanKeyData key;
  StoreKey(&key, 2, F_TEXTEQ, PointerGetDatum(PG_GETARG_TEXT_PP(0)));
  SysScanDesc scan = StoreScan(state, StoreReadSnapshot(), &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool nulls[2];
    TupleDesc desc = RelationGetDescr(state->relation);
    Datum values[2] = {heap_getattr(tuple, 3, desc, &nulls[0]),
                       heap_getattr(tuple, 4, desc, &nulls[1])};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  }
  StoreEndScan(scan);
  StoreClose(state);
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_park);
Datum pg_lineage_park(PG_FUNCTION_ARGS) {
  RequireShared();
  const char *sink = NeededArgument(fcinfo, 0);
  const char *kind = NeededArgument(fcinfo, 1);
  const char *object = NeededArgument(fcinfo, 2);
  const char *reason = NeededArgument(fcinfo, 3);
  StoreTable *parked = OpenForFunction(StoreId::kParked, ShareRowExclusiveLock);
  int attempts = TakeAttempts(parked, sink, kind, object);
  int64 id = TakeIds(1);
  Row row = {};
  row.Add(Int64GetDatum(id));
  row.AddText(sink);
  row.AddText(kind);
  row.AddText(object);
  row.AddText(reason);
  row.AddText(TextArgument(fcinfo, 4));
  row.Add(Int32GetDatum(attempts + 1));
  row.Add(TimestampTzGetDatum(GetCurrentTimestamp()));
  StoreInsertRow(parked, row);
  StoreClose(parked);
  PG_RETURN_INT64(id);
}

PGL_SQL_FUNCTION(pg_lineage_unpark);
Datum pg_lineage_unpark(PG_FUNCTION_ARGS) {
  RequireShared();
  Datum *ids;
  bool *nulls;
  int n;
  int64 removed = 0;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE, &ids,
                    &nulls, &n);
  StoreTable *parked = OpenForFunction(StoreId::kParked, ShareRowExclusiveLock);
  for (int i = 0; i < n; i++) {
    if (nulls[i]) continue;
    ScanKeyData key;
    StoreKey(&key, 1, F_INT8EQ, ids[i]);
    SysScanDesc scan = StoreScan(parked, SnapshotSelf, &key, 1);
    HeapTuple tuple = systable_getnext(scan);
    if (HeapTupleIsValid(tuple)) {
      StoreDelete(parked, &tuple->t_self, true);
      removed++;
    }
    StoreEndScan(scan);
  }
  StoreClose(parked);
  PG_RETURN_INT64(removed);
}

}  // extern "C"

}  // namespace pg_lineage
