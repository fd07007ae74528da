#include "translate/owners.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using Names = OwnerRules::Names;

MetadataConfig WithRoles() {
  MetadataConfig config;
  config.include_owners = true;
  return config;
}

TEST(OwnersTest, TheRoleOwnsWhereNothingElseIsSaid) {
  OwnerRules rules(WithRoles());
  EXPECT_EQ(rules.Database("shop", "dba"), Names{"dba"});
  EXPECT_EQ(rules.Table("shop", "public", "orders", "sales"), Names{"sales"});
  EXPECT_EQ(rules.Routine("shop", "public", "etl"), Names{"etl"});
}

TEST(OwnersTest, WithoutIncludeOwnersNobodyOwns) {
  OwnerRules rules{MetadataConfig{}};
  EXPECT_TRUE(rules.Table("shop", "public", "orders", "sales").empty());
}

TEST(OwnersTest, AnExactNameWinsOverItsLastPartOverTheLevel) {
  MetadataConfig config = WithRoles();
  config.owners.table.by_name = {{"shop.public.orders", {"ann"}}, {"orders", {"bob"}}};
  config.owners.schema.all = {"team_s"};
  OwnerRules rules(config);
  EXPECT_EQ(rules.Table("shop", "public", "orders", "r"), Names{"ann"});
  EXPECT_EQ(rules.Table("shop", "other", "orders", "r"), Names{"bob"});
  EXPECT_EQ(rules.Table("shop", "other", "x", "r"), Names{"team_s"});
}

TEST(OwnersTest, WhatTheParentHasIsInheritedUnlessSwitchedOff) {
  MetadataConfig config = WithRoles();
  config.owners.database.by_name = {{"shop", {"dba1", "dba2"}}};
  config.owners.fallback = {"everybody"};
  EXPECT_EQ(OwnerRules(config).Table("shop", "public", "t", "r"), (Names{"dba1", "dba2"}));
  EXPECT_EQ(OwnerRules(config).Routine("shop", "public", "r"), (Names{"dba1", "dba2"}));
  EXPECT_EQ(OwnerRules(config).Schema("other", "public", "r"), Names{"everybody"});
  config.owners.inherit = false;
  EXPECT_EQ(OwnerRules(config).Table("shop", "public", "t", "r"), Names{"everybody"});
}

}  // namespace
}  // namespace shipper
