#include "capture/ends.h"

#include <initializer_list>

#include "capture/trigger.h"
#include "capture/utility.h"
#include "edge/guard.h"
#include "edge/guc.h"
#include "queue/ends.h"
#include "queue/routine_ends.h"
#include "queue/shared.h"
#include "queue/store.h"

namespace pg_lineage {
namespace {

// True for relations that may be nodes.
bool MayBeNode(Oid relid) {
  if (relid < FirstNormalObjectId) return false;
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return false;
  Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
  bool may =
      strchr("rpvmf", form->relkind) != nullptr && form->relpersistence != RELPERSISTENCE_TEMP;
  ReleaseSysCache(tuple);
  return may;
}

// True for a relation that the running transaction made.
bool MadeHere(Oid relid) {
  Relation relation = RelationIdGetRelation(relid);
  if (relation == nullptr) return false;
  bool made = relation->rd_createSubid != InvalidSubTransactionId;
  RelationClose(relation);
  return made;
}

bool Notes() { return SharedReady() && settings.enabled && !IsBinaryUpgrade && StorePresent(); }

// Of the running transaction; what a subtransaction that was rolled back has added does no harm.
PodVector<Oid> trigger_functions;

}  // namespace

void NoteGone(Oid relid, int column) {
  if (!Notes()) return;
  Guarded("drop", [&] {
    if (!MayBeNode(relid)) return;
    if (column > 0)
      PendingEnd(EndKind::kColumns, relid);
    else if (column == 0)
      PendingEnd(MadeHere(relid) ? EndKind::kPassingRelation : EndKind::kRelation, relid);
  });
}

void NoteRule(Oid rule) {
  if (rule < FirstNormalObjectId || !Notes()) return;
  Guarded("rule", [&] { PendingEnd(EndKind::kRule, rule); });
}

void NoteTrigger(Oid trigger) {
  if (trigger < FirstNormalObjectId || !Notes()) return;
  Guarded("trigger", [&] {
    StoredTrigger stored = {};
    if (!ReadTrigger(trigger, &stored) || stored.internal || !BodyMatters(stored.function)) return;
    trigger_functions.context = TopMemoryContext;
    for (Oid function : trigger_functions)
      if (function == stored.function) return;
    trigger_functions.Append(stored.function);
  });
}

PodVector<Oid> TakeTriggerFunctions() {
  PodVector<Oid> functions = {};
  for (Oid function : trigger_functions) functions.Append(function);
  ForgetTriggerFunctions();
  return functions;
}

void ForgetTriggerFunctions() { trigger_functions.size = 0; }

void NoteRoutine(Oid routine, bool dropped) {
  if (!Notes()) return;
  if (routine < FirstNormalObjectId) return;
  Guarded("routine", [&] {
    // The server calls before a new row of pg_proc can be seen: what is there has been replaced.
    // That nothing is there takes a scan of the catalog to find out, and a dump replaces nothing.
    if (dropped)
      PendingEnd(EndKind::kRoutineGone, routine);
    else
      PendingRoutineMade(
          routine, MakesNewRoutine() || !SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(routine)));
  });
}

void NoteRun(const StackNode *node, uint64 version) {
  const EventPath *path = node->path;
  if (!CaptureOn() || settings.track != kTrackAll || path->nframes == 0) return;
  if (!OidIsValid(path->routine_oid)) return;  // DO
  const char *frame = path->frames[path->nframes - 1];
  if (PendingRunKnown(path->routine_oid, version, frame)) return;
  Guarded("run", [&] { PendingRun(path->routine_oid, version, frame); });
}

bool BodyMatters(Oid routine) {
  if (PendingEndOf(EndKind::kRoutineGone)) return true;  // perhaps of that name
  if (IsAwaited(routine)) return true;
  if (MadeFresh(routine)) return false;
  StoreRefusal why;
  StoreTable *edge = StoreOpen(StoreId::kEdge, AccessShareLock, false, &why);
  if (edge == nullptr) return false;
  bool matters = false;
  for (EdgeColumn column : {kEdgeRoutineOid, kEdgeDeclaredBy}) {
    ScanKeyData key;
    StoreKey(&key, column, F_OIDEQ, ObjectIdGetDatum(routine));
    SysScanDesc scan = StoreScan(edge, SnapshotSelf, &key, 1);
    matters = matters || HeapTupleIsValid(systable_getnext(scan));
    StoreEndScan(scan);
  }
  StoreCloseUnlock(edge, AccessShareLock);
  return matters;
}

}  // namespace pg_lineage
