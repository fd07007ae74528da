#include "lineage/temp_tables.h"

#include "edge/hash_table.h"

namespace pg_lineage {

namespace {

struct TempTable {
  Oid relid;  // hash key
  int ncolumns;
  const SourceSet **columns;  // 0: rows
  bool deletes_rows;
  bool dropped;
};

struct Change {
  int level;
  Oid relid;
  int column;  // kDropMark: the table was dropped
  const SourceSet *before;
};

constexpr int kDropMark = -1;

HTAB *temp_table = nullptr;
PodVector<Change> journal = {};
TempView *views = nullptr;
uint64 writes = 0;

TempTable *Find(Oid relid) {
  if (temp_table == nullptr) return nullptr;
  return static_cast<TempTable *>(hash_search(temp_table, &relid, HASH_FIND, nullptr));
}

// Finds or makes the entry with room for `column`.
TempTable *Ensure(Oid relid, int column) {
  if (temp_table == nullptr)
    temp_table = MakeTable(&TempTable::relid, "pg_lineage temporary tables", 32, TopMemoryContext);
  bool found = false;
  TempTable *table = static_cast<TempTable *>(hash_search(temp_table, &relid, HASH_ENTER, &found));
  if (!found) {
    table->ncolumns = 0;
    table->columns = nullptr;
    table->deletes_rows = false;
    table->dropped = false;
  }
  if (column < table->ncolumns) return table;
  int wanted = column + 8;
  const SourceSet **grown = static_cast<const SourceSet **>(
      MemoryContextAlloc(TopMemoryContext, sizeof(SourceSet *) * wanted));
  for (int i = 0; i < wanted; i++) grown[i] = i < table->ncolumns ? table->columns[i] : EmptySet();
  if (table->columns != nullptr) pfree(table->columns);
  table->columns = grown;
  table->ncolumns = wanted;
  return table;
}

const TempBefore *FindBefore(const TempView *view, Oid relid, int column) {
  for (const TempBefore &known : view->before) {
    if (known.relid == relid && known.column == column) return &known;
  }
  return nullptr;
}

void Put(TempTable *table, int column, const SourceSet *set) {
  writes++;
  if (table->columns[column] == set) return;
  for (TempView *view = views; view != nullptr; view = view->next) {
    if (view->own != table->relid && FindBefore(view, table->relid, column) == nullptr)
      view->before.Append({table->relid, column, table->columns[column]});
  }
  journal.context = TopMemoryContext;
  journal.Append({GetCurrentTransactionNestLevel(), table->relid, column, table->columns[column]});
  table->columns[column] = set;
}

void Remove(TempTable *table) {
  Oid relid = table->relid;
  if (table->columns != nullptr) pfree(table->columns);
  hash_search(temp_table, &relid, HASH_REMOVE, nullptr);
}

// Undoes changes made at `level` or deeper, newest first.
void Undo(int level) {
  while (journal.size > 0 && journal.Last().level >= level) {
    const Change &change = journal.Last();
    TempTable *table = Find(change.relid);
    if (table != nullptr && change.column == kDropMark) {
      table->dropped = false;
    } else if (table != nullptr && change.column < table->ncolumns) {
      table->columns[change.column] = change.before;
    }
    journal.size--;
  }
}

}  // namespace

bool TempTablesEmpty() { return temp_table == nullptr || hash_get_num_entries(temp_table) == 0; }

const SourceSet *TempColumn(Oid relid, int column) {
  TempTable *table = Find(relid);
  return table == nullptr || column >= table->ncolumns ? EmptySet() : table->columns[column];
}

const SourceSet *TempColumn(const TempView *view, Oid relid, int column) {
  const TempBefore *before = view == nullptr ? nullptr : FindBefore(view, relid, column);
  if (before == nullptr) return TempColumn(relid, column);
  return view->anew ? UnionSets(before->set, TempColumn(relid, column)) : before->set;
}

uint64 TempWrites() { return writes; }

void TempWatch(TempView *view) {
  view->next = views;
  views = view;
}

void TempUnwatch(const TempView *view) {
  for (TempView **link = &views; *link != nullptr; link = &(*link)->next) {
    if (*link != view) continue;
    *link = view->next;
    return;
  }
}

void TempAdd(Oid relid, int column, const SourceSet *set) {
  if (set->size == 0) return;
  TempTable *table = Ensure(relid, column);
  Put(table, column, UnionSets(table->columns[column], set));
}

void TempClear(Oid relid) {
  TempTable *table = Find(relid);
  for (int i = 0; table != nullptr && i < table->ncolumns; i++) Put(table, i, EmptySet());
}

void TempDeletesRowsAtCommit(Oid relid) { Ensure(relid, 0)->deletes_rows = true; }

void TempDropped(Oid relid) {
  TempTable *table = Find(relid);
  if (table == nullptr || table->dropped) return;
  table->dropped = true;
  journal.context = TopMemoryContext;
  journal.Append({GetCurrentTransactionNestLevel(), relid, kDropMark, EmptySet()});
}

void TempForget(Oid relid) {
  if (TempTable *table = Find(relid)) Remove(table);
}

void TempReplace(Oid relid, int column, const SourceSet *set) {
  Put(Ensure(relid, column), column, set);
}

void TempDiscard() {
  if (temp_table == nullptr) return;
  HASH_SEQ_STATUS scan;
  hash_seq_init(&scan, temp_table);
  while (TempTable *table = static_cast<TempTable *>(hash_seq_search(&scan))) Remove(table);
  journal.size = 0;
}

void TempSubCommit(int level) {
  for (int i = journal.size - 1; i >= 0 && journal[i].level >= level; i--)
    journal[i].level = level - 1;
}

void TempSubAbort(int level) { Undo(level); }

void TempTransactionEnd(bool committed) {
  if (!committed) Undo(0);
  journal.size = 0;
  if (!committed || temp_table == nullptr) return;
  HASH_SEQ_STATUS scan;
  hash_seq_init(&scan, temp_table);
  while (TempTable *table = static_cast<TempTable *>(hash_seq_search(&scan))) {
    if (table->dropped) {
      Remove(table);
    } else if (table->deletes_rows) {
      for (int i = 0; i < table->ncolumns; i++) table->columns[i] = EmptySet();
    }
  }
}

void TempCarryOver() {
  if (temp_table == nullptr) {
    SourceSetsReset();
    return;
  }
  MemoryContext scratch =
      AllocSetContextCreate(TopMemoryContext, "pg_lineage carry-over", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  HASH_SEQ_STATUS scan;
  hash_seq_init(&scan, temp_table);
  while (TempTable *table = static_cast<TempTable *>(hash_seq_search(&scan))) {
    for (int i = 0; i < table->ncolumns; i++) {
      Size size = offsetof(SourceSet, items) + sizeof(Source) * table->columns[i]->size;
      SourceSet *copy = static_cast<SourceSet *>(palloc(size));
      memcpy(copy, table->columns[i], size);
      table->columns[i] = copy;
    }
  }
  SourceSetsReset();
  hash_seq_init(&scan, temp_table);
  while (TempTable *table = static_cast<TempTable *>(hash_seq_search(&scan))) {
    for (int i = 0; i < table->ncolumns; i++) {
      SourceBag bag = {};
      bag.AddSet(table->columns[i], kIdentity);
      table->columns[i] = bag.Intern();
    }
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
}

}  // namespace pg_lineage
