#include "lineage/declared.h"

#include "capture/call_stack.h"
#include "capture/emit.h"
#include "edge/compat.h"
#include "lineage/resolve.h"
#include "lineage/summary.h"
#include "queue/ends.h"

namespace pg_lineage {

namespace {

// A relation's declared flows, before they are handed on.
using Flows = PodVector<Flow>;

// What was read of a relation, and of which of its rules.
struct Sayings {
  Flows flows;
  PodVector<Oid> rules;
};

// What of a relation is to be read.
struct Wanted {
  bool definition;
  bool rules;
  Oid rule;  // with `rules`, this one alone; InvalidOid: all of them
};

// Definitions have no parameters. The routines that one calls give what their bodies say.
ResolveContext DefinitionContext(Shape *shape, Oid owner) {
  ObservationList *observed = static_cast<ObservationList *>(palloc0(sizeof(ObservationList)));
  if (shape->ncalls > 0) {
    Definitions *definitions = CurrentDefinitions();
    ReadRolledBack(definitions, owner, [&] { FollowCallsOf(definitions, shape, observed); });
  }
  return {shape, nullptr, observed};
}

// The definition as it is stored: views it names are nodes, so nothing needs to be rewritten (and
// nothing can fail that fails only when the view is read, such as a rule that names itself). Read
// in place: what comes of it points to none of its nodes once the relation is closed.
void DeclareQuery(Relation relation, Query *query, Operation operation, Flows *flows) {
  Shape *shape = BuildShape(query);
  ResolveContext context = DefinitionContext(shape, relation->rd_rel->relowner);
  Flow flow = {};
  flow.target = RelationGetRelid(relation);
  flow.operation = operation;
  flow.origin = Origin::kDeclared;
  flow.path = CurrentPath();
  for (int i = 0; i < shape->noutputs; i++) {
    flow.columns.Append(static_cast<int16>(i + 1));
    flow.sources.Append(ResolveSet(context, shape->outputs[i]));
  }
  flow.rows = ResolveSet(context, shape->rows);
  flows->Append(flow);
}

void DeclareGenerated(Relation relation, Flows *flows) {
  TupleDesc desc = RelationGetDescr(relation);
  Query *query = makeNode(Query);
  query->commandType = CMD_SELECT;
  RangeTblEntry *entry = makeNode(RangeTblEntry);
  entry->rtekind = RTE_RELATION;
  entry->relid = RelationGetRelid(relation);
  entry->relkind = relation->rd_rel->relkind;
  entry->eref = makeAlias("t", NIL);
  query->rtable = list_make1(entry);
  query->jointree = makeFromExpr(NIL, nullptr);
  PodVector<int16> columns = {};
  for (int i = 0; i < desc->natts; i++) {
    Form_pg_attribute attribute = TupleDescAttr(desc, i);
    if (attribute->attgenerated == '\0') continue;
    Node *expr = build_column_default(relation, attribute->attnum);
    if (expr == nullptr) continue;
    columns.Append(attribute->attnum);
    query->targetList =
        lappend(query->targetList, makeTargetEntry(reinterpret_cast<Expr *>(expr),
                                                   static_cast<AttrNumber>(columns.size),
                                                   NameStr(attribute->attname), false));
  }
  if (columns.Empty()) return;
  Shape *shape = BuildShape(query);
  ResolveContext context = DefinitionContext(shape, relation->rd_rel->relowner);
  Flow flow = {};
  flow.target = RelationGetRelid(relation);
  flow.operation = Operation::kGenerated;
  flow.origin = Origin::kDeclared;
  flow.path = CurrentPath();
  flow.rows = EmptySet();
  for (int i = 0; i < columns.size; i++) {
    flow.columns.Append(columns[i]);
    flow.sources.Append(ResolveSet(context, shape->outputs[i]));
  }
  flows->Append(flow);
}

// The entries that stand for the rows of a rule's relation in its actions.
struct RuleRows {
  Oid relid;
  bool keeps_new;
};

// Takes NEW out where it comes from the statement alone; and gives both entries another name: by
// theirs the expansion of a view is known.
bool PrepareRows(Node *node, RuleRows *rows) {
  if (node == nullptr) return false;
  if (IsA(node, RangeTblEntry)) {
    RangeTblEntry *entry = reinterpret_cast<RangeTblEntry *>(node);
    if (entry->rtekind != RTE_RELATION || entry->relid != rows->relid || entry->alias == nullptr)
      return false;
    bool is_new = strcmp(entry->alias->aliasname, "new") == 0;
    if (!is_new && strcmp(entry->alias->aliasname, "old") != 0) return false;
    if (is_new && !rows->keeps_new) entry->relid = InvalidOid;
    entry->alias->aliasname = pstrdup("row of a rule");
    return false;
  }
  if (IsA(node, Query))
    return query_tree_walker(reinterpret_cast<Query *>(node), PGL_WALKER(PrepareRows), rows,
                             QTW_EXAMINE_RTES_BEFORE);
  return expression_tree_walker(node, PGL_WALKER(PrepareRows), rows);
}

// A rule is no frame: its rows in the store have none, but are told apart by who declares them.
const EventPath *RulePath(Oid rule) {
  EventPath *path = static_cast<EventPath *>(palloc(sizeof(EventPath)));
  *path = *RootPath();
  path->declared_by = rule;
  path->key = hash_combine64(path->key, rule);
  return path;
}

// What one action of a rule writes, for a write on its relation. OLD are stored rows; NEW are,
// where the relation is a table that keeps them too.
void DeclareAction(Relation relation, const RewriteRule *rule, Query *action, Flows *flows) {
  Query *query = copyObject(action);
  if (rule->qual != nullptr) AddQual(getInsertSelectQuery(query, nullptr), copyObject(rule->qual));
  RuleRows rows = {RelationGetRelid(relation),
                   !rule->isInstead && relation->rd_rel->relkind != RELKIND_VIEW};
  PrepareRows(reinterpret_cast<Node *>(query), &rows);
  Shape *shape = BuildShape(query);
  ResolveContext context = DefinitionContext(shape, relation->rd_rel->relowner);
  for (int w = 0; w < shape->nwrites; w++) {
    const ShapeWrite &write = shape->writes[w];
    if (write.temp) continue;
    Flow flow = {};
    flow.target = write.target;
    flow.operation = write.operation;
    flow.origin = Origin::kDeclared;
    flow.path = RulePath(rule->ruleId);
    for (int i = 0; i < write.ncolumns; i++) {
      flow.columns.Append(write.columns[i].column);
      flow.sources.Append(ResolveSet(context, write.columns[i].sources));
    }
    flow.rows = ResolveSet(context, write.rows);
    flows->Append(flow);
  }
}

void ReadRules(Relation relation, Oid only, Sayings *out) {
  for (int i = 0; relation->rd_rules != nullptr && i < relation->rd_rules->numLocks; i++) {
    const RewriteRule *rule = relation->rd_rules->rules[i];
    if (rule->event == CMD_SELECT || (OidIsValid(only) && rule->ruleId != only)) continue;
    out->rules.Append(rule->ruleId);
    if (rule->enabled == RULE_DISABLED) continue;
    ListCell *cell;
    foreach (cell, rule->actions) {
      Query *action = lfirst_node(Query, cell);
      if (action->commandType != CMD_UTILITY) DeclareAction(relation, rule, action, &out->flows);
    }
  }
}

void Collect(Oid relid, const Wanted &wanted, Sayings *out) {
  bool temp = false;
  if (!IsNode(relid, &temp) || temp) return;
  Relation relation = try_relation_open(relid, AccessShareLock);
  if (relation == nullptr) return;
  char relkind = relation->rd_rel->relkind;
  if (wanted.definition && (relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW)) {
    Query *query = DefinitionOf(relation);
    if (query != nullptr)
      DeclareQuery(relation, query,
                   relkind == RELKIND_VIEW ? Operation::kCreateView : Operation::kCreateMatView,
                   &out->flows);
  } else if (wanted.definition) {
    DeclareGenerated(relation, &out->flows);
  }
  if (wanted.rules) ReadRules(relation, wanted.rule, out);
  relation_close(relation, NoLock);
}

// What the relation and its rules said before and do not say now ends.
void Emit(Oid relid, const Wanted &wanted, const Sayings &sayings) {
  if (wanted.definition && get_rel_persistence(relid) != RELPERSISTENCE_TEMP)
    PendingEnd(EndKind::kDefinition, relid);
  for (Oid rule : sayings.rules) PendingEnd(EndKind::kRule, rule);
  for (const Flow &flow : sayings.flows) EmitFlow(flow, {}, -1);
}

// Reads it in the transaction that defines it.
void Declare(Oid relid, const Wanted &wanted) {
  Sayings sayings = {};
  WhileReading([&] { Collect(relid, wanted, &sayings); });
  Emit(relid, wanted, sayings);
}

}  // namespace

Oid RelationOfRule(Oid rule) {
  Relation rules = table_open(RewriteRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(rule));
  SysScanDesc scan = systable_beginscan(rules, RewriteOidIndexId, true, nullptr, 1, &key);
  HeapTuple tuple = systable_getnext(scan);
  Oid relid = HeapTupleIsValid(tuple)
                  ? reinterpret_cast<Form_pg_rewrite>(GETSTRUCT(tuple))->ev_class
                  : InvalidOid;
  systable_endscan(scan);
  table_close(rules, AccessShareLock);
  return relid;
}

// The defining query of a materialised view stands in its _RETURN rule like a view's.
Query *DefinitionOf(Relation relation) {
  if (relation->rd_rules == nullptr) return nullptr;
  for (int i = 0; i < relation->rd_rules->numLocks; i++) {
    RewriteRule *rule = relation->rd_rules->rules[i];
    if (rule->event == CMD_SELECT) return linitial_node(Query, rule->actions);
  }
  return nullptr;
}

void DeclareRelation(Oid relid) { Declare(relid, {true, false, InvalidOid}); }

void DeclareRules(Oid relid) { Declare(relid, {false, true, InvalidOid}); }

void DeclareRule(Oid rule) {
  Oid relid = RelationOfRule(rule);
  if (OidIsValid(relid)) Declare(relid, {false, true, rule});
}

void DeclareRelationAgain(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return;
  Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
  ReleaseSysCache(tuple);
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage flows", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  Sayings sayings = {};
  sayings.flows.context = sayings.rules.context = scratch;
  const Wanted all = {true, true, InvalidOid};
  bool fine = ReadRolledBack(CurrentDefinitions(), owner, [&] {
    MemoryContext reading = MemoryContextSwitchTo(scratch);  // outlives the subtransaction
    Collect(relid, all, &sayings);
    MemoryContextSwitchTo(reading);
  });
  if (fine) Emit(relid, all, sayings);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
}

}  // namespace pg_lineage
