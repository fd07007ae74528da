// What the parts of outputs and arguments are made of, when parameters and calls are known.
#include "capture/frame.h"
#include "lineage/field_paths.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// The parts that a parameter or a call has; NULL: not known.
const RecordTaint *PartsOf(const ResolveContext &context, const Sym &sym) {
  if (sym.type == SymType::kParam)
    return context.records == nullptr ? nullptr : context.records[sym.id];
  const ShapeCall &call = context.shape->calls[sym.id];
  const PathStep step = StepOf(sym.column);
  const RecordTaint *all = nullptr;
  int from = 0;
  while (context.observed != nullptr && step.field > 0) {
    const Observation *observed = FindObserved(context.observed, call, &from);
    if (observed == nullptr) break;
    if (observed->in_part || observed->whole != nullptr || step.field > observed->size)
      return nullptr;
    const RecordTaint *one =
        RecordAt(context.observed->columns[observed->first + step.field - 1].parts, step.then);
    if (one == nullptr) return nullptr;
    all = all == nullptr ? one : EitherRecord(all, one);
    if (all == nullptr) return nullptr;
  }
  return TraitsOf(call.function)->strict ? nullptr : all;
}

// Adds the keys of what `sym` stands for; false when they are not known.
bool AddSame(const ResolveContext &context, const Sym &sym, RecordParts *parts) {
  const RecordTaint *record = PartsOf(context, sym);
  if (record == nullptr) {
    Sym symbol = sym;
    return ResolveSet(context, {1, &symbol})->size == 0;
  }
  if (record->names == nullptr) return false;
  const RecordTaint *used = RecordUsed(record, sym.kind, parts->others);
  for (int i = 0; i < used->size; i++) {
    bool known = false;
    for (const char *name : parts->names) known |= name == used->names[i];
    if (!known) parts->Add(used->names[i], used->fields[i], InnerRecord(used, i));
  }
  return true;
}

}  // namespace

const RecordTaint *ResolveParts(const ResolveContext &context, const ShapeFields &fields) {
  if (!fields.told) return nullptr;
  RecordParts parts = {};
  parts.named = fields.names != nullptr;
  parts.others = ResolveSet(context, fields.others);
  for (int i = 0; i < fields.size; i++)
    parts.Add(parts.named ? fields.names[i] : nullptr, ResolveSet(context, fields.sets[i]),
              fields.inner == nullptr ? nullptr : ResolveParts(context, fields.inner[i]));
  for (int i = 0; i < fields.same.size; i++) {
    if (!AddSame(context, fields.same.items[i], &parts)) return nullptr;
  }
  return parts.Intern();
}

const RecordTaint *ResolveFields(const ResolveContext &context, const ShapeCall &call, int number) {
  MetCalls met = {&call, {}};
  ResolveContext within = context;
  within.met = &met;
  within.kind = kIdentity;
  const RecordTaint *record = ResolveParts(within, call.fields[number]);
  if (met.calls.items != nullptr) pfree(met.calls.items);
  return record;
}

}  // namespace pg_lineage
