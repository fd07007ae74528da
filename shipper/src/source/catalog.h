// Reads the catalogs of PostgreSQL 11 to 19: the list of a schema, then its content in portions,
// each by a number of queries that does not depend on how much is in it.
//
// Needs no right beyond CONNECT: the catalogs are open to everybody. A portion is read in one
// read-only transaction with one snapshot, a statement timeout and a lock timeout, so that neither
// a half-done change nor a long wait behind one is seen; no transaction is open between portions,
// so that no lock of ours (pg_get_viewdef takes some) lasts. What the server itself owns, temporary
// objects, members of extensions and the schema of pg_lineage are left out; leaf partitions too, as
// they belong to their root. Throws PgError; answers nothing where there is no such object.
//
//   CatalogReader reader(&pg, {});
//   for (const SchemaInfo &schema : reader.Schemas())
//     for (const std::vector<uint32_t> &portion : Portions(reader.List(schema)))
//       Use(reader.Read(schema, {portion}));
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "queue/pg_connection.h"
#include "source/model.h"
#include "translate/names.h"

namespace shipper {

struct CatalogOptions {
  bool definitions = true;  // view queries and routine bodies
  bool ddl = false;         // what CREATE TABLE needs: defaults, checks, partition keys
  bool policies = true;     // row-level security
  int lock_timeout_ms = 5000;
};

// What of a schema is wanted.
struct CatalogScope {
  std::vector<uint32_t> relations = {};  // by OID; what is not in the schema any more is left out
  std::vector<uint32_t> routines = {};   // the same
};

// A relation as the list of its schema has it.
struct RelationEntry {
  uint32_t oid = 0;
  std::string name;
  char kind = 'r';
  int columns = 0;  // dropped ones too
};

// A routine as the list of its schema has it.
struct RoutineEntry {
  RoutineKey key;
  size_t bytes = 0;  // of its body
};

std::vector<RoutineKey> RoutineKeys(const std::vector<RoutineEntry> &list);

// OIDs of a list in their order, in portions that bound what Read() holds.
std::vector<std::vector<uint32_t>> Portions(const std::vector<RelationEntry> &list);
std::vector<std::vector<uint32_t>> Portions(const std::vector<RoutineEntry> &list);

// A relation found by name, and the root of its partition tree (itself where it is no partition).
struct ResolvedRelation {
  SchemaInfo schema;
  uint32_t oid = 0;
  std::string name;
  char kind = 'r';
  int columns = 0;  // dropped ones too
};

// A query of a view that could not be had, and why.
struct CatalogGap {
  std::string object;  // "schema.name"
  std::string reason;
};

class CatalogReader {
 public:
  CatalogReader(PgConnection *pg, const CatalogOptions &options);

  DatabaseInfo Database();
  // Databases of the cluster that this role may connect to, by name.
  std::vector<DatabaseInfo> Databases();
  std::vector<SchemaInfo> Schemas();
  std::optional<SchemaInfo> Schema(const std::string &name);
  // In the order of the names; nothing for a name that is nobody's.
  std::vector<std::optional<ResolvedRelation>> Resolve(const std::vector<RelationName> &names);

  // What a relation or a routine is called, for a message.
  std::string Identity(bool routine, uint32_t oid);

  // How many relations and routines schemas hold, by OID.
  long Count(const std::vector<uint32_t> &schemas, bool relations, bool routines);

  // All relations of a schema, tables before views, each by name.
  std::vector<RelationEntry> List(const SchemaInfo &schema);

  // All routines of a schema, or those of one name.
  std::vector<RoutineEntry> Routines(const SchemaInfo &schema,
                                     const std::optional<std::string> &name = {});

  // What `scope` says of a schema's content. What could not be read is left out of the content and
  // told in gaps(): it must not be taken for gone.
  SchemaContent Read(const SchemaInfo &schema, const CatalogScope &scope);
  const std::vector<CatalogGap> &gaps() const { return gaps_; }

 private:
  void ReadRelations(SchemaContent *content, const PgValue &oids);
  void ReadDefinitions(SchemaContent *content);
  void ReadColumns(SchemaContent *content, const PgValue &oids);
  void ReadTypes(SchemaContent *content);
  void ReadKeys(SchemaContent *content, const PgValue &oids);
  void ReadPolicies(SchemaContent *content, const PgValue &oids);
  void ReadChecks(SchemaContent *content, const PgValue &oids);
  void ReadShapes(SchemaContent *content, const PgValue &oids);
  void ReadRoutines(SchemaContent *content, const CatalogScope &scope);
  // `{name}` in a query becomes what this server's version has for it.
  std::string Adapt(std::string sql) const;

  PgConnection *pg_;
  CatalogOptions options_;
  std::vector<CatalogGap> gaps_;
};

// The routines of a schema, or those of them that share a name; by name.
std::vector<RoutineEntry> ListRoutines(PgConnection *pg, const std::string &schema,
                                       const std::optional<std::string> &name);

}  // namespace shipper
