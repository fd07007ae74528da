#include "queue/routine_ends.h"

#include "capture/call_stack.h"
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// Columns of lineage._doubt.
enum DoubtColumn : AttrNumber {
  kDoubtId = 1,
  kDoubtRoutine,
  kDoubtDecider,
  kDoubtFrame,
  kDoubtSince
};

// A frame whose edges are in doubt.
struct Doubt {
  ItemPointerData tid;
  Oid routine;  // whose edges they are
  Oid decider;  // whose run decides; InvalidOid: one is yet to be made under the name
  const char *frame;
};

// As of a generation, whether edges of dropped routines wait for one of their name; the backend's
// own. A dump makes thousands of routines, and none of them is waited for.
struct Waiting {
  bool known;
  uint32 generation;
  bool any;
};
Waiting waiting;

// Routines whose runs decide, as of a generation; the backend's own.
struct Deciders {
  bool known;
  uint32 generation;
  PodVector<Oid> routines;
};
Deciders deciders;

PodVector<Doubt> AllDoubts(StoreTable *table) {
  PodVector<Doubt> doubts = {};
  TupleDesc desc = RelationGetDescr(table->relation);
  SysScanDesc scan = StoreScan(table, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    Doubt doubt = {};
    doubt.tid = tuple->t_self;
    doubt.routine = DatumGetObjectId(heap_getattr(tuple, kDoubtRoutine, desc, &null));
    doubt.decider = DatumGetObjectId(heap_getattr(tuple, kDoubtDecider, desc, &null));
    doubt.frame = TextDatumGetCString(heap_getattr(tuple, kDoubtFrame, desc, &null));
    doubts.Append(doubt);
  }
  StoreEndScan(scan);
  return doubts;
}

bool Contains(const PodVector<Oid> &list, Oid oid) {
  for (Oid item : list)
    if (item == oid) return true;
  return false;
}

// The frame that wrote a row, as its call path has it; NULL where there is none.
const char *FrameOfRow(const EdgeRow &row) {
  Datum *frames;
  int n;
  deconstruct_array(DatumGetArrayTypeP(row[kEdgeCallPath]), TEXTOID, -1, false, TYPALIGN_INT,
                    &frames, NULL, &n);
  return n == 0 ? NULL : TextDatumGetCString(frames[n - 1]);
}

// True when the frame is the routine's own, or that of it as a trigger.
bool IsFrameOf(const char *frame, const char *routine) {
  size_t size = strlen(routine);
  return strncmp(frame, routine, size) == 0 &&
         (frame[size] == '\0' || strncmp(frame + size, " on ", 4) == 0);
}

struct RoutineWriter {
  PastWriter *past;
  StoreTable *doubt;
  const RoutineEnds *ends;
  HTAB *met;                  // events of this transaction
  PodVector<Doubt> *present;  // all rows of lineage._doubt, as they are now
};

HTAB *HashOf(const PodVector<uint64> &keys) {
  HTAB *hash = MakeSet<uint64>("pg_lineage met events", 64, CurrentMemoryContext);
  for (const uint64 &key : keys) hash_search(hash, &key, HASH_ENTER, NULL);
  return hash;
}

bool WasMet(const RoutineWriter &writer, const EdgeRow &row) {
  uint64 key = static_cast<uint64>(row.Number(kEdgeKey));
  return hash_search(writer.met, &key, HASH_FIND, NULL) != NULL;
}

// True when the body that is there now has completed a run as this frame.
bool Ran(const RoutineWriter &writer, Oid routine, const char *frame) {
  if (!writer.ends->decide) return false;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(routine));
  if (!HeapTupleIsValid(tuple)) return false;
  uint64 now = compat::BodyVersion(HeapTupleHeaderGetRawXmin(tuple->t_data), tuple->t_self);
  ReleaseSysCache(tuple);
  bool ran = false;
  for (const RoutineRun &run : writer.ends->runs) {
    if (run.routine != routine || strcmp(run.frame, frame) != 0) continue;
    if (run.version != 0 && run.version != now) return false;
    ran = true;
  }
  return ran;
}

// The pairs of a row that the routine is declared to have.
PodVector<EdgePair> HeldPairs(const PodVector<EdgeRow> &declared, const EdgeRow &row) {
  PodVector<EdgePair> held = {};
  for (const EdgePair &pair : row.pairs) {
    bool found = false;
    for (const EdgeRow &other : declared) {
      if (other.Number(kEdgeSource) != row.Number(kEdgeSource) ||
          other.Number(kEdgeTarget) != row.Number(kEdgeTarget))
        continue;
      for (const EdgePair &said : other.pairs)
        found |= said.source_column == pair.source_column &&
                 said.target_column == pair.target_column &&
                 IsDirect(said.kind) == IsDirect(pair.kind);
    }
    if (found) held.Append(pair);
  }
  return held;
}

// True when a row that only says what was read is declared, too.
bool ReadIsHeld(const PodVector<EdgeRow> &declared, const EdgeRow &row) {
  for (const EdgeRow &other : declared)
    if (other.Number(kEdgeSource) == row.Number(kEdgeSource) &&
        other.Number(kEdgeTarget) == row.Number(kEdgeTarget))
      return true;
  return false;
}

// True when all that a row says is declared.
bool AllHeld(const PodVector<EdgeRow> &declared, const EdgeRow &row) {
  return row.pairs.Empty() ? ReadIsHeld(declared, row)
                           : HeldPairs(declared, row).size == row.pairs.size;
}

// Ends of a row what is not declared.
void EndUnlessHeld(const RoutineWriter &writer, const PodVector<EdgeRow> &declared, EdgeRow *row) {
  if (row->pairs.Empty()) {
    if (!ReadIsHeld(declared, *row)) (void)EndRow(writer.past, row, EndReason::kRoutine);
    return;
  }
  PodVector<EdgePair> held = HeldPairs(declared, *row);
  if (held.size == row->pairs.size) return;
  KeepPairs(writer.past, row, held, EndReason::kRoutine);
}

// The declared rows of a routine.
PodVector<EdgeRow> DeclaredOf(const RoutineWriter &writer, Oid routine) {
  PodVector<EdgeRow> rows =
      EdgeRowsBy(writer.past->edge, kEdgeRoutineOid, ObjectIdGetDatum(routine), F_OIDEQ);
  int kept = 0;
  for (const EdgeRow &row : rows)
    if (row.Declared() && OfThisDatabase(writer.past, row)) rows[kept++] = row;
  rows.size = kept;
  return rows;
}

// The observed rows of a routine.
PodVector<EdgeRow> ObservedOf(const RoutineWriter &writer, Oid routine) {
  PodVector<EdgeRow> rows =
      EdgeRowsBy(writer.past->edge, kEdgeRoutineOid, ObjectIdGetDatum(routine), F_OIDEQ);
  int kept = 0;
  for (const EdgeRow &row : rows)
    if (!row.Declared() && OfThisDatabase(writer.past, row) && FrameOfRow(row) != NULL)
      rows[kept++] = row;
  rows.size = kept;
  return rows;
}

bool TakesArguments(Oid routine) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(routine));
  if (!HeapTupleIsValid(tuple)) return true;
  bool takes = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->pronargs > 0;
  ReleaseSysCache(tuple);
  return takes;
}

// True when the values of a row can have come from nothing but the body: by no argument, from no
// row that fires a trigger.
bool BodyGives(Oid routine, const EdgeRow &row, const char *frame) {
  return row.Frames() == 1 && !TakesArguments(routine) && strstr(frame, ") on ") == NULL;
}

// Ends the values that a body which was read whole does not give any more. What decides that the
// routine is called stands in no body: such pairs stay.
void EndValues(const RoutineWriter &writer, const PodVector<EdgeRow> &declared, EdgeRow *row) {
  PodVector<EdgePair> kept = HeldPairs(declared, *row);
  for (const EdgePair &pair : row->pairs)
    if (!IsDirect(pair.kind) && !HasPair(kept.items, kept.size, pair)) kept.Append(pair);
  if (kept.size == row->pairs.size) return;
  KeepPairs(writer.past, row, kept, EndReason::kRoutine);
  row->pairs = kept;
}

void AddDoubt(const RoutineWriter &writer, Oid routine, Oid decider, const char *frame) {
  Row row = {};
  row.Add(Int64GetDatum(TakeIds(1)));
  row.Add(ObjectIdGetDatum(routine));
  row.Add(ObjectIdGetDatum(decider));
  row.AddText(frame);
  row.Add(TimestampTzGetDatum(writer.past->now));
  StoreInsertRow(writer.doubt, row);
  writer.present->Append(Doubt{writer.doubt->slot->tts_tid, routine, decider, frame});
  writer.past->unseen = true;
}

// Drops those for which `drops` holds.
template <typename Drops>
void DropDoubts(const RoutineWriter &writer, const Drops &drops) {
  PodVector<Doubt> &present = *writer.present;
  int kept = 0;
  for (int i = 0; i < present.size; i++) {
    Doubt doubt = present[i];
    if (!drops(doubt)) {
      present[kept++] = doubt;
      continue;
    }
    (void)StoreDelete(writer.doubt, &doubt.tid, false);
    writer.past->unseen = true;
  }
  present.size = kept;
}

// Adds the frame unless it is there.
void AddFrame(PodVector<const char *> *frames, const char *frame) {
  for (const char *known : *frames)
    if (strcmp(known, frame) == 0) return;
  frames->Append(frame);
}

// A routine was made: what it, or the one whose name it has, was seen to do is looked at.
void Judge(const RoutineWriter &writer, Oid routine, Oid former) {
  bool whole = writer.ends->decide && Contains(writer.ends->whole, routine);
  PodVector<EdgeRow> declared = DeclaredOf(writer, routine);
  PodVector<const char *> doubtful = {};
  for (EdgeRow &row : ObservedOf(writer, former)) {
    const char *frame = FrameOfRow(row);
    if (Ran(writer, routine, frame)) {
      if (!WasMet(writer, row)) EndUnlessHeld(writer, declared, &row);
      continue;
    }
    bool values = !row.pairs.Empty();
    if (whole && BodyGives(routine, row, frame)) EndValues(writer, declared, &row);
    if (values && row.pairs.Empty()) continue;  // all of it has ended
    if (!AllHeld(declared, row)) AddFrame(&doubtful, frame);
  }
  for (const char *frame : doubtful) AddDoubt(writer, former, routine, frame);
}

void Made(const RoutineWriter &writer, Oid routine) {
  const char *name = RenderRoutine(routine);
  if (name == NULL) return;
  PodVector<Oid> formers = {};
  formers.Append(routine);
  DropDoubts(writer, [&](const Doubt &doubt) {
    bool named = !OidIsValid(doubt.decider) && IsFrameOf(doubt.frame, name);
    if (doubt.decider != routine && !named) return false;
    if (!Contains(formers, doubt.routine)) formers.Append(doubt.routine);
    return true;
  });
  for (Oid former : formers) Judge(writer, routine, former);
}

// The routine is gone, and what it declared; what it was seen to do stays, for whoever gets its
// name.
void Gone(const RoutineWriter &writer, Oid routine) {
  for (EdgeRow &row : DeclaredOf(writer, routine))
    (void)EndRow(writer.past, &row, EndReason::kDropped);
  CommandCounterIncrement();
  EndDeclaredBy(writer.past, routine, false,
                [](const EdgeRow &, const EdgePair *) { return false; });
  PodVector<Doubt> orphans = {};
  DropDoubts(writer, [&](const Doubt &doubt) {
    if (doubt.decider != routine) return false;
    orphans.Append(doubt);
    return true;
  });
  for (const Doubt &doubt : orphans) AddDoubt(writer, doubt.routine, InvalidOid, doubt.frame);
  PodVector<const char *> frames = {};
  for (const EdgeRow &row : ObservedOf(writer, routine)) AddFrame(&frames, FrameOfRow(row));
  for (const char *frame : frames) AddDoubt(writer, routine, InvalidOid, frame);
}

// Another session has replaced or dropped the routine while its body of before wrote this.
void DoubtOldWrite(const RoutineWriter &writer, const OldWrite &old) {
  if (Contains(writer.ends->made, old.routine) || Contains(writer.ends->gone, old.routine)) return;
  const Oid decider = old.gone ? InvalidOid : old.routine;
  for (const Doubt &doubt : *writer.present)
    if (doubt.routine == old.routine && doubt.decider == decider &&
        strcmp(doubt.frame, old.frame) == 0)
      return;
  PodVector<EdgeRow> declared = DeclaredOf(writer, old.routine);
  for (const EdgeRow &row : ObservedOf(writer, old.routine)) {
    if (static_cast<uint64>(row.Number(kEdgeKey)) != old.key || AllHeld(declared, row)) continue;
    AddDoubt(writer, old.routine, decider, old.frame);
    return;
  }
}

// A frame in doubt may have run: then what it did not do ends, and nothing is in doubt any more.
bool Decide(const RoutineWriter &writer, const Doubt &doubt) {
  if (!OidIsValid(doubt.decider) || !Ran(writer, doubt.decider, doubt.frame)) return false;
  PodVector<EdgeRow> declared = DeclaredOf(writer, doubt.decider);
  for (EdgeRow &row : ObservedOf(writer, doubt.routine)) {
    if (strcmp(FrameOfRow(row), doubt.frame) != 0 || WasMet(writer, row)) continue;
    EndUnlessHeld(writer, declared, &row);
  }
  CommandCounterIncrement();
  return true;
}

}  // namespace

bool RunsMatter() {
  return !deciders.known || deciders.generation != Generation() || !deciders.routines.Empty();
}

void ExpectRuns() { deciders.known = false; }

bool ReadDoubts() {
  uint32 generation = Generation();
  if (deciders.known && deciders.generation == generation) return true;
  StoreRefusal why;
  StoreTable *table = StoreOpenLazily(StoreId::kDoubt, AccessShareLock, &why);
  if (table == NULL) return false;
  PodVector<Doubt> doubts = AllDoubts(table);
  StoreClose(table);
  deciders.known = false;  // until all are noted
  deciders.routines.context = TopMemoryContext;
  deciders.routines.size = 0;
  for (const Doubt &doubt : doubts)
    if (OidIsValid(doubt.decider)) deciders.routines.Append(doubt.decider);
  deciders.generation = generation;
  deciders.known = true;
  return true;
}

bool IsAwaited(Oid routine) {
  const uint32 generation = Generation();
  if (waiting.known && waiting.generation == generation && !waiting.any) return false;
  StoreRefusal why;
  const char *name = RenderRoutine(routine);
  if (name == NULL) return false;
  StoreTable *table = StoreOpen(StoreId::kDoubt, AccessShareLock, false, &why);
  if (table == NULL) return false;
  bool any = false;
  bool awaited = false;
  for (const Doubt &doubt : AllDoubts(table)) {
    if (OidIsValid(doubt.decider)) continue;
    any = true;
    awaited |= IsFrameOf(doubt.frame, name);
  }
  StoreCloseUnlock(table, AccessShareLock);
  waiting = {true, generation, any};
  return awaited;
}

bool AnyDoubt(StoreTable *doubt) {
  SysScanDesc scan = StoreScan(doubt, SnapshotSelf, NULL, 0);
  bool any = HeapTupleIsValid(systable_getnext(scan));
  StoreEndScan(scan);
  return any;
}

uint64 BodyText(Oid routine) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(routine));
  if (!HeapTupleIsValid(tuple)) return 0;
  bool null;
  Datum source = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &null);
  char *body = null ? pstrdup("") : TextDatumGetCString(source);
  uint64 hash = hash_bytes_extended(reinterpret_cast<const unsigned char *>(body),
                                    static_cast<int>(strlen(body)), 0);
  pfree(body);
  ReleaseSysCache(tuple);
  return hash | 1;
}

bool InDoubt(Oid routine) { return Contains(deciders.routines, routine); }

void ApplyRoutineEnds(PastWriter *past, StoreTable *doubt, const RoutineEnds &ends) {
  PodVector<Doubt> present = AllDoubts(doubt);
  RoutineWriter writer = {past, doubt, &ends, HashOf(ends.met), &present};
  for (Oid routine : ends.gone) {
    CommandCounterIncrement();
    Gone(writer, routine);
  }
  for (Oid routine : ends.made) {
    CommandCounterIncrement();
    Made(writer, routine);
  }
  if (!ends.runs.Empty() && ends.decide) {
    CommandCounterIncrement();
    DropDoubts(writer, [&](const Doubt &item) { return Decide(writer, item); });
  }
  for (const OldWrite &old : ends.old) DoubtOldWrite(writer, old);
}

}  // namespace pg_lineage
