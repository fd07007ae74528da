// Origin over a live database: objects from its catalogs, edges from the extension's store.
//
// The session is asked for at each call, so a broken one is replaced by its owner and nothing here
// outlives it. What is filtered out, of an extension or of the system is not there at all: no
// object, no pair, no edge. One thread. Throws PgError; ConfigError for a filter that cannot be
// used.
//
//   PgSession session(config.postgres);
//   CatalogOrigin origin([&]() -> PgConnection & { return session.Get(); }, config);
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config.h"
#include "origin.h"
#include "source/entity_source.h"
#include "source/presence.h"
#include "source/relation_map.h"
#include "translate/lineage.h"

namespace shipper {

class CatalogOrigin : public Origin {
 public:
  using Session = std::function<PgConnection &()>;

  CatalogOrigin(Session session, Config config);

  std::vector<Entity> Object(const std::string &type, const std::string &identity) override;
  std::vector<std::string> Tables(const std::vector<std::string> &identities,
                                  const Give &give) override;
  std::optional<TablePair> Fold(const TablePair &pair) override;
  std::optional<LineageEdge> Edge(const TablePair &pair) override;
  std::optional<EdgeEnds> Gone(const TablePair &pair) override;
  std::optional<TablePair> PairOf(const EdgeEnds &edge) override;
  std::vector<TablePair> Pairs(const std::string &table) override;
  std::vector<ForeignLink> ForeignLinks(const std::string &table) override;
  std::string DatabaseFqn() override { return HomePlace().DatabaseFqn(); }
  std::vector<EntityName> Departed(const std::string &type, const std::string &identity) override;
  std::vector<EntityName> Departed(const std::vector<EntityName> &names) override;
  std::optional<EntityName> NameOf(const std::string &type, const std::string &identity) override;
  bool Schema(const std::string &identity, const Give &give) override;
  bool Everything(const Give &give) override;

 private:
  struct End {
    RootRelation root;
    std::set<std::string> columns;
  };

  std::optional<RootRelation> Told(const std::string &store_name);
  std::optional<End> FreshEnd(const std::string &store_name);
  EdgeResult Build(const TablePair &pair, const End &source, const End &target, bool every_kind);
  std::string RoutineFqn(const std::string &identity);
  const Place &HomePlace();
  std::vector<EntityName> CandidatesOf(const std::string &type, const std::string &identity,
                                       Presence::Scope *scope);
  bool Keeps(const std::string &type) const;
  std::vector<EntityName> Absent(const Presence &present,
                                 const std::vector<EntityName> &names) const;

  Session session_;
  Config config_;
  ObjectFilter filter_;
  std::optional<Place> place_;
  RelationMap relations_;
};

}  // namespace shipper
