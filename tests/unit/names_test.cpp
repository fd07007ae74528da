#include "translate/names.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace shipper {
namespace {

TEST(NamesTest, APartWithADotIsQuotedAndAnotherIsNot) {
  EXPECT_EQ(TableFqn("shop_pg", "shop", "public", "orders"), "shop_pg.shop.public.orders");
  EXPECT_EQ(TableFqn("shop_pg", "shop", "eu.sales", "t"), "shop_pg.shop.\"eu.sales\".t");
  EXPECT_EQ(JoinFqn({"shop_pg", "db.two"}), "shop_pg.\"db.two\"");
  EXPECT_EQ(AppendFqn("shop_pg.shop.public.orders", "co.l"), "shop_pg.shop.public.orders.\"co.l\"");
}

TEST(NamesTest, WhatAnFqnCannotHoldIsReplacedByReservedSequences) {
  EXPECT_EQ(EncodeName("a::b>c\"d"),
            "a__reserved__colon__b__reserved__arrow__c__reserved__quote__d");
  EXPECT_EQ(EncodeName("a\nb\rc\td"),
            "a__reserved__newline__b__reserved__carriage_return__c__reserved__tab__d");
  EXPECT_EQ(EncodeName("a:b"), "a:b");
  EXPECT_EQ(JoinFqn({"svc", "d", "Weird.Schema", "Ta.ble\"q"}),
            "svc.d.\"Weird.Schema\".\"Ta.ble__reserved__quote__q\"");
}

TEST(NamesTest, SplittingAnFqnGivesTheNamesThatWereJoined) {
  const std::vector<std::vector<std::string>> cases = {
      {"svc", "db", "public", "orders"},
      {"svc", "d.b", "a \"b\" c", "x::y>z"},
      {"svc", "db", "\xC3\xA9t\xC3\xA9", "per cent %", "tab\there"},
      {"."},
      {"..", "\""}};
  for (const auto &names : cases) EXPECT_EQ(SplitFqn(JoinFqn(names)), names);
}

TEST(NamesTest, EveryOneByteNameSurvivesTheWayThereAndBack) {
  for (int c = 1; c < 128; ++c) {
    const std::string name = std::string("a") + static_cast<char>(c) + "b";
    EXPECT_EQ(DecodeName(EncodeName(name)), name) << c;
    EXPECT_EQ(SplitFqn(JoinFqn({"s", name, "t"}))[1], name) << c;
  }
}

TEST(NamesTest, ANameThatIsTooLongIsCutBetweenCharactersAndStaysDistinct) {
  const std::string quotes(63, '"');
  const std::string one = EncodeName(quotes + "1");
  const std::string two = EncodeName(quotes + "2");
  EXPECT_LE(one.size(), kMaxNameBytes);
  EXPECT_NE(one, two);
  EXPECT_EQ(one, EncodeName(quotes + "1"));
  std::string accents;
  for (int i = 0; i < 200; ++i) accents += "\xC3\xA9";
  const std::string cut = EncodeName("x" + accents);
  EXPECT_LE(cut.size(), kMaxNameBytes);
  EXPECT_EQ((cut.find('~') - 1) % 2, 0u);
}

TEST(NamesTest, StoreNamesAreReadAsQuoteIdentWritesThem) {
  EXPECT_EQ(ParseStoreName("public.orders"), (RelationName{"public", "orders"}));
  EXPECT_EQ(ParseStoreName("\"Odd.Schema\".\"Ta.ble\"\"q::x\""),
            (RelationName{"Odd.Schema", "Ta.ble\"q::x"}));
  EXPECT_EQ(ParseStoreName("public.\"order\""), (RelationName{"public", "order"}));
}

TEST(NamesTest, AnOutsideDatasetIsNoStoreName) {
  for (const char *uri :
       {"file:///tmp/a.csv", "postgres://h:5432/db.public.t", "program:0a1b.c", "client:stdin",
        "public", "public.", ".t", "a.b.c", "\"a.b", "a.\"b\"x"}) {
    EXPECT_FALSE(ParseStoreName(uri).has_value()) << uri;
  }
}

TEST(NamesTest, ARoutineIsKnownByItsSignatureHoweverItIsSpelled) {
  const auto one = ParseRoutine("public.load_sales(date,integer)");
  const auto two = ParseRoutine("public.load_sales(date, integer)");
  const auto qualified = ParseRoutine("public.load_sales(pg_catalog.date,integer)");
  ASSERT_TRUE(one && two && qualified);
  EXPECT_EQ(one->schema, "public");
  EXPECT_EQ(one->signature, "load_sales(date,integer)");
  EXPECT_EQ(one->signature, two->signature);
  EXPECT_EQ(one->signature, qualified->signature);
  EXPECT_EQ(ParseRoutine("\"S\".\"do it\"()")->signature, "do it()");
  EXPECT_EQ(ParseRoutine("s.f(\"a, b\".t,pg_catalog.\"char\")")->signature,
            "f(\"a, b\".t,\"char\")");
  EXPECT_FALSE(ParseRoutine("public.t"));
  EXPECT_FALSE(ParseRoutine("DO"));
  EXPECT_FALSE(ParseRoutine("public.f() on public.t"));
}

TEST(NamesTest, TheFirstOfSeveralOverloadsKeepsTheBareName) {
  const auto names = AssignRoutineNames(
      {{30, "f", "text"}, {10, "f", "integer, text"}, {20, "f", ""}, {5, "g", "integer"}});
  EXPECT_EQ(names.at("f(integer,text)"), "f");
  EXPECT_EQ(names.at("f()"), "f()");
  EXPECT_EQ(names.at("f(text)"), "f(text)");
  EXPECT_EQ(names.at("g(integer)"), "g");
}

TEST(NamesTest, ALaterOverloadDoesNotRenameTheFirst) {
  const auto before = AssignRoutineNames({{10, "f", "text"}});
  const auto after = AssignRoutineNames({{11, "f", "integer, bigint"}, {10, "f", "text"}});
  EXPECT_EQ(before.at("f(text)"), after.at("f(text)"));
  EXPECT_EQ(after.at("f(integer,bigint)"), "f(integer, bigint)");
}

// A catalog of routines by their names below svc.db.s.
class Book : public RoutineBook {
 public:
  bool HasRoutine(const std::string &fqn) const override { return there.count(fqn) > 0; }
  std::string BareHolder(const std::string &fqn) const override {
    const auto found = holders.find(fqn);
    return found == holders.end() ? "" : found->second;
  }
  std::set<std::string> there;
  std::map<std::string, std::string> holders;
};

TEST(NamesTest, TheBareNameStaysWithTheSignatureThatHasItInTheCatalog) {
  Book book;
  book.holders["svc.db.s.f"] = "f(text)";
  // Restored: the OIDs are in another order now.
  auto names = AssignRoutineNames({{10, "f", "integer"}, {20, "f", "text"}}, "svc.db.s", &book);
  EXPECT_EQ(names.at("f(text)"), "f");
  EXPECT_EQ(names.at("f(integer)"), "f(integer)");
}

TEST(NamesTest, ALongNameIsKeptWhenTheBareOneBecomesFree) {
  Book book;
  book.holders["svc.db.s.f"] = "f(text)";
  book.there = {"svc.db.s.f(integer)"};
  auto names = AssignRoutineNames({{10, "f", "integer"}}, "svc.db.s", &book);
  EXPECT_EQ(names.at("f(integer)"), "f(integer)");
  // A new one beside it does not become the routine that had the bare name.
  names = AssignRoutineNames({{10, "f", "integer"}, {30, "f", "date"}}, "svc.db.s", &book);
  EXPECT_EQ(names.at("f(date)"), "f(date)");
  // What had it and comes back has it again.
  names = AssignRoutineNames({{10, "f", "integer"}, {40, "f", "text"}}, "svc.db.s", &book);
  EXPECT_EQ(names.at("f(text)"), "f");
}

TEST(NamesTest, ARoutineThatIsMadeAgainWithOtherArgumentsStaysTheSameEntity) {
  Book book;
  book.holders["svc.db.s.f"] = "f(text)";
  book.there = {"svc.db.s.f"};
  EXPECT_EQ(
      AssignRoutineNames({{50, "f", "text, integer"}}, "svc.db.s", &book).at("f(text,integer)"),
      "f");
}

TEST(NamesTest, WhereNobodyKnowsTheHolderItIsTheOneWithoutALongName) {
  Book book;
  book.there = {"svc.db.s.f", "svc.db.s.f(integer)", "svc.db.\"s.t\".\"f(s.lvl)\""};
  auto names = AssignRoutineNames({{10, "f", "integer"}, {20, "f", "text"}}, "svc.db.s", &book);
  EXPECT_EQ(names.at("f(text)"), "f");
  names = AssignRoutineNames({{10, "f", "s.lvl"}, {20, "f", "text"}}, "svc.db.\"s.t\"", &book);
  EXPECT_EQ(names.at("f(text)"), "f");
  EXPECT_EQ(names.at("f(s.lvl)"), "f(s.lvl)");
}

}  // namespace
}  // namespace shipper
