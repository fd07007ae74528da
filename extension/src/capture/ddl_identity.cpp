// See ddl_subcommands.h. The server reports an object's identity after the command only; the parse
// tree of RENAME has the old name, that of SET SCHEMA the old schema's address.
#include "capture/ddl_subcommands.h"

namespace pg_lineage {
namespace {

// Where the renamed part stands in the object's identity.
enum class Part {
  kFirst,        // schema, or "trigger on table"
  kAfterSchema,  // schema.table, schema.function(types)
  kLast,         // schema.table.column
};

Part RenamedPart(const RenameStmt *rename) {
  switch (rename->renameType) {
    case OBJECT_COLUMN:
    case OBJECT_ATTRIBUTE:
      return Part::kLast;
    case OBJECT_AGGREGATE:
    case OBJECT_COLLATION:
    case OBJECT_CONVERSION:
    case OBJECT_DOMAIN:
    case OBJECT_FOREIGN_TABLE:
    case OBJECT_FUNCTION:
    case OBJECT_INDEX:
    case OBJECT_MATVIEW:
    case OBJECT_PROCEDURE:
    case OBJECT_ROUTINE:
    case OBJECT_SEQUENCE:
    case OBJECT_STATISTIC_EXT:
    case OBJECT_TABLE:
    case OBJECT_TSCONFIGURATION:
    case OBJECT_TSDICTIONARY:
    case OBJECT_TSPARSER:
    case OBJECT_TSTEMPLATE:
    case OBJECT_TYPE:
    case OBJECT_VIEW:
      return Part::kAfterSchema;
    default:
      return Part::kFirst;
  }
}

// Length of the leading quoted or plain identifier of `text`.
size_t IdentifierLength(const char *text) {
  if (*text != '"') return strcspn(text, ".( ");
  const char *c = text + 1;
  while (*c != '\0') {
    if (*c == '"' && c[1] != '"') return c + 1 - text;
    c += *c == '"' ? 2 : 1;
  }
  return c - text;
}

// `identity` with the part [at, at + strlen(was)) replaced; NULL when `was` does not stand there.
const char *Replace(const char *identity, size_t at, const char *was, const char *by) {
  const size_t size = strlen(was);
  if (at > strlen(identity) || strncmp(identity + at, was, size) != 0) return nullptr;
  return psprintf("%.*s%s%s", static_cast<int>(at), identity, by, identity + at + size);
}

const char *BeforeRename(const RenameStmt *rename, const char *identity) {
  const char *old_name = NameBeforeRename(rename);
  if (old_name == nullptr) return nullptr;
  const char *was = quote_identifier(rename->newname);
  const char *by = quote_identifier(old_name);
  switch (RenamedPart(rename)) {
    case Part::kFirst:
      return Replace(identity, 0, was, by);
    case Part::kAfterSchema:
      return Replace(identity, IdentifierLength(identity) + 1, was, by);
    case Part::kLast:
      if (strlen(identity) < strlen(was)) return nullptr;
      return Replace(identity, strlen(identity) - strlen(was), was, by);
  }
  return nullptr;
}

}  // namespace

const char *NameBeforeRename(const RenameStmt *rename) {
  if (rename->subname != nullptr) return rename->subname;
  if (rename->relation != nullptr) return rename->relation->relname;
  if (rename->object == nullptr) return nullptr;
  List *names = NIL;
  if (IsA(rename->object, String)) return strVal(rename->object);
  if (IsA(rename->object, ObjectWithArgs)) {
    names = castNode(ObjectWithArgs, rename->object)->objname;
  } else if (IsA(rename->object, List)) {
    names = castNode(List, rename->object);
  }
  if (names == NIL || !IsA(llast(names), String)) return nullptr;
  return strVal(llast(names));
}

const char *OldIdentity(const CollectedCommand *collected, const char *identity) {
  if (collected->type != SCT_Simple || collected->parsetree == nullptr || identity == nullptr) {
    return nullptr;
  }
  if (IsA(collected->parsetree, RenameStmt)) {
    return BeforeRename(castNode(RenameStmt, collected->parsetree), identity);
  }
  if (!IsA(collected->parsetree, AlterObjectSchemaStmt)) return nullptr;
  const ObjectAddress &old_schema = collected->d.simple.secondaryObject;
  if (old_schema.classId != NamespaceRelationId) return nullptr;
  const char *old_name = get_namespace_name(old_schema.objectId);
  if (old_name == nullptr) return nullptr;
  const AlterObjectSchemaStmt *statement = castNode(AlterObjectSchemaStmt, collected->parsetree);
  return Replace(identity, 0, quote_identifier(statement->newschema), quote_identifier(old_name));
}

}  // namespace pg_lineage
