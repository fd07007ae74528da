#include "runs/open_run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace shipper {

namespace {

using nlohmann::json;

constexpr size_t kMostNotes = 20;  // of runs that a server was never there for

std::string ReadAll(int file) {
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = read(file, buffer, sizeof buffer)) > 0) text.append(buffer, got);
  return text;
}

}  // namespace

OpenRun::~OpenRun() {
  if (file_ >= 0) close(file_);
}

// Takes the lock and reads what is there.
bool OpenRun::Open() {
  if (tried_ || path_.empty()) return file_ >= 0;
  tried_ = true;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0 || flock(file_, LOCK_EX | LOCK_NB) != 0) {
    spdlog::debug("{}: {}; a run that is cut off stays open in the catalog", path_,
                  std::strerror(errno));
    if (file_ >= 0) close(file_);
    file_ = -1;
    return false;
  }
  const json known = json::parse(ReadAll(file_), nullptr, false);
  if (!known.is_array()) return true;
  for (const json &note : known)
    if (note.is_object() && note.contains("id") && note["id"].is_string())
      notes_.push_back({note["id"], note.value("began", int64_t{0})});
  return true;
}

const std::vector<RunNote> &OpenRun::Left() {
  Open();
  return notes_;
}

void OpenRun::Add(const RunNote &note) {
  if (!Open()) return;
  notes_.push_back(note);
  if (notes_.size() > kMostNotes) notes_.erase(notes_.begin());
  Write();
}

void OpenRun::Drop(const std::string &id) {
  notes_.erase(std::remove_if(notes_.begin(), notes_.end(),
                              [&](const RunNote &note) { return note.id == id; }),
               notes_.end());
  Write();
}

void OpenRun::Write() const {
  if (file_ < 0) return;
  json notes = json::array();
  for (const RunNote &note : notes_) notes.push_back({{"id", note.id}, {"began", note.began_ms}});
  const std::string text = notes.dump();
  const bool written = ftruncate(file_, 0) == 0 && pwrite(file_, text.data(), text.size(), 0) ==
                                                       static_cast<ssize_t>(text.size());
  if (!written) spdlog::debug("{}: {}", path_, std::strerror(errno));
}

}  // namespace shipper
