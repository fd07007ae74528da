// What the variables of a PL/pgSQL routine take, and what is read from them.
#include "capture/plpgsql.h"
#include "capture/plpgsql_info.h"

#include "edge/guard.h"

namespace pg_lineage {

namespace {

// A record of `width` fields with another one in place `index`.
const RecordTaint *WithField(const TaintSlot &slot, int width, int index, const SourceSet *set,
                             const RecordTaint *parts) {
  if (parts == nullptr && slot.record != nullptr && slot.record->size == width)
    return RecordWith(slot.record, index, set);
  RecordParts record = {};
  for (int i = 0; i < width; i++) {
    const bool known = slot.record != nullptr && i < slot.record->size;
    const SourceSet *field = known ? slot.record->fields[i] : slot.value;
    record.Add(nullptr, i == index ? set : field, i == index ? parts : InnerRecord(slot.record, i));
  }
  return record.Intern();
}

void SetRecordField(RoutineFrame *frame, PLpgSQL_recfield *field, const SourceSet *set) {
  TaintSlot *slot = &frame->slots[field->recparentno];
  PLpgSQL_rec *record = reinterpret_cast<PLpgSQL_rec *>(frame->estate->datums[field->recparentno]);
  int width = 0;
  const int index = FieldIndex(record, field->fieldname, &width);
  if (index < 0) {
    slot->value = UnionSets(slot->value, set);
    return;
  }
  slot->record = WithField(*slot, width, index, set, nullptr);
  slot->value = EmptySet();
}

}  // namespace

bool SetFieldQuickly(RoutineFrame *frame, const PLpgSQL_recfield *field, const SourceSet *set) {
  TaintSlot *slot = &frame->slots[field->recparentno];
  const int number = KnownFieldNumber(frame, field);
  if (number < 1 || slot->record == nullptr) return false;
  PLpgSQL_rec *record = reinterpret_cast<PLpgSQL_rec *>(frame->estate->datums[field->recparentno]);
  if (slot->record->size != expanded_record_get_tupdesc(record->erh)->natts) return false;
  const RecordTaint *now = KnownRecordWith(slot->record, number - 1, set);
  if (now == nullptr) return false;
  if (slot->record == now && slot->value == EmptySet()) return true;
  *slot = {EmptySet(), now};
  NoteOwnWork();
  return true;
}

void SetDatum(RoutineFrame *frame, int dno, const SourceSet *set) {
  if (dno < 0 || dno >= frame->nslots) return;
  PLpgSQL_datum *datum = frame->estate->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_RECFIELD) {
    SetRecordField(frame, reinterpret_cast<PLpgSQL_recfield *>(datum), set);
  } else if (datum->dtype == PLPGSQL_DTYPE_ROW) {
    PLpgSQL_row *row = reinterpret_cast<PLpgSQL_row *>(datum);
    for (int i = 0; i < row->nfields; i++) SetDatum(frame, row->varnos[i], set);
  } else {
    frame->slots[dno] = {set, nullptr};
  }
}

void SpreadOverLive(Oid row_type, PodVector<const SourceSet *> *sets) {
  if (row_type == RECORDOID || !type_is_rowtype(row_type)) return;
  TupleDesc desc = lookup_rowtype_tupdesc_noerror(row_type, -1, true);
  if (desc == nullptr) return;
  int live = 0;
  for (int i = 0; i < desc->natts; i++) live += TupleDescAttr(desc, i)->attisdropped ? 0 : 1;
  if (live < desc->natts && sets->size == live) {
    PodVector<const SourceSet *> spread = {};
    for (int i = 0, next = 0; i < desc->natts; i++)
      spread.Append(TupleDescAttr(desc, i)->attisdropped ? EmptySet() : sets->items[next++]);
    *sets = spread;
  }
  ReleaseTupleDesc(desc);
}

void AssignVariable(RoutineFrame *frame, PLpgSQL_datum *target, int size,
                    const SourceSet *const *sets, const RecordTaint *const *parts) {
  if (target->dtype == PLPGSQL_DTYPE_ROW) {
    PLpgSQL_row *row = reinterpret_cast<PLpgSQL_row *>(target);
    for (int i = 0; i < row->nfields; i++) {
      SetDatum(frame, row->varnos[i], i < size ? sets[i] : EmptySet());
      if (i < size && parts != nullptr) SetParts(frame, row->varnos[i], parts[i]);
    }
  } else if (target->dtype == PLPGSQL_DTYPE_REC && size > 0) {
    PodVector<const SourceSet *> fields = {};
    for (int i = 0; i < size; i++) fields.Append(sets[i]);
    SpreadOverLive(reinterpret_cast<PLpgSQL_rec *>(target)->rectypeid, &fields);
    RecordParts record = {};
    for (int i = 0; i < fields.size; i++)
      record.Add(nullptr, fields[i], parts != nullptr && fields.size == size ? parts[i] : nullptr);
    frame->slots[target->dno] = {EmptySet(), record.Intern()};
  } else {
    SetDatum(frame, target->dno, size > 0 ? sets[0] : EmptySet());
    if (size > 0 && parts != nullptr) SetParts(frame, target->dno, parts[0]);
  }
}

void SetParts(RoutineFrame *frame, int dno, const RecordTaint *parts) {
  if (parts == nullptr || dno < 0 || dno >= frame->nslots) return;
  PLpgSQL_datum *datum = frame->estate->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_VAR) {
    frame->slots[dno].record = parts;
  } else if (datum->dtype == PLPGSQL_DTYPE_REC && parts->names == nullptr) {
    frame->slots[dno] = {EmptySet(), parts};  // INOUT: a row among what comes back
  } else if (datum->dtype == PLPGSQL_DTYPE_RECFIELD) {
    PLpgSQL_recfield *field = reinterpret_cast<PLpgSQL_recfield *>(datum);
    PLpgSQL_datum *parent = frame->estate->datums[field->recparentno];
    int width = 0;
    const int index = FieldIndex(reinterpret_cast<PLpgSQL_rec *>(parent), field->fieldname, &width);
    if (index >= 0) SetPart(frame, parent, index, parts);
  }
}

void SetPart(RoutineFrame *frame, PLpgSQL_datum *target, int number, const RecordTaint *parts) {
  if (parts == nullptr) return;
  if (target->dtype == PLPGSQL_DTYPE_ROW) {
    PLpgSQL_row *row = reinterpret_cast<PLpgSQL_row *>(target);
    if (number < row->nfields) SetParts(frame, row->varnos[number], parts);
  } else if (target->dtype == PLPGSQL_DTYPE_REC) {
    TaintSlot *slot = &frame->slots[target->dno];
    if (slot->record != nullptr && number < slot->record->size)
      slot->record =
          WithField(*slot, slot->record->size, number, slot->record->fields[number], parts);
  } else if (number == 0) {
    SetParts(frame, target->dno, parts);
  }
}

void ReadVariable(RoutineFrame *frame, int dno, ResultTaint *out) {
  PLpgSQL_datum *datum = frame->estate->datums[dno];
  if (datum->dtype == PLPGSQL_DTYPE_ROW) {
    PLpgSQL_row *row = reinterpret_cast<PLpgSQL_row *>(datum);
    for (int i = 0; i < row->nfields; i++) {
      out->columns.Append(FrameParam(frame, row->varnos[i] + 1, 0));
      out->parts.Append(FrameRecord(frame, row->varnos[i] + 1, 0));
    }
    return;
  }
  const TaintSlot &slot = frame->slots[dno];
  if (datum->dtype == PLPGSQL_DTYPE_REC && slot.record != nullptr) {
    for (int i = 0; i < slot.record->size; i++) {
      out->columns.Append(slot.record->fields[i]);
      out->parts.Append(InnerRecord(slot.record, i));
    }
    return;
  }
  out->columns.Append(FrameParam(frame, dno + 1, 0));
  out->parts.Append(FrameRecord(frame, dno + 1, 0));
}

}  // namespace pg_lineage
