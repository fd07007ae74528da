#include "queue/store.h"

#include "edge/compat.h"
#include "queue/store_indexes.h"

namespace pg_lineage {

bool store_known = false;
namespace {

struct TableForm {
  const char *name;
  int ncolumns;
  Oid types[kMaxStoreColumns];
};

// The columns of the installed version, as in extension/sql/10_store.sql.
const TableForm kForms[kStoreTables] = {
    {"_node",
     9,
     {INT8OID, OIDOID, CHAROID, TEXTOID, TEXTOID, TEXTARRAYOID, INT8OID, INT8OID, INT8OID}},
    {"_edge",
     18,
     {INT8OID, INT8OID, INT8OID, INT8OID, INT2OID, INT2OID, OIDOID, TEXTOID, TEXTARRAYOID, OIDOID,
      INT8OID, TIMESTAMPTZOID, XID8OID, NAMEOID, TEXTOID, INT2ARRAYOID, INT2ARRAYOID,
      INT2ARRAYOID}},
    {"_ddl",
     14,
     {INT8OID, TIMESTAMPTZOID, XID8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, TEXTOID,
      TEXTARRAYOID, NAMEOID, OIDOID, OIDOID, INT4OID}},
    {"queue", 7, {INT8OID, TIMESTAMPTZOID, XID8OID, TEXTOID, INT8OID, TEXTOID, TEXTOID}},
    {"_sink", 3, {INT8OID, TEXTOID, TIMESTAMPTZOID}},
    {"_taken", 3, {INT8OID, INT8OID, INT8OID}},
    {"_parked", 8, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID}},
    {"_state", 4, {INT8OID, TEXTOID, TEXTOID, TEXTOID}},
    {"_past", 24, {INT8OID,      INT8OID,        INT8OID,      INT8OID,        INT2OID,
                   INT2OID,      OIDOID,         TEXTOID,      TEXTARRAYOID,   OIDOID,
                   INT8OID,      TIMESTAMPTZOID, XID8OID,      NAMEOID,        TEXTOID,
                   TEXTARRAYOID, TEXTARRAYOID,   INT2ARRAYOID, TIMESTAMPTZOID, INT8OID,
                   INT8OID,      TIMESTAMPTZOID, XID8OID,      TEXTOID}},
    {"_doubt", 5, {INT8OID, OIDOID, OIDOID, TEXTOID, TIMESTAMPTZOID}},
};

// What is known of the store here; `checked` goes with every invalidation that may matter.
struct Presence {
  bool watching;
  bool checked;
  bool present;
  bool broken;     // the extension is there, its table is not (yet)
  uint32 changes;  // invalidations so far: one during the look-up must win
  Oid table;       // lineage._edge
  Oid file;
};
Presence presence;

// A table that was found to have its form, and its indexes; forgotten when one of them changes.
struct KnownTable {
  Oid table;  // InvalidOid: not known
  int nindexes;
  StoreIndex indexes[kMaxStoreIndexes];
};

struct KnownTables {
  KnownTable tables[kStoreTables];
  Oid lowest, highest;  // of all OIDs in it: most changes concern none of them
  uint32 changes;       // of any relation so far: one during a look must win
};
KnownTables known = {{}, OID_MAX, InvalidOid, 0};

void ForgetTables() {
  memset(known.tables, 0, sizeof(known.tables));
  known.lowest = OID_MAX;
  known.highest = InvalidOid;
}

// One of them seldom changes: all are looked at again.
void ForgetIfKnown(Oid relid) {
  if (relid < known.lowest || relid > known.highest) return;
  for (const KnownTable &table : known.tables) {
    bool concerned = OidIsValid(table.table) && table.table == relid;
    for (int i = 0; i < table.nindexes; i++) concerned |= table.indexes[i].oid == relid;
    if (!concerned) continue;
    ForgetTables();
    return;
  }
}

void Know(StoreId id, const KnownTable &table) {
  known.tables[static_cast<int>(id)] = table;
  known.lowest = Min(known.lowest, table.table);
  known.highest = Max(known.highest, table.table);
  for (int i = 0; i < table.nindexes; i++) {
    known.lowest = Min(known.lowest, table.indexes[i].oid);
    known.highest = Max(known.highest, table.indexes[i].oid);
  }
}

void OnRelationChange(Datum, Oid relid) {
  known.changes++;
  if (OidIsValid(relid))
    ForgetIfKnown(relid);
  else
    ForgetTables();
  if (!presence.present || !OidIsValid(relid) || relid == presence.table) {
    presence.checked = store_known = false;
    presence.changes++;
  }
}

void OnSchemaChange(Datum, int, uint32) {
  known.changes++;
  ForgetTables();
  presence.checked = store_known = false;
  presence.changes++;
}

Oid TableOid(StoreId id) {
  Oid schema = get_namespace_oid(kSchema, true);
  if (!OidIsValid(schema)) return InvalidOid;
  return get_relname_relid(kForms[static_cast<int>(id)].name, schema);
}

// Says once, until it is mended, that a table of ours was altered or dropped.
void LogShape(const char *name) {
  if (!NoteStoreShape(true)) return;
  ereport(LOG, (errmsg("pg_lineage: table \"%s.%s\" is not as installed, nothing is written to it",
                       kSchema, name),
                errhint("Undo what was altered, or DROP and CREATE EXTENSION pg_lineage.")));
}

// True when pg_class has the extension's table in our schema. Read from the catalog: what the
// caches say may be older than the extension that the caller has just seen.
bool InCatalog(Oid extension, const char *table) {
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(table));
  Relation classes = table_open(RelationRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(classes, ClassNameNspIndexId, true, NULL, 1, &key);
  bool found = false;
  for (HeapTuple tuple; !found && HeapTupleIsValid(tuple = systable_getnext(scan));) {
    Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    const char *schema = get_namespace_name(form->relnamespace);
    found = schema != NULL && strcmp(schema, kSchema) == 0 &&
            getExtensionOfObject(RelationRelationId, form->oid) == extension;
  }
  systable_endscan(scan);
  table_close(classes, AccessShareLock);
  return found;
}

// True when the extension is there without its table: somebody altered it. Not so while the
// extension comes or goes, also in this transaction: its own row goes last, and nothing tells so.
bool LostTable() {
  Oid extension = get_extension_oid("pg_lineage", true);
  return OidIsValid(extension) &&
         !InCatalog(extension, kForms[static_cast<int>(StoreId::kEdge)].name) &&
         extension == get_extension_oid("pg_lineage", true);
}

// True when lineage._edge is there and is a table of our extension, not of somebody's making.
bool FindStore(Oid *table, Oid *file) {
  presence.broken = false;
  if (!OidIsValid(get_namespace_oid(kSchema, true))) return false;
  *table = TableOid(StoreId::kEdge);
  if (!OidIsValid(*table)) {
    presence.broken = OidIsValid(get_extension_oid("pg_lineage", true));
    return false;
  }
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(*table));
  if (!HeapTupleIsValid(tuple)) return false;
  *file = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relfilenode;
  ReleaseSysCache(tuple);
  Oid owner = getExtensionOfObject(RelationRelationId, *table);
  return OidIsValid(owner) && owner == get_extension_oid("pg_lineage", true);
}

void CheckPresence() {
  if (!presence.watching) {
    CacheRegisterRelcacheCallback(OnRelationChange, (Datum)0);
    CacheRegisterSyscacheCallback(NAMESPACEOID, OnSchemaChange, (Datum)0);
    presence.watching = true;
  }
  uint32 changes = presence.changes;
  presence.present = FindStore(&presence.table, &presence.file);
  presence.checked = changes == presence.changes;
  store_known = presence.checked && presence.present;
}

// True when the table has exactly the columns we write; behind them some that were dropped, for
// which there is room where rows are read.
bool HasForm(Relation relation, const TableForm &form) {
  TupleDesc desc = RelationGetDescr(relation);
  if (desc->natts > form.ncolumns + kMaxStoreColumns) return false;
  if (relation->rd_rel->relkind != RELKIND_RELATION || desc->natts < form.ncolumns) return false;
  if (relation->rd_rel->relam != HEAP_TABLE_AM_OID) return false;
  for (int i = 0; i < desc->natts; i++) {
    Form_pg_attribute att = TupleDescAttr(desc, i);
    if (i >= form.ncolumns && att->attisdropped) continue;
    if (i >= form.ncolumns) return false;
    if (att->attisdropped || att->atttypid != form.types[i] || att->attgenerated != '\0')
      return false;
  }
  return true;
}

// Which indexes a table has.
bool ListIndexes(Relation relation, KnownTable *form) {
  List *oids = RelationGetIndexList(relation);
  ListCell *cell;
  if (list_length(oids) > kMaxStoreIndexes) return false;
  foreach (cell, oids) form->indexes[form->nindexes++].oid = lfirst_oid(cell);
  list_free(oids);
  return true;
}

// Opens all indexes; looks at each unless its form is known.
StoreRefusal OpenIndexes(StoreTable *table, KnownTable *form, bool look, bool wait) {
  for (int i = 0; i < form->nindexes; i++) {
    StoreIndex *known = &form->indexes[i];
    if (!LockStoreRelation(known->oid, table->mode, wait)) return StoreRefusal::kLocked;
    table->indexes[i] = index_open(known->oid, NoLock);
    if (look && !NoteIndexForm(table->indexes[i], known)) return StoreRefusal::kShape;
  }
  return StoreRefusal::kNone;
}

// The slot for rows to be written, which lives as long as the table is open.
TupleTableSlot *SlotOf(StoreTable *table) {
  if (table->slot != NULL) return table->slot;
  MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(table));
  table->slot = table_slot_create(table->relation, NULL);
  MemoryContextSwitchTo(caller);
  return table->slot;
}

// Opens a table, with `all` its indexes too.
StoreTable *OpenTable(StoreId id, LOCKMODE mode, bool wait, bool all, StoreRefusal *why) {
  const TableForm &wanted = kForms[static_cast<int>(id)];
  KnownTable &remembered = known.tables[static_cast<int>(id)];
  *why = StoreRefusal::kAbsent;
  if (!StorePresent()) return NULL;
  Oid oid = OidIsValid(remembered.table) ? remembered.table : TableOid(id);
  if (!OidIsValid(oid)) return NULL;
  *why = StoreRefusal::kLocked;
  if (!LockStoreRelation(oid, mode, wait)) return NULL;
  *why = StoreRefusal::kAbsent;
  const bool look = remembered.table != oid;  // what was known may be forgotten by now
  Relation relation = look ? try_relation_open(oid, NoLock) : relation_open(oid, NoLock);
  if (relation == NULL) return NULL;
  StoreTable *table = static_cast<StoreTable *>(palloc0(sizeof(StoreTable)));
  table->relation = relation;
  table->mode = mode;
  KnownTable form = remembered;
  const uint32 changes = known.changes;
  if (look) form = KnownTable{oid, 0, {}};
  *why = look ? StoreRefusal::kShape : StoreRefusal::kNone;
  if (look && HasForm(relation, wanted) && ListIndexes(relation, &form)) *why = StoreRefusal::kNone;
  table->nindexes = form.nindexes;
  if (*why == StoreRefusal::kNone && (look || all)) *why = OpenIndexes(table, &form, look, wait);
  if (*why == StoreRefusal::kShape) LogShape(wanted.name);
  if (*why == StoreRefusal::kNone) {
    if (look && changes == known.changes) Know(id, form);
    if (id == StoreId::kEdge) NoteStoreShape(false);
    memcpy(table->known, form.indexes, sizeof(form.indexes[0]) * form.nindexes);
    table->ncolumns = wanted.ncolumns;
    table->plain.type = T_IndexInfo;
    return table;
  }
  StoreClose(table);
  return NULL;
}

}  // namespace

bool LookForStore() {
  if (!presence.checked) CheckPresence();
  return presence.present;
}

bool StoreMarkNow(StoreMark *mark) {
  if (!StorePresent()) {
    if (presence.broken && LostTable()) LogShape(kForms[static_cast<int>(StoreId::kEdge)].name);
    return false;
  }
  *mark = StoreMark{presence.table, presence.file, Generation()};
  return true;
}

int64 DatabaseStamp() {
  struct {
    uint64 cluster;
    uint64 database;
  } both = {GetSystemIdentifier(), MyDatabaseId};
  return static_cast<int64>(
      hash_bytes_extended(reinterpret_cast<unsigned char *>(&both), sizeof(both), 0));
}

StoreTable *StoreOpen(StoreId id, LOCKMODE mode, bool wait, StoreRefusal *why) {
  return OpenTable(id, mode, wait, true, why);
}

StoreTable *StoreOpenLazily(StoreId id, LOCKMODE mode, StoreRefusal *why) {
  return OpenTable(id, mode, false, false, why);
}

void StoreClose(StoreTable *table) { StoreCloseUnlock(table, NoLock); }

void StoreCloseUnlock(StoreTable *table, LOCKMODE mode) {
  if (table->slot != NULL) ExecDropSingleTupleTableSlot(table->slot);
  for (int i = 0; i < table->nindexes; i++)
    if (table->indexes[i] != NULL) index_close(table->indexes[i], mode);
  relation_close(table->relation, mode);
  pfree(table);
}

void StoreInsert(StoreTable *table, Datum *values, bool *nulls) {
  TupleTableSlot *slot = SlotOf(table);
  ExecClearTuple(slot);
  memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);  // dropped columns
  memcpy(slot->tts_values, values, sizeof(Datum) * table->ncolumns);
  memcpy(slot->tts_isnull, nulls, sizeof(bool) * table->ncolumns);
  ExecStoreVirtualTuple(slot);
  table->written = GetCurrentCommandId(true);
  // Not logical: a subscriber to ALL TABLES has no such table and would stop at the first row.
  table_tuple_insert(table->relation, slot, table->written, TABLE_INSERT_NO_LOGICAL, NULL);
  for (int i = 0; i < table->nindexes; i++) StoreInsertIndex(table, i, values, nulls);
}

bool StoreDelete(StoreTable *table, ItemPointer tid, bool wait) {
  // SnapshotSelf has shown the rows of the running command, too: those the heap would not delete.
  if (table->written == GetCurrentCommandId(true)) CommandCounterIncrement();
  if (wait) {
    simple_heap_delete(table->relation, tid);
    return true;
  }
  TM_FailureData failure;
  return table_tuple_delete(table->relation, tid, GetCurrentCommandId(true), SnapshotSelf,
                            InvalidSnapshot, false, &failure, false) == TM_Ok;
}

int64 StoreHighestId(StoreTable *table) {
  int64 highest = 0;
  for (int i = 0; i < table->nindexes; i++) {
    Relation index = StoreIndexOf(table, i);
    if (!index->rd_index->indisprimary) continue;
    SysScanDesc scan = systable_beginscan_ordered(table->relation, index, SnapshotSelf, 0, NULL);
    HeapTuple tuple = systable_getnext_ordered(scan, BackwardScanDirection);
    bool null;
    if (HeapTupleIsValid(tuple))
      highest = DatumGetInt64(heap_getattr(tuple, 1, RelationGetDescr(table->relation), &null));
    systable_endscan_ordered(scan);
  }
  return highest;
}

SysScanDesc StoreScan(StoreTable *table, Snapshot snapshot, ScanKeyData *keys, int nkeys) {
  SysScanDesc scan = static_cast<SysScanDesc>(palloc0(sizeof(SysScanDescData)));
  scan->heap_rel = table->relation;
  scan->slot = table_slot_create(table->relation, NULL);
  scan->irel = StoreIndexFor(table, keys, nkeys);
  if (scan->irel == NULL) {
    scan->scan = table_beginscan_strat(table->relation, snapshot, nkeys, keys, true, false);
    return scan;
  }
  ScanKeyData of_index[INDEX_MAX_KEYS];
  for (int k = 0; k < nkeys; k++) {
    of_index[k] = keys[k];
    of_index[k].sk_attno = static_cast<AttrNumber>(k + 1);
  }
  scan->iscan = compat::BeginIndexScan(table->relation, scan->irel, snapshot, nkeys);
  index_rescan(scan->iscan, of_index, nkeys, NULL, 0);
  return scan;
}

void StoreEndScan(SysScanDesc scan) {
  ExecDropSingleTupleTableSlot(scan->slot);
  if (scan->iscan != NULL)
    index_endscan(scan->iscan);
  else
    table_endscan(scan->scan);
  pfree(scan);
}

Snapshot StoreReadSnapshot() {
  return IsolationIsSerializable() ? SnapshotSelf : GetActiveSnapshot();
}

}  // namespace pg_lineage
