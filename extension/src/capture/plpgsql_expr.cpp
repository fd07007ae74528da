// Expressions of PL/pgSQL: most run without the executor, so they are read from their cached query.
#include "capture/plpgsql.h"

#include "edge/compat.h"
#include "edge/guard.h"
#include "edge/hash_table.h"
#include "edge/recent.h"
#include "lineage/field_paths.h"
#include "lineage/uncalled.h"

namespace pg_lineage {

namespace {

constexpr int kMemoInputs = 6;

// The shape of a plan source and the last evaluation.
struct ExprEntry {
  CachedPlanSource *source;  // key
  Shape *shape;
  bool constant;  // depends on nothing that changes
  bool memo_valid;
  uint32 memo_epoch;
  uint64 bodies;  // … read from these bodies of routines that it did not come to call
  TaintSlot inputs[kMemoInputs];
  const SourceSet *value;
  bool parts_known;
  const RecordTaint *parts;
};

HTAB *expr_table = nullptr;
Recent<const CachedPlanSource *, ExprEntry> recent = {};
uint32 memo_epoch = 0;

// The plan source's query tree goes: so does what was read from it.
void Forget(void *arg) {
  recent.Forget(static_cast<CachedPlanSource *>(arg));
  if (expr_table != nullptr) hash_search(expr_table, &arg, HASH_REMOVE, nullptr);
  NoteWork();
}

void EnsureTable() {
  if (expr_table != nullptr) return;
  expr_table = MakeTable(&ExprEntry::source, "pg_lineage expressions", 256, TopMemoryContext);
}

CachedPlanSource *SourceOf(PLpgSQL_expr *expr) {
  if (expr == nullptr || expr->plan == nullptr) return nullptr;
  List *sources = SPI_plan_get_plan_sources(expr->plan);
  if (list_length(sources) != 1) return nullptr;
  CachedPlanSource *source = static_cast<CachedPlanSource *>(linitial(sources));
  return source->query_list == NIL || source->query_context == nullptr ? nullptr : source;
}

ExprEntry *KnownEntry(CachedPlanSource *source) {
  if (source == nullptr || expr_table == nullptr) return nullptr;
  if (ExprEntry *entry = recent.Find(source)) return entry;
  ExprEntry *entry = static_cast<ExprEntry *>(hash_search(expr_table, &source, HASH_FIND, nullptr));
  if (entry != nullptr) recent.Keep(source, entry);
  return entry;
}

ExprEntry *EntryOf(PLpgSQL_expr *expr) {
  CachedPlanSource *source = SourceOf(expr);
  if (source == nullptr) return nullptr;
  EnsureTable();
  if (ExprEntry *known = KnownEntry(source)) return known;
  Query *query = linitial_node(Query, source->query_list);
  if (query->commandType == CMD_UTILITY || list_length(source->query_list) != 1) return nullptr;
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage expression", ALLOCSET_SMALL_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  Shape *built = BuildShape(query);
  MemoryContextSwitchTo(source->query_context);
  Shape *shape = CopyShape(built);
  MemoryContextCallback *callback =
      static_cast<MemoryContextCallback *>(palloc0(sizeof(MemoryContextCallback)));
  callback->func = Forget;
  callback->arg = source;
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
  ExprEntry *entry =
      static_cast<ExprEntry *>(hash_search(expr_table, &source, HASH_ENTER, nullptr));
  entry->shape = shape;
  entry->memo_valid = entry->parts_known = false;
  entry->bodies = 0;
  entry->constant = shape->nparams == 0 && shape->ncalls == 0 && !shape->reads_temp;
  MemoryContextRegisterResetCallback(source->query_context, callback);
  return entry;
}

// Resolves the parameters of `shape` in `frame`; the array is in the current context.
const SourceSet **FrameParams(RoutineFrame *frame, const Shape *shape) {
  if (shape->nparams == 0) return nullptr;
  const SourceSet **params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * shape->nparams));
  for (int i = 0; i < shape->nparams; i++)
    params[i] = FrameParam(frame, shape->params[i].paramid, shape->params[i].field);
  return params;
}

// The calls of an expression: what they gave in this frame; of those that were not made, what they
// would have given, in `all`.
const ObservationList *CallsOf(RoutineFrame *frame, const Shape *shape,
                               const SourceSet *const *params, ObservationList *all) {
  if (!MissesCalls(shape, frame->observed)) return &frame->observed;
  ObserveAll(all, frame->observed);
  ObserveUncalled(shape, params, all);
  return all;
}

// `all` is the caller's: what the calls gave may be kept there.
ResolveContext ContextOf(RoutineFrame *frame, const Shape *shape, const SourceSet *const *params,
                         ObservationList *all) {
  ResolveContext context = {shape, params, CallsOf(frame, shape, params, all)};
  if (frame->seen_key == shape->key) context.temps = &frame->seen;
  return context;
}

const SourceSet *Evaluate(RoutineFrame *frame, const Shape *shape) {
  const SourceSet **params = FrameParams(frame, shape);
  ObservationList all = {};
  ResolveContext context = ContextOf(frame, shape, params, &all);
  const SourceSet *value = EmptySet();
  if (shape->noutputs > 0) value = ResolveSet(context, shape->outputs[0]);
  value = UnionSets(value, ResolveSet(context, shape->rows));
  if (params != nullptr) pfree(params);
  return value;
}

bool SameTaint(const TaintSlot &a, const TaintSlot &b) {
  return a.value == b.value && a.record == b.record;
}

// The memo's answer when every input is what it was; otherwise notes the inputs.
bool MemoHolds(RoutineFrame *frame, ExprEntry *entry) {
  const Shape *shape = entry->shape;
  bool same = entry->memo_valid && entry->memo_epoch == memo_epoch;
  if (entry->constant && same) return true;
  if (shape->reads_temp || shape->nparams > kMemoInputs) return false;
  if (shape->ncalls > 0 && (entry->bodies != BodiesRead() || KnowsCalls(shape, frame->observed)))
    same = false;
  for (int i = 0; i < shape->nparams; i++) {
    const ShapeParam &param = shape->params[i];
    TaintSlot input = {};
    if (!FrameInput(frame, param.paramid, param.field, &input))
      input = {FrameParam(frame, param.paramid, param.field),
               FrameRecord(frame, param.paramid, param.field)};
    same = same && SameTaint(entry->inputs[i], input);
    entry->inputs[i] = input;
  }
  return same;
}

bool IsParam(const Shape *shape, const SymSet &set, int field) {
  if (set.size != 1) return false;
  const Sym &sym = set.items[0];
  return sym.type == SymType::kParam && sym.kind == kIdentity &&
         shape->params[sym.id].field == field;
}

// The parameter that an expression is and nothing else; 0: it is more. Beside a row stand the
// fields that its type had when the expression was read.
int VariableOf(const Shape *shape) {
  if (shape->noutputs != 1 || shape->nparts != 0 || shape->ncalls != 0 || shape->nparams == 0 ||
      shape->rows.size != 0 || !IsParam(shape, shape->outputs[0], 0))
    return 0;
  for (int i = 1; i < shape->nparams; i++) {
    if (shape->params[i].paramid != shape->params[0].paramid) return 0;
  }
  for (int i = 0; i < shape->nfields; i++) {
    if (!IsParam(shape, shape->fields[i], i + 1)) return 0;
  }
  return shape->params[0].paramid;
}

// A record keeps its fields apart, also those that its type has got since.
bool KeepsFields(const RoutineFrame *frame, const Shape *shape, int paramid) {
  return shape->nfields == 0 ||
         (paramid <= frame->nslots && frame->slots[paramid - 1].record != nullptr);
}

bool HasParts(const Shape *shape) { return shape->nparts == 1 || shape->nfields > 0; }

const RecordTaint *EvaluateParts(RoutineFrame *frame, const Shape *shape) {
  const int variable = VariableOf(shape);
  if (variable > 0)
    return RecordUsed(FrameRecord(frame, variable, kWholeValue), kTransformation, EmptySet());
  const SourceSet **params = FrameParams(frame, shape);
  ObservationList all = {};
  ResolveContext context = ContextOf(frame, shape, params, &all);
  context.records = FrameRecords(frame, shape);
  RecordParts fields = {};
  for (int i = 0; shape->nparts == 0 && i < shape->nfields; i++)
    fields.Add(nullptr, ResolveSet(context, shape->fields[i]), nullptr);
  const RecordTaint *parts =
      shape->nparts == 0 ? fields.Intern() : ResolveParts(context, shape->parts[0]);
  const uint8 use = shape->nfields > 0 ? kTransformation : kIdentity;  // a row in a row
  parts = RecordUsed(parts, use, ResolveSet(context, shape->rows));
  if (params != nullptr) pfree(params);
  return parts;
}

}  // namespace

void ExprMemosReset() { memo_epoch++; }

const Shape *ExprShape(PLpgSQL_expr *expr) {
  ExprEntry *entry = EntryOf(expr);
  return entry == nullptr ? nullptr : entry->shape;
}

const SourceSet *ExprValue(RoutineFrame *frame, PLpgSQL_expr *expr) {
  ExprEntry *entry = EntryOf(expr);
  if (entry == nullptr) return EmptySet();
  if (MemoHolds(frame, entry)) return entry->value;
  const Shape *shape = entry->shape;
  entry->memo_valid = entry->parts_known = false;
  entry->value = Evaluate(frame, shape);
  entry->memo_valid = !shape->reads_temp && shape->nparams <= kMemoInputs &&
                      (shape->ncalls == 0 || !KnowsCalls(shape, frame->observed));
  entry->memo_epoch = memo_epoch;
  entry->bodies = BodiesRead();
  return entry->value;
}

const Shape *KnownExprShape(PLpgSQL_expr *expr) {
  const ExprEntry *entry = KnownEntry(SourceOf(expr));
  return entry == nullptr ? nullptr : entry->shape;
}

const SourceSet *ExprValueKnown(RoutineFrame *frame, PLpgSQL_expr *expr,
                                const RecordTaint **parts) {
  const ExprEntry *entry = KnownEntry(SourceOf(expr));
  if (entry == nullptr || !entry->memo_valid || entry->memo_epoch != memo_epoch) return nullptr;
  const Shape *shape = entry->shape;
  if (parts != nullptr && HasParts(shape) && !entry->parts_known) return nullptr;
  if (shape->ncalls > 0) {
    NoteOwnWork();  // another session may give a routine another body at any time
    if (entry->bodies != BodiesRead() || KnowsCalls(shape, frame->observed)) return nullptr;
  }
  for (int i = 0; i < shape->nparams; i++) {
    TaintSlot input = {};
    if (!FrameInput(frame, shape->params[i].paramid, shape->params[i].field, &input) ||
        !SameTaint(entry->inputs[i], input))
      return nullptr;
  }
  if (parts != nullptr) *parts = HasParts(shape) ? entry->parts : nullptr;
  return entry->value;
}

const RecordTaint *ExprParts(RoutineFrame *frame, PLpgSQL_expr *expr) {
  ExprEntry *entry = EntryOf(expr);
  if (entry == nullptr || !HasParts(entry->shape)) return nullptr;
  if (!MemoHolds(frame, entry)) entry->memo_valid = false;  // its inputs are others now
  if (entry->memo_valid && entry->parts_known) return entry->parts;
  entry->parts = EvaluateParts(frame, entry->shape);
  entry->parts_known = entry->memo_valid;
  return entry->parts;
}

bool GivesRow(RoutineFrame *frame, PLpgSQL_expr *expr) {
  const Shape *shape = ExprShape(expr);
  if (shape == nullptr || shape->nfields > 0) return shape != nullptr;
  const int variable = VariableOf(shape);
  return variable > 0 && variable <= frame->nslots &&
         frame->estate->datums[variable - 1]->dtype == PLPGSQL_DTYPE_REC;
}

void ExprColumns(RoutineFrame *frame, PLpgSQL_expr *expr, ResultTaint *out) {
  const Shape *shape = ExprShape(expr);
  if (shape == nullptr) return;
  const int variable = VariableOf(shape);
  if (variable > 0 && KeepsFields(frame, shape, variable)) {
    ReadVariable(frame, variable - 1, out);
    return;
  }
  const SourceSet **params = FrameParams(frame, shape);
  ObservationList all = {};
  ResolveContext context = ContextOf(frame, shape, params, &all);
  const SourceSet *rows = ResolveSet(context, shape->rows);
  int size = shape->nfields > 0 ? shape->nfields : shape->noutputs;
  const SymSet *sets = shape->nfields > 0 ? shape->fields : shape->outputs;
  const bool deep = shape->nparts == 1 && size == (shape->nfields > 0 ? shape->parts[0].size : 1);
  context.records = deep ? FrameRecords(frame, shape) : nullptr;
  const RecordTaint *record = deep ? ResolveParts(context, shape->parts[0]) : nullptr;
  if (variable > 0) record = FrameRecord(frame, variable, kWholeValue);
  for (int i = 0; i < size; i++) {
    out->columns.Append(UnionSets(ResolveSet(context, sets[i]), rows));
    const RecordTaint *parts = shape->nfields > 0 ? InnerRecord(record, i) : record;
    out->parts.Append(RecordUsed(parts, kIdentity, rows));
  }
  out->rows = UnionSets(out->rows, rows);
  if (params != nullptr) pfree(params);
}

}  // namespace pg_lineage
