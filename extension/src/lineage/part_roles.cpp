#include "lineage/part_roles.h"

namespace pg_lineage {

namespace {

struct NamedRole {
  const char *name;
  PartRole role;
};

// Of pg_catalog (PostgreSQL manual, 9.16); those of json are the same without the b.
const NamedRole kOfServer[] = {
    {"jsonb_object_field", PartRole::kKey},
    {"jsonb_object_field_text", PartRole::kKey},
    {"jsonb_array_element", PartRole::kElement},
    {"jsonb_array_element_text", PartRole::kElement},
    {"jsonb_extract_path", PartRole::kPath},
    {"jsonb_extract_path_text", PartRole::kPath},
    {"jsonb_build_object", PartRole::kObject},
    {"jsonb_build_array", PartRole::kArray},
    {"to_jsonb", PartRole::kSame},
    {"row_to_json", PartRole::kSame},
    {"array_to_json", PartRole::kSame},
    {"jsonb_strip_nulls", PartRole::kSame},
    {"jsonb_array_elements", PartRole::kSame},
    {"jsonb_agg", PartRole::kAggregate},
    {"jsonb_agg_strict", PartRole::kAggregate},
    {"jsonb_populate_record", PartRole::kPopulate},
    {"jsonb_populate_recordset", PartRole::kPopulate},
    {"jsonb_to_record", PartRole::kToRecord},
    {"jsonb_to_recordset", PartRole::kToRecord},
    {"jsonb_concat", PartRole::kConcat},
    {"jsonb_delete", PartRole::kDelete},
    {"jsonb_set", PartRole::kSet},
    {"jsonb_set_lax", PartRole::kSet},
    {"jsonb_insert", PartRole::kSet},
};

// Of the extension hstore (F.18); a pair is an object of one key.
const NamedRole kOfHstore[] = {
    {"fetchval", PartRole::kKey},
    {"hs_concat", PartRole::kConcat},
    {"delete", PartRole::kDelete},
    {"hstore_to_json", PartRole::kSame},
    {"hstore_to_jsonb", PartRole::kSame},
    {"hstore_to_json_loose", PartRole::kSame},
    {"hstore_to_jsonb_loose", PartRole::kSame},
    {"populate_record", PartRole::kPopulate},
};

// `name`, or `name` without the b of jsonb.
bool SameName(const char *name, const char *of_jsonb) {
  if (strcmp(name, of_jsonb) == 0) return true;
  const char *b = strstr(of_jsonb, "jsonb");
  if (b == nullptr) return false;
  const size_t before = static_cast<size_t>(b - of_jsonb) + strlen("json");
  return strncmp(name, of_jsonb, before) == 0 && strcmp(name + before, b + strlen("jsonb")) == 0;
}

bool OfHstore(HeapTuple tuple) {
  if (reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang != ClanguageId) return false;
  bool is_null = false;
  Datum file = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_probin, &is_null);
  return !is_null && strcmp(TextDatumGetCString(file), "$libdir/hstore") == 0;
}

}  // namespace

PartRole PartRoleOf(HeapTuple tuple) {
  const Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  const char *name = NameStr(proc->proname);
  if (proc->oid < FirstNormalObjectId) {
    for (const NamedRole &known : kOfServer) {
      if (SameName(name, known.name)) return known.role;
    }
    return PartRole::kNone;
  }
  if (!OfHstore(tuple)) return PartRole::kNone;
  if (strcmp(name, "hstore") == 0) {
    if (proc->pronargs == 1)
      return type_is_rowtype(proc->proargtypes.values[0]) ? PartRole::kSame : PartRole::kNone;
    return proc->proargtypes.values[0] == TEXTOID ? PartRole::kObject : PartRole::kNone;
  }
  for (const NamedRole &known : kOfHstore) {
    if (strcmp(name, known.name) == 0) return known.role;
  }
  return PartRole::kNone;
}

}  // namespace pg_lineage
