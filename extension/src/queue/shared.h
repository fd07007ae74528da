// What all backends share: which facts are stored, how often they happened, and health.
//
// Fixed shared memory, requested at server start; without shared_preload_libraries there is none,
// SharedReady() is false and every function here does nothing. Counters are kept over a restart, at
// a crash as they were a minute before; what is stored the store's index says then.
//
// Locks. Facts live in one hash, partitioned over kPartitions LWLocks by hash value: shared mode to
// read or update an entry (its fields are guarded by its own spinlock), exclusive to add or remove.
// Database slots: the control LWLock to find or make one, then the slot's spinlock. Health counters
// and the id allocator are atomics. No lock is held across anything that can raise an error.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Where a fact's row was written: a mark is good only for the same table, file and generation. DROP
// and CREATE EXTENSION change the table, TRUNCATE the file, forget() and DDL the generation.
struct StoreMark {
  Oid table;
  Oid file;
  uint32 generation;
};

struct EventCounters {
  int64 executions;
  int64 rows;
  bool rows_unknown;  // the server did not count the rows of at least one execution
  TimestampTz first_seen;
  TimestampTz last_seen;
};

// Things worth counting; lineage.health shows each.
enum class Health : int {
  kErrorsSwallowed = 0,  // an error of ours that the user did not see
  kUntaggedExecutions,   // plans that lost their tag: lineage by table
  kDegradedShapes,       // statements too large to be followed in full
  kDegradedColumns,      // max_columns reached
  kDegradedPaths,        // max_path_depth reached
  kDegradedUnanalysed,   // a definition or statement that could not be analysed
  kRefusedLocked,        // the store was locked at commit; tried again at the next
  kRefusedReadOnly,      // read-only transaction or standby
  kRefusedError,         // the write failed; tried again at the next commit
  kRefusedStore,         // the store's tables are not as expected
  kLostAtExit,           // refused, and the backend ended before its next commit
  kGivenUp,              // the write failed at commit after commit: never to be written
  kEventsFull,           // max_events reached: not counted, the index asked instead
  kBreakerTrips,         // capture rested until the end of a transaction
  kEdgesWritten,
  kDdlWritten,
  kCostSamples,  // own cost: samples and their nanoseconds
  kCostNanoseconds,
  kUnanalysedDynamic,  // why: the reasons of kDegradedUnanalysed, in the order of Unanalysed
  kUnanalysedMissing,
  kUnanalysedLocked,
  kUnanalysedLanguage,
  kUnanalysedLimit,
  kUnanalysedError,
  kCount,
};

// Requests and attaches the memory through the server's hooks. Called once from _PG_init.
void InstallSharedMemory();

// True when shared memory is there.
bool SharedReady();

void HealthCount(Health what, uint64 n = 1);
uint64 HealthRead(Health what);

// Takes n ids, the first is returned. Ids are microseconds of the clock, moved on by use: they
// never repeat after a restart, and are roughly in the order of writing in all backends together.
int64 TakeIds(int n);
// Makes sure that later ids are above the one given: called with the highest one stored.
void RaiseIds(int64 at_least);

// True when the fact is known to be stored under this mark.
bool SharedEventSeen(uint64 key, const StoreMark &mark);
// Adds to the counters of a fact of this database; `stored` (may be NULL) is its new mark. False
// when there is no room: nothing was kept.
bool SharedEventAdd(uint64 key, const EventCounters &delta, const StoreMark *stored);
// Reads the counters of a fact; false when there are none.
bool SharedEventRead(uint64 key, EventCounters *counters);
// Removes a fact of this database.
void SharedEventForget(uint64 key);
// Removes the facts of a database; with `slot` its slot too (the database is dropped).
void SharedForget(Oid database, bool slot);
// Writes the counters to disk if that was not done within the last minute.
void SaveCountersSometimes();
// Removes what was written; a crash would bring it back.
void RemoveSavedCounters();
// Entries used and there at all, bytes of shared memory.
void SharedUsage(int64 *used, int64 *capacity, int64 *bytes);

// This database's generation: facts are looked up in the store again when it moves.
uint32 Generation();
void BumpGeneration();
// Whether ids were raised above the stored ones since server start; who writes first does it.
bool IdsRaised();
void NoteIdsRaised();

// True for whoever is first to note that this database's store is not as installed; `broken` false:
// it is again.
bool NoteStoreShape(bool broken);

// Feed rows waiting in this database. The count is kept by commits, and set right by counting.
void PendingAdd(int64 n);
// True when max_feed rows wait; `told`: a resync row is among them, or was added by a commit.
bool FeedFull(bool *told);
void NoteResync(bool waits);
// False when the count is not known and must be taken (PendingBegin, count, PendingSet). While
// prepared transactions are possible, which commit without us, a count is good for a second.
bool PendingRead(int64 *n);
uint64 PendingBegin();
// Sets the count unless commits changed it since PendingBegin() gave `since`.
void PendingSet(uint64 since, int64 n);

}  // namespace pg_lineage
