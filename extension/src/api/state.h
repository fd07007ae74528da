// Rows of lineage._state: what the shipper of a sink remembers, text by key. The sink that has no
// name is ours. Inside one SQL function call, with the table open and locked.
#pragma once

#include "edge/server.h"
#include "queue/store.h"

namespace pg_lineage {

// The row of a key, or none; as StoreScan().
SysScanDesc ScanState(StoreTable *state, const char *sink, const char *key);
// There must be no row of that key.
void AddState(StoreTable *state, const char *sink, const char *key, const char *value);

}  // namespace pg_lineage
