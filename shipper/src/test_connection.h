// What OpenMetadata calls Test Connection: the steps of the catalog's own definition, done by the
// reads that this program makes. Part of the verb `check`; reads only.
#pragma once

#include <string>
#include <vector>

#include "check.h"
#include "config.h"
#include "sink/catalog_api.h"

namespace shipper {

class PgConnection;

struct TestStep {
  std::string name;
  bool mandatory = false;
};

// The steps of an answer to GET …/testConnectionDefinitions/…; none where it is no definition.
std::vector<TestStep> StepsOf(const nlohmann::json &definition);

// One finding a step: what was found, or why it failed, which is bad where it is mandatory. Steps
// that this version does not know, or that have no connection (`pg` is null), are said to be left
// out. `api` may be null: the steps are those of 2.0 then, as when the catalog has no definition.
std::vector<Finding> TestConnection(PgConnection *pg, CatalogApi *api);

}  // namespace shipper
