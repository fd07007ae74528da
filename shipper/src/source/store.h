// Reads what the extension's store knows of pairs of tables.
//
// Needs the extension and the rights of lineage.grant_shipper(). Names are as the store spells
// them. One thread; no transaction stays open. Throws PgError.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "queue/pg_connection.h"
#include "translate/lineage.h"

namespace shipper {

// All rows between any of `sources` and any of `targets` (a table and its partitions).
std::vector<LineageRow> ReadLineage(PgConnection *pg, const std::vector<std::string> &sources,
                                    const std::vector<std::string> &targets);

// Pairs of relations (no outside datasets) that the store knows; of `tables` only where not empty.
std::vector<std::pair<std::string, std::string>> ReadPairs(PgConnection *pg,
                                                           const std::vector<std::string> &tables);

}  // namespace shipper
