// The log: one line an event on stderr, as text or as JSON. Holds no secrets and no literals.
#pragma once

#include <string>

namespace shipper {

void StartLog(bool json);
// Whether a person sees it: text on a terminal, whose last line may hold a bar (runs/progress.h).
bool LogIsOnTerminal();
void SetLogLevel(const std::string &level);  // debug | info | warn | error

}  // namespace shipper
