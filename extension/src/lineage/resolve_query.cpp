// Columns and rows of a query: range table entries, CTEs, set operations, clauses.
#include "edge/compat.h"
#include "edge/guc.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// Column `resno` of the leaves of a set operation.
void AddSetOperationColumn(Builder *builder, QueryInfo *info, int resno, SymBag *out) {
  PodVector<Leaf> leaves = {};
  CollectLeaves(info->query->setOperations, false, false, &leaves);
  for (const Leaf &leaf : leaves) {
    if (!leaf.excluded) AddRteColumn(builder, info, leaf.rtindex, resno, kIdentity, out);
  }
}

Recursion *FindRecursion(Builder *builder, Query *query) {
  for (Recursion *r = builder->recursion; r != nullptr; r = r->outer) {
    if (r->query == query) return r;
  }
  return nullptr;
}

// Iterates a recursive CTE until no column gains a source.
void ResolveRecursive(Builder *builder, QueryInfo *info) {
  Recursion round = {};
  round.query = info->query;
  round.ncolumns = info->ncolumns;
  round.columns = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(info->ncolumns, 1)));
  round.outer = builder->recursion;
  builder->recursion = &round;
  bool grown = true;
  for (int rounds = 0; grown && rounds <= info->ncolumns + 1; rounds++) {
    grown = false;
    builder->generation++;
    for (int i = 0; i < info->ncolumns; i++) {
      SymBag bag = {};
      AddSetOperationColumn(builder, info, i + 1, &bag);
      bag.AddSet(round.columns[i], kIdentity);
      SymSet next = bag.Finish();
      if (next.size != round.columns[i].size) grown = true;
      round.columns[i] = next;
    }
  }
  builder->recursion = round.outer;
  builder->generation++;
  info->generation = builder->generation;
  for (int i = 0; i < info->ncolumns; i++) {
    info->columns[i] = round.columns[i];
    info->column_state[i] = 2;
  }
}

// Starts a memo over when a recursive CTE begins another round.
void CheckGeneration(Builder *builder, QueryInfo *info) {
  if (info->generation == builder->generation) return;
  if (builder->recursion == nullptr) {  // results of a finished round hold
    info->generation = builder->generation;
    return;
  }
  info->generation = builder->generation;
  info->rows_state = 0;
  for (int i = 0; i < info->ncolumns; i++) {
    if (info->column_state[i] == 2) info->column_state[i] = 0;
  }
}

bool IsRecursiveUnion(const QueryInfo *info) {
  if (info->query->setOperations == nullptr || info->parent == nullptr) return false;
  ListCell *cell;
  foreach (cell, info->parent->query->cteList) {
    CommonTableExpr *cte = lfirst_node(CommonTableExpr, cell);
    if (cte->ctequery == reinterpret_cast<Node *>(info->query)) return cte->cterecursive;
  }
  return false;
}

void AddJoinColumn(Builder *builder, QueryInfo *info, RangeTblEntry *rte, int attno, uint8 kind,
                   SymBag *out) {
  if (attno < 1 || attno > list_length(rte->joinaliasvars)) return;
  AddExpr(builder, info, static_cast<Node *>(list_nth(rte->joinaliasvars, attno - 1)), kind, out);
}

void AddCteColumn(Builder *builder, QueryInfo *info, RangeTblEntry *rte, int attno, uint8 kind,
                  SymBag *out) {
  QueryInfo *scope = nullptr;
  CommonTableExpr *cte = FindCte(builder, info, rte, &scope);
  if (cte == nullptr) return;
  Query *query = castNode(Query, cte->ctequery);
  Recursion *recursion = rte->self_reference ? FindRecursion(builder, query) : nullptr;
  if (recursion != nullptr) {
    if (attno <= recursion->ncolumns) out->AddSet(recursion->columns[attno - 1], kind);
    return;
  }
  out->AddSet(QueryColumn(builder, InfoFor(builder, query, scope), attno), kind);
}

// XMLTABLE and JSON_TABLE: the document, and what the column has of its own (a path, a default).
void AddTableFuncColumn(Builder *builder, QueryInfo *info, TableFunc *function, int attno,
                        uint8 kind, SymBag *out) {
  if (attno < 1 || attno == function->ordinalitycol + 1) return;
  List *values = compat::TableFuncColumnValues(function);
  // JSON_TABLE: FOR ORDINALITY, which each NESTED PATH may have, is a column without a value.
  if (attno <= list_length(values) && list_nth(values, attno - 1) == nullptr) return;
  AddExpr(builder, info, function->docexpr, kind, out);
  List *lists[] = {function->colexprs, function->coldefexprs, values};
  for (List *list : lists) {
    if (attno <= list_length(list))
      AddExpr(builder, info, static_cast<Node *>(list_nth(list, attno - 1)), kind, out);
  }
}

// True when rows of the tables below a relation are among its entry's: those that a trigger is
// given are what its statement changed.
bool HoldsChildren(const RangeTblEntry *rte) {
  return rte->inh || rte->rtekind == RTE_NAMEDTUPLESTORE;
}

// A relation's column; the target's EXCLUDED row is what INSERT put into that column.
void AddPlainColumn(Builder *builder, QueryInfo *info, RangeTblEntry *rte, int varno, int attno,
                    uint8 kind, SymBag *out) {
  Query *query = info->query;
  bool substituted = info->substitutes != nullptr && varno == info->substituted;
  bool excluded = query->onConflict != nullptr && varno == query->onConflict->exclRelIndex;
  if ((substituted || excluded) && attno == 0) {  // a whole row: every column of it
    int width = substituted ? info->nsubstitutes : RelationWidth(rte->relid);
    for (int column = 1; column <= width; column++)
      AddPlainColumn(builder, info, rte, varno, column, Compose(kind, kTransformation), out);
  } else if (substituted) {
    if (attno >= 1 && attno <= info->nsubstitutes) out->AddSet(info->substitutes[attno - 1], kind);
  } else if (excluded) {
    TargetEntry *entry = EntryOf(query->targetList, attno);
    if (entry != nullptr) AddExpr(builder, info, reinterpret_cast<Node *>(entry->expr), kind, out);
  } else {
    AddRelationColumn(builder, rte->relid, !HoldsChildren(rte), attno, kind, out);
  }
}

// Splits a condition into its AND arms: one that compares two relations is a JOIN, else a FILTER.
void AddCondition(Builder *builder, QueryInfo *info, Node *condition, SymBag *out) {
  if (condition == nullptr) return;
  if (is_andclause(condition)) {
    ListCell *cell;
    foreach (cell, reinterpret_cast<BoolExpr *>(condition)->args)
      AddCondition(builder, info, static_cast<Node *>(lfirst(cell)), out);
    return;
  }
  Bitmapset *relations = pull_varnos(nullptr, condition);
  AddExpr(builder, info, condition, bms_num_members(relations) > 1 ? kJoin : kFilter, out);
}

// What an entry of the join tree contributes to the rows.
void AddRteRows(Builder *builder, QueryInfo *info, int varno, SymBag *out) {
  RangeTblEntry *rte = rt_fetch(varno, info->query->rtable);
  ListCell *cell;
  foreach (cell, rte->securityQuals)  // row level security: decides for the roles it binds
    AddExpr(builder, info, static_cast<Node *>(lfirst(cell)), kFilter, out);
  Oid view = compat::ExpandedView(rte);
  bool temp_view = OidIsValid(view) && get_rel_persistence(view) == RELPERSISTENCE_TEMP;
  switch (rte->rtekind) {
    case RTE_RELATION:
    case RTE_NAMEDTUPLESTORE:
      // That a statement finds the rows it changes is no flow: writes.cpp, of the target itself.
      AddRelationRead(builder, rte->relid,
                      varno == info->query->resultRelation || !HoldsChildren(rte), out);
      break;
    case RTE_SUBQUERY:
      if (OidIsValid(view) && !temp_view) {
        AddRelationRead(builder, view, true, out);
      } else {
        out->AddSet(QueryRows(builder, InfoFor(builder, rte->subquery, info)), kIdentity);
      }
      break;
    case RTE_CTE: {
      QueryInfo *scope = nullptr;
      CommonTableExpr *cte = FindCte(builder, info, rte, &scope);
      if (cte != nullptr && !rte->self_reference)
        out->AddSet(QueryRows(builder, InfoFor(builder, castNode(Query, cte->ctequery), scope)),
                    kIdentity);
      break;
    }
    case RTE_FUNCTION:
      AddFunctionRows(builder, info, rte, out);
      break;
    case RTE_TABLEFUNC:
      AddExpr(builder, info, rte->tablefunc->docexpr, kFilter, out);
      AddExpr(builder, info, rte->tablefunc->rowexpr, kFilter, out);
      AddExpr(builder, info, compat::TableFuncPassed(rte->tablefunc), kFilter, out);
      break;
    default:
      break;
  }
  if (rte->tablesample != nullptr)
    AddExpr(builder, info, reinterpret_cast<Node *>(rte->tablesample->args), kFilter, out);
}

void AddJoinTree(Builder *builder, QueryInfo *info, Node *node, SymBag *out) {
  if (node == nullptr) return;
  if (IsA(node, RangeTblRef)) {
    AddRteRows(builder, info, reinterpret_cast<RangeTblRef *>(node)->rtindex, out);
  } else if (IsA(node, FromExpr)) {
    FromExpr *from = reinterpret_cast<FromExpr *>(node);
    ListCell *cell;
    foreach (cell, from->fromlist)
      AddJoinTree(builder, info, static_cast<Node *>(lfirst(cell)), out);
    AddCondition(builder, info, from->quals, out);
  } else {
    JoinExpr *join = castNode(JoinExpr, node);
    AddJoinTree(builder, info, join->larg, out);
    AddJoinTree(builder, info, join->rarg, out);
    AddExpr(builder, info, join->quals, kJoin, out);
  }
}

void AddClause(Builder *builder, QueryInfo *info, List *clause, uint8 kind, SymBag *out) {
  ListCell *cell;
  foreach (cell, clause) {
    SortGroupClause *item = lfirst_node(SortGroupClause, cell);
    TargetEntry *entry = get_sortgroupref_tle(item->tleSortGroupRef, info->query->targetList);
    AddExpr(builder, info, reinterpret_cast<Node *>(entry->expr), kind, out);
  }
}

void AddSetOperationRows(Builder *builder, QueryInfo *info, SymBag *out) {
  PodVector<Leaf> leaves = {};
  CollectLeaves(info->query->setOperations, false, false, &leaves);
  for (const Leaf &leaf : leaves) {
    AddRteRows(builder, info, leaf.rtindex, out);
    RangeTblEntry *rte = rt_fetch(leaf.rtindex, info->query->rtable);
    if (!leaf.compared) continue;
    QueryInfo *query = InfoFor(builder, rte->subquery, info);
    for (int column = 1; column <= query->ncolumns; column++)
      out->AddSet(QueryColumn(builder, query, column), kFilter);
  }
}

// ORDER BY of a set operation names its columns: those of all leaves.
void AddSetOperationOrder(Builder *builder, QueryInfo *info, SymBag *out) {
  ListCell *cell;
  foreach (cell, info->query->sortClause) {
    SortGroupClause *item = lfirst_node(SortGroupClause, cell);
    TargetEntry *entry = get_sortgroupref_tle(item->tleSortGroupRef, info->query->targetList);
    out->AddSet(QueryColumn(builder, info, entry->resno), kSort);
  }
}

struct SetSearch {
  Builder *builder;
  QueryInfo *info;
  SymBag *out;
};

// The arguments of a set-returning function in the select list decide how many rows there are.
bool AddSets(Node *node, SetSearch *search) {
  if (node == nullptr || IsA(node, Query)) return false;
  List *args = NIL;
  if (IsA(node, FuncExpr) && reinterpret_cast<FuncExpr *>(node)->funcretset)
    args = reinterpret_cast<FuncExpr *>(node)->args;
  if (IsA(node, OpExpr) && reinterpret_cast<OpExpr *>(node)->opretset)
    args = reinterpret_cast<OpExpr *>(node)->args;
  ListCell *cell;
  foreach (cell, args)
    AddExpr(search->builder, search->info, static_cast<Node *>(lfirst(cell)), kFilter, search->out);
  return expression_tree_walker(node, PGL_WALKER(AddSets), search);
}

void AddClauses(Builder *builder, QueryInfo *info, SymBag *out) {
  Query *query = info->query;
  AddClause(builder, info, query->groupClause, kGroupBy, out);
  AddCondition(builder, info, query->havingQual, out);
  AddClause(builder, info, query->sortClause, kSort, out);
  AddClause(builder, info, query->distinctClause, kFilter, out);
  AddExpr(builder, info, query->limitOffset, kFilter, out);
  AddExpr(builder, info, query->limitCount, kFilter, out);
  AddExpr(builder, info, compat::MergeJoinCondition(query), kJoin, out);
  SetSearch search = {builder, info, out};
  if (query->hasTargetSRFs) AddSets(reinterpret_cast<Node *>(query->targetList), &search);
}

}  // namespace

void CollectLeaves(Node *node, bool excluded, bool compared, PodVector<Leaf> *leaves) {
  if (IsA(node, RangeTblRef)) {
    leaves->Append({reinterpret_cast<RangeTblRef *>(node)->rtindex, excluded, compared});
    return;
  }
  SetOperationStmt *operation = castNode(SetOperationStmt, node);
  if (operation->op != SETOP_UNION || !operation->all) compared = true;
  CollectLeaves(operation->larg, excluded, compared, leaves);
  CollectLeaves(operation->rarg, excluded || operation->op == SETOP_EXCEPT, compared, leaves);
}

void AddRteColumn(Builder *builder, QueryInfo *info, int varno, int attno, uint8 kind,
                  SymBag *out) {
  if (varno < 1 || varno > list_length(info->query->rtable)) return;
  RangeTblEntry *rte = rt_fetch(varno, info->query->rtable);
  bool relation = rte->rtekind == RTE_RELATION || rte->rtekind == RTE_NAMEDTUPLESTORE;
  if (attno == 0 && !relation) {  // a whole row: every column of it
    int width = list_length(rte->eref->colnames);
    for (int column = 1; column <= width; column++)
      AddRteColumn(builder, info, varno, column, Compose(kind, kTransformation), out);
    return;
  }
  Oid view = compat::ExpandedView(rte);
  if (OidIsValid(view) && get_rel_persistence(view) != RELPERSISTENCE_TEMP) {
    AddRelationColumn(builder, view, true, attno, kind, out);
    return;
  }
  switch (rte->rtekind) {
    case RTE_RELATION:
    case RTE_NAMEDTUPLESTORE:
      AddPlainColumn(builder, info, rte, varno, attno, kind, out);
      break;
    case RTE_SUBQUERY:
      out->AddSet(QueryColumn(builder, InfoFor(builder, rte->subquery, info), attno), kind);
      break;
    case RTE_JOIN:
      AddJoinColumn(builder, info, rte, attno, kind, out);
      break;
    case RTE_CTE:
      AddCteColumn(builder, info, rte, attno, kind, out);
      break;
    case RTE_FUNCTION:
      (void)AddFunctionColumn(builder, info, rte, attno, nullptr, kind, out);
      break;
    case RTE_VALUES: {
      ListCell *cell;
      foreach (cell, rte->values_lists) {
        List *row = lfirst_node(List, cell);
        if (attno <= list_length(row))
          AddExpr(builder, info, static_cast<Node *>(list_nth(row, attno - 1)), kind, out);
      }
      break;
    }
    case RTE_TABLEFUNC:
      AddTableFuncColumn(builder, info, rte->tablefunc, attno, Compose(kind, kTransformation), out);
      break;
    default:
      if (compat::IsGroupRte(rte) && attno <= list_length(compat::GroupExpressions(rte)))
        AddExpr(builder, info,
                static_cast<Node *>(list_nth(compat::GroupExpressions(rte), attno - 1)), kind, out);
      break;
  }
}

SymSet QueryColumn(Builder *builder, QueryInfo *info, int resno) {
  SymSet none = {};
  if (resno < 1 || resno > info->ncolumns) return none;
  CheckGeneration(builder, info);
  int index = resno - 1;
  if (info->column_state[index] == 2) return info->columns[index];
  if (info->column_state[index] == 1) return none;  // a cycle: found on the other way round
  if (info->query->setOperations != nullptr && IsRecursiveUnion(info) &&
      FindRecursion(builder, info->query) == nullptr) {
    ResolveRecursive(builder, info);
    return info->columns[index];
  }
  info->column_state[index] = 1;
  SymBag bag = {};
  if (info->query->setOperations != nullptr) {
    AddSetOperationColumn(builder, info, resno, &bag);
  } else {
    TargetEntry *entry = EntryOf(QueryOutputs(info->query), resno);
    if (entry != nullptr)
      ResolveOutput(builder, info, [&] {
        AddExpr(builder, info, reinterpret_cast<Node *>(entry->expr), kIdentity, &bag);
      });
  }
  info->columns[index] = bag.Finish();
  info->column_state[index] = 2;
  return info->columns[index];
}

void AddStatementRows(Builder *builder, QueryInfo *info, SymBag *out) {
  if (info->query->setOperations != nullptr) {
    AddSetOperationRows(builder, info, out);
    AddSetOperationOrder(builder, info, out);
    AddExpr(builder, info, info->query->limitOffset, kFilter, out);
    AddExpr(builder, info, info->query->limitCount, kFilter, out);
  } else {
    AddJoinTree(builder, info, reinterpret_cast<Node *>(info->query->jointree), out);
    AddClauses(builder, info, out);
  }
}

SymSet QueryRows(Builder *builder, QueryInfo *info) {
  SymSet none = {};
  CheckGeneration(builder, info);
  if (info->rows_state == 2) return info->rows;
  if (info->rows_state == 1) return none;
  info->rows_state = 1;
  SymBag bag = {};
  AddStatementRows(builder, info, &bag);
  AddReadsOfOutputs(builder, info, &bag);
  MeetCallsOfOutputs(builder, info);
  // What a writing query returns is the row it wrote.
  if (info->query->commandType != CMD_SELECT) {
    AddArmConditions(builder, info, &bag);
    RangeTblEntry *target = rt_fetch(info->query->resultRelation, info->query->rtable);
    AddRelationRead(builder, target->relid, !target->inh, &bag);
  }
  info->rows = bag.Finish();
  info->rows_state = 2;
  return info->rows;
}

}  // namespace pg_lineage
