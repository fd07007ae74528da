#include "report/layout.h"

#include <gvc.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace shipper::report {

namespace {

constexpr double kPointsPerInch = 72;
constexpr double kNameCell = 7.9;    // monospace at 13 px
constexpr double kColumnCell = 6.7;  // monospace at 11 px
constexpr double kLabelCell = 6.1;   // monospace at 10 px
constexpr double kHeaderHeight = 46;
constexpr double kLabelHeight = 16;
constexpr double kMinWidth = 168;
constexpr double kMargin = 24;

// The one graphviz context of the process; its plugins are loaded once.
GVC_t *Context() {
  static GVC_t *const context = [] {
    agseterr(AGMAX);  // failures are told by return codes; nothing on our stderr
    return gvContext();
  }();
  return context;
}

struct GraphCloser {
  void operator()(Agraph_t *graph) const {
    gvFreeLayout(Context(), graph);
    agclose(graph);
  }
};
using Graph = std::unique_ptr<Agraph_t, GraphCloser>;

// agsafeset takes char * but changes nothing.
void Set(void *object, const char *attribute, const std::string &value) {
  agsafeset(object, const_cast<char *>(attribute), const_cast<char *>(value.c_str()),
            const_cast<char *>(""));
}

// The width a box needs for its name, its kind and its columns.
double BoxWidth(const Table &table) {
  std::string name;
  const std::string schema = SchemaOf(table, &name);
  double width = std::min(Cells(name), kMaxNameCells) * kNameCell + 66;
  const size_t caption =
      std::min(Cells(schema), kMaxNameCells / 2) + std::string(KindName(table.kind)).size();
  width = std::max(width, static_cast<double>(caption) * kLabelCell + 44);
  for (const Column &column : table.columns) {
    width = std::max(width, std::min(Cells(column.name), kMaxNameCells) * kColumnCell + 40);
  }
  return std::max(kMinWidth, std::ceil(width));
}

// An invisible table of a fixed size: room for a label whose text graphviz never sees.
void ReserveLabel(Agraph_t *graph, Agedge_t *edge, double width) {
  const std::string html = "<TABLE BORDER=\"0\" FIXEDSIZE=\"TRUE\" WIDTH=\"" +
                           std::to_string(static_cast<int>(width)) + "\" HEIGHT=\"" +
                           std::to_string(static_cast<int>(kLabelHeight)) +
                           "\"><TR><TD></TD></TR></TABLE>";
  char *label = agstrdup_html(graph, const_cast<char *>(html.c_str()));
  agsafeset(edge, const_cast<char *>("label"), label, const_cast<char *>(""));
  agstrfree(graph, label);
}

// How wide a label is drawn.
double LabelWidth(const Edge &edge) {
  return std::min(Cells(EdgeLabel(edge)), kMaxLabelCells) * kLabelCell + 14;
}

// The settings of dot for a graph of this size.
void SetGraphAttributes(Agraph_t *graph, size_t edges, const LayoutLimits &limits) {
  Set(graph, "rankdir", "LR");
  Set(graph, "nodesep", "0.30");
  Set(graph, "ranksep", edges > limits.labels ? "1.2" : "0.22");
  const bool large = edges > limits.splines;
  if (large) Set(graph, "splines", "line");
  // Bounds on the network simplex and the crossing minimisation, in the numbers of nodes.
  Set(graph, "nslimit", large ? "0.2" : "2");
  Set(graph, "nslimit1", large ? "0.2" : "2");
  Set(graph, "mclimit", large ? "0.05" : "0.5");
}

// Builds the graph of sizes: box i is node i, edge i keeps its number in its name.
Graph BuildGraph(const ReportModel &model, const Layout &layout, const LayoutLimits &limits,
                 std::vector<Agnode_t *> *nodes, std::vector<Agedge_t *> *edges) {
  Graph graph(agopen(const_cast<char *>("lineage"), Agdirected, nullptr));
  if (!graph) throw std::runtime_error("graphviz cannot open a graph");
  SetGraphAttributes(graph.get(), model.edges.size(), limits);
  for (size_t i = 0; i < model.tables.size(); ++i) {
    const std::string name = "n" + std::to_string(i);
    Agnode_t *node = agnode(graph.get(), const_cast<char *>(name.c_str()), 1);
    if (node == nullptr) throw std::runtime_error("graphviz cannot add a node");
    Set(node, "shape", "box");
    Set(node, "fixedsize", "true");
    Set(node, "label", "");
    Set(node, "width", std::to_string(layout.boxes[i].width / kPointsPerInch));
    Set(node, "height", std::to_string(layout.boxes[i].height / kPointsPerInch));
    nodes->push_back(node);
  }
  for (size_t i = 0; i < model.edges.size(); ++i) {
    const Edge &edge = model.edges[i];
    if (edge.source == edge.target) {
      edges->push_back(nullptr);
      continue;
    }
    const std::string name = "e" + std::to_string(i);
    Agedge_t *drawn = agedge(graph.get(), (*nodes)[edge.source], (*nodes)[edge.target],
                             const_cast<char *>(name.c_str()), 1);
    if (drawn == nullptr) throw std::runtime_error("graphviz cannot add an edge");
    Set(drawn, "arrowhead", "none");  // the page draws its own
    if (layout.labels_placed) ReserveLabel(graph.get(), drawn, LabelWidth(edge));
    edges->push_back(drawn);
  }
  return graph;
}

// The point of one Bezier curve at t.
Point At(const Point *p, double t) {
  const double u = 1 - t;
  const double weights[] = {u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t};
  Point at;
  for (int i = 0; i < 4; ++i) {
    at.x += weights[i] * p[i].x;
    at.y += weights[i] * p[i].y;
  }
  return at;
}

// The middle of a curve, for a label without a place of its own.
Point Middle(const std::vector<Point> &points) {
  if (points.empty()) return {};
  const size_t segment = (points.size() - 1) / 3 / 2 * 3;
  if (segment + 3 >= points.size()) return points[segment];
  return At(&points[segment], 0.5);
}

// Moves a label that dot placed beside its curve onto it, at the same x. The x of a curve runs one
// way, so halving finds the place.
Point OnCurve(const std::vector<Point> &points, Point label) {
  for (size_t i = 0; i + 3 < points.size(); i += 3) {
    const Point *p = &points[i];
    const bool rising = p[3].x >= p[0].x;
    if ((label.x - p[0].x) * (label.x - p[3].x) > 0) continue;
    double from = 0;
    double to = 1;
    for (int step = 0; step < 20; ++step) {
      const double t = (from + to) / 2;
      const Point at = At(p, t);
      ((at.x < label.x) == rising ? from : to) = t;
      label.y = at.y;
    }
    return label;
  }
  return label;
}

// Takes the positions out of a graph that dot has laid out; graphviz' y grows upward.
void ReadPositions(Agraph_t *graph, const std::vector<Agnode_t *> &nodes,
                   const std::vector<Agedge_t *> &edges, Layout *layout) {
  const boxf bounds = GD_bb(graph);
  layout->width = bounds.UR.x - bounds.LL.x + 2 * kMargin;
  layout->height = bounds.UR.y - bounds.LL.y + 2 * kMargin;
  auto place = [&](const pointf &at) {
    return Point{at.x - bounds.LL.x + kMargin, bounds.UR.y - at.y + kMargin};
  };
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Point centre = place(ND_coord(nodes[i]));
    layout->boxes[i].x = centre.x - layout->boxes[i].width / 2;
    layout->boxes[i].y = centre.y - layout->boxes[i].height / 2;
  }
  for (Agedge_t *edge : edges) {
    Curve curve;
    if (edge != nullptr && ED_spl(edge) != nullptr && ED_spl(edge)->size > 0) {
      const bezier &spline = ED_spl(edge)->list[0];
      for (int i = 0; i < spline.size; ++i) curve.points.push_back(place(spline.list[i]));
      const textlabel_t *label = ED_label(edge);
      curve.label = label != nullptr && label->set ? OnCurve(curve.points, place(label->pos))
                                                   : Middle(curve.points);
    }
    layout->curves.push_back(std::move(curve));
  }
}

// Says on the page what a large graph costs the reader.
void NoteLimits(size_t edges, const LayoutLimits &limits, Layout *layout) {
  if (edges > limits.dot) {
    layout->notes.push_back(
        "Very large graph: tables are stacked by their depth only. Search for a table and select "
        "it to see what it is made of.");
  } else if (edges > limits.splines) {
    layout->notes.push_back(
        "Large graph: the layout is simplified, edges are straight lines, labels appear on "
        "selection.");
  } else if (edges > limits.labels) {
    layout->notes.push_back("Many edges: labels appear on pointing and on selection.");
  }
}

}  // namespace

Layout LayOut(const ReportModel &model, const LayoutLimits &limits) {
  Layout layout;
  for (const Table &table : model.tables) {
    layout.boxes.push_back({0, 0, BoxWidth(table), kHeaderHeight});
  }
  layout.labels_placed = model.edges.size() <= limits.labels;
  NoteLimits(model.edges.size(), limits, &layout);
  if (model.tables.empty()) return layout;
  if (model.edges.size() > limits.dot) {
    StackByDepth(model, &layout);
    return layout;
  }
  std::vector<Agnode_t *> nodes;
  std::vector<Agedge_t *> edges;
  const Graph graph = BuildGraph(model, layout, limits, &nodes, &edges);
  if (gvLayout(Context(), graph.get(), "dot") != 0) {
    throw std::runtime_error("graphviz cannot lay out the graph: is its dot plugin installed?");
  }
  ReadPositions(graph.get(), nodes, edges, &layout);
  return layout;
}

}  // namespace shipper::report
