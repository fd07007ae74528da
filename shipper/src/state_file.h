// Keys and values in a file, for what is to be known from run to run where there is no extension.
//
// One JSON array a line, ["key","value"], or ["key",null] for one that was forgotten; the last line
// of a key counts. New lines are appended, so that a process that is killed has kept what it had
// written, and a line that it was cut off in is passed over. Reading holds one line at a time.
//
//   StateFile file("/var/lib/lineage-shipper/5f0c.json");
//   file.Each([&](const std::string &key, const std::optional<std::string> &value) { … });
//   if (!file.Append(changes)) …  // the directory cannot be written
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "queue/queue.h"

namespace shipper {

class StateFile {
 public:
  using Use = std::function<void(const std::string &key, const std::optional<std::string> &value)>;
  using Lives = std::function<bool(const std::string &key, const std::string &value)>;

  explicit StateFile(std::string path) : path_(std::move(path)) {}

  const std::string &path() const { return path_; }
  void Each(const Use &use);  // a file that is not there has nothing
  bool Append(const std::vector<StateChange> &changes);
  // Writes the file anew where most of its lines are overtaken: what `lives` of them, once.
  bool Compact(size_t living, const Lives &lives);

 private:
  std::string path_;
  size_t lines_ = 0;  // read or written
};

}  // namespace shipper
