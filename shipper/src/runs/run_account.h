// What a run did: counts and failures of each step, and what that comes to.
//
//   RunAccount account;
//   account.sink.records += 12;
//   account.sink.Fail("svc.db.public.orders", "HTTP 400: …");
//   account.State(90);  // of successThreshold
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runs/redact.h"

namespace shipper {

enum class RunState { kRunning, kSuccess, kPartialSuccess, kFailed };

struct RunFailure {
  std::string object;
  std::string reason;
};

struct RunStep {
  std::string name;
  long records = 0;
  long updated = 0;
  long warnings = 0;
  long errors = 0;
  long filtered = 0;
  long unchanged = 0;                     // needed nothing: went well, and is in no summary
  std::vector<RunFailure> failures = {};  // the first few of them

  void Fail(const std::string &object, const std::string &reason);
  double Success() const;  // percent, against errors
};

struct RunAccount {
  RunStep source{"Postgres"};
  RunStep sink{"OpenMetadata"};
  bool broken = false;  // it did not come to its end
  long done = 0;        // objects or edges that were looked at so far,
  long expected = 0;    // of so many, near enough; 0: not known

  RunState State(int success_threshold) const;
};

// The request that tells a catalog of a run. `steps`: the server knows what a run did, from 1.3.
nlohmann::json StepSummaries(const RunAccount &account, const Redactor &redactor);
const char *NameOf(RunState state);

}  // namespace shipper
