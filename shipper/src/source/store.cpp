#include "source/store.h"

#include <cstdlib>

namespace shipper {
namespace {

// first_seen in UTC, so that its text sorts as the time does.
constexpr char kFields[] =
    " source_table, target_table, source_columns, target_columns, kinds, routine, call_path,"
    " operation, origin, to_char(first_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'),"
    " query ";

std::vector<int> Numbers(const PgResult &rows, int row, int column) {
  std::vector<int> out;
  for (const std::string &item : rows.TextArray(row, column))
    out.push_back(std::atoi(item.c_str()));
  return out;
}

}  // namespace

std::vector<LineageRow> ReadLineage(PgConnection *pg, const std::vector<std::string> &sources,
                                    const std::vector<std::string> &targets) {
  const bool one = sources.size() == 1 && targets.size() == 1;
  const PgResult rows =
      one ? pg->Query(std::string("SELECT") + kFields + "FROM lineage._pair($1, $2)",
                      {sources[0], targets[0]})
          : pg->Query(
                std::string("SELECT") + kFields +
                    "FROM lineage._edge_rows()"
                    " WHERE source_table = ANY ($1::text[]) AND target_table = ANY ($2::text[])",
                {PgTextArray(sources), PgTextArray(targets)});
  std::vector<LineageRow> out;
  for (int i = 0; i < rows.size(); ++i) {
    LineageRow row;
    row.source_table = rows.Text(i, 0);
    row.target_table = rows.Text(i, 1);
    row.source_columns = rows.TextArray(i, 2);
    row.target_columns = rows.Array(i, 3);
    row.kinds = Numbers(rows, i, 4);
    row.routine = rows.Value(i, 5);
    row.call_path = rows.TextArray(i, 6);
    row.operation = rows.Text(i, 7);
    row.origin = rows.Text(i, 8);
    row.first_seen = rows.Text(i, 9);
    row.query = rows.Value(i, 10);
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> ReadPairs(PgConnection *pg,
                                                           const std::vector<std::string> &tables) {
  const PgResult rows = pg->Query(
      "SELECT DISTINCT source_table, target_table FROM lineage._edge_rows()"
      " WHERE source_kind <> 'u' AND target_kind <> 'u' AND source_table <> target_table"
      " AND ($1::text[] IS NULL OR source_table = ANY ($1) OR target_table = ANY ($1))"
      " ORDER BY 1, 2",
      {tables.empty() ? std::nullopt : PgTextArray(tables)});
  std::vector<std::pair<std::string, std::string>> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back({rows.Text(i, 0), rows.Text(i, 1)});
  return out;
}

}  // namespace shipper
