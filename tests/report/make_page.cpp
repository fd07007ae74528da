// Makes a page from rows in a file, for browser tests: no database, only model, layout and page.
//
// usage: make_page <rows.ndjson >page.html     (a line is a row of lineage._edge_rows() as JSON,
//                                               or ["schema.table", "column", "type"])
#include <iostream>
#include <string>
#include <vector>

#include "report/layout.h"
#include "report/model.h"
#include "report/page.h"

int main() {
  std::vector<nlohmann::json> rows;
  std::vector<nlohmann::json> columns;
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::json row = nlohmann::json::parse(line);
    (row.is_array() ? columns : rows).push_back(std::move(row));
  }
  shipper::report::ReportModel model = shipper::report::BuildModel(rows, columns);
  model.database = "shop";
  model.generated_at = "2026-01-01 00:00 UTC";
  shipper::report::WritePage(model, shipper::report::LayOut(model), std::cout);
  return std::cout.flush() ? 0 : 1;
}
