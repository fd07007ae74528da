// The layout for graphs that are too large for dot: columns of tables by depth, edges as plain
// curves.
#include <algorithm>

#include "report/layout.h"

namespace shipper::report {

namespace {

constexpr double kGapX = 140;
constexpr double kGapY = 18;
constexpr double kMargin = 24;

// The depth of every table: one more than its deepest source. Edges that close a cycle do not
// count.
class Depths {
 public:
  explicit Depths(const ReportModel &model)
      : sources_(model.tables.size()), state_(model.tables.size()), depth_(model.tables.size()) {
    for (const Edge &edge : model.edges) {
      if (edge.source != edge.target) sources_[edge.target].push_back(edge.source);
    }
    for (size_t i = 0; i < sources_.size(); ++i) Visit(static_cast<int>(i));
  }
  const std::vector<int> &values() const { return depth_; }

 private:
  enum class State { kNew, kOpen, kDone };

  // Depth first with a stack of its own: a chain may be as long as there are tables.
  void Visit(int root) {
    std::vector<std::pair<int, size_t>> stack;
    if (state_[root] == State::kNew) stack.push_back({root, 0});
    while (!stack.empty()) {
      auto &[table, next] = stack.back();
      state_[table] = State::kOpen;
      if (next < sources_[table].size()) {
        const int source = sources_[table][next++];
        if (state_[source] == State::kNew) stack.push_back({source, 0});
        continue;
      }
      for (int source : sources_[table]) {
        if (state_[source] == State::kDone) {
          depth_[table] = std::max(depth_[table], depth_[source] + 1);
        }
      }
      state_[table] = State::kDone;
      stack.pop_back();
    }
  }

  std::vector<std::vector<int>> sources_;
  std::vector<State> state_;
  std::vector<int> depth_;
};

// One horizontal curve from the right side of a box to the left side of another.
Curve Connect(const Box &from, const Box &to) {
  const Point start{from.x + from.width, from.y + from.height / 2};
  const Point end{to.x, to.y + to.height / 2};
  const double reach = std::max(kGapX / 2, (end.x - start.x) / 2);
  Curve curve;
  curve.points = {start, {start.x + reach, start.y}, {end.x - reach, end.y}, end};
  curve.label = {(start.x + end.x) / 2, (start.y + end.y) / 2};
  return curve;
}

}  // namespace

void StackByDepth(const ReportModel &model, Layout *layout) {
  const Depths depths(model);
  const std::vector<int> &depth = depths.values();
  const int columns = *std::max_element(depth.begin(), depth.end()) + 1;
  std::vector<double> widths(columns, 0);
  std::vector<double> heights(columns, kMargin);
  for (size_t i = 0; i < depth.size(); ++i) {
    Box &box = layout->boxes[i];
    widths[depth[i]] = std::max(widths[depth[i]], box.width);
    box.y = heights[depth[i]];
    heights[depth[i]] += box.height + kGapY;
  }
  std::vector<double> left(columns, kMargin);
  for (int i = 1; i < columns; ++i) left[i] = left[i - 1] + widths[i - 1] + kGapX;
  for (size_t i = 0; i < depth.size(); ++i) layout->boxes[i].x = left[depth[i]];
  layout->width = left.back() + widths.back() + kMargin;
  layout->height = *std::max_element(heights.begin(), heights.end()) + kMargin;
  for (const Edge &edge : model.edges) {
    layout->curves.push_back(edge.source == edge.target
                                 ? Curve{}
                                 : Connect(layout->boxes[edge.source], layout->boxes[edge.target]));
  }
}

}  // namespace shipper::report
