// What the catalog notes as depending on an object: the rows of pg_depend by what they refer to.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Calls `visit(const FormData_pg_depend &)` for each, until it returns false. `column` 0: what
// depends on the object or on any of its columns. Holds AccessShareLock on pg_depend meanwhile.
template <typename Visit>
void ForEachDependent(Oid class_id, Oid object, AttrNumber column, Visit visit) {
  Relation depend = table_open(DependRelationId, AccessShareLock);
  ScanKeyData keys[3];
  ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(class_id));
  ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(object));
  ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber, F_INT4EQ,
              Int32GetDatum(column));
  SysScanDesc scan =
      systable_beginscan(depend, DependReferenceIndexId, true, NULL, column == 0 ? 2 : 3, keys);
  HeapTuple tuple;
  bool more = true;
  while (more && HeapTupleIsValid(tuple = systable_getnext(scan)))
    more = visit(*reinterpret_cast<const FormData_pg_depend *>(GETSTRUCT(tuple)));
  systable_endscan(scan);
  table_close(depend, AccessShareLock);
}

}  // namespace pg_lineage
