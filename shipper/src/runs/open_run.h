// Runs that were announced and are not over, in a file: where a process is killed, the next one
// tells the catalog how they ended.
//
// The file is locked by the process that writes it for as long as that lives, so that nobody takes
// a run that goes on for one that was left; a second process at the same time notes nothing. A file
// that cannot be had is a debug line: the run itself does not depend on it. One thread.
//
//   OpenRun open("/var/lib/lineage-shipper/run-5f0c.json");
//   for (const RunNote &left : open.Left()) …   // of a process before us; then open.Drop(left.id)
//   open.Add({id, now});
//   open.Drop(id);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shipper {

struct RunNote {
  std::string id;
  int64_t began_ms = 0;  // wall clock
};

class OpenRun {
 public:
  explicit OpenRun(std::string path) : path_(std::move(path)) {}  // "": nowhere
  ~OpenRun();
  OpenRun(const OpenRun &) = delete;
  OpenRun &operator=(const OpenRun &) = delete;

  // What is noted; the first call takes the lock.
  const std::vector<RunNote> &Left();
  void Add(const RunNote &note);
  void Drop(const std::string &id);

 private:
  bool Open();
  void Write() const;

  std::string path_;
  int file_ = -1;
  bool tried_ = false;
  std::vector<RunNote> notes_;
};

}  // namespace shipper
