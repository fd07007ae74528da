// A YAML mapping read key by key: every key is asked for once, what nobody asked for is a warning.
//
//   MapReader source = root.Map("source");
//   std::string name = source.RequiredText("serviceName", "the name of the service in the
//   catalog"); source.Finish();  // warns of unknown keys by their full name
//
// Messages carry the full key ("source.serviceConnection.config.hostPort"), never a secret value.
#pragma once

#include <yaml-cpp/yaml.h>

#include <set>
#include <string>
#include <vector>

#include "config.h"

namespace shipper {

class MapReader {
 public:
  // `warnings` outlives the reader. A node that is absent or null reads as an empty mapping.
  MapReader(YAML::Node node, std::string path, std::vector<std::string> *warnings);

  bool Has(const std::string &key) const;
  MapReader Map(const std::string &key);
  MapReader RequiredMap(const std::string &key, const std::string &fix);
  std::string Text(const std::string &key, const std::string &fallback = {});
  std::string RequiredText(const std::string &key, const std::string &fix);
  Secret SecretText(const std::string &key);
  bool Bool(const std::string &key, bool fallback);
  int Int(const std::string &key, int fallback, int min, int max);
  std::string Choice(const std::string &key, const std::string &fallback,
                     const std::vector<std::string> &choices);
  FilterPattern Filter(const std::string &key);
  bool IsMap(const std::string &key) const;
  std::vector<std::string> Keys() const;
  // A single value, or a list of them; none where the key is absent.
  std::vector<std::string> TextOrList(const std::string &key);
  std::vector<std::pair<std::string, std::string>> Pairs(const std::string &key);

  void Ignore(const std::vector<std::string> &keys);  // known to the peer, without meaning to us
  // The same for keys from which somebody may expect something: where one is set, a warning says
  // why nothing comes of it.
  void Moot(const std::vector<std::string> &keys, const std::string &why);
  void MootIfTrue(const std::string &key, const std::string &why);  // of a bool that is off here
  void Finish();
  std::string Full(const std::string &key) const;
  void Warn(const std::string &text) { warnings_->push_back(text); }

  // Throws ConfigError: what is wrong with `key` and how to mend it.
  [[noreturn]] void Fail(const std::string &key, const std::string &problem,
                         const std::string &fix) const;

 private:
  YAML::Node Child(const std::string &key) const;
  YAML::Node Take(const std::string &key);
  std::string Scalar(const std::string &key, const YAML::Node &node);
  std::vector<std::string> TextList(const std::string &key, const YAML::Node &node);

  YAML::Node node_;
  std::string path_;
  std::vector<std::string> *warnings_;
  std::set<std::string> seen_;
};

}  // namespace shipper
