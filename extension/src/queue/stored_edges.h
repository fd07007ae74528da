// Rows of lineage._edge as they are stored: read whole, looked at by pair, written anew.
//
// For the writer and for our SQL functions. Reads by SnapshotSelf: what this transaction wrote
// counts. A row never is updated: a changed one is deleted and inserted (queue/store.h says why),
// under its id.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/event.h"
#include "queue/store.h"

namespace pg_lineage {

// Columns of lineage._edge.
enum EdgeColumn : AttrNumber {
  kEdgeId = 1,
  kEdgeKey,
  kEdgeSource,
  kEdgeTarget,
  kEdgeOperation,
  kEdgeOrigin,
  kEdgeRoutineOid,
  kEdgeRoutine,
  kEdgeCallPath,
  kEdgeDeclaredBy,
  kEdgeDatabase,
  kEdgeFirstSeen,
  kEdgeXid,
  kEdgeUsername,
  kEdgeQuery,
  kEdgeSourceColumns,
  kEdgeTargetColumns,
  kEdgeKinds,
  kEdgeEnd,
};
constexpr int kEdgeNatts = kEdgeEnd - 1;

struct EdgeRow {
  ItemPointerData tid;
  Datum values[kEdgeNatts];
  bool nulls[kEdgeNatts];
  PodVector<EdgePair> pairs;

  Datum &operator[](EdgeColumn column) { return values[column - 1]; }
  const Datum &operator[](EdgeColumn column) const { return values[column - 1]; }
  int64 Number(EdgeColumn column) const { return DatumGetInt64(values[column - 1]); }
  bool Declared() const;
  int Frames() const;  // of the call path
  Operation OperationOf() const;
};

// A copy of a row, in the current context.
EdgeRow ReadEdgeRow(StoreTable *edge, HeapTuple tuple);

// Copies of all rows whose column, which has an index, equals the value.
PodVector<EdgeRow> EdgeRowsBy(StoreTable *edge, EdgeColumn column, Datum value, RegProcedure equal);
// Those of an event, whose target this node is: the target is found first, and one index does.
void EventKeys(ScanKeyData keys[2], int64 target, uint64 event);
PodVector<EdgeRow> EdgeRowsOfEvent(StoreTable *edge, int64 target, uint64 event);
PodVector<EdgeRow> EdgeRowsByNode(StoreTable *edge, EdgeColumn column, int64 node);

// Puts the row back as it is in memory, with its pairs. False: another transaction is at it, and
// nothing was done.
bool RewriteEdgeRow(StoreTable *edge, EdgeRow *row);

inline bool SamePair(const EdgePair &a, const EdgePair &b) {
  return a.source_column == b.source_column && a.target_column == b.target_column &&
         a.kind == b.kind;
}
bool HasPair(const EdgePair *pairs, int npairs, const EdgePair &pair);

// One of the three arrays that pairs are stored as.
enum class PairPart { kSource, kTarget, kKind };
Datum PairArray(const EdgePair *pairs, int npairs, PairPart part);

}  // namespace pg_lineage
