// The verbs of the command line: each reads the workflow, wires the parts and runs to its end.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "exit_code.h"

namespace shipper {

// The command line, as main.cpp read it.
struct CommandLine {
  std::string verb;
  std::vector<std::string> configs;
  bool dry_run = false;      // what would be sent goes to stdout, nothing is remembered
  std::string sink;          // TYPE[:TARGET], replaces the workflow's
  std::string log_level;     // "" is the workflow's loggerLevel
  bool json = false;         // --log-format json
  std::string output;        // report: where the page goes
  std::vector<int64_t> ids;  // retry: which ones; none is all
};

// Set by signals; the process ends or reads its credential again soon after.
struct Signals {
  std::atomic<bool> stop{false};
  std::atomic<bool> reload{false};
};

// The verbs that there are, and those that come with later versions.
bool IsVerb(const std::string &verb);
bool IsLaterVerb(const std::string &verb);

// Runs one verb. Throws ConfigError, FatalError, PgError; main turns them into words and a code.
ExitCode RunVerb(const CommandLine &line, Signals *signals);

}  // namespace shipper
