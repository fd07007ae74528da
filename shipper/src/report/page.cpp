#include "report/page.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "report/text.h"

namespace shipper::report {

namespace {

using nlohmann::json;

// Numbers of the head of the page.
struct Counts {
  size_t facts = 0;
  size_t pairs = 0;
  size_t routines = 0;
};

// Distinct pairs of columns and distinct routines.
Counts Count(const ReportModel &model) {
  Counts counts;
  std::set<std::string> routines;
  for (const Edge &edge : model.edges) {
    std::set<std::pair<int, int>> pairs;
    for (const Fact &fact : edge.facts) {
      if (!fact.routine.empty()) routines.insert(fact.routine);
      for (const ColumnPair &pair : fact.pairs) {
        if (pair.source != kRows && pair.target != kRows) pairs.insert({pair.source, pair.target});
      }
    }
    counts.facts += edge.facts.size();
    counts.pairs += pairs.size();
  }
  counts.routines = routines.size();
  return counts;
}

// A word that nobody can guess, so that only our own script and style run.
std::string MakeNonce() {
  std::random_device random;
  std::string nonce;
  for (int i = 0; i < 4; ++i) {
    char part[9];
    std::snprintf(part, sizeof part, "%08x", static_cast<unsigned>(random()));
    nonce += part;
  }
  return nonce;
}

// "12 tables"
std::string Counted(size_t number, const char *one, const char *many) {
  return "<span><b>" + std::to_string(number) + "</b> " + (number == 1 ? one : many) + "</span>";
}

// One fact for the script; `queries` keeps each text once.
json FactData(const Fact &fact, std::map<std::string, int> *queries, json *texts) {
  json pairs = json::array();
  for (const ColumnPair &pair : fact.pairs) {
    pairs.push_back(pair.source);
    pairs.push_back(pair.target);
    pairs.push_back(pair.kind);
  }
  json data = {{"routine", fact.routine},       {"path", fact.call_path},
               {"operation", fact.operation},   {"origin", fact.origin},
               {"first", fact.first_seen},      {"last", fact.last_seen},
               {"executions", fact.executions}, {"pairs", std::move(pairs)}};
  if (fact.row_count) data["rows"] = *fact.row_count;
  if (!fact.query.empty()) {
    const auto known = queries->emplace(fact.query, static_cast<int>(texts->size()));
    if (known.second) texts->push_back(fact.query);
    data["query"] = known.first->second;
  }
  return data;
}

// Everything before the graph: title, counts, search, switches.
void WriteHeader(const ReportModel &model, std::ostream &out) {
  const Counts counts = Count(model);
  out << "<header class=\"bar\">\n<div class=\"brand\"><h1>Lineage <span>"
      << EscapeHtml(model.database) << "</span></h1>\n<p class=\"counts\" id=\"counts\">"
      << Counted(model.tables.size(), "table", "tables")
      << Counted(model.edges.size(), "edge", "edges")
      << Counted(counts.pairs, "column pair", "column pairs")
      << Counted(counts.routines, "routine", "routines") << "<span class=\"when\">"
      << EscapeHtml(model.generated_at) << "</span></p></div>\n"
      << R"html(<div class="search" role="search"><input id="search" type="search" role="combobox"
 placeholder="Search tables, columns, routines" aria-label="Search tables, columns, routines"
 aria-controls="results" aria-expanded="false" aria-autocomplete="list" autocomplete="off"
 spellcheck="false"><kbd aria-hidden="true">/</kbd>
<ul id="results" role="listbox" aria-label="Search results" hidden></ul></div>
<div class="tools" role="toolbar" aria-label="View">
<label class="switch"><input id="indirect" type="checkbox" checked> Indirect</label>
<button id="expand" type="button" title="Show or hide all columns, key x">Columns</button>
<span class="group"><button
 id="zoom-out" type="button" aria-label="Zoom out">&#8722;</button><button
 id="zoom-in" type="button" aria-label="Zoom in">+</button><button id="fit" type="button"
 title="Fit the graph into the window, key 0">Fit</button></span>
<button id="theme" type="button" aria-label="Dark or light"><span aria-hidden="true">&#9680;</span>
</button></div>
</header>
)html";
}

// What has to be said about this picture.
void WriteNotes(const Layout &layout, std::ostream &out) {
  for (const std::string &note : layout.notes) {
    out << "<p class=\"note\" role=\"note\">" << EscapeHtml(note) << "</p>\n";
  }
}

// What the colours and lines mean.
void WriteLegend(std::ostream &out) {
  out << "<ul class=\"legend\" aria-label=\"Legend\">\n";
  for (char kind : std::string("rpvmfu")) {
    out << "<li><i class=\"swatch kind-" << kind << "\"></i>" << KindName(kind) << "</li>\n";
  }
  out << R"html(<li><i class="stroke"></i>values (direct)</li>
<li><i class="stroke dashed"></i>decides, or only read (indirect)</li>
<li><i class="stroke up"></i>upstream</li>
<li><i class="stroke down"></i>downstream</li>
</ul>
)html";
}

// The message in place of a graph without tables.
void WriteEmpty(const ReportModel &model, std::ostream &out) {
  out << "<div class=\"empty\" id=\"empty\"><h2>No lineage in " << EscapeHtml(model.database)
      << R"html( yet</h2>
<p>Nothing that moves data between tables was committed while pg_lineage was watching, or the role
that made this page may not see it.</p>
<p>Run a procedure or an <code>INSERT &#8230; SELECT</code>, look at
<code>SELECT * FROM lineage.health</code>, and make the report again.</p></div>
)html";
}

}  // namespace

json PageData(const ReportModel &model, const Layout &layout) {
  json tables = json::array();
  for (size_t i = 0; i < model.tables.size(); ++i) {
    const Table &table = model.tables[i];
    const Box &box = layout.boxes[i];
    json columns = json::array();
    for (const Column &column : table.columns) columns.push_back({column.name, column.type});
    tables.push_back({{"name", table.name},
                      {"kind", KindName(table.kind)},
                      {"columns", std::move(columns)},
                      {"box", {box.x, box.y, box.width, box.height}}});
  }
  json texts = json::array();
  std::map<std::string, int> queries;
  json edges = json::array();
  for (size_t i = 0; i < model.edges.size(); ++i) {
    const Edge &edge = model.edges[i];
    const Curve &curve = layout.curves[i];
    json facts = json::array();
    for (const Fact &fact : edge.facts) facts.push_back(FactData(fact, &queries, &texts));
    json points = json::array();
    for (const Point &point : curve.points) {
      points.push_back(std::round(point.x * 10) / 10);
      points.push_back(std::round(point.y * 10) / 10);
    }
    edges.push_back({{"source", edge.source},
                     {"target", edge.target},
                     {"facts", std::move(facts)},
                     {"points", std::move(points)},
                     {"label", {curve.label.x, curve.label.y}}});
  }
  return {{"tables", std::move(tables)}, {"edges", std::move(edges)},
          {"queries", std::move(texts)}, {"width", layout.width},
          {"height", layout.height},     {"labels", layout.labels_placed}};
}

void WritePage(const ReportModel &model, const Layout &layout, std::ostream &out) {
  const std::string nonce = MakeNonce();
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      << "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src "
         "data:; "
      << "base-uri 'none'; form-action 'none'; style-src 'nonce-" << nonce
      << "'; script-src 'nonce-" << nonce << "'\">\n"
      << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      << "<meta name=\"color-scheme\" content=\"light dark\">\n"
      << "<link rel=\"icon\" href=\"data:,\">\n"
      << "<title>Lineage of " << EscapeHtml(model.database) << "</title>\n"
      << "<style nonce=\"" << nonce << "\">" << kPageStyle << "</style>\n</head>\n<body>\n";
  WriteHeader(model, out);
  out << "<main>\n<div class=\"stage\"><div class=\"canvas\" id=\"canvas\">\n";
  if (model.tables.empty()) {
    WriteEmpty(model, out);
  } else {
    WriteSvg(model, layout, out);
    WriteNotes(layout, out);
  }
  out << "</div>\n";
  if (!model.tables.empty()) WriteLegend(out);
  out << "</div>\n<aside id=\"panel\" aria-label=\"Details\" tabindex=\"-1\"></aside>\n</main>\n"
      << "<p class=\"live\" id=\"live\" role=\"status\" aria-live=\"polite\"></p>\n"
      << "<script type=\"application/json\" id=\"data\">" << JsonForScript(PageData(model, layout))
      << "</script>\n<script nonce=\"" << nonce << "\">\n'use strict';\n(() => {\n"
      << kScriptGraph << kScriptDraw << kScriptPanel << kScriptSearch
      << "})();\n</script>\n</body>\n</html>\n";
}

}  // namespace shipper::report
