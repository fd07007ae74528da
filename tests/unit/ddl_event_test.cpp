#include "ddl_event.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

std::string Target(const std::string &tag, const std::string &type, const std::string &identity,
                   const char *old_identity = nullptr) {
  nlohmann::json payload = {
      {"command_tag", tag}, {"object_type", type}, {"object_identity", identity}};
  if (old_identity != nullptr) payload["old_identity"] = old_identity;
  std::optional<DdlTarget> target = TargetOfDdl(payload);
  return target ? target->type + " " + target->identity : "";
}

TEST(DdlEventTest, CreatedAndAlteredObjectsAreSentAgain) {
  EXPECT_EQ(Target("CREATE TABLE", "table", "public.t"), "table public.t");
  EXPECT_EQ(Target("ALTER TABLE", "table", "public.t"), "table public.t");
  EXPECT_EQ(Target("CREATE VIEW", "view", "public.v"), "table public.v");
  EXPECT_EQ(Target("CREATE MATERIALIZED VIEW", "materialized view", "a.b"), "table a.b");
  EXPECT_EQ(Target("CREATE FUNCTION", "function", "public.f(integer)"),
            "routine public.f(integer)");
  EXPECT_EQ(Target("CREATE PROCEDURE", "procedure", "public.p()"), "routine public.p()");
  EXPECT_EQ(Target("CREATE SCHEMA", "schema", "eu"), "schema eu");
}

TEST(DdlEventTest, WhatBelongsToATableLeadsToIt) {
  EXPECT_EQ(Target("COMMENT", "table column", "public.t.c"), "table public.t");
  EXPECT_EQ(Target("ALTER TABLE", "table column", "public.t.new", "public.t.old"),
            "table public.t");
  EXPECT_EQ(Target("COMMENT", "view column", "public.\"v.1\".\"c.2\""), "table public.\"v.1\"");
  EXPECT_EQ(Target("COMMENT", "table constraint", "k on public.t"), "table public.t");
  EXPECT_EQ(Target("CREATE POLICY", "policy", "p on public.t"), "table public.t");
  EXPECT_EQ(Target("CREATE POLICY", "policy", "\"p on q\" on s.\"a on b\""), "table s.\"a on b\"");
  EXPECT_EQ(Target("CREATE POLICY", "policy", "\"p\"\" on x\" on s.\"a\"\" on b\""),
            "table s.\"a\"\" on b\"");
}

TEST(DdlEventTest, DropsAndRenamesAskForTheStateOfTheName) {
  EXPECT_EQ(Target("DROP TABLE", "table", "public.t"), "table public.t");
  EXPECT_EQ(Target("DROP FUNCTION", "aggregate", "public.a(integer)"), "routine public.a(integer)");
  EXPECT_EQ(Target("ALTER SCHEMA", "schema", "b", "a"), "schema b");
  EXPECT_EQ(Target("CREATE SEQUENCE", "sequence", "public.s"), "");
  EXPECT_EQ(Target("CREATE INDEX", "index", "public.i"), "");
  std::optional<DdlTarget> renamed = TargetOfDdl({{"command_tag", "ALTER TABLE"},
                                                  {"object_type", "table"},
                                                  {"object_identity", "public.b"},
                                                  {"old_identity", "public.a"}});
  ASSERT_TRUE(renamed);
  EXPECT_EQ(renamed->before, "public.a");
}

TEST(DdlEventTest, ARenamedColumnIsTold) {
  std::optional<DdlTarget> target =
      TargetOfDdl({{"command_tag", "ALTER TABLE"},
                   {"object_type", "table column"},
                   {"object_identity", "public.\"t.1\".\"a \"\"new\"\"\""},
                   {"old_identity", "public.\"t.1\".plain"}});
  ASSERT_TRUE(target);
  EXPECT_EQ(target->identity, "public.\"t.1\"");
  EXPECT_EQ(target->column, "a \"new\"");
  EXPECT_EQ(target->column_before, "plain");
}

TEST(DdlEventTest, ACommandMakesChangesOrMayHaveReplaced) {
  const auto event = [](const char *tag, const char *type, const char *identity) {
    return TargetOfDdl({{"command_tag", tag}, {"object_type", type}, {"object_identity", identity}})
        ->event;
  };
  EXPECT_EQ(event("CREATE TABLE", "table", "public.t"), LifeEvent::kMade);
  EXPECT_EQ(event("CREATE TABLE AS", "table", "public.t"), LifeEvent::kMade);
  EXPECT_EQ(event("SELECT INTO", "table", "public.t"), LifeEvent::kMade);
  EXPECT_EQ(event("ALTER TABLE", "table", "public.t"), LifeEvent::kChanged);
  EXPECT_EQ(event("CREATE VIEW", "view", "public.v"), LifeEvent::kMadeOrReplaced);
  EXPECT_EQ(event("CREATE FUNCTION", "function", "public.f()"), LifeEvent::kMadeOrReplaced);
  EXPECT_EQ(event("CREATE POLICY", "policy", "p on public.t"), LifeEvent::kChanged);
}

TEST(DdlEventTest, APayloadOfAnotherShapeIsNothing) {
  EXPECT_FALSE(TargetOfDdl(nlohmann::json::object()));
  EXPECT_FALSE(TargetOfDdl({{"object_type", 7}, {"object_identity", nullptr}}));
}

TEST(DdlEventTest, TheLogNamesOldAndNew) {
  EXPECT_EQ(DescribeDdl({{"command_tag", "ALTER TABLE"},
                         {"object_identity", "public.b"},
                         {"old_identity", "public.a"}}),
            "ALTER TABLE public.b (was public.a)");
}

}  // namespace
}  // namespace shipper
