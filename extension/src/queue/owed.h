// What committed but was refused by the store: kept by the backend for its next commits.
//
// Everything that may run out of memory happens before COMMIT (OweRoom, OweDdlStage); what follows
// a commit only moves pointers. Events are pointers into the event cache, which is not reset while
// any are owed; DDL records are copies. What is still owed when the backend ends is counted as
// lost.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/ends.h"
#include "queue/local_event.h"
#include "queue/writer.h"

namespace pg_lineage {

// Sees to the end of the backend; called when it first has something to write or count.
void OwedWatchExit();

PodVector<LocalEvent *> &OwedEvents();
const PodVector<PendingDdl> &OwedDdl();
PodVector<EndNote> &OwedEnds();

// Before COMMIT: room for n more events and m more ends; copies of all DDL that is to be owed if
// this commits.
void OweRoom(int n, int m);
void OweDdlStage(const PendingDdl *ddl, int nddl);

// After COMMIT: the event is to be written later; the staged DDL takes the place of what was owed.
void OweEvent(LocalEvent *event);
void OweEnd(const EndNote &note);
void OweDdlKeep();
void OweDdlClear();    // all of it was written
void OweDdlUnstage();  // ABORT, PREPARE

// Gives up and counts what is owed.
void OwedLose();

// Copies a record into the current context.
PendingDdl CopyDdl(const DdlRecord &record, int level);

}  // namespace pg_lineage
