// Rows of lineage._node: one per relation or outside dataset, made when an edge first needs it.
//
// A node is a name over time. Its row follows RENAME and new columns; a relation that comes under
// the name and with the columns of one that is gone, or was restored from a dump, takes its row
// over. For the writer only: runs inside its subtransaction, sees the store by SnapshotSelf, never
// waits.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/event.h"
#include "queue/known_nodes.h"
#include "queue/store.h"

namespace pg_lineage {

struct NodeWriter {
  StoreTable *table;  // lineage._node
  MemoryContext context;
  HTAB *done;  // nodes met in this batch, by key; NULL before the first
  int64 stamp;
  bool replaced;           // some row was brought up to date, or was to be
  PodVector<MetNode> met;  // whose rows were made, or found as they should be
};

// What the index on names holds; a URI has an empty schema.
uint64 NameKey(const char *schema, const char *name);

NodeWriter BeginNodes(StoreTable *table);

// What was met will be known of the store once the transaction has committed.
void KeepNodes(const NodeWriter *writer);

// The id of the node's row, which is made or brought up to date. 0: the relation is unknown.
int64 NodeRow(NodeWriter *writer, const EventNode &node);

// True when this writer has made the relation's row: the store knew nothing of it before.
bool MadeNodeRow(const NodeWriter *writer, Oid relid);

// True for the first event into a node whose row this writer has made: no edge into it is stored.
bool FirstInto(NodeWriter *writer, const EventNode &target);

// Brings the row of a relation up to date, if there is one; `old_identity` (may be NULL) is the
// name by which a row from another database is known, such as a restored one.
void RefreshNodeRow(NodeWriter *writer, Oid relid, const char *old_identity);

// Makes rows that came from another database (a clone, pg_upgrade) those of the relations that have
// their names and columns here.
void AdoptNodes(NodeWriter *writer);

// The same for all relations of a schema, which was renamed.
void RefreshNodesOfSchema(NodeWriter *writer, Oid schema);

// A row as it is stored, copied into the current context.
struct NodeRecord {
  int64 id;
  Oid relid;
  bool here;  // the OID is one of this database
  const char *schema;
  const char *name;
  const char **columns;  // by number - 1; NULL where dropped
  int ncolumns;
};
bool ReadNodeById(NodeWriter *writer, int64 id, NodeRecord *record);
// The rows of a relation, living or gone: mostly one, and none before an edge needs it.
PodVector<NodeRecord> NodesOfRelation(NodeWriter *writer, Oid relid);
// Rows of relations of this database that are gone or have other columns now.
PodVector<NodeRecord> StaleNodes(NodeWriter *writer);

// The row becomes that of another relation, which has none.
void HandNodeTo(NodeWriter *writer, int64 id, Oid relid);
// The relation is gone and nothing ends by that: its row is only a name from now on.
void LeaveNodeName(NodeWriter *writer, int64 id);

// An array of texts; NULL elements are SQL NULL.
Datum NameTextArray(const char *const *texts, int n);

// Columns of lineage._node.
enum NodeColumn : AttrNumber {
  kNodeId = 1,
  kNodeRelid,
  kNodeKind,
  kNodeSchema,
  kNodeName,
  kNodeColumns,
  kNodeDatabase,
  kNodeNameKey,
  kNodeColumnsKey,
};
constexpr int kNodeNatts = 9;

}  // namespace pg_lineage
