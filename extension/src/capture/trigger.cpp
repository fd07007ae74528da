#include "capture/trigger.h"

#include "capture/deferred.h"
#include "capture/utility.h"
#include "edge/depend.h"
#include "lineage/resolve.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

// The statement that fires a trigger: a query, or COPY FROM.
struct Firing {
  ResolveContext context;  // shape NULL: nothing is known of it
  FiredRows *rows;
};

Firing FiringOf(const StackNode *caller) {
  if (caller != nullptr && caller->kind == NodeKind::kRun && caller->run != nullptr)
    return {RunContext(caller->run), &caller->run->fired};
  if (caller != nullptr && caller->kind == NodeKind::kUtility && caller->utility != nullptr &&
      caller->utility->shape != nullptr)
    return {UtilityContext(caller->utility), &caller->utility->fired};
  return {};
}

// What the firing statement puts into a column.
const SourceSet *Incoming(const ResolveContext &firing, Oid target, AttrNumber column) {
  if (firing.shape == nullptr) return EmptySet();
  for (int w = 0; w < firing.shape->nwrites; w++) {
    const ShapeWrite &write = firing.shape->writes[w];
    for (int i = 0; write.target == target && i < write.ncolumns; i++) {
      if (write.columns[i].column == column) return ResolveSet(firing, write.columns[i].sources);
    }
  }
  return EmptySet();
}

// NEW and OLD are rows of the trigger's table; `incoming` is the statement that makes NEW. It gives
// the values where the table is temporary. Elsewhere it only decides: a BEFORE trigger that looks
// something up by NEW.x depends on what x is about to become.
const RecordTaint *TriggerRow(RoutineFrame *frame, TupleDesc desc, const ResolveContext &incoming) {
  const SourceSet *fields[MaxTupleAttributeNumber];
  bool temp = false;
  bool node = IsNode(frame->trigger_node, &temp);
  for (int i = 0; i < desc->natts; i++) {
    Form_pg_attribute attribute = TupleDescAttr(desc, i);
    AttrNumber column = attribute->attnum;
    if (frame->trigger_node != frame->trigger_relation)
      column = get_attnum(frame->trigger_node, NameStr(attribute->attname));
    fields[i] = EmptySet();
    if (!node || attribute->attisdropped || column <= 0) continue;
    SourceBag bag = {};
    if (temp) {
      bag.AddSet(TempColumn(frame->trigger_node, column), kIdentity);
    } else {
      bag.Add({frame->trigger_node, column, kIdentity, 0});
    }
    const SourceSet *coming = Incoming(incoming, frame->trigger_node, column);
    bag.AddSet(temp ? coming : AsCondition(coming), kIdentity);
    if (!bag.items.Empty()) fields[i] = bag.Intern();
  }
  return InternRecord(desc->natts, fields);
}

// The rows of a trigger. `node`: whose they are; InvalidOid: the firing statement tells.
FiredRows TriggerRows(RoutineFrame *frame, const Firing &firing, Oid node, TupleDesc desc) {
  FiredRows *known = firing.rows;
  if (known != nullptr && known->relation == frame->trigger_relation &&
      known->before == frame->before_row_trigger)
    return *known;
  frame->trigger_node =
      OidIsValid(node) ? node : FiringTarget(firing.context.shape, frame->trigger_relation);
  FiredRows rows = {frame->trigger_relation, frame->trigger_node, frame->before_row_trigger,
                    TriggerRow(frame, desc, {}), nullptr};
  // What a statement brings to a temporary table is known there only after its triggers.
  bool temp = get_rel_persistence(frame->trigger_node) == RELPERSISTENCE_TEMP;
  rows.new_row =
      frame->before_row_trigger || temp ? TriggerRow(frame, desc, firing.context) : rows.old_row;
  if (known != nullptr && !temp) *known = rows;
  return rows;
}

// The trigger among those of the relations in `relations` whose cached call `function` is. The
// function manager keeps the call it shows us where the trigger's own look-up points to.
bool FindAmong(List *relations, const FmgrInfo *function, CalledTrigger *out) {
  ListCell *cell;
  foreach (cell, relations) {
    const ResultRelInfo *target = static_cast<ResultRelInfo *>(lfirst(cell));
    if (target->ri_TrigDesc == nullptr || target->ri_TrigFunctions == nullptr) continue;
    for (int i = 0; i < target->ri_TrigDesc->numtriggers; i++) {
      if (target->ri_TrigFunctions[i].fn_extra != function) continue;
      *out = {RelationGetRelid(target->ri_RelationDesc), target->ri_TrigDesc->triggers[i].tgtype};
      return true;
    }
  }
  return false;
}

// A deferred trigger is called with no query in sight: found when its function has only one.
bool FindByFunction(Oid function, CalledTrigger *out) {
  Oid trigger = InvalidOid;
  int found = 0;
  ForEachDependent(ProcedureRelationId, function, 0, [&](const FormData_pg_depend &row) {
    if (row.classid != TriggerRelationId) return true;
    trigger = row.objid;
    found++;
    return true;
  });
  StoredTrigger stored = {};
  if (found != 1 || !ReadTrigger(trigger, &stored)) return false;
  *out = {stored.relation, stored.type};
  return true;
}

}  // namespace

bool ReadTrigger(Oid trigger, StoredTrigger *out) {
  Relation triggers = table_open(TriggerRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(trigger));
  SysScanDesc scan = systable_beginscan(triggers, TriggerOidIndexId, true, nullptr, 1, &key);
  HeapTuple tuple = systable_getnext(scan);
  const bool found = HeapTupleIsValid(tuple);
  if (found) {
    Form_pg_trigger form = reinterpret_cast<Form_pg_trigger>(GETSTRUCT(tuple));
    *out = {form->tgrelid, form->tgtype,    form->tgisinternal, form->tgenabled == TRIGGER_DISABLED,
            form->tgfoid,  form->tgparentid};
  }
  systable_endscan(scan);
  table_close(triggers, AccessShareLock);
  return found;
}

Oid FiringTarget(const Shape *shape, Oid trigger_relation) {
  if (shape == nullptr) return trigger_relation;
  for (int i = 0; i < shape->nwrites; i++) {
    if (shape->writes[i].target == trigger_relation) return trigger_relation;
  }
  if (!get_rel_relispartition(trigger_relation)) return trigger_relation;
  List *ancestors = get_partition_ancestors(trigger_relation);
  for (int i = 0; i < shape->nwrites; i++) {
    if (list_member_oid(ancestors, shape->writes[i].target)) return shape->writes[i].target;
  }
  return trigger_relation;
}

int16 TypeOf(TriggerEvent event) {
  int16 type = TRIGGER_FIRED_BY_INSERT(event)   ? TRIGGER_TYPE_INSERT
               : TRIGGER_FIRED_BY_DELETE(event) ? TRIGGER_TYPE_DELETE
               : TRIGGER_FIRED_BY_UPDATE(event) ? TRIGGER_TYPE_UPDATE
                                                : TRIGGER_TYPE_TRUNCATE;
  if (TRIGGER_FIRED_FOR_ROW(event)) type |= TRIGGER_TYPE_ROW;
  if (TRIGGER_FIRED_BEFORE(event)) type |= TRIGGER_TYPE_BEFORE;
  return type;
}

FiredRows EnterTrigger(RoutineFrame *frame, const StackNode *caller, Relation relation,
                       int16 type) {
  frame->trigger_relation = RelationGetRelid(relation);
  frame->trigger_node = frame->trigger_relation;
  frame->before_row_trigger = TRIGGER_FOR_BEFORE(type) && TRIGGER_FOR_ROW(type);
  if (!TRIGGER_FOR_ROW(type)) return {};
  Firing firing = FiringOf(caller);
  Oid node = InvalidOid;
  if (firing.context.shape == nullptr && TRIGGER_FOR_AFTER(type)) {
    DeferredFiring deferred = FindDeferred(frame->trigger_relation, type);
    frame->called_under = UnionSets(frame->called_under, deferred.decides);
    node = deferred.node;
  }
  FiredRows rows = TriggerRows(frame, firing, node, RelationGetDescr(relation));
  frame->trigger_node = rows.node;
  return rows;
}

bool RowsKnown(const StackNode *caller, Relation relation, int16 type) {
  if (caller->kind != NodeKind::kRun || caller->run == nullptr || !TRIGGER_FOR_ROW(type))
    return false;
  const FiredRows &fired = caller->run->fired;
  return fired.relation == RelationGetRelid(relation) && fired.before == TRIGGER_FOR_BEFORE(type);
}

bool FindTrigger(const StackNode *caller, const FmgrInfo *function, CalledTrigger *out) {
  if (get_func_rettype(function->fn_oid) != TRIGGEROID) return false;
  if (caller != nullptr && caller->kind == NodeKind::kRun && caller->run != nullptr) {
    const EState *state = caller->run->query->estate;
    if (FindAmong(state->es_opened_result_relations, function, out) ||
        FindAmong(state->es_tuple_routing_result_relations, function, out) ||
        FindAmong(state->es_trig_target_relations, function, out))
      return true;
  }
  return FindByFunction(function->fn_oid, out);
}

}  // namespace pg_lineage
