// The details of a DDL command as a JSON array, for lineage._ddl.subcommands.
//
//   [{"type": "ADD COLUMN", "column": "total", "data_type": "numeric(10,2)"},
//    {"type": "DROP CONSTRAINT", "name": "orders_check"}]
//
// "type" is the wording of the SQL command, the same in every release of the server. Other keys:
// column, data_type, name (constraint, trigger, rule, tablespace, ...), relation (partition,
// parent), to and from (renames, schemas, owners), generated. Never a default, an option's value or
// any other literal. Results are palloc'd in the current context; NULL: nothing to tell.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// One member more of the array that `out` (empty at first) collects: StartSubcommand, members, End.
void StartSubcommand(StringInfo out, const char *type);
void AddMember(StringInfo out, const char *key, const char *value);
void EndSubcommand(StringInfo out);
// The whole array, or NULL when `out` is empty.
const char *FinishSubcommands(StringInfo out);

// ALTER TABLE: the sub-commands that concern `relid` itself.
const char *AlterTableSubcommands(const CollectedCommand *collected, Oid relid);

// True when one of the sub-commands can change what a generated column of the table is made of.
bool ChangesGeneratedColumns(const CollectedCommand *collected);

// True when all of them are known to leave the names of the table and its columns as they are.
bool KeepsColumns(const CollectedCommand *collected);

// True when one of them enables or disables rules.
bool ChangesRules(const CollectedCommand *collected);

// GRANT and REVOKE: privileges, grantees, columns.
const char *GrantSubcommands(const InternalGrant *grant);

// The catalog that the objects of a GRANT live in; InvalidOid when it is not known.
Oid GrantCatalog(const InternalGrant *grant);

// Everything else that can be told from its parse tree: renames, schemas, owners, domains, enums.
const char *SimpleSubcommands(const CollectedCommand *collected);

// The last part of the renamed object's name as it was; NULL when the statement does not say.
const char *NameBeforeRename(const RenameStmt *rename);

// The identity before a RENAME or SET SCHEMA, worked out from the one after it: "public.t.old" for
// "public.t.new". NULL for other commands and where it cannot be told.
const char *OldIdentity(const CollectedCommand *collected, const char *identity);

}  // namespace pg_lineage
