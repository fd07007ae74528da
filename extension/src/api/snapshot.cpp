// lineage.snapshot() and kin: asks the shipper to read relations again, one feed row for each, and
// reads anew the lineage of definitions and of routines' bodies. Runs under the search_path of the
// session, in which bodies are read; nothing here looks up a name by it.
#include "api/reader.h"
#include "api/retire.h"
#include "edge/compat.h"
#include "edge/guc.h"
#include "lineage/declared.h"
#include "capture/call_stack.h"
#include "queue/pending.h"
#include "queue/rows.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// Relations that are objects of a catalog, of one schema or of all (InvalidOid). A partition is
// told by its root.
bool IsObject(const FormData_pg_class *form, Oid schema) {
  if (OidIsValid(schema) && form->relnamespace != schema) return false;
  bool kind = strchr("rpvmf", form->relkind) != NULL && form->relkind != '\0';
  if (!kind || form->relispartition || form->relpersistence == RELPERSISTENCE_TEMP) return false;
  if (IsCatalogNamespace(form->relnamespace) || form->oid < FirstNormalObjectId) return false;
  if (form->relnamespace == get_namespace_oid(kSchema, true)) return false;
  return !IgnoredSchema(form->relnamespace) && !isAnyTempNamespace(form->relnamespace);
}

// Routines whose bodies may be read, of one schema or of all.
bool IsRoutine(const FormData_pg_proc *form, Oid schema) {
  if (OidIsValid(schema) && form->pronamespace != schema) return false;
  return form->oid >= FirstNormalObjectId && !IsCatalogNamespace(form->pronamespace);
}

// The OIDs of a catalog's rows that are `wanted`, in order.
template <typename Form>
List *ListOf(Oid catalog, bool (*wanted)(const Form *, Oid), Oid schema) {
  List *oids = NIL;
  Relation relation = table_open(catalog, AccessShareLock);
  SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    const Form *form = reinterpret_cast<Form *>(GETSTRUCT(tuple));
    if (wanted(form, schema)) oids = lappend_oid(oids, form->oid);
  }
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
  list_sort(oids, list_oid_cmp);
  return oids;
}

List *Objects(Oid schema) { return ListOf(RelationRelationId, IsObject, schema); }

List *Routines(Oid schema) { return ListOf(ProcedureRelationId, IsRoutine, schema); }

// The functions that a relation's triggers call.
List *TriggerFunctions(Oid relid) {
  List *functions = NIL;
  Relation relation = try_relation_open(relid, AccessShareLock);
  if (relation == NULL) return NIL;
  TriggerDesc *triggers = relation->trigdesc;
  for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++) {
    if (!triggers->triggers[i].tgisinternal)
      functions = list_append_unique_oid(functions, triggers->triggers[i].tgfoid);
  }
  relation_close(relation, AccessShareLock);
  return functions;
}

// One feed row per relation; the number of rows. Definitions and bodies are read anew.
int64 AskFor(List *relids, List *routines) {
  int64 rows = 0;
  DeclareMany();
  StoreTable *queue = OpenForFunction(StoreId::kQueue, RowExclusiveLock);
  ListCell *cell;
  foreach (cell, relids) {
    CHECK_FOR_INTERRUPTS();
    Oid relid = lfirst_oid(cell);
    const char *name = RenderRelation(relid);
    if (name == NULL) continue;  // dropped just now
    FeedRow(queue, "snapshot", 0, name, "table");
    rows++;
    DeclareRelationAgain(relid);
  }
  foreach (cell, routines) {
    CHECK_FOR_INTERRUPTS();
    (void)DeclareRoutine(lfirst_oid(cell));
  }
  StoreClose(queue);
  if (rows > 0) PendingFeedChange(rows);
  return rows;
}

}  // namespace

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_snapshot);
Datum pg_lineage_snapshot(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  RequireShared();
  EndWhatIsGone();
  (void)RetireWhatIsUnseen();
  PG_RETURN_INT64(AskFor(Objects(InvalidOid), Routines(InvalidOid)));
}

PGL_SQL_FUNCTION(pg_lineage_snapshot_schema);
Datum pg_lineage_snapshot_schema(PG_FUNCTION_ARGS) {
  RequireShared();
  Oid schema = get_namespace_oid(NameStr(*PG_GETARG_NAME(0)), false);
  PG_RETURN_INT64(AskFor(Objects(schema), Routines(schema)));
}

PGL_SQL_FUNCTION(pg_lineage_snapshot_table);
Datum pg_lineage_snapshot_table(PG_FUNCTION_ARGS) {
  RequireShared();
  Oid relid = PG_GETARG_OID(0);
  PG_RETURN_INT64(AskFor(list_make1_oid(relid), TriggerFunctions(relid)));
}

}  // extern "C"

}  // namespace pg_lineage
