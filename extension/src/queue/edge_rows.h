// Rows of lineage._edge: one per event and source. For the writer only; see queue/node_rows.h.
#pragma once

#include "edge/server.h"
#include "queue/event.h"
#include "queue/node_rows.h"
#include "queue/rows.h"
#include "queue/store.h"
#include "queue/stored_edges.h"

namespace pg_lineage {

struct EdgeWriter {
  StoreTable *table;  // lineage._edge
  NodeWriter *nodes;
  FeedWriter *feed;
  TimestampTz now;
  uint64 xid;
  NameData username;
  const char *text;  // of the event being written, scrubbed
};

// Writes an event unless the store has it.
//   * After a rename of a routine its rows are written anew, under the new names and with the time
//     they were first seen.
//   * Of a declared event only those pairs are written that the store does not have, whoever made
//     them: what a definition still says goes on. What it does not say any more queue/ends.h ends.
void WriteEvent(EdgeWriter *writer, const EventSpec &spec);

// The call path as an array of text.
Datum PathArray(const EventPath *path);

}  // namespace pg_lineage
