#include "translate/lineage.h"

#include <algorithm>
#include <map>
#include <utility>

#include "translate/names.h"

namespace shipper {
namespace {

using nlohmann::json;

// The values of Kind in the store.
constexpr int kKindMask = 15;
constexpr int kMaskingBit = 16;
constexpr int kFirstIndirect = 8;

constexpr char kCreateView[] = "CREATE VIEW";
constexpr char kTopLevel[] = "top level";

const char *SubtypeName(int kind) {
  switch (kind & kKindMask) {
    case 0:
      return "IDENTITY";
    case 1:
      return "TRANSFORMATION";
    case 2:
      return "AGGREGATION";
    default:
      return "UNKNOWN";
  }
}

// Columns of a pair, and in which ways the one is computed from the other.
using ColumnPairs = std::map<std::pair<std::string, std::string>, std::set<int>>;

// What the rows come to.
struct Union {
  ColumnPairs direct;       // target, source
  bool has_direct = false;  // also where the columns are unknown by now
  bool has_indirect = false;
  bool only_read = false;  // a row that names no columns at all
  std::set<std::string> dropped;
};

void AddColumns(const LineageRow &row, const EdgeContext &context, Union *out) {
  const size_t count =
      std::min({row.source_columns.size(), row.target_columns.size(), row.kinds.size()});
  if (count == 0) out->only_read = true;
  for (size_t i = 0; i < count; ++i) {
    if ((row.kinds[i] & kKindMask) >= kFirstIndirect) {
      out->has_indirect = true;
      continue;
    }
    out->has_direct = true;
    const std::string &source = row.source_columns[i];
    if (!row.target_columns[i]) continue;
    const std::string &target = *row.target_columns[i];
    const bool from_known = context.from_columns.count(source) != 0;
    const bool to_known = context.to_columns.count(target) != 0;
    if (!from_known) out->dropped.insert(context.from_fqn + "." + source);
    if (!to_known) out->dropped.insert(context.to_fqn + "." + target);
    if (from_known && to_known) out->direct[{target, source}].insert(row.kinds[i]);
  }
}

// "AGGREGATION, masking": all ways of a pair of columns.
std::string FunctionText(const std::set<int> &kinds) {
  std::string out;
  for (int kind : kinds) {
    if (!out.empty()) out += "; ";
    out += SubtypeName(kind);
    if ((kind & kMaskingBit) != 0) out += ", masking";
  }
  return out;
}

json ColumnsLineage(const ColumnPairs &pairs, const EdgeContext &context) {
  json out = json::array();
  for (const auto &[columns, kinds] : pairs) {
    out.push_back({{"fromColumns", json::array({AppendFqn(context.from_fqn, columns.second)})},
                   {"toColumn", AppendFqn(context.to_fqn, columns.first)},
                   {"function", FunctionText(kinds)}});
  }
  return out;
}

// Text into a line of Markdown: a name in it must not become a heading, a list or an end of line.
std::string OneLine(const std::string &text) {
  std::string out = text;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '`'; }, ' ');
  return out;
}

std::string Writer(const LineageRow &row) { return row.routine ? *row.routine : kTopLevel; }

// Every routine with its call paths and operations, one line each; rows come by first sight.
std::string Description(const std::vector<LineageRow> &rows) {
  std::vector<std::string> lines;
  std::set<std::string> known;
  for (const LineageRow &row : rows) {
    std::string line = "- `" + OneLine(Writer(row)) + "`: " + row.operation + " (" + row.origin;
    line += ")";
    if (row.call_path.size() > 1 || (!row.routine && !row.call_path.empty())) {
      line += ", called as `";
      for (size_t i = 0; i < row.call_path.size(); ++i) {
        line += (i == 0 ? "" : " > ") + OneLine(row.call_path[i]);
      }
      line += "`";
    }
    if (known.insert(line).second) lines.push_back(line);
  }
  std::string out = std::string("Recorded by ") + kEdgeMark + ".\n";
  for (const std::string &line : lines) out += "\n" + line;
  return out;
}

// Every statement text once, under the routines that ran it.
std::string SqlQuery(const std::vector<LineageRow> &rows) {
  std::vector<std::string> texts;
  std::map<std::string, std::vector<std::string>> writers;
  for (const LineageRow &row : rows) {
    if (!row.query || row.query->empty()) continue;
    std::vector<std::string> &by = writers[*row.query];
    if (by.empty()) texts.push_back(*row.query);
    const std::string writer = OneLine(Writer(row));
    if (std::find(by.begin(), by.end(), writer) == by.end()) by.push_back(writer);
  }
  std::string out;
  for (const std::string &text : texts) {
    if (!out.empty()) out += "\n\n";
    for (const std::string &writer : writers[text]) {
      if (writer != kTopLevel || writers[text].size() > 1) out += "-- " + writer + "\n";
    }
    out += text;
    if (text.back() != ';') out += ";";
  }
  return out;
}

std::vector<RoutineRef> Routines(const std::vector<LineageRow> &rows, const EdgeContext &context) {
  std::vector<RoutineRef> out;
  for (const LineageRow &row : rows) {
    if (!row.routine) continue;
    const bool known = std::any_of(out.begin(), out.end(), [&](const RoutineRef &ref) {
      return ref.identity == *row.routine;
    });
    if (known) continue;
    const std::string fqn = context.routine_fqn ? context.routine_fqn(*row.routine) : "";
    if (!fqn.empty()) out.push_back({*row.routine, fqn});
  }
  return out;
}

// True for what a routine or a rule would write and nobody saw it write.
bool NeverRan(const LineageRow &row) {
  static const std::set<std::string> kDefinitions = {kCreateView, "CREATE MATERIALIZED VIEW",
                                                     "GENERATED"};
  return row.origin == "declared" && kDefinitions.count(row.operation) == 0;
}

// What a view's definition says, a materialised one's too, and what its refreshes did.
bool IsOfAView(const LineageRow &row) {
  static const std::set<std::string> kOperations = {kCreateView, "CREATE MATERIALIZED VIEW",
                                                    "REFRESH"};
  return kOperations.count(row.operation) != 0;
}

// The rows that the workflow asks for, by first sight.
std::vector<LineageRow> Wanted(const std::vector<LineageRow> &rows, const EdgeContext &context) {
  std::vector<LineageRow> out;
  for (const LineageRow &row : rows) {
    if (!context.declared && NeverRan(row)) continue;
    const bool wanted = IsOfAView(row) ? context.view_lineage
                        : row.routine  ? context.routine_lineage
                                       : context.query_lineage;
    if (wanted) out.push_back(row);
  }
  std::stable_sort(out.begin(), out.end(), [](const LineageRow &a, const LineageRow &b) {
    return a.first_seen < b.first_seen;
  });
  return out;
}

}  // namespace

EdgeResult BuildEdge(const std::vector<LineageRow> &rows, const EdgeContext &context) {
  EdgeResult result;
  if (context.from_fqn == context.to_fqn) {
    result.reason = "source and target are the same table";
    return result;
  }
  const std::vector<LineageRow> wanted = Wanted(rows, context);
  if (wanted.empty()) {
    result.reason = rows.empty() ? "nothing is known of this pair"
                                 : "switched off in the workflow, or never seen to run";
    return result;
  }
  Union all;
  bool is_view = context.target_is_view;
  for (const LineageRow &row : wanted) {
    AddColumns(row, context, &all);
    is_view = is_view || IsOfAView(row);
  }
  result.dropped.assign(all.dropped.begin(), all.dropped.end());
  if (!all.has_direct && !all.only_read && !context.indirect) {
    result.reason = "joined by INDIRECT lineage only, and shipper.indirect is false";
    return result;
  }
  LineageEdge edge;
  edge.from_fqn = context.from_fqn;
  edge.to_fqn = context.to_fqn;
  edge.details = {{"source", is_view ? "ViewLineage" : "QueryLineage"},
                  {"description", Description(wanted)}};
  const std::string sql = SqlQuery(wanted);
  if (!sql.empty()) edge.details["sqlQuery"] = sql;
  if (!all.direct.empty()) edge.details["columnsLineage"] = ColumnsLineage(all.direct, context);
  edge.replaces_views = is_view && context.override_views;
  edge.routines = Routines(wanted, context);
  result.edge = std::move(edge);
  return result;
}

}  // namespace shipper
