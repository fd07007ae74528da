// A sink that writes down what it is given and answers by a script.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sink/sink.h"

namespace shipper {

class FakeSink : public Sink {
 public:
  const std::string &name() const override { return name_; }
  Status PutEntity(const Entity &entity) override {
    Status status = answer ? answer(entity.fqn) : Status::Done();
    if (status.ok()) log.push_back(entity.fqn);
    if (status.ok()) known.insert(entity.fqn);
    if (status.ok()) last_entity = entity;
    return status;
  }
  Status PutLineage(const LineageEdge &edge) override {
    const std::string name = edge.from_fqn + ">" + edge.to_fqn;
    Status status = answer ? answer(name) : Status::Done();
    if (!status.ok()) return status;
    if (strict)
      for (const std::string &end : {edge.from_fqn, edge.to_fqn})
        if (known.count(end) == 0) return Status::Missing(end + " is not in the catalog", {end});
    log.push_back(name);
    last_edge = edge;
    return status;
  }
  Status DeleteEntity(const EntityName &entity) override {
    Status status = answer ? answer("-" + entity.fqn) : Status::Done();
    if (status.ok()) log.push_back("-" + entity.fqn);
    if (status.ok()) known.erase(entity.fqn);
    return status;
  }
  Status Fetch(const EntityName &entity, nlohmann::json *found) override {
    const auto place = bodies.find(entity.fqn);
    if (place != bodies.end()) *found = place->second;
    return Status::Done();
  }
  Status List(const std::string &, const std::string &parent, std::string *,
              std::vector<std::string> *fqns) override {
    for (const std::string &fqn : known)
      if (fqn.rfind(parent + ".", 0) == 0) fqns->push_back(fqn);
    return Status::Done();
  }
  Status DeleteLineage(const EdgeEnds &edge) override {
    const std::string name = edge.from_fqn + ">" + edge.to_fqn;
    Status status = answer ? answer(name) : Status::Done();
    if (status.ok()) log.push_back("-" + name);
    return status;
  }
  Status Flush() override {
    ++flushes;
    return flush_answer;
  }
  Status Check() override { return Status::Done(); }
  void ReloadCredential() override { ++reloads; }
  bool Empty() override { return empty; }

  // How often something was taken.
  long Count(const std::string &name) const {
    long count = 0;
    for (const std::string &entry : log) count += entry == name ? 1 : 0;
    return count;
  }

  std::function<Status(const std::string &)> answer;
  Status flush_answer;
  std::vector<std::string> log;                  // what was taken, in order
  std::set<std::string> known;                   // entities that are in the catalog
  std::map<std::string, nlohmann::json> bodies;  // what Fetch finds
  Entity last_entity;
  LineageEdge last_edge;
  bool strict = false;  // an edge needs both ends
  bool empty = false;
  int reloads = 0, flushes = 0;

 private:
  std::string name_ = "fake";
};

}  // namespace shipper
