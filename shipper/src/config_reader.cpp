#include "config_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace shipper {

namespace {

// "a, b or c"
std::string JoinChoices(const std::vector<std::string> &choices) {
  std::string text;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

}  // namespace

MapReader::MapReader(YAML::Node node, std::string path, std::vector<std::string> *warnings)
    : node_(std::move(node)), path_(std::move(path)), warnings_(warnings) {
  if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap())
    throw ConfigError("key '" + path_ + "': a mapping is expected here; write `key: value` lines " +
                      "under it");
}

// The key with everything above it, as in "source.serviceName".
std::string MapReader::Full(const std::string &key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void MapReader::Fail(const std::string &key, const std::string &problem,
                     const std::string &fix) const {
  throw ConfigError("key '" + Full(key) + "': " + problem + "; " + fix);
}

// Of a key that is there twice the last counts, as it does for the peer.
YAML::Node MapReader::Child(const std::string &key) const {
  YAML::Node child(YAML::NodeType::Undefined);
  if (!node_.IsMap()) return child;
  for (const auto &item : node_)
    if (item.first.IsScalar() && item.first.Scalar() == key) child.reset(item.second);
  return child;
}

bool MapReader::Has(const std::string &key) const {
  const YAML::Node child = Child(key);
  return child.IsDefined() && !child.IsNull();
}

// The child, marked as asked for; an undefined node where there is none.
YAML::Node MapReader::Take(const std::string &key) {
  seen_.insert(key);
  if (!Has(key)) return YAML::Node(YAML::NodeType::Undefined);
  return Child(key);
}

// The text of a scalar with the environment put in.
std::string MapReader::Scalar(const std::string &key, const YAML::Node &node) {
  if (!node.IsScalar()) Fail(key, "a single value is expected", "write `" + key + ": value`");
  std::vector<std::string> unset;
  std::string text = ExpandEnvironment(node.Scalar(), &unset);
  for (const std::string &name : unset)
    Warn("key '" + Full(key) + "': environment variable " + name + " is not set, its name stays");
  return text;
}

MapReader MapReader::Map(const std::string &key) {
  return MapReader(Take(key), Full(key), warnings_);
}

MapReader MapReader::RequiredMap(const std::string &key, const std::string &fix) {
  if (!Has(key)) Fail(key, "it is missing", fix);
  return Map(key);
}

std::string MapReader::Text(const std::string &key, const std::string &fallback) {
  YAML::Node node = Take(key);
  return node.IsDefined() ? Scalar(key, node) : fallback;
}

std::string MapReader::RequiredText(const std::string &key, const std::string &fix) {
  std::string text = Text(key);
  if (text.empty()) Fail(key, "it is missing", fix);
  return text;
}

// A password with a `$` in it is in no message: only a value that is nothing but the name of a
// variable is shown.
Secret MapReader::SecretText(const std::string &key) {
  YAML::Node node = Take(key);
  if (!node.IsDefined()) return Secret();
  if (!node.IsScalar()) Fail(key, "a single value is expected", "write `" + key + ": value`");
  std::vector<std::string> unset;
  const std::string &text = node.Scalar();
  Secret secret(ExpandEnvironment(text, &unset));
  if (unset.empty()) return secret;
  const std::string &name = unset[0];
  bool is_name = (text == "$" + name || text == "${" + name + "}") &&
                 std::none_of(name.begin(), name.end(), ::islower);
  std::string shown = is_name ? " " + name + " is not set, its name stays"
                              : " named after a `$` in it is not set, the `$` stays";
  Warn("key '" + Full(key) + "': environment variable" + shown);
  return secret;
}

bool MapReader::Bool(const std::string &key, bool fallback) {
  YAML::Node node = Take(key);
  if (!node.IsDefined()) return fallback;
  std::string text = Scalar(key, node);
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  Fail(key, "value '" + text + "' is neither true nor false", "write `" + key + ": true`");
}

int MapReader::Int(const std::string &key, int fallback, int min, int max) {
  YAML::Node node = Take(key);
  if (!node.IsDefined()) return fallback;
  std::string text = Scalar(key, node);
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max)
    Fail(key,
         "value '" + text + "' is not a whole number from " + std::to_string(min) + " to " +
             std::to_string(max),
         "write for example `" + key + ": " + std::to_string(fallback) + "`");
  return value;
}

std::string MapReader::Choice(const std::string &key, const std::string &fallback,
                              const std::vector<std::string> &choices) {
  YAML::Node node = Take(key);
  if (!node.IsDefined()) return fallback;
  std::string text = Scalar(key, node);
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
    Fail(key, "value '" + text + "' is not known", "write " + JoinChoices(choices));
  return text;
}

std::vector<std::string> MapReader::TextList(const std::string &key, const YAML::Node &node) {
  if (!node.IsDefined() || node.IsNull()) return {};
  if (!node.IsSequence())
    Fail(key, "a list of regular expressions is expected", "write `" + key + ": [\"^name$\"]`");
  std::vector<std::string> items;
  for (const YAML::Node &item : node) items.push_back(Scalar(key, item));
  return items;
}

FilterPattern MapReader::Filter(const std::string &key) {
  MapReader filter = Map(key);
  FilterPattern pattern;
  pattern.includes = filter.TextList("includes", filter.Take("includes"));
  pattern.excludes = filter.TextList("excludes", filter.Take("excludes"));
  filter.Finish();
  return pattern;
}

bool MapReader::IsMap(const std::string &key) const { return Has(key) && Child(key).IsMap(); }

std::vector<std::string> MapReader::Keys() const {
  std::vector<std::string> keys;
  if (!node_.IsMap()) return keys;
  for (const auto &item : node_) keys.push_back(item.first.as<std::string>());
  return keys;
}

std::vector<std::string> MapReader::TextOrList(const std::string &key) {
  YAML::Node node = Take(key);
  std::vector<std::string> items;
  if (!node.IsDefined()) return items;
  if (!node.IsSequence()) {
    items.push_back(Scalar(key, node));
  } else {
    for (const YAML::Node &item : node) items.push_back(Scalar(key, item));
  }
  items.erase(std::remove(items.begin(), items.end(), ""), items.end());
  return items;
}

std::vector<std::pair<std::string, std::string>> MapReader::Pairs(const std::string &key) {
  YAML::Node node = Take(key);
  std::vector<std::pair<std::string, std::string>> pairs;
  if (!node.IsDefined()) return pairs;
  if (!node.IsMap()) Fail(key, "a mapping is expected", "write `name: value` lines under it");
  for (const auto &item : node) {
    std::string name = item.first.as<std::string>();
    std::string value = Scalar(key + "." + name, item.second);
    if (!value.empty()) pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

void MapReader::Ignore(const std::vector<std::string> &keys) {
  seen_.insert(keys.begin(), keys.end());
}

void MapReader::Moot(const std::vector<std::string> &keys, const std::string &why) {
  for (const std::string &key : keys) {
    seen_.insert(key);
    if (Has(key)) Warn("key '" + Full(key) + "' has no effect: " + why);
  }
}

void MapReader::MootIfTrue(const std::string &key, const std::string &why) {
  if (Bool(key, false)) Warn("key '" + Full(key) + "' has no effect: " + why);
}

void MapReader::Finish() {
  if (!node_.IsMap()) return;
  std::set<std::string> twice;
  for (const auto &item : node_) {
    std::string key = item.first.as<std::string>();
    if (!twice.insert(key).second) Warn("key '" + Full(key) + "' is there twice; the last counts");
    if (seen_.count(key) == 0)
      Warn("key '" + Full(key) + "' is not known and has no effect; check its spelling and place");
  }
}

}  // namespace shipper
