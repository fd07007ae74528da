// The outcome of anything that can fail, named by the action it asks for.
//
// Not an error code to be interpreted: the caller looks at Status::action and does that. Holds no
// secrets: `message` is for logs and for the parked list, built from scrubbed text only.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace shipper {

enum class Action {
  kDone,    // taken
  kRetry,   // the other side is busy, down or broken: try again later, with backoff
  kReauth,  // the credential was refused: read it again, then retry
  kPark,    // can never succeed as it is: keep it aside with its reason, go on
};

// Whose trouble it is: decides the exit code where a person waits for the answer.
enum class Fault {
  kOther,
  kUnreachable,  // nobody answers
  kBusy,         // somebody answers: not now
  kAddress,      // what answers is not what was meant
  kCredential,   // the credential is wrong, or does not allow this
};

struct Status {
  Action action = Action::kDone;
  std::string message;
  long retry_after_ms = 0;  // kRetry: what the other side asked for, 0 where it said nothing
  bool outage = false;      // kRetry: nobody there or too busy for anything, not this request alone
  std::vector<std::string> missing;  // kPark: fully qualified names it needs and the sink lacks;
                                     // put them, then it may be tried once more
  Fault fault = Fault::kOther;

  bool ok() const { return action == Action::kDone; }
  static Status Done() { return {}; }
  static Status Retry(std::string why, long after_ms = 0) {
    return Make(Action::kRetry, std::move(why), after_ms, false, Fault::kOther);
  }
  static Status Outage(std::string why, long after_ms = 0, Fault fault = Fault::kOther) {
    return Make(Action::kRetry, std::move(why), after_ms, true, fault);
  }
  static Status Reauth(std::string why) {
    return Make(Action::kReauth, std::move(why), 0, true, Fault::kCredential);
  }
  static Status Park(std::string why, Fault fault = Fault::kOther) {
    return Make(Action::kPark, std::move(why), 0, false, fault);
  }
  static Status Missing(std::string why, std::vector<std::string> fqns) {
    Status status = Park(std::move(why));
    status.missing = std::move(fqns);
    return status;
  }

 private:
  static Status Make(Action action, std::string why, long after_ms, bool outage, Fault fault);
};

inline Status Status::Make(Action action, std::string why, long after_ms, bool outage,
                           Fault fault) {
  Status status;
  status.action = action;
  status.message = std::move(why);
  status.retry_after_ms = after_ms;
  status.outage = outage;
  status.fault = fault;
  return status;
}

}  // namespace shipper
