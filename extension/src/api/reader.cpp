#include "api/reader.h"

#include <initializer_list>

#include "capture/call_stack.h"
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/event.h"
#include "queue/node_rows.h"
#include "queue/shared.h"
#include "queue/stored_edges.h"

namespace pg_lineage {
namespace {

const char *const kOperations[] = {
    "INSERT",  "UPDATE",          "MERGE",       "COPY FROM",
    "COPY TO", "CREATE TABLE AS", "CREATE VIEW", "CREATE MATERIALIZED VIEW",
    "REFRESH", "TRIGGER",         "GENERATED"};

struct SeenFact {
  uint64 event;
  uint64 source;
  uint64 pairs;  // what a definition says again comes back as a row of its own
};

uint64 HashText(const char *text) {
  return hash_bytes_extended(reinterpret_cast<const unsigned char *>(text),
                             static_cast<int>(strlen(text)), 0);
}

const char *QualifiedName(const char *schema, const char *name) {
  // Two calls: quote_identifier may give its argument back, or one fresh copy each.
  const char *quoted = quote_identifier(schema);
  return psprintf("%s.%s", quoted, quote_identifier(name));
}

// Names by the catalog, for a relation that lives in this database.
void NameLiving(NodeView *view, Oid relid) {
  view->relid = relid;
  view->name = RenderRelation(relid);
  view->kind = get_rel_relkind(relid);
}

// Names as stored.
void NameStored(NodeView *view, Datum *values) {
  const char *schema = TextDatumGetCString(values[kNodeSchema - 1]);
  const char *name = TextDatumGetCString(values[kNodeName - 1]);
  view->name = schema[0] == '\0' ? name : QualifiedName(schema, name);
  Datum *items;
  bool *nulls;
  deconstruct_array(DatumGetArrayTypeP(values[kNodeColumns - 1]), TEXTOID, -1, false, TYPALIGN_INT,
                    &items, &nulls, &view->ncolumns);
  view->columns = static_cast<const char **>(palloc0(sizeof(char *) * Max(view->ncolumns, 1)));
  for (int i = 0; i < view->ncolumns; i++)
    if (!nulls[i]) view->columns[i] = TextDatumGetCString(items[i]);
}

void FillNode(FactReader *reader, NodeView *view, HeapTuple tuple) {
  Datum values[kNodeNatts + kMaxStoreColumns];
  bool nulls[kNodeNatts + kMaxStoreColumns];
  heap_deform_tuple(tuple, RelationGetDescr(reader->node->relation), values, nulls);
  Oid relid = DatumGetObjectId(values[kNodeRelid - 1]);
  bool here = DatumGetInt64(values[kNodeDatabase - 1]) == reader->stamp && OidIsValid(relid) &&
              SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid));
  view->found = true;
  view->kind = DatumGetChar(values[kNodeKind - 1]);
  if (here)
    NameLiving(view, relid);
  else
    NameStored(view, values);
  view->visible =
      reader->all || (here && pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK);
}

// A copy of an array of numbers.
const int16 *Numbers(Datum array, int *n) {
  ArrayType *numbers = DatumGetArrayTypePCopy(array);
  *n = ArrayGetNItems(ARR_NDIM(numbers), ARR_DIMS(numbers));
  return reinterpret_cast<const int16 *>(ARR_DATA_PTR(numbers));
}

// The call path with a routine's stored name replaced by what it is called now.
ArrayType *PathNow(ArrayType *path, const char *stored, const char *now) {
  Datum *frames;
  int n;
  deconstruct_array(path, TEXTOID, -1, false, TYPALIGN_INT, &frames, NULL, &n);
  for (int i = 0; i < n; i++)
    if (strcmp(TextDatumGetCString(frames[i]), stored) == 0) frames[i] = CStringGetTextDatum(now);
  return construct_array(frames, n, TEXTOID, -1, false, TYPALIGN_INT);
}

void FillCounters(Fact *fact) {
  EventCounters counters;
  fact->last_seen = fact->first_seen;
  fact->executions = 1;  // it is stored, so it happened; counters may be gone with a crash
  fact->rows_unknown = true;
  if (!SharedEventRead(fact->key, &counters)) return;
  fact->executions = counters.executions;
  fact->rows = counters.rows;
  fact->rows_unknown = counters.rows_unknown;
  fact->last_seen = Max(fact->first_seen, counters.last_seen);
}

// Fills a fact from a row; false when it may not be seen or its nodes are gone.
bool FillInRowContext(FactReader *reader, HeapTuple tuple, Fact *fact) {
  Datum values[kEdgeNatts + kMaxStoreColumns];
  bool nulls[kEdgeNatts + kMaxStoreColumns];
  *fact = {};
  heap_deform_tuple(tuple, RelationGetDescr(reader->edge->relation), values, nulls);
  fact->source = NodeById(reader, DatumGetInt64(values[kEdgeSource - 1]));
  fact->target = NodeById(reader, DatumGetInt64(values[kEdgeTarget - 1]));
  if (!fact->source->visible || !fact->target->visible) return false;
  fact->id = DatumGetInt64(values[kEdgeId - 1]);
  fact->key = static_cast<uint64>(DatumGetInt64(values[kEdgeKey - 1]));
  fact->operation = DatumGetInt16(values[kEdgeOperation - 1]);
  fact->origin = DatumGetInt16(values[kEdgeOrigin - 1]);
  FillRoutine(reader, values, nulls, fact);
  fact->first_seen = DatumGetTimestampTz(values[kEdgeFirstSeen - 1]);
  const char *username = NameStr(*DatumGetName(values[kEdgeUsername - 1]));
  const char *reader_name = GetUserNameFromId(GetUserId(), true);
  bool own = reader_name != NULL && strcmp(username, reader_name) == 0;
  if (!nulls[kEdgeQuery - 1] && (reader->all || own))
    fact->query = TextDatumGetCString(values[kEdgeQuery - 1]);
  int counts[3];
  fact->source_columns = Numbers(values[kEdgeSourceColumns - 1], &counts[0]);
  fact->target_columns = Numbers(values[kEdgeTargetColumns - 1], &counts[1]);
  fact->kinds = Numbers(values[kEdgeKinds - 1], &counts[2]);
  fact->npairs = Min(counts[0], Min(counts[1], counts[2]));
  FillCounters(fact);
  return true;
}

bool FillFact(FactReader *reader, HeapTuple tuple, Fact *fact) {
  MemoryContextReset(reader->row_context);
  MemoryContext caller = MemoryContextSwitchTo(reader->row_context);
  bool shown = FillInRowContext(reader, tuple, fact);
  MemoryContextSwitchTo(caller);
  return shown;
}

uint64 PairsHash(const Fact &fact) {
  uint64 hash = static_cast<uint64>(fact.npairs);
  for (const int16 *numbers : {fact.source_columns, fact.target_columns, fact.kinds})
    hash =
        hash_combine64(hash, hash_bytes_extended(reinterpret_cast<const unsigned char *>(numbers),
                                                 static_cast<int>(sizeof(int16)) * fact.npairs, 0));
  return hash;
}

// True the first time this fact is met.
bool FirstSight(FactReader *reader, const Fact &fact) {
  SeenFact key = {fact.key, HashText(fact.source->name), PairsHash(fact)};
  bool found;
  hash_search(reader->seen, &key, HASH_ENTER, &found);
  return !found;
}

FactReader *MakeReader(StoreTable *node, StoreTable *edge) {
  FactReader *reader = static_cast<FactReader *>(palloc0(sizeof(FactReader)));
  reader->node = node;
  reader->edge = edge;
  reader->snapshot = ActiveSnapshotSet() ? StoreReadSnapshot() : SnapshotSelf;
  reader->nodes = MakeTable(&NodeView::id, "pg_lineage node views", 256, CurrentMemoryContext);
  reader->seen = MakeSet<SeenFact>("pg_lineage seen facts", 256, CurrentMemoryContext);
  reader->stamp = DatabaseStamp();
  reader->all = MaySeeAll();
  reader->context = CurrentMemoryContext;
  reader->row_context =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage fact", ALLOCSET_DEFAULT_SIZES);
  return reader;
}

}  // namespace

void RequireShared() {
  if (SharedReady()) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("pg_lineage must be loaded via shared_preload_libraries"),
                  errhint("Add pg_lineage to shared_preload_libraries in postgresql.conf and "
                          "restart the server.")));
}

bool MaySeeAll() {
  Oid user = GetUserId();
  if (superuser_arg(user) || has_privs_of_role(user, ROLE_PG_READ_ALL_STATS)) return true;
  Oid schema = get_namespace_oid(kSchema, true);
  Oid arguments[2] = {TEXTOID, INT4OID};
  Oid feed =
      GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("_feed"),
                      PointerGetDatum(buildoidvector(arguments, 2)), ObjectIdGetDatum(schema));
  return OidIsValid(feed) && compat::MayExecute(feed, user);
}

StoreTable *OpenForFunction(StoreId id, LOCKMODE mode) {
  StoreRefusal why;
  StoreTable *table = StoreOpen(id, mode, true, &why);
  if (mode >= RowExclusiveLock)
    PreventCommandIfReadOnly("a function of schema lineage that writes");
  // What an earlier call of the same statement wrote may be deleted by this one.
  if (mode >= RowExclusiveLock) CommandCounterIncrement();
  if (table == NULL)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the tables of pg_lineage are not as installed"),
                    errhint("DROP and CREATE EXTENSION pg_lineage.")));
  return table;
}

FactReader *OpenFacts() {
  StoreTable *node = OpenForFunction(StoreId::kNode, AccessShareLock);
  return MakeReader(node, OpenForFunction(StoreId::kEdge, AccessShareLock));
}

FactReader *TryOpenFacts() {
  StoreRefusal why;
  StoreTable *node = StoreOpen(StoreId::kNode, AccessShareLock, false, &why);
  if (node == NULL) return NULL;
  StoreTable *edge = StoreOpen(StoreId::kEdge, AccessShareLock, false, &why);
  if (edge != NULL) return MakeReader(node, edge);
  StoreCloseUnlock(node, AccessShareLock);
  return NULL;
}

void CloseTriedFacts(FactReader *reader) {
  StoreCloseUnlock(reader->edge, AccessShareLock);
  StoreCloseUnlock(reader->node, AccessShareLock);
  MemoryContextDelete(reader->row_context);
}

void CloseFacts(FactReader *reader) {
  if (reader->scan != NULL) StoreEndScan(reader->scan);
  StoreClose(reader->edge);
  StoreClose(reader->node);
  MemoryContextDelete(reader->row_context);
}

bool NextFact(FactReader *reader, Fact *fact) {
  if (reader->scan == NULL) reader->scan = StoreScan(reader->edge, reader->snapshot, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(reader->scan))) {
    CHECK_FOR_INTERRUPTS();
    if (FillFact(reader, tuple, fact) && FirstSight(reader, *fact)) return true;
  }
  return false;
}

bool FactById(FactReader *reader, int64 id, Fact *fact) {
  ScanKeyData key;
  StoreKey(&key, kEdgeId, F_INT8EQ, Int64GetDatum(id));
  SysScanDesc scan = StoreScan(reader->edge, reader->snapshot, &key, 1);
  HeapTuple tuple = systable_getnext(scan);
  bool found = HeapTupleIsValid(tuple) && FillFact(reader, tuple, fact);
  StoreEndScan(scan);
  return found;
}

NodeView *NodeById(FactReader *reader, int64 id) {
  bool found;
  NodeView *view = static_cast<NodeView *>(hash_search(reader->nodes, &id, HASH_ENTER, &found));
  if (found) return view;
  *view = NodeView{id, false, false, 0, InvalidOid, NULL, NULL, 0};
  MemoryContext caller = MemoryContextSwitchTo(reader->context);  // it outlives the row
  ScanKeyData key;
  StoreKey(&key, kNodeId, F_INT8EQ, Int64GetDatum(id));
  SysScanDesc scan = StoreScan(reader->node, reader->snapshot, &key, 1);
  HeapTuple tuple = systable_getnext(scan);
  if (HeapTupleIsValid(tuple)) FillNode(reader, view, tuple);
  StoreEndScan(scan);
  MemoryContextSwitchTo(caller);
  return view;
}

void FillRoutine(FactReader *reader, Datum *values, bool *nulls, Fact *fact) {
  fact->call_path = DatumGetArrayTypePCopy(values[kEdgeCallPath - 1]);
  if (nulls[kEdgeRoutine - 1]) return;
  const char *stored = TextDatumGetCString(values[kEdgeRoutine - 1]);
  Oid oid = DatumGetObjectId(values[kEdgeRoutineOid - 1]);
  bool here = OidIsValid(oid) && DatumGetInt64(values[kEdgeDatabase - 1]) == reader->stamp;
  const char *now = here ? RenderRoutine(oid) : NULL;
  fact->routine = now == NULL ? stored : now;
  if (strcmp(fact->routine, stored) != 0)
    fact->call_path = PathNow(fact->call_path, stored, fact->routine);
}

const char *ColumnName(const NodeView *node, int16 column) {
  if (column <= 0) return NULL;
  if (OidIsValid(node->relid)) {
    HeapTuple tuple = SearchSysCacheAttNum(node->relid, column);  // none when dropped
    if (!HeapTupleIsValid(tuple)) return NULL;
    const char *name =
        pstrdup(NameStr(reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple))->attname));
    ReleaseSysCache(tuple);
    return name;
  }
  return column <= node->ncolumns ? node->columns[column - 1] : NULL;
}

const char *OperationName(int16 operation) {
  bool known = operation >= 0 && operation < static_cast<int16>(lengthof(kOperations));
  return known ? kOperations[operation] : "UNKNOWN";
}

const char *SubtypeName(uint8 kind) {
  switch (kind & kKindMask) {
    case kIdentity:
      return "IDENTITY";
    case kTransformation:
      return "TRANSFORMATION";
    case kAggregation:
      return "AGGREGATION";
    case kJoin:
      return "JOIN";
    case kFilter:
      return "FILTER";
    case kGroupBy:
      return "GROUP_BY";
    case kSort:
      return "SORT";
    case kConditional:
      return "CONDITIONAL";
    case kWindow:
      return "WINDOW";
    default:
      return NULL;
  }
}

const char *OriginName(int16 origin) {
  return origin == static_cast<int16>(Origin::kDeclared) ? "declared" : "observed";
}

}  // namespace pg_lineage
