#include "lineage/row_types.h"

namespace pg_lineage {

int PlaceOfName(List *names, const char *name) {
  int place = 0;
  ListCell *cell;
  foreach (cell, names) {
    if (strcmp(strVal(lfirst(cell)), name) == 0) place = foreach_current_index(cell) + 1;
  }
  return place;
}

int NumberIn(TupleDesc desc, const char *name) {
  for (int i = 0; i < desc->natts; i++) {
    const FormData_pg_attribute *attribute = TupleDescAttr(desc, i);
    if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0) return i + 1;
  }
  return 0;
}

int SameField(Oid type, int field, Oid other) {
  TupleDesc desc = lookup_rowtype_tupdesc_noerror(type, -1, true);
  if (desc == nullptr) return 0;
  TupleDesc there = lookup_rowtype_tupdesc_noerror(other, -1, true);
  int found = 0;
  for (int i = 0; there != nullptr && field <= desc->natts && i < there->natts; i++) {
    Form_pg_attribute attribute = TupleDescAttr(there, i);
    if (!attribute->attisdropped &&
        strcmp(NameStr(attribute->attname), NameStr(TupleDescAttr(desc, field - 1)->attname)) == 0)
      found = i + 1;
  }
  if (there != nullptr) ReleaseTupleDesc(there);
  ReleaseTupleDesc(desc);
  return found;
}

bool IsJson(Oid type) {
  type = getBaseType(type);
  return type == JSONOID || type == JSONBOID;
}

static TupleDesc RowOf(Oid type, int32 typmod) {
  Oid element = get_element_type(getBaseType(type));
  if (OidIsValid(element)) type = element;
  return type_is_rowtype(type) ? lookup_rowtype_tupdesc_domain(type, typmod, true) : nullptr;
}

bool AddNamesOf(Oid type, int32 typmod, AskedNames *asked) {
  TupleDesc desc = RowOf(type, typmod);
  if (desc == nullptr) return false;
  asked->AddAll(desc);
  ReleaseTupleDesc(desc);
  return true;
}

int NumberOfField(Oid type, int32 typmod, const char *name) {
  TupleDesc desc = RowOf(type, typmod);
  if (desc == nullptr) return -1;
  int number = NumberIn(desc, name);
  ReleaseTupleDesc(desc);
  return number;
}

}  // namespace pg_lineage
