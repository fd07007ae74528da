// Lineage read from definitions: what a view, a materialised view or a generated column is made of.
//
// Runs in the transaction that defines the object (event trigger, snapshot), looks only at catalogs
// and hands events with origin "declared" to the store like any other. Errors are the caller's to
// guard (edge/guard.h).
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Makes the declared events of one relation: CREATE VIEW, CREATE MATERIALIZED VIEW, GENERATED.
// Does nothing for other relations, temporary ones and those that capture ignores.
void DeclareRelation(Oid relid);

}  // namespace pg_lineage
