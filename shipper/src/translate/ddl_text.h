// The text of CREATE VIEW and CREATE TABLE for a relation, as `schemaDefinition` carries it.
//
// Names are quoted where they need it. A table's text has columns, defaults, generation
// expressions, identity, keys, checks and the partition key; it is for reading and has no indexes,
// collations, storage options, owners or grants.
#pragma once

#include <string>

#include "source/model.h"

namespace shipper {

// "" where the definition is not known.
std::string ViewDdl(const RelationInfo &relation);
std::string TableDdl(const RelationInfo &relation);

}  // namespace shipper
