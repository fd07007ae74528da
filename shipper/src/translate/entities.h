// Create requests of OpenMetadata from what the catalogs of PostgreSQL say.
//
// Pure functions: the same input gives the same bytes, so a request can be compared by its hash.
// `owners` of a request are names, which the sink replaces by references.
// Every request validates against the request models of the peer (tests/models/). Requests are of
// the newest form; AdaptToServer makes those of an older server out of them.
//
//   Entity table = TableEntity(place, relation, content.types, options);
//   AdaptToServer(1, 5, &table);
#pragma once

#include <functional>
#include <map>
#include <string>

#include "config.h"
#include "sink/sink.h"
#include "source/model.h"
#include "translate/owners.h"

namespace shipper {

// Where in the catalog the objects of one database live.
struct Place {
  std::string service;
  std::string database;

  std::string DatabaseFqn() const;
  std::string SchemaFqn(const std::string &schema) const;
  std::string TableFqn(const std::string &schema, const std::string &table) const;
};

struct EntityOptions {
  bool definitions = true;  // view queries and routine bodies
  bool ddl = false;         // CREATE TABLE of tables
  bool tags = true;         // row-level-security policies as tags
  std::string classification = "PostgresPolicyTags";
  OwnerRules owners;
  bool overrides = false;  // overrideMetadata
};

// Whether a foreign key is told: its table has to be in the catalog.
using KeepKey = std::function<bool(const KeyInfo &)>;

// The service, with how to reach it but never with a password.
Entity ServiceEntity(const Config &config);
Entity DatabaseEntity(const Place &place, const DatabaseInfo &database,
                      const EntityOptions &options = {});
Entity SchemaEntity(const Place &place, const SchemaInfo &schema,
                    const EntityOptions &options = {});
// `keep` nullptr: every foreign key.
Entity TableEntity(const Place &place, const RelationInfo &relation, const TypeTable &types,
                   const EntityOptions &options, const KeepKey &keep = nullptr);
// The table without its foreign keys, for a catalog that has not yet got what they refer to.
Entity PartialTable(const Entity &table);
// `name`: what AssignRoutineNames calls it.
Entity RoutineEntity(const Place &place, const std::string &schema, const RoutineInfo &routine,
                     const std::string &name, const EntityOptions &options);
// What a policy's label refers to; has to be there before the table.
Entity ClassificationEntity(const std::string &classification);
Entity PolicyTagEntity(const std::string &classification, const std::string &policy);

// Rewrites a request for the server's version: leaves out and renames what it would refuse.
void AdaptToServer(int major, int minor, Entity *entity);
// The same for the details of an edge.
void AdaptDetails(int major, int minor, nlohmann::json *details);

}  // namespace shipper
