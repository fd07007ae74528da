#include "translate/lineage.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

LineageRow Row(const std::string &source, std::optional<std::string> target, int kind) {
  LineageRow row;
  row.source_table = "public.orders";
  row.target_table = "public.sales";
  row.source_columns = {source};
  row.target_columns = {std::move(target)};
  row.kinds = {kind};
  row.operation = "INSERT";
  row.origin = "observed";
  row.first_seen = "2026-01-01T00:00:00";
  return row;
}

EdgeContext Context() {
  EdgeContext context;
  context.from_fqn = "svc.db.public.orders";
  context.to_fqn = "svc.db.public.sales";
  context.from_columns = {"id", "amount", "co.l"};
  context.to_columns = {"total", "id"};
  context.routine_fqn = [](const std::string &routine) {
    return routine.rfind("public.gone", 0) == 0 ? "" : "svc.db." + routine;
  };
  return context;
}

bool Contains(const json &text, const std::string &part) {
  return text.get<std::string>().find(part) != std::string::npos;
}

TEST(LineageTest, ADirectPairBecomesAColumnEntryWithItsSubtype) {
  const EdgeResult result = BuildEdge({Row("amount", "total", 2)}, Context());
  ASSERT_TRUE(result.edge);
  EXPECT_EQ(result.edge->from_fqn, "svc.db.public.orders");
  EXPECT_EQ(result.edge->details["source"], "QueryLineage");
  const json expected = json::parse(
      R"([{"fromColumns":["svc.db.public.orders.amount"],"toColumn":"svc.db.public.sales.total",
           "function":"AGGREGATION"}])");
  EXPECT_EQ(result.edge->details["columnsLineage"], expected);
}

TEST(LineageTest, AllRowsOfAPairAreOneUnionWithoutRepeats) {
  LineageRow masked = Row("amount", "total", 1 | 16);
  const EdgeResult result = BuildEdge({Row("amount", "total", 0), Row("amount", "total", 0), masked,
                                       Row("id", "id", 0), Row("co.l", "id", 1)},
                                      Context());
  const json &columns = result.edge->details["columnsLineage"];
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_EQ(columns[0]["fromColumns"][0], "svc.db.public.orders.\"co.l\"");
  EXPECT_EQ(columns[2]["function"], "IDENTITY; TRANSFORMATION, masking");
}

TEST(LineageTest, IndirectPairsMakeATableEdgeAndNoColumns) {
  const std::vector<LineageRow> rows = {Row("id", std::nullopt, 9), Row("id", "total", 12)};
  const EdgeResult result = BuildEdge(rows, Context());
  ASSERT_TRUE(result.edge);
  EXPECT_FALSE(result.edge->details.contains("columnsLineage"));
  EdgeContext without = Context();
  without.indirect = false;
  const EdgeResult none = BuildEdge(rows, without);
  EXPECT_FALSE(none.edge);
  EXPECT_NE(none.reason.find("INDIRECT"), std::string::npos);
}

TEST(LineageTest, ARelationThatIsOnlyReadStaysAnEdgeWithoutIndirect) {
  LineageRow row = Row("", std::nullopt, 0);
  row.source_columns.clear();
  row.target_columns.clear();
  row.kinds.clear();
  EdgeContext context = Context();
  context.indirect = false;
  EXPECT_TRUE(BuildEdge({row}, context).edge);
}

TEST(LineageTest, AColumnThatTheCatalogLacksIsDroppedAndNamedNotTheEdge) {
  const EdgeResult result =
      BuildEdge({Row("old", "total", 0), Row("amount", "total", 0)}, Context());
  ASSERT_TRUE(result.edge);
  EXPECT_EQ(result.edge->details["columnsLineage"].size(), 1u);
  EXPECT_EQ(result.dropped, std::vector<std::string>{"svc.db.public.orders.old"});
}

TEST(LineageTest, TheDescriptionNamesEveryRoutineAndCallPathUnderOurMark) {
  LineageRow nested = Row("amount", "total", 0);
  nested.routine = "public.load_sales(date)";
  nested.call_path = {"public.nightly()", "public.load_sales(date)"};
  LineageRow other = nested;
  other.routine = "public.other()";
  other.call_path = {"public.other()"};
  LineageRow block = Row("amount", "total", 0);
  block.call_path = {"DO"};
  const EdgeResult result = BuildEdge({nested, other, block, Row("id", "id", 0)}, Context());
  const json &text = result.edge->details["description"];
  EXPECT_TRUE(Contains(text, kEdgeMark));
  EXPECT_TRUE(Contains(text, "public.nightly() > public.load_sales(date)"));
  EXPECT_TRUE(Contains(text, "`public.other()`: INSERT"));
  EXPECT_TRUE(Contains(text, "`DO`"));
  EXPECT_TRUE(Contains(text, "top level"));
}

TEST(LineageTest, EveryStatementIsKeptOnceUnderItsRoutines) {
  LineageRow one = Row("amount", "total", 0);
  one.routine = "public.a()";
  one.query = "INSERT INTO sales SELECT $1";
  LineageRow two = one;
  two.routine = "public.b()";
  LineageRow three = Row("id", "id", 0);
  three.query = "UPDATE sales SET id = 1;";
  const EdgeResult result = BuildEdge({one, two, three}, Context());
  EXPECT_EQ(result.edge->details["sqlQuery"],
            "-- public.a()\n-- public.b()\nINSERT INTO sales SELECT $1;\n\n"
            "UPDATE sales SET id = 1;");
}

TEST(LineageTest, RoutinesComeByFirstSightAndOnlyThoseThatTheCatalogHas) {
  LineageRow late = Row("amount", "total", 0);
  late.routine = "public.late()";
  late.first_seen = "2026-02-01T00:00:00";
  LineageRow early = late;
  early.routine = "public.early()";
  early.first_seen = "2026-01-01T00:00:00";
  LineageRow gone = early;
  gone.routine = "public.gone()";
  const EdgeResult result = BuildEdge({late, gone, early, early}, Context());
  ASSERT_EQ(result.edge->routines.size(), 2u);
  EXPECT_EQ(result.edge->routines[0].identity, "public.early()");
  EXPECT_EQ(result.edge->routines[0].fqn, "svc.db.public.early()");
  EXPECT_EQ(result.edge->routines[1].identity, "public.late()");
  EXPECT_TRUE(Contains(result.edge->details["description"], "public.gone()"));
}

TEST(LineageTest, AViewsDefinitionIsViewLineage) {
  LineageRow view = Row("amount", "total", 0);
  view.operation = "CREATE VIEW";
  view.origin = "declared";
  EXPECT_EQ(BuildEdge({view}, Context()).edge->details["source"], "ViewLineage");
  EdgeContext off = Context();
  off.view_lineage = false;
  EXPECT_FALSE(BuildEdge({view}, off).edge);
  EXPECT_TRUE(BuildEdge({view, Row("id", "id", 0)}, off).edge);
  view.origin = "observed";
  for (const char *operation : {"CREATE MATERIALIZED VIEW", "REFRESH"}) {
    view.operation = operation;
    EXPECT_EQ(BuildEdge({view}, Context()).edge->details["source"], "ViewLineage") << operation;
  }
}

TEST(LineageTest, EachKindOfLineageCanBeLeftOutAlone) {
  LineageRow view = Row("amount", "total", 0), routine = view, query = view;
  view.operation = "REFRESH";
  view.routine = "public.nightly()";  // a refresh is the view's, whoever does it
  routine.routine = "public.nightly()";
  const auto left = [&](bool views, bool routines, bool queries) {
    EdgeContext context = Context();
    context.view_lineage = views;
    context.routine_lineage = routines;
    context.query_lineage = queries;
    const EdgeResult result = BuildEdge({view, routine, query}, context);
    return result.edge ? result.edge->details["description"].get<std::string>() : "";
  };
  EXPECT_EQ(left(false, false, false), "");
  EXPECT_NE(left(true, false, false).find("`public.nightly()`: REFRESH"), std::string::npos);
  EXPECT_EQ(left(false, true, false).find("REFRESH"), std::string::npos);
  EXPECT_NE(left(false, true, false).find("`public.nightly()`: INSERT"), std::string::npos);
  EXPECT_EQ(left(false, false, true).find("nightly"), std::string::npos);
}

TEST(LineageTest, OnlyEdgesOfViewsMayReplaceWhatOthersDerived) {
  LineageRow view = Row("amount", "total", 0);
  view.operation = "CREATE VIEW";
  EdgeContext context = Context();
  EXPECT_FALSE(BuildEdge({view}, context).edge->replaces_views);
  context.override_views = true;
  EXPECT_TRUE(BuildEdge({view}, context).edge->replaces_views);
  EXPECT_FALSE(BuildEdge({Row("id", "id", 0)}, context).edge->replaces_views);
}

TEST(LineageTest, AnEdgeFromATableToItselfIsLeftOut) {
  EdgeContext context = Context();
  context.to_fqn = context.from_fqn;
  EXPECT_FALSE(BuildEdge({Row("id", "id", 0)}, context).edge);
}

TEST(LineageTest, TheSameRowsInAnotherOrderGiveTheSameColumns) {
  const std::vector<LineageRow> one = {Row("id", "id", 0), Row("amount", "total", 1)};
  const std::vector<LineageRow> two = {one[1], one[0]};
  EXPECT_EQ(BuildEdge(one, Context()).edge->details, BuildEdge(two, Context()).edge->details);
}

TEST(LineageTest, ANameCannotBreakOutOfItsLine) {
  LineageRow row = Row("amount", "total", 0);
  row.routine = "public.\"x\n# heading`\"()";
  row.query = "SELECT 1";
  const EdgeResult result = BuildEdge({row}, Context());
  EXPECT_FALSE(Contains(result.edge->details["description"], "\n# heading"));
  EXPECT_FALSE(Contains(result.edge->details["sqlQuery"], "\n# heading"));
}

TEST(LineageTest, WhatNobodySawARoutineWriteIsNotSentUnlessAskedFor) {
  LineageRow row = Row("id", "id", 0);
  row.origin = "declared";
  row.routine = "public.load()";
  EdgeContext context = Context();
  EXPECT_FALSE(BuildEdge({row}, context).edge);
  context.declared = true;
  EXPECT_TRUE(BuildEdge({row}, context).edge);
  context.declared = false;
  row.operation = "GENERATED";
  EXPECT_TRUE(BuildEdge({row}, context).edge);
}

}  // namespace
}  // namespace shipper
