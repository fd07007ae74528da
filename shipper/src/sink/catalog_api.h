// One request to the catalog, by whoever has more to say to it than entities and lineage.
//
// Done once, without backoff: callers are guests beside the work. Implemented by
// openmetadata_sink.h, by a fake in tests.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "result.h"

namespace shipper {

struct ApiReply {
  Status status;
  int code = 0;         // of HTTP; 0 where no answer came
  nlohmann::json body;  // discarded where it was none
};

class CatalogApi {
 public:
  virtual ~CatalogApi() = default;
  // `path` is below /api/v1. No body where it is null.
  virtual ApiReply Ask(const std::string &method, const std::string &path,
                       const nlohmann::json &body) = 0;
  // Whether the server is of this release or a later one; false where it was never reached.
  virtual bool AtLeast(int major, int minor) const = 0;
};

}  // namespace shipper
