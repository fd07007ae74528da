// sourceConfig.config of the workflow file. Private to config.cpp.
#pragma once

#include "config.h"
#include "config_reader.h"

namespace shipper {

// Reads the block; its `type` decides which keys there are. Throws ConfigError.
void ReadSourceConfig(MapReader *map, Config *config);

}  // namespace shipper
