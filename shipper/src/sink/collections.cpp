#include "sink/collections.h"

#include <cctype>
#include <cstdio>
#include <map>

namespace shipper {

std::string CollectionOf(const std::string &type) {
  static const std::map<std::string, std::string> kCollections = {
      {"databaseService", "/services/databaseServices"},
      {"database", "/databases"},
      {"databaseSchema", "/databaseSchemas"},
      {"table", "/tables"},
      {"storedProcedure", "/storedProcedures"},
      {"classification", "/classifications"},
      {"tag", "/tags"}};
  auto place = kCollections.find(type);
  return place == kCollections.end() ? "" : place->second;
}

std::string PercentEncode(const std::string &text) {
  std::string encoded;
  for (unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += static_cast<char>(c);
    } else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", c);
      encoded += hex;
    }
  }
  return encoded;
}

}  // namespace shipper
