// What variables hold: states, their joining, assignment and reading.
#include "capture/plpgsql.h"
#include "lineage/field_paths.h"
#include "lineage/plpgsql_body.h"

namespace pg_lineage {

namespace {

bool IsClear(const Held &held) { return held.value->size == 0 && held.record == nullptr; }

// Two ways a variable can have come to a place.
Held JoinHeld(const Held &a, const Held &b) {
  Held joined = a;
  joined.row = a.row != nullptr ? a.row : b.row;
  joined.type = OidIsValid(a.type) ? a.type : b.type;
  if (a.constant == nullptr || b.constant == nullptr || !equal(a.constant, b.constant))
    joined.constant = nullptr;
  if (IsClear(b)) return joined;
  if (IsClear(a)) {
    joined.value = b.value;
    joined.record = b.record;
    return joined;
  }
  joined.value = UnionSets(a.value, b.value);
  if (a.record == b.record) return joined;
  if (a.record != nullptr && b.record != nullptr && a.record->size == b.record->size) {
    PodVector<const SourceSet *> fields = {};
    for (int i = 0; i < a.record->size; i++)
      fields.Append(UnionSets(a.record->fields[i], b.record->fields[i]));
    joined.record = InternRecord(fields.size, fields.items);
    return joined;
  }
  if (a.record != nullptr) joined.value = UnionSets(joined.value, RecordUnion(a.record));
  if (b.record != nullptr) joined.value = UnionSets(joined.value, RecordUnion(b.record));
  joined.record = nullptr;
  return joined;
}

bool SameHeld(const Held &a, const Held &b) {
  return a.value == b.value && a.record == b.record && a.constant == b.constant &&
         (a.row == nullptr) == (b.row == nullptr);
}

const SourceSet *FieldSet(const Held &held, int field) {
  if (held.record == nullptr) return held.value;
  if (field >= 1 && field <= held.record->size)
    return UnionSets(held.record->fields[field - 1], held.value);
  return UnionSets(RecordUnion(held.record), held.value);
}

void SetField(PlpgsqlBody *body, const PLpgSQL_recfield *field, const SourceSet *set) {
  Held *held = &body->state.held[field->recparentno];
  int number = held->row == nullptr ? 0 : FieldOf(held->row, field->fieldname);
  held->constant = nullptr;
  if (number == 0) {
    held->value = UnionSets(held->value, set);
    return;
  }
  PodVector<const SourceSet *> fields = {};
  for (int i = 1; i <= held->row->natts; i++) fields.Append(i == number ? set : FieldSet(*held, i));
  held->record = InternRecord(fields.size, fields.items);
  held->value = EmptySet();
}

// A row for a record variable: its own type's, else what comes.
TupleDesc RowFor(const PlpgsqlBody *body, int dno, TupleDesc coming) {
  const PLpgSQL_rec *record = reinterpret_cast<PLpgSQL_rec *>(body->function->datums[dno]);
  return record->rectypeid == RECORDOID ? coming : body->state.held[dno].row;
}

}  // namespace

HeldState CopyState(const PlpgsqlBody *body, const HeldState &state) {
  HeldState copy = state;
  Size size = sizeof(Held) * Max(body->function->ndatums, 1);
  copy.held = static_cast<Held *>(palloc(size));
  memcpy(copy.held, state.held, size);
  return copy;
}

bool JoinState(const PlpgsqlBody *body, HeldState *state, const HeldState &other) {
  if (other.held == nullptr || other.dead) return false;
  if (state->held == nullptr || state->dead) {
    *state = CopyState(body, other);
    return true;
  }
  bool gained = false;
  for (int i = 0; i < body->function->ndatums; i++) {
    if (SameHeld(state->held[i], other.held[i])) continue;
    Held joined = JoinHeld(state->held[i], other.held[i]);
    if (SameHeld(state->held[i], joined)) continue;
    state->held[i] = joined;
    gained = true;
  }
  return gained;
}

const SourceSet *HeldParam(Activation *activation, int paramid, int field) {
  PlpgsqlBody *body = static_cast<PlpgsqlBody *>(activation);
  const char *name = nullptr;
  if (field < kCursorRows) {  // of a part's parts nothing is told here
    const PathStep step = StepOf(static_cast<int16>(field));
    field = step.field;
    name = step.name;
  }
  if (body->dynamic) {
    const HeldRow &given = body->given[paramid - 1];
    if (field >= 1 && field <= given.sets.size && given.row != nullptr)
      return given.sets.items[field - 1];
    const SourceSet *all = EmptySet();
    for (int i = 0; i < given.sets.size; i++) all = UnionSets(all, given.sets.items[i]);
    return all;
  }
  int dno = paramid - 1;
  if (field == kCursorRows) return body->state.held[dno].value;
  PLpgSQL_datum *datum = body->function->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_RECFIELD) {
    const PLpgSQL_recfield *recfield = reinterpret_cast<PLpgSQL_recfield *>(datum);
    const Held &record = body->state.held[recfield->recparentno];
    return FieldSet(record, record.row == nullptr ? 0 : FieldOf(record.row, recfield->fieldname));
  }
  const Held &held = body->state.held[dno];
  if (name != nullptr && held.row != nullptr) field = FieldOf(held.row, name);
  return FieldSet(held, field);
}

void SetHeld(PlpgsqlBody *body, int dno, const SourceSet *set, Const *constant) {
  PLpgSQL_datum *datum = body->function->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_RECFIELD) {
    SetField(body, reinterpret_cast<PLpgSQL_recfield *>(datum), set);
  } else {
    Held *held = &body->state.held[dno];
    held->value = set;
    held->record = nullptr;
    held->constant = constant;
  }
}

void AssignHeld(PlpgsqlBody *body, int dno, const HeldRow &row) {
  PLpgSQL_datum *datum = body->function->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_ROW) {
    const PLpgSQL_row *target = reinterpret_cast<PLpgSQL_row *>(datum);
    for (int i = 0; i < target->nfields; i++)
      SetHeld(body, target->varnos[i], i < row.sets.size ? row.sets[i] : EmptySet(),
              target->nfields == 1 ? row.constant : nullptr);
  } else if (datum->dtype == PLPGSQL_DTYPE_REC) {
    Held *held = &body->state.held[dno];
    PodVector<const SourceSet *> fields = {};
    for (int i = 0; i < row.sets.size; i++) fields.Append(row.sets[i]);
    SpreadOverLive(reinterpret_cast<PLpgSQL_rec *>(datum)->rectypeid, &fields);
    held->row = RowFor(body, dno, row.row);
    held->value = EmptySet();
    held->constant = nullptr;
    held->record = fields.Empty() ? nullptr : InternRecord(fields.size, fields.items);
  } else {
    SetHeld(body, dno, row.sets.Empty() ? EmptySet() : row.sets[0], row.constant);
  }
}

HeldRow ReadHeld(PlpgsqlBody *body, int dno) {
  HeldRow out = {};
  out.rows = EmptySet();
  PLpgSQL_datum *datum = body->function->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_ROW) {
    const PLpgSQL_row *row = reinterpret_cast<PLpgSQL_row *>(datum);
    for (int i = 0; i < row->nfields; i++) out.sets.Append(HeldParam(body, row->varnos[i] + 1, 0));
    return out;
  }
  const Held &held = body->state.held[dno];
  if (datum->dtype == PLPGSQL_DTYPE_REC && held.record != nullptr) {
    for (int i = 1; i <= held.record->size; i++) out.sets.Append(FieldSet(held, i));
    out.row = held.row;
    return out;
  }
  out.sets.Append(HeldParam(body, dno + 1, 0));
  out.constant = held.constant;
  return out;
}

}  // namespace pg_lineage
