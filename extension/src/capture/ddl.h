// DDL as the server reports it: two event trigger functions, written in C, owned by the extension.
//
//   ddl_command_end -> pg_lineage_ddl_command_end   every command that creates or alters something
//   sql_drop        -> pg_lineage_sql_drop          everything that went, cascades too
//
// They fire inside routines and for every part of a compound command, before the commit. Each
// command becomes DdlRecords (queue/ddl_record.h) of the present (sub)transaction; the store nets
// them at PRE_COMMIT. What a definition says of lineage (views, generated columns) is declared at
// the same time (lineage/declared.h).
//
// Left out: members of an extension, temporary objects, TOAST, schema lineage, what
// pg_lineage.ignore_schemas names, REFRESH (that is data), commands that changed nothing. Not seen
// by event triggers at all: roles, databases, tablespaces, ALTER SYSTEM.
//
// Nothing here fails the user's command: the work runs with a resource owner of its own, so that an
// error leaves no lock, pin or snapshot behind; only cancel, shutdown and out of memory go on.
// Records hold names, types and privileges, never a literal, an option's value or a comment's text.
#pragma once

#include "edge/server.h"
#include "queue/ddl_record.h"

namespace pg_lineage {

// One row of pg_event_trigger_ddl_commands().
struct DdlCommand {
  ObjectAddress address;        // objectId InvalidOid where the server gives no object (GRANT)
  const char *tag;              // "ALTER TABLE"
  const char *object_type;      // "table column"; for GRANT the kind of objects
  const char *schema;           // NULL for objects outside schemas
  const char *identity;         // after the command; NULL for GRANT
  CollectedCommand *collected;  // with parse tree; that may be NULL
};

// True when objects of this schema are none of our business. NULL is no schema: false.
bool DdlSchemaSkipped(const char *schema);

// True when the schema that an object lives in, or its table does, is skipped.
bool DdlObjectSkipped(const ObjectAddress &address);

// An object's identity with the types of a routine without pg_catalog: "public.f(text)", where
// the server says "public.f(pg_catalog.text)".
const char *PlainIdentity(Oid classid, const char *identity);

// Turns one command into records (capture/ddl_command.cpp).
void RecordDdlCommand(const DdlCommand &command);

// The relation whose definition the command made or changed in a way that bears on lineage: a view,
// a materialised view, a table with generated columns; else InvalidOid (ddl_command.cpp).
Oid DefinedRelation(const DdlCommand &command);

// Records what the current command dropped (capture/ddl_drop.cpp).
void RecordDrops(const char *tag);

// The rows of one of the server's event trigger functions, read by CallEventTriggerFunction().
struct EventTriggerRows {
  Tuplestorestate *store;
  TupleTableSlot *slot;
};

// Calls pg_event_trigger_ddl_commands() or pg_event_trigger_dropped_objects() without SPI: nobody's
// hooks, search_path or privileges stand between.
EventTriggerRows CallEventTriggerFunction(Oid function);

// Moves to the next row; false at the end.
bool NextEventTriggerRow(EventTriggerRows *rows);

// The text of column `attno` (from 1) of the present row; NULL for null.
const char *RowText(const EventTriggerRows &rows, int attno);

// The value of column `attno`; zero for null.
Datum RowValue(const EventTriggerRows &rows, int attno);

}  // namespace pg_lineage
