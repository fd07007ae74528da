#include "sink/sink.h"

namespace shipper {

Status Sink::ListAll(const std::string &type, const std::string &parent,
                     const std::function<void(const std::string &fqn)> &use) {
  std::string after;
  do {
    const std::string before = after;
    std::vector<std::string> page;
    Status status = List(type, parent, &after, &page);
    if (!status.ok()) return status;
    for (const std::string &fqn : page) use(fqn);
    if (!after.empty() && after == before)
      return Status::Outage("the list of " + type + " in " + parent + " does not end");
  } while (!after.empty());
  return Status::Done();
}

}  // namespace shipper
