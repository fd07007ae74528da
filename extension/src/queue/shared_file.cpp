// Keeps the counters over a clean restart, as pg_stat_statements does: written by the postmaster at
// shutdown, read and removed at start. After a crash there is no file, so stale counts never
// return.
#include <unistd.h>

#include "edge/compat.h"
#include "edge/guc.h"
#include "queue/shared_layout.h"

namespace pg_lineage {
namespace {

constexpr const char *kFile = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_lineage.stat";
constexpr const char *kTemporary = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_lineage.stat.tmp";
constexpr int64 kSaveInterval = 60 * USECS_PER_SEC;
constexpr int64 kMaxBusyEntries = 100000;  // more are written at shutdown only
constexpr uint32 kMagic = 0x504c4e31;      // changes with the layout of SavedEvent

struct SavedEvent {
  EventKey key;
  EventCounters counters;
};

struct Header {
  uint32 magic;
  int32 count;
  uint64 last_id;
};

bool WriteAll(FILE *file) {
  Header header = {kMagic, static_cast<int32>(hash_get_num_entries(shared_events)),
                   pg_atomic_read_u64(&shared_state->last_id)};
  if (fwrite(&header, sizeof(header), 1, file) != 1) return false;
  HASH_SEQ_STATUS scan;
  hash_seq_init(&scan, shared_events);
  SharedEvent *event;
  while ((event = static_cast<SharedEvent *>(hash_seq_search(&scan))) != NULL) {
    SavedEvent saved;
    memset(&saved, 0, sizeof(saved));
    saved.key = event->key;
    SpinLockAcquire(&event->mutex);
    saved.counters = event->counters;
    SpinLockRelease(&event->mutex);
    if (fwrite(&saved, sizeof(saved), 1, file) == 1) continue;
    hash_seq_term(&scan);
    return false;
  }
  return true;
}

// Writes the file; the caller sees to it that no entry comes or goes.
void SaveCounters() {
  FILE *file = AllocateFile(kTemporary, PG_BINARY_W);
  bool fine = file != NULL && WriteAll(file);
  if (file != NULL && FreeFile(file) != 0) fine = false;
  if (!fine) {
    ereport(LOG, (errcode_for_file_access(),
                  errmsg("pg_lineage: could not write file \"%s\": %m", kTemporary)));
    unlink(kTemporary);
    return;
  }
  durable_rename(kTemporary, kFile, LOG);
}

// At the postmaster's exit: no other process is left, so no locks.
void SaveAtShutdown(int code, Datum) {
  if (code == 0 && SharedReady()) SaveCounters();
}

bool ReadAll(FILE *file) {
  Header header;
  if (fread(&header, sizeof(header), 1, file) != 1 || header.magic != kMagic) return false;
  pg_atomic_write_u64(&shared_state->last_id, header.last_id);
  for (int i = 0; i < header.count; i++) {
    SavedEvent saved;
    if (fread(&saved, sizeof(saved), 1, file) != 1) return false;
    if (i >= settings.max_events) continue;
    bool found;
    SharedEvent *event =
        static_cast<SharedEvent *>(hash_search(shared_events, &saved.key, HASH_ENTER_NULL, &found));
    if (event == NULL || found) continue;
    SpinLockInit(&event->mutex);
    event->mark = {};  // the store's index says what is stored
    event->counters = saved.counters;
  }
  return true;
}

}  // namespace

void SaveCountersAtExit() { on_shmem_exit(SaveAtShutdown, (Datum)0); }

void LoadCounters() {
  FILE *file = AllocateFile(kFile, PG_BINARY_R);
  if (file == NULL) {
    if (errno != ENOENT)
      ereport(LOG, (errcode_for_file_access(),
                    errmsg("pg_lineage: could not read file \"%s\": %m", kFile)));
    return;
  }
  if (!ReadAll(file))
    ereport(LOG, (errmsg("pg_lineage: ignored invalid counters in file \"%s\"", kFile)));
  FreeFile(file);
}

void SaveCountersSometimes() {
  if (!SharedReady()) return;
  uint64 now = static_cast<uint64>(GetCurrentTimestamp());
  uint64 last = pg_atomic_read_u64(&shared_state->last_saved);
  if (now - last < static_cast<uint64>(kSaveInterval)) return;
  if (hash_get_num_entries(shared_events) > kMaxBusyEntries) return;
  if (!pg_atomic_compare_exchange_u64(&shared_state->last_saved, &last, now)) return;
  for (int i = 0; i < kPartitions; i++) LWLockAcquire(PartitionLock(i), LW_SHARED);
  SaveCounters();
  for (int i = 0; i < kPartitions; i++) LWLockRelease(PartitionLock(i));
}

void RemoveSavedCounters() {
  if (unlink(kFile) == 0 || errno == ENOENT) return;
  ereport(LOG, (errcode_for_file_access(),
                errmsg("pg_lineage: could not remove file \"%s\": %m", kFile)));
}

}  // namespace pg_lineage
