// Edges of routines that were replaced or dropped: which stay, which end, and when.
//
// What a replaced routine was seen to do may still be what it does. An observed edge stays if what
// the new body declares holds it. Else a value ends at once where the body was read whole and can
// alone have given it (no arguments, called by no routine, no trigger). All else is in doubt
// (lineage._doubt, one row for each frame that wrote such edges) until the new body has completed a
// committed run: what that run did not do ends. A routine that was dropped keeps its observed
// edges; one made under its name later decides about them as if it had replaced it.
//
// What a body did that another session has replaced meanwhile, in a transaction that ends later, is
// in doubt as well: whoever replaced it could not see it.
//
// Runs are noted by capture and follow the transaction. A run of the body of before decides
// nothing, and what it did is no sign of the new one, be it in one transaction. Backends know of
// doubts by the generation (queue/shared.h): while nothing is in doubt a run costs a comparison.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/past_rows.h"

namespace pg_lineage {

// A completed run of a routine in the running transaction.
struct RoutineRun {
  int level;  // of the subtransaction
  Oid routine;
  uint64 version;     // of the body, as BodyVersion() gives it; 0: not known
  const char *frame;  // as in the call path
  uint64 said;        // when it was last, see queue/ends.h
};

// True when runs have to be noted here.
bool RunsMatter();
// The running transaction has made a routine: its runs matter from now on.
void ExpectRuns();
// Notes a run; called by capture while RunsMatter().
void PendingRun(Oid routine, uint64 version, const char *frame);
// True when that has been done lately, so that it need not be. Allocates nothing, cannot fail.
bool PendingRunKnown(Oid routine, uint64 version, const char *frame);

// Reads lineage._doubt when the generation has moved. In the writer's subtransaction, or one of
// ours; false when the table cannot be had.
bool ReadDoubts();
// True when edges of a routine that was dropped wait for one of this one's name.
bool IsAwaited(Oid routine);
// Whether any frame is in doubt, for this table at this moment.
bool AnyDoubt(StoreTable *doubt);
// Whether a run of the routine decides something.
bool InDoubt(Oid routine);

// What tells the text of a routine's body from others, as the catalog has it now; 0: it is gone.
uint64 BodyText(Oid routine);

// An event that was written by a body which its routine does not have any more.
struct OldWrite {
  Oid routine;
  bool gone;  // there is no such routine any more
  const char *frame;
  uint64 key;
};

// What has become of routines in the running transaction.
struct RoutineEnds {
  PodVector<Oid> made;   // created or replaced
  PodVector<Oid> whole;  // … and its body was read, every statement
  PodVector<Oid> gone;
  PodVector<RoutineRun> runs;
  PodVector<uint64> met;    // events of this transaction, by the body that is there at its end
  PodVector<OldWrite> old;  // of events that were written just now
  bool decide;              // false: PREPARE TRANSACTION, whose commit nobody here sees
};

// After the events and the declared edges of the batch were written.
void ApplyRoutineEnds(PastWriter *past, StoreTable *doubt, const RoutineEnds &ends);

// Ends declared edges that were not said since by the routine, or the rule, whose reading said
// them: `said` tells of a pair.
template <typename Said>
void EndDeclaredBy(PastWriter *past, Oid declarer, bool rule, const Said &said) {
  for (EdgeRow &row :
       EdgeRowsBy(past->edge, kEdgeDeclaredBy, ObjectIdGetDatum(declarer), F_OIDEQ)) {
    if (!row.Declared() || !OfThisDatabase(past, row) || (row.Frames() == 0) != rule) continue;
    PodVector<EdgePair> kept = {};
    for (const EdgePair &pair : row.pairs)
      if (said(row, &pair)) kept.Append(pair);
    if (row.pairs.Empty() && !said(row, NULL))
      (void)EndRow(past, &row, EndReason::kRedefined);
    else
      KeepPairs(past, &row, kept, EndReason::kRedefined);
  }
}

}  // namespace pg_lineage
