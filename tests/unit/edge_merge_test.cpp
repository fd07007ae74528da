#include "sink/edge_merge.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

json Pair(const std::string &from, const std::string &to) {
  return {{"fromColumns", {from}}, {"toColumn", to}};
}

// As we send it.
json OurPair(const std::string &from, const std::string &to) {
  json pair = Pair(from, to);
  pair["function"] = "IDENTITY; AGGREGATION, masking";
  return pair;
}

const json kOurs = {{"source", "QueryLineage"},
                    {"description", "Recorded by pg_lineage."},
                    {"sqlQuery", "new"},
                    {"columnsLineage", {OurPair("a.x", "b.x")}}};

TEST(EdgeMergeTest, NothingAndOurOwnAreReplaced) {
  EXPECT_EQ(MergeEdge(json::object(), kOurs), kOurs);
  EXPECT_EQ(MergeEdge(nullptr, kOurs), kOurs);
  json old = kOurs;
  old["columnsLineage"] = {OurPair("a.gone", "b.gone")};
  EXPECT_EQ(MergeEdge(old, kOurs), kOurs);
}

TEST(EdgeMergeTest, AnEdgeWithoutOurMarkKeepsAllItHas) {
  json theirs = {{"source", "DbtLineage"},
                 {"sqlQuery", "theirs"},
                 {"columnsLineage", {Pair("a.x", "b.x"), Pair("a.z", "b.z")}}};
  json merged = MergeEdge(theirs, kOurs);
  EXPECT_EQ(merged["source"], "DbtLineage");
  EXPECT_EQ(merged["sqlQuery"], "theirs");
  EXPECT_EQ(merged["columnsLineage"].size(), 2u) << "a pair that both know is there once";
  EXPECT_FALSE(IsOurEdge(merged)) << "what was merged once is merged the next time too";
}

TEST(EdgeMergeTest, AnEdgeMadeManualByAPersonIsTheirsAlthoughItHasOurMark) {
  json theirs = kOurs;
  theirs["source"] = "Manual";
  theirs["columnsLineage"] = {Pair("a.z", "b.z")};
  EXPECT_FALSE(IsOurEdge(theirs));
  EXPECT_EQ(MergeEdge(theirs, kOurs)["columnsLineage"].size(), 2u);
}

TEST(EdgeMergeTest, ColumnsThatPeopleEnteredStayInOurEdgeAndOursGoFromTheirs) {
  json present = kOurs;
  present["columnsLineage"] = {OurPair("a.gone", "b.gone"), Pair("a.z", "b.z")};
  json merged = MergeEdge(present, kOurs);
  EXPECT_EQ(merged["columnsLineage"], json({Pair("a.z", "b.z"), OurPair("a.x", "b.x")}));
  EXPECT_TRUE(IsOurEdge(merged));
  present["source"] = "Manual";
  EXPECT_EQ(MergeEdge(present, kOurs)["columnsLineage"],
            json({Pair("a.z", "b.z"), OurPair("a.x", "b.x")}));
  EXPECT_EQ(MergeEdge(present, json::object())["columnsLineage"], json({Pair("a.z", "b.z")}));
}

}  // namespace
}  // namespace shipper
