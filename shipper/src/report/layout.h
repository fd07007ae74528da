// Where everything stands on the page: graphviz' dot, asked for positions only.
//
// No text of the database reaches graphviz, only sizes; so no name can break the layout. Points are
// CSS pixels, the origin is the left upper corner, y grows downward. A graph that would take dot
// too long is laid out by simpler means; Layout::notes says to the reader of the page what was left
// out. Graphviz keeps global state: one thread at a time.
//
//   Layout layout = LayOut(model);   // throws std::runtime_error where graphviz fails
#pragma once

#include <string>
#include <vector>

#include "report/model.h"

namespace shipper::report {

struct Point {
  double x = 0;
  double y = 0;
};

// A table's box, collapsed. The page makes it higher when it shows the columns.
struct Box {
  double x = 0;  // left upper corner
  double y = 0;
  double width = 0;
  double height = 0;
};

// A chain of cubic Bezier curves: 1 + 3 n points, from the source's border to the target's.
struct Curve {
  std::vector<Point> points;  // empty for an edge from a table to itself: the box shows it
  Point label;                // centre of the label
};

// From which number of edges on a picture gets simpler, in this order.
struct LayoutLimits {
  size_t labels = 250;    // labels have a place of their own; beyond they appear on demand
  size_t splines = 1500;  // curves avoid the boxes; beyond they are straight lines
  size_t dot = 6000;      // dot orders the boxes; beyond they are stacked by depth
};

struct Layout {
  double width = 0;
  double height = 0;
  std::vector<Box> boxes;     // one per table of the model
  std::vector<Curve> curves;  // one per edge of the model
  bool labels_placed = true;
  std::vector<std::string> notes;
};

Layout LayOut(const ReportModel &model, const LayoutLimits &limits = {});

// Stacks tables by their depth in the graph; cost grows with tables plus edges only. For LayOut.
void StackByDepth(const ReportModel &model, Layout *layout);

// How many character cells the page gives to a name, and the name cut to it.
constexpr size_t kMaxNameCells = 36;
constexpr size_t kMaxLabelCells = 30;
size_t Cells(const std::string &utf8);
std::string Shorten(const std::string &utf8, size_t max_cells);

}  // namespace shipper::report
