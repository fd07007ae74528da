// What the catalog has of a database and the database has no more: soft-deleted by `ingest`.
//
// Only what is surely gone: nothing that a filter leaves out, that could not be read or that this
// role may not see. Which kinds, the workflow says (markDeleted…); of a schema that is gone its
// tables and routines go by their own keys. To be called after a walk that was complete.
//
//   StaleResult stale = MarkDeleted(&pg, config, &sink);
#pragma once

#include <string>
#include <vector>

#include "config.h"
#include "queue/pg_connection.h"
#include "result.h"
#include "sink/sink.h"

namespace shipper {

struct StaleResult {
  std::vector<EntityName> deleted;
  std::vector<EntityName> refused;  // the sink cannot delete them, ever
  Status status;                    // not done: the outage that ended it
};

// Of the connected database. Throws PgError, ConfigError for a filter.
StaleResult MarkDeleted(PgConnection *pg, const Config &config, Sink *sink);

// Of the service: databases that are not in the cluster any more.
StaleResult MarkDeletedDatabases(PgConnection *pg, const Config &config, Sink *sink);

}  // namespace shipper
