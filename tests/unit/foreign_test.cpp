#include "translate/foreign.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

ForeignLink Link() {
  ForeignLink link;
  link.table_fqn = "svc.db.public.far";
  link.shown = "public.far";
  link.server = "other";
  link.columns = {{"id", "id"}, {"To.tal", "total"}, {"gone", "gone"}};
  return link;
}

const json kFar = json::parse(R"({"columns": [{"name": "id"}, {"name": "To.tal"}]})");

TEST(ForeignTest, TheFarTableFeedsTheForeignOneColumnByColumn) {
  const std::vector<LineageEdge> edges = ForeignEdges(Link(), "o.d.s.t", kFar);
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].from_fqn, "o.d.s.t");
  EXPECT_EQ(edges[0].to_fqn, "svc.db.public.far");
  EXPECT_EQ(edges[0].details["source"], "CrossDatabaseLineage");
  EXPECT_NE(edges[0].details["description"].get<std::string>().find(kEdgeMark), std::string::npos);
  EXPECT_EQ(edges[0].details["columnsLineage"], json::parse(R"([
      {"fromColumns": ["o.d.s.t.id"], "toColumn": "svc.db.public.far.id", "function": "IDENTITY"},
      {"fromColumns": ["o.d.s.t.\"To.tal\""], "toColumn": "svc.db.public.far.total",
       "function": "IDENTITY"}])"));
}

TEST(ForeignTest, WhatIsWrittenFlowsBack) {
  ForeignLink link = Link();
  link.written = true;
  const std::vector<LineageEdge> edges = ForeignEdges(link, "o.d.s.t", kFar);
  ASSERT_EQ(edges.size(), 2u);
  EXPECT_EQ(edges[1].from_fqn, "svc.db.public.far");
  EXPECT_EQ(edges[1].to_fqn, "o.d.s.t");
  EXPECT_EQ(edges[1].details["columnsLineage"][1]["toColumn"], "o.d.s.t.\"To.tal\"");
}

TEST(ForeignTest, AFarTableOfUnknownColumnsIsAnEdgeOfTables) {
  const std::vector<LineageEdge> edges = ForeignEdges(Link(), "o.d.s.t", json::object());
  EXPECT_FALSE(edges[0].details.contains("columnsLineage"));
}

}  // namespace
}  // namespace shipper
