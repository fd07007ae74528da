#include "queue/node_names.h"

#include "edge/compat.h"
#include "edge/hash_table.h"

namespace pg_lineage {
namespace {

HTAB *names_cache = NULL;
MemoryContext names_context = NULL;
uint32 all_changed = 0;  // rises when any relation may have changed, or a schema has
uint32 one_changed = 0;  // rises when one has

// Invalidations come with every change of a relation's own rows in pg_class and pg_attribute.
void OnRelationChange(Datum, Oid relid) {
  one_changed++;
  if (!OidIsValid(relid)) all_changed++;
  if (!OidIsValid(relid) || names_cache == NULL) return;
  NodeNames *known = static_cast<NodeNames *>(hash_search(names_cache, &relid, HASH_FIND, NULL));
  if (known != NULL) known->stale = true;
}

void OnSchemaChange(Datum, int, uint32) { all_changed++; }

void WatchChanges() {
  static bool watching = false;
  if (watching) return;
  CacheRegisterRelcacheCallback(OnRelationChange, (Datum)0);
  CacheRegisterSyscacheCallback(NAMESPACEOID, OnSchemaChange, (Datum)0);
  watching = true;
}

void BeginCache() {
  WatchChanges();
  if (names_context == NULL)
    names_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage names", ALLOCSET_DEFAULT_SIZES);
  names_cache = MakeTable(&NodeNames::relid, "pg_lineage names", 64, names_context);
}

void SetColumn(NodeNames *names, const FormData_pg_attribute *att) {
  if (!att->attisdropped && att->attnum > 0 && att->attnum <= names->natts)
    names->columns[att->attnum - 1] = MemoryContextStrdup(names_context, NameStr(att->attname));
}

// Takes the column names from the relation cache: the statement has mostly just used the relation.
// False when somebody else has it locked, so that it may change under us.
bool CopyColumns(NodeNames *names) {
  if (!ConditionalLockRelationOid(names->relid, AccessShareLock)) return false;
  Relation relation = RelationIdGetRelation(names->relid);
  bool found = relation != NULL;
  if (found) {
    TupleDesc desc = RelationGetDescr(relation);
    for (int i = 0; i < desc->natts; i++) SetColumn(names, TupleDescAttr(desc, i));
    RelationClose(relation);
  }
  UnlockRelationOid(names->relid, AccessShareLock);
  return found;
}

// Reads the column names, all by one scan: the syscache would scan for each.
void ReadColumns(NodeNames *names) {
  names->columns = static_cast<const char **>(
      MemoryContextAllocZero(names_context, sizeof(char *) * Max(names->natts, 1)));
  if (CopyColumns(names)) return;
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(names->relid));
  ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber, F_INT2GT,
              Int16GetDatum(0));
  Relation attributes = table_open(AttributeRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(attributes, AttributeRelidNumIndexId, true, NULL, 2, keys);
  for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));)
    SetColumn(names, reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple)));
  systable_endscan(scan);
  table_close(attributes, AccessShareLock);
}

// Reads everything from the catalog into a zeroed NodeNames.
bool ReadNames(Oid relid, NodeNames *names) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return false;
  Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
  char *schema = get_namespace_name(form->relnamespace);
  names->relid = relid;
  names->relkind = form->relkind;
  names->natts = form->relnatts;
  names->name = MemoryContextStrdup(names_context, NameStr(form->relname));
  names->schema = MemoryContextStrdup(names_context, schema == NULL ? "" : schema);
  ReleaseSysCache(tuple);
  ReadColumns(names);
  return true;
}

// True when the relation has other columns than remembered.
bool HasGrown(const NodeNames *names) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(names->relid));
  if (!HeapTupleIsValid(tuple)) return false;
  bool grown = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relnatts != names->natts;
  ReleaseSysCache(tuple);
  return grown;
}

}  // namespace

void NodeNamesReset() {
  names_cache = NULL;
  if (names_context != NULL) MemoryContextReset(names_context);
}

bool NamesHold(const NodeNames *names) { return !names->stale && names->read_at == all_changed; }

const NodeNames *NodeNamesOf(Oid relid, bool fresh) {
  if (names_cache == NULL) BeginCache();
  NodeNames *known = static_cast<NodeNames *>(hash_search(names_cache, &relid, HASH_FIND, NULL));
  bool current = known != NULL && NamesHold(known);
  if (current || (known != NULL && !fresh && !HasGrown(known))) return known;
  NodeNames read = {};
  read.read_at = all_changed;
  uint32 changes = one_changed;
  if (!ReadNames(relid, &read)) return known;
  static uint32 last_version = 0;
  read.version = ++last_version;
  read.stale = changes != one_changed;  // perhaps this one, while it was read
  // The old strings stay until the cache is dropped: events come and go, relations seldom change.
  known = static_cast<NodeNames *>(hash_search(names_cache, &relid, HASH_ENTER, NULL));
  *known = read;
  return known;
}

}  // namespace pg_lineage
