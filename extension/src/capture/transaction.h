// What capture does when a transaction or subtransaction ends: temporary tables, rest,
// house-keeping.
#pragma once

namespace pg_lineage {

void InstallTransactionEnds();

}  // namespace pg_lineage
