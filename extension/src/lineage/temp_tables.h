// What flowed into this session's temporary tables, column by column.
//
// A temporary table never is a node: a read of it is replaced by what was written into it. Every
// change is journalled with its nesting level, so that a rolled-back savepoint or transaction
// leaves the map as it was. The map is the backend's own and lives under TopMemoryContext. Column 0
// holds what decides about the rows, and the relations read.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "lineage/source_set.h"

namespace pg_lineage {

bool TempTablesEmpty();
const SourceSet *TempColumn(Oid relid, int column);
// Adds `set` to what is known of the column.
void TempAdd(Oid relid, int column, const SourceSet *set);
// TRUNCATE: nothing is known any more.
void TempClear(Oid relid);
// The table's rows go at commit (ON COMMIT DELETE ROWS).
void TempDeletesRowsAtCommit(Oid relid);
void TempDropped(Oid relid);
// The table never was: its entry goes, and no journal must hold it any more.
void TempForget(Oid relid);
// What is known of a column becomes `set`.
void TempReplace(Oid relid, int column, const SourceSet *set);
// DISCARD TEMP.
void TempDiscard();

// Grows with all that is put into such a table, or taken away.
uint64 TempWrites();

// What a query that is open sees: the tables as they were when it began, but for the one that it
// writes itself. Its memory is the caller's, who takes it out before that goes.
struct TempBefore {
  Oid relid;
  int column;
  const SourceSet *set;
};
struct TempView {
  PodVector<TempBefore> before;  // of columns that have changed since; its context is set
  Oid own;                       // written by the query, and by triggers for it; else InvalidOid
  bool anew;                     // functions in the query see what there is as well
  TempView *next;
};
void TempWatch(TempView *view);
void TempUnwatch(const TempView *view);
// A NULL view sees what there is.
const SourceSet *TempColumn(const TempView *view, Oid relid, int column);

void TempSubCommit(int level);
void TempSubAbort(int level);
void TempTransactionEnd(bool committed);

// Resets the interned sets, carrying over those that the map holds.
void TempCarryOver();

}  // namespace pg_lineage
