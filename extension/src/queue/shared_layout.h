// The layout of the shared segment; for queue/shared*.cpp only. Locks: see queue/shared.h.
#pragma once

#include "edge/server.h"
#include "queue/shared.h"

namespace pg_lineage {

constexpr int kPartitions = 16;
constexpr int kSlots = 256;  // databases; those beyond share slot 0, whose count is never trusted
constexpr int kTrancheLocks = kPartitions + 1;

// Hash key: compared as bytes, so no padding may be left unset.
struct EventKey {
  uint64 fact;
  Oid database;
  uint32 zero;
};

struct SharedEvent {
  EventKey key;   // first: the hash's key
  slock_t mutex;  // guards what follows
  StoreMark mark;
  EventCounters counters;
};

struct DatabaseSlot {
  Oid database;   // guarded by the control lock
  slock_t mutex;  // guards what follows
  uint32 generation;
  bool ids_raised;
  bool pending_known;
  bool store_broken;
  bool resync_waits;
  TimestampTz pending_counted;
  int64 pending;
  uint64 pending_changes;
};

struct SharedState {
  LWLockPadded *locks;  // partitions, then the control lock
  pg_atomic_uint64 last_id;
  pg_atomic_uint64 last_saved;  // when the file was last written
  pg_atomic_uint64 health[static_cast<int>(Health::kCount)];
  DatabaseSlot slots[kSlots];
};

extern SharedState *shared_state;
extern HTAB *shared_events;

inline LWLock *PartitionLock(int partition) { return &shared_state->locks[partition].lock; }
inline LWLock *ControlLock() { return &shared_state->locks[kPartitions].lock; }

// Reads the counters of a clean shutdown, and arranges that they are written at the next one.
void LoadCounters();
void SaveCountersAtExit();

}  // namespace pg_lineage
