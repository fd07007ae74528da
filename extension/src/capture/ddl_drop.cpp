// See ddl.h. What a command dropped: the objects that people made, named or carried along.
#include "capture/call_stack.h"
#include "capture/ddl.h"

namespace pg_lineage {
namespace {

bool IsOneOf(const char *word, const char *const *words) {
  for (; *words != nullptr; words++) {
    if (strcmp(word, *words) == 0) return true;
  }
  return false;
}

// One row of pg_event_trigger_dropped_objects().
struct Dropped {
  ObjectAddress address;
  bool original;  // named in the command
  bool normal;    // depended on something dropped, as opposed to being a part of it
  bool temporary;
  const char *object_type;
  const char *schema;
  const char *name;
  const char *identity;
};

Dropped ReadDropped(const EventTriggerRows &rows) {
  Dropped dropped = {};
  ObjectAddressSubSet(dropped.address, DatumGetObjectId(RowValue(rows, 1)),
                      DatumGetObjectId(RowValue(rows, 2)), DatumGetInt32(RowValue(rows, 3)));
  dropped.original = DatumGetBool(RowValue(rows, 4));
  dropped.normal = DatumGetBool(RowValue(rows, 5));
  dropped.temporary = DatumGetBool(RowValue(rows, 6));
  dropped.object_type = RowText(rows, 7);
  dropped.schema = RowText(rows, 8);
  dropped.name = RowText(rows, 9);
  dropped.identity = PlainIdentity(dropped.address.classId, RowText(rows, 10));
  return dropped;
}

// The schema of an object that has none itself but belongs to a table: first of its name's parts.
const char *SchemaOf(const EventTriggerRows &rows, const Dropped &dropped) {
  if (dropped.schema != nullptr) return dropped.schema;
  if (dropped.address.classId == NamespaceRelationId) return dropped.name;
  if (RowValue(rows, 11) == 0) return nullptr;
  Datum *parts = nullptr;
  bool *nulls = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(RowValue(rows, 11)), TEXTOID, -1, false, TYPALIGN_INT,
                    &parts, &nulls, &count);
  return count > 1 && !nulls[0] ? TextDatumGetCString(parts[0]) : nullptr;
}

// True for what is worth a record: objects that people made. Parts of them go without saying (row
// types, indexes, constraints, defaults, rules of views), and so do members of a dropped extension.
bool IsWorthRecording(const Dropped &dropped, const char *tag) {
  static const char *const kRelations[] = {
      "table",        "view",        "materialized view",    "foreign table",
      "table column", "view column", "foreign table column", nullptr};
  static const char *const kRoutines[] = {"function", "procedure", "aggregate",
                                          "trigger",  "schema",    nullptr};
  static const char *const kAlterTold[] = {"default value", "table constraint", "domain constraint",
                                           nullptr};
  const bool member = !dropped.original && !dropped.normal;
  if (IsOneOf(dropped.object_type, kAlterTold)) return false;
  if (member && strcmp(tag, "DROP EXTENSION") == 0) return false;
  if (strcmp(dropped.object_type, "trigger") == 0 && dropped.identity != nullptr &&
      strncmp(dropped.identity, "\"RI_ConstraintTrigger_", 22) == 0) {
    return false;  // half of a foreign key
  }
  if (IsOneOf(dropped.object_type, kRelations) || IsOneOf(dropped.object_type, kRoutines)) {
    return true;
  }
  const bool standalone = strcmp(dropped.object_type, "type") == 0 ||
                          strcmp(dropped.object_type, "domain") == 0 ||
                          strcmp(dropped.object_type, "sequence") == 0;
  return standalone ? !member : dropped.original && strncmp(tag, "DROP ", 5) == 0;
}

}  // namespace

void RecordDrops(const char *tag) {
  EventTriggerRows rows = CallEventTriggerFunction(F_PG_EVENT_TRIGGER_DROPPED_OBJECTS);
  while (NextEventTriggerRow(&rows)) {
    const Dropped dropped = ReadDropped(rows);
    if (dropped.temporary || dropped.object_type == nullptr || !IsWorthRecording(dropped, tag) ||
        DdlSchemaSkipped(SchemaOf(rows, dropped))) {
      continue;
    }
    DdlRecord record = {};
    record.classid = dropped.address.classId;
    record.objid = dropped.address.objectId;
    record.objsubid = dropped.address.objectSubId;
    record.command_tag = tag;
    record.object_type = dropped.object_type;
    record.object_identity = dropped.identity;
    record.subcommands = dropped.original ? nullptr : "[{\"type\": \"CASCADE\"}]";
    record.drop = true;
    record.path = CurrentPath();
    PendingAddDdl(record);
  }
  if (rows.store != nullptr) tuplestore_end(rows.store);
}

}  // namespace pg_lineage
