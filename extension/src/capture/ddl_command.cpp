// See ddl.h. One command of ddl_command_end becomes one record, or several: a GRANT has one per
// object, an ALTER TABLE that recursed one per inheritance child.
#include "capture/call_stack.h"
#include "capture/ddl.h"
#include "capture/ddl_subcommands.h"

namespace pg_lineage {
namespace {

// True for CREATE OR REPLACE: whether the object was there before cannot be told.
bool MayReplace(const Node *tree) {
  if (tree == nullptr) return true;
  switch (nodeTag(tree)) {
    case T_ViewStmt:
      return reinterpret_cast<const ViewStmt *>(tree)->replace;
    case T_CreateFunctionStmt:
      return reinterpret_cast<const CreateFunctionStmt *>(tree)->replace;
    case T_CreateTrigStmt:
      return reinterpret_cast<const CreateTrigStmt *>(tree)->replace;
    case T_RuleStmt:
      return reinterpret_cast<const RuleStmt *>(tree)->replace;
    case T_DefineStmt:
      return reinterpret_cast<const DefineStmt *>(tree)->replace;
    case T_CreatePLangStmt:
      return reinterpret_cast<const CreatePLangStmt *>(tree)->replace;
    case T_CreateTransformStmt:
      return reinterpret_cast<const CreateTransformStmt *>(tree)->replace;
    default:
      return false;
  }
}

bool Creates(const DdlCommand &command) {
  const bool creates =
      strncmp(command.tag, "CREATE ", 7) == 0 || strcmp(command.tag, "SELECT INTO") == 0;
  return creates && !MayReplace(command.collected->parsetree);
}

DdlRecord RecordFor(const DdlCommand &command, const ObjectAddress &address) {
  DdlRecord record = {};
  record.classid = address.classId;
  record.objid = address.objectId;
  record.objsubid = address.objectSubId;
  record.command_tag = command.tag;
  record.object_type = command.object_type;
  record.path = CurrentPath();
  return record;
}

void RecordGrant(const DdlCommand &command) {
  const InternalGrant *grant = command.collected->d.grant.istmt;
  const Oid catalog = GrantCatalog(grant);
  if (!OidIsValid(catalog)) return;
  const char *subcommands = GrantSubcommands(grant);
  ListCell *cell;
  foreach (cell, grant->objects) {
    ObjectAddress address;
    ObjectAddressSet(address, catalog, lfirst_oid(cell));
    if (DdlObjectSkipped(address)) continue;
    DdlRecord record = RecordFor(command, address);
    record.object_type = getObjectTypeDescription(&address, true);
    record.object_identity = PlainIdentity(address.classId, getObjectIdentity(&address, true));
    record.subcommands = subcommands;
    PendingAddDdl(record);
  }
}

// True when the sub-command is about a column of an inheritance child; partitions are no objects
// of their own here.
bool ConcernsChild(const CollectedATSubcmd *sub, Oid parent) {
  const ObjectAddress &address = sub->address;
  return address.classId == RelationRelationId && address.objectSubId != 0 &&
         address.objectId != parent && !get_rel_relispartition(address.objectId);
}

void RecordAlterTable(const DdlCommand &command) {
  const CollectedCommand *collected = command.collected;
  DdlRecord record = RecordFor(command, command.address);
  record.object_identity = command.identity;
  record.subcommands = AlterTableSubcommands(collected, command.address.objectId);
  record.keeps_columns = KeepsColumns(collected);
  PendingAddDdl(record);

  List *children = NIL;
  ListCell *cell;
  foreach (cell, collected->d.alterTable.subcmds) {
    const CollectedATSubcmd *sub = static_cast<CollectedATSubcmd *>(lfirst(cell));
    if (ConcernsChild(sub, command.address.objectId)) {
      children = list_append_unique_oid(children, sub->address.objectId);
    }
  }
  foreach (cell, children) {
    ObjectAddress address;
    ObjectAddressSet(address, RelationRelationId, lfirst_oid(cell));
    if (DdlObjectSkipped(address)) continue;
    DdlRecord child = RecordFor(command, address);
    child.object_type = getObjectTypeDescription(&address, true);
    child.object_identity = PlainIdentity(address.classId, getObjectIdentity(&address, true));
    child.subcommands = AlterTableSubcommands(collected, lfirst_oid(cell));
    PendingAddDdl(child);
  }
}

bool HasGeneratedColumns(Oid relid) {
  bool found = false;
  Relation relation = relation_open(relid, AccessShareLock);
  TupleDesc columns = RelationGetDescr(relation);
  for (int i = 0; i < columns->natts && !found; i++) {
    const Form_pg_attribute column = TupleDescAttr(columns, i);
    found = column->attgenerated != '\0' && !column->attisdropped;
  }
  relation_close(relation, AccessShareLock);
  return found;
}

}  // namespace

void RecordDdlCommand(const DdlCommand &command) {
  if (command.collected == nullptr || strcmp(command.tag, "REFRESH MATERIALIZED VIEW") == 0) return;
  if (command.collected->type == SCT_Grant) {
    RecordGrant(command);
    return;
  }
  if (OidIsValid(command.address.objectId) && command.schema == nullptr &&
      DdlObjectSkipped(command.address)) {
    return;
  }
  if (command.collected->type == SCT_AlterTable) {
    RecordAlterTable(command);
    return;
  }
  DdlRecord record = RecordFor(command, command.address);
  record.object_identity = command.identity;
  record.create = Creates(command);
  if (command.collected->type == SCT_Simple) {
    record.old_identity = OldIdentity(command.collected, command.identity);
    record.subcommands = SimpleSubcommands(command.collected);
  }
  PendingAddDdl(record);
}

Oid DefinedRelation(const DdlCommand &command) {
  if (command.collected == nullptr || command.address.classId != RelationRelationId ||
      command.address.objectSubId != 0 || strcmp(command.tag, "COMMENT") == 0) {
    return InvalidOid;
  }
  const Oid relid = command.address.objectId;
  const bool defines = strncmp(command.tag, "CREATE ", 7) == 0;
  const bool alters =
      command.collected->type == SCT_AlterTable && ChangesGeneratedColumns(command.collected);
  if (!defines && !alters) return InvalidOid;
  switch (get_rel_relkind(relid)) {
    case RELKIND_VIEW:
    case RELKIND_MATVIEW:
      return defines ? relid : InvalidOid;
    case RELKIND_RELATION:
    case RELKIND_PARTITIONED_TABLE:
    case RELKIND_FOREIGN_TABLE:
      return alters || HasGeneratedColumns(relid) ? relid : InvalidOid;
    default:
      return InvalidOid;
  }
}

}  // namespace pg_lineage
