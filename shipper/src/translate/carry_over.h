// What people wrote to an entity, taken along when its object gets another name.
//
// The catalog cannot rename: a renamed table is a new entity and a soft-deleted one. Description,
// display name, tags and owners of the old one go to the new one's create request, those of its
// columns to the columns of the same name. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
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

// Names of all tags of a create request, those of columns and fields too.
std::set<std::string> TagsOf(const nlohmann::json &body);

// Takes one tag out of all of it.
void RemoveTag(const std::string &tag, nlohmann::json *body);

// The one of `tags` that a catalog's refusal says it does not know; "" for none.
std::string UnknownTag(const std::string &refusal, const std::set<std::string> &tags);

}  // namespace shipper
