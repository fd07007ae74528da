#include "api/dependents.h"

#include "capture/call_stack.h"
#include "edge/compat.h"
#include "edge/depend.h"
#include "lineage/declared.h"

namespace pg_lineage {
namespace {

bool IsLineageKind(char relkind) {
  return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
         relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW || relkind == RELKIND_FOREIGN_TABLE;
}

bool IsView(Oid relid) {
  char relkind = get_rel_relkind(relid);
  return relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW;
}

// What is neither relation nor routine, by the server's own name for it.
void AddOther(const ObjectAddress &object, PodVector<Dependent> *found) {
  char *type = getObjectTypeDescription(&object, true);
  char *name = getObjectIdentity(&object, true);
  if (type != NULL && name != NULL) found->Append(Dependent{InvalidOid, 0, type, name});
}

// A generated column that reads the column asked about, by its expression.
void AddGenerated(Oid relid, AttrNumber asked, const ObjectAddress &column,
                  PodVector<Dependent> *found) {
  AttrNumber number = static_cast<AttrNumber>(column.objectSubId);
  if (number <= 0 || (column.objectId == relid && (number == asked || asked == 0))) return;
  found->Append(Dependent{column.objectId, number, NULL, NULL});
}

// One row of pg_depend.
void AddDependent(Oid relid, AttrNumber column, const FormData_pg_depend &row,
                  PodVector<Dependent> *found) {
  ObjectAddress object = {row.classid, row.objid, row.objsubid};
  Oid rule_on = InvalidOid;
  switch (row.classid) {
    case RelationRelationId:
      if (IsLineageKind(get_rel_relkind(row.objid)) && (row.objid != relid || column > 0))
        found->Append(Dependent{row.objid, static_cast<AttrNumber>(row.objsubid), NULL, NULL});
      return;
    case AttrDefaultRelationId:
      AddGenerated(relid, column, GetAttrDefaultColumnAddress(row.objid), found);
      return;
    case ProcedureRelationId: {
      const char *name = RenderRoutine(row.objid);
      if (name != NULL) found->Append(Dependent{InvalidOid, 0, "routine", name});
      return;
    }
    case RewriteRelationId:
      rule_on = RelationOfRule(row.objid);
      if (rule_on == relid || !OidIsValid(rule_on)) return;
      if (IsView(rule_on)) {
        found->Append(Dependent{rule_on, 0, NULL, NULL});
        return;
      }
      break;
    default:
      break;
  }
  if (row.deptype == DEPENDENCY_NORMAL) AddOther(object, found);
}

void AddDependents(Oid class_id, Oid object, AttrNumber column, Oid relid,
                   PodVector<Dependent> *found) {
  ForEachDependent(class_id, object, column, [&](const FormData_pg_depend &row) {
    AddDependent(relid, column, row, found);
    return true;
  });
}

}  // namespace

PodVector<Dependent> DependentsOf(Oid relid, AttrNumber column) {
  PodVector<Dependent> found = {};
  AddDependents(RelationRelationId, relid, column, relid, &found);
  Oid row_type = column == 0 ? get_rel_type_id(relid) : InvalidOid;
  if (OidIsValid(row_type)) AddDependents(TypeRelationId, row_type, 0, relid, &found);
  return found;
}

}  // namespace pg_lineage
