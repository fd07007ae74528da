#include "capture/trigger_when.h"

#include "edge/hash_table.h"

namespace pg_lineage {

namespace {

// The columns that a trigger's condition names, read once: reading the stored tree takes longer
// than firing the trigger.
struct WhenEntry {
  Oid trigger;  // key
  uint64 text;  // hash of the condition
  Bitmapset *old_columns;
  Bitmapset *new_columns;
};
HTAB *when_table = nullptr;
MemoryContext when_context = nullptr;

WhenEntry *FindEntry(Oid trigger) {
  if (when_table == nullptr) {
    if (when_context == nullptr)
      when_context =
          AllocSetContextCreate(TopMemoryContext, "pg_lineage WHEN", ALLOCSET_SMALL_SIZES);
    when_table = MakeTable(&WhenEntry::trigger, "pg_lineage WHEN conditions", 32, when_context);
  }
  bool found = false;
  WhenEntry *entry =
      static_cast<WhenEntry *>(hash_search(when_table, &trigger, HASH_ENTER, &found));
  if (!found) {
    entry->text = 0;
    entry->old_columns = entry->new_columns = nullptr;
  }
  return entry;
}

void ReadCondition(const char *text, WhenEntry *entry) {
  Node *tree = static_cast<Node *>(stringToNode(text));
  Bitmapset *columns[2] = {nullptr, nullptr};
  pull_varattnos(tree, PRS2_OLD_VARNO, &columns[0]);
  pull_varattnos(tree, PRS2_NEW_VARNO, &columns[1]);
  MemoryContext caller = MemoryContextSwitchTo(when_context);
  bms_free(entry->old_columns);
  bms_free(entry->new_columns);
  entry->old_columns = bms_copy(columns[0]);
  entry->new_columns = bms_copy(columns[1]);
  MemoryContextSwitchTo(caller);
}

const SourceSet *Columns(const Bitmapset *columns, const RecordTaint *row) {
  if (row == nullptr || columns == nullptr) return EmptySet();
  const SourceSet *all = EmptySet();
  int member = -1;
  while ((member = bms_next_member(columns, member)) >= 0) {
    AttrNumber column = static_cast<AttrNumber>(member + FirstLowInvalidHeapAttributeNumber);
    if (column == 0) {
      all = UnionSets(all, RecordUnion(row));
    } else if (column > 0 && column <= row->size) {
      all = UnionSets(all, row->fields[column - 1]);
    }
  }
  return all;
}

}  // namespace

const SourceSet *WhenCondition(const Trigger *trigger, const RecordTaint *old_row,
                               const RecordTaint *new_row) {
  if (trigger->tgqual == nullptr) return EmptySet();
  WhenEntry *entry = FindEntry(trigger->tgoid);
  uint64 text = hash_bytes_extended(reinterpret_cast<const unsigned char *>(trigger->tgqual),
                                    static_cast<int>(strlen(trigger->tgqual)), 0);
  if (entry->text != text) {
    ReadCondition(trigger->tgqual, entry);
    entry->text = text;
  }
  return AsCondition(
      UnionSets(Columns(entry->old_columns, old_row), Columns(entry->new_columns, new_row)));
}

}  // namespace pg_lineage
