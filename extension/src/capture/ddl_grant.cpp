// See ddl_subcommands.h. GRANT, REVOKE and the statements that a parse tree tells all about.
#include "capture/ddl_subcommands.h"
#include "edge/compat.h"

namespace pg_lineage {
namespace {

// Adds "key": ["a", "b"]; nothing for an empty list.
void AddNames(StringInfo out, const char *key, List *names) {
  if (names == NIL) return;
  appendStringInfo(out, ", \"%s\": [", key);
  ListCell *cell;
  foreach (cell, names) {
    if (foreach_current_index(cell) > 0) appendStringInfoString(out, ", ");
    escape_json(out, static_cast<const char *>(lfirst(cell)));
  }
  appendStringInfoChar(out, ']');
}

// Names of the privileges in a bit mask.
List *PrivilegeNames(AclMode privileges) {
  static const struct {
    AclMode bit;
    const char *name;
  } kNames[] = {
      {ACL_SELECT, "SELECT"},
      {ACL_INSERT, "INSERT"},
      {ACL_UPDATE, "UPDATE"},
      {ACL_DELETE, "DELETE"},
      {ACL_TRUNCATE, "TRUNCATE"},
      {ACL_REFERENCES, "REFERENCES"},
      {ACL_TRIGGER, "TRIGGER"},
      {ACL_EXECUTE, "EXECUTE"},
      {ACL_USAGE, "USAGE"},
      {ACL_CREATE, "CREATE"},
      {ACL_CREATE_TEMP, "TEMPORARY"},
      {ACL_CONNECT, "CONNECT"},
      {ACL_SET, "SET"},
      {ACL_ALTER_SYSTEM, "ALTER SYSTEM"},
      {compat::kAclMaintain, "MAINTAIN"},
  };
  List *names = NIL;
  for (const auto &entry : kNames) {
    if ((privileges & entry.bit) != 0) names = lappend(names, pstrdup(entry.name));
  }
  return names;
}

List *GranteeNames(List *grantees) {
  List *names = NIL;
  ListCell *cell;
  foreach (cell, grantees) {
    const Oid role = lfirst_oid(cell);
    char *name = role == ACL_ID_PUBLIC ? pstrdup("public") : GetUserNameFromId(role, true);
    if (name != nullptr) names = lappend(names, name);
  }
  return names;
}

// Names in a list of String nodes.
List *StringNames(List *strings) {
  List *names = NIL;
  ListCell *cell;
  foreach (cell, strings) names = lappend(names, strVal(lfirst(cell)));
  return names;
}

// The parser keeps column privileges in lower case.
char *UpperCase(const char *word) {
  char *upper = pstrdup(word);
  for (char *c = upper; *c != '\0'; c++) *c = pg_ascii_toupper(static_cast<unsigned char>(*c));
  return upper;
}

void AddGrant(StringInfo out, const InternalGrant *grant, List *privileges, List *columns) {
  StartSubcommand(out, grant->is_grant ? "GRANT" : "REVOKE");
  AddNames(out, "privileges", privileges);
  AddNames(out, "columns", columns);
  AddNames(out, grant->is_grant ? "to" : "from", GranteeNames(grant->grantees));
  if (grant->grant_option) appendStringInfoString(out, ", \"grant_option\": true");
  EndSubcommand(out);
}

const char *DomainSubcommand(char subtype) {
  switch (subtype) {
    case 'T':
      return "SET DEFAULT";
    case 'N':
      return "DROP NOT NULL";
    case 'O':
      return "SET NOT NULL";
    case 'C':
      return "ADD CONSTRAINT";
    case 'X':
      return "DROP CONSTRAINT";
    case 'V':
      return "VALIDATE CONSTRAINT";
    default:
      return "ALTER DOMAIN";
  }
}

const char *RenameName(const RenameStmt *rename) {
  switch (rename->renameType) {
    case OBJECT_COLUMN:
      return "RENAME COLUMN";
    case OBJECT_ATTRIBUTE:
      return "RENAME ATTRIBUTE";
    case OBJECT_TABCONSTRAINT:
    case OBJECT_DOMCONSTRAINT:
      return "RENAME CONSTRAINT";
    default:
      return "RENAME";
  }
}

}  // namespace

const char *GrantSubcommands(const InternalGrant *grant) {
  StringInfoData out;
  initStringInfo(&out);
  if (grant->all_privs) {
    AddGrant(&out, grant, list_make1(pstrdup("ALL")), NIL);
  } else if (grant->privileges != ACL_NO_RIGHTS) {
    AddGrant(&out, grant, PrivilegeNames(grant->privileges), NIL);
  }
  ListCell *cell;
  foreach (cell, grant->col_privs) {
    const AccessPriv *privilege = lfirst_node(AccessPriv, cell);
    char *name = UpperCase(privilege->priv_name == nullptr ? "all" : privilege->priv_name);
    AddGrant(&out, grant, list_make1(name), StringNames(privilege->cols));
  }
  return FinishSubcommands(&out);
}

Oid GrantCatalog(const InternalGrant *grant) {
  switch (grant->objtype) {
    case OBJECT_TABLE:
    case OBJECT_SEQUENCE:
      return RelationRelationId;
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
    case OBJECT_ROUTINE:
      return ProcedureRelationId;
    case OBJECT_SCHEMA:
      return NamespaceRelationId;
    case OBJECT_TYPE:
    case OBJECT_DOMAIN:
      return TypeRelationId;
    case OBJECT_LANGUAGE:
      return LanguageRelationId;
    case OBJECT_FDW:
      return ForeignDataWrapperRelationId;
    case OBJECT_FOREIGN_SERVER:
      return ForeignServerRelationId;
    case OBJECT_LARGEOBJECT:
      return LargeObjectRelationId;
    default:
      return InvalidOid;
  }
}

const char *SimpleSubcommands(const CollectedCommand *collected) {
  Node *tree = collected->parsetree;
  if (tree == nullptr) return nullptr;
  StringInfoData out;
  initStringInfo(&out);
  switch (nodeTag(tree)) {
    case T_RenameStmt:
      StartSubcommand(&out, RenameName(castNode(RenameStmt, tree)));
      AddMember(&out, "from", NameBeforeRename(castNode(RenameStmt, tree)));
      AddMember(&out, "to", castNode(RenameStmt, tree)->newname);
      break;
    case T_AlterObjectSchemaStmt:
      StartSubcommand(&out, "SET SCHEMA");
      AddMember(&out, "from", get_namespace_name(collected->d.simple.secondaryObject.objectId));
      AddMember(&out, "to", castNode(AlterObjectSchemaStmt, tree)->newschema);
      break;
    case T_AlterOwnerStmt:
      StartSubcommand(&out, "OWNER TO");
      AddMember(&out, "to", get_rolespec_name(castNode(AlterOwnerStmt, tree)->newowner));
      break;
    case T_AlterDomainStmt:
      StartSubcommand(&out, DomainSubcommand(castNode(AlterDomainStmt, tree)->subtype));
      AddMember(&out, "name", castNode(AlterDomainStmt, tree)->name);
      break;
    case T_AlterEnumStmt:
      StartSubcommand(
          &out, castNode(AlterEnumStmt, tree)->oldVal == nullptr ? "ADD VALUE" : "RENAME VALUE");
      break;
    default:
      return nullptr;
  }
  EndSubcommand(&out);
  return FinishSubcommands(&out);
}

}  // namespace pg_lineage
