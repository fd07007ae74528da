// The pending list: what happened in the transaction that runs, by nesting level.
//
// PendingBump() (queue/event.h) and PendingAddDdl() (queue/ddl_record.h) add to it; savepoints drop
// or lower what they hold; PRE_COMMIT hands it to the writer; COMMIT flushes counters to shared
// memory and marks as seen what was really written. What the writer was refused stays with the
// backend ("owed") and is tried at its next commit. After PREPARE TRANSACTION the outcome is
// unknown: nothing is marked. All state here is the backend's own, all memory in contexts of its
// own.
#pragma once

#include "edge/server.h"
#include "queue/ddl_record.h"
#include "queue/event.h"

namespace pg_lineage {

// Registers the transaction callbacks. Called once from _PG_init.
void RegisterTransactionCallbacks();

// Drops all LocalEvents now, as if the cache were full. Only outside of executing statements.
void EventCacheReset();

// For our own SQL functions: what becomes true of the feed if this (sub)transaction commits.
// Rows added to (or taken from) the feed:
void PendingFeedChange(int64 delta);
// The resync row was taken:
void PendingResyncTaken();
// Everything seen is unseen, and counters are gone (lineage.forget()):
void PendingForget();
// An event has ended: it is unseen, and its counters are gone:
void PendingUnseen(uint64 key);

}  // namespace pg_lineage
