// What servers before the present form refuse, found in the request models of 1.2 to 2.0.
#include <string>

#include "translate/entities.h"

namespace shipper {
namespace {

using nlohmann::json;

// Before 1.5 there is neither MONEY nor BIT; dataTypeDisplay still says what it is.
void ReplaceTypes(json *columns) {
  for (json &column : *columns) {
    for (const char *key : {"dataType", "arrayDataType"}) {
      const auto type = column.find(key);
      if (type != column.end() && (*type == "MONEY" || *type == "BIT")) *type = "UNKNOWN";
    }
    const auto children = column.find("children");
    if (children != column.end()) ReplaceTypes(&*children);
  }
}

// Before 1.4 the interval belonged to the table and columns were names.
void FlattenPartition(json *body) {
  const auto partition = body->find("tablePartition");
  if (partition == body->end()) return;
  json names = json::array();
  json flat = {{"intervalType", "OTHER"}};
  for (const json &column : (*partition)["columns"]) {
    if (names.empty()) flat["intervalType"] = column["intervalType"];
    names.push_back(column["columnName"]);
  }
  flat["columns"] = std::move(names);
  *partition = std::move(flat);
}

void AdaptTable(int version, json *body) {
  if (version < 106 && body->contains("tableConstraints")) {
    for (json &constraint : (*body)["tableConstraints"]) constraint.erase("relationshipType");
  }
  if (version < 105) ReplaceTypes(&(*body)["columns"]);
  if (version >= 104) return;
  FlattenPartition(body);
  const auto definition = body->find("schemaDefinition");
  if (definition == body->end()) return;
  json text = *definition;
  body->erase("schemaDefinition");
  const json &type = (*body)["tableType"];
  if (type == "View" || type == "MaterializedView") (*body)["viewDefinition"] = std::move(text);
}

void AdaptRoutine(int version, json *body) {
  if (version < 108 && (*body)["storedProcedureType"] == "Function") {
    (*body)["storedProcedureType"] = "UDF";
  }
  if (version < 105) body->erase("storedProcedureType");
  json &code = (*body)["storedProcedureCode"];
  if (version < 103 && code["language"] == "External") code.erase("language");
}

// Before 1.5 an entity had one owner.
void AdaptOwners(int version, json *body) {
  const auto owners = body->find("owners");
  if (version >= 105 || owners == body->end()) return;
  (*body)["owner"] = (*owners)[0];
  body->erase("owners");
}

}  // namespace

void AdaptDetails(int major, int minor, json *details) {
  const auto source = details->find("source");
  if (major * 100 + minor < 109 && source != details->end() && *source == "CrossDatabaseLineage")
    *source = "QueryLineage";
}

void AdaptToServer(int major, int minor, Entity *entity) {
  const int version = major * 100 + minor;
  AdaptOwners(version, &entity->body);
  if (entity->type == "table") AdaptTable(version, &entity->body);
  if (entity->type == "storedProcedure") AdaptRoutine(version, &entity->body);
}

}  // namespace shipper
