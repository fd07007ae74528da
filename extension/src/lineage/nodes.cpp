// Small facts the shape builder asks for: what is a node, which casts lose nothing, symbolic sets.
#include "edge/guc.h"
#include "lineage/relation_facts.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

int CompareSyms(const void *a, const void *b) { return memcmp(a, b, sizeof(Sym)); }

struct TypePair {
  Oid from;
  Oid to;
};

// Casts of pg_catalog after which the old value can be had back.
const TypePair kLossless[] = {
    {INT2OID, INT4OID},
    {INT2OID, INT8OID},
    {INT4OID, INT8OID},
    {INT2OID, NUMERICOID},
    {INT4OID, NUMERICOID},
    {INT8OID, NUMERICOID},
    {INT2OID, FLOAT4OID},
    {INT2OID, FLOAT8OID},
    {INT4OID, FLOAT8OID},
    {FLOAT4OID, FLOAT8OID},
    {DATEOID, TIMESTAMPOID},
    {DATEOID, TIMESTAMPTZOID},
    {TIMESTAMPOID, TIMESTAMPTZOID},
    {TIMESTAMPTZOID, TIMESTAMPOID},
    {TEXTOID, VARCHAROID},
    {TEXTOID, BPCHAROID},
    {VARCHAROID, TEXTOID},
    {BPCHAROID, TEXTOID},
    {VARCHAROID, BPCHAROID},
    {BPCHAROID, VARCHAROID},
    {NAMEOID, TEXTOID},
    {JSONBOID, JSONOID},
    {BOOLOID, INT4OID},
    {BOOLOID, TEXTOID},
    {INETOID, TEXTOID},
    {CIDROID, INETOID},
    {NAMEOID, VARCHAROID},
    {CHAROID, TEXTOID},
};

}  // namespace

void SymBag::AddSet(const SymSet &set, uint8 outer) {
  for (int i = 0; i < set.size; i++) {
    Sym sym = set.items[i];
    sym.kind = Compose(outer, sym.kind);
    items.Append(sym);
  }
}

SymSet SymBag::Finish() {
  if (items.size > 1) {
    qsort(items.items, items.size, sizeof(Sym), CompareSyms);
    int kept = 1;
    for (int i = 1; i < items.size; i++) {
      if (CompareSyms(&items.items[i], &items.items[kept - 1]) != 0)
        items.items[kept++] = items.items[i];
    }
    items.size = kept;
  }
  return {items.size, items.items};
}

bool LosslessCast(Oid from, Oid to) {
  if (from == to) return true;
  for (const TypePair &pair : kLossless) {
    if (pair.from == from && pair.to == to) return true;
  }
  return false;
}

bool IsPolymorphic(Oid type) { return IsPolymorphicType(type); }

bool IsNode(Oid relid, bool *temp) {
  *temp = false;
  if (relid < FirstNormalObjectId) return false;
  const RelationFacts *facts = FactsOf(relid);
  *temp = facts->temporary;
  switch (facts->kind) {
    case RELKIND_RELATION:
    case RELKIND_PARTITIONED_TABLE:
    case RELKIND_VIEW:
    case RELKIND_MATVIEW:
    case RELKIND_FOREIGN_TABLE:
      return facts->temporary || !(facts->internal || IgnoredSchema(facts->schema));
    default:
      return false;
  }
}

List *TempChildren(Oid relid) {
  const RelationFacts *facts = FactsOf(relid);
  // Partitions of what lasts last too.
  bool parent = facts->parent && (facts->temporary || facts->kind == RELKIND_RELATION);
  List *below = parent ? find_all_inheritors(relid, NoLock, nullptr) : NIL;
  List *children = NIL;
  ListCell *cell;
  foreach (cell, below) {
    Oid child = lfirst_oid(cell);
    if (child != relid && get_rel_persistence(child) == RELPERSISTENCE_TEMP)
      children = lappend_oid(children, child);
  }
  return children;
}

// The temporary tables whose rows are rows of `relid` too: those below it unless ONLY it is read,
// and those above a partition, by which its rows may have come.
static List *TempKin(Oid relid, bool only) {
  const RelationFacts *facts = FactsOf(relid);
  bool partition = facts->temporary && facts->partition;
  List *kin = partition ? get_partition_ancestors(relid) : NIL;
  return only ? kin : list_concat(kin, TempChildren(relid));
}

// IsNode with the answers for the last relation kept.
static bool IsNodeHere(Builder *builder, Oid relid, bool only, bool *temp) {
  if (builder->last.relid != relid || builder->last.only != only) {
    builder->last.is_node = IsNode(relid, &builder->last.temp);
    builder->last.relid = relid;
    builder->last.only = only;
    builder->last.kin = builder->last.is_node ? TempKin(relid, only) : NIL;
  }
  *temp = builder->last.temp;
  return builder->last.is_node;
}

int RelationWidth(Oid relid) { return FactsOf(relid)->width; }

static void AddColumn(Builder *builder, Oid relid, int attno, uint8 kind, bool temp, SymBag *out) {
  SymType type = temp ? SymType::kTemp : SymType::kRelation;
  if (temp) builder->reads_temp = true;
  out->Add({relid, static_cast<int16>(attno), kind, type});
  if (builder->last.kin == NIL) return;
  const char *name = get_attname(relid, static_cast<AttrNumber>(attno), true);
  ListCell *cell;
  foreach (cell, builder->last.kin) {
    AttrNumber same = name == nullptr ? 0 : get_attnum(lfirst_oid(cell), name);
    if (same > 0) out->Add({lfirst_oid(cell), same, kind, SymType::kTemp});
    builder->reads_temp = true;
  }
}

void AddRelationColumn(Builder *builder, Oid relid, bool only, int attno, uint8 kind, SymBag *out) {
  bool temp = false;
  if (attno < 0 || !IsNodeHere(builder, relid, only, &temp)) return;
  if (attno > 0) {
    AddColumn(builder, relid, attno, kind, temp, out);
    return;
  }
  int last = RelationWidth(relid);  // a whole row: every column that is there
  for (int column = 1; column <= last; column++) {
    if (get_attname(relid, static_cast<AttrNumber>(column), true) != nullptr)
      AddColumn(builder, relid, column, Compose(kind, kTransformation), temp, out);
  }
}

void AddRelationRead(Builder *builder, Oid relid, bool only, SymBag *out) {
  bool temp = false;
  if (!IsNodeHere(builder, relid, only, &temp)) return;
  if (temp || builder->last.kin != NIL) builder->reads_temp = true;
  out->Add({relid, 0, kRead, temp ? SymType::kTemp : SymType::kRelation});
  ListCell *cell;
  foreach (cell, builder->last.kin) out->Add({lfirst_oid(cell), 0, kRead, SymType::kTemp});
}

}  // namespace pg_lineage
