// CatalogOrigin: what is in the catalog and no more in the database.
#include "source/catalog_origin.h"
#include "translate/names.h"

namespace shipper {

bool CatalogOrigin::Keeps(const std::string &type) const {
  const MetadataConfig &metadata = config_.metadata;
  if (type == "table") return !metadata.mark_deleted_tables;
  if (type == "storedProcedure") return !metadata.mark_deleted_stored_procedures;
  return !metadata.mark_deleted_schemas;
}

// The names that an object may have in the catalog, and where in the database to look for them.
// A routine may have two: it was the first of its name, or a later one.
std::vector<EntityName> CatalogOrigin::CandidatesOf(const std::string &type,
                                                    const std::string &identity,
                                                    Presence::Scope *scope) {
  const Place &place = HomePlace();
  if (type == "schema") {
    const std::optional<RelationName> name = ParseStoreName(identity + ".x");
    if (!name || !filter_.AdmitsSchema(place.database, name->schema)) return {};
    *scope = {name->schema, ""};
    return {{"databaseSchema", place.SchemaFqn(name->schema)}};
  }
  if (type == "table") {
    const std::optional<RelationName> name = ParseStoreName(identity);
    if (!name || !filter_.AdmitsSchema(place.database, name->schema)) return {};
    const std::string &database = place.database;
    if (!filter_.AdmitsRelation(database, name->schema, name->name, 'r') &&
        !filter_.AdmitsRelation(database, name->schema, name->name, 'v'))
      return {};
    *scope = {name->schema, name->name};
    return {{"table", place.TableFqn(name->schema, name->name)}};
  }
  const std::optional<RoutineName> name = ParseRoutine(identity);
  if (type != "routine" || !name || !filter_.AdmitsSchema(place.database, name->schema) ||
      !filter_.AdmitsRoutine(place.database, name->schema, name->name))
    return {};
  *scope = {name->schema, name->name};
  const std::string schema = place.SchemaFqn(name->schema);
  return {{"storedProcedure", AppendFqn(schema, name->name)},
          {"storedProcedure", AppendFqn(schema, LaterRoutineName(*name))}};
}

// Those of the names that are not there, each with whether the workflow keeps it.
std::vector<EntityName> CatalogOrigin::Absent(const Presence &present,
                                              const std::vector<EntityName> &names) const {
  std::vector<EntityName> gone;
  for (EntityName name : names) {
    if (present.Has(name.type, name.fqn)) continue;
    name.keep = Keeps(name.type);
    gone.push_back(std::move(name));
  }
  return gone;
}

std::vector<EntityName> CatalogOrigin::Departed(const std::string &type,
                                                const std::string &identity) {
  Presence::Scope scope;
  const std::vector<EntityName> candidates = CandidatesOf(type, identity, &scope);
  if (candidates.empty()) return {};
  return Absent(Presence(&session_(), HomePlace(), book(), scope), candidates);
}

std::vector<EntityName> CatalogOrigin::Departed(const std::vector<EntityName> &names) {
  return Absent(Presence(&session_(), HomePlace(), book()), names);
}

std::optional<EntityName> CatalogOrigin::NameOf(const std::string &type,
                                                const std::string &identity) {
  Presence::Scope scope;
  const std::vector<EntityName> candidates = CandidatesOf(type, identity, &scope);
  if (candidates.empty()) return std::nullopt;
  if (type == "routine") {
    const std::string fqn = RoutineFqn(identity);
    return fqn.empty() ? std::nullopt : std::optional<EntityName>({"storedProcedure", fqn});
  }
  const Presence present(&session_(), HomePlace(), book(), scope);
  if (!present.Has(candidates[0].type, candidates[0].fqn)) return std::nullopt;
  return candidates[0];
}

}  // namespace shipper
