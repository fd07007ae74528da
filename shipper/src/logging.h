// The log: one line an event on stderr, as text or as JSON. Holds no secrets and no literals.
#pragma once

#include <string>

namespace shipper {

void StartLog(bool json);
void SetLogLevel(const std::string &level);  // debug | info | warn | error

}  // namespace shipper
