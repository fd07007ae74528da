#include "capture/frame.h"

#include "capture/plpgsql_info.h"
#include "lineage/field_paths.h"
#include "lineage/remote.h"
#include "lineage/resolve.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

RoutineFrame *frames[kMaxNodes];

bool Holds(const SourceSet *set, const Source &source) {
  for (int i = 0; i < set->size; i++) {
    if (set->items[i].node == source.node && set->items[i].column == source.column) return true;
  }
  return false;
}

// What a function behind an aggregate gave beyond what it was given: the arguments of all calls of
// it cannot be told apart, and are told beside it.
void AddSupportSources(const ResolveContext &context, const Sym &sym, SourceBag *bag) {
  const ShapeCall &call = context.shape->calls[sym.id];
  const SourceSet *given = EmptySet();
  for (int i = 0; i < context.shape->ncalls; i++) {
    const ShapeCall &other = context.shape->calls[i];
    if (other.supports) given = UnionSets(given, ResolveSet(context, other.args[0]));
  }
  int from = 0;
  while (context.observed != nullptr) {
    const Observation *observed = FindObserved(context.observed, call, &from);
    if (observed == nullptr) return;
    for (int i = 0; i < observed->size; i++) {
      const SourceSet *column = context.observed->columns[observed->first + i].set;
      SourceBag beyond = {};
      for (int s = 0; s < column->size; s++) {
        if (!Holds(given, column->items[s])) beyond.Add(column->items[s]);
      }
      if (!beyond.items.Empty()) bag->AddSet(beyond.Intern(), sym.kind);
    }
  }
}

// False where this resolution has gone into the call before.
bool GoInto(MetCalls *met, const ShapeCall *call, uint8 kind) {
  if (met->asked == call) return false;
  for (const MetCall &known : met->calls) {
    if (known.call == call && known.kind == kind) return false;
  }
  met->calls.Append({call, kind});
  return true;
}

// Adds what the call's arguments are made of, used in the way of `use`.
void AddArgumentSources(const ResolveContext &context, const ShapeCall &call, uint8 use,
                        SourceBag *bag) {
  MetCalls own = {};
  uint8 kind = Compose(context.kind, use);
  ResolveContext within = context;
  within.met = context.met == nullptr ? &own : context.met;
  within.kind = kind;
  if (GoInto(within.met, &call, kind)) {
    for (int i = 0; i < call.nargs; i++) bag->AddSet(ResolveSet(within, call.args[i]), use);
  }
  if (own.calls.items != nullptr) pfree(own.calls.items);
}

// A part of what a column was observed to hold.
const SourceSet *ColumnPart(const ObservedColumn &column, int16 path) {
  if (path == kWholeValue) return column.set;
  if (column.parts != nullptr) return RecordPart(column.parts, column.set, path);
  SourceBag bag = {};
  bag.AddSet(column.set, kTransformation);
  return bag.items.Empty() ? EmptySet() : bag.Intern();
}

// The result of a call: what was observed, else what its arguments may have made it.
void AddCallSources(const ResolveContext &context, const Sym &sym, SourceBag *bag) {
  const ShapeCall &call = context.shape->calls[sym.id];
  if (call.supports) {
    AddSupportSources(context, sym, bag);
    return;
  }
  int from = 0;
  bool seen = false;
  while (context.observed != nullptr) {
    const Observation *observed = FindObserved(context.observed, call, &from);
    if (observed == nullptr) break;
    seen |= !observed->in_part;
    if (observed->whole != nullptr && sym.column != kCallRows)
      bag->AddSet(observed->whole, sym.kind);
    if (sym.column == kCallRows) {
      bag->AddSet(observed->rows, sym.kind);
    } else if (sym.column == 0) {
      for (int i = 0; i < observed->size; i++)
        bag->AddSet(context.observed->columns[observed->first + i].set, sym.kind);
    } else {
      const PathStep step = StepOf(sym.column);
      if (step.field < 1 || step.field > observed->size) continue;
      const ObservedColumn &column = context.observed->columns[observed->first + step.field - 1];
      bag->AddSet(ColumnPart(column, step.then), sym.kind);
    }
  }
  uint8 use = kTransformation;
  if (seen || sym.column == kCallRows) {  // the arguments decide, if NULL, that there is no call
    if (!TraitsOf(call.function)->strict) return;
    use = kConditional;
  }
  AddArgumentSources(context, call, Compose(sym.kind, use), bag);
}

void AddTempSources(const ResolveContext &context, const Sym &sym, SourceBag *bag) {
  const SourceSet *set = TempColumn(context.temps, sym.id, sym.column);
  bag->AddSet(set, sym.kind == kRead ? kIdentity : sym.kind);
}

// Field number of a RECFIELD in its record's present layout; 0 when there is none.
int FieldNumber(RoutineFrame *frame, PLpgSQL_recfield *field) {
  PLpgSQL_rec *record = reinterpret_cast<PLpgSQL_rec *>(frame->estate->datums[field->recparentno]);
  if (record->erh == nullptr) return 0;
  if (field->rectupledescid == record->erh->er_tupdesc_id) return field->finfo.fnumber;
  // r := ROW(r.a, …): the layout in which the field was evaluated, not the one that r has since.
  if (field->recparentno == frame->replaced && field->rectupledescid != 0)
    return field->finfo.fnumber;
  ExpandedRecordFieldInfo info;
  if (!expanded_record_lookup_field(record->erh, field->fieldname, &info)) return 0;
  return info.fnumber;
}

}  // namespace

const Observation *FindObserved(const ObservationList *list, const ShapeCall &call, int *from) {
  for (int i = *from; i < list->items.size; i++) {
    const Callee &callee = list->items[i].callee;
    if (callee.function == call.function && SameSite(callee.site, call.site)) {
      *from = i + 1;
      return &list->items[i];
    }
  }
  return nullptr;
}

void ClearResult(ResultTaint *result) {
  result->columns.size = 0;
  result->columns.context = TopMemoryContext;
  result->rows = EmptySet();
  result->whole = nullptr;
  result->in_part = false;
  result->parts.size = 0;
  result->parts.context = TopMemoryContext;
}

const RecordTaint *PartsOfColumn(const ResultTaint &result, int column) {
  return column < result.parts.size ? result.parts[column] : nullptr;
}

// Before the columns are added; what one row does not tell is not known.
static void AddRowParts(ResultTaint *result, int size, const RecordTaint *const *parts) {
  if (parts == nullptr || (!result->columns.Empty() && result->parts.size != size)) {
    result->parts.size = 0;
    return;
  }
  for (int i = 0; i < size; i++) {
    if (result->columns.Empty()) {
      result->parts.Append(parts[i]);
    } else {
      result->parts[i] = EitherRecord(result->parts[i], parts[i]);
    }
  }
}

void AddResultRow(ResultTaint *result, int size, const SourceSet *const *columns,
                  const SourceSet *rows, const RecordTaint *const *parts) {
  AddRowParts(result, size, parts);
  for (int i = 0; i < size; i++) {
    if (i < result->columns.size) {
      result->columns[i] = UnionSets(result->columns[i], columns[i]);
    } else {
      result->columns.Append(columns[i]);
    }
  }
  result->rows = UnionSets(result->rows, rows);
}

void Observe(ObservationList *list, const Callee &callee, const ResultTaint &result) {
  // A function called for every row gives the same again and again: keep one of each.
  for (const Observation &seen : list->items) {
    if (seen.callee.function != callee.function || seen.callee.site != callee.site ||
        seen.size != result.columns.size || seen.rows != result.rows ||
        seen.whole != result.whole || seen.in_part != result.in_part)
      continue;
    bool same = true;
    for (int i = 0; i < seen.size && same; i++)
      same = list->columns[seen.first + i].set == result.columns[i] &&
             list->columns[seen.first + i].parts == PartsOfColumn(result, i);
    if (same) return;
  }
  int first = list->columns.size;
  for (int i = 0; i < result.columns.size; i++)
    list->columns.Append({result.columns[i], PartsOfColumn(result, i)});
  list->items.Append(
      {callee, first, result.columns.size, result.rows, result.whole, result.in_part});
}

void ObserveAll(ObservationList *list, const ObservationList &other, bool in_part) {
  for (const Observation &item : other.items) {
    ResultTaint result = {};
    for (int i = 0; i < item.size; i++) {
      result.columns.Append(other.columns[item.first + i].set);
      result.parts.Append(other.columns[item.first + i].parts);
    }
    result.rows = item.rows;
    result.whole = item.whole;
    result.in_part = item.in_part || in_part;
    Observe(list, item.callee, result);
  }
}

bool FrameReady(int depth, int nslots) {
  return frames[depth] != nullptr && frames[depth]->capacity >= nslots;
}

RoutineFrame *AcquireFrame(int depth, int nslots) {
  RoutineFrame *frame = frames[depth];
  if (frame == nullptr) {
    frame =
        static_cast<RoutineFrame *>(MemoryContextAllocZero(TopMemoryContext, sizeof(RoutineFrame)));
    frame->statements.context = TopMemoryContext;
    frame->observed.items.context = TopMemoryContext;
    frame->observed.columns.context = TopMemoryContext;
    frame->seen.before.context = TopMemoryContext;
    frames[depth] = frame;
  }
  if (frame->capacity < nslots) {
    if (frame->slots != nullptr) pfree(frame->slots);
    frame->slots = nullptr;
    frame->capacity = 0;
    frame->slots = static_cast<TaintSlot *>(
        MemoryContextAlloc(TopMemoryContext, sizeof(TaintSlot) * (nslots + 8)));
    frame->capacity = nslots + 8;
  }
  for (int i = 0; i < nslots; i++) frame->slots[i] = {EmptySet(), nullptr};
  static uint64 serial = 0;
  frame->serial = ++serial;
  frame->nslots = nslots;
  frame->estate = nullptr;
  frame->function = nullptr;
  frame->info = nullptr;
  frame->began_after = 0;
  frame->held = nullptr;
  frame->has_read = false;
  frame->routine = frame->trigger_relation = frame->trigger_node = InvalidOid;
  frame->site = kAnySite;
  frame->before_row_trigger = false;
  frame->returned = nullptr;
  frame->kept = EmptySet();
  frame->statements.size = 0;
  frame->called_under = frame->base_condition = frame->row_count = EmptySet();
  frame->observed.items.size = frame->observed.columns.size = frame->seen.before.size = 0;
  frame->initial_new = nullptr;
  frame->replaced = -1;
  ClearResult(&frame->result);
  return frame;
}

void FramesReset() { RecordsReset(); }

const SourceSet *OwnCondition(const RoutineFrame *frame) {
  if (frame->statements.Empty()) return frame->base_condition;
  const StatementEntry &entry = frame->statements.items[frame->statements.size - 1];
  return UnionSets(frame->base_condition, entry.condition);
}

const SourceSet *FrameCondition(const RoutineFrame *frame) {
  return UnionSets(frame->called_under, OwnCondition(frame));
}

const SourceSet *ResolveSet(const ResolveContext &context, const SymSet &set) {
  if (set.size == 0) return EmptySet();
  SourceBag bag = {};
  for (int i = 0; i < set.size; i++) {
    const Sym &sym = set.items[i];
    switch (sym.type) {
      case SymType::kRelation:
        bag.Add({sym.id, sym.column, sym.kind, 0});
        break;
      case SymType::kTemp:
        AddTempSources(context, sym, &bag);
        break;
      case SymType::kRemote:
        bag.Add({RemoteNow(sym.id), sym.column, sym.kind, kSourceIsUri});
        break;
      case SymType::kParam:
        if (context.params != nullptr) bag.AddSet(context.params[sym.id], sym.kind);
        break;
      case SymType::kCall:
        AddCallSources(context, sym, &bag);
        break;
    }
  }
  const SourceSet *result = bag.Intern();
  if (bag.items.items != nullptr) pfree(bag.items.items);
  return result;
}

const SourceSet *ResolveArgument(const ResolveContext &context, const ShapeCall &call,
                                 const SymSet &set) {
  MetCalls met = {&call, {}};
  ResolveContext within = context;
  within.met = &met;
  within.kind = kIdentity;
  const SourceSet *result = ResolveSet(within, set);
  if (met.calls.items != nullptr) pfree(met.calls.items);
  return result;
}

const SourceSet *FrameScalar(const RoutineFrame *frame, int paramid) {
  int index = paramid - 1;
  if (index < 0 || index >= frame->nslots || frame->estate == nullptr) return nullptr;
  PLpgSQL_datum_type type = frame->estate->datums[index]->dtype;
  if (type != PLPGSQL_DTYPE_VAR && type != PLPGSQL_DTYPE_PROMISE) return nullptr;
  return frame->slots[index].record == nullptr ? frame->slots[index].value : nullptr;
}

bool FrameInput(const RoutineFrame *frame, int paramid, int16 path, TaintSlot *out) {
  const int index = paramid - 1;
  if (index < 0 || index >= frame->nslots || frame->estate == nullptr) return false;
  PLpgSQL_datum *datum = frame->estate->datums[index];
  *out = frame->slots[index];
  if (datum->dtype == PLPGSQL_DTYPE_VAR || datum->dtype == PLPGSQL_DTYPE_PROMISE) return true;
  // A field by name depends on the record's layout.
  if (datum->dtype == PLPGSQL_DTYPE_REC) return path >= 0;
  if (datum->dtype != PLPGSQL_DTYPE_RECFIELD || path != kWholeValue) return false;
  const PLpgSQL_recfield *field = reinterpret_cast<PLpgSQL_recfield *>(datum);
  const int number = KnownFieldNumber(frame, field);
  const RecordTaint *record = frame->slots[field->recparentno].record;
  if (number < 1 || record == nullptr || record->names != nullptr || number > record->size)
    return false;
  *out = {record->fields[number - 1], InnerRecord(record, number - 1)};
  return true;
}

// A part of field `number` of a record.
static const SourceSet *FieldPart(const TaintSlot &slot, int number, int16 path) {
  const SourceSet *field = slot.record == nullptr ? slot.value
                                                  : RecordPart(slot.record, slot.value,
                                                               static_cast<int16>(Max(number, 1)));
  if (path == kWholeValue) return field;
  const RecordTaint *inner = InnerRecord(slot.record, number - 1);
  if (inner != nullptr) return RecordPart(inner, field, path);
  SourceBag bag = {};
  bag.AddSet(field, kTransformation);
  return bag.items.Empty() ? EmptySet() : bag.Intern();
}

// The record variable in which a parameter is a field, with the field's number; else the
// parameter's own place.
static int PlaceOf(RoutineFrame *frame, int index, int16 *path, int *number) {
  *number = 0;
  if (frame->estate == nullptr) return index;
  PLpgSQL_datum *datum = frame->estate->datums[index];
  if (datum->dtype == PLPGSQL_DTYPE_RECFIELD) {
    PLpgSQL_recfield *field = reinterpret_cast<PLpgSQL_recfield *>(datum);
    *number = FieldNumber(frame, field);
    return field->recparentno;
  }
  if (datum->dtype != PLPGSQL_DTYPE_REC || *path >= 0) return index;
  const PathStep step = StepOf(*path);
  if (step.name == nullptr) return index;
  int width = 0;
  const int place = FieldIndex(reinterpret_cast<PLpgSQL_rec *>(datum), step.name, &width);
  if (place < 0) return index;
  *number = place + 1;
  *path = step.then;
  return index;
}

const SourceSet *FrameParam(RoutineFrame *frame, int paramid, int16 path) {
  int index = paramid - 1;
  if (index < 0 || index >= frame->nslots) return EmptySet();
  if (frame->estate != nullptr && frame->estate->datums[index]->dtype == PLPGSQL_DTYPE_ROW) {
    PLpgSQL_row *row = reinterpret_cast<PLpgSQL_row *>(frame->estate->datums[index]);
    const SourceSet *all = EmptySet();
    for (int i = 0; i < row->nfields; i++)
      all = UnionSets(all, FrameParam(frame, row->varnos[i] + 1, 0));
    return all;
  }
  const bool field =
      frame->estate != nullptr && frame->estate->datums[index]->dtype == PLPGSQL_DTYPE_RECFIELD;
  int number = 0;
  const TaintSlot &slot = frame->slots[PlaceOf(frame, index, &path, &number)];
  if (number > 0) return FieldPart(slot, number, path);
  if (field) path = kWholeValue;  // of a layout that is gone
  if (path != kWholeValue) return RecordPart(slot.record, slot.value, path);
  return slot.record == nullptr ? slot.value : UnionSets(slot.value, RecordUnion(slot.record));
}

const RecordTaint *FrameRecord(RoutineFrame *frame, int paramid, int16 path) {
  const int index = paramid - 1;
  if (index < 0 || index >= frame->nslots) return nullptr;
  int number = 0;
  const RecordTaint *record = frame->slots[PlaceOf(frame, index, &path, &number)].record;
  if (number > 0) record = InnerRecord(record, number - 1);
  return RecordAt(record, path);
}

const RecordTaint **FrameRecords(RoutineFrame *frame, const Shape *shape) {
  return RecordsFor(shape, [&](const ShapeParam &param) {
    return FrameRecord(frame, param.paramid, param.field);
  });
}

}  // namespace pg_lineage
