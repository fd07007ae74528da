// UPDATE and MERGE that change the key of a partitioned temporary table: their rows move from one
// partition to another.
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// True when the statement may change what says to which partition a row of `relid` belongs.
bool SetsKeyOf(const Query *query, Oid named, Oid relid) {
  Bitmapset *set = nullptr;
  auto add = [&](List *targets) {
    ListCell *cell;
    foreach (cell, targets) {
      const TargetEntry *entry = lfirst_node(TargetEntry, cell);
      const char *name = entry->resjunk ? nullptr : get_attname(named, entry->resno, true);
      AttrNumber place = name == nullptr ? InvalidAttrNumber : get_attnum(relid, name);
      if (place > 0) set = bms_add_member(set, place - FirstLowInvalidHeapAttributeNumber);
    }
  };
  if (query->commandType == CMD_UPDATE) add(query->targetList);
  ListCell *cell;
  foreach (cell, query->mergeActionList) {
    const MergeAction *action = lfirst_node(MergeAction, cell);
    if (action->commandType == CMD_UPDATE) add(action->targetList);
  }
  Relation relation = RelationIdGetRelation(relid);
  if (relation == nullptr) return false;
  bool used_in_expr = false;
  bool sets = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE &&
              has_partition_attrs(relation, set, &used_in_expr);
  RelationClose(relation);
  return sets;
}

}  // namespace

bool SetsKey(const Query *query, Oid named, const List *children) {
  bool sets = SetsKeyOf(query, named, named);
  ListCell *cell;
  foreach (cell, children) sets = sets || SetsKeyOf(query, named, lfirst_oid(cell));
  return sets;
}

void AddMoved(Builder *builder, const ShapeWrite &below, ShapeWrite *above) {
  const int width = RelationWidth(above->target);
  SymBag *bags = static_cast<SymBag *>(palloc0(sizeof(SymBag) * Max(width, 1)));
  bool *set = static_cast<bool *>(palloc0(sizeof(bool) * Max(width, 1)));
  for (int i = 0; i < above->ncolumns; i++)
    bags[above->columns[i].column - 1].AddSet(above->columns[i].sources, kIdentity);
  for (int i = 0; i < below.ncolumns; i++) {
    const char *name = get_attname(below.target, below.columns[i].column, true);
    const AttrNumber place = name == nullptr ? InvalidAttrNumber : get_attnum(above->target, name);
    if (place < 1) continue;
    set[place - 1] = above->operation == Operation::kUpdate;
    bags[place - 1].AddSet(below.columns[i].sources, kIdentity);
  }
  above->columns = static_cast<ShapeColumn *>(palloc0(sizeof(ShapeColumn) * Max(width, 1)));
  above->ncolumns = 0;
  for (int i = 0; i < width; i++) {
    const char *name = get_attname(above->target, static_cast<AttrNumber>(i + 1), true);
    const AttrNumber place = name == nullptr ? InvalidAttrNumber : get_attnum(below.target, name);
    if (!set[i] && place > 0)  // the partition's own, and what has come by the tables above
      AddRelationColumn(builder, below.target, true, place, kIdentity, &bags[i]);
    if (bags[i].items.Empty() && !set[i]) continue;
    above->columns[above->ncolumns].column = static_cast<int16>(i + 1);
    above->columns[above->ncolumns++].sources = bags[i].Finish();
  }
  SymBag rows = {};
  rows.AddSet(above->rows, kIdentity);
  AddRelationRead(builder, below.target, true, &rows);
  above->rows = rows.Finish();
}

}  // namespace pg_lineage
