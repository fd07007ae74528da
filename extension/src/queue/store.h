// The tables of schema lineage, as heaps: found, opened, read and written below SQL.
//
// Inserting here runs no trigger, rule, default or right, is not seen by logical decoding, and
// maintains the btree indexes of the table, plain or with `WHERE an_oid <> 0`. A table that does
// not have exactly the columns of the installed version is never written: StoreOpen() gives NULL
// and says so once in the log.
//
// Use inside a transaction. Locks taken are held until it ends. Errors may be raised.
//
//   StoreTable *edge = StoreOpen(StoreId::kEdge, RowExclusiveLock, false);
//   if (edge == NULL) ... refused ...
//   StoreInsert(edge, values, nulls);
//   StoreClose(edge);
#pragma once

#include "edge/server.h"
#include "queue/shared.h"

namespace pg_lineage {

constexpr const char *kSchema = "lineage";
constexpr int kMaxStoreIndexes = 16;  // REINDEX CONCURRENTLY has each of them twice
constexpr int kMaxStoreColumns = 24;
constexpr int kMaxStoreKeys = 2;  // leading columns by which rows are looked for

enum class StoreId : int {
  kNode = 0,
  kEdge,
  kDdl,
  kQueue,
  kSink,
  kTaken,
  kParked,
  kState,
  kPast,
  kDoubt
};
constexpr int kStoreTables = 10;

// What is known of an index without opening it.
struct StoreIndex {
  Oid oid;
  AttrNumber not_zero;  // an OID: rows where it is zero are not in the index; 0: all rows are
  int16 nkeys;
  AttrNumber keys[kMaxStoreKeys];
};

struct StoreTable {
  Relation relation;
  TupleTableSlot *slot;  // of the row written last; NULL before the first
  CommandId written;     // the last command that inserted here
  int ncolumns;          // as installed
  LOCKMODE mode;
  int nindexes;
  StoreIndex known[kMaxStoreIndexes];
  Relation indexes[kMaxStoreIndexes];  // NULL: not opened yet
  IndexInfo plain;                     // what btree is told of each
};

// Why StoreOpen() gave nothing.
enum class StoreRefusal { kNone, kAbsent, kLocked, kShape };

// True when the extension is installed in this database. Cheap: cached, reset by invalidations.
extern bool store_known;  // it was found; written by queue/store.cpp alone
bool LookForStore();
inline bool StorePresent() { return store_known || LookForStore(); }

// The mark that a fact stored now has. False when the extension is not there, or broken, which is
// said once; so not to be called while CREATE EXTENSION runs.
bool StoreMarkNow(StoreMark *mark);

// Whose OIDs are stored: a hash of the cluster's identifier and this database.
int64 DatabaseStamp();

// Opens a table and its indexes. Without `wait` a lock that is not to be had at once refuses.
StoreTable *StoreOpen(StoreId id, LOCKMODE mode, bool wait, StoreRefusal *why);
// The same without waiting, and its indexes only when they are needed: to lock and open them is
// most of what a small write costs. One that is locked then is an error, LOCK_NOT_AVAILABLE.
StoreTable *StoreOpenLazily(StoreId id, LOCKMODE mode, StoreRefusal *why);
void StoreClose(StoreTable *table);
// The same, and gives back the locks that opening it took: for a look into the store in the middle
// of a user's transaction, which is not to hold locks of ours.
void StoreCloseUnlock(StoreTable *table, LOCKMODE mode);

void StoreInsert(StoreTable *table, Datum *values, bool *nulls);
// Deletes a row just read, which this command may have inserted. Never waits unless told: false
// when another transaction is at it.
bool StoreDelete(StoreTable *table, ItemPointer tid, bool wait);

// The highest id stored, 0 for none.
int64 StoreHighestId(StoreTable *table);

// Rows whose leading columns equal `keys` (attribute numbers of the table, ascending columns of one
// index), or all rows with nkeys 0. SnapshotSelf takes no predicate lock and sees what just
// committed.
// By an index of the open table; read on by systable_getnext(), ended by StoreEndScan().
SysScanDesc StoreScan(StoreTable *table, Snapshot snapshot, ScanKeyData *keys, int nkeys);
void StoreEndScan(SysScanDesc scan);
inline void StoreKey(ScanKeyData *key, AttrNumber column, RegProcedure equal, Datum value) {
  ScanKeyInit(key, column, BTEqualStrategyNumber, equal, value);
}

// What our readers use: the statement's snapshot, or SnapshotSelf in SERIALIZABLE, where reading
// our tables by an MVCC snapshot would make other transactions fail.
Snapshot StoreReadSnapshot();

}  // namespace pg_lineage
