#include "report/model.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace shipper::report {

namespace {

using nlohmann::json;

// Names while they are collected; they become positions when all rows are known.
struct NamedTable {
  char kind = 'r';
  std::map<std::string, Column> columns;
  std::vector<std::string> order;  // of the catalog
};

// The text of a member, empty for null.
std::string TextOf(const json &row, const char *key) {
  const json &value = row.at(key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

class ModelBuilder {
 public:
  void AddTables(const json &row);
  void AddColumn(const json &column);
  void SortTables();
  void AddFact(const json &row);
  ReportModel Take();

 private:
  void AddTable(const json &row, const char *name, const char *kind, const char *columns);
  int Position(int table, const json &column) const;

  std::map<std::string, NamedTable> named_;
  std::map<std::string, int> table_index_;
  std::vector<std::map<std::string, int>> column_index_;
  std::map<std::pair<int, int>, Edge> edges_;
  ReportModel model_;
};

// Notes one side of a row.
void ModelBuilder::AddTable(const json &row, const char *name, const char *kind,
                            const char *columns) {
  NamedTable &table = named_[row.at(name).get<std::string>()];
  const std::string kind_text = TextOf(row, kind);
  if (!kind_text.empty()) table.kind = kind_text[0];
  for (const json &column : row.at(columns)) {
    if (column.is_null()) continue;
    const std::string column_name = column.get<std::string>();
    table.columns.emplace(column_name, Column{column_name, ""});
  }
}

// Notes both sides of a row.
void ModelBuilder::AddTables(const json &row) {
  AddTable(row, "source_table", "source_kind", "source_columns");
  AddTable(row, "target_table", "target_kind", "target_columns");
}

// Gives a column that takes part its type and its place.
void ModelBuilder::AddColumn(const json &column) {
  auto table = named_.find(column.at(0).get<std::string>());
  if (table == named_.end()) return;
  auto known = table->second.columns.find(column.at(1).get<std::string>());
  if (known == table->second.columns.end()) return;
  known->second.type = column.at(2).get<std::string>();
  table->second.order.push_back(known->first);
}

// Fixes the positions: tables by name, columns as in the catalog, unknown ones after them by name.
void ModelBuilder::SortTables() {
  for (auto &[name, named] : named_) {
    table_index_[name] = static_cast<int>(model_.tables.size());
    Table table{name, named.kind, {}};
    std::map<std::string, int> positions;
    auto place = [&](const std::string &column) {
      if (!positions.emplace(column, static_cast<int>(table.columns.size())).second) return;
      table.columns.push_back(named.columns.at(column));
    };
    for (const std::string &column : named.order) place(column);
    for (const auto &entry : named.columns) place(entry.first);
    column_index_.push_back(std::move(positions));
    model_.tables.push_back(std::move(table));
  }
}

// The place of a column in its table, kRows for null.
int ModelBuilder::Position(int table, const json &column) const {
  return column.is_null() ? kRows : column_index_[table].at(column.get<std::string>());
}

// Files a row under its edge. The three arrays run in step.
void ModelBuilder::AddFact(const json &row) {
  const int source = table_index_.at(row.at("source_table").get<std::string>());
  const int target = table_index_.at(row.at("target_table").get<std::string>());
  Fact fact;
  fact.routine = TextOf(row, "routine");
  if (!row.at("call_path").is_null()) row.at("call_path").get_to(fact.call_path);
  fact.operation = TextOf(row, "operation");
  fact.origin = TextOf(row, "origin");
  fact.first_seen = TextOf(row, "first_seen");
  fact.last_seen = TextOf(row, "last_seen");
  fact.query = TextOf(row, "query");
  if (!row.at("executions").is_null()) row.at("executions").get_to(fact.executions);
  if (!row.at("row_count").is_null()) fact.row_count = row.at("row_count").get<int64_t>();
  const json &kinds = row.at("kinds");
  for (size_t i = 0; i < kinds.size(); ++i) {
    fact.pairs.push_back({Position(source, row.at("source_columns").at(i)),
                          Position(target, row.at("target_columns").at(i)), kinds[i].get<int>()});
  }
  Edge &edge = edges_.try_emplace({source, target}, Edge{source, target, {}}).first->second;
  edge.facts.push_back(std::move(fact));
}

// Hands over what was built.
ReportModel ModelBuilder::Take() {
  for (auto &entry : edges_) {
    auto order = [](const Fact &fact) {
      return std::tie(fact.routine, fact.operation, fact.call_path, fact.origin, fact.first_seen);
    };
    std::vector<Fact> &facts = entry.second.facts;
    std::stable_sort(facts.begin(), facts.end(),
                     [&](const Fact &a, const Fact &b) { return order(a) < order(b); });
    for (Fact &fact : facts) {
      std::sort(fact.pairs.begin(), fact.pairs.end(), [](const ColumnPair &a, const ColumnPair &b) {
        return std::tie(a.target, a.source, a.kind) < std::tie(b.target, b.source, b.kind);
      });
    }
    model_.edges.push_back(std::move(entry.second));
  }
  return std::move(model_);
}

// Who or what wrote by a fact, for people.
std::string WriterOf(const Fact &fact) {
  if (!fact.routine.empty()) return ShortRoutine(fact.routine);
  if (!fact.call_path.empty()) return fact.call_path.back();
  return fact.operation;
}

}  // namespace

ReportModel BuildModel(const std::vector<json> &rows, const std::vector<json> &columns) {
  ModelBuilder builder;
  for (const json &row : rows) builder.AddTables(row);
  for (const json &column : columns) builder.AddColumn(column);
  builder.SortTables();
  for (const json &row : rows) builder.AddFact(row);
  return builder.Take();
}

bool HasDirect(const Edge &edge) {
  for (const Fact &fact : edge.facts) {
    for (const ColumnPair &pair : fact.pairs) {
      if (IsDirect(pair.kind)) return true;
    }
  }
  return false;
}

std::string EdgeLabel(const Edge &edge) {
  std::set<std::string> writers;
  for (const Fact &fact : edge.facts) writers.insert(WriterOf(fact));
  if (writers.empty()) return "";
  // A routine says more than the operation of a statement at top level.
  std::string first;
  for (const Fact &fact : edge.facts) {
    if (fact.routine.empty()) continue;
    first = WriterOf(fact);
    break;
  }
  if (first.empty()) first = *writers.begin();
  if (writers.size() > 1) first += " +" + std::to_string(writers.size() - 1);
  return first;
}

std::string ShortRoutine(const std::string &routine) {
  bool quoted = false;
  for (size_t i = 0; i < routine.size(); ++i) {
    if (routine[i] == '"') quoted = !quoted;
    if (routine[i] == '(' && !quoted) return routine.substr(0, i) + "()";
  }
  return routine;
}

std::string SchemaOf(const Table &table, std::string *name) {
  bool quoted = false;
  for (size_t i = 0; table.kind != 'u' && i < table.name.size(); ++i) {
    if (table.name[i] == '"') quoted = !quoted;
    if (table.name[i] != '.' || quoted) continue;
    *name = table.name.substr(i + 1);
    return table.name.substr(0, i);
  }
  *name = table.name;
  return "";
}

const char *SubtypeName(int kind) {
  static const std::map<int, const char *> kNames = {
      {0, "IDENTITY"},  {1, "TRANSFORMATION"}, {2, "AGGREGATION"},  {8, "JOIN"},   {9, "FILTER"},
      {10, "GROUP_BY"}, {11, "SORT"},          {12, "CONDITIONAL"}, {13, "WINDOW"}};
  const auto name = kNames.find(kind & (kMaskingBit - 1));
  return name == kNames.end() ? "UNKNOWN" : name->second;
}

const char *KindName(char kind) {
  switch (kind) {
    case 'v':
      return "view";
    case 'm':
      return "materialized view";
    case 'f':
      return "foreign table";
    case 'p':
      return "partitioned table";
    case 'u':
      return "outside";
    default:
      return "table";
  }
}

}  // namespace shipper::report
