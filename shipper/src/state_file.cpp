#include "state_file.h"

#include <filesystem>
#include <fstream>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "translate/names.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr size_t kFewLines = 1000;  // of which nobody cares how many are overtaken

std::string Line(const std::string &key, const std::optional<std::string> &value) {
  json line = {key, nullptr};
  if (value) line[1] = *value;
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// Whether a process was cut off in the last line.
bool IsCutOff(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || file.tellg() == std::streampos(0)) return false;
  file.seekg(-1, std::ios::end);
  return file.get() != '\n';
}

}  // namespace

void StateFile::Each(const Use &use) {
  lines_ = 0;
  std::ifstream file(path_, std::ios::binary);
  for (std::string text; std::getline(file, text); ++lines_) {
    const json line = json::parse(text, nullptr, false);
    if (!line.is_array() || line.size() != 2 || !line[0].is_string()) continue;
    if (line[1].is_string()) use(line[0].get<std::string>(), line[1].get<std::string>());
    if (line[1].is_null()) use(line[0].get<std::string>(), std::nullopt);
  }
}

bool StateFile::Append(const std::vector<StateChange> &changes) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  const bool cut_off = IsCutOff(path_);
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  if (cut_off) file << '\n';
  for (const StateChange &change : changes) file << Line(change.key, change.value);
  lines_ += changes.size();
  file.close();
  return !file.fail();
}

bool StateFile::Compact(size_t living, const Lives &lives) {
  if (lines_ < kFewLines || lines_ < 2 * living) return true;
  const std::filesystem::path path(path_), draft(path_ + ".new");
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  std::unordered_set<uint64_t> written;
  Each([&](const std::string &key, const std::optional<std::string> &value) {
    if (value && lives(key, *value) && written.insert(ContentHash64(key)).second)
      file << Line(key, value);
  });
  file.close();
  std::error_code error;
  if (!file.fail()) std::filesystem::rename(draft, path, error);
  if (!file.fail() && !error) return true;
  std::filesystem::remove(draft, error);
  return false;
}

}  // namespace shipper
