// Reads the store for our SQL functions: facts with names as they are now, counters, and rights.
//
// A fact is one event and one source relation; duplicates (two sessions met it at once) are left
// out, as are facts of which the reader may not SELECT both relations. Members of
// pg_read_all_stats, superusers and shippers (EXECUTE on lineage._feed) see everything. Inside one
// SQL function call; memory is the current context's. Never writes, takes no predicate lock; needs
// shared memory only for counters.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/store.h"
#include "queue/stored_edges.h"

namespace pg_lineage {

// A node as it is called now.
struct NodeView {
  int64 id;  // first: hash key
  bool found;
  bool visible;  // to the reader
  char kind;
  Oid relid;             // InvalidOid unless the relation lives in this database
  const char *name;      // schema.table as quoted, or the URI
  const char **columns;  // by number - 1; NULL where dropped
  int ncolumns;
};

struct Fact {
  int64 id;
  uint64 key;
  NodeView *source;
  NodeView *target;
  int16 operation;
  int16 origin;
  const char *routine;  // NULL at top level
  ArrayType *call_path;
  TimestampTz first_seen;
  TimestampTz last_seen;
  int64 executions;
  int64 rows;
  bool rows_unknown;
  const char *query;  // NULL when not kept or not the reader's to see
  int npairs;
  const int16 *source_columns;
  const int16 *target_columns;
  const int16 *kinds;
};

struct FactReader {
  StoreTable *node;
  StoreTable *edge;
  Snapshot snapshot;
  HTAB *nodes;
  HTAB *seen;
  SysScanDesc scan;
  int64 stamp;
  bool all;                   // the reader may see everything
  MemoryContext context;      // nodes
  MemoryContext row_context;  // the present fact; reset by the next
};

// Raises an error with the fix when there is no shared memory.
void RequireShared();

// True when the current user may see every edge.
bool MaySeeAll();

// Opens the store for reading, waiting for the locks; an error when it cannot be.
FactReader *OpenFacts();
void CloseFacts(FactReader *reader);
// The same for a hook: waits for nothing, and leaves no lock in the user's transaction. NULL when
// the store cannot be had at once.
FactReader *TryOpenFacts();
void CloseTriedFacts(FactReader *reader);

// The next fact of a scan over all; false at the end. Its nodes live as long as the reader, all
// else until the next fact.
bool NextFact(FactReader *reader, Fact *fact);
// One fact by the id of its row, without regard to duplicates; false when it is gone.
bool FactById(FactReader *reader, int64 id, Fact *fact);

// The node with this id, read once; not `found` when there is none.
NodeView *NodeById(FactReader *reader, int64 id);

// A fact that ended (api/history.cpp); its columns are named as they were then.
struct PastFact {
  NodeView *source;
  NodeView *target;
  Datum values[2 * kMaxStoreColumns];  // the row of lineage._past
  bool nulls[2 * kMaxStoreColumns];
};
// By the id of its row; false when it is gone or not the reader's to see.
bool PastFactById(FactReader *reader, int64 id, PastFact *fact);

// The name of a column of a node; NULL when it is dropped or unknown.
const char *ColumnName(const NodeView *node, int16 column);

// The routine and call path of a row of lineage._edge: by the routine's name now, when it lives
// here; else as stored.
void FillRoutine(FactReader *reader, Datum *values, bool *nulls, Fact *fact);

// As the views call it; NULL for what is no Kind.
const char *SubtypeName(uint8 kind);
const char *OperationName(int16 operation);
const char *OriginName(int16 origin);

// Opens a store table for one of our functions, waiting for the lock; an error when it cannot be.
StoreTable *OpenForFunction(StoreId id, LOCKMODE mode);

}  // namespace pg_lineage
