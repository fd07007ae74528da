#include "source/filter.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

NameFilter Filter(std::vector<std::string> includes, std::vector<std::string> excludes = {}) {
  return NameFilter({std::move(includes), std::move(excludes)}, "tableFilterPattern");
}

TEST(FilterTest, NoPatternAdmitsAll) { EXPECT_TRUE(Filter({}).Admits("anything")); }

TEST(FilterTest, APatternMatchesAtTheStartWhateverTheCase) {
  const NameFilter filter = Filter({"sales"});
  EXPECT_TRUE(filter.Admits("sales"));
  EXPECT_TRUE(filter.Admits("SALES_eu"));
  EXPECT_FALSE(filter.Admits("eu_sales"));
  EXPECT_FALSE(Filter({"^sales$"}).Admits("sales_eu"));
}

TEST(FilterTest, ExcludeWinsOverInclude) {
  const NameFilter filter = Filter({"sales.*", "hr"}, {".*_tmp$"});
  EXPECT_TRUE(filter.Admits("sales_2026"));
  EXPECT_FALSE(filter.Admits("sales_tmp"));
  EXPECT_TRUE(filter.Admits("hr"));
  EXPECT_FALSE(filter.Admits("other"));
}

TEST(FilterTest, AnAlternativeIsAnchoredToo) {
  const NameFilter filter = Filter({"a|b"});
  EXPECT_TRUE(filter.Admits("b1"));
  EXPECT_FALSE(filter.Admits("cb"));
}

TEST(FilterTest, AnEmptyNameIsFilteredOutWhereThereIsAPattern) {
  EXPECT_FALSE(Filter({}, {"x"}).Admits(""));
}

TEST(FilterTest, PythonsRegularExpressionsWork) {
  EXPECT_TRUE(Filter({R"((?P<y>\d{4})_(?=q[1-4]))"}).Admits("2026_q1"));
  EXPECT_FALSE(Filter({R"((?!stg_).*)"}).Admits("stg_orders"));
  EXPECT_TRUE(Filter({"\xC3\xA9t\xC3\xA9"}).Admits("\xC3\x89t\xC3\xA9"));
}

// What Python's re.match says of the same pattern and name, ignoring case.
TEST(FilterTest, WhatPcreWritesOtherwiseMeansWhatItMeansInPython) {
  struct {
    const char *pattern, *name;
    bool matches;
  } const cases[] = {
      {R"(orders\Z)", "orders", true},
      {R"(orders\Z)", "orders\n", false},
      {R"(orders$)", "orders\n", true},
      {R"(a{,2}b)", "aab", true},
      {R"(a{,2}b)", "aaab", false},
      {R"(a\{,2}b)", "a{,2}b", true},
      {R"([[:alpha:]])", ":]", true},
      {R"([[:alpha:]])", "b]", false},
      {R"([]x]+y)", "]x]y", true},
      {R"([^]x]y)", "ay", true},
      {R"([{,2}]b)", ",b", true},
      {R"(\u00e9t)", "\xC3\xA9t", true},
      {R"(\U0001F600)", "\xF0\x9F\x98\x80", true},
      {R"(\w+$)", "\xC3\xA9t\xC3\xA9", true},
      {R"((?u)\w)", "x", true},
      {R"((?ai:x)y)", "XY", true},
      {R"((?-i:x)y)", "XY", false},
      {R"((?P<q>['"]).*(?P=q))", "'a'", true},
      {R"(\\Z)", "\\Z", true},
  };
  for (const auto &one : cases)
    EXPECT_EQ(Filter({one.pattern}).Admits(one.name), one.matches)
        << one.pattern << " on " << one.name << " as " << FromPython(one.pattern);
  for (const char *broken : {"[", "(", "a\\", "(?", "[^", "{,"}) FromPython(broken);
}

TEST(FilterTest, AnInvalidPatternIsNamedWithItsKey) {
  try {
    Filter({}, {"ok", "(unclosed"});
    FAIL() << "no error";
  } catch (const ConfigError &error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("(unclosed"), std::string::npos) << text;
    EXPECT_NE(text.find("tableFilterPattern"), std::string::npos) << text;
  }
}

TEST(FilterTest, ARunawayPatternIsAnErrorAndNotAHang) {
  const NameFilter filter = Filter({"(a+)+$"});
  EXPECT_THROW(filter.Admits(std::string(60, 'a') + "b"), ConfigError);
}

TEST(FilterTest, BrokenTextInANameIsNoError) { EXPECT_FALSE(Filter({"abc"}).Admits("\xFF\xFE")); }

TEST(FilterTest, PatternsSeeTheQualifiedNameOnlyWhereAsked) {
  Config config;
  config.service_name = "svc";
  config.metadata.table_filter.includes = {R"(svc\.db\.public\.orders$)"};
  EXPECT_FALSE(ObjectFilter(config).AdmitsRelation("db", "public", "orders", 'r'));
  config.metadata.use_fqn_for_filtering = true;
  EXPECT_TRUE(ObjectFilter(config).AdmitsRelation("db", "public", "orders", 'r'));
  EXPECT_FALSE(ObjectFilter(config).AdmitsRelation("db", "public", "sales", 'r'));
}

TEST(FilterTest, WholeKindsCanBeLeftOut) {
  Config config;
  config.metadata.include_views = false;
  config.metadata.include_stored_procedures = false;
  const ObjectFilter filter(config);
  EXPECT_TRUE(filter.AdmitsRelation("db", "s", "t", 'p'));
  EXPECT_FALSE(filter.AdmitsRelation("db", "s", "t", 'v'));
  EXPECT_FALSE(filter.AdmitsRelation("db", "s", "t", 'm'));
  EXPECT_FALSE(filter.AdmitsRoutine("db", "s", "f"));
}

}  // namespace
}  // namespace shipper
