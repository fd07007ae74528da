#include "translate/carry_over.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

Entity Made(json body) { return {"table", "svc.d.s.t", "/v1/tables", std::move(body)}; }

TEST(CarryOverTest, NothingOldChangesNothing) {
  Entity entity = Made({{"name", "t"}});
  CarryOver(nullptr, &entity);
  CarryOver(json::object(), &entity);
  EXPECT_EQ(entity.body, json({{"name", "t"}}));
}

TEST(CarryOverTest, WhatPeopleWroteWinsOverTheComment) {
  Entity entity = Made({{"description", "comment"}});
  CarryOver({{"description", "a person's"}, {"displayName", "Orders"}}, &entity);
  EXPECT_EQ(entity.body["description"], "a person's");
  EXPECT_EQ(entity.body["displayName"], "Orders");
}

TEST(CarryOverTest, TagsAreAddedOnceAndOnlyAsARequestTakesThem) {
  Entity entity = Made({{"tags", {{{"tagFQN", "P.a"}}}}});
  CarryOver(
      json::parse(R"({"tags":[{"tagFQN":"P.a"},{"tagFQN":"P.b","href":"x","state":"Confirmed"}]})"),
      &entity);
  EXPECT_EQ(entity.body["tags"],
            json::parse(R"([{"tagFQN":"P.a"},{"tagFQN":"P.b","state":"Confirmed"}])"));
}

TEST(CarryOverTest, OneOwnerOfAnOldServerIsAnOwner) {
  Entity entity = Made(json::object());
  CarryOver(json::parse(R"({"owner":{"id":"u1","type":"user","name":"ann"}})"), &entity);
  EXPECT_EQ(entity.body["owners"], json::parse(R"([{"id":"u1","type":"user"}])"));
}

TEST(CarryOverTest, ColumnsAreFoundByNameFieldsOfCompositesToo) {
  Entity entity =
      Made(json::parse(R"({"columns":[{"name":"b"},{"name":"c","children":[{"name":"x"}]}]})"));
  CarryOverColumns(json::parse(R"({"columns":[{"name":"a","description":"no"},
      {"name":"c","children":[{"name":"x","description":"yes"}]}]})"),
                   &entity);
  EXPECT_FALSE(entity.body["columns"][0].contains("description"));
  EXPECT_EQ(entity.body["columns"][1]["children"][0]["description"], "yes");
}

TEST(CarryOverTest, AColumnIsRenamedUnlessTheNameIsTaken) {
  json table = json::parse(R"({"columns":[{"name":"a"},{"name":"b"}]})");
  RenameColumn("a", "b", &table);
  EXPECT_EQ(table["columns"][0]["name"], "a");
  RenameColumn("a", "c", &table);
  EXPECT_EQ(table["columns"][0]["name"], "c");
}

}  // namespace
}  // namespace shipper
