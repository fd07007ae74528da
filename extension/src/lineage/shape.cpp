#include "lineage/shape.h"

#include "edge/compat.h"
#include "edge/guc.h"
#include "lineage/resolve.h"
#include "queue/shared.h"

namespace pg_lineage {

namespace {

uint64 HashSet(uint64 seed, const SymSet &set) {
  uint64 hash = hash_combine64(seed, static_cast<uint64>(set.size));
  if (set.size == 0) return hash;
  return hash_combine64(hash, hash_bytes_extended(reinterpret_cast<unsigned char *>(set.items),
                                                  static_cast<int>(sizeof(Sym) * set.size), 7));
}

uint64 HashFields(uint64 seed, const ShapeFields &fields) {
  uint64 hash = hash_combine64(seed, static_cast<uint64>(fields.size) * 4 + (fields.told ? 2 : 0) +
                                         (fields.names != nullptr ? 1 : 0));
  for (int i = 0; i < fields.size; i++) {
    hash = HashSet(hash, fields.sets[i]);
    if (fields.names != nullptr)
      hash = hash_combine64(
          hash, hash_bytes_extended(reinterpret_cast<const unsigned char *>(fields.names[i]),
                                    static_cast<int>(strlen(fields.names[i])), 7));
    if (fields.inner != nullptr) hash = HashFields(hash, fields.inner[i]);
  }
  return HashSet(HashSet(hash, fields.others), fields.same);
}

uint64 HashShape(const Shape *shape) {
  uint64 hash = hash_combine64(shape->nwrites, shape->noutputs);
  for (int w = 0; w < shape->nwrites; w++) {
    const ShapeWrite &write = shape->writes[w];
    hash = hash_combine64(hash, (static_cast<uint64>(write.target) << 16) ^
                                    (static_cast<uint64>(write.operation) << 8) ^
                                    (write.replaces ? 8 : 0) ^ (write.empties ? 4 : 0) ^
                                    (write.counted ? 2 : 0) ^ (write.temp ? 1 : 0));
    for (int i = 0; i < write.ncolumns; i++)
      hash = HashSet(hash_combine64(hash, write.columns[i].column), write.columns[i].sources);
    hash = HashSet(hash, write.rows);
  }
  for (int i = 0; i < shape->noutputs; i++) hash = HashSet(hash, shape->outputs[i]);
  for (int i = 0; i < shape->nfields; i++) hash = HashSet(hash, shape->fields[i]);
  for (int i = 0; i < shape->nparts; i++) hash = HashFields(hash, shape->parts[i]);
  hash = HashSet(hash, shape->rows);
  for (int i = 0; i < shape->nparams; i++)
    hash = hash_combine64(hash, (static_cast<uint64>(shape->params[i].paramid) << 16) ^
                                    static_cast<uint16>(shape->params[i].field));
  for (int i = 0; i < shape->ncalls; i++) {
    hash = hash_combine64(hash, shape->calls[i].function);
    hash = hash_combine64(hash, static_cast<uint64>(shape->calls[i].site));
    if (shape->calls[i].supports) hash = hash_combine64(hash, 1);
    for (int a = 0; a < shape->calls[i].nargs; a++) {
      hash = HashSet(hash, shape->calls[i].args[a]);
      hash = HashFields(hash, shape->calls[i].fields[a]);
    }
  }
  return hash_combine64(hash, (shape->reads_anew ? 2 : 0) | (shape->degraded ? 1 : 0));
}

// Too large to follow: what is written and what is read, no columns.
// LCOV_EXCL_START: a statement of two million nodes
void Degrade(Shape *shape, Query *query) {
  SymBag reads = {};
  Builder builder = {};
  ListCell *cell;
  foreach (cell, query->rtable) {
    RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);
    if (entry->rtekind == RTE_RELATION)
      AddRelationRead(&builder, entry->relid, !entry->inh, &reads);
  }
  SymSet rows = reads.Finish();
  for (int w = 0; w < shape->nwrites; w++) {
    shape->writes[w].ncolumns = 0;
    shape->writes[w].rows = rows;
  }
  shape->rows = rows;
  for (int i = 0; i < shape->noutputs; i++) shape->outputs[i] = {0, nullptr};
  shape->nfields = shape->nparts = 0;
  shape->degraded = true;
}
// LCOV_EXCL_STOP

template <typename T>
T *CopyArray(const T *items, int size) {
  if (size == 0) return nullptr;
  T *copy = static_cast<T *>(palloc(sizeof(T) * size));
  memcpy(copy, items, sizeof(T) * size);
  return copy;
}

void CopyFields(ShapeFields *fields) {
  fields->sets = CopyArray(fields->sets, fields->size);
  if (fields->names != nullptr) fields->names = CopyArray(fields->names, Max(fields->size, 1));
  if (fields->inner == nullptr) return;
  fields->inner = CopyArray(fields->inner, fields->size);
  for (int i = 0; i < fields->size; i++) CopyFields(&fields->inner[i]);
}

template <typename Visit>
void ForEachSetOf(ShapeFields *fields, Visit visit) {
  for (int i = 0; i < fields->size; i++) {
    visit(&fields->sets[i]);
    if (fields->inner != nullptr) ForEachSetOf(&fields->inner[i], visit);
  }
  visit(&fields->others);
  visit(&fields->same);
}

// Every set of a shape that is the caller's own.
template <typename Visit>
void ForEachSet(Shape *shape, Visit visit) {
  auto visit_all = [&visit](SymSet *sets, int size) {
    for (int i = 0; i < size; i++) visit(&sets[i]);
  };
  for (int w = 0; w < shape->nwrites; w++) {
    ShapeWrite *write = &shape->writes[w];
    for (int i = 0; i < write->ncolumns; i++) visit(&write->columns[i].sources);
    visit(&write->rows);
  }
  visit_all(shape->outputs, shape->noutputs);
  visit_all(shape->fields, shape->nfields);
  for (int i = 0; i < shape->nparts; i++) ForEachSetOf(&shape->parts[i], visit);
  visit(&shape->rows);
  for (int i = 0; i < shape->ncalls; i++) {
    const ShapeCall &call = shape->calls[i];
    visit_all(call.args, call.nargs);
    for (int a = 0; a < call.nargs; a++) ForEachSetOf(&call.fields[a], visit);
  }
}

// The parts of the outputs that are rows, arrays of rows or JSON.
void AddParts(Builder *builder, QueryInfo *info, Shape *shape) {
  shape->parts = static_cast<ShapeFields *>(palloc0(sizeof(ShapeFields) * shape->noutputs));
  const ReturnedRow row = EnterReturned(builder, info);
  if (row != ReturnedRow::kStored) LeaveReturned(info);
  if (row == ReturnedRow::kEither) return;  // two values that may have other parts
  ListCell *cell;
  int output = 0;
  foreach (cell, QueryOutputs(info->query)) {
    Node *expr = reinterpret_cast<Node *>(lfirst_node(TargetEntry, cell)->expr);
    if (output == shape->noutputs) break;
    ShapeFields *parts = &shape->parts[output++];
    if (MayHoldParts(exprType(expr)))
      ResolveOutput(builder, info, [&] { *parts = FieldsOf(builder, info, expr); });
    if (parts->told) shape->nparts = shape->noutputs;
  }
}

// SELECT t FROM t, SELECT f(x), rec := …: what each field of the one output is made of; the same of
// what is in the outputs.
void AddFields(Builder *builder, QueryInfo *info, Shape *shape) {
  if (shape->noutputs == 0 || info->query->setOperations != nullptr) return;
  AddParts(builder, info, shape);
  TargetEntry *entry = linitial_node(TargetEntry, QueryOutputs(info->query));
  if (shape->noutputs != 1 || !type_is_rowtype(exprType(reinterpret_cast<Node *>(entry->expr))))
    return;
  shape->nfields = shape->parts[0].size;
  shape->fields = shape->parts[0].sets;
  // A variable keeps its parts itself.
  if (IsA(entry->expr, Param)) shape->nparts = 0;
}

bool AsksRecords(const ShapeFields &fields) {
  for (int i = 0; fields.inner != nullptr && i < fields.size; i++) {
    if (AsksRecords(fields.inner[i])) return true;
  }
  return fields.same.size > 0;
}

bool AsksRecords(const Shape *shape) {
  for (int i = 0; i < shape->nparts; i++) {
    if (AsksRecords(shape->parts[i])) return true;
  }
  for (int i = 0; i < shape->ncalls; i++) {
    for (int a = 0; a < shape->calls[i].nargs; a++) {
      if (AsksRecords(shape->calls[i].fields[a])) return true;
    }
  }
  return false;
}

bool OnlyParams(const SymSet &set) {
  for (int i = 0; i < set.size; i++) {
    if (set.items[i].type != SymType::kParam) return false;
  }
  return true;
}

bool OnlyParams(const Shape *shape) {
  bool only = shape->ncalls == 0 && OnlyParams(shape->rows);
  for (int i = 0; only && i < shape->noutputs; i++) only = OnlyParams(shape->outputs[i]);
  for (int w = 0; only && w < shape->nwrites; w++) {
    only = OnlyParams(shape->writes[w].rows) && !shape->writes[w].empties &&
           !shape->writes[w].replaces;
    for (int i = 0; only && i < shape->writes[w].ncolumns; i++)
      only = OnlyParams(shape->writes[w].columns[i].sources);
  }
  return only;
}

void TakeBuilt(Builder *builder, Shape *shape) {
  shape->nparams = builder->params.size;
  shape->params = builder->params.items;
  shape->ncalls = builder->calls.size;
  shape->calls = builder->calls.items;
  shape->reads_temp = builder->reads_temp;
  shape->reads_anew = builder->reads_temp && builder->reads_anew;
  shape->calls_loop = builder->calls_loop;
  shape->asks_records = AsksRecords(shape);
}

bool CallsUserFunction(Oid function, void *) {
  if (function < FirstNormalObjectId) return false;
  const FunctionTraits *traits = TraitsOf(function);  // a connection decides about later statements
  return traits->cls != FunctionClass::kOpaque || traits->remote == RemoteCall::kConnect;
}

bool MayWriteWalker(Node *node, void *context) {
  if (node == nullptr) return false;
  if (check_functions_in_node(node, CallsUserFunction, context)) return true;
  if (IsA(node, Query))
    return query_tree_walker(reinterpret_cast<Query *>(node), PGL_WALKER(MayWriteWalker), context,
                             0);
  return expression_tree_walker(node, PGL_WALKER(MayWriteWalker), context);
}

}  // namespace

namespace {

// What decides about the rows that go, and so about what the triggers write that they fire. That
// the statement reads them is no flow. A MERGE may do nothing but this.
SymSet DeleteRows(Builder *builder, QueryInfo *info) {
  Oid target = rt_fetch(info->query->resultRelation, info->query->rtable)->relid;
  SymBag all = {};
  SymBag kept = {};
  AddStatementRows(builder, info, &all);
  AddArmConditions(builder, info, &all);
  for (const Sym &sym : all.items) {
    bool relation = sym.type == SymType::kRelation || sym.type == SymType::kTemp;
    if (sym.kind != kRead || !relation || sym.id != target) kept.Add(sym);
  }
  return kept.Finish();
}

}  // namespace

Shape *BuildShape(Query *query) {
  Builder builder = {};
  builder.generation = 1;
  Shape *shape = static_cast<Shape *>(palloc0(sizeof(Shape)));
  QueryInfo *info = InfoFor(&builder, query, nullptr);
  PodVector<ShapeWrite> writes = {};
  AddWrites(&builder, info, &writes);
  shape->nwrites = writes.size;
  shape->writes = writes.items;
  shape->noutputs = info->ncolumns;
  shape->outputs = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(info->ncolumns, 1)));
  for (int i = 0; i < info->ncolumns; i++) shape->outputs[i] = QueryColumn(&builder, info, i + 1);
  if (info->ncolumns > 0 || query->commandType == CMD_SELECT) {
    shape->rows = QueryRows(&builder, info);
  } else if (!StoresValues(query)) {
    shape->rows = DeleteRows(&builder, info);
  }
  AddFields(&builder, info, shape);
  TakeBuilt(&builder, shape);
  if (builder.degraded || builder.cut) HealthCount(Health::kDegradedShapes);
  if (builder.degraded) Degrade(shape, query);
  shape->only_params = OnlyParams(shape);
  shape->key = HashShape(shape);
  return shape;
}

Shape *BuildCallShape(FuncExpr *call) {
  Builder builder = {};
  builder.generation = 1;
  Query *scope = makeNode(Query);
  scope->commandType = CMD_SELECT;
  QueryInfo *info = InfoFor(&builder, scope, nullptr);
  CallIndex(&builder, info, reinterpret_cast<Node *>(call), call->funcid, call->args);
  Shape *shape = static_cast<Shape *>(palloc0(sizeof(Shape)));
  TakeBuilt(&builder, shape);
  shape->key = HashShape(shape);
  return shape;
}

Shape *BuildRowShape(Oid relid, const RowSpec &row) {
  Builder builder = {};
  builder.generation = 1;
  Shape *shape = static_cast<Shape *>(palloc0(sizeof(Shape)));
  shape->nwrites = 1;
  shape->writes = static_cast<ShapeWrite *>(palloc0(sizeof(ShapeWrite)));
  shape->writes[0] = AddRowWrite(&builder, relid, row);
  TakeBuilt(&builder, shape);
  if (builder.degraded) Degrade(shape, makeNode(Query));
  shape->key = HashShape(shape);
  return shape;
}

bool QueryMayWrite(Query *query) {
  if (query->commandType != CMD_SELECT || query->hasModifyingCTE) return true;
  return query_tree_walker(query, PGL_WALKER(MayWriteWalker), nullptr, 0);
}

Shape *CopyShape(const Shape *shape) {
  Shape *copy = CopyArray(shape, 1);
  copy->writes = CopyArray(shape->writes, shape->nwrites);
  for (int w = 0; w < shape->nwrites; w++)
    copy->writes[w].columns = CopyArray(shape->writes[w].columns, shape->writes[w].ncolumns);
  copy->outputs = CopyArray(shape->outputs, shape->noutputs);
  copy->fields = CopyArray(shape->fields, shape->nfields);
  copy->parts = CopyArray(shape->parts, shape->nparts);
  for (int i = 0; i < shape->nparts; i++) CopyFields(&copy->parts[i]);
  copy->params = CopyArray(shape->params, shape->nparams);
  copy->calls = CopyArray(shape->calls, shape->ncalls);
  for (int i = 0; i < shape->ncalls; i++) {
    ShapeCall *call = &copy->calls[i];
    call->args = CopyArray(call->args, call->nargs);
    call->fields = CopyArray(call->fields, call->nargs);
    for (int a = 0; a < call->nargs; a++) CopyFields(&call->fields[a]);
  }
  // The symbols of all sets go into one array.
  int size = 0;
  ForEachSet(copy, [&](SymSet *set) { size += set->size; });
  Sym *items = static_cast<Sym *>(palloc(sizeof(Sym) * Max(size, 1)));
  ForEachSet(copy, [&](SymSet *set) {
    if (set->size > 0) memcpy(items, set->items, sizeof(Sym) * set->size);
    set->items = items;
    items += set->size;
  });
  return copy;
}

}  // namespace pg_lineage
