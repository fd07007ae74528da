// What the parts of a value are made of, each by itself: the fields of a row or of the rows in an
// array, the keys of a JSON object. Names of keys are found on the ways that parts are followed on:
// a path that ends with a question stands where a name would.
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

constexpr int kMaxDepth = 3;
constexpr int kMaxNamesOfOne = 200;

// A step towards the part that is told, below those before it.
struct Way {
  const Way *before;  // NULL: the value itself
  FieldPath step;
};

// The path to a part on a way, in the current context.
const FieldPath *PathOn(const Way *way, const FieldPath *rest) {
  for (; way != nullptr; way = way->before) {
    FieldPath *path = static_cast<FieldPath *>(palloc(sizeof(FieldPath)));
    *path = way->step;
    path->then = rest;
    rest = path;
  }
  return rest;
}

// What is a part of a part has been put together and taken apart.
SymSet SourcesOn(Builder *builder, QueryInfo *info, Node *expr, const Way *way) {
  SymBag bag = {};
  const uint8 kind = way->before == nullptr ? kIdentity : kTransformation;
  AddField(builder, info, expr, *PathOn(way, nullptr), kind, &bag);
  return bag.Finish();
}

// The types of a row's fields, or of those of the rows in an array; none for other values.
PodVector<Oid> FieldTypes(TupleDesc desc) {
  PodVector<Oid> types = {};
  for (int i = 0; desc != nullptr && i < desc->natts; i++)
    types.Append(TupleDescAttr(desc, i)->atttypid);
  return types;
}

PodVector<Oid> FieldTypesOf(Oid type, int32 typmod) {
  Oid element = get_element_type(getBaseType(type));
  if (OidIsValid(element)) type = element;
  if (!type_is_rowtype(type)) return {};
  TupleDesc desc = lookup_rowtype_tupdesc_domain(type, typmod, true);
  PodVector<Oid> types = FieldTypes(desc);
  if (desc != nullptr) ReleaseTupleDesc(desc);
  return types;
}

PodVector<Oid> TypesIn(List *types) {
  PodVector<Oid> out = {};
  ListCell *cell;
  foreach (cell, types) out.Append(lfirst_oid(cell));
  return out;
}

PodVector<Oid> TypesOfOutputs(Query *query) {
  PodVector<Oid> types = {};
  ListCell *cell;
  foreach (cell, QueryOutputs(query)) {
    TargetEntry *entry = lfirst_node(TargetEntry, cell);
    if (!entry->resjunk) types.Append(exprType(reinterpret_cast<Node *>(entry->expr)));
  }
  return types;
}

PodVector<Oid> FieldTypesOf(QueryInfo *info, Node *expr);

// Of the whole row of what stands in FROM, where it has no type of its own.
PodVector<Oid> TypesOfColumns(const RangeTblEntry *rte) {
  if (rte->rtekind == RTE_SUBQUERY) return TypesOfOutputs(rte->subquery);
  if (rte->rtekind != RTE_FUNCTION) return TypesIn(rte->coltypes);
  bool one = list_length(rte->functions) == 1 && !rte->funcordinality;
  return one ? TypesIn(linitial_node(RangeTblFunction, rte->functions)->funccoltypes)
             : PodVector<Oid>{};
}

// A RECORD that is such a row, or a column of a sub-query.
PodVector<Oid> FieldTypesOfVar(QueryInfo *info, const Var *var) {
  QueryInfo *scope = Climb(info, var->varlevelsup);
  if (scope == nullptr || var->varattno < 0) return {};
  RangeTblEntry *rte = rt_fetch(var->varno, scope->query->rtable);
  if (var->varattno == 0) return TypesOfColumns(rte);
  if (rte->rtekind != RTE_SUBQUERY || rte->subquery->setOperations != nullptr) return {};
  const TargetEntry *output = EntryOf(QueryOutputs(rte->subquery), var->varattno);
  QueryInfo within = {};
  within.query = rte->subquery;
  within.parent = scope;
  return output == nullptr ? PodVector<Oid>{}
                           : FieldTypesOf(&within, reinterpret_cast<Node *>(output->expr));
}

// The one output of a sub-select: a row, or what ARRAY(SELECT …) makes an array of.
PodVector<Oid> FieldTypesOfSubLink(QueryInfo *info, SubLink *link) {
  QueryInfo within = {};
  within.query = castNode(Query, link->subselect);
  within.parent = info;
  const TargetEntry *output = EntryOf(QueryOutputs(within.query), 1);
  if (output == nullptr || within.query->setOperations != nullptr) return {};
  return FieldTypesOf(&within, reinterpret_cast<Node *>(output->expr));
}

// Of the rows in an array, which have no type of their own: ARRAY(…), ARRAY[…], array_agg().
PodVector<Oid> FieldTypesOfElements(QueryInfo *info, Node *array) {
  if (IsA(array, SubLink)) return FieldTypesOfSubLink(info, reinterpret_cast<SubLink *>(array));
  if (IsA(array, ArrayExpr)) {
    List *elements = reinterpret_cast<ArrayExpr *>(array)->elements;
    return elements == NIL ? PodVector<Oid>{}
                           : FieldTypesOf(info, static_cast<Node *>(linitial(elements)));
  }
  if (!IsA(array, Aggref) || reinterpret_cast<Aggref *>(array)->args == NIL) return {};
  TargetEntry *argument = linitial_node(TargetEntry, reinterpret_cast<Aggref *>(array)->args);
  return FieldTypesOf(info, reinterpret_cast<Node *>(argument->expr));
}

PodVector<Oid> FieldTypesOf(QueryInfo *info, Node *expr) {
  PodVector<Oid> types = {};
  if (IsA(expr, RowExpr)) {
    ListCell *cell;
    foreach (cell, reinterpret_cast<RowExpr *>(expr)->args)
      types.Append(exprType(static_cast<Node *>(lfirst(cell))));
    return types;
  }
  if (exprType(expr) == RECORDOID && IsA(expr, Var))
    return FieldTypesOfVar(info, reinterpret_cast<Var *>(expr));
  if (exprType(expr) == RECORDOID && IsA(expr, SubLink))
    return FieldTypesOfSubLink(info, reinterpret_cast<SubLink *>(expr));
  if (get_element_type(exprType(expr)) == RECORDOID) return FieldTypesOfElements(info, expr);
  // A record variable: its type is known, or its fields are at run time.
  if (OidIsValid(get_element_type(exprType(expr))) || IsA(expr, Param))
    return FieldTypesOf(exprType(expr), exprTypmod(expr));
  if (!type_is_rowtype(exprType(expr))) return types;
  TupleDesc desc = nullptr;
  (void)get_expr_result_type(expr, nullptr, &desc);
  return FieldTypes(desc);
}

// One part, as `FieldsOn` tells it.
struct Asked {
  Builder *builder;
  QueryInfo *info;
  Node *expr;

  ShapeFields Row(const Way *way, const PodVector<Oid> &types, int depth) const;
  ShapeFields Named(const Way *way, int depth) const;
  ShapeFields Inner(const Way *way, Oid type, int depth) const;
  void KeepInner(ShapeFields *fields, int number, const ShapeFields &inner) const;
};

void Asked::KeepInner(ShapeFields *fields, int number, const ShapeFields &inner) const {
  if (inner.size == 0 && inner.same.size == 0) return;
  if (fields->inner == nullptr)
    fields->inner = static_cast<ShapeFields *>(palloc0(sizeof(ShapeFields) * fields->size));
  fields->inner[number] = inner;
}

ShapeFields Asked::Row(const Way *way, const PodVector<Oid> &types, int depth) const {
  ShapeFields fields = {};
  fields.size = types.size;
  fields.told = true;
  fields.sets = static_cast<SymSet *>(palloc0(sizeof(SymSet) * fields.size));
  for (int i = 0; i < fields.size; i++) {
    Way field = {way, FieldPath(i + 1)};
    fields.sets[i] = SourcesOn(builder, info, expr, &field);
    if (depth < kMaxDepth && MayHoldParts(types[i]))
      KeepInner(&fields, i, Inner(&field, types[i], depth + 1));
  }
  return fields;
}

ShapeFields Asked::Inner(const Way *way, Oid type, int depth) const {
  PodVector<Oid> types = FieldTypesOf(type, -1);
  return types.size > 0 ? Row(way, types, depth) : Named(way, depth);
}

ShapeFields Asked::Named(const Way *way, int depth) const {
  ShapeFields fields = {};
  AskedNames asked = {};
  SymBag passed = {};
  const FieldPath question = FieldPath::Question(&asked);
  AddField(builder, info, expr, *PathOn(way, &question), kIdentity, &passed);
  if (asked.unknown || asked.names.size > kMaxNamesOfOne) return fields;
  fields.told = true;
  fields.size = asked.names.size;
  fields.names = static_cast<const char **>(palloc0(sizeof(char *) * Max(fields.size, 1)));
  for (int i = 0; i < fields.size; i++) fields.names[i] = asked.names[i];
  fields.sets = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(fields.size, 1)));
  for (int i = 0; i < fields.size; i++) {
    Way part = {way, FieldPath::Named(fields.names[i], nullptr)};
    fields.sets[i] = SourcesOn(builder, info, expr, &part);
    if (depth < kMaxDepth) KeepInner(&fields, i, Named(&part, depth + 1));
  }
  Way other = {way, FieldPath::Named(kOtherName, nullptr)};
  fields.others = SourcesOn(builder, info, expr, &other);
  fields.same = asked.same.Finish();
  return fields;
}

}  // namespace

void AskedNames::Add(const char *name) {
  const char *known = InternName(name);
  if (known == nullptr) {
    unknown = true;
    return;
  }
  for (const char *other : names) {
    if (other == known) return;
  }
  names.Append(known);
}

FieldPath FieldPath::Question(AskedNames *asked) {
  FieldPath path = Named(kOtherName, nullptr);
  path.asked = asked;
  return path;
}

AskedNames *FieldPath::AskedAtEnd() const {
  const FieldPath *last = this;
  while (last->then != nullptr) last = last->then;
  return last->asked;
}

FieldPath FieldPath::BeforeQuestion() const {
  if (asked != nullptr) return FieldPath(0);
  FieldPath copy = *this;
  if (then == nullptr || then->asked != nullptr) {
    copy.then = nullptr;
    return copy;
  }
  FieldPath *rest = static_cast<FieldPath *>(palloc(sizeof(FieldPath)));
  *rest = then->BeforeQuestion();
  copy.then = rest;
  return copy;
}

bool MayHoldParts(Oid type) {
  if (!OidIsValid(type)) return false;  // of a dropped column
  type = getBaseType(type);
  Oid element = get_element_type(type);
  if (OidIsValid(element)) type = getBaseType(element);
  return IsJson(type) || type_is_rowtype(type) ||
         (type >= FirstNormalObjectId && get_typtype(type) == TYPTYPE_BASE);
}

ShapeFields FieldsOf(Builder *builder, QueryInfo *info, Node *expr) {
  const Asked asked = {builder, info, expr};
  PodVector<Oid> types = FieldTypesOf(info, expr);
  if (types.size > 0) return asked.Row(nullptr, types, 0);
  bool row = type_is_rowtype(exprType(expr)) || !MayHoldParts(exprType(expr));
  return row ? ShapeFields{} : asked.Named(nullptr, 0);
}

}  // namespace pg_lineage
