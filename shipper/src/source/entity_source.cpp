#include "source/entity_source.h"

#include <algorithm>
#include <set>
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
  if (NoteGiven(place_.DatabaseFqn())) {
    give(ServiceEntity(config_));
    give(DatabaseEntity(place_, database_, options_));
  }
  if (schema != nullptr && NoteGiven(place_.SchemaFqn(schema->name))) {
    give(SchemaEntity(place_, *schema, options_));
  }
}

// Reads once more where something was changing under the reader; false, and a gap, where that
// failed too.
bool EntitySource::Insist(const SchemaInfo &schema, const std::function<void()> &read) {
  for (int attempt = 0;; ++attempt) {
    try {
      read();
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

bool EntitySource::ReadSchema(const SchemaInfo &schema, const CatalogScope &scope,
                              SchemaContent *content) {
  return Insist(schema, [&] {
    const auto before = static_cast<long>(reader_.gaps().size());
    *content = reader_.Read(schema, scope);
    gaps_.insert(gaps_.end(), reader_.gaps().begin() + before, reader_.gaps().end());
  });
}

void EntitySource::Walk(const SchemaInfo &schema, const std::vector<RelationEntry> &list,
                        const std::function<void(const SchemaContent &)> &use) {
  for (std::vector<uint32_t> &portion : Portions(list)) {
    SchemaContent content;
    if (ReadSchema(schema, {std::move(portion), {}}, &content)) use(content);
  }
}

bool EntitySource::AdmitsReferred(const KeyInfo &key) const {
  return filter_.AdmitsSchema(place_.database, key.referred_schema) &&
         filter_.AdmitsRelation(place_.database, key.referred_schema, key.referred_table, 'r');
}

// False, and a gap, where something else has the name already: the catalog's way to write what a
// name cannot hold leaves two names of the database that are one there.
bool EntitySource::IsNew(const Entity &entity, const std::string &shown, uint32_t oid) {
  const uint64_t hash = ContentHash64(entity.type + "/" + entity.fqn);
  const auto [place, fresh] = named_.try_emplace(hash, oid);
  if (!fresh)
    gaps_.push_back({shown, "cannot be told from " +
                                reader_.Identity(entity.type == "storedProcedure", place->second) +
                                " in the catalog, where both are " + entity.fqn +
                                "; rename one of them"});
  return fresh;
}

void EntitySource::GiveTags(const RelationInfo &relation, const Give &give) {
  if (!options_.tags || relation.policies.empty()) return;
  Entity classification = ClassificationEntity(options_.classification);
  if (NoteGiven(classification.fqn)) give(classification);
  for (const std::string &policy : relation.policies) {
    Entity tag = PolicyTagEntity(options_.classification, policy);
    if (NoteGiven(tag.fqn)) give(tag);
  }
}

void EntitySource::GiveRelation(const SchemaContent &content, const RelationInfo &relation,
                                const Give &give) {
  GiveTags(relation, give);
  bool complete = true;
  const auto admitted = [&](const KeyInfo &key) { return AdmitsReferred(key); };
  for (const KeyInfo &key : relation.keys) {
    if (key.kind != 'f' || !admitted(key)) continue;
    const std::string fqn = place_.TableFqn(key.referred_schema, key.referred_table);
    if (Given(fqn)) continue;
    complete = false;
    referred_[fqn] = {key.referred_schema, key.referred_table};
  }
  const Entity entity = TableEntity(place_, relation, content.types, options_, admitted);
  if (!IsNew(entity, relation.quoted_name, relation.oid)) return;
  NoteGiven(entity.fqn);
  referred_.erase(entity.fqn);
  if (complete) return give(entity);
  give(PartialTable(entity));
  if (held_.empty() || held_.back().schema.oid != content.schema.oid)
    held_.push_back({content.schema, {}});
  held_.back().list.push_back(
      {relation.oid, relation.name, relation.kind, static_cast<int>(relation.columns.size())});
}

void EntitySource::GiveRelations(const SchemaContent &content, const Give &give) {
  for (const RelationInfo &relation : content.relations)
    if (filter_.AdmitsRelation(place_.database, relation.schema, relation.name, relation.kind))
      GiveRelation(content, relation, give);
}

// Overloads are named by all routines of the schema, also those that are filtered out.
void EntitySource::GiveRoutines(const SchemaInfo &schema, const std::optional<std::string> &name,
                                const Give &give) {
  std::vector<RoutineEntry> list, admitted;
  if (!Insist(schema, [&] { list = reader_.Routines(schema, name); })) return;
  for (const RoutineEntry &entry : list)
    if (filter_.AdmitsRoutine(place_.database, schema.name, entry.key.name))
      admitted.push_back(entry);
  filtered_ += static_cast<long>(list.size() - admitted.size());
  const RoutineNames names =
      AssignRoutineNames(RoutineKeys(list), place_.SchemaFqn(schema.name), book_);
  for (std::vector<uint32_t> &portion : Portions(admitted)) {
    SchemaContent content;
    if (!ReadSchema(schema, {{}, std::move(portion)}, &content)) continue;
    for (const RoutineInfo &routine : content.routines) GiveRoutine(schema, routine, names, give);
  }
}

void EntitySource::GiveRoutine(const SchemaInfo &schema, const RoutineInfo &routine,
                               const RoutineNames &names, const Give &give) {
  const std::string signature = RoutineSignature(routine.name, routine.types);
  const auto name = names.find(signature);
  if (name == names.end()) {
    gaps_.push_back({schema.name + "." + signature, "was renamed while it was read; run again"});
    return;
  }
  Entity entity = RoutineEntity(place_, schema.name, routine, name->second, options_);
  if (name->second == routine.name) entity.signature = signature;
  if (IsNew(entity, schema.name + "." + signature, routine.oid)) give(entity);
}

// The relations of these names, or the roots of their partition trees, by schema, and what the
// catalog calls them; names that are nobody's are left out.
std::vector<EntitySource::Members> EntitySource::Resolve(const std::vector<RelationName> &names,
                                                         std::vector<std::string> *fqns) {
  std::map<std::string, Members> by_schema;
  std::set<uint32_t> seen;
  fqns->assign(names.size(), "");
  const std::vector<std::optional<ResolvedRelation>> found = reader_.Resolve(names);
  for (size_t i = 0; i < names.size(); ++i) {
    if (!found[i]) continue;
    const ResolvedRelation &relation = *found[i];
    (*fqns)[i] = place_.TableFqn(relation.schema.name, relation.name);
    if (!seen.insert(relation.oid).second) continue;
    Members &members = by_schema[relation.schema.name];
    members.schema = relation.schema;
    members.list.push_back({relation.oid, relation.name, relation.kind, relation.columns});
  }
  std::vector<Members> out;
  for (auto &[name, members] : by_schema) out.push_back(std::move(members));
  return out;
}

// What the walk itself does not give but held tables refer to, without its own foreign keys.
void EntitySource::GiveReferred(const Give &give) {
  std::vector<RelationName> names;
  for (const auto &[fqn, name] : referred_)
    if (!Given(fqn)) names.push_back(name);
  if (names.empty()) return;
  std::vector<std::string> fqns;
  for (const Members &members : Resolve(names, &fqns)) {
    Walk(members.schema, members.list, [&](const SchemaContent &content) {
      for (const RelationInfo &relation : content.relations) {
        GiveParents(&content.schema, give);
        GiveTags(relation, give);
        const Entity entity = TableEntity(place_, relation, content.types, options_);
        if (NoteGiven(entity.fqn)) give(PartialTable(entity));
      }
    });
  }
}

// Gives the tables that waited for those they refer to. What was not given even now (a member of an
// extension, say) is not in the catalog, and a key to it is left out.
void EntitySource::GiveHeld(const Give &give) {
  const auto given = [&](const KeyInfo &key) {
    return AdmitsReferred(key) && Given(place_.TableFqn(key.referred_schema, key.referred_table));
  };
  for (const Members &held : std::exchange(held_, {})) {
    Walk(held.schema, held.list, [&](const SchemaContent &content) {
      for (const RelationInfo &relation : content.relations) {
        const Entity entity = TableEntity(place_, relation, content.types, options_, given);
        if (Given(entity.fqn)) give(entity);  // else renamed since it was held
      }
    });
  }
}

void EntitySource::Content(const SchemaInfo &schema, const Give &give) {
  if (!filter_.AdmitsSchema(place_.database, schema.name)) {
    ++filtered_;
    return;
  }
  std::vector<RelationEntry> list;
  const MetadataConfig &wanted = config_.metadata;
  if (wanted.include_tables || wanted.include_views) {
    if (!Insist(schema, [&] { list = reader_.List(schema); })) return;
  }
  const auto out = std::remove_if(list.begin(), list.end(), [&](const RelationEntry &entry) {
    return !filter_.AdmitsRelation(place_.database, schema.name, entry.name, entry.kind);
  });
  filtered_ += list.end() - out;
  list.erase(out, list.end());
  GiveParents(&schema, give);
  Walk(schema, list, [&](const SchemaContent &content) { GiveRelations(content, give); });
  if (wanted.include_stored_procedures) GiveRoutines(schema, std::nullopt, give);
}

long EntitySource::Expected() {
  std::vector<uint32_t> schemas;
  for (const SchemaInfo &schema : reader_.Schemas())
    if (filter_.AdmitsSchema(place_.database, schema.name)) schemas.push_back(schema.oid);
  const MetadataConfig &wanted = config_.metadata;
  const long parents = 2 + static_cast<long>(schemas.size());
  return parents + reader_.Count(schemas, wanted.include_tables || wanted.include_views,
                                 wanted.include_stored_procedures);
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

void EntitySource::Parents(const Give &give) {
  Begin();
  GiveParents(nullptr, give);
}

void EntitySource::Parents(const std::string &name, const Give &give) {
  Begin();
  const std::optional<SchemaInfo> schema = reader_.Schema(name);
  if (schema && filter_.AdmitsSchema(place_.database, name)) GiveParents(&*schema, give);
}

void EntitySource::Relation(const RelationName &name, const Give &give) { Relations({name}, give); }

std::vector<std::string> EntitySource::Relations(const std::vector<RelationName> &names,
                                                 const Give &give) {
  Begin();
  std::vector<std::string> fqns;
  for (const Members &members : Resolve(names, &fqns)) {
    const std::string &schema = members.schema.name;
    if (!filter_.AdmitsSchema(place_.database, schema) || !reader_.Schema(schema)) continue;
    Walk(members.schema, members.list, [&](const SchemaContent &content) {
      const bool any = std::any_of(
          content.relations.begin(), content.relations.end(), [&](const RelationInfo &relation) {
            return filter_.AdmitsRelation(place_.database, schema, relation.name, relation.kind);
          });
      if (any) GiveParents(&content.schema, give);
      GiveRelations(content, give);
    });
  }
  GiveReferred(give);
  GiveHeld(give);
  for (std::string &fqn : fqns)
    if (!Given(fqn)) fqn.clear();
  return fqns;
}

void EntitySource::Routine(const RoutineName &name, const Give &give) {
  Begin();
  const std::optional<SchemaInfo> schema = reader_.Schema(name.schema);
  if (!schema || !filter_.AdmitsSchema(place_.database, name.schema)) return;
  if (!filter_.AdmitsRoutine(place_.database, name.schema, name.name)) return;
  const std::vector<RoutineEntry> list = reader_.Routines(*schema, name.name);
  const bool there = std::any_of(list.begin(), list.end(), [&](const RoutineEntry &entry) {
    return RoutineSignature(entry.key.name, entry.key.types) == name.signature;
  });
  if (!there) return;
  GiveParents(&*schema, give);
  GiveRoutines(*schema, name.name, give);
}

}  // namespace shipper
