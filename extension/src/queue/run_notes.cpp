#include "queue/run_notes.h"

namespace pg_lineage {
namespace {

bool SameRun(const RoutineRun &a, const RoutineRun &b) {
  return a.routine == b.routine && a.version == b.version && strcmp(a.frame, b.frame) == 0;
}

// True when one of the first `size` runs is the same, in the same subtransaction.
bool Noted(const PodVector<RoutineRun> &runs, int size, const RoutineRun &run) {
  for (int i = size - 1; i >= 0 && runs.items[i].level == run.level; i--)
    if (SameRun(runs.items[i], run)) return true;
  return false;
}

void Free(const RoutineRun &run) { pfree(const_cast<char *>(run.frame)); }

}  // namespace

void AddRun(PodVector<RoutineRun> *runs, const RoutineRun &run) {
  if (Noted(*runs, runs->size, run)) return;
  RoutineRun kept = run;
  kept.frame = MemoryContextStrdup(runs->context, run.frame);
  runs->Append(kept);
}

void LowerRuns(PodVector<RoutineRun> *runs, int level) {
  int first = runs->size;
  while (first > 0 && runs->items[first - 1].level >= level) first--;
  int kept = first;
  for (int i = first; i < runs->size; i++) {
    RoutineRun run = runs->items[i];
    run.level = level - 1;
    if (Noted(*runs, kept, run))
      Free(run);
    else
      runs->items[kept++] = run;
  }
  runs->size = kept;
}

void DropRuns(PodVector<RoutineRun> *runs, int level) {
  for (; !runs->Empty() && runs->Last().level >= level; runs->size--) Free(runs->Last());
}

}  // namespace pg_lineage
