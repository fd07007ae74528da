#include "translate/owners.h"

namespace shipper {
namespace {

using Names = OwnerRules::Names;

// What a level says of an object; nothing where it is silent.
Names Asked(const OwnerLevel &level, const std::string &qualified, const std::string &name) {
  for (const std::string &key : {qualified, name}) {
    const auto found = level.by_name.find(key);
    if (found != level.by_name.end()) return found->second;
  }
  return level.all;
}

}  // namespace

OwnerRules::OwnerRules(const MetadataConfig &config)
    : owners_(config.owners), roles_(config.include_owners) {}

// The last resorts: `default`, then the role.
Names OwnerRules::Last(const Names &configured, const std::string &role) const {
  if (!configured.empty()) return configured;
  if (!owners_.fallback.empty()) return owners_.fallback;
  return roles_ && !role.empty() ? Names{role} : Names{};
}

Names OwnerRules::ConfiguredDatabase(const std::string &database) const {
  Names names = Asked(owners_.database, database, database);
  return names.empty() && owners_.inherit ? owners_.service : names;
}

Names OwnerRules::ConfiguredSchema(const std::string &database, const std::string &schema) const {
  Names names = Asked(owners_.schema, database + "." + schema, schema);
  return names.empty() && owners_.inherit ? ConfiguredDatabase(database) : names;
}

Names OwnerRules::Service() const {
  return owners_.service.empty() ? owners_.fallback : owners_.service;
}

Names OwnerRules::Database(const std::string &database, const std::string &role) const {
  return Last(ConfiguredDatabase(database), role);
}

Names OwnerRules::Schema(const std::string &database, const std::string &schema,
                         const std::string &role) const {
  return Last(ConfiguredSchema(database, schema), role);
}

Names OwnerRules::Table(const std::string &database, const std::string &schema,
                        const std::string &table, const std::string &role) const {
  Names names = Asked(owners_.table, database + "." + schema + "." + table, table);
  if (names.empty() && owners_.inherit) names = ConfiguredSchema(database, schema);
  return Last(names, role);
}

Names OwnerRules::Routine(const std::string &database, const std::string &schema,
                          const std::string &role) const {
  return Last(owners_.inherit ? ConfiguredSchema(database, schema) : Names{}, role);
}

nlohmann::json OwnerNames(const Names &names) {
  nlohmann::json out = nlohmann::json::array();
  for (const std::string &name : names) out.push_back({{"name", name}});
  return out;
}

}  // namespace shipper
