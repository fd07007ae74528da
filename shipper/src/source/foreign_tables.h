// Foreign tables whose far side is a PostgreSQL that may be in the catalog, too.
//
// Reads options of servers, tables and columns, which every role may see; connects nowhere. One
// query. Throws PgError.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "queue/pg_connection.h"

namespace shipper {

struct ForeignTable {
  std::string store_name;  // as quote_ident writes it
  std::string server;
  std::string database;  // of the far side, from here on raw names
  std::string schema;
  std::string table;
  std::vector<std::pair<std::string, std::string>> columns;  // far, here
};

// All of them, or the one with this store name.
std::vector<ForeignTable> ReadForeignTables(PgConnection *pg, const std::string &store_name);

}  // namespace shipper
