// How the process ends: sysexits.h, as the contract of the command line has it.
#pragma once

#include <stdexcept>
#include <string>

#include "result.h"

namespace shipper {

enum ExitCode {
  kExitOk = 0,
  kExitBelowThreshold = 1,  // ran, but too much of it failed
  kExitUsage = 64,
  kExitUnavailable = 69,
  kExitTryAgain = 75,
  kExitPermission = 77,
  kExitConfig = 78,
};

class PgError;

// What cannot go on, with its exit code. The message says what is missing and how to mend it.
class FatalError : public std::runtime_error {
 public:
  FatalError(const std::string &message, ExitCode code)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

ExitCode ExitCodeOf(const Status &status);
ExitCode ExitCodeOf(const PgError &error);

}  // namespace shipper
