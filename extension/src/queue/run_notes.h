// The completed runs of routines in a transaction, each noted once. A loop with an exception block
// makes a subtransaction for each of its rounds: what one of them notes must not pile up.
//
// The list is in the order of coming, and so of non-decreasing level. Frames are copied into the
// list's context, and freed with their entry.
#pragma once

#include "edge/pod_vector.h"
#include "queue/routine_ends.h"

namespace pg_lineage {

// Notes a run unless it is noted in the same subtransaction.
void AddRun(PodVector<RoutineRun> *runs, const RoutineRun &run);
// True when that is known at once: the same, by the address of its frame, was noted lately.
bool NotedLately(const RoutineRun &run);
// The subtransaction's runs become its parent's.
void LowerRuns(PodVector<RoutineRun> *runs, int level);
// The subtransaction's runs never were.
void DropRuns(PodVector<RoutineRun> *runs, int level);
// The list has ended, with its transaction.
void ForgetRuns();

}  // namespace pg_lineage
