#include "queue/run_notes.h"

namespace pg_lineage {
namespace {

bool SameRun(const RoutineRun &a, const RoutineRun &b) {
  return a.routine == b.routine && a.version == b.version && strcmp(a.frame, b.frame) == 0;
}

// True when one of the first `size` runs is the same, in the same subtransaction; then it is the
// later one.
bool Noted(PodVector<RoutineRun> *runs, int size, const RoutineRun &run) {
  for (int i = size - 1; i >= 0 && runs->items[i].level == run.level; i--) {
    if (!SameRun(runs->items[i], run)) continue;
    runs->items[i].said = Max(runs->items[i].said, run.said);
    return true;
  }
  return false;
}

// The runs noted last, with the frames that they came with. A loop of calls notes the same ones.
struct LateRun {
  RoutineRun run;
  uint64 serial;
};
constexpr int kLateBits = 6;
LateRun late_runs[1 << kLateBits];
uint64 serial = 1;  // another one whenever a (sub)transaction has ended

LateRun *LateSlot(const RoutineRun &run) {
  uint64 mixed = reinterpret_cast<uintptr_t>(run.frame) * UINT64CONST(0x9E3779B97F4A7C15);
  return &late_runs[mixed >> (64 - kLateBits)];
}

void Free(const RoutineRun &run) { pfree(const_cast<char *>(run.frame)); }

}  // namespace

void AddRun(PodVector<RoutineRun> *runs, const RoutineRun &run) {
  if (!Noted(runs, runs->size, run)) {
    RoutineRun kept = run;
    kept.frame = MemoryContextStrdup(runs->context, run.frame);
    runs->Append(kept);
  }
  *LateSlot(run) = {run, serial};
}

bool NotedLately(const RoutineRun &run) {
  const LateRun *late = LateSlot(run);
  return late->serial == serial && late->run.frame == run.frame &&
         late->run.routine == run.routine && late->run.version == run.version &&
         late->run.level == run.level;
}

void ForgetRuns() { serial++; }

void LowerRuns(PodVector<RoutineRun> *runs, int level) {
  ForgetRuns();
  int first = runs->size;
  while (first > 0 && runs->items[first - 1].level >= level) first--;
  int kept = first;
  for (int i = first; i < runs->size; i++) {
    RoutineRun run = runs->items[i];
    run.level = level - 1;
    if (Noted(runs, kept, run))
      Free(run);
    else
      runs->items[kept++] = run;
  }
  runs->size = kept;
}

void DropRuns(PodVector<RoutineRun> *runs, int level) {
  ForgetRuns();
  for (; !runs->Empty() && runs->Last().level >= level; runs->size--) Free(runs->Last());
}

}  // namespace pg_lineage
