#include "source/sink_book.h"

#include <vector>

namespace shipper {

bool SinkBook::HasRoutine(const std::string &fqn) const {
  std::vector<std::string> parts = SplitFqn(fqn);
  parts.pop_back();
  const std::string schema = JoinFqn(parts);
  if (schema != schema_ && status_.ok()) {
    schema_ = schema;
    names_.clear();
    Status listed = sink_->ListAll("storedProcedure", schema,
                                   [&](const std::string &name) { names_.insert(name); });
    if (listed.action != Action::kPark) status_ = listed;  // no such schema: nothing is in it
    if (!listed.ok()) names_.clear();
  }
  return names_.count(fqn) != 0;
}

}  // namespace shipper
