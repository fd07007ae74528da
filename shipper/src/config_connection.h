// source.serviceConnection.config of the workflow file, and certificates anywhere in it. Private to
// config.cpp.
#pragma once

#include <string>

#include "config.h"
#include "config_reader.h"

namespace shipper {

// Reads the block of a Postgres connection. Throws ConfigError.
void ReadConnection(MapReader *map, PostgresConfig *postgres);

// A certificate setting is PEM text or the path of a file; either is right in either place.
void ReadCertificate(MapReader *map, const std::string &key, std::string *path, Secret *pem);

}  // namespace shipper
