// What a routine does, read from its body without running it.
//
// A summary is made once for a routine (and once for each trigger that uses it): what its
// statements write, and what it returns. Arguments, and what decides that the routine is called,
// stand in it as symbols of that summary; who calls the routine puts his own sources in their
// place. So nested calls cost no more than the bodies themselves.
//
// Making summaries analyses statements and may create temporary tables: it happens inside
// ReadRolledBack(), in a subtransaction that is rolled back. Summaries hold interned sets and
// memory of their Definitions alone, so they outlive it. Nothing of the user's is executed: no
// default, no function, no event trigger. What the parser runs to read a constant (a domain's
// check) it runs as the owner of the body: AsRole() in edge/guard.h.
#pragma once

#include "capture/frame.h"
#include "edge/guard.h"
#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/event.h"

namespace pg_lineage {

// Why something was not analysed; each has its counter in lineage.health.
enum class Unanalysed : uint8 {
  kDynamic,   // a text that only the run knows
  kMissing,   // it names what is not there
  kLocked,    // what it names was locked
  kLanguage,  // a body in a language that is not read
  kLimit,     // too large or too deep
  kError,     // any other error of the analysis
};
constexpr int kReasons = 6;
Unanalysed ReasonOf(int sqlerrcode);
void CountUnanalysed(Unanalysed reason);

// A routine below the one that was summarised; with a relation, as its trigger.
struct SummaryFrame {
  Oid routine;
  Oid trigger_relation;
};

// What all statements of a routine write into a target, by one kind of operation and on one way.
struct SummaryWrite {
  Oid target;
  Operation operation;
  PodVector<SummaryFrame> frames;  // outermost first, without the summarised routine itself
  PodVector<int16> columns;
  PodVector<const SourceSet *> sources;  // by columns
  const SourceSet *rows;
  // The same as its own routine says it, whoever calls; empty where `frames` is, and where it reads
  // what its callers put into temporary tables.
  PodVector<const SourceSet *> own_sources;
  const SourceSet *own_rows;
};

struct Summary {
  Oid routine;
  Oid trigger_relation;
  Oid trigger;           // that one: another of the relation's may fire at other events
  uint32 serial;         // of its symbols
  bool done;             // false: is being made, so it is met recursively
  bool known;            // the body can be read: the result is what it says
  bool analysed;         // at least one statement was
  bool partly;           // something that could write was not analysed
  bool in_gaps;          // something was not analysed, be it that it could write or not
  bool missing;          // … because it names what is not there
  bool temporary;        // it makes temporary tables, which its callers may go on using
  bool reads_temporary;  // it reads temporary tables, its own or the session's
  bool fills_temporary;  // it puts something into such tables
  int tables;            // simulated ones when its reading began: they are its callers'
  bool reads_callers;    // it reads some of these: by itself it does not say what it writes here
  uint64 held;           // by the simulated tables when its reading began
  bool outdated;         // was read anew since: another one holds for the present object
  bool truncated;        // read in part only: holds for the present object
  bool recursive;        // was called while it was made
  PodVector<SummaryWrite> writes;
  ResultTaint result;
};

// A temporary table that a body creates, while that object is read.
struct SimulatedTable {
  Oid relid;
  bool lasting;  // stands for a table that is not there yet: nothing is known of what is in it
  const Summary *maker;  // of the body that creates it
  bool kept;             // what it holds is not that body's alone to forget
};

struct SummaryKey {
  Oid routine;
  Oid trigger_relation;
  Oid trigger;
};

// Work space for any number of objects, read one after the other.
struct Definitions {
  MemoryContext context;           // of what is kept between objects
  HTAB *summaries;                 // SummaryKey -> Summary *
  PodVector<Summary *> of_object;  // those that hold for the present object only
  PodVector<SimulatedTable> simulated;
  uint32 serial;
  int depth;       // of bodies in bodies
  int bodies;      // read for the present object
  int partitions;  // of temporary tables that it makes
  bool reused;     // a body that makes temporary tables was not read again for the present object
  bool thorough;   // … and now it is, because something was missing
  int unanalysed[kReasons];  // of the present object
};

// The work space: the one that KeepDefinitions() made, as long as its caller's memory context
// lives; else a new one.
Definitions *CurrentDefinitions();
void KeepDefinitions();
// One of the caller's own, in the current context: for what must outlive that of another's.
Definitions *NewDefinitions();

// The summary of a routine, made when it is met first; never NULL. With a trigger: as it fires
// for `relation`.
Summary *SummaryOf(Definitions *definitions, Oid routine, Oid relation, Trigger *trigger);

// The summary of an object that is read by itself: thoroughly where it misses something that a
// routine it calls may have made. Inside ReadRolledBack().
bool MustReadAgain(Definitions *definitions, const Summary *summary);

// Runs the calls of a shape by their summaries and gives what they return. For a definition that
// calls routines: what these write is none of its lineage.
void FollowCallsOf(Definitions *definitions, Shape *shape, ObservationList *observed);

// True when this way of calling the write's routine adds to what that routine says by itself.
bool SaysMore(const SummaryWrite &write);

// `set` without symbols.
const SourceSet *WithoutSymbols(const SourceSet *set);

// True while definitions are read: nobody has asked for the bodies in them to be run.
bool ReadsBodies();
// Gives what it was before.
bool SetReadsBodies(bool reads);

// Runs `body`, which reads a definition in the transaction that makes it.
template <typename Body>
void WhileReading(Body body) {
  const bool before = SetReadsBodies(true);
  PG_TRY();
  { body(); }
  PG_FINALLY();
  { SetReadsBodies(before); }
  PG_END_TRY();
}

struct Reading {
  Definitions *definitions;
  bool within;  // another one
  MemoryContext caller;
  MemoryContext scratch;
  ResourceOwner owner;
  int transaction_flags;
};
void BeginReading(Reading *reading, Definitions *definitions);
void PrepareReading(Oid owner);
void EndReading(Reading *reading);
void FailReading(Reading *reading);

// Runs `body` in a subtransaction that is rolled back: under the search_path of the session, with
// the rights to look at everything, without waiting long for a lock and without a word to the
// client. What it allocates in the current context goes. An error is counted by its reason; cancel,
// shutdown and running out of memory go on. False after an error.
template <typename Body>
bool ReadRolledBack(Definitions *definitions, Oid owner, Body body) {
  Reading reading = {};
  volatile bool fine = true;
  BeginReading(&reading, definitions);
  PG_TRY();
  {
    PrepareReading(owner);
    body();
  }
  PG_CATCH();
  {
    fine = false;
    FailReading(&reading);
  }
  PG_END_TRY();
  if (fine) EndReading(&reading);
  return fine;
}

}  // namespace pg_lineage
