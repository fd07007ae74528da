#include "capture/deferred.h"

#include "capture/plpgsql.h"
#include "capture/trigger.h"

namespace pg_lineage {

namespace {

struct Note {
  int level;
  Oid relid;
  Oid node;
  int16 event;
  const SourceSet *decides;
};
PodVector<Note> notes = {};

constexpr int16 kEvents[] = {TRIGGER_TYPE_INSERT, TRIGGER_TYPE_DELETE, TRIGGER_TYPE_UPDATE};
constexpr int16 kAnyEvent = TRIGGER_TYPE_INSERT | TRIGGER_TYPE_DELETE | TRIGGER_TYPE_UPDATE;

// Repeated statements grow one note; what is noted further out needs no note of its own.
void Add(const Note &more) {
  for (Note &note : notes) {
    if (note.relid != more.relid || note.node != more.node || note.event != more.event) continue;
    const SourceSet *both = UnionSets(note.decides, more.decides);
    if (both != note.decides && note.level < more.level) continue;
    note.decides = both;
    return;
  }
  notes.context = TopMemoryContext;
  notes.Append(more);
}

void AddEvents(Oid relid, Oid node, int16 events, const SourceSet *decides) {
  if (decides->size == 0 && node == relid) return;
  int level = GetCurrentTransactionNestLevel();
  for (int16 event : kEvents) {
    if ((events & event) != 0) Add({level, relid, node, event, decides});
  }
}

// What a statement may do to the rows of a table that it opened for writing.
int16 EventsOf(const QueryDesc *query, Oid relid) {
  if (query->plannedstmt->hasModifyingCTE) return kAnyEvent;
  switch (query->operation) {
    case CMD_INSERT:  // ON CONFLICT DO UPDATE too
      return TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE;
    case CMD_UPDATE:  // a row may move to another partition
      return get_rel_relispartition(relid) ? kAnyEvent : TRIGGER_TYPE_UPDATE;
    case CMD_DELETE:
      return TRIGGER_TYPE_DELETE;
    default:
      return kAnyEvent;
  }
}

// Those of `events` for which the table has a trigger that can be deferred.
int16 DeferrableEvents(const TriggerDesc *triggers, int16 events) {
  int16 found = 0;
  for (int i = 0; triggers != nullptr && i < triggers->numtriggers; i++) {
    const Trigger &trigger = triggers->triggers[i];
    if (trigger.tgdeferrable && !trigger.tgisinternal) found |= trigger.tgtype & events;
  }
  return found;
}

void NoteTargets(RunState *run, const List *targets) {
  ListCell *cell;
  foreach (cell, targets) {
    const ResultRelInfo *target = static_cast<ResultRelInfo *>(lfirst(cell));
    if (target->ri_TrigDesc == nullptr) continue;
    Oid relid = RelationGetRelid(target->ri_RelationDesc);
    int16 events = DeferrableEvents(target->ri_TrigDesc, EventsOf(run->query, relid));
    if (events != 0) AddEvents(relid, FiringTarget(run->shape, relid), events, RunDecides(run));
  }
}

}  // namespace

void NoteFiring(RunState *run) {
  const EState *state = run->query->estate;
  NoteTargets(run, state->es_opened_result_relations);
  NoteTargets(run, state->es_tuple_routing_result_relations);
}

void NoteCopyFiring(Oid relid, const SourceSet *decides) {
  AddEvents(relid, relid, TRIGGER_TYPE_INSERT, decides);
}

DeferredFiring FindDeferred(Oid relid, int16 events) {
  DeferredFiring found = {relid, EmptySet()};
  if (notes.Empty()) return found;
  List *roots = get_rel_relispartition(relid) ? get_partition_ancestors(relid) : NIL;
  for (const Note &note : notes) {
    if ((note.event & events) == 0 || (note.relid != relid && !list_member_oid(roots, note.relid)))
      continue;
    if (note.node != relid) found.node = note.node;
    found.decides = UnionSets(found.decides, note.decides);
  }
  return found;
}

void DeferredSubCommit(int level) {
  for (int i = notes.size - 1; i >= 0 && notes[i].level >= level; i--) notes[i].level = level - 1;
}

void DeferredSubAbort(int level) {
  while (!notes.Empty() && notes.Last().level >= level) notes.size--;
}

void DeferredEnd() { notes.size = 0; }

}  // namespace pg_lineage
