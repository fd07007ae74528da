// What the page shows: tables, the edges between them and the facts behind each edge.
//
// Plain values, built once from rows of lineage._edge_rows() and read by layout and page.
// Everything is sorted by name, so equal rows give an equal page whatever order they came in.
//
//   ReportModel model = BuildModel(rows, columns);   // throws nlohmann::json::exception on rows
//                                                    // that are not as lineage._edge_rows() has
//                                                    them
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace shipper::report {

constexpr int kRows = -1;        // in place of a column: the rows, that is the whole table
constexpr int kMaskingBit = 16;  // of ColumnPair::kind: a masking function stands in the way
constexpr int kFirstIndirect = 8;

inline bool IsDirect(int kind) { return (kind & (kMaskingBit - 1)) < kFirstIndirect; }

// Positions in Table::columns of the source and the target.
struct ColumnPair {
  int source;
  int target;
  int kind;  // as in lineage._edge.kinds
};

// One way in which rows of the source reached the target. Empty `pairs`: the source was only read.
struct Fact {
  std::string routine;  // empty at top level and in DO
  std::vector<std::string> call_path;
  std::string operation;
  std::string origin;
  std::string first_seen;  // UTC
  std::string last_seen;
  int64_t executions = 0;
  std::optional<int64_t> row_count;
  std::string query;  // scrubbed; empty where not kept
  std::vector<ColumnPair> pairs;
};

// All facts from one table to one other; source == target is a table that is computed from itself.
struct Edge {
  int source;
  int target;
  std::vector<Fact> facts;
};

struct Column {
  std::string name;
  std::string type;  // empty where the catalog does not know the column
};

struct Table {
  std::string name;             // schema.table as quote_ident writes the parts, or a URI
  char kind;                    // pg_class.relkind; 'u' for a URI
  std::vector<Column> columns;  // those that take part in lineage, in the order of the table
};

struct ReportModel {
  std::string database;
  std::string generated_at;
  std::vector<Table> tables;
  std::vector<Edge> edges;
};

// `rows`: objects with the columns of lineage._edge_rows(). `columns`: ["schema.table", "column",
// "type"] in the order of the tables; orders and types what the rows name, adds nothing to it.
ReportModel BuildModel(const std::vector<nlohmann::json> &rows,
                       const std::vector<nlohmann::json> &columns);

// True where some fact carries a value, false where the source only decided or was only read.
bool HasDirect(const Edge &edge);

// What stands on the edge: who wrote, "shop.load_sales() +1"; short enough for a picture.
std::string EdgeLabel(const Edge &edge);

// A routine without its argument types: shop.load_sales().
std::string ShortRoutine(const std::string &routine);

// "public" of public.orders; empty for a URI. `name` has what is left.
std::string SchemaOf(const Table &table, std::string *name);

// IDENTITY, TRANSFORMATION, … of a ColumnPair::kind, whatever its masking.
const char *SubtypeName(int kind);

// table, view, materialized view, foreign table, partitioned table, outside
const char *KindName(char kind);

}  // namespace shipper::report
