#include "sink/edge_graph.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

TEST(PlanReadsTest, EdgesThatShareATableAreReadAroundIt) {
  const std::vector<EdgeRead> reads =
      PlanReads({{"a", "hub"}, {"b", "hub"}, {"c", "hub"}, {"hub", "d"}, {"x", "y"}}, {});
  std::vector<size_t> seen;
  for (const EdgeRead &read : reads) {
    seen.insert(seen.end(), read.edges.begin(), read.edges.end());
    EXPECT_EQ(read.hub, read.edges.size() == 3 ? "hub" : "");
    EXPECT_EQ(read.into, read.edges.size() == 3);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(reads.size(), 3u);
}

TEST(PlanReadsTest, WhatLeadsOutOfATableIsReadAroundIt) {
  const std::vector<EdgeRead> reads = PlanReads({{"hub", "a"}, {"hub", "b"}}, {});
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].hub, "hub");
  EXPECT_FALSE(reads[0].into);
}

TEST(PlanReadsTest, AroundATableWithFarTooManyEdgesNothingIsRead) {
  const std::vector<EdgeRead> reads = PlanReads({{"a", "hub"}, {"b", "hub"}}, {"hub"});
  ASSERT_EQ(reads.size(), 2u);
  for (const EdgeRead &read : reads) EXPECT_EQ(read.hub, "");
}

json Graph() {
  const auto node = [](const char *id, const char *name) {
    return json{{"id", id}, {"type", "table"}, {"fullyQualifiedName", name}};
  };
  return {{"entity", node("1", "s.a")},
          {"nodes", {node("2", "s.b"), node("3", "s.c")}},
          {"upstreamEdges",
           {{{"fromEntity", "2"}, {"toEntity", "1"}, {"lineageDetails", {{"source", "Manual"}}}}}},
          {"downstreamEdges", {{{"fromEntity", {{"id", "1"}}}, {"toEntity", {{"id", "3"}}}}}}};
}

TEST(EdgeGraphTest, AnEdgeIsFoundByNamesAndByIds) {
  const EdgeGraph graph(Graph());
  json details;
  EXPECT_TRUE(graph.Find("s.b", "s.a", &details));
  EXPECT_EQ(details["source"], "Manual");
  EXPECT_TRUE(graph.Find("2", "1", &details));
  EXPECT_EQ(details["source"], "Manual");
  EXPECT_TRUE(graph.Find("s.a", "s.c", &details));
  EXPECT_TRUE(details.is_object() && details.empty());
  EXPECT_TRUE(graph.Find("s.c", "s.a", &details));  // surely none
  EXPECT_TRUE(details.empty());
  EXPECT_EQ(graph.size(), 2u);
}

TEST(EdgeGraphTest, ARoutineThatIsCalledLikeATableIsNotTakenForIt) {
  json mixed = Graph();
  for (const char *name : {"s.a", "s.b"}) {
    const std::string id = std::string("routine ") + name;
    mixed["nodes"].push_back(
        {{"id", id}, {"type", "storedProcedure"}, {"fullyQualifiedName", name}});
    mixed["upstreamEdges"].push_back(
        {{"fromEntity", id}, {"toEntity", "1"}, {"lineageDetails", {{"source", "Other"}}}});
  }
  json details;
  EXPECT_TRUE(EdgeGraph(mixed).Find("s.b", "s.a", &details));
  EXPECT_EQ(details["source"], "Manual");
}

TEST(EdgeGraphTest, AnAnswerThatLeavesAnEdgeOpenSaysSo) {
  json nameless = Graph();
  nameless["nodes"].erase(0);
  json details;
  EXPECT_FALSE(EdgeGraph(nameless).Find("s.b", "s.a", &details));
  EXPECT_TRUE(EdgeGraph(nameless).Find("s.a", "s.c", &details));
  EXPECT_FALSE(EdgeGraph(json()).Find("s.b", "s.a", &details));
  EXPECT_FALSE(EdgeGraph(json::object()).Find("s.b", "s.a", &details));
}

}  // namespace
}  // namespace shipper
