#include "translate/override_patch.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

TEST(OverridePatchTest, WhatDiffersIsReplacedAndWhatIsNotSaidStays) {
  const json present = json::parse(R"({"description": "by Ann", "displayName": "Orders",
      "columns": [{"name": "b"}, {"name": "a", "description": "old",
                   "children": [{"name": "c", "description": "x"}]}]})");
  const json wanted = json::parse(R"({"description": "from the source",
      "columns": [{"name": "a", "description": "new",
                   "children": [{"name": "c", "description": "y"}]}, {"name": "b"}]})");
  const json expected = json::parse(R"([
      {"op": "add", "path": "/description", "value": "from the source"},
      {"op": "add", "path": "/columns/1/description", "value": "new"},
      {"op": "add", "path": "/columns/1/children/0/description", "value": "y"}])");
  EXPECT_EQ(OverridePatch(present, wanted), expected);
}

TEST(OverridePatchTest, OwnersAreComparedByWhoTheyAre) {
  const json ann = {{"id", "1"}, {"type", "user"}}, bob = {{"id", "2"}, {"type", "user"}};
  json present = {{"owners", {{{"id", "1"}, {"type", "user"}, {"name", "ann"}}}}};
  EXPECT_TRUE(OverridePatch(present, {{"owners", {ann}}}).empty());
  EXPECT_TRUE(OverridePatch(present, json::object()).empty());
  const json patch = OverridePatch(present, {{"owners", {bob}}});
  ASSERT_EQ(patch.size(), 1u);
  EXPECT_EQ(patch[0]["path"], "/owners");
  EXPECT_EQ(OverridePatch({{"owner", ann}}, {{"owner", bob}})[0]["path"], "/owner");
}

TEST(OverridePatchTest, WhatIsTheSameNeedsNoPatch) {
  const json entity = {{"description", "d"}, {"columns", {{{"name", "a"}, {"description", "e"}}}}};
  EXPECT_TRUE(OverridePatch(entity, entity).empty());
  EXPECT_TRUE(OverridePatch(json(), entity).empty());
}

}  // namespace
}  // namespace shipper
