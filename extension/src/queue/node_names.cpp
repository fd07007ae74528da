#include "queue/node_names.h"

#include "edge/compat.h"

namespace pg_lineage {
namespace {

HTAB *names_cache = NULL;
MemoryContext names_context = NULL;

void BeginCache() {
  if (names_context == NULL)
    names_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage names", ALLOCSET_DEFAULT_SIZES);
  HASHCTL info = {};
  info.keysize = sizeof(Oid);
  info.entrysize = sizeof(NodeNames);
  info.hcxt = names_context;
  names_cache = hash_create("pg_lineage names", 64, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

// Reads the column names; the caller holds the pg_class tuple.
void ReadColumns(NodeNames *names) {
  names->columns = static_cast<const char **>(
      MemoryContextAllocZero(names_context, sizeof(char *) * Max(names->natts, 1)));
  for (int i = 0; i < names->natts; i++) {
    HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(names->relid), Int16GetDatum(i + 1));
    if (!HeapTupleIsValid(tuple)) continue;
    Form_pg_attribute att = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
    if (!att->attisdropped)
      names->columns[i] = MemoryContextStrdup(names_context, NameStr(att->attname));
    ReleaseSysCache(tuple);
  }
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

const NodeNames *NodeNamesOf(Oid relid, bool fresh) {
  if (names_cache == NULL) BeginCache();
  NodeNames *known = static_cast<NodeNames *>(hash_search(names_cache, &relid, HASH_FIND, NULL));
  if (known != NULL && !fresh && !HasGrown(known)) return known;
  NodeNames read = {};
  if (!ReadNames(relid, &read)) return known;
  // The old strings stay until the cache is dropped: events come and go, relations seldom change.
  known = static_cast<NodeNames *>(hash_search(names_cache, &relid, HASH_ENTER, NULL));
  *known = read;
  return known;
}

}  // namespace pg_lineage
