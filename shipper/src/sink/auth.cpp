#include "sink/auth.h"

#include <spdlog/spdlog.h>

namespace shipper {

bool TokenSource::Reload() {
  try {
    std::string token = ReadToken(source_);
    bool changed = token != token_;
    token_ = std::move(token);
    return changed;
  } catch (const ConfigError &error) {
    spdlog::warn("{}; the old token stays", error.what());
    return false;
  }
}

}  // namespace shipper
