// Installation, health, and who may do what.
#include "api/reader.h"
#include "edge/compat.h"
#include "edge/depend.h"
#include "queue/event.h"
#include "queue/pending.h"
#include "queue/rows.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

// True when something but ourselves depends on the schema, that is: lies in it.
bool SchemaHolds(Oid schema, Oid ourselves) {
  bool holds = false;
  ForEachDependent(NamespaceRelationId, schema, 0, [&](const FormData_pg_depend &row) {
    bool extension = row.classid == ExtensionRelationId;
    bool function = row.classid == ProcedureRelationId && row.objid == ourselves;
    holds = !extension && !function;
    return !holds;
  });
  return holds;
}

void CheckSchema(Oid ourselves) {
  Oid schema = get_namespace_oid(kSchema, false);
  HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for schema %u", schema);
  Oid owner = reinterpret_cast<Form_pg_namespace>(GETSTRUCT(tuple))->nspowner;
  ReleaseSysCache(tuple);
  if (owner != GetUserId())
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("schema \"%s\" exists and belongs to another role", kSchema),
                    errhint("Drop the schema, or let the installing role own it.")));
  if (SchemaHolds(schema, ourselves))
    ereport(ERROR, (errcode(ERRCODE_DUPLICATE_SCHEMA),
                    errmsg("schema \"%s\" exists and is not empty", kSchema),
                    errhint("Drop the schema or what is in it.")));
}

// Runs a statement made of a format with the quoted role in its %s.
void RunGrant(const char *format, const char *role) {
  StringInfoData sql;
  initStringInfo(&sql);
  const char *place = strstr(format, "%s");
  appendBinaryStringInfo(&sql, format, static_cast<int>(place - format));
  appendStringInfoString(&sql, role);
  appendStringInfoString(&sql, place + 2);
  if (SPI_execute(sql.data, false, 0) < 0) elog(ERROR, "could not run: %s", sql.data);
  pfree(sql.data);
}

const char *const kReaderGrants[] = {
    "GRANT USAGE ON SCHEMA lineage TO %s",
    "GRANT SELECT ON lineage.column_lineage, lineage.column_lineage_history, "
    "lineage.table_lineage, "
    "lineage.ddl_history, lineage.health TO %s",
    "GRANT EXECUTE ON FUNCTION lineage._edge_rows(), lineage._past_rows(), lineage._ddl_rows(), "
    "lineage._health(), "
    "lineage.pending(), lineage.upstream(regclass, text, integer), "
    "lineage.upstream(text, text, integer), lineage.downstream(regclass, text, integer), "
    "lineage.downstream(text, text, integer), lineage.path(regclass, regclass, text, text), "
    "lineage.path(text, text, text, text), lineage.impact(regclass, text), "
    "lineage.impact(text, text) TO %s",
};

const char *const kShipperGrants[] = {
    "GRANT SELECT ON lineage.queue, lineage._parked TO %s",
    "GRANT EXECUTE ON FUNCTION lineage._sink_register(text), lineage._feed(text, integer), "
    "lineage._ack(text, bigint[]), lineage._park(text, text, text, text, text), "
    "lineage._unpark(bigint[]), lineage._state_get(text), lineage._state_set(text, text, text), "
    "lineage._pair(text, text), lineage._retire(), lineage.snapshot(), "
    "lineage.snapshot_schema(name), "
    "lineage.snapshot_table(regclass) TO %s",
};

template <int N>
void RunGrants(const char *const (&grants)[N], Oid role) {
  const char *quoted = quote_identifier(GetUserNameFromId(role, false));
  if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
  for (const char *grant : grants) RunGrant(grant, quoted);
  SPI_finish();
}

}  // namespace

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_install_check);
Datum pg_lineage_install_check(PG_FUNCTION_ARGS) {
  CheckSchema(fcinfo->flinfo->fn_oid);
  if (!SharedReady())
    ereport(WARNING,
            (errmsg("pg_lineage is not loaded via shared_preload_libraries: nothing is captured"),
             errhint("Add pg_lineage to shared_preload_libraries in postgresql.conf and restart "
                     "the server.")));
  PG_RETURN_VOID();
}

// One row: every counter in the order of Health, then shared memory used, there, and its bytes.
PGL_SQL_FUNCTION(pg_lineage_health);
Datum pg_lineage_health(PG_FUNCTION_ARGS) {
  constexpr int kCounters = static_cast<int>(Health::kCount);
  RequireShared();
  TupleDesc desc;
  if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
      desc->natts != kCounters + 3)
    elog(ERROR, "pg_lineage: the SQL definition of _health() is not as installed");
  Datum values[kCounters + 3];
  bool nulls[kCounters + 3] = {};
  for (int i = 0; i < kCounters; i++)
    values[i] = Int64GetDatum(static_cast<int64>(HealthRead(static_cast<Health>(i))));
  int64 used, capacity, bytes;
  SharedUsage(&used, &capacity, &bytes);
  values[kCounters] = Int64GetDatum(used);
  values[kCounters + 1] = Int64GetDatum(capacity);
  values[kCounters + 2] = Int64GetDatum(bytes);
  PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

PGL_SQL_FUNCTION(pg_lineage_grant_reader);
Datum pg_lineage_grant_reader(PG_FUNCTION_ARGS) {
  RunGrants(kReaderGrants, PG_GETARG_OID(0));
  PG_RETURN_VOID();
}

PGL_SQL_FUNCTION(pg_lineage_grant_shipper);
Datum pg_lineage_grant_shipper(PG_FUNCTION_ARGS) {
  RunGrants(kReaderGrants, PG_GETARG_OID(0));
  RunGrants(kShipperGrants, PG_GETARG_OID(0));
  PG_RETURN_VOID();
}

}  // extern "C"

}  // namespace pg_lineage
