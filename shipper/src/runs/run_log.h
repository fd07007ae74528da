// The lines of the log since they were last taken, for a catalog that keeps logs of runs.
//
// Listens beside stderr from its making to its end; both in the one thread that also wires the
// parts. What is logged meanwhile may come from any thread. Bounded: lines beyond 256 KiB between
// two takings are left out and counted.
#pragma once

#include <memory>
#include <string>

namespace shipper {

class RunLog {
 public:
  RunLog();
  ~RunLog();
  RunLog(const RunLog &) = delete;
  RunLog &operator=(const RunLog &) = delete;

  size_t size() const;  // bytes that wait
  std::string Take();

 private:
  class Listener;
  std::shared_ptr<Listener> listener_;
};

}  // namespace shipper
