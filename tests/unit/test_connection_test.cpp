#include "test_connection.h"

#include <gtest/gtest.h>

#include "fakes/fake_api.h"

namespace shipper {
namespace {

using nlohmann::json;

TEST(TestConnectionTest, OnlyADefinitionHasSteps) {
  const json definition = {{"steps",
                            {{{"name", "CheckAccess"}, {"mandatory", true}},
                             {{"name", "GetViews"}, {"mandatory", false}},
                             {{"name", "GetMoons"}},
                             {{"mandatory", true}},
                             7}}};
  const std::vector<TestStep> steps = StepsOf(definition);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_TRUE(steps[0].mandatory);
  EXPECT_FALSE(steps[1].mandatory);
  EXPECT_EQ(steps[2].name, "GetMoons");
  EXPECT_TRUE(StepsOf(nullptr).empty());
  EXPECT_TRUE(StepsOf({{"steps", json::array()}}).empty());
  EXPECT_TRUE(StepsOf("a page").empty());
}

TEST(TestConnectionTest, WithoutAConnectionEveryStepIsSaid) {
  FakeApi api;
  api.answer = [](const std::string &) {
    return ApiReply{Status::Done(), 200, {{"steps", {{{"name", "GetTables"}}}}}};
  };
  const std::vector<Finding> findings = TestConnection(nullptr, &api);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].verdict, Verdict::kWarning);
  EXPECT_EQ(findings[0].subject, "test connection, GetTables");
}

TEST(TestConnectionTest, ACatalogWithoutADefinitionIsSaidAndOurOwnStepsAreDone) {
  FakeApi api;
  api.answer = [](const std::string &) {
    return ApiReply{Status::Outage("down"), 0, json::value_t::discarded};
  };
  const std::vector<Finding> findings = TestConnection(nullptr, &api);
  EXPECT_EQ(findings.size(), 11u);
  EXPECT_NE(findings[0].detail.find("down"), std::string::npos);
  EXPECT_EQ(TestConnection(nullptr, nullptr).size(), 10u);  // a file has no catalog behind it
}

}  // namespace
}  // namespace shipper
