// Rows of lineage._node that this backend has met in committed transactions: to look one up in the
// store costs as much as to write an edge.
//
// A row keeps its id while its relation lives, whatever that is called. So an id is good while the
// table of nodes is the same file, nothing was forgotten, and the relation's names are those that
// the row was found or made with (NodeNames::version); a row that had to be brought up to date is
// looked up once more. Uncommitted rows are expected: known from the commit on, gone with ROLLBACK,
// and with PREPARE, of which nobody here sees the end.
//
//   int64 id = KnownNodeId(table, key, version);
//   ExpectNodeId(table, {key, id, version});      // when the batch was written
#pragma once

#include "edge/server.h"
#include "queue/store.h"

namespace pg_lineage {

struct MetNode {
  uint64 key;  // of the node, as the writer has it
  int64 id;
  uint32 version;  // of its relation's names; 0 for a URI
};

// The id of the node's row; 0: not known.
int64 KnownNodeId(const StoreTable *node, uint64 key, uint32 version);

// The row of a node that this transaction has met. May raise out of memory.
void ExpectNodeId(const StoreTable *node, const MetNode &met);

}  // namespace pg_lineage
