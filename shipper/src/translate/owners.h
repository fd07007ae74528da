// Who owns an object, by name: ownerConfig of the workflow first, else the role that owns it in
// the database where includeOwners says so.
//
// A level of ownerConfig is asked by the object's qualified name, then by its last part, then for
// the whole level; then the parent's answer holds (enableInheritance), then `default`. Names are
// users or teams of the catalog, or e-mails: who they are, the sink finds out. Pure; no errors.
//
//   OwnerRules rules(config.metadata);
//   body["owners"] = OwnerNames(rules.Table("shop", "public", "orders", relation.owner));
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config.h"

namespace shipper {

class OwnerRules {
 public:
  using Names = std::vector<std::string>;

  OwnerRules() = default;
  explicit OwnerRules(const MetadataConfig &config);

  Names Service() const;
  Names Database(const std::string &database, const std::string &role) const;
  Names Schema(const std::string &database, const std::string &schema,
               const std::string &role) const;
  Names Table(const std::string &database, const std::string &schema, const std::string &table,
              const std::string &role) const;
  // ownerConfig has no level for routines: the schema's owner is inherited.
  Names Routine(const std::string &database, const std::string &schema,
                const std::string &role) const;

 private:
  Names ConfiguredDatabase(const std::string &database) const;
  Names ConfiguredSchema(const std::string &database, const std::string &schema) const;
  Names Last(const Names &configured, const std::string &role) const;

  OwnerConfig owners_;
  bool roles_ = false;
};

// Names as a create request carries them until the sink knows the ids: [{"name": "alice"}].
nlohmann::json OwnerNames(const OwnerRules::Names &names);

}  // namespace shipper
