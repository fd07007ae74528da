// See ddl_subcommands.h.
#include "capture/ddl_subcommands.h"

#include "edge/compat.h"

namespace pg_lineage {
namespace {

// The wording of a sub-command of ALTER TABLE; NULL for the server's internal steps.
const char *SubcommandName(AlterTableType subtype) {
  switch (subtype) {
    case AT_AddColumn:
    case AT_AddColumnToView:
      return "ADD COLUMN";
    case AT_ColumnDefault:
      return "ALTER COLUMN DEFAULT";
    case AT_DropNotNull:
      return "DROP NOT NULL";
    case AT_SetNotNull:
      return "SET NOT NULL";
    case AT_DropExpression:
      return "DROP EXPRESSION";
    case AT_SetStatistics:
      return "SET STATISTICS";
    case AT_SetOptions:
      return "SET COLUMN OPTIONS";
    case AT_ResetOptions:
      return "RESET COLUMN OPTIONS";
    case AT_SetStorage:
      return "SET STORAGE";
    case AT_SetCompression:
      return "SET COMPRESSION";
    case AT_DropColumn:
      return "DROP COLUMN";
    case AT_AddIndex:
      return "ADD INDEX";
    case AT_AddConstraint:
    case AT_AddIndexConstraint:
      return "ADD CONSTRAINT";
    case AT_AlterConstraint:
      return "ALTER CONSTRAINT";
    case AT_ValidateConstraint:
      return "VALIDATE CONSTRAINT";
    case AT_DropConstraint:
      return "DROP CONSTRAINT";
    case AT_AlterColumnType:
      return "ALTER COLUMN TYPE";
    case AT_AlterColumnGenericOptions:
      return "ALTER COLUMN OPTIONS";
    case AT_ChangeOwner:
      return "OWNER TO";
    case AT_ClusterOn:
      return "CLUSTER ON";
    case AT_DropCluster:
      return "SET WITHOUT CLUSTER";
    case AT_SetLogged:
      return "SET LOGGED";
    case AT_SetUnLogged:
      return "SET UNLOGGED";
    case AT_DropOids:
      return "SET WITHOUT OIDS";
    case AT_SetAccessMethod:
      return "SET ACCESS METHOD";
    case AT_SetTableSpace:
      return "SET TABLESPACE";
    case AT_SetRelOptions:
      return "SET OPTIONS";
    case AT_ResetRelOptions:
      return "RESET OPTIONS";
    case AT_EnableTrig:
      return "ENABLE TRIGGER";
    case AT_EnableAlwaysTrig:
      return "ENABLE ALWAYS TRIGGER";
    case AT_EnableReplicaTrig:
      return "ENABLE REPLICA TRIGGER";
    case AT_DisableTrig:
      return "DISABLE TRIGGER";
    case AT_EnableTrigAll:
      return "ENABLE TRIGGER ALL";
    case AT_DisableTrigAll:
      return "DISABLE TRIGGER ALL";
    case AT_EnableTrigUser:
      return "ENABLE TRIGGER USER";
    case AT_DisableTrigUser:
      return "DISABLE TRIGGER USER";
    case AT_EnableRule:
      return "ENABLE RULE";
    case AT_EnableAlwaysRule:
      return "ENABLE ALWAYS RULE";
    case AT_EnableReplicaRule:
      return "ENABLE REPLICA RULE";
    case AT_DisableRule:
      return "DISABLE RULE";
    case AT_AddInherit:
      return "INHERIT";
    case AT_DropInherit:
      return "NO INHERIT";
    case AT_AddOf:
      return "OF";
    case AT_DropOf:
      return "NOT OF";
    case AT_ReplicaIdentity:
      return "REPLICA IDENTITY";
    case AT_EnableRowSecurity:
      return "ENABLE ROW LEVEL SECURITY";
    case AT_DisableRowSecurity:
      return "DISABLE ROW LEVEL SECURITY";
    case AT_ForceRowSecurity:
      return "FORCE ROW LEVEL SECURITY";
    case AT_NoForceRowSecurity:
      return "NO FORCE ROW LEVEL SECURITY";
    case AT_GenericOptions:
      return "OPTIONS";
    case AT_AttachPartition:
      return "ATTACH PARTITION";
    case AT_DetachPartition:
      return "DETACH PARTITION";
    case AT_DetachPartitionFinalize:
      return "DETACH PARTITION FINALIZE";
    case AT_AddIdentity:
      return "ADD IDENTITY";
    case AT_SetIdentity:
      return "SET IDENTITY";
    case AT_DropIdentity:
      return "DROP IDENTITY";
    default:
      return compat::SubcommandNameOfRelease(subtype);
  }
}

// "numeric(10,2)": the column's type now, with its schema unless that is pg_catalog.
const char *ColumnType(Oid relid, const char *column) {
  const AttrNumber attno = get_attnum(relid, column);
  if (attno == InvalidAttrNumber) return nullptr;
  Oid type = InvalidOid;
  int32 typmod = -1;
  Oid collation = InvalidOid;
  get_atttypetypmodcoll(relid, attno, &type, &typmod, &collation);
  const char *name =
      format_type_extended(type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
  return strncmp(name, "pg_catalog.", 11) == 0 ? name + 11 : name;
}

// The column that a sub-command is about, with its type where it has one afterwards.
void AddColumnMembers(StringInfo out, const AlterTableCmd *command, Oid relid) {
  const char *column = command->name;
  if (command->def != nullptr && IsA(command->def, ColumnDef)) {
    const ColumnDef *definition = castNode(ColumnDef, command->def);
    if (column == nullptr) column = definition->colname;
    if (definition->generated != '\0') AddMember(out, "generated", "always");
  }
  if (column == nullptr) return;
  AddMember(out, "column", column);
  if (command->subtype != AT_DropColumn) AddMember(out, "data_type", ColumnType(relid, column));
}

// Identity of the partition or parent that a sub-command names; as written where it is not known.
const char *RelationNamed(const CollectedATSubcmd *sub, Oid relid, const RangeVar *name) {
  const ObjectAddress &address = sub->address;
  if (address.classId == RelationRelationId && address.objectId != relid &&
      address.objectSubId == 0) {
    const char *identity = getObjectIdentity(&address, true);
    if (identity != nullptr) return identity;
  }
  return quote_qualified_identifier(name->schemaname, name->relname);
}

// What a sub-command names besides columns: constraints, partitions, parents, owners.
void AddDefinitionMembers(StringInfo out, const CollectedATSubcmd *sub, Oid relid) {
  const AlterTableCmd *command = castNode(AlterTableCmd, sub->parsetree);
  if (command->name != nullptr) AddMember(out, "name", command->name);
  if (command->newowner != nullptr) AddMember(out, "to", get_rolespec_name(command->newowner));
  if (command->def == nullptr) return;
  const char *name = nullptr;
  switch (nodeTag(command->def)) {
    case T_Constraint:
      name = castNode(Constraint, command->def)->conname;
      break;
    case T_IndexStmt:
      name = castNode(IndexStmt, command->def)->idxname;
      break;
    case T_RangeVar:
      AddMember(out, "relation", RelationNamed(sub, relid, castNode(RangeVar, command->def)));
      break;
    case T_PartitionCmd:
      AddMember(out, "relation",
                RelationNamed(sub, relid, castNode(PartitionCmd, command->def)->name));
      break;
    default:
      break;
  }
  if (command->name == nullptr) AddMember(out, "name", name);
}

// True where AlterTableCmd.name (or its definition) is a column.
bool IsAboutColumn(const AlterTableCmd *command) {
  switch (command->subtype) {
    case AT_AddColumn:
    case AT_AddColumnToView:
    case AT_ColumnDefault:
    case AT_DropNotNull:
    case AT_SetNotNull:
    case AT_DropExpression:
    case AT_SetStatistics:
    case AT_SetOptions:
    case AT_ResetOptions:
    case AT_SetStorage:
    case AT_SetCompression:
    case AT_DropColumn:
    case AT_AlterColumnType:
    case AT_AlterColumnGenericOptions:
    case AT_AddIdentity:
    case AT_SetIdentity:
    case AT_DropIdentity:
      return true;
    default:
      return compat::IsColumnSubcommandOfRelease(command->subtype);
  }
}

// True when the sub-command was done to `relid`. One that recursed is listed once for each table,
// by the column it changed; without a column it is the named table's.
bool Concerns(const CollectedATSubcmd *sub, const CollectedCommand *collected, Oid relid) {
  const ObjectAddress &address = sub->address;
  const bool column = address.classId == RelationRelationId && address.objectSubId != 0;
  return column ? address.objectId == relid : collected->d.alterTable.objectId == relid;
}

// True when one of an ALTER TABLE's sub-commands is as wanted.
template <typename IsWanted>
bool HasSubcommand(const CollectedCommand *collected, const IsWanted &wanted) {
  ListCell *cell;
  foreach (cell, collected->d.alterTable.subcmds) {
    const CollectedATSubcmd *sub = static_cast<CollectedATSubcmd *>(lfirst(cell));
    if (sub->parsetree != nullptr && IsA(sub->parsetree, AlterTableCmd) &&
        wanted(castNode(AlterTableCmd, sub->parsetree)->subtype))
      return true;
  }
  return false;
}

}  // namespace

void StartSubcommand(StringInfo out, const char *type) {
  appendStringInfoString(out, out->len == 0 ? "[{\"type\": " : ", {\"type\": ");
  escape_json(out, type);
}

void AddMember(StringInfo out, const char *key, const char *value) {
  if (value == nullptr) return;
  appendStringInfo(out, ", \"%s\": ", key);
  escape_json(out, value);
}

void EndSubcommand(StringInfo out) { appendStringInfoChar(out, '}'); }

const char *FinishSubcommands(StringInfo out) {
  if (out->len == 0) return nullptr;
  appendStringInfoChar(out, ']');
  return out->data;
}

const char *AlterTableSubcommands(const CollectedCommand *collected, Oid relid) {
  StringInfoData out;
  initStringInfo(&out);
  int last = 0;  // where the last one begins
  ListCell *cell;
  foreach (cell, collected->d.alterTable.subcmds) {
    const CollectedATSubcmd *sub = static_cast<CollectedATSubcmd *>(lfirst(cell));
    if (sub->parsetree == nullptr || !IsA(sub->parsetree, AlterTableCmd)) continue;
    const AlterTableCmd *command = castNode(AlterTableCmd, sub->parsetree);
    const char *type = SubcommandName(command->subtype);
    if (!Concerns(sub, collected, relid) || type == nullptr) continue;
    const int start = out.len;
    StartSubcommand(&out, type);
    if (IsAboutColumn(command)) {
      AddColumnMembers(&out, command, relid);
    } else {
      AddDefinitionMembers(&out, sub, relid);
    }
    EndSubcommand(&out);
    const int length = out.len - start;
    const bool repeated = start - last == length && length > 2 &&
                          strncmp(out.data + last + 1, out.data + start + 1, length - 1) == 0;
    if (repeated) {
      out.len = start;
      out.data[start] = '\0';
    } else {
      last = start;
    }
  }
  return FinishSubcommands(&out);
}

bool KeepsColumns(const CollectedCommand *collected) {
  return !HasSubcommand(collected, [](AlterTableType subtype) {
    switch (subtype) {
      case AT_ColumnDefault:
      case AT_SetNotNull:
      case AT_DropNotNull:
      case AT_AddIndex:
      case AT_AddIndexConstraint:
      case AT_AddConstraint:
      case AT_ValidateConstraint:
      case AT_ChangeOwner:
      case AT_ClusterOn:
      case AT_SetRelOptions:
      case AT_EnableRowSecurity:
      case AT_ReplicaIdentity:
        return false;
      default:
        return compat::SubcommandNameOfRelease(subtype) == nullptr ||
               compat::IsColumnSubcommandOfRelease(subtype);
    }
  });
}

bool ChangesGeneratedColumns(const CollectedCommand *collected) {
  return HasSubcommand(collected, [](AlterTableType subtype) {
    return subtype == AT_AddColumn || subtype == AT_DropExpression ||
           subtype == AT_AlterColumnType || subtype == AT_DropColumn ||
           compat::IsColumnSubcommandOfRelease(subtype);
  });
}

bool ChangesRules(const CollectedCommand *collected) {
  return HasSubcommand(collected, [](AlterTableType subtype) {
    return subtype == AT_EnableRule || subtype == AT_EnableAlwaysRule ||
           subtype == AT_EnableReplicaRule || subtype == AT_DisableRule;
  });
}

}  // namespace pg_lineage
