// CREATE DATABASE … TEMPLATE and a cloned cluster carry the feed and its delivery state along,
// which tell of another database's shipper. The database's stamp, kept in lineage._state, shows it.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Empties feed and delivery state when they came from another database; notes whose they are.
// Called by whatever registers a sink.
void StartFeedAnew();

}  // namespace pg_lineage
