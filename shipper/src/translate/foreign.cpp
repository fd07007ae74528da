#include "translate/foreign.h"

#include <set>

#include "translate/names.h"

namespace shipper {

namespace {

using nlohmann::json;

std::set<std::string> ColumnNames(const json &table) {
  std::set<std::string> names;
  const auto columns = table.find("columns");
  if (columns == table.end() || !columns->is_array()) return names;
  for (const json &column : *columns) names.insert(column.value("name", ""));
  return names;
}

LineageEdge MakeEdge(const ForeignLink &link, const std::string &far_fqn, const json &columns,
                     bool back) {
  LineageEdge edge;
  edge.from_fqn = back ? link.table_fqn : far_fqn;
  edge.to_fqn = back ? far_fqn : link.table_fqn;
  edge.details = {{"source", "CrossDatabaseLineage"},
                  {"description", std::string("Recorded by ") + kEdgeMark + ".\n\n- `" +
                                      link.shown + "`: foreign table of server `" + link.server +
                                      "`" + (back ? ", written" : "")}};
  if (!columns.empty()) edge.details["columnsLineage"] = columns;
  return edge;
}

}  // namespace

std::vector<LineageEdge> ForeignEdges(const ForeignLink &link, const std::string &far_fqn,
                                      const json &far) {
  const std::set<std::string> known = ColumnNames(far);
  json there = json::array(), back = json::array();
  for (const auto &[far_column, column] : link.columns) {
    if (known.count(EncodeName(far_column)) == 0) continue;
    const std::string from = AppendFqn(far_fqn, far_column);
    const std::string to = AppendFqn(link.table_fqn, column);
    there.push_back({{"fromColumns", {from}}, {"toColumn", to}, {"function", "IDENTITY"}});
    back.push_back({{"fromColumns", {to}}, {"toColumn", from}, {"function", "IDENTITY"}});
  }
  std::vector<LineageEdge> edges = {MakeEdge(link, far_fqn, there, false)};
  if (link.written) edges.push_back(MakeEdge(link, far_fqn, back, true));
  return edges;
}

}  // namespace shipper
