// Rows of lineage._past: what was an edge until it ended, and the feed row that says so.
//
// A row keeps the names that its columns had, and the counters as they were when it ended. One feed
// row per pair of relations and batch: what of the pair is left the shipper reads in the store.
// Used by the writer at PRE_COMMIT and by our SQL functions; errors may be raised.
#pragma once

#include "edge/server.h"
#include "queue/node_rows.h"
#include "queue/rows.h"
#include "queue/stored_edges.h"

namespace pg_lineage {

enum class EndReason : uint8 {
  kDropped,
  kColumnDropped,
  kRedefined,
  kRoutine,
  kUnseen,
  kForgotten
};

struct PastWriter {
  StoreTable *table;  // lineage._past
  StoreTable *edge;
  NodeWriter *nodes;
  FeedWriter *feed;  // NULL: the caller tells of it
  TimestampTz now;
  uint64 xid;
  HTAB *known;                  // nodes as they were when first asked for, by id
  HTAB *told;                   // pairs of nodes that have a feed row
  MemoryContext context;        // of what lives as long as this
  bool unseen;                  // out: what backends know of the store is to be looked at again
  PodVector<uint64> forgotten;  // out: observed events that ended, whose counters go
};

PastWriter BeginPast(StoreTable *table, StoreTable *edge, NodeWriter *nodes, FeedWriter *feed);

// The node as it was when this was first called for it; NULL when there is none.
const NodeRecord *PastNode(PastWriter *past, int64 id);

// Notes that these pairs of a row have ended, under a new id; the row is the caller's to rewrite.
void WritePast(PastWriter *past, const EdgeRow &row, const PodVector<EdgePair> &pairs,
               EndReason reason);

// Ends a whole row, which keeps its id, so that the feed still finds it: false when another
// transaction is at it.
bool EndRow(PastWriter *past, EdgeRow *row, EndReason reason);

// Ends the pairs of a row that are not in `kept`; the row goes when it had some and none is left.
// An observed event that may come again is no more the one of its row: it will be written anew.
void KeepPairs(PastWriter *past, EdgeRow *row, const PodVector<EdgePair> &kept, EndReason reason);

// True when the OIDs of a row are those of this database.
inline bool OfThisDatabase(const PastWriter *past, const EdgeRow &row) {
  return row.Number(kEdgeDatabase) == past->nodes->stamp;
}

// Tells the feed that a pair of nodes has changed, once; `ref` is an id in _past or, for "edge", in
// _edge.
void TellPair(PastWriter *past, int64 source, int64 target, const char *kind, int64 ref);

// Columns of lineage._past that differ from those of lineage._edge, or follow them.
enum PastColumn : AttrNumber {
  kPastLastSeen = kEdgeEnd,
  kPastExecutions,
  kPastRows,
  kPastEndedAt,
  kPastEndedXid,
  kPastReason,
};
constexpr int kPastNatts = kPastReason;

}  // namespace pg_lineage
