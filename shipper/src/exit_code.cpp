#include "exit_code.h"

#include "queue/pg_connection.h"

namespace shipper {

ExitCode ExitCodeOf(const Status &status) {
  switch (status.fault) {
    case Fault::kUnreachable:
      return kExitUnavailable;
    case Fault::kBusy:
      return kExitTryAgain;
    case Fault::kAddress:
      return kExitConfig;
    case Fault::kCredential:
      return kExitPermission;
    case Fault::kOther:
      break;
  }
  if (status.action == Action::kDone) return kExitOk;
  return status.action == Action::kRetry ? kExitTryAgain : kExitUnavailable;
}

ExitCode ExitCodeOf(const PgError &error) {
  const std::string &state = error.sqlstate();
  const std::string group = state.substr(0, 2);
  if (group == "28" || state == "42501") return kExitPermission;
  if (state == "3D000") return kExitConfig;
  const bool passing = group == "53" || group == "40" || group == "57" || state == "55P03";
  return passing ? kExitTryAgain : kExitUnavailable;
}

}  // namespace shipper
