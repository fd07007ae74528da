// Where entities and edges go. A sink turns them into its own requests; it never reads the database.
//
// One thread uses a sink at a time. A sink keeps no queue: what it answers with kDone is taken for
// good, everything else stays with the caller (see loop.h and result.h).
//
//   Status status = sink.PutEntity({"table", "svc.db.public.orders", "/v1/tables", body});
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "result.h"

namespace shipper {

// A create request of OpenMetadata: PUT `path` with `body`. References to other entities are by
// fully qualified name as the create request has them.
struct Entity {
  std::string type;  // databaseService | database | databaseSchema | table | storedProcedure
  std::string fqn;
  std::string path;  // "/v1/tables"
  nlohmann::json body;
};

// One edge between two tables with the whole union of what is known of the pair.
// `details` is OpenMetadata's lineageDetails; its `pipeline`, where present, is
// {"type":"storedProcedure","fullyQualifiedName":…}: the sink replaces the name by an id if it must.
struct LineageEdge {
  std::string from_fqn;
  std::string to_fqn;
  nlohmann::json details;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual const std::string &name() const = 0;  // "metadata-rest", "file:/path"; keys delivery state
  virtual Status PutEntity(const Entity &entity) = 0;
  virtual Status PutLineage(const LineageEdge &edge) = 0;
  virtual Status Flush() = 0;  // makes durable what was put
};

}  // namespace shipper
