// One edge of OpenMetadata from everything that the store knows of a pair of tables.
//
// The catalog replaces an edge as a whole, so this always gives the union: DIRECT pairs of columns
// as columnsLineage (one entry per pair, its subtypes as `function`), every statement text, and a
// description that names every routine and call path and carries our mark. INDIRECT sources make
// the edge, not its columns. Pure: what the catalogs know comes in as EdgeContext.
//
//   EdgeResult result = BuildEdge(rows, context);
//   if (result.edge) sink.PutLineage(*result.edge);
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sink/sink.h"

namespace shipper {

// A row of lineage._pair(): one fact, one source relation.
struct LineageRow {
  std::string source_table;
  std::string target_table;
  std::vector<std::string> source_columns;                 // three vectors of one length
  std::vector<std::optional<std::string>> target_columns;  // nothing: the rows
  std::vector<int> kinds;                                  // Kind | 16 where masked
  std::optional<std::string> routine;
  std::vector<std::string> call_path;  // outermost first
  std::string operation;
  std::string origin;
  std::string first_seen;  // ISO, of one time zone: compared as text
  std::optional<std::string> query;
};

// What the catalogs know of the two tables of an edge.
struct EdgeContext {
  std::string from_fqn;
  std::string to_fqn;
  std::set<std::string> from_columns;  // raw names
  std::set<std::string> to_columns;
  bool target_is_view = false;
  bool indirect = true;         // shipper.indirect
  bool view_lineage = true;     // processViewLineage
  bool query_lineage = true;    // processQueryLineage: statements outside routines
  bool routine_lineage = true;  // processStoredProcedureLineage
  bool override_views = false;  // overrideViewLineage
  bool declared = false;        // shipper.declared: what routines and rules would write, too
  // The name in the catalog of a routine of the store; "" where it has none.
  std::function<std::string(const std::string &)> routine_fqn;
};

struct EdgeResult {
  std::optional<LineageEdge> edge;
  std::string reason;                // why there is none
  std::vector<std::string> dropped;  // columns that the catalogs do not know (any more)
};

EdgeResult BuildEdge(const std::vector<LineageRow> &rows, const EdgeContext &context);

}  // namespace shipper
