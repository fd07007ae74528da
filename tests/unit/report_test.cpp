// Model, layout, text and page of the report, without a database or a browser.
#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <sstream>

#include "report/layout.h"
#include "report/model.h"
#include "report/page.h"
#include "report/text.h"

namespace shipper::report {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// A row of lineage._edge_rows().
json Row(const std::string &source, const std::string &target, json source_columns,
         json target_columns, json kinds, json routine = nullptr) {
  return {{"source_table", source},
          {"source_kind", "r"},
          {"target_table", target},
          {"target_kind", "v"},
          {"source_columns", std::move(source_columns)},
          {"target_columns", std::move(target_columns)},
          {"kinds", std::move(kinds)},
          {"routine", routine},
          {"call_path", routine.is_null() ? json::array() : json::array({routine})},
          {"operation", "INSERT"},
          {"origin", "observed"},
          {"first_seen", "2026-01-01 00:00:00"},
          {"last_seen", nullptr},
          {"executions", 3},
          {"row_count", nullptr},
          {"query", nullptr}};
}

// A chain with shortcuts: `edges` distinct edges over `tables` tables.
ReportModel Mesh(int tables, int edges) {
  std::vector<json> rows;
  for (int i = 0; i < edges; ++i) {
    const int target = 1 + i % (tables - 1);
    const int source = target - 1 - i / (tables - 1) * 3;
    if (source < 0) continue;
    rows.push_back(Row("s.t" + std::to_string(source), "s.t" + std::to_string(target), {"a"}, {"b"},
                       {0}, "s.f()"));
  }
  return BuildModel(rows, {});
}

std::string PageOf(const ReportModel &model) {
  std::ostringstream out;
  WritePage(model, LayOut(model), out);
  return out.str();
}

double SecondsOf(const std::function<void()> &work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(ReportModelTest, RowsOfOnePairBecomeOneEdge) {
  const ReportModel model = BuildModel({Row("s.a", "s.b", {"x"}, {"y"}, {0}, "s.f(integer)"),
                                        Row("s.a", "s.b", {"x"}, {nullptr}, {9}, "s.g()"),
                                        Row("s.b", "s.a", json::array(), json::array(), {})},
                                       {});
  ASSERT_EQ(model.tables.size(), 2u);
  ASSERT_EQ(model.edges.size(), 2u);
  EXPECT_EQ(model.edges[0].facts.size(), 2u);
  EXPECT_EQ(EdgeLabel(model.edges[0]), "s.f() +1");
  EXPECT_EQ(model.edges[0].facts[1].pairs[0].target, kRows);
  EXPECT_TRUE(HasDirect(model.edges[0]));
  EXPECT_FALSE(HasDirect(model.edges[1]));
  EXPECT_EQ(EdgeLabel(model.edges[1]), "INSERT");
}

TEST(ReportModelTest, TheOrderOfRowsDoesNotMatter) {
  const std::vector<json> rows = {Row("s.a", "s.b", {"x"}, {"y"}, {0}, "s.f()"),
                                  Row("s.c", "s.b", {"x"}, {"y"}, {1}, "s.g()"),
                                  Row("s.a", "s.b", {"z"}, {"y"}, {2}, "s.g()")};
  const ReportModel forward = BuildModel(rows, {});
  const ReportModel backward = BuildModel({rows.rbegin(), rows.rend()}, {});
  EXPECT_EQ(PageData(forward, LayOut(forward)), PageData(backward, LayOut(backward)));
}

TEST(ReportModelTest, ColumnsStandInTheOrderOfTheTable) {
  const ReportModel model =
      BuildModel({Row("s.a", "s.b", {"x", "b"}, {"y", "y"}, {0, 0})}, {{"s.a", "x", "text"},
                                                                       {"s.a", "unused", "text"},
                                                                       {"s.a", "b", "integer"},
                                                                       {"s.other", "x", "text"}});
  ASSERT_EQ(model.tables[0].columns.size(), 2u);
  EXPECT_EQ(model.tables[0].columns[0].name, "x");
  EXPECT_EQ(model.tables[0].columns[1].type, "integer");
  EXPECT_EQ(model.tables[1].columns[0].type, "");
}

TEST(ReportModelTest, RowsOfAnotherFormAreRefused) {
  json short_row = Row("s.a", "s.b", {"x"}, {"y"}, {0, 0});
  EXPECT_THROW(BuildModel({short_row}, {}), json::exception);
  json no_kind = Row("s.a", "s.b", {"x"}, {"y"}, {0});
  no_kind.erase("source_kind");
  EXPECT_THROW(BuildModel({no_kind}, {}), json::exception);
}

TEST(ReportModelTest, NamesAreTakenApartOutsideOfQuotes) {
  std::string name;
  EXPECT_EQ(SchemaOf({"\"a.b\".\"c.d\"", 'r', {}}, &name), "\"a.b\"");
  EXPECT_EQ(name, "\"c.d\"");
  EXPECT_EQ(SchemaOf({"file:///x.y", 'u', {}}, &name), "");
  EXPECT_EQ(name, "file:///x.y");
  EXPECT_EQ(ShortRoutine("s.\"f(\"(integer, text)"), "s.\"f(\"()");
}

TEST(ReportLayoutTest, BoxesDoNotOverlapAndEdgesMeetThem) {
  const ReportModel model = Mesh(40, 110);
  const Layout layout = LayOut(model);
  ASSERT_EQ(layout.boxes.size(), model.tables.size());
  ASSERT_EQ(layout.curves.size(), model.edges.size());
  for (size_t i = 0; i < layout.boxes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const Box &a = layout.boxes[i];
      const Box &b = layout.boxes[j];
      EXPECT_TRUE(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
                  b.y + b.height <= a.y);
    }
  }
  for (size_t i = 0; i < model.edges.size(); ++i) {
    const std::vector<Point> &points = layout.curves[i].points;
    ASSERT_EQ(points.size() % 3, 1u);
    const Box &source = layout.boxes[model.edges[i].source];
    EXPECT_GE(points[0].x, source.x - 2);
    EXPECT_LE(points[0].x, source.x + source.width + 2);
  }
}

TEST(ReportLayoutTest, ATableComputedFromItselfHasNoCurve) {
  const ReportModel model = BuildModel({Row("s.a", "s.a", {"n"}, {"n"}, {1})}, {});
  const Layout layout = LayOut(model);
  EXPECT_TRUE(layout.curves[0].points.empty());
  EXPECT_THAT(PageOf(model), HasSubstr("\u21bb"));
}

TEST(ReportLayoutTest, ThreeHundredTablesTakeSeconds) {
  const ReportModel model = Mesh(300, 600);
  Layout layout;
  EXPECT_LT(SecondsOf([&] { layout = LayOut(model); }), 10);
  EXPECT_GT(layout.width, 0);
  ASSERT_EQ(layout.notes.size(), 1u);
}

TEST(ReportLayoutTest, AGraphTooLargeForDotIsStackedAndSaysSo) {
  const ReportModel model = Mesh(5000, 9000);
  Layout layout;
  EXPECT_LT(SecondsOf([&] { layout = LayOut(model); }), 10);
  ASSERT_EQ(layout.notes.size(), 1u);
  EXPECT_THAT(PageOf(model), HasSubstr("Very large graph"));
  for (size_t i = 0; i < model.edges.size(); ++i) {
    EXPECT_LT(layout.boxes[model.edges[i].source].x, layout.boxes[model.edges[i].target].x);
  }
}

TEST(ReportLayoutTest, CyclesAreStackedToo) {
  const ReportModel model =
      BuildModel({Row("s.a", "s.b", {"x"}, {"x"}, {0}), Row("s.b", "s.c", {"x"}, {"x"}, {0}),
                  Row("s.c", "s.a", {"x"}, {"x"}, {0})},
                 {});
  LayoutLimits limits;
  limits.dot = 1;
  const Layout layout = LayOut(model, limits);
  EXPECT_EQ(layout.curves.size(), 3u);
  EXPECT_GT(layout.width, 0);
}

TEST(ReportTextTest, NothingThatMeansSomethingToHtmlIsLeft) {
  EXPECT_EQ(EscapeHtml("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  EXPECT_EQ(JsonForScript({"</script><!--&"}), "[\"\\u003c/script\\u003e\\u003c!--\\u0026\"]");
  EXPECT_EQ(json::parse(JsonForScript({"</script>"})), json({"</script>"}));
}

TEST(ReportTextTest, BytesThatAreNoUtf8DoNotStopThePage) {
  EXPECT_EQ(json::parse(JsonForScript({"a\xff"})), json({"a\uFFFD"}));
  EXPECT_EQ(Shorten("ab\xf0", 9), "ab\xf0");
  EXPECT_EQ(Shorten("ab\xf0", 2), "a\u2026");
}

TEST(ReportTextTest, LongNamesAreCutAtCharacters) {
  EXPECT_EQ(Shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(Shorten("abcdefg", 6), "abcde\u2026");
  EXPECT_EQ(Shorten("\u8868\u8868\u8868\u8868", 6), "\u8868\u8868\u2026");
  EXPECT_EQ(Cells("\u8868a\u00fc"), 4u);
}

TEST(ReportPageTest, ATableCalledScriptIsHarmless) {
  const std::string name = "s.\"</title></script><script>alert(1)</script>\"";
  const std::string page =
      PageOf(BuildModel({Row(name, "s.b", {name}, {"<img src=x>"}, {0}, name)}, {}));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
}

TEST(ReportPageTest, ThePageAsksForNothingAndAllowsOnlyItself) {
  const std::string page = PageOf(Mesh(5, 6));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char *outside : {"src=\"", "@import", "fetch(", "XMLHttpRequest", "url(http"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
}

TEST(ReportPageTest, AnEmptyDatabaseGetsAPageThatSaysSo) {
  const std::string page = PageOf(BuildModel({}, {}));
  EXPECT_THAT(page, HasSubstr("No lineage in"));
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
}

TEST(ReportPageTest, EveryQueryIsOnThePageOnce) {
  json one = Row("s.a", "s.b", {"x"}, {"y"}, {0}, "s.f()");
  json two = Row("s.c", "s.b", {"x"}, {"y"}, {0}, "s.f()");
  one["query"] = two["query"] = "INSERT INTO s.b SELECT a.x FROM s.a";
  const ReportModel model = BuildModel({one, two}, {});
  const json data = PageData(model, LayOut(model));
  EXPECT_EQ(data["queries"].size(), 1u);
  EXPECT_EQ(data["edges"][1]["facts"][0]["query"], 0);
}

}  // namespace
}  // namespace shipper::report
