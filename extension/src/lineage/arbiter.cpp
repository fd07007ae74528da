// What ON CONFLICT compares: the columns of unique indexes.
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// The columns of the row that `expr` looks at, by the numbers of its table.
Bitmapset *AddColumnsOf(Node *expr, Bitmapset *columns) {
  ListCell *cell;
  foreach (cell, pull_var_clause(expr, 0)) {
    int column = lfirst_node(Var, cell)->varattno;
    if (column > 0) columns = bms_add_member(columns, column);
  }
  return columns;
}

// The columns that an index compares, in expressions too, and those that decide what is in it.
Bitmapset *IndexColumns(Oid index, bool only_unique, Bitmapset *columns) {
  Relation relation = RelationIdGetRelation(index);
  if (relation == nullptr) return columns;
  const FormData_pg_index *form = relation->rd_index;
  if (form->indisunique || form->indisexclusion || !only_unique) {
    for (int i = 0; i < form->indnkeyatts; i++) {
      if (form->indkey.values[i] > 0) columns = bms_add_member(columns, form->indkey.values[i]);
    }
    columns =
        AddColumnsOf(reinterpret_cast<Node *>(RelationGetIndexExpressions(relation)), columns);
    columns = AddColumnsOf(reinterpret_cast<Node *>(RelationGetIndexPredicate(relation)), columns);
  }
  RelationClose(relation);
  return columns;
}

// The columns whose values may conflict: of the arbiter named, or of every unique index.
Bitmapset *ArbiterColumns(Oid target, OnConflictExpr *conflict) {
  if (OidIsValid(conflict->constraint))
    return IndexColumns(get_constraint_index(conflict->constraint), false, nullptr);
  if (conflict->arbiterElems != NIL)
    return AddColumnsOf(conflict->arbiterWhere,
                        AddColumnsOf(reinterpret_cast<Node *>(conflict->arbiterElems), nullptr));
  Bitmapset *columns = nullptr;
  Relation relation = RelationIdGetRelation(target);
  if (relation == nullptr) return nullptr;
  ListCell *cell;
  foreach (cell, RelationGetIndexList(relation))
    columns = IndexColumns(lfirst_oid(cell), true, columns);
  RelationClose(relation);
  return columns;
}

}  // namespace

void AddArbiter(Builder *builder, QueryInfo *info, OnConflictExpr *conflict, SymBag *rows) {
  Oid target = rt_fetch(info->query->resultRelation, info->query->rtable)->relid;
  Bitmapset *columns = ArbiterColumns(target, conflict);
  int column = -1;
  while ((column = bms_next_member(columns, column)) >= 0) {
    AddRelationColumn(builder, target, true, column, kFilter, rows);
    TargetEntry *entry = EntryOf(info->query->targetList, column);
    if (entry != nullptr)
      AddExpr(builder, info, reinterpret_cast<Node *>(entry->expr), kFilter, rows);
  }
}

}  // namespace pg_lineage
