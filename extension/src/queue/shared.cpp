#include "queue/shared.h"

#include "edge/compat.h"
#include "edge/guc.h"
#include "queue/shared_layout.h"

namespace pg_lineage {

SharedState *shared_state = NULL;
HTAB *shared_events = NULL;

namespace {

constexpr const char *kTranche = "pg_lineage";

shmem_request_hook_type next_shmem_request = NULL;
shmem_startup_hook_type next_shmem_startup = NULL;
object_access_hook_type next_object_access = NULL;
DatabaseSlot *my_slot = NULL;       // a backend never changes its database
Oid dropped_database = InvalidOid;  // by the running DROP DATABASE, which may still be refused

Size SegmentSize() {
  return add_size(MAXALIGN(sizeof(SharedState)),
                  hash_estimate_size(settings.max_events, sizeof(SharedEvent)));
}

void RequestMemory() {
  if (next_shmem_request != NULL) next_shmem_request();
  RequestAddinShmemSpace(SegmentSize());
  RequestNamedLWLockTranche(kTranche, kTrancheLocks);
}

void InitState() {
  memset(shared_state, 0, sizeof(SharedState));
  shared_state->locks = GetNamedLWLockTranche(kTranche);
  pg_atomic_init_u64(&shared_state->last_id, 0);
  pg_atomic_init_u64(&shared_state->last_saved, 0);
  for (pg_atomic_uint64 &counter : shared_state->health) pg_atomic_init_u64(&counter, 0);
  for (DatabaseSlot &slot : shared_state->slots) SpinLockInit(&slot.mutex);
}

void StartMemory() {
  if (next_shmem_startup != NULL) next_shmem_startup();
  shared_state = NULL;
  shared_events = NULL;
  bool found;
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  shared_state =
      static_cast<SharedState *>(ShmemInitStruct("pg_lineage", sizeof(SharedState), &found));
  if (!found) InitState();
  HASHCTL info = {};
  info.keysize = sizeof(EventKey);
  info.entrysize = sizeof(SharedEvent);
  info.num_partitions = kPartitions;
  shared_events = ShmemInitHash("pg_lineage events", settings.max_events, settings.max_events,
                                &info, HASH_ELEM | HASH_BLOBS | HASH_PARTITION);
  LWLockRelease(AddinShmemInitLock);
  // Only the postmaster, which alone sees the clean shutdown, owns the file.
  if (!IsUnderPostmaster) SaveCountersAtExit();
  if (!found) LoadCounters();
}

EventKey KeyOf(Oid database, uint64 fact) { return EventKey{fact, database, 0}; }

LWLock *LockOf(uint32 hash) { return PartitionLock(hash % kPartitions); }

// Finds or makes the slot of this database; slot 0 when all others are taken.
DatabaseSlot *MySlot() {
  if (my_slot != NULL) return my_slot;
  DatabaseSlot *chosen = NULL;
  LWLockAcquire(ControlLock(), LW_EXCLUSIVE);
  for (int i = 1; i < kSlots; i++) {
    DatabaseSlot *slot = &shared_state->slots[i];
    if (slot->database == MyDatabaseId) {
      chosen = slot;
      break;
    }
    if (chosen == NULL && !OidIsValid(slot->database)) chosen = slot;
  }
  if (chosen == NULL) chosen = &shared_state->slots[0];
  if (chosen != &shared_state->slots[0]) chosen->database = MyDatabaseId;
  LWLockRelease(ControlLock());
  my_slot = chosen;
  return chosen;
}

bool SameMark(const StoreMark &a, const StoreMark &b) {
  return a.table == b.table && a.file == b.file && a.generation == b.generation;
}

// Adds delta to an entry; the caller holds the partition lock.
void Accumulate(SharedEvent *event, const EventCounters &delta, const StoreMark *stored) {
  SpinLockAcquire(&event->mutex);
  EventCounters *sum = &event->counters;
  if (delta.executions > 0) {
    if (sum->executions == 0 || delta.first_seen < sum->first_seen)
      sum->first_seen = delta.first_seen;
    if (delta.last_seen > sum->last_seen) sum->last_seen = delta.last_seen;
    sum->executions += delta.executions;
    sum->rows += delta.rows;
    sum->rows_unknown |= delta.rows_unknown;
  }
  if (stored != NULL) event->mark = *stored;
  SpinLockRelease(&event->mutex);
}

// Calls look(event) with the entry of an event, locked; false when there is none.
template <typename Look>
bool LookAt(uint64 key, Look look) {
  if (!SharedReady()) return false;
  EventKey wanted = KeyOf(MyDatabaseId, key);
  uint32 hash = get_hash_value(shared_events, &wanted);
  LWLockAcquire(LockOf(hash), LW_SHARED);
  SharedEvent *event = static_cast<SharedEvent *>(
      hash_search_with_hash_value(shared_events, &wanted, hash, HASH_FIND, NULL));
  if (event != NULL) {
    SpinLockAcquire(&event->mutex);
    look(*event);
    SpinLockRelease(&event->mutex);
  }
  LWLockRelease(LockOf(hash));
  return event != NULL;
}

// Frees the slot of a dropped database.
void FreeSlot(Oid database) {
  LWLockAcquire(ControlLock(), LW_EXCLUSIVE);
  for (int i = 1; i < kSlots; i++) {
    DatabaseSlot *slot = &shared_state->slots[i];
    if (slot->database != database) continue;
    slot->database = InvalidOid;
    slot->ids_raised = slot->pending_known = slot->store_broken = false;
    slot->pending = 0;
  }
  LWLockRelease(ControlLock());
}

// DROP DATABASE tells of the drop before it looks whether anybody is connected.
void OnObjectAccess(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg) {
  if (next_object_access != NULL) next_object_access(access, class_id, object_id, sub_id, arg);
  if (access == OAT_DROP && class_id == DatabaseRelationId) dropped_database = object_id;
}

// Frees what a database had when it is gone.
void OnTransactionEnd(XactEvent event, void *) {
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT) return;
  Oid dropped = dropped_database;
  dropped_database = InvalidOid;
  if (event == XACT_EVENT_COMMIT && OidIsValid(dropped)) SharedForget(dropped, true);
}

}  // namespace

void InstallSharedMemory() {
  next_shmem_request = shmem_request_hook;
  shmem_request_hook = RequestMemory;
  next_shmem_startup = shmem_startup_hook;
  shmem_startup_hook = StartMemory;
  next_object_access = object_access_hook;
  object_access_hook = OnObjectAccess;
  RegisterXactCallback(OnTransactionEnd, NULL);
}

bool SharedReady() { return shared_state != NULL && shared_events != NULL; }

void HealthCount(Health what, uint64 n) {
  if (!SharedReady()) return;
  pg_atomic_fetch_add_u64(&shared_state->health[static_cast<int>(what)], static_cast<int64>(n));
}

uint64 HealthRead(Health what) {
  return SharedReady() ? pg_atomic_read_u64(&shared_state->health[static_cast<int>(what)]) : 0;
}

int64 TakeIds(int n) {
  static uint64 own_last = 0;  // without shared memory only CREATE EXTENSION takes an id
  uint64 now = static_cast<uint64>(GetCurrentTimestamp());
  if (!SharedReady()) {
    uint64 first = Max(own_last + 1, now);
    own_last = first + n - 1;
    return static_cast<int64>(first);
  }
  uint64 last = pg_atomic_read_u64(&shared_state->last_id);
  for (;;) {
    uint64 first = Max(last + 1, now);
    if (pg_atomic_compare_exchange_u64(&shared_state->last_id, &last, first + n - 1))
      return static_cast<int64>(first);
  }
}

void RaiseIds(int64 at_least) {
  if (!SharedReady()) return;
  uint64 wanted = static_cast<uint64>(at_least);
  uint64 last = pg_atomic_read_u64(&shared_state->last_id);
  while (last < wanted && !pg_atomic_compare_exchange_u64(&shared_state->last_id, &last, wanted)) {
  }
}

bool SharedEventSeen(uint64 key, const StoreMark &mark) {
  bool seen = false;
  LookAt(key, [&](const SharedEvent &event) { seen = SameMark(event.mark, mark); });
  return seen;
}

bool SharedEventAdd(uint64 key, const EventCounters &delta, const StoreMark *stored) {
  if (!SharedReady()) return false;
  EventKey wanted = KeyOf(MyDatabaseId, key);
  uint32 hash = get_hash_value(shared_events, &wanted);
  LWLock *lock = LockOf(hash);
  LWLockAcquire(lock, LW_SHARED);
  SharedEvent *event = static_cast<SharedEvent *>(
      hash_search_with_hash_value(shared_events, &wanted, hash, HASH_FIND, NULL));
  if (event == NULL) {
    LWLockRelease(lock);
    LWLockAcquire(lock, LW_EXCLUSIVE);
    bool found = true;
    // The hash is of fixed size, but the allocator lends it slack; max_events is the promise.
    bool room = hash_get_num_entries(shared_events) < settings.max_events;
    event = static_cast<SharedEvent *>(hash_search_with_hash_value(
        shared_events, &wanted, hash, room ? HASH_ENTER_NULL : HASH_FIND, &found));
    if (event != NULL && !found) {
      SpinLockInit(&event->mutex);
      event->mark = {};
      event->counters = {};
    }
  }
  if (event != NULL) Accumulate(event, delta, stored);
  LWLockRelease(lock);
  return event != NULL;
}

bool SharedEventRead(uint64 key, EventCounters *counters) {
  return LookAt(key, [&](const SharedEvent &event) { *counters = event.counters; }) &&
         counters->executions > 0;
}

void SharedEventForget(uint64 key) {
  if (!SharedReady()) return;
  EventKey wanted = KeyOf(MyDatabaseId, key);
  uint32 hash = get_hash_value(shared_events, &wanted);
  LWLockAcquire(LockOf(hash), LW_EXCLUSIVE);
  hash_search_with_hash_value(shared_events, &wanted, hash, HASH_REMOVE, NULL);
  LWLockRelease(LockOf(hash));
}

void SharedForget(Oid database, bool slot) {
  if (!SharedReady()) return;
  for (int i = 0; i < kPartitions; i++) LWLockAcquire(PartitionLock(i), LW_EXCLUSIVE);
  HASH_SEQ_STATUS scan;
  hash_seq_init(&scan, shared_events);
  SharedEvent *event;
  while ((event = static_cast<SharedEvent *>(hash_seq_search(&scan))) != NULL)
    if (event->key.database == database) hash_search(shared_events, &event->key, HASH_REMOVE, NULL);
  for (int i = 0; i < kPartitions; i++) LWLockRelease(PartitionLock(i));
  if (slot) FreeSlot(database);
}

void SharedUsage(int64 *used, int64 *capacity, int64 *bytes) {
  *used = SharedReady() ? hash_get_num_entries(shared_events) : 0;
  *capacity = settings.max_events;
  *bytes = SharedReady() ? static_cast<int64>(SegmentSize()) : 0;
}

uint32 Generation() {
  if (!SharedReady()) return 0;
  // An aligned word: a stale value is as good as having come a moment earlier.
  return *const_cast<volatile uint32 *>(&MySlot()->generation);
}

void BumpGeneration() {
  if (!SharedReady()) return;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  slot->generation++;
  SpinLockRelease(&slot->mutex);
}

bool IdsRaised() { return !SharedReady() || *const_cast<volatile bool *>(&MySlot()->ids_raised); }

void NoteIdsRaised() {
  if (!SharedReady()) return;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  slot->ids_raised = true;
  SpinLockRelease(&slot->mutex);
}

bool NoteStoreShape(bool broken) {
  if (!SharedReady()) return broken;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  bool first = broken && !slot->store_broken;
  slot->store_broken = broken;
  SpinLockRelease(&slot->mutex);
  return first;
}

void PendingAdd(int64 n) {
  if (!SharedReady() || n == 0) return;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  slot->pending = Max(slot->pending + n, 0);
  slot->pending_changes++;
  SpinLockRelease(&slot->mutex);
}

bool FeedFull(bool *told) {
  *told = false;
  if (!SharedReady()) return false;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  bool full = slot->pending >= settings.max_feed;
  *told = slot->resync_waits;
  SpinLockRelease(&slot->mutex);
  return full;
}

void NoteResync(bool waits) {
  if (!SharedReady()) return;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  slot->resync_waits = waits;
  SpinLockRelease(&slot->mutex);
}

bool PendingRead(int64 *n) {
  if (!SharedReady()) return false;
  bool own = !RecoveryInProgress() && MySlot() != shared_state->slots;
  TimestampTz now = max_prepared_xacts > 0 ? GetCurrentTimestamp() : 0;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  bool known = slot->pending_known && (now == 0 || now - slot->pending_counted < USECS_PER_SEC);
  *n = slot->pending;
  SpinLockRelease(&slot->mutex);
  return known && own;
}

uint64 PendingBegin() {
  if (!SharedReady()) return 0;
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  uint64 since = slot->pending_changes;
  SpinLockRelease(&slot->mutex);
  return since;
}

void PendingSet(uint64 since, int64 n) {
  if (!SharedReady()) return;
  TimestampTz now = GetCurrentTimestamp();
  DatabaseSlot *slot = MySlot();
  SpinLockAcquire(&slot->mutex);
  if (slot->pending_changes == since) {
    slot->pending = n;
    slot->pending_counted = now;
    slot->pending_known = true;
  }
  SpinLockRelease(&slot->mutex);
}

}  // namespace pg_lineage
