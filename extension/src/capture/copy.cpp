#include "capture/copy.h"

#include "capture/deferred.h"
#include "capture/emit.h"
#include "edge/guard.h"
#include "lineage/resolve.h"
#include "lineage/shape_cache.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

// The URI of a COPY's other end. A command line may hold secrets: only its hash is told.
char *CopyUri(const CopyStmt *copy) {
  if (copy->filename == nullptr) return pstrdup("client:");
  if (!copy->is_program) return psprintf("file://%s", copy->filename);
  uint64 hash = hash_bytes_extended(reinterpret_cast<const unsigned char *>(copy->filename),
                                    static_cast<int>(strlen(copy->filename)), 0);
  return psprintf("program:%016llx", static_cast<unsigned long long>(hash));
}

// The number of a column; looked for from `first` on and round, because lists mostly name columns
// in their order. InvalidAttrNumber where there is none.
int16 ColumnNumber(TupleDesc desc, const char *name, int first) {
  for (int i = 0; i < desc->natts; i++) {
    Form_pg_attribute column = TupleDescAttr(desc, (first + i) % desc->natts);
    if (!column->attisdropped && strcmp(NameStr(column->attname), name) == 0) return column->attnum;
  }
  return InvalidAttrNumber;
}

// Attribute numbers of a COPY's columns, in its order. Generated ones are in no file.
void CopyColumns(const CopyStmt *copy, Oid relid, PodVector<int16> *numbers,
                 PodVector<const char *> *names) {
  Relation relation = RelationIdGetRelation(relid);
  if (relation == nullptr) return;
  TupleDesc desc = RelationGetDescr(relation);
  ListCell *cell;
  foreach (cell, copy->attlist) {
    const char *name = strVal(lfirst(cell));
    int last = numbers->Empty() ? 0 : Max(numbers->Last(), 0);
    numbers->Append(ColumnNumber(desc, name, last));
    names->Append(name);
  }
  for (int i = 0; copy->attlist == NIL && i < desc->natts; i++) {
    Form_pg_attribute column = TupleDescAttr(desc, i);
    if (column->attisdropped || column->attgenerated != '\0') continue;
    numbers->Append(column->attnum);
    names->Append(pstrdup(NameStr(column->attname)));
  }
  RelationClose(relation);
}

const SourceSet *OneSource(uint32 node, int16 column, uint8 kind, uint8 flags) {
  SourceBag bag = {};
  bag.Add({node, column, kind, flags});
  return bag.Intern();
}

// What decides that the routine's present statement runs.
const SourceSet *RoutineCondition() {
  const RoutineFrame *frame = TopFrame();
  return frame == nullptr ? EmptySet() : FrameCondition(frame);
}

// WHERE, whose columns are those of the new row.
Node *CopyCondition(const CopyStmt *copy, Oid relid) {
  Relation relation = RelationIdGetRelation(relid);
  if (relation == nullptr) return nullptr;
  ParseState *state = make_parsestate(nullptr);
  ParseNamespaceItem *item =
      addRangeTableEntryForRelation(state, relation, AccessShareLock, nullptr, false, false);
  addNSItemToQuery(state, item, false, true, true);
  Node *condition = transformExpr(state, static_cast<Node *>(copyObjectImpl(copy->whereClause)),
                                  EXPR_KIND_COPY_WHERE);
  free_parsestate(state);
  RelationClose(relation);
  return condition;
}

// The statement's shape, once its relation is locked.
void ShapeCopyFrom(UtilityState *state, const CopyStmt *copy, Oid relid) {
  Node *volatile condition = nullptr;
  if (copy->whereClause != nullptr && !Tried([&] { condition = CopyCondition(copy, relid); }))
    return;
  PodVector<int16> numbers = {};
  PodVector<const char *> names = {};
  CopyColumns(copy, relid, &numbers, &names);
  uint32 uri = RegisterUri(CopyUri(copy));
  SetUriColumns(uri, names.size, names.items);
  RowSpec row = {numbers.size, numbers.items, true, condition, NIL};
  const Shape *shape = ShapeCacheKeep(BuildRowShape(relid, row));
  state->params = static_cast<const SourceSet **>(
      MemoryContextAlloc(state->context, sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++)
    state->params[i] =
        OneSource(uri, static_cast<int16>(shape->params[i].paramid), kIdentity, kSourceIsUri);
  state->shape = shape;
}

void EndCopyFrom(UtilityState *state, const CopyStmt *copy, int64 rows) {
  if (state->shape == nullptr) {  // the relation is ours to look at now
    Oid relid = RangeVarGetRelid(copy->relation, NoLock, true);
    if (!OidIsValid(relid)) return;
    ShapeCopyFrom(state, copy, relid);
    if (state->shape == nullptr) return;
  }
  const ShapeWrite &write = state->shape->writes[0];
  ResolveContext context = UtilityContext(state);
  Flow flow = {};
  flow.target = write.target;
  flow.operation = Operation::kCopyFrom;
  flow.origin = Origin::kObserved;
  flow.path = state->path;
  for (int i = 0; i < write.ncolumns; i++) {
    flow.columns.Append(write.columns[i].column);
    flow.sources.Append(ResolveSet(context, write.columns[i].sources));
  }
  flow.rows = UnionSets(ResolveSet(context, write.rows),
                        OneSource(RegisterUri(CopyUri(copy)), 0, kRead, kSourceIsUri));
  flow.rows = UnionSets(flow.rows, RoutineCondition());
  NoteCopyFiring(write.target, AsCondition(flow.rows));
  EmitFlow(flow, {}, rows);
}

void EndCopyTo(UtilityState *state, const CopyStmt *copy, int64 rows) {
  PodVector<const char *> names = {};
  Flow flow = {};
  if (state->has_outputs) {
    flow.sources = state->outputs;
    names = state->names;
    flow.rows = state->rows;
  } else {
    Oid relid =
        copy->relation == nullptr ? InvalidOid : RangeVarGetRelid(copy->relation, NoLock, true);
    bool temp = false;
    if (!OidIsValid(relid) || !IsNode(relid, &temp)) return;
    PodVector<int16> numbers = {};
    CopyColumns(copy, relid, &numbers, &names);
    for (int16 number : numbers)
      flow.sources.Append(temp ? TempColumn(relid, number)
                               : OneSource(relid, number, kIdentity, 0));
    flow.rows =
        UnionSets(temp ? TempColumn(relid, 0) : OneSource(relid, 0, kRead, 0), RoutineCondition());
  }
  for (int i = 0; i < flow.sources.size; i++) flow.columns.Append(static_cast<int16>(i + 1));
  flow.target_uri = CopyUri(copy);
  flow.target_columns = names.items;
  flow.ntarget_columns = names.size;
  flow.operation = Operation::kCopyTo;
  flow.origin = Origin::kObserved;
  flow.path = state->path;
  EmitFlow(flow, {}, rows);
}

}  // namespace

void PrepareCopyFrom(UtilityState *state, const CopyStmt *copy) {
  Oid relid = RangeVarGetRelid(copy->relation, NoLock, true);
  bool temp = false;
  if (!OidIsValid(relid) || !IsNode(relid, &temp) ||
      !ConditionalLockRelationOid(relid, AccessShareLock))
    return;
  ShapeCopyFrom(state, copy, relid);
}

void EndCopy(UtilityState *state, const CopyStmt *copy, int64 rows) {
  if (copy->is_from) {
    EndCopyFrom(state, copy, rows);
  } else {
    EndCopyTo(state, copy, rows);
  }
}

}  // namespace pg_lineage
