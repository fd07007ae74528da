#include "capture/held_cursors.h"

#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

struct HeldCursor {
  char name[NAMEDATALEN];
  TimestampTz created;
  int noutputs;
};

constexpr int kMaxHeld = 64;  // the oldest gives way
HeldCursor held[kMaxHeld];
int next_held = 0;

// Numbers below those of users' relations.
Oid KeyOf(int index) { return static_cast<Oid>(index + 1); }

int FindHeld(const PortalData *portal) {
  for (int i = 0; i < kMaxHeld; i++) {
    if (held[i].created == portal->creation_time && strcmp(held[i].name, portal->name) == 0)
      return i;
  }
  return -1;
}

}  // namespace

void KeepIfHeld(const RunState *run) {
  // While a cursor is persisted it is the active portal, and has let go of its query.
  const PortalData *portal = ActivePortal;
  if (portal == nullptr || portal->holdStore == nullptr || portal->queryDesc != nullptr ||
      (portal->cursorOptions & CURSOR_OPT_HOLD) == 0 || portal->sourceText == nullptr ||
      strcmp(portal->sourceText, run->query->sourceText) != 0)
    return;
  int index = next_held;
  next_held = (next_held + 1) % kMaxHeld;
  TempClear(KeyOf(index));
  strlcpy(held[index].name, portal->name, NAMEDATALEN);
  held[index].created = portal->creation_time;
  held[index].noutputs = run->shape->noutputs;
  ResolveContext context = RunContext(run);
  TempAdd(KeyOf(index), 0, UnionSets(ResolveSet(context, run->shape->rows), run->condition));
  for (int i = 0; i < run->shape->noutputs; i++)
    TempAdd(KeyOf(index), i + 1, ResolveSet(context, run->shape->outputs[i]));
}

bool CursorOutputs(const PortalData *portal, PodVector<const SourceSet *> *outputs,
                   const SourceSet **rows) {
  const RunState *run = portal->queryDesc == nullptr ? nullptr : FindRun(portal->queryDesc);
  if (run != nullptr) {
    ResolveContext context = RunContext(run);
    *rows = ResolveSet(context, run->shape->rows);
    for (int i = 0; i < run->shape->noutputs; i++)
      outputs->Append(ResolveSet(context, run->shape->outputs[i]));
    return true;
  }
  int index = portal->queryDesc != nullptr ? -1 : FindHeld(portal);
  if (index < 0) return false;
  for (int i = 0; i < held[index].noutputs; i++) outputs->Append(TempColumn(KeyOf(index), i + 1));
  *rows = TempColumn(KeyOf(index), 0);
  return true;
}

}  // namespace pg_lineage
