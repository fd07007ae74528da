// lineage._edge_rows(), _pair(), _ddl_rows(): what the public views are made of.
#include "api/reader.h"
#include "edge/compat.h"

namespace pg_lineage {
namespace {

constexpr int kEdgeRowColumns = 16;

Datum NameArray(const PodVector<Datum> &names, const PodVector<bool> &nulls) {
  if (names.Empty()) return PointerGetDatum(construct_empty_array(TEXTOID));
  int dims[1] = {names.size};
  int lower[1] = {1};
  return PointerGetDatum(construct_md_array(names.items, nulls.items, 1, dims, lower, TEXTOID, -1,
                                            false, TYPALIGN_INT));
}

// Gives the names of one end of a pair; false when the column is no more.
bool PairEnd(const NodeView *node, int16 column, PodVector<Datum> *names, PodVector<bool> *nulls) {
  const char *name = ColumnName(node, column);
  if (name == NULL && column != 0) return false;
  nulls->Append(name == NULL);
  names->Append(name == NULL ? (Datum)0 : CStringGetTextDatum(name));
  return true;
}

// The three arrays of a fact; pairs with a dropped column are left out.
void PairArrays(const Fact &fact, Datum *values) {
  PodVector<Datum> sources = {}, targets = {}, kinds = {};
  PodVector<bool> source_nulls = {}, target_nulls = {};
  for (int i = 0; i < fact.npairs; i++) {
    if (!PairEnd(fact.source, fact.source_columns[i], &sources, &source_nulls)) continue;
    if (!PairEnd(fact.target, fact.target_columns[i], &targets, &target_nulls)) {
      sources.size--;
      source_nulls.size--;
      continue;
    }
    kinds.Append(Int16GetDatum(fact.kinds[i]));
  }
  values[0] = NameArray(sources, source_nulls);
  values[1] = NameArray(targets, target_nulls);
  values[2] = PointerGetDatum(
      construct_array(kinds.items, kinds.size, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
}

void PutFact(ReturnSetInfo *result, const Fact &fact) {
  Datum values[kEdgeRowColumns];
  bool nulls[kEdgeRowColumns] = {};
  values[0] = CStringGetTextDatum(fact.source->name);
  values[1] = CharGetDatum(fact.source->kind);
  values[2] = CStringGetTextDatum(fact.target->name);
  values[3] = CharGetDatum(fact.target->kind);
  PairArrays(fact, &values[4]);
  nulls[7] = fact.routine == NULL;
  values[7] = nulls[7] ? (Datum)0 : CStringGetTextDatum(fact.routine);
  values[8] = PointerGetDatum(fact.call_path);
  values[9] = CStringGetTextDatum(OperationName(fact.operation));
  values[10] = CStringGetTextDatum(OriginName(fact.origin));
  values[11] = TimestampTzGetDatum(fact.first_seen);
  values[12] = TimestampTzGetDatum(fact.last_seen);
  values[13] = Int64GetDatum(fact.executions);
  nulls[14] = fact.rows_unknown;
  values[14] = Int64GetDatum(fact.rows);
  nulls[15] = fact.query == NULL;
  values[15] = nulls[15] ? (Datum)0 : CStringGetTextDatum(fact.query);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// All facts, or those between two names.
void PutFacts(FunctionCallInfo fcinfo, const char *source, const char *target) {
  InitMaterializedSRF(fcinfo, 0);
  ReturnSetInfo *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  FactReader *reader = OpenFacts();
  Fact fact;
  while (NextFact(reader, &fact)) {
    if (source != NULL && strcmp(fact.source->name, source) != 0) continue;
    if (target != NULL && strcmp(fact.target->name, target) != 0) continue;
    MemoryContext caller = MemoryContextSwitchTo(reader->row_context);
    PutFact(result, fact);
    MemoryContextSwitchTo(caller);
  }
  CloseFacts(reader);
}

}  // namespace

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_edge_rows);
Datum pg_lineage_edge_rows(PG_FUNCTION_ARGS) {
  PutFacts(fcinfo, NULL, NULL);
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_pair);
Datum pg_lineage_pair(PG_FUNCTION_ARGS) {
  PutFacts(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
  PG_RETURN_NULL();
}

// Rows of lineage._ddl without the OIDs; a reader who may not see all sees his own.
PGL_SQL_FUNCTION(pg_lineage_ddl_rows);
Datum pg_lineage_ddl_rows(PG_FUNCTION_ARGS) {
  constexpr int kShown = 11;
  constexpr int kUsername = 10;
  InitMaterializedSRF(fcinfo, 0);
  ReturnSetInfo *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  StoreTable *ddl = OpenForFunction(StoreId::kDdl, AccessShareLock);
  bool all = MaySeeAll();
  const char *reader = GetUserNameFromId(GetUserId(), false);
  SysScanDesc scan = StoreScan(ddl, StoreReadSnapshot(), NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    Datum values[2 * kMaxStoreColumns];
    bool nulls[2 * kMaxStoreColumns];
    heap_deform_tuple(tuple, RelationGetDescr(ddl->relation), values, nulls);
    if (!all && strcmp(NameStr(*DatumGetName(values[kUsername])), reader) != 0) continue;
    static_assert(kShown == kUsername + 1, "the columns shown end with the name");
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  }
  StoreEndScan(scan);
  StoreClose(ddl);
  PG_RETURN_NULL();
}

}  // extern "C"

}  // namespace pg_lineage
