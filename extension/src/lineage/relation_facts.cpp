#include "lineage/relation_facts.h"

namespace pg_lineage {

namespace {

constexpr int kSlotBits = 6;
RelationFacts known[1 << kSlotBits];
bool stale = true;

void Invalidate(Datum, int, uint32) { stale = true; }

void Watch() {
  static bool registered = false;
  if (registered) return;
  CacheRegisterSyscacheCallback(RELOID, Invalidate, static_cast<Datum>(0));
  CacheRegisterSyscacheCallback(NAMESPACEOID, Invalidate, static_cast<Datum>(0));
  registered = true;
}

bool IsInternal(Oid schema) {
  if (IsCatalogNamespace(schema)) return true;
  const char *name = get_namespace_name(schema);
  return name != nullptr && strcmp(name, "lineage") == 0;
}

}  // namespace

const RelationFacts *FactsOf(Oid relid) {
  static const RelationFacts gone = {};
  if (stale) {
    Watch();
    memset(known, 0, sizeof(known));
    stale = false;
  }
  RelationFacts *facts = &known[(relid * 0x9E3779B9U) >> (32 - kSlotBits)];
  if (facts->relid == relid && OidIsValid(relid)) return facts;
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return &gone;
  Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
  *facts = {};
  facts->schema = form->relnamespace;
  facts->width = form->relnatts;
  facts->kind = form->relkind;
  facts->temporary = form->relpersistence == RELPERSISTENCE_TEMP;
  facts->parent = form->relhassubclass;
  facts->partition = form->relispartition;
  ReleaseSysCache(tuple);
  facts->internal = IsInternal(facts->schema);
  facts->relid = relid;  // last: looking up the schema may have failed
  return facts;
}

}  // namespace pg_lineage
