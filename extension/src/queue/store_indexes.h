// The indexes of a table of the store: what is known of them, and keeping them.
//
// An index that is not open yet is locked and opened when it is first needed; for a writer, which
// waits for nobody, one that is locked then is an error, LOCK_NOT_AVAILABLE.
//
//   for (int i = 0; i < table->nindexes; i++) StoreInsertIndex(table, i, values, nulls);
#pragma once

#include "edge/server.h"
#include "queue/store.h"

namespace pg_lineage {

// Locks a table or an index; false when that would mean to wait and `wait` is not set.
bool LockStoreRelation(Oid oid, LOCKMODE mode, bool wait);

// Notes the form of an index; false unless it can be kept here: a plain btree, of all rows or of
// those whose column, an OID, is not zero.
bool NoteIndexForm(Relation index, StoreIndex *known);

// An index of an open table, opened if it is not.
Relation StoreIndexOf(StoreTable *table, int number);

// Adds the row just written to one of the indexes.
void StoreInsertIndex(StoreTable *table, int number, const Datum *values, const bool *nulls);

// The index of which the keys are the leading columns; NULL where there is none.
Relation StoreIndexFor(StoreTable *table, const ScanKeyData *keys, int nkeys);

}  // namespace pg_lineage
