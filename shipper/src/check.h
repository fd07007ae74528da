// What must be so before the shipper can work, looked at one by one, with how to mend what is not.
//
// Reads only. Used whole by the verb `check`; the other verbs stop at the first failure with the
// same words.
#pragma once

#include <string>
#include <vector>

#include "config.h"
#include "exit_code.h"
#include "sink/sink.h"

namespace shipper {

class PgConnection;

enum class Verdict { kGood, kWarning, kBad };

struct Finding {
  Verdict verdict = Verdict::kGood;
  std::string subject;      // "connection", "extension", …
  std::string detail;       // what is, or what is missing and how to mend it
  ExitCode code = kExitOk;  // of kBad
};

// The extension and this role's rights in the connected database. Ends at what makes the rest
// pointless.
std::vector<Finding> InspectDatabase(PgConnection *pg, const Config &config);

// The server behind the connection: its version, and whether it is the one to write to.
std::vector<Finding> InspectServer(PgConnection *pg);

Finding InspectSink(Sink *sink);

// Throws FatalError for the first bad finding.
void Require(const std::vector<Finding> &findings);

// "ok    connection: …", one line each; the exit code of the first bad one.
ExitCode PrintFindings(const std::vector<Finding> &findings);

}  // namespace shipper
