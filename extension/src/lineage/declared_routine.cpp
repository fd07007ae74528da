// What routines would write, as declared edges.
#include "capture/call_stack.h"
#include "capture/emit.h"
#include "capture/trigger.h"
#include "edge/depend.h"
#include "edge/guc.h"
#include "lineage/declared.h"
#include "lineage/resolve.h"
#include "lineage/summary.h"
#include "queue/ends.h"

namespace pg_lineage {

namespace {

// The routine, as far as it is one that we look at: what C code does stands in no body, other
// languages are counted as not read.
struct Routine {
  Oid oid;
  Oid owner;
  bool is_trigger;
};

bool FindRoutine(Oid function, Routine *routine) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return false;
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  *routine = {function, proc->proowner, proc->prorettype == TRIGGEROID};
  bool body = proc->prokind == PROKIND_FUNCTION || proc->prokind == PROKIND_PROCEDURE;
  bool native = proc->prolang == INTERNALlanguageId || proc->prolang == ClanguageId;
  bool skipped = IgnoredSchema(proc->pronamespace);
  ReleaseSysCache(tuple);
  return body && !native && !skipped;
}

struct TriggerUse {
  Oid relation;
  Oid trigger;
};

// The triggers that use a function, by what depends on it (there may be thousands of others), but
// for internal ones, disabled ones and the copies that a partition has of its root's.
PodVector<TriggerUse> TriggersOf(Oid function) {
  PodVector<TriggerUse> uses = {};
  ForEachDependent(ProcedureRelationId, function, 0, [&](const FormData_pg_depend &row) {
    StoredTrigger stored = {};
    if (row.classid == TriggerRelationId && ReadTrigger(row.objid, &stored) && !stored.internal &&
        !stored.disabled && !OidIsValid(stored.parent))
      uses.Append({stored.relation, row.objid});
    return true;
  });
  return uses;
}

void Emit(const Summary *summary) {
  const EventPath *own = ExtendPath(RootPath(), summary->routine, summary->trigger_relation);
  for (int w = 0; w < summary->writes.size; w++) {
    const SummaryWrite &write = summary->writes.items[w];
    if (!SaysMore(write)) continue;
    Flow flow = {};
    flow.target = write.target;
    flow.operation = write.operation;
    flow.origin = Origin::kDeclared;
    flow.path = own;
    for (const SummaryFrame &frame : write.frames)
      flow.path = ExtendPath(flow.path, frame.routine, frame.trigger_relation);
    EventPath path = *flow.path;
    path.declared_by = summary->routine;
    flow.path = &path;
    for (int i = 0; i < write.columns.size; i++) {
      flow.columns.Append(write.columns[i]);
      flow.sources.Append(WithoutSymbols(write.sources[i]));
    }
    flow.rows = WithoutSymbols(write.rows);
    EmitFlow(flow, {}, -1);
  }
}

Analysed Verdict(const Summary *summary, bool fine) {
  if (!fine || summary == nullptr || !summary->analysed) return Analysed::kNothing;
  return summary->partly || !summary->known ? Analysed::kPart : Analysed::kAll;
}

// Declares a routine, as it runs by itself or as a trigger.
Analysed DeclareOne(Definitions *definitions, const Routine &routine, const TriggerUse &use) {
  Summary *summary = nullptr;
  bool again = false;
  auto read = [&] {
    Trigger *trigger = nullptr;
    if (OidIsValid(use.relation)) {
      Relation relation = try_relation_open(use.relation, AccessShareLock);
      TriggerDesc *all = relation == nullptr ? nullptr : relation->trigdesc;
      for (int i = 0; all != nullptr && i < all->numtriggers; i++) {
        if (all->triggers[i].tgoid == use.trigger) trigger = &all->triggers[i];
      }
      if (trigger == nullptr) return;
    }
    summary = SummaryOf(definitions, routine.oid, use.relation, trigger);
    again = MustReadAgain(definitions, summary);
  };
  bool fine = ReadRolledBack(definitions, routine.owner, read);
  if (fine && again) fine = ReadRolledBack(definitions, routine.owner, read);
  definitions->thorough = false;
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage flows", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  if (fine && summary != nullptr) Emit(summary);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
  return Verdict(summary, fine);
}

// Declares a routine, a trigger function for each of its triggers: with none of them nothing.
Analysed DeclareUses(Definitions *definitions, const Routine &routine) {
  if (!routine.is_trigger) return DeclareOne(definitions, routine, {InvalidOid, InvalidOid});
  PodVector<TriggerUse> uses = TriggersOf(routine.oid);
  Analysed all = Analysed::kAll;
  for (const TriggerUse &use : uses) {
    bool temp = false;
    if (!IsNode(use.relation, &temp)) continue;
    if (temp) {  // its rows come from whatever fills it
      all = Analysed::kPart;
      continue;
    }
    Analysed one = DeclareOne(definitions, routine, use);
    if (one != all) all = all == Analysed::kAll && &use == uses.items ? one : Analysed::kPart;
  }
  return all;
}

}  // namespace

Analysed DeclareRoutine(Oid function) {
  Routine routine = {};
  if (!FindRoutine(function, &routine)) return Analysed::kNothing;
  Definitions *definitions = CurrentDefinitions();
  uint64 said = SaidSoFar();
  Analysed result = DeclareUses(definitions, routine);
  // What the body said before and does not say now ends; unless it could not be read this time.
  if (result != Analysed::kNothing) PendingEnd(EndKind::kRoutineBody, function, said);
  return result;
}

void DeclareMany() { KeepDefinitions(); }

}  // namespace pg_lineage
