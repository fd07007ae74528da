// This backend's copy of an event, shared by queue/event.cpp, pending.cpp and writer.cpp only.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/event.h"
#include "queue/shared.h"

namespace pg_lineage {

// Executions of one event at one nesting level of the running transaction.
struct JournalEntry {
  LocalEvent *event;
  JournalEntry *below;  // the same event at a lower level, or the next free entry
  int level;
  bool rows_unknown;
  uint64 last;  // when that was last, see queue/ends.h
  int64 executions;
  int64 rows;
};

// What the writer did for an event in the running transaction.
enum class Outcome : uint8 { kNone = 0, kStored, kRefused, kLost };

struct LocalEvent {
  uint64 key;  // first: the cache's hash key
  EventSpec spec;
  JournalEntry *top;  // newest entry of the running transaction; NULL: not met in it
  StoreMark mark;     // where its row is known to be; zero: not known
  Outcome outcome;
  uint64 said;     // declared: when it was last said, see queue/ends.h
  uint64 body;     // observed: of the routine, as it was when that was last; 0: not known
  bool owed;       // met in a committed transaction, and still to be written
  uint8 failures;  // writes that raised an error
};

inline void NoteBody(LocalEvent *event, const RunningBody &by) {
  const EventPath *path = event->spec.path;
  event->body = path != NULL && path->routine_oid == by.routine ? by.text : 0;
}

// Number of cached events, and the generation they were interned under.
int EventCacheSize();
uint32 EventCacheGeneration();

}  // namespace pg_lineage
