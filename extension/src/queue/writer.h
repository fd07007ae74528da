// Writes what a transaction did into the store and the feed, at PRE_COMMIT, in that transaction.
//
// One call per transaction, inside an inner subtransaction with interrupts held: an error of ours
// rolls back only our rows, and the user's COMMIT goes on. Locks are conditional. On return every
// event of the batch has an outcome: kStored (written, or found in the store), kRefused (try again
// at the next commit) or kLost (never to be written). Nothing is marked in shared memory here: the
// transaction has not committed yet.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/ddl_record.h"
#include "queue/ends.h"
#include "queue/local_event.h"
#include "queue/routine_ends.h"

namespace pg_lineage {

// A DDL command as the pending list holds it.
struct PendingDdl {
  DdlRecord record;
  int level;
};

struct WriteBatch {
  PodVector<LocalEvent *> events;  // to be written unless the store has them
  PendingDdl *ddl;
  int nddl;
  Outcome ddl_outcome;  // out: of all DDL together
  PodVector<EndNote> ends;
  PodVector<LocalEvent *> said;  // all declared events of the transaction
  PodVector<RoutineRun> runs;    // that may decide something
  PodVector<uint64> met;         // events of the transaction, where routines have ended or run
  bool prepare;                  // nobody here will see the commit
  PodVector<uint64> forgotten;   // out: events whose counters go
  Outcome ends_outcome;          // out: of all ends together
  int64 feed_rows;               // out: rows added to the feed
  bool resync;                   // out: the feed was full, and a row now says so
  bool ended;                    // out: observed events ended, which must be looked at again
  bool opened;                   // out: ids were raised above the stored ones
};

void WriteStore(WriteBatch *batch);

// ReadDoubts() in a subtransaction of its own: no error goes on. False when that failed.
bool TryReadDoubts();

}  // namespace pg_lineage
