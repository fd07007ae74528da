#include "source/sink_book.h"

#include <vector>

namespace shipper {

bool SinkBook::HasRoutine(const std::string &fqn) const {
  std::vector<std::string> parts = SplitFqn(fqn);
  parts.pop_back();
  const std::string schema = JoinFqn(parts);
  const auto [known, fresh] = schemas_.try_emplace(schema);
  if (fresh && status_.ok()) {
    std::vector<std::string> names;
    Status listed = sink_->List("storedProcedure", schema, &names);
    if (listed.action != Action::kPark) status_ = listed;  // no such schema: nothing is in it
    if (listed.ok()) known->second.insert(names.begin(), names.end());
  }
  return known->second.count(fqn) != 0;
}

}  // namespace shipper
