// Ends edges outside of the transactions that make them end.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Ends observed edges that were not seen for pg_lineage.retire_after; the number of rows.
int64 RetireWhatIsUnseen();

// Notes relations and columns that went without our knowing (capture was off, say): their edges end
// with this transaction.
void EndWhatIsGone();

}  // namespace pg_lineage
