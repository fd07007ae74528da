// Workflow files for tests of the configuration, and what reading one says.
#pragma once

#include <algorithm>
#include <string>

#include "config.h"

namespace shipper {

// A workflow of the peer, with `extra` at the end of its connection block.
inline std::string Workflow(const std::string &extra = "", const std::string &rest = "") {
  return "source:\n"
         "  type: postgres\n"
         "  serviceName: shop_pg\n"
         "  serviceConnection:\n"
         "    config:\n"
         "      type: Postgres\n"
         "      username: om_reader\n"
         "      authType: { password: geheim }\n"
         "      hostPort: pg.example:5433\n"
         "      database: shop\n" +
         extra +
         "  sourceConfig: { config: { type: DatabaseMetadata, includeOwners: true } }\n"
         "sink: { type: metadata-rest, config: {} }\n"
         "workflowConfig:\n"
         "  openMetadataServerConfig:\n"
         "    hostPort: http://om.example:8585/api/\n"
         "    authProvider: openmetadata\n"
         "    securityConfig: { jwtToken: token }\n" +
         rest;
}

// The message of a configuration that is refused.
inline std::string Refusal(const std::string &text) {
  try {
    ParseConfig(text, "w.yaml");
  } catch (const ConfigError &error) {
    return error.what();
  }
  return "";
}

inline bool Warns(const Config &config, const std::string &part) {
  return std::any_of(config.warnings.begin(), config.warnings.end(),
                     [&](const std::string &w) { return w.find(part) != std::string::npos; });
}

}  // namespace shipper
