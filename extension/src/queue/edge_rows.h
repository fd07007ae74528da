// Rows of lineage._edge: one per event and source. For the writer only; see queue/node_rows.h.
#pragma once

#include "edge/server.h"
#include "queue/event.h"
#include "queue/node_rows.h"
#include "queue/rows.h"
#include "queue/store.h"

namespace pg_lineage {

struct EdgeWriter {
  StoreTable *table;  // lineage._edge
  NodeWriter *nodes;
  FeedWriter *feed;
  TimestampTz now;
  uint64 xid;
  NameData username;
  bool ended;  // out: rows of other events were deleted, which must be looked at again
};

// Writes an event unless the store has it.
//   * After a rename of a routine its rows are written anew, under the new names and with the time
//     they were first seen.
//   * A declared event is what a definition says now: it ends what the definition said before. One
//     that says the same as before changes nothing, whoever made it.
void WriteEvent(EdgeWriter *writer, const EventSpec &spec);

// The call path as an array of text.
Datum PathArray(const EventPath *path);

}  // namespace pg_lineage
