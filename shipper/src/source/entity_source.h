// The entities of a database in an order in which a catalog can take them.
//
// Each object is preceded by what it hangs on (service, database, schema, tags). A foreign key
// names columns of another table: where that table has not been given yet, the table is first given
// without its foreign keys, marked `partial`, and whole, read again, after all others. What is held
// at once is bounded, however much a schema holds. Filters are applied here; what is filtered out
// is counted and never referred to. What could not be read is in gaps() and is
// not given: silence about an object never means that it is gone.
// One thread; holds no transaction between calls. Throws PgError, and ConfigError for a filter.
//
//   EntitySource source(&pg, config);
//   source.Database([&](const Entity &entity) { sink.PutEntity(entity); });
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config.h"
#include "sink/sink.h"
#include "source/catalog.h"
#include "source/filter.h"
#include "translate/entities.h"
#include "translate/names.h"

namespace shipper {

class EntitySource {
 public:
  using Give = std::function<void(const Entity &)>;

  // `book` outlives this; nullptr: the catalog knows no routine yet.
  EntitySource(PgConnection *pg, const Config &config, const RoutineBook *book = nullptr);

  void Database(const Give &give);
  void Schema(const std::string &schema, const Give &give);
  // The database, or one of its schemas, and what that hangs on; nothing of what is in it.
  void Parents(const Give &give);
  void Parents(const std::string &schema, const Give &give);
  // The relation, or the root of the partition tree that it is in.
  void Relation(const RelationName &name, const Give &give);
  // The same of many, read together. Answers the fully qualified name that each has been given
  // under, in their order; "" where it is gone, filtered out or could not be read.
  std::vector<std::string> Relations(const std::vector<RelationName> &names, const Give &give);
  // The routine and those that share its name; nothing where it is gone.
  void Routine(const RoutineName &name, const Give &give);

  // How many entities Database() gives at most, near enough: to show how far it is.
  long Expected();

  const Place &place() const { return place_; }
  const ObjectFilter &filter() const { return filter_; }
  CatalogReader &reader() { return reader_; }
  const std::vector<CatalogGap> &gaps() const { return gaps_; }
  long filtered() const { return filtered_; }

 private:
  void GiveParents(const SchemaInfo *schema, const Give &give);
  bool Insist(const SchemaInfo &schema, const std::function<void()> &read);
  bool ReadSchema(const SchemaInfo &schema, const CatalogScope &scope, SchemaContent *content);
  void GiveRelations(const SchemaContent &content, const Give &give);
  void GiveRelation(const SchemaContent &content, const RelationInfo &relation, const Give &give);
  // Reads relations of a schema in portions and calls `use` with each.
  void Walk(const SchemaInfo &schema, const std::vector<RelationEntry> &list,
            const std::function<void(const SchemaContent &)> &use);
  void GiveTags(const RelationInfo &relation, const Give &give);
  // Those of a schema that the filters admit, or those of one name.
  void GiveRoutines(const SchemaInfo &schema, const std::optional<std::string> &name,
                    const Give &give);
  using RoutineNames = std::map<std::string, std::string>;  // signature: what the catalog says
  void GiveRoutine(const SchemaInfo &schema, const RoutineInfo &routine, const RoutineNames &names,
                   const Give &give);
  void GiveReferred(const Give &give);
  void GiveHeld(const Give &give);
  void Content(const SchemaInfo &schema, const Give &give);
  bool IsNew(const Entity &entity, const std::string &shown, uint32_t oid);
  bool AdmitsReferred(const KeyInfo &key) const;
  void Begin();

  // Relations of a schema.
  struct Members {
    SchemaInfo schema;
    std::vector<RelationEntry> list;
  };
  std::vector<Members> Resolve(const std::vector<RelationName> &names,
                               std::vector<std::string> *fqns);

  CatalogReader reader_;
  Config config_;
  ObjectFilter filter_;
  const RoutineBook *book_;
  EntityOptions options_;
  DatabaseInfo database_;
  Place place_;
  std::vector<CatalogGap> gaps_;
  long filtered_ = 0;
  // Of one walk:
  bool Given(const std::string &fqn) const { return given_.count(ContentHash64(fqn)) > 0; }
  // False where it was given before.
  bool NoteGiven(const std::string &fqn) { return given_.insert(ContentHash64(fqn)).second; }

  std::unordered_set<uint64_t> given_;            // hashes of fully qualified names
  std::unordered_map<uint64_t, uint32_t> named_;  // of type and name: whose it is, by OID
  std::map<std::string, RelationName> referred_;  // tables that held ones refer to
  std::vector<Members> held_;                     // to be given whole at the end
};

}  // namespace shipper
