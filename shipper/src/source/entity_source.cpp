#include "source/entity_source.h"

#include <algorithm>
#include <utility>

namespace shipper {
namespace {

CatalogOptions ReaderOptions(const Config &config) {
  CatalogOptions options;
  options.definitions = config.shipper.definitions;
  options.ddl = config.metadata.include_ddl;
  options.policies = config.metadata.include_tags;
  return options;
}

EntityOptions TranslationOptions(const Config &config) {
  EntityOptions options;
  options.definitions = config.shipper.definitions;
  options.ddl = config.metadata.include_ddl && config.shipper.definitions;
  options.tags = config.metadata.include_tags;
  options.classification = config.postgres.classification_name;
  options.owners = OwnerRules(config.metadata);
  options.overrides = config.metadata.override_metadata;
  return options;
}

std::vector<RoutineKey> RoutineKeys(const std::vector<RoutineInfo> &routines) {
  std::vector<RoutineKey> keys;
  for (const RoutineInfo &routine : routines) {
    keys.push_back({routine.oid, routine.name, routine.types});
  }
  return keys;
}

}  // namespace

EntitySource::EntitySource(PgConnection *pg, const Config &config, const RoutineBook *book)
    : reader_(pg, ReaderOptions(config)),
      config_(config),
      filter_(config),
      book_(book),
      options_(TranslationOptions(config)),
      database_(reader_.Database()),
      place_{config.service_name, database_.name} {}

void EntitySource::Begin() {
  given_.clear();
  named_.clear();
  referred_.clear();
  held_.clear();
  gaps_.clear();
  filtered_ = 0;
}

// Service, database and schema, each once in a walk.
void EntitySource::GiveParents(const SchemaInfo *schema, const Give &give) {
  if (given_.insert(place_.DatabaseFqn()).second) {
    give(ServiceEntity(config_));
    give(DatabaseEntity(place_, database_, options_));
  }
  if (schema != nullptr && given_.insert(place_.SchemaFqn(schema->name)).second) {
    give(SchemaEntity(place_, *schema, options_));
  }
}

// Reads once more where something was changing under the reader; false, and a gap, where that
// failed too.
bool EntitySource::ReadSchema(const SchemaInfo &schema, const CatalogScope &scope,
                              SchemaContent *content) {
  for (int attempt = 0;; ++attempt) {
    const size_t before = reader_.gaps().size();
    try {
      *content = reader_.Read(schema, scope);
      gaps_.insert(gaps_.end(), reader_.gaps().begin() + static_cast<long>(before),
                   reader_.gaps().end());
      return true;
    } catch (const PgConnectError &) {
      throw;
    } catch (const PgError &error) {
      if (attempt == 0) continue;
      gaps_.push_back({"schema " + schema.name, std::string("cannot be read: ") + error.what()});
      return false;
    }
  }
}

bool EntitySource::AdmitsReferred(const KeyInfo &key) const {
  return filter_.AdmitsSchema(place_.database, key.referred_schema) &&
         filter_.AdmitsRelation(place_.database, key.referred_schema, key.referred_table, 'r');
}

// False, and a gap, where something else has the name already: the catalog's way to write what a
// name cannot hold leaves two names of the database that are one there.
bool EntitySource::IsNew(const Entity &entity, const std::string &shown) {
  const auto [place, fresh] = named_.try_emplace({entity.type, entity.fqn}, shown);
  if (!fresh)
    gaps_.push_back({shown, "cannot be told from " + place->second +
                                " in the catalog, where both are " + entity.fqn +
                                "; rename one of them"});
  return fresh;
}

void EntitySource::GiveTags(const RelationInfo &relation, const Give &give) {
  if (!options_.tags || relation.policies.empty()) return;
  Entity classification = ClassificationEntity(options_.classification);
  if (given_.insert(classification.fqn).second) give(classification);
  for (const std::string &policy : relation.policies) {
    Entity tag = PolicyTagEntity(options_.classification, policy);
    if (given_.insert(tag.fqn).second) give(tag);
  }
}

void EntitySource::GiveRelation(const TypeTable &types, const RelationInfo &relation,
                                const Give &give) {
  GiveTags(relation, give);
  Held held;
  bool complete = true;
  const auto admitted = [&](const KeyInfo &key) { return AdmitsReferred(key); };
  for (const KeyInfo &key : relation.keys) {
    if (key.kind != 'f' || !admitted(key)) continue;
    const std::string fqn = place_.TableFqn(key.referred_schema, key.referred_table);
    held.referred.push_back(fqn);
    if (given_.count(fqn) != 0) continue;
    complete = false;
    referred_[fqn] = {key.referred_schema, key.referred_table};
  }
  held.entity = TableEntity(place_, relation, types, options_, admitted);
  if (!IsNew(held.entity, relation.quoted_name)) return;
  given_.insert(held.entity.fqn);
  if (complete) {
    give(held.entity);
    return;
  }
  give(PartialTable(held.entity));
  held_.push_back(std::move(held));
}

void EntitySource::GiveRelations(const SchemaContent &content, const Give &give) {
  for (const RelationInfo &relation : content.relations) {
    if (filter_.AdmitsRelation(place_.database, relation.schema, relation.name, relation.kind)) {
      GiveRelation(content.types, relation, give);
    } else {
      ++filtered_;
    }
  }
}

void EntitySource::GiveRoutines(const SchemaContent &content, const Give &give) {
  const std::map<std::string, std::string> names = AssignRoutineNames(
      RoutineKeys(content.routines), place_.SchemaFqn(content.schema.name), book_);
  for (const RoutineInfo &routine : content.routines) {
    if (!filter_.AdmitsRoutine(place_.database, content.schema.name, routine.name)) {
      ++filtered_;
      continue;
    }
    const std::string signature = RoutineSignature(routine.name, routine.types);
    const std::string &name = names.at(signature);
    Entity entity = RoutineEntity(place_, content.schema.name, routine, name, options_);
    if (name == routine.name) entity.signature = signature;
    if (IsNew(entity, content.schema.name + "." + signature)) give(entity);
  }
}

// What the walk itself does not give but held tables refer to, without its own foreign keys.
void EntitySource::GiveReferred(const Give &give) {
  for (const auto &[fqn, name] : referred_) {
    if (given_.count(fqn) != 0) continue;
    const std::optional<ResolvedRelation> found = reader_.Resolve(name.schema, name.name);
    SchemaContent content;
    if (!found || !ReadSchema(found->schema, {true, false, found->oid, {}}, &content)) continue;
    for (const RelationInfo &relation : content.relations) {
      GiveParents(&content.schema, give);
      GiveTags(relation, give);
      give(PartialTable(TableEntity(place_, relation, content.types, options_)));
      given_.insert(fqn);
    }
  }
}

// Gives the tables that waited for those they refer to. What was not given even now (a member of an
// extension, say) is not in the catalog, and a key to it is left out.
void EntitySource::GiveHeld(const Give &give) {
  for (Held &held : held_) {
    nlohmann::json kept = nlohmann::json::array();
    size_t key = 0;
    for (nlohmann::json &constraint : held.entity.body["tableConstraints"]) {
      const bool refers = constraint["constraintType"] == "FOREIGN_KEY";
      if (!refers || given_.count(held.referred[key++]) != 0) kept.push_back(std::move(constraint));
    }
    if (kept.empty()) {
      held.entity.body.erase("tableConstraints");
    } else {
      held.entity.body["tableConstraints"] = std::move(kept);
    }
    give(held.entity);
  }
  held_.clear();
}

void EntitySource::Content(const SchemaInfo &schema, const Give &give) {
  if (!filter_.AdmitsSchema(place_.database, schema.name)) {
    ++filtered_;
    return;
  }
  SchemaContent content;
  CatalogScope scope;
  scope.routines = config_.metadata.include_stored_procedures;
  scope.relations = config_.metadata.include_tables || config_.metadata.include_views;
  if (!ReadSchema(schema, scope, &content)) return;
  GiveParents(&schema, give);
  GiveRelations(content, give);
  GiveRoutines(content, give);
}

void EntitySource::Database(const Give &give) {
  Begin();
  GiveParents(nullptr, give);
  for (const SchemaInfo &schema : reader_.Schemas()) Content(schema, give);
  GiveReferred(give);
  GiveHeld(give);
}

void EntitySource::Schema(const std::string &name, const Give &give) {
  Begin();
  const std::optional<SchemaInfo> schema = reader_.Schema(name);
  if (!schema) return;
  Content(*schema, give);
  GiveReferred(give);
  GiveHeld(give);
}

void EntitySource::Relation(const RelationName &name, const Give &give) {
  Begin();
  const std::optional<ResolvedRelation> found = reader_.Resolve(name.schema, name.name);
  if (!found || !reader_.Schema(found->schema.name)) return;
  if (!filter_.AdmitsSchema(place_.database, found->schema.name)) return;
  SchemaContent content;
  if (!ReadSchema(found->schema, {true, false, found->oid, {}}, &content)) return;
  if (content.relations.empty()) return;
  const RelationInfo &relation = content.relations.front();
  if (!filter_.AdmitsRelation(place_.database, relation.schema, relation.name, relation.kind))
    return;
  GiveParents(&content.schema, give);
  GiveRelations(content, give);
  GiveReferred(give);
  GiveHeld(give);
}

void EntitySource::Routine(const RoutineName &name, const Give &give) {
  Begin();
  const std::optional<SchemaInfo> schema = reader_.Schema(name.schema);
  if (!schema || !filter_.AdmitsSchema(place_.database, name.schema)) return;
  if (!filter_.AdmitsRoutine(place_.database, name.schema, name.name)) return;
  SchemaContent content;
  if (!ReadSchema(*schema, {false, true, 0, name.name}, &content)) return;
  const bool there = std::any_of(
      content.routines.begin(), content.routines.end(), [&](const RoutineInfo &routine) {
        return RoutineSignature(routine.name, routine.types) == name.signature;
      });
  if (!there) return;
  GiveParents(&*schema, give);
  GiveRoutines(content, give);
}

}  // namespace shipper
