// Reads the catalogs of PostgreSQL 11 to 19, with a number of queries per schema that does not
// depend on how much is in it.
//
// Needs no right beyond CONNECT: the catalogs are open to everybody. A schema is read in one
// read-only transaction with one snapshot, a statement timeout and a lock timeout, so that neither
// a half-done change nor a long wait behind one is seen. What the server itself owns, temporary
// objects, members of extensions and the schema of pg_lineage are left out; leaf partitions too, as
// they belong to their root. Throws PgError; answers nothing where there is no such object.
//
//   CatalogReader reader(&pg, {});
//   for (const SchemaInfo &schema : reader.Schemas()) Use(reader.Read(schema));
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
  int statement_timeout_ms = 300000;
  int lock_timeout_ms = 5000;
};

// What of a schema is wanted.
struct CatalogScope {
  bool relations = true;
  bool routines = true;
  uint32_t relation = 0;  // this one only
  std::string routine;    // those of this name only
};

// A relation found by name, and the root of its partition tree (itself where it is no partition).
struct ResolvedRelation {
  SchemaInfo schema;
  uint32_t oid = 0;
  std::string name;
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
  std::optional<ResolvedRelation> Resolve(const std::string &schema, const std::string &name);

  // One schema's content. What could not be read is left out of the content and told in gaps():
  // it must not be taken for gone.
  SchemaContent Read(const SchemaInfo &schema, const CatalogScope &scope = {});
  const std::vector<CatalogGap> &gaps() const { return gaps_; }

 private:
  void ReadRelations(SchemaContent *content, const CatalogScope &scope);
  void ReadDefinitions(SchemaContent *content);
  void ReadColumns(SchemaContent *content, const CatalogScope &scope);
  void ReadTypes(SchemaContent *content);
  void ReadKeys(SchemaContent *content, const CatalogScope &scope);
  void ReadPolicies(SchemaContent *content, const CatalogScope &scope);
  void ReadChecks(SchemaContent *content, const CatalogScope &scope);
  void ReadShapes(SchemaContent *content, const CatalogScope &scope);
  void ReadRoutines(SchemaContent *content, const CatalogScope &scope);
  // `{name}` in a query becomes what this server's version has for it.
  std::string Adapt(std::string sql) const;

  PgConnection *pg_;
  CatalogOptions options_;
  std::vector<CatalogGap> gaps_;
};

// The routines of a schema that share a name.
std::vector<RoutineKey> ReadRoutineKeys(PgConnection *pg, const std::string &schema,
                                        const std::string &name);

}  // namespace shipper
