#include "source/catalog_origin.h"

#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "source/foreign_tables.h"
#include "source/store.h"
#include "translate/lineage.h"
#include "translate/names.h"

namespace shipper {
namespace {

void WarnOfGaps(const EntitySource &source) {
  for (const CatalogGap &gap : source.gaps()) spdlog::warn("{}: {}", gap.object, gap.reason);
}

// A schema's name as quote_ident writes it, or as it is.
std::string SchemaName(const std::string &identity) {
  const std::optional<RelationName> parsed = ParseStoreName(identity + ".x");
  return parsed ? parsed->schema : identity;
}

}  // namespace

CatalogOrigin::CatalogOrigin(Session session, Config config)
    : session_(std::move(session)), config_(std::move(config)), filter_(config_) {}

const Place &CatalogOrigin::HomePlace() {
  if (!place_) place_ = EntitySource(&session_(), config_).place();
  return *place_;
}

std::vector<Entity> CatalogOrigin::Object(const std::string &type, const std::string &identity) {
  std::vector<Entity> out;
  const EntitySource::Give give = [&](const Entity &entity) { out.push_back(entity); };
  EntitySource source(&session_(), config_, book());
  if (type == "database") {
    source.Parents(give);
  } else if (type == "schema") {
    source.Parents(SchemaName(identity), give);
  } else if (type == "routine") {
    const std::optional<RoutineName> name = ParseRoutine(identity);
    if (name) source.Routine(*name, give);
  } else {
    relations_.Forget();
    const std::optional<RelationName> name = ParseStoreName(identity);
    if (name) source.Relation(*name, give);
  }
  WarnOfGaps(source);
  return out;
}

std::vector<std::string> CatalogOrigin::Tables(const std::vector<std::string> &identities,
                                               const Give &give) {
  relations_.Forget();
  std::vector<RelationName> names;
  std::vector<size_t> places;
  for (size_t i = 0; i < identities.size(); ++i) {
    const std::optional<RelationName> name = ParseStoreName(identities[i]);
    if (!name) continue;
    names.push_back(*name);
    places.push_back(i);
  }
  EntitySource source(&session_(), config_, book());
  std::vector<std::string> found = source.Relations(names, give), out(identities.size());
  for (size_t i = 0; i < places.size(); ++i) out[places[i]] = std::move(found[i]);
  WarnOfGaps(source);
  return out;
}

bool CatalogOrigin::Schema(const std::string &identity, const Give &give) {
  relations_.Forget();
  EntitySource source(&session_(), config_, book());
  source.Schema(SchemaName(identity), give);
  WarnOfGaps(source);
  return source.gaps().empty();
}

bool CatalogOrigin::Everything(const Give &give) {
  EntitySource source(&session_(), config_, book());
  source.Database(give);
  WarnOfGaps(source);
  return source.gaps().empty();
}

// The root of a relation that the catalog has; nothing where it is none of ours to tell.
std::optional<RootRelation> CatalogOrigin::Told(const std::string &store_name) {
  std::optional<RootRelation> root = relations_.Find(&session_(), store_name);
  if (!root || !root->told) return std::nullopt;
  const std::string &database = HomePlace().database;
  if (!filter_.AdmitsSchema(database, root->name.schema)) return std::nullopt;
  if (!filter_.AdmitsRelation(database, root->name.schema, root->name.name, root->kind)) {
    return std::nullopt;
  }
  return root;
}

std::optional<TablePair> CatalogOrigin::Fold(const TablePair &pair) {
  const std::optional<RootRelation> source = Told(pair.first);
  const std::optional<RootRelation> target = source ? Told(pair.second) : std::nullopt;
  if (!source || !target) {
    spdlog::debug("{} -> {}: an outside dataset, gone or filtered out", pair.first, pair.second);
    return std::nullopt;
  }
  if (source->oid == target->oid) return std::nullopt;
  return TablePair{source->store_name, target->store_name};
}

std::string CatalogOrigin::RoutineFqn(const std::string &identity) {
  const std::optional<RoutineName> name = ParseRoutine(identity);
  if (!name) return "";
  const Place &place = HomePlace();
  if (!filter_.AdmitsSchema(place.database, name->schema)) return "";
  if (!filter_.AdmitsRoutine(place.database, name->schema, name->name)) return "";
  const std::string schema = place.SchemaFqn(name->schema);
  const std::map<std::string, std::string> names = AssignRoutineNames(
      RoutineKeys(ListRoutines(&session_(), name->schema, name->name)), schema, book());
  const auto found = names.find(name->signature);
  return found == names.end() ? "" : AppendFqn(schema, found->second);
}

// One end of an edge as it is now: what Fold kept for its bursts may be a table that was dropped
// and made again since. Twice, because that may also happen between the two queries here.
std::optional<CatalogOrigin::End> CatalogOrigin::FreshEnd(const std::string &store_name) {
  End end;
  for (int attempt = 0; attempt < 2 && end.columns.empty(); ++attempt) {
    relations_.Forget(store_name);
    const std::optional<RootRelation> root = Told(store_name);
    if (!root) return std::nullopt;
    end = {*root, RelationMap::Columns(&session_(), *root)};
  }
  return end;
}

// The edge between two ends; with `every_kind` also what the workflow leaves out.
EdgeResult CatalogOrigin::Build(const TablePair &pair, const End &source, const End &target,
                                bool every_kind) {
  PgConnection *pg = &session_();
  const Place &place = HomePlace();
  EdgeContext context;
  context.from_fqn = place.TableFqn(source.root.name.schema, source.root.name.name);
  context.to_fqn = place.TableFqn(target.root.name.schema, target.root.name.name);
  context.from_columns = source.columns;
  context.to_columns = target.columns;
  context.target_is_view = target.root.kind == 'v';
  context.indirect = config_.shipper.indirect;
  context.declared = config_.shipper.declared;
  context.view_lineage = every_kind || config_.lineage.process_view_lineage;
  context.query_lineage = every_kind || config_.lineage.process_query_lineage;
  context.routine_lineage = every_kind || config_.lineage.process_routine_lineage;
  context.override_views = config_.lineage.override_view_lineage;
  context.routine_fqn = [this](const std::string &routine) { return RoutineFqn(routine); };
  const std::vector<std::string> sources = RelationMap::Family(pg, source.root);
  const std::vector<std::string> targets = RelationMap::Family(pg, target.root);
  EdgeResult result = BuildEdge(ReadLineage(pg, sources, targets), context);
  if (!result.edge) spdlog::debug("{} -> {}: {}", pair.first, pair.second, result.reason);
  return result;
}

std::optional<LineageEdge> CatalogOrigin::Edge(const TablePair &pair) {
  const std::optional<End> source = FreshEnd(pair.first);
  const std::optional<End> target = source ? FreshEnd(pair.second) : std::nullopt;
  if (!source || !target || source->root.oid == target->root.oid) return std::nullopt;
  EdgeResult result = Build(pair, *source, *target, false);
  for (const std::string &column : result.dropped) {
    spdlog::info("{} -> {}: column {} is gone, left out", pair.first, pair.second, column);
  }
  return std::move(result.edge);
}

std::optional<EdgeEnds> CatalogOrigin::Gone(const TablePair &pair) {
  RelationName names[2];
  std::optional<End> ends[2];
  const std::string *stored[2] = {&pair.first, &pair.second};
  for (int i = 0; i < 2; ++i) {
    const std::optional<RelationName> parsed = ParseStoreName(*stored[i]);
    if (!parsed) return std::nullopt;  // an outside dataset
    relations_.Forget(*stored[i]);
    const std::optional<RootRelation> root = relations_.Find(&session_(), *stored[i]);
    names[i] = root ? root->name : *parsed;
    if (root) ends[i] = FreshEnd(*stored[i]);
    if (root && !ends[i]) return std::nullopt;  // there, but filtered out
  }
  if (names[0] == names[1]) return std::nullopt;
  if (ends[0] && ends[1] && Build(pair, *ends[0], *ends[1], true).edge) return std::nullopt;
  const Place &place = HomePlace();
  return EdgeEnds{place.TableFqn(names[0].schema, names[0].name),
                  place.TableFqn(names[1].schema, names[1].name)};
}

std::optional<TablePair> CatalogOrigin::PairOf(const EdgeEnds &edge) {
  const Place &place = HomePlace();
  std::string names[2];
  const std::string *fqns[2] = {&edge.from_fqn, &edge.to_fqn};
  for (int i = 0; i < 2; ++i) {
    const std::vector<std::string> parts = SplitFqn(*fqns[i]);
    if (parts.size() != 4 || place.TableFqn(parts[2], parts[3]) != *fqns[i]) return std::nullopt;
    names[i] = StoreName({parts[2], parts[3]});
    const std::optional<RootRelation> root = relations_.Find(&session_(), names[i]);
    if (root) names[i] = root->store_name;  // as quote_ident writes it
  }
  return TablePair{names[0], names[1]};
}

std::vector<TablePair> CatalogOrigin::Pairs(const std::string &table) {
  PgConnection *pg = &session_();
  std::vector<std::string> family;
  if (!table.empty()) {
    const std::optional<RootRelation> root = Told(table);
    if (!root) return {};
    family = RelationMap::Family(pg, *root);
  } else {
    relations_.Load(pg);
  }
  std::set<TablePair> folded;
  for (const TablePair &pair : ReadPairs(pg, family)) {
    const std::optional<TablePair> kept = Fold(pair);
    if (kept) folded.insert(*kept);
  }
  return {folded.begin(), folded.end()};
}

// The far table is looked for in the services that the workflow names, then in this one, where
// another database of the same server is.
std::vector<ForeignLink> CatalogOrigin::ForeignLinks(const std::string &table) {
  std::vector<ForeignLink> links;
  if (!config_.lineage.process_cross_database) return links;
  PgConnection *pg = &session_();
  std::vector<std::string> services = config_.lineage.cross_database_services;
  services.push_back(config_.service_name);
  for (const ForeignTable &foreign : ReadForeignTables(pg, table)) {
    const std::optional<RootRelation> root = Told(foreign.store_name);
    if (!root) continue;
    ForeignLink link;
    link.table_fqn = HomePlace().TableFqn(root->name.schema, root->name.name);
    link.shown = foreign.store_name;
    link.server = foreign.server;
    for (const std::string &service : services) {
      std::string far = TableFqn(service, foreign.database, foreign.schema, foreign.table);
      if (far != link.table_fqn) link.candidates.push_back(std::move(far));
    }
    link.columns = foreign.columns;
    for (const TablePair &pair : ReadPairs(pg, {foreign.store_name}))
      link.written = link.written || pair.second == foreign.store_name;
    links.push_back(std::move(link));
  }
  return links;
}

}  // namespace shipper
