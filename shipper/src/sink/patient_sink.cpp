#include "sink/patient_sink.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "retry.h"

namespace shipper {

Status PatientSink::Insist(const std::function<Status()> &put) {
  for (int attempt = 0;; ++attempt) {
    Status status = put();
    bool again = status.action == Action::kRetry || status.action == Action::kReauth;
    if (!again || attempt + 1 >= tries_ || Stopped()) return status;
    Wait(attempt, status);
  }
}

// Until the next attempt, with the credential read again where it was refused.
void PatientSink::Wait(int attempt, const Status &status) {
  if (status.action == Action::kReauth) sink_->ReloadCredential();
  long wait = BackoffMs(attempt, clock_->Random01(), base_ms_, max_ms_);
  wait = std::max(wait, status.retry_after_ms);
  spdlog::warn("{}: {}; trying again in {} ms", name(), status.message, wait);
  clock_->SleepMs(wait);
}

Status PatientSink::PutEntity(const Entity &entity) {
  return Insist([&] { return sink_->PutEntity(entity); });
}

// Only what was not taken is tried again.
std::vector<Status> PatientSink::PutEntities(const std::vector<Entity> &entities) {
  std::vector<Status> outcomes = sink_->PutEntities(entities);
  for (int attempt = 0; attempt + 1 < tries_; ++attempt) {
    std::vector<size_t> places;
    std::vector<Entity> again;
    Status reason;
    for (size_t i = 0; i < entities.size(); ++i) {
      if (outcomes[i].ok() || outcomes[i].action == Action::kPark) continue;
      places.push_back(i);
      again.push_back(entities[i]);
      if (reason.ok() || outcomes[i].retry_after_ms > reason.retry_after_ms) reason = outcomes[i];
    }
    if (again.empty() || Stopped()) break;
    Wait(attempt, reason);
    const std::vector<Status> more = sink_->PutEntities(again);
    for (size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = more[i];
  }
  return outcomes;
}

Status PatientSink::PutLineage(const LineageEdge &edge) {
  return Insist([&] { return sink_->PutLineage(edge); });
}

// What was not taken is put by itself.
std::vector<Status> PatientSink::PutLineages(const std::vector<LineageEdge> &edges) {
  std::vector<Status> outcomes = sink_->PutLineages(edges);
  bool out = false;
  for (size_t i = 0; i < edges.size() && !out && !Stopped(); ++i) {
    if (outcomes[i].ok() || outcomes[i].action == Action::kPark) continue;
    outcomes[i] = PutLineage(edges[i]);
    out = outcomes[i].outage;
  }
  return outcomes;
}

Status PatientSink::DeleteEntity(const EntityName &entity) {
  return Insist([&] { return sink_->DeleteEntity(entity); });
}

Status PatientSink::Fetch(const EntityName &entity, nlohmann::json *found) {
  return Insist([&] { return sink_->Fetch(entity, found); });
}

Status PatientSink::List(const std::string &type, const std::string &parent, std::string *after,
                         std::vector<std::string> *fqns) {
  return Insist([&] { return sink_->List(type, parent, after, fqns); });
}

Status PatientSink::DeleteLineage(const EdgeEnds &edge) {
  return Insist([&] { return sink_->DeleteLineage(edge); });
}

// Once: what a sink could not make durable it holds no more, so that another try would say done.
Status PatientSink::Flush() { return sink_->Flush(); }

}  // namespace shipper
