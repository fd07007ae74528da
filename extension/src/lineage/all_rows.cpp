// Whether a statement meets all rows of its table: then nothing is left of what it takes away or
// puts in another's place.
#include "edge/compat.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// True for what holds for every row: nothing, true, 1 = 1.
bool AlwaysTrue(Node *condition) {
  if (condition == nullptr) return true;
  if (IsA(condition, OpExpr)) {
    const OpExpr *compared = castNode(OpExpr, condition);
    if (get_opcode(compared->opno) >= FirstNormalObjectId) return false;
    ListCell *cell;
    foreach (cell, compared->args) {
      if (!IsA(lfirst(cell), Const)) return false;
    }
    condition = eval_const_expressions(nullptr, condition);
  }
  if (!IsA(condition, Const)) return false;
  const Const *known = castNode(Const, condition);
  return !known->constisnull && DatumGetBool(known->constvalue);
}

}  // namespace

bool HasTriggers(Oid relid) {
  Relation relation = RelationIdGetRelation(relid);
  if (relation == nullptr) return true;
  bool has = relation->trigdesc != nullptr;
  RelationClose(relation);
  ListCell *cell;
  foreach (cell, TempChildren(relid)) has = has || HasTriggers(lfirst_oid(cell));
  return has;
}

bool MeetsAllRows(const Query *query, Oid relid) {
  const RangeTblEntry *entry = rt_fetch(query->resultRelation, query->rtable);
  const FromExpr *from = query->jointree;
  if (query->hasModifyingCTE || query->returningList != NIL || !entry->inh ||
      entry->securityQuals != NIL || list_length(from->fromlist) != 1 || !AlwaysTrue(from->quals))
    return false;
  return !HasTriggers(relid);  // one may keep rows, or look at them later
}

}  // namespace pg_lineage
