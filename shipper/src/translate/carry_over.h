// What people wrote to an entity, taken along when its object gets another name.
//
// The catalog cannot rename: a renamed table is a new entity and a soft-deleted one. Description,
// display name, tags and owners of the old one go to the new one's create request, those of its
// columns to the columns of the same name. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sink/sink.h"

namespace shipper {

// `old`: the entity as the catalog shows it, with tags and owners; null changes nothing.
void CarryOver(const nlohmann::json &old, Entity *entity);

// The same for columns alone.
void CarryOverColumns(const nlohmann::json &old, Entity *entity);

// Gives a column of `table`, an entity as the catalog shows it, another name, unless there is one
// of that name. Raw names.
void RenameColumn(const std::string &before, const std::string &now, nlohmann::json *table);

}  // namespace shipper
