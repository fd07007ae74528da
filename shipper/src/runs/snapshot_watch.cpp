#include "runs/snapshot_watch.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace shipper {

void SnapshotWatch::Recall(const std::string &text) {
  *this = {};
  const nlohmann::json known = nlohmann::json::parse(text, nullptr, false);
  if (!known.is_object()) return;
  total_ = known.value("total", int64_t{0});
  done_ = known.value("done", int64_t{0});
  started_ms_ = known.value("started", int64_t{0});
  counted_to_ = known.value("counted_to", int64_t{0});
  reported_done_ = done_;
  active_ = done_ < total_;
}

void SnapshotWatch::Add(int64_t row) { waiting_.insert(row); }

void SnapshotWatch::Count(int64_t rows, int64_t last, int64_t now_ms) {
  if (!active_) {
    total_ = done_ = 0;
    started_ms_ = now_ms;
    reported_done_ = -1;
    active_ = true;
  }
  total_ += rows;
  counted_to_ = std::max(counted_to_, last);
}

void SnapshotWatch::Take(const std::vector<int64_t> &rows) {
  for (int64_t row : rows) done_ += static_cast<int64_t>(waiting_.erase(row));
  total_ = std::max(total_, done_ + static_cast<int64_t>(waiting_.size()));
}

void SnapshotWatch::Drain() {
  if (active_ && waiting_.empty()) total_ = done_;
}

// The feed may hold rows that were not read yet: that nothing known waits is not the end.
std::optional<std::string> SnapshotWatch::Report(int64_t now_ms) {
  if (!active_) return std::nullopt;
  const bool over = waiting_.empty() && done_ >= total_;
  if (!over && done_ == reported_done_) return std::nullopt;
  reported_done_ = done_;
  active_ = !over;
  return nlohmann::json({{"total", total_},
                         {"done", done_},
                         {"started", started_ms_},
                         {"reported", now_ms},
                         {"counted_to", counted_to_}})
      .dump();
}

}  // namespace shipper
