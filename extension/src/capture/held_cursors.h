// Cursors WITH HOLD: their query ends with its transaction, their rows stay for the session.
//
// What the rows were made of is kept like the content of a temporary table (lineage/temp_tables.h):
// under a number that no relation has, gone when the transaction that held it rolls back.
#pragma once

#include "capture/executor.h"
#include "edge/server.h"

namespace pg_lineage {

// A query ends: keeps its outputs if a cursor that it belongs to is being held.
void KeepIfHeld(const RunState *run);

// The outputs of a cursor, open or held; false when nothing is known of it.
bool CursorOutputs(const PortalData *portal, PodVector<const SourceSet *> *outputs,
                   const SourceSet **rows);

}  // namespace pg_lineage
