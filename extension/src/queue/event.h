// What capture hands to the store: one lineage event, and how many times it happened.
//
// Capture (executor, utility, plpgsql) builds an EventSpec when it meets a combination of
// statement, call path and sources for the first time in this backend, interns it with
// EventIntern() and keeps the returned LocalEvent. Every execution then is one PendingBump(): an
// addition, no allocation. The store decides at PRE_COMMIT what must be written (see
// queue/pending.h, queue/writer.h).
//
// Ownership: EventIntern copies all it needs into its own context. A LocalEvent lives until
// EventCacheReset() (end of a transaction only, when the cache is over its limit); capture's own
// caches of LocalEvent pointers must be dropped in the callback set by SetEventCacheResetCallback.
// Nothing here takes locks, touches tables or raises an error except out of memory.
#pragma once

#include "edge/server.h"
#include "queue/scrub.h"

namespace pg_lineage {

// The values are stored; append only.
enum class Operation : uint8 {
  kInsert = 0,
  kUpdate,
  kMerge,
  kCopyFrom,
  kCopyTo,
  kCreateTableAs,
  kCreateView,
  kCreateMatView,
  kRefresh,
  kTrigger,
  kGenerated,
};

enum class Origin : uint8 { kObserved = 0, kDeclared = 1 };

// How a source column bears on the target. The values are stored in lineage._edge.kinds.
using Kind = uint8;
constexpr Kind kIdentity = 0;  // DIRECT
constexpr Kind kTransformation = 1;
constexpr Kind kAggregation = 2;
constexpr Kind kJoin = 8;  // INDIRECT
constexpr Kind kFilter = 9;
constexpr Kind kGroupBy = 10;
constexpr Kind kSort = 11;
constexpr Kind kConditional = 12;
constexpr Kind kWindow = 13;
constexpr uint8 kMaskingBit = 16;  // or-ed to a Kind: a masking function stands in the way
constexpr uint8 kKindMask = 15;

inline bool IsDirect(uint8 kind) { return (kind & kKindMask) < kJoin; }

// One pair of columns; target_column 0: the rows, that is the whole table.
// For a URI node columns are numbered from 1 and named in EventNode::columns.
struct EdgePair {
  int16 source_column;
  int16 target_column;
  uint8 kind;  // Kind, perhaps with kMaskingBit
};

// A relation, or an outside dataset named by a URI.
struct EventNode {
  Oid relid;             // InvalidOid for a URI
  const char *uri;       // NULL for a relation
  const char **columns;  // URI only: column names, may be NULL
  int ncolumns;
};

// All pairs between one source and the event's target; npairs 0: the relation was only read.
struct EventEdge {
  EventNode source;
  const EdgePair *pairs;
  int npairs;
};

// Who wrote: the whole chain, outermost first, rendered by capture when the path is first met.
struct EventPath {
  uint64 key;           // hash over the frames
  const char *routine;  // schema.name(types) of the innermost routine; NULL at top level and in DO
  Oid routine_oid;      // InvalidOid where routine is NULL
  const char **frames;  // call_path, outermost first
  int nframes;
  Oid declared_by;  // the routine, or the rule, whose reading says it; InvalidOid: neither
};

// A statement's text as it came; queue/edge_rows.cpp scrubs it where a row is written, which most
// executions never come to. Source NULL: no text is kept.
struct StatementText {
  const char *source;  // all that was parsed together
  int location;        // of the statement in it, as in PlannedStmt
  int length;
  ScrubMode mode;  // kNone: scrubbed already
};

struct EventSpec {
  uint64 key;  // hash over everything below; equal across backends for equal facts
  Operation operation;
  Origin origin;
  EventNode target;
  const EventPath *path;
  const EventEdge *edges;  // may be empty: then nothing is stored
  int nedges;
  StatementText text;
};

// The routine that runs now, and its body (queue/routine_ends.h: BodyText).
struct RunningBody {
  Oid routine;
  uint64 text;  // 0: not known
};

struct LocalEvent;  // queue/pending.cpp

// Finds or makes this backend's entry of an event.
LocalEvent *EventIntern(const EventSpec &spec);

// Notes one execution in the current (sub)transaction. rows < 0: the server does not count them.
void PendingBump(LocalEvent *event, int64 rows, const RunningBody &by);

// Called with no argument when all LocalEvent pointers become invalid.
void SetEventCacheResetCallback(void (*callback)());

}  // namespace pg_lineage
