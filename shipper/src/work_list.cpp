#include "work_list.h"

#include <algorithm>
#include <limits>

namespace shipper {

std::string NameOf(const WorkKey &key) {
  if (key.kind == WorkKind::kResync) return "everything";
  if (key.kind == WorkKind::kReconcile) return "all objects";
  if (key.kind == WorkKind::kPair) return key.first + " -> " + key.second;
  return key.first + " " + key.second;
}

std::string KindOf(const WorkKey &key) {
  if (key.kind == WorkKind::kResync) return "resync";
  if (key.kind == WorkKind::kReconcile) return "reconcile";
  return key.kind == WorkKind::kPair ? "edge" : "object";
}

void WorkList::Add(const WorkKey &key, int64_t row, int64_t due_ms) {
  auto [place, is_new] = work_.try_emplace(key);
  Work &work = place->second;
  if (is_new) {
    work.key = key;
    work.due_ms = due_ms;
  }
  if (row != 0 && rows_.insert(row).second) work.rows.push_back(row);
}

bool WorkList::HasFresh(WorkKind kind) const {
  return std::any_of(work_.begin(), work_.end(), [kind](const auto &entry) {
    return entry.first.kind == kind && entry.second.tries == 0;
  });
}

std::vector<Work> WorkList::Due(int64_t now_ms) const {
  std::vector<Work> due;
  for (const auto &[key, work] : work_)
    if (work.due_ms <= now_ms) due.push_back(work);
  auto oldest = [](const Work &work) { return work.rows.empty() ? 0 : work.rows.front(); };
  std::stable_sort(due.begin(), due.end(), [&](const Work &a, const Work &b) {
    return std::make_tuple(a.tries > 0, a.key.kind, oldest(a)) <
           std::make_tuple(b.tries > 0, b.key.kind, oldest(b));
  });
  return due;
}

int64_t WorkList::NextDueMs() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const auto &[key, work] : work_) next = std::min(next, work.due_ms);
  return next;
}

void WorkList::Remove(const WorkKey &key) {
  auto place = work_.find(key);
  if (place == work_.end()) return;
  for (int64_t row : place->second.rows) rows_.erase(row);
  work_.erase(place);
}

void WorkList::Postpone(const WorkKey &key, int64_t due_ms, long taken) {
  auto place = work_.find(key);
  if (place == work_.end()) return;
  Work &work = place->second;
  work.due_ms = due_ms;
  ++work.tries;
  if (taken > work.taken_before) ++work.refusals;
  work.taken_before = taken;
}

void WorkList::Clear() {
  work_.clear();
  rows_.clear();
}

}  // namespace shipper
