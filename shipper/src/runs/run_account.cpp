#include "runs/run_account.h"

#include <algorithm>

namespace shipper {

namespace {

constexpr size_t kMostFailures = 10;
constexpr size_t kReasonLength = 1000;
constexpr size_t kTraceLength = 10000;

// The catalog shows `error` in a table and `stackTrace` when somebody opens its row.
nlohmann::json Failure(const RunStep &step, const RunFailure &failure, const Redactor &redactor) {
  const std::string name = redactor.Apply(failure.object);
  const std::string reason = redactor.Apply(failure.reason);
  const std::string trace = "step: " + step.name + "\nobject: " + name + "\nreason: " + reason;
  return {{"name", name},
          {"error", reason.substr(0, kReasonLength)},
          {"stackTrace", trace.substr(0, kTraceLength)}};
}

nlohmann::json Summary(const RunStep &step, const Redactor &redactor) {
  nlohmann::json failures = nlohmann::json::array();
  for (const RunFailure &failure : step.failures)
    failures.push_back(Failure(step, failure, redactor));
  return {{"name", step.name},         {"records", step.records}, {"updated_records", step.updated},
          {"warnings", step.warnings}, {"errors", step.errors},   {"filtered", step.filtered},
          {"failures", failures}};
}

}  // namespace

void RunStep::Fail(const std::string &object, const std::string &reason) {
  ++errors;
  if (failures.size() < kMostFailures) failures.push_back({object, reason});
}

double RunStep::Success() const {
  const double good = std::max(records + updated + unchanged, 1L);
  return 100.0 * good / (good + errors);
}

RunState RunAccount::State(int success_threshold) const {
  const double least = std::min(source.Success(), sink.Success());
  if (broken || least < success_threshold) return RunState::kFailed;
  return source.errors + sink.errors > 0 ? RunState::kPartialSuccess : RunState::kSuccess;
}

nlohmann::json StepSummaries(const RunAccount &account, const Redactor &redactor) {
  return nlohmann::json::array(
      {Summary(account.source, redactor), Summary(account.sink, redactor)});
}

const char *NameOf(RunState state) {
  switch (state) {
    case RunState::kRunning:
      return "running";
    case RunState::kSuccess:
      return "success";
    case RunState::kPartialSuccess:
      return "partialSuccess";
    case RunState::kFailed:
      break;
  }
  return "failed";
}

}  // namespace shipper
