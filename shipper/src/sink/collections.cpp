#include "sink/collections.h"

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

}  // namespace shipper
