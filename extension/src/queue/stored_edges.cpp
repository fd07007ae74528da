#include "queue/stored_edges.h"

#include "edge/compat.h"

namespace pg_lineage {
namespace {

const int16 *Numbers(Datum array, int *n) {
  ArrayType *numbers = DatumGetArrayTypeP(array);
  *n = ArrayGetNItems(ARR_NDIM(numbers), ARR_DIMS(numbers));
  return reinterpret_cast<const int16 *>(ARR_DATA_PTR(numbers));
}

PodVector<EdgeRow> RowsBy(StoreTable *edge, ScanKeyData *keys, int nkeys) {
  PodVector<EdgeRow> rows = {};
  SysScanDesc scan = StoreScan(edge, SnapshotSelf, keys, nkeys);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) rows.Append(ReadEdgeRow(edge, tuple));
  StoreEndScan(scan);
  return rows;
}

}  // namespace

bool EdgeRow::Declared() const {
  return DatumGetInt16((*this)[kEdgeOrigin]) == static_cast<int16>(Origin::kDeclared);
}

int EdgeRow::Frames() const {
  ArrayType *path = DatumGetArrayTypeP((*this)[kEdgeCallPath]);
  return ArrayGetNItems(ARR_NDIM(path), ARR_DIMS(path));
}

Operation EdgeRow::OperationOf() const {
  return static_cast<Operation>(DatumGetInt16((*this)[kEdgeOperation]));
}

EdgeRow ReadEdgeRow(StoreTable *edge, HeapTuple tuple) {
  EdgeRow row = {};
  Datum values[kEdgeNatts + kMaxStoreColumns];
  bool nulls[kEdgeNatts + kMaxStoreColumns];
  row.tid = tuple->t_self;
  heap_deform_tuple(heap_copytuple(tuple), RelationGetDescr(edge->relation), values, nulls);
  memcpy(row.values, values, sizeof(row.values));
  memcpy(row.nulls, nulls, sizeof(row.nulls));
  int counts[3];
  const int16 *sources = Numbers(row[kEdgeSourceColumns], &counts[0]);
  const int16 *targets = Numbers(row[kEdgeTargetColumns], &counts[1]);
  const int16 *kinds = Numbers(row[kEdgeKinds], &counts[2]);
  int n = Min(counts[0], Min(counts[1], counts[2]));
  row.pairs.Reserve(n);
  for (int i = 0; i < n; i++)
    row.pairs.Append(EdgePair{sources[i], targets[i], static_cast<uint8>(kinds[i])});
  return row;
}

PodVector<EdgeRow> EdgeRowsBy(StoreTable *edge, EdgeColumn column, Datum value,
                              RegProcedure equal) {
  ScanKeyData key;
  StoreKey(&key, column, equal, value);
  return RowsBy(edge, &key, 1);
}

void EventKeys(ScanKeyData keys[2], int64 target, uint64 event) {
  StoreKey(&keys[0], kEdgeTarget, F_INT8EQ, Int64GetDatum(target));
  StoreKey(&keys[1], kEdgeKey, F_INT8EQ, Int64GetDatum(static_cast<int64>(event)));
}

PodVector<EdgeRow> EdgeRowsOfEvent(StoreTable *edge, int64 target, uint64 event) {
  ScanKeyData keys[2];
  EventKeys(keys, target, event);
  return RowsBy(edge, keys, 2);
}

PodVector<EdgeRow> EdgeRowsByNode(StoreTable *edge, EdgeColumn column, int64 node) {
  return EdgeRowsBy(edge, column, Int64GetDatum(node), F_INT8EQ);
}

bool RewriteEdgeRow(StoreTable *edge, EdgeRow *row) {
  if (!StoreDelete(edge, &row->tid, false)) return false;
  (*row)[kEdgeSourceColumns] = PairArray(row->pairs.items, row->pairs.size, PairPart::kSource);
  (*row)[kEdgeTargetColumns] = PairArray(row->pairs.items, row->pairs.size, PairPart::kTarget);
  (*row)[kEdgeKinds] = PairArray(row->pairs.items, row->pairs.size, PairPart::kKind);
  StoreInsert(edge, row->values, row->nulls);
  return true;
}

bool HasPair(const EdgePair *pairs, int npairs, const EdgePair &pair) {
  for (int i = 0; i < npairs; i++)
    if (SamePair(pairs[i], pair)) return true;
  return false;
}

// By hand: the server's way copies each number three times over.
Datum PairArray(const EdgePair *pairs, int npairs, PairPart part) {
  if (npairs == 0) return PointerGetDatum(construct_empty_array(INT2OID));
  const Size size = ARR_OVERHEAD_NONULLS(1) + sizeof(int16) * npairs;
  ArrayType *array = static_cast<ArrayType *>(palloc0(size));
  SET_VARSIZE(array, size);
  array->ndim = 1;
  array->elemtype = INT2OID;
  ARR_DIMS(array)[0] = npairs;
  ARR_LBOUND(array)[0] = 1;
  int16 *items = reinterpret_cast<int16 *>(ARR_DATA_PTR(array));
  for (int i = 0; i < npairs; i++) {
    const EdgePair &pair = pairs[i];
    items[i] = part == PairPart::kSource   ? pair.source_column
               : part == PairPart::kTarget ? pair.target_column
                                           : static_cast<int16>(pair.kind);
  }
  return PointerGetDatum(array);
}

}  // namespace pg_lineage
