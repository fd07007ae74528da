// Nets the DDL of one transaction per object, for the writer. Rules: queue/ddl_record.h.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/writer.h"

namespace pg_lineage {

// One row of lineage._ddl: all commands of one tag on one object.
struct NetDdl {
  DdlRecord record;  // identities and subcommands already merged
  int object;        // number of its object, from 0
  bool feed;         // the row that stands for its object in the feed
};

// The net rows, in the order of the first command each; in the current memory context.
PodVector<NetDdl> NetDdlOf(const PendingDdl *ddl, int nddl);

}  // namespace pg_lineage
