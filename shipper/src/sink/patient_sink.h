// A sink that waits for another one: for verbs that run once and have no feed to come back to.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "clock.h"
#include "sink/sink.h"

namespace shipper {

// Every request is tried up to `tries` times with backoff; the last answer is given back.
class PatientSink : public Sink {
 public:
  // `stop` outlives the sink: once it is set nothing is waited for; nullptr: never.
  PatientSink(Sink *sink, Clock *clock, int tries, long base_ms, long max_ms,
              const std::atomic<bool> *stop = nullptr)
      : sink_(sink),
        clock_(clock),
        tries_(tries),
        base_ms_(base_ms),
        max_ms_(max_ms),
        stop_(stop) {}

  const std::string &name() const override { return sink_->name(); }
  Status PutEntity(const Entity &entity) override;
  std::vector<Status> PutEntities(const std::vector<Entity> &entities) override;
  Status PutLineage(const LineageEdge &edge) override;
  std::vector<Status> PutLineages(const std::vector<LineageEdge> &edges) override;
  Status DeleteEntity(const EntityName &entity) override;
  Status Fetch(const EntityName &entity, nlohmann::json *found) override;
  Status List(const std::string &type, const std::string &parent, std::string *after,
              std::vector<std::string> *fqns) override;
  Status DeleteLineage(const EdgeEnds &edge) override;
  Status Flush() override;
  Status Check() override { return sink_->Check(); }
  void ReloadCredential() override { sink_->ReloadCredential(); }
  bool Empty() override { return sink_->Empty(); }

 private:
  bool Stopped() const { return stop_ != nullptr && *stop_; }
  Status Insist(const std::function<Status()> &put);
  void Wait(int attempt, const Status &status);

  Sink *sink_;
  Clock *clock_;
  int tries_;
  long base_ms_;
  long max_ms_;
  const std::atomic<bool> *stop_;
};

}  // namespace shipper
