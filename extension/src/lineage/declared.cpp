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

// Empty parameters: definitions have none that could be known. The routines that one calls give
// what their bodies say.
ResolveContext DefinitionContext(Shape *shape, Oid owner) {
  const SourceSet **params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++) params[i] = EmptySet();
  ObservationList *observed = static_cast<ObservationList *>(palloc0(sizeof(ObservationList)));
  if (shape->ncalls > 0) {
    Definitions *definitions = CurrentDefinitions();
    ReadRolledBack(definitions, owner, [&] { FollowCallsOf(definitions, shape, observed); });
  }
  return {shape, params, observed};
}

// The definition as it is stored: views it names are nodes, so nothing needs to be rewritten (and
// nothing can fail that fails only when the view is read, such as a rule that names itself).
void DeclareQuery(Relation relation, Query *query, Operation operation, Flows *flows) {
  Shape *shape = BuildShape(copyObject(query));
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
    if (attribute->attgenerated == '\0' || attribute->attisdropped) continue;
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
    flow.path = RootPath();
    for (int i = 0; i < write.ncolumns; i++) {
      flow.columns.Append(write.columns[i].column);
      flow.sources.Append(ResolveSet(context, write.columns[i].sources));
    }
    flow.rows = ResolveSet(context, write.rows);
    flows->Append(flow);
  }
}

void DeclareRules(Relation relation, Flows *flows) {
  for (int i = 0; relation->rd_rules != nullptr && i < relation->rd_rules->numLocks; i++) {
    const RewriteRule *rule = relation->rd_rules->rules[i];
    if (rule->event == CMD_SELECT || rule->enabled == RULE_DISABLED) continue;
    ListCell *cell;
    foreach (cell, rule->actions) {
      Query *action = lfirst_node(Query, cell);
      if (action->commandType != CMD_UTILITY) DeclareAction(relation, rule, action, flows);
    }
  }
}

// With `rules` what its rules write, too.
void Collect(Oid relid, bool rules, Flows *flows) {
  bool temp = false;
  if (!IsNode(relid, &temp) || temp) return;
  Relation relation = try_relation_open(relid, AccessShareLock);
  if (relation == nullptr) return;
  char relkind = relation->rd_rel->relkind;
  if (relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW) {
    Query *query = DefinitionOf(relation);
    if (query != nullptr)
      DeclareQuery(relation, query,
                   relkind == RELKIND_VIEW ? Operation::kCreateView : Operation::kCreateMatView,
                   flows);
  } else if (relkind != RELKIND_SEQUENCE) {
    DeclareGenerated(relation, flows);
  }
  if (rules) DeclareRules(relation, flows);
  relation_close(relation, NoLock);
}

// What the relation said before and does not say now ends.
void Emit(Oid relid, const Flows &flows) {
  if (get_rel_persistence(relid) != RELPERSISTENCE_TEMP) PendingEnd(EndKind::kDefinition, relid);
  for (int i = 0; i < flows.size; i++) EmitFlow(flows[i], {}, -1);
}

}  // namespace

// The defining query of a materialised view stands in its _RETURN rule like a view's.
Query *DefinitionOf(Relation relation) {
  if (relation->rd_rules == nullptr) return nullptr;
  for (int i = 0; i < relation->rd_rules->numLocks; i++) {
    RewriteRule *rule = relation->rd_rules->rules[i];
    if (rule->event == CMD_SELECT && list_length(rule->actions) == 1)
      return linitial_node(Query, rule->actions);
  }
  return nullptr;
}

void DeclareRelation(Oid relid) {
  Flows flows = {};
  WhileReading([&] { Collect(relid, false, &flows); });
  Emit(relid, flows);
}

void DeclareRelationAgain(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return;
  Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
  ReleaseSysCache(tuple);
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage flows", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  Flows flows = {};
  flows.context = scratch;
  bool fine = ReadRolledBack(CurrentDefinitions(), owner, [&] {
    MemoryContext reading = MemoryContextSwitchTo(scratch);  // outlives the subtransaction
    Collect(relid, true, &flows);
    MemoryContextSwitchTo(reading);
  });
  if (fine) Emit(relid, flows);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
}

}  // namespace pg_lineage
