// The graph as SVG: one group per edge, label and table, in this order from back to front.
#include <algorithm>
#include <set>

#include "report/page.h"
#include "report/text.h"

namespace shipper::report {

namespace {

constexpr double kLabelCell = 6.1;
constexpr double kLabelHeight = 16;

// "M0,0C1,1 2,2 3,3"
std::string PathOf(const Curve &curve) {
  std::string path;
  for (size_t i = 0; i < curve.points.size(); ++i) {
    path += i == 0 ? "M" : (i % 3 == 1 ? "C" : " ");
    path += Number(curve.points[i].x) + "," + Number(curve.points[i].y);
  }
  return path;
}

// "IDENTITY, FILTER, masked": how the source bears on the target, by weight.
std::string SubtypesOf(const Fact &fact) {
  std::set<int> kinds;
  bool masked = false;
  for (const ColumnPair &pair : fact.pairs) {
    kinds.insert(pair.kind & (kMaskingBit - 1));
    masked = masked || (pair.kind & kMaskingBit) != 0;
  }
  std::string text;
  for (int kind : kinds) text += std::string(text.empty() ? "" : ", ") + SubtypeName(kind);
  if (masked) text += ", masked";
  return text.empty() ? "only read" : text;
}

// What a pointer resting on an edge is told: each way from source to target in a line.
std::string TooltipOf(const ReportModel &model, const Edge &edge) {
  constexpr size_t kMaxLines = 12;
  std::string text = model.tables[edge.source].name + " \u2192 " + model.tables[edge.target].name;
  for (size_t i = 0; i < edge.facts.size() && i < kMaxLines; ++i) {
    const Fact &fact = edge.facts[i];
    text += "\n" + fact.operation;
    if (!fact.routine.empty()) text += " by " + fact.routine;
    if (fact.executions > 0) text += ", executed " + std::to_string(fact.executions) + "\u00d7";
    if (fact.origin != "observed") text += ", " + fact.origin;
    text += ": " + SubtypesOf(fact);
    for (size_t frame = 0; frame < fact.call_path.size(); ++frame) {
      text += (frame == 0 ? "\n   " : " \u203a ") + fact.call_path[frame];
    }
  }
  if (edge.facts.size() > kMaxLines) {
    text += "\n\u2026 and " + std::to_string(edge.facts.size() - kMaxLines) + " more";
  }
  return text;
}

// An arrow head in the colour of a state; colours come from the style.
void WriteMarker(const char *name, std::ostream &out) {
  out << "<marker id=\"arrow" << name << "\" class=\"arrow" << name
      << "\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" "
         "orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M0,0.8L10,5L0,9.2L2.4,5z\"/>"
         "</marker>";
}

// The line between two tables; the script adds the lines between their columns.
void WriteEdge(const ReportModel &model, size_t i, const Curve &curve, std::ostream &out) {
  const Edge &edge = model.edges[i];
  if (curve.points.empty()) return;
  const std::string path = PathOf(curve);
  out << "<g class=\"edge" << (HasDirect(edge) ? "" : " weak") << "\" data-edge=\"" << i
      << "\"><title>" << EscapeHtml(TooltipOf(model, edge)) << "</title><path class=\"hit\" d=\""
      << path << "\"/><path class=\"line\" d=\"" << path << "\"/></g>\n";
}

// The routine on an edge.
void WriteLabel(const ReportModel &model, size_t i, const Curve &curve, std::ostream &out) {
  const Edge &edge = model.edges[i];
  if (curve.points.empty()) return;
  const std::string text = Shorten(EdgeLabel(edge), kMaxLabelCells);
  const double width = static_cast<double>(Cells(text)) * kLabelCell + 10;
  out << "<g class=\"label" << (HasDirect(edge) ? "" : " weak") << "\" data-edge=\"" << i
      << "\" transform=\"translate(" << Number(curve.label.x) << "," << Number(curve.label.y)
      << ")\"><title>" << EscapeHtml(TooltipOf(model, edge)) << "</title><rect x=\""
      << Number(-width / 2) << "\" y=\"" << Number(-kLabelHeight / 2) << "\" width=\""
      << Number(width) << "\" height=\"" << Number(kLabelHeight)
      << "\" rx=\"8\"/><text text-anchor=\"middle\" y=\"3.5\">" << EscapeHtml(text)
      << "</text></g>\n";
}

// A table's box with its caption; columns are added by the script when they are asked for.
void WriteTable(const Table &table, size_t i, const Box &box, bool self, std::ostream &out) {
  std::string name;
  const std::string schema = SchemaOf(table, &name);
  const std::string kind = KindName(table.kind);
  const size_t columns = table.columns.size();
  const std::string about = table.name + ", " + kind + ", " + std::to_string(columns) +
                            (columns == 1 ? " column" : " columns") + " with lineage";
  const std::string width = Number(box.width);
  out << "<g class=\"node kind-" << table.kind << "\" data-table=\"" << i
      << "\" transform=\"translate(" << Number(box.x) << "," << Number(box.y) << ")\"><title>"
      << EscapeHtml(about) << "</title><rect class=\"body\" width=\"" << width << "\" height=\""
      << Number(box.height) << "\" rx=\"7\"/><path class=\"stripe\" d=\"M7,0H5A5,5 0 0 0 0,5V"
      << Number(box.height - 5) << "A5,5 0 0 0 5," << Number(box.height) << "H7z\"/>"
      << "<g class=\"head\" tabindex=\"0\" role=\"button\" aria-expanded=\"false\" aria-label=\""
      << EscapeHtml(about) << "\"><rect class=\"touch\" width=\"" << width << "\" height=\""
      << Number(box.height) << "\" rx=\"7\"/><text class=\"schema\" x=\"16\" y=\"17\">"
      << EscapeHtml(Shorten(schema, kMaxNameCells / 2)) << "</text><text class=\"kind\" x=\""
      << Number(box.width - 12) << "\" y=\"17\" text-anchor=\"end\">" << kind
      << (self ? " \u21bb" : "") << "</text><text class=\"name\" x=\"16\" y=\"35\">"
      << EscapeHtml(Shorten(name, kMaxNameCells)) << "</text></g>";
  if (columns > 0) {
    out << "<g class=\"expander\" transform=\"translate(" << Number(box.width - 46)
        << ",23)\"><title>Show or hide the columns</title><rect width=\"38\" height=\"17\" "
           "rx=\"8.5\"/><text x=\"19\" y=\"12.5\" text-anchor=\"middle\"><tspan class=\"mark\">"
           "\u25b8</tspan> "
        << columns << "</text></g>";
  }
  out << "</g>\n";
}

}  // namespace

void WriteSvg(const ReportModel &model, const Layout &layout, std::ostream &out) {
  out << "<svg id=\"graph\" role=\"group\" aria-label=\"Lineage graph\" viewBox=\"0 0 "
      << Number(layout.width) << " " << Number(layout.height) << "\"><defs>";
  for (const char *name : {"", "-up", "-down", "-on"}) WriteMarker(name, out);
  out << "</defs>\n<g id=\"viewport\"><g id=\"edges\">\n";
  for (size_t i = 0; i < model.edges.size(); ++i) WriteEdge(model, i, layout.curves[i], out);
  out << "</g><g id=\"labels\"" << (layout.labels_placed ? "" : " class=\"on-demand\"") << ">\n";
  for (size_t i = 0; i < model.edges.size(); ++i) WriteLabel(model, i, layout.curves[i], out);
  out << "</g><g id=\"nodes\">\n";
  std::vector<bool> self(model.tables.size());
  for (const Edge &edge : model.edges) {
    if (edge.source == edge.target) self[edge.source] = true;
  }
  for (size_t i = 0; i < model.tables.size(); ++i) {
    WriteTable(model.tables[i], i, layout.boxes[i], self[i], out);
  }
  out << "</g></g></svg>\n";
}

}  // namespace shipper::report
