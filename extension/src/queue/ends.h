// What made edges end: noted when it happens, done at PRE_COMMIT.
//
// Capture notes an object that goes or is defined anew (PendingEnd); the notes follow the
// transaction like events do, and wait like them when the store is locked. The writer then ends the
// edges concerned: they move from lineage._edge to lineage._past.
//
// A node is a name over time. A relation that goes while another one has its name when the
// transaction ends (a swap; dropped and created) hands its edges over: those whose columns are
// there by name stay. One that was created in the same transaction ends nothing: its edges tell
// what that transaction did, and nobody could have seen them before.
//
//   PendingEnd(EndKind::kRelation, relid, created_here);
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/edge_rows.h"
#include "queue/local_event.h"
#include "queue/past_rows.h"

namespace pg_lineage {

enum class EndKind : uint8 {
  kRelation,         // it is gone
  kPassingRelation,  // it is gone, and came in the same transaction
  kColumns,          // some columns of it are gone
  kDefinition,       // what defines it was read: declared edges not said since then end
  kRule,             // the same for a rule, also one that is gone
  kRoutineBody,      // the same for what a routine's body says
  kRoutineMade,      // it was created or replaced; see queue/routine_ends.h
  kRoutineWhole,     // … and its body was read, every statement
  kRoutineGone,      // it was dropped
};

struct EndNote {
  int level;  // of the subtransaction
  EndKind kind;
  Oid oid;
  uint64 said;  // kDefinition, kRule, kRoutineBody: events said later count (LocalEvent::said)
  bool fresh;   // kRoutineMade: of an OID that was no routine's before
};

// Notes it in the current (sub)transaction. Cheap: no look-up, no lock.
void PendingEnd(EndKind kind, Oid oid);
// The same as if it had been noted when SaidSoFar() gave `said`.
void PendingEnd(EndKind kind, Oid oid, uint64 said);
uint64 SaidSoFar();
// A routine was made; `fresh` when it takes no other one's place.
void PendingRoutineMade(Oid oid, bool fresh);
// True when the running transaction made the routine, and replaced none by it.
bool MadeFresh(Oid routine);
// True when the running transaction has a note of the kind.
bool PendingEndOf(EndKind kind);

// A note with the nodes of its relation as they are stored before anything else is written.
struct PlannedEnd {
  EndNote note;
  PodVector<NodeRecord> nodes;
};

// True when all notes are about definitions, of which nothing needs to be planned.
bool OnlyDefinitions(const PodVector<EndNote> &notes);
// True when nothing can end by them: the rows of their relations were made by this writer, and hold
// what was said since. So with each view of a dump.
bool DefinitionsAreNew(const NodeWriter *nodes, const PodVector<EndNote> &notes,
                       const PodVector<LocalEvent *> &said);

// Before the events of the batch are written: their writing brings stored names up to date.
PodVector<PlannedEnd> PlanEnds(PastWriter *past, const PodVector<EndNote> &notes);

// After that: `said` are all declared events of the transaction.
void ApplyEnds(PastWriter *past, const PodVector<PlannedEnd> &plan,
               const PodVector<LocalEvent *> &said);

// The objects of the notes of one kind.
PodVector<Oid> ObjectsOf(const PodVector<PlannedEnd> &plan, EndKind kind);

// True when these declared rows are all of what a relation's own definition says.
bool OfDefinition(Operation operation);

}  // namespace pg_lineage
