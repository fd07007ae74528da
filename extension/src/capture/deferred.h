// What decided that rows changed whose triggers fire later: at COMMIT or SET CONSTRAINTS, with no
// statement in sight.
//
// Noted at the end of each statement on a table that has deferrable triggers, by table and by what
// was done to its rows (TRIGGER_TYPE_INSERT, …). The notes are the transaction's own, under
// TopMemoryContext; each carries its nesting level, so that a savepoint takes back its own. The
// sets are interned: they hold until the transaction ends.
#pragma once

#include "capture/executor.h"
#include "edge/server.h"

namespace pg_lineage {

void NoteFiring(RunState *run);
// COPY FROM has one target.
void NoteCopyFiring(Oid relid, const SourceSet *decides);

struct DeferredFiring {
  Oid node;                  // the relation whose rows they are: the partition root when routed
  const SourceSet *decides;  // never NULL
};
// What the statements depended on that did one of `events` to rows of this table, or of the
// partition roots above it.
DeferredFiring FindDeferred(Oid relid, int16 events);

void DeferredSubCommit(int level);
void DeferredSubAbort(int level);
void DeferredEnd();

}  // namespace pg_lineage
