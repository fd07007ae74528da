// Gathers entities of a walk and gives them to a sink in waves: what needs another one (its schema,
// a table that it refers to, itself without its foreign keys) is in a later wave than that, and
// within a wave the sink may choose the order and send many at once.
//
// Holds a bounded number of columns, whatever the size of the catalog. One thread. What `outcome`
// throws ends Add() or Send(); by then everything of the wave that was taken has been told.
//
//   EntityWaves waves(&sink, [&](const Entity &entity, const std::string &note,
//                                const Status &status) { … });
//   waves.Add(entity, hash);
//   waves.Send();
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sink/sink.h"

namespace shipper {

class EntityWaves {
 public:
  // `note` is what Add() was given with the entity. Called once for each, taken ones first.
  using Outcome = std::function<void(const Entity &, const std::string &note, const Status &)>;

  EntityWaves(Sink *sink, Outcome outcome) : sink_(sink), outcome_(std::move(outcome)) {}

  void Add(Entity entity, std::string note);
  void Send();  // all that is gathered

 private:
  struct Wave {
    std::vector<Entity> entities;
    std::vector<std::string> notes;
  };

  size_t PlaceFor(const Entity &entity) const;
  void SendWave(const Wave &wave);

  Sink *sink_;
  Outcome outcome_;
  std::vector<Wave> waves_;
  std::unordered_map<std::string, size_t> places_;  // wave of each name that is gathered
  size_t weight_ = 0;
};

}  // namespace shipper
