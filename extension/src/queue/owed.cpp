#include "queue/owed.h"

#include "edge/compat.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// DDL records in a context of their own.
struct DdlList {
  MemoryContext context;
  PodVector<PendingDdl> items;
};

PodVector<LocalEvent *> events;
PodVector<EndNote> ends;
DdlList owed_ddl;
DdlList staged_ddl;

void Release(DdlList *list) {
  if (list->context != NULL) MemoryContextDelete(list->context);
  *list = {};
}

void AtExit(int, Datum) {
  OwedLose();
  SaveCountersSometimes();
}

const char *CopyText(const char *text) { return text == NULL ? NULL : pstrdup(text); }

}  // namespace

PodVector<LocalEvent *> &OwedEvents() { return events; }

PodVector<EndNote> &OwedEnds() { return ends; }

const PodVector<PendingDdl> &OwedDdl() { return owed_ddl.items; }

void OwedWatchExit() {
  static bool watching = false;
  if (!watching) before_shmem_exit(AtExit, (Datum)0);
  watching = true;
}

void OweRoom(int n, int m) {
  if (events.context == NULL) events.context = ends.context = TopMemoryContext;
  events.Reserve(events.size + n);
  ends.Reserve(ends.size + m);
}

void OweDdlStage(const PendingDdl *ddl, int nddl) {
  Release(&staged_ddl);
  staged_ddl.context =
      AllocSetContextCreate(TopMemoryContext, "pg_lineage owed DDL", ALLOCSET_SMALL_SIZES);
  staged_ddl.items.context = staged_ddl.context;
  MemoryContext caller = MemoryContextSwitchTo(staged_ddl.context);
  for (int i = 0; i < nddl; i++) staged_ddl.items.Append(CopyDdl(ddl[i].record, 1));
  MemoryContextSwitchTo(caller);
}

void OweEvent(LocalEvent *event) {
  if (event->owed) return;
  events.Append(event);
  event->owed = true;
}

void OweEnd(const EndNote &note) {
  ends.Append(note);
  ends.Last().level = 1;
  ends.Last().fresh = false;  // it may have run by then
}

void OweDdlKeep() {
  if (staged_ddl.context == NULL) return;
  Release(&owed_ddl);
  owed_ddl = staged_ddl;
  staged_ddl = {};
}

void OweDdlClear() { Release(&owed_ddl); }

void OweDdlUnstage() { Release(&staged_ddl); }

void OwedLose() {
  int lost = events.size + ends.size + owed_ddl.items.size;
  if (lost > 0) HealthCount(Health::kLostAtExit, lost);
  events.size = ends.size = 0;
  Release(&owed_ddl);
}

PendingDdl CopyDdl(const DdlRecord &record, int level) {
  PendingDdl copy = {record, level};
  copy.record.command_tag = CopyText(record.command_tag);
  copy.record.object_type = CopyText(record.object_type);
  copy.record.object_identity = CopyText(record.object_identity);
  copy.record.old_identity = CopyText(record.old_identity);
  copy.record.subcommands = CopyText(record.subcommands);
  if (record.path == NULL) return copy;
  EventPath *path = static_cast<EventPath *>(palloc(sizeof(EventPath)));
  *path = *record.path;
  path->routine = CopyText(record.path->routine);
  Size size = sizeof(char *) * Max(path->nframes, 1);
  path->frames = static_cast<const char **>(palloc(size));
  for (int i = 0; i < path->nframes; i++) path->frames[i] = CopyText(record.path->frames[i]);
  copy.record.path = path;
  return copy;
}

}  // namespace pg_lineage
