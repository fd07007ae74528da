#include "queue/pending.h"

#include "edge/compat.h"
#include "edge/guc.h"
#include "queue/local_event.h"
#include "queue/owed.h"
#include "queue/run_notes.h"
#include "queue/shared.h"
#include "queue/store.h"
#include "queue/writer.h"

namespace pg_lineage {
namespace {

// A change of the feed or of the marks made by one of our own SQL functions.
struct OwnChange {
  int level;
  int64 feed_delta;
  bool forget;
  bool resync_taken;
  uint64 unseen;  // an event that ended; 0: none
};

// All of the running transaction, but `owed`. Entries of the three lists are in the order of
// coming, and so of non-decreasing level: a subtransaction concerns only the tails.
struct Pending {
  MemoryContext context;  // reset when the transaction ends
  PodVector<JournalEntry *> journal;
  PodVector<PendingDdl> ddl;
  PodVector<OwnChange> own;
  PodVector<EndNote> ends;
  PodVector<RoutineRun> runs;
  PodVector<uint64> forgotten;  // events whose counters go with the commit
  JournalEntry *free_entries;
  StoreMark mark;  // the mark of what was written
  bool wrote;      // the writer ran, so outcomes and feed_rows count
  int64 feed_rows;
  Outcome ddl_outcome;
  Outcome ends_outcome;
  bool resync;  // a resync row was added
  bool ended;   // observed events ended
  bool opened;  // the first write since server start
};
Pending pending;
uint64 said_last = 0;  // moves on whenever something is declared, is met or has run

void BeginContext() {
  if (pending.context == NULL)
    pending.context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage pending", ALLOCSET_DEFAULT_SIZES);
  pending.journal.context = pending.ddl.context = pending.own.context = pending.ends.context =
      pending.runs.context = pending.context;
}

void NoteOwn(int64 feed_delta, bool forget, bool resync_taken, uint64 unseen) {
  BeginContext();
  pending.own.Append(
      OwnChange{GetCurrentTransactionNestLevel(), feed_delta, forget, resync_taken, unseen});
}

// Puts an entry for the current level on top of the event's.
JournalEntry *PushEntry(LocalEvent *event, int level) {
  BeginContext();
  JournalEntry *entry = pending.free_entries;
  if (entry == NULL)
    entry = static_cast<JournalEntry *>(MemoryContextAlloc(pending.context, sizeof(JournalEntry)));
  else
    pending.free_entries = entry->below;
  *entry = JournalEntry{event, event->top, level, false, 0, 0, 0};
  pending.journal.Append(entry);
  event->top = entry;
  return entry;
}

void FreeEntry(JournalEntry *entry) {
  entry->below = pending.free_entries;
  pending.free_entries = entry;
}

// The subtransaction's executions become its parent's.
void LowerJournal(int level) {
  PodVector<JournalEntry *> &journal = pending.journal;
  int first = journal.size;
  while (first > 0 && journal[first - 1]->level >= level) first--;
  int kept = first;
  for (int i = first; i < journal.size; i++) {
    JournalEntry *entry = journal[i];
    JournalEntry *below = entry->below;
    if (below != NULL && below->level == level - 1) {
      below->executions += entry->executions;
      below->rows += entry->rows;
      below->rows_unknown |= entry->rows_unknown;
      below->last = entry->last;
      entry->event->top = below;
      FreeEntry(entry);
    } else {
      entry->level = level - 1;
      journal[kept++] = entry;
    }
  }
  journal.size = kept;
}

// The subtransaction's executions never were.
void DropJournal(int level) {
  PodVector<JournalEntry *> &journal = pending.journal;
  while (!journal.Empty() && journal.Last()->level >= level) {
    JournalEntry *entry = journal.Last();
    entry->event->top = entry->below;
    FreeEntry(entry);
    journal.size--;
  }
}

template <typename T>
void LowerTail(PodVector<T> &list, int level) {
  for (int i = list.size - 1; i >= 0 && list[i].level >= level; i--) list[i].level = level - 1;
}

template <typename T>
void DropTail(PodVector<T> &list, int level) {
  while (!list.Empty() && list.Last().level >= level) list.size--;
}

void OnSubTransaction(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
  int level = GetCurrentTransactionNestLevel();
  if (event == SUBXACT_EVENT_COMMIT_SUB) {
    LowerJournal(level);
    LowerTail(pending.ddl, level);
    LowerTail(pending.own, level);
    LowerTail(pending.ends, level);
    LowerRuns(&pending.runs, level);
  } else if (event == SUBXACT_EVENT_ABORT_SUB) {
    DropJournal(level);
    DropTail(pending.ddl, level);
    DropTail(pending.own, level);
    DropTail(pending.ends, level);
    DropRuns(&pending.runs, level);
  }
}

// True when the event has edges that no row is known for.
bool NeedsWriting(LocalEvent *event) {
  if (event->spec.nedges == 0) return false;
  if (event->spec.origin == Origin::kDeclared) return true;  // another definition may have ended it
  const StoreMark &known = event->mark;
  const StoreMark &now = pending.mark;
  if (known.table == now.table && known.file == now.file && known.generation == now.generation)
    return false;
  if (!SharedEventSeen(event->key, now)) return true;
  event->mark = now;
  return false;
}

// The DDL to write: what is owed, then this transaction's.
void CollectDdl(WriteBatch *batch, PodVector<PendingDdl> *all) {
  all->context = pending.context;
  for (const PendingDdl &ddl : OwedDdl()) all->Append(ddl);
  for (const PendingDdl &ddl : pending.ddl) all->Append(ddl);
  batch->ddl = all->items;
  batch->nddl = all->size;
}

// The ends to write, and the declared events that say what does not end.
void CollectEnds(WriteBatch *batch) {
  batch->ends.context = batch->said.context = pending.context;
  for (const EndNote &note : OwedEnds()) batch->ends.Append(note);
  for (const EndNote &note : pending.ends) batch->ends.Append(note);
  if (batch->ends.Empty()) return;
  for (LocalEvent *event : OwedEvents())
    if (event->spec.origin == Origin::kDeclared) batch->said.Append(event);
  for (JournalEntry *entry : pending.journal)
    if (entry->event->spec.origin == Origin::kDeclared) batch->said.Append(entry->event);
}

// True when the routine has another body than it had then, or none.
bool MadeSince(Oid routine, uint64 then) {
  for (const EndNote &note : pending.ends) {
    bool about = note.kind == EndKind::kRoutineMade || note.kind == EndKind::kRoutineGone;
    if (about && note.oid == routine && note.said >= then) return true;
  }
  return false;
}

// The runs that decide about edges, and the events that say what did not end.
void CollectRuns(WriteBatch *batch) {
  batch->runs.context = batch->met.context = batch->forgotten.context = pending.context;
  bool known = !pending.runs.Empty() && !XactReadOnly && !RecoveryInProgress() && TryReadDoubts();
  for (const RoutineRun &run : pending.runs)
    if ((MadeSince(run.routine, 0) || (known && InDoubt(run.routine))) &&
        !MadeSince(run.routine, run.said))
      batch->runs.Append(run);
  bool routines = !batch->runs.Empty();
  for (const EndNote &note : batch->ends) routines |= note.kind == EndKind::kRoutineMade;
  if (!routines) return;
  for (JournalEntry *entry : pending.journal)
    if (entry->event->spec.origin == Origin::kObserved &&
        !MadeSince(entry->event->spec.path->routine_oid, entry->last))
      batch->met.Append(entry->event->key);
}

// Hands to the writer what has to be written.
void PreCommit(bool prepare) {
  bool owing = !OwedEvents().Empty() || !OwedDdl().Empty() || !OwedEnds().Empty();
  if (pending.journal.Empty() && pending.ddl.Empty() && pending.ends.Empty() &&
      pending.runs.Empty() && !owing)
    return;
  if (!StoreMarkNow(&pending.mark)) return;
  OwedWatchExit();
  BeginContext();
  WriteBatch batch = {};
  PodVector<PendingDdl> ddl = {};
  batch.events.context = pending.context;
  for (LocalEvent *event : OwedEvents()) batch.events.Append(event);
  for (JournalEntry *entry : pending.journal)
    if (!entry->event->owed && NeedsWriting(entry->event)) batch.events.Append(entry->event);
  CollectDdl(&batch, &ddl);
  CollectEnds(&batch);
  CollectRuns(&batch);
  batch.prepare = prepare;
  pending.wrote = true;
  if (batch.events.Empty() && batch.nddl == 0 && batch.ends.Empty() && batch.runs.Empty()) return;
  OweRoom(batch.events.size, pending.ends.size);
  WriteStore(&batch);
  pending.feed_rows = batch.feed_rows;
  pending.resync = batch.resync;
  pending.ended = batch.ended;
  pending.forgotten = batch.forgotten;
  pending.opened = batch.opened;
  pending.ends_outcome = batch.ends.Empty() ? Outcome::kNone : batch.ends_outcome;
  pending.ddl_outcome = batch.nddl == 0 ? Outcome::kNone : batch.ddl_outcome;
  if (pending.ddl_outcome == Outcome::kRefused && !pending.ddl.Empty())
    OweDdlStage(batch.ddl, batch.nddl);
}

// Settles what was owed before this transaction.
void SettleOwed() {
  PodVector<LocalEvent *> &owed = OwedEvents();
  int kept = 0;
  for (LocalEvent *event : owed) {
    if (event->outcome == Outcome::kStored) {
      event->mark = pending.mark;
      (void)SharedEventAdd(event->key, EventCounters{}, &pending.mark);
    }
    event->owed = event->outcome == Outcome::kRefused || event->outcome == Outcome::kNone;
    event->outcome = Outcome::kNone;
    if (event->owed) owed[kept++] = event;
  }
  owed.size = kept;
  if (pending.ends_outcome != Outcome::kNone && pending.ends_outcome != Outcome::kRefused)
    OwedEnds().size = 0;
  if (pending.ends_outcome == Outcome::kRefused)
    for (const EndNote &note : pending.ends) OweEnd(note);
  if (pending.ddl_outcome == Outcome::kStored) OweDdlClear();
  if (pending.ddl_outcome == Outcome::kRefused) OweDdlKeep();
}

// After COMMIT: counters go to shared memory, and what was written is seen.
void FlushEvents() {
  TimestampTz now = GetCurrentTransactionStopTimestamp();
  for (JournalEntry *entry : pending.journal) {
    LocalEvent *event = entry->event;
    if (event->spec.nedges == 0) continue;
    bool stored = event->outcome == Outcome::kStored;
    EventCounters delta = {entry->executions, entry->rows, entry->rows_unknown, now, now};
    if (!SharedEventAdd(event->key, delta, stored ? &pending.mark : NULL))
      HealthCount(Health::kEventsFull);
    if (stored) event->mark = pending.mark;
  }
}

// True for DDL after which texts that events carry, such as call paths, read otherwise.
bool ChangesNames(const DdlRecord &record) {
  if (record.old_identity == NULL) return false;
  return record.classid == RelationRelationId || record.classid == ProcedureRelationId ||
         record.classid == NamespaceRelationId || record.classid == TypeRelationId;
}

void ApplyOwnChanges() {
  int64 delta = pending.feed_rows;
  bool forget = false;
  for (const OwnChange &change : pending.own) {
    delta += change.feed_delta;
    forget |= change.forget;
    if (change.resync_taken) NoteResync(false);
    if (change.unseen == 0) continue;
    pending.ended = true;
    SharedEventForget(change.unseen);
  }
  PendingAdd(delta);
  if (pending.resync) NoteResync(true);
  if (pending.opened) NoteIdsRaised();
  bool bump = forget || pending.ended;
  for (int i = 0; i < pending.ddl.size && !bump; i++) bump = ChangesNames(pending.ddl[i].record);
  // After the commit: a backend that looked a fact up before it marks an old generation, in vain.
  if (bump) BumpGeneration();
  if (forget) SharedForget(MyDatabaseId, false);
  for (const uint64 &key : pending.forgotten) SharedEventForget(key);
}

void OnCommit() {
  if (pending.wrote) FlushEvents();
  SettleOwed();
  ApplyOwnChanges();
  for (JournalEntry *entry : pending.journal)
    if (pending.wrote && entry->event->outcome == Outcome::kRefused) OweEvent(entry->event);
}

// After PREPARE: nobody knows how it ends.
void OnPrepare() {
  for (JournalEntry *entry : pending.journal)
    if (entry->event->outcome == Outcome::kRefused) HealthCount(Health::kLostAtExit);
  if (pending.ddl_outcome == Outcome::kRefused) HealthCount(Health::kLostAtExit, pending.ddl.size);
  if (pending.ends_outcome == Outcome::kRefused)
    HealthCount(Health::kLostAtExit, pending.ends.size);
}

// Forgets the transaction; resets the cache when it is too big or names have changed.
void EndTransaction() {
  for (JournalEntry *entry : pending.journal) {
    entry->event->top = NULL;
    entry->event->outcome = Outcome::kNone;
  }
  for (LocalEvent *event : OwedEvents()) event->outcome = Outcome::kNone;
  OweDdlUnstage();
  ForgetRuns();
  MemoryContext context = pending.context;
  pending = {};
  pending.context = context;
  if (context != NULL) MemoryContextReset(context);
  if (EventCacheSize() == 0) return;
  bool stale = EventCacheGeneration() != Generation();
  if (!stale && EventCacheSize() <= settings.max_shapes) return;
  if (!OwedEvents().Empty() && EventCacheSize() <= 4 * settings.max_shapes) return;
  if (!OwedEvents().Empty()) OwedLose();
  EventCacheReset();
}

// What these end must not be written again by others while it is undecided.
void RefusePreparedForget() {
  for (const OwnChange &change : pending.own)
    if (change.forget || change.unseen != 0)
      ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                      errmsg("cannot PREPARE a transaction that called lineage.%s()",
                             change.forget ? "forget" : "_retire")));
}

void OnTransaction(XactEvent event, void *) {
  switch (event) {
    case XACT_EVENT_PRE_PREPARE:
      RefusePreparedForget();
      PreCommit(true);
      return;
    case XACT_EVENT_PRE_COMMIT:
      PreCommit(false);
      return;
    case XACT_EVENT_COMMIT:
      OnCommit();
      EndTransaction();
      return;
    case XACT_EVENT_PREPARE:
      OnPrepare();
      EndTransaction();
      return;
    case XACT_EVENT_ABORT:
      EndTransaction();
      return;
    default:
      return;  // parallel workers have no events
  }
}

}  // namespace

void RegisterTransactionCallbacks() {
  RegisterXactCallback(OnTransaction, NULL);
  RegisterSubXactCallback(OnSubTransaction, NULL);
}

void PendingBump(LocalEvent *event, int64 rows, const RunningBody &by) {
  said_last++;
  NoteBody(event, by);
  if (event->spec.origin == Origin::kDeclared) event->said = said_last;
  JournalEntry *entry = event->top;
  int level = GetCurrentTransactionNestLevel();
  if (entry == NULL || entry->level != level) entry = PushEntry(event, level);
  entry->executions++;
  entry->last = said_last;
  if (rows >= 0)
    entry->rows += rows;
  else
    entry->rows_unknown = true;
}

void PendingEnd(EndKind kind, Oid oid) { PendingEnd(kind, oid, said_last); }

void PendingEnd(EndKind kind, Oid oid, uint64 said) {
  BeginContext();
  pending.ends.Append(EndNote{GetCurrentTransactionNestLevel(), kind, oid, said, false});
}

void PendingRoutineMade(Oid oid, bool fresh) {
  PendingEnd(EndKind::kRoutineMade, oid);
  pending.ends.Last().fresh = fresh;
  ForgetRuns();  // what is noted of it was another body's
  ExpectRuns();
}

bool MadeFresh(Oid routine) {
  bool fresh = false;
  for (const EndNote &note : pending.ends) {
    if (note.kind != EndKind::kRoutineMade || note.oid != routine) continue;
    if (!note.fresh) return false;
    fresh = true;
  }
  return fresh;
}

uint64 SaidSoFar() { return said_last; }

bool PendingEndOf(EndKind kind) {
  for (const EndNote &note : pending.ends)
    if (note.kind == kind) return true;
  return false;
}

void PendingRun(Oid routine, uint64 version, const char *frame) {
  BeginContext();
  AddRun(&pending.runs,
         RoutineRun{GetCurrentTransactionNestLevel(), routine, version, frame, ++said_last});
}

bool PendingRunKnown(Oid routine, uint64 version, const char *frame) {
  return NotedLately(RoutineRun{GetCurrentTransactionNestLevel(), routine, version, frame, 0});
}

void PendingUnseen(uint64 key) { NoteOwn(0, false, false, key); }

void PendingFeedChange(int64 delta) { NoteOwn(delta, false, false, 0); }
void PendingResyncTaken() { NoteOwn(0, false, true, 0); }
void PendingForget() { NoteOwn(0, true, false, 0); }

void PendingAddDdl(const DdlRecord &record) {
  BeginContext();
  MemoryContext caller = MemoryContextSwitchTo(pending.context);
  pending.ddl.Append(CopyDdl(record, GetCurrentTransactionNestLevel()));
  MemoryContextSwitchTo(caller);
}

}  // namespace pg_lineage
