// Rows of the store under construction, and new feed rows, for our SQL functions.
#pragma once

#include "edge/server.h"
#include "queue/store.h"

namespace pg_lineage {

// Columns are added in the order of the table.
struct Row {
  Datum values[kMaxStoreColumns];
  bool nulls[kMaxStoreColumns];
  int size;

  void Add(Datum value) {
    nulls[size] = false;
    values[size++] = value;
  }
  // NULL text: SQL NULL.
  void AddText(const char *text) {
    nulls[size] = text == NULL;
    values[size++] = text == NULL ? (Datum)0 : CStringGetTextDatum(text);
  }
};

// True when two varlena values hold the same bytes.
inline bool SameBytes(Datum a, Datum b) {
  struct varlena *left = PG_DETOAST_DATUM_PACKED(a);
  struct varlena *right = PG_DETOAST_DATUM_PACKED(b);
  Size size = VARSIZE_ANY_EXHDR(left);
  return size == VARSIZE_ANY_EXHDR(right) &&
         memcmp(VARDATA_ANY(left), VARDATA_ANY(right), size) == 0;
}

inline void StoreInsertRow(StoreTable *table, Row &row) {
  Assert(row.size == table->ncolumns);
  StoreInsert(table, row.values, row.nulls);
}

// Adds a row to the feed in the running transaction; the caller counts it (PendingFeedChange, or
// the writer's batch). The transaction has its id before the row has, which lets readers of the
// feed tell when no lower id can come any more.
void FeedRow(StoreTable *queue, const char *kind, int64 ref, const char *object,
             const char *object_type);

// The feed as the writer fills it. At max_feed rows one resync row stands for all that follow.
struct FeedWriter {
  StoreTable *queue;
  int64 rows;  // added
  bool full;
  bool told;          // a resync row waits already
  bool wrote_resync;  // by this writer
};
FeedWriter BeginFeed(StoreTable *queue);
void Feed(FeedWriter *feed, const char *kind, int64 ref);

}  // namespace pg_lineage
