// What DDL capture hands to the store: one command on one object.
//
// PendingAddDdl() copies the record; the caller keeps what it owns. Records follow the transaction
// like events do: a rolled-back savepoint drops them. At PRE_COMMIT they are netted per object:
//   * one lineage._ddl row per (object, command_tag), subcommands joined in the order they came,
//     old_identity the first known, object_identity the last known;
//   * one feed row per object; none for an object created and dropped in one transaction.
// Nothing here takes locks, touches tables or raises an error except out of memory.
#pragma once

#include "edge/server.h"
#include "queue/event.h"

namespace pg_lineage {

struct DdlRecord {
  Oid classid;  // catalog of the object; InvalidOid where there is none
  Oid objid;
  int32 objsubid;               // attribute number for a column, else 0
  const char *command_tag;      // "CREATE TABLE"
  const char *object_type;      // as pg_event_trigger_ddl_commands() says it; may be NULL
  const char *object_identity;  // as the server quotes it, after the command; NULL if unknown
  const char *old_identity;     // before the command, where the command changed it; else NULL
  const char *subcommands;      // text of a JSON array, or NULL
  bool drop;                    // the object is gone after this command
  bool create;                  // the object did not exist before this command
  bool keeps_columns;           // a relation whose names and columns are as they were
  const EventPath *path;        // who did it; NULL at top level
};

// Notes one DDL command in the current (sub)transaction.
void PendingAddDdl(const DdlRecord &record);

}  // namespace pg_lineage
