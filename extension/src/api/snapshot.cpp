// lineage.snapshot() and kin: asks the shipper to read objects again, one feed row per object, and
// reads the lineage of their definitions anew.
#include "api/reader.h"
#include "edge/compat.h"
#include "edge/guc.h"
#include "lineage/declared.h"
#include "capture/call_stack.h"
#include "queue/pending.h"
#include "queue/rows.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// Relations that are objects of a catalog. A partition is told by its root.
bool IsObject(Form_pg_class form) {
  bool kind = strchr("rpvmf", form->relkind) != NULL && form->relkind != '\0';
  if (!kind || form->relispartition || form->relpersistence == RELPERSISTENCE_TEMP) return false;
  if (IsCatalogNamespace(form->relnamespace) || form->oid < FirstNormalObjectId) return false;
  if (form->relnamespace == get_namespace_oid(kSchema, true)) return false;
  return !IgnoredSchema(form->relnamespace) && !isAnyTempNamespace(form->relnamespace);
}

// The relations of a schema, or of all of them (InvalidOid).
List *Objects(Oid schema) {
  List *relids = NIL;
  Relation classes = table_open(RelationRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(classes, InvalidOid, false, NULL, 0, NULL);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    if (OidIsValid(schema) && form->relnamespace != schema) continue;
    if (IsObject(form)) relids = lappend_oid(relids, form->oid);
  }
  systable_endscan(scan);
  table_close(classes, AccessShareLock);
  list_sort(relids, list_oid_cmp);
  return relids;
}

// Reads one definition in a subtransaction: what cannot be analysed is counted, and stops nothing.
void Declare(Oid relid) {
  MemoryContext caller = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  BeginInternalSubTransaction(NULL);
  MemoryContextSwitchTo(caller);
  PG_TRY();
  {
    DeclareRelation(relid);
    ReleaseCurrentSubTransaction();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    ErrorData *error = CopyErrorData();
    FlushErrorState();
    RollbackAndReleaseCurrentSubTransaction();
    if (error->sqlerrcode == ERRCODE_QUERY_CANCELED) ReThrowError(error);
    HealthCount(Health::kDegradedUnanalysed);
    FreeErrorData(error);
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  CurrentResourceOwner = owner;
}

// One feed row per relation; the number of rows.
int64 AskFor(List *relids) {
  int64 rows = 0;
  StoreTable *queue = OpenForFunction(StoreId::kQueue, RowExclusiveLock);
  ListCell *cell;
  foreach (cell, relids) {
    CHECK_FOR_INTERRUPTS();
    Oid relid = lfirst_oid(cell);
    const char *name = RenderRelation(relid);
    if (name == NULL) continue;  // dropped just now
    FeedRow(queue, "snapshot", 0, name, "table");
    rows++;
    Declare(relid);
  }
  StoreClose(queue);
  if (rows > 0) PendingFeedChange(rows);
  return rows;
}

}  // namespace

extern "C" {

PG_FUNCTION_INFO_V1(pg_lineage_snapshot);
Datum pg_lineage_snapshot(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  RequireShared();
  PG_RETURN_INT64(AskFor(Objects(InvalidOid)));
}

PG_FUNCTION_INFO_V1(pg_lineage_snapshot_schema);
Datum pg_lineage_snapshot_schema(PG_FUNCTION_ARGS) {
  RequireShared();
  Oid schema = get_namespace_oid(NameStr(*PG_GETARG_NAME(0)), false);
  PG_RETURN_INT64(AskFor(Objects(schema)));
}

PG_FUNCTION_INFO_V1(pg_lineage_snapshot_table);
Datum pg_lineage_snapshot_table(PG_FUNCTION_ARGS) {
  RequireShared();
  PG_RETURN_INT64(AskFor(list_make1_oid(PG_GETARG_OID(0))));
}

}  // extern "C"

}  // namespace pg_lineage
