#include "sink/entity_waves.h"

#include <algorithm>
#include <utility>

namespace shipper {

namespace {

using nlohmann::json;

constexpr size_t kMaxWeight = 6000;  // entities and columns that are held at most, about 6 MB

// Ends of the parts of a fully qualified name but the last; dots in quotes end nothing.
std::vector<size_t> Ends(const std::string &fqn) {
  std::vector<size_t> ends;
  bool quoted = false;
  for (size_t i = 0; i < fqn.size(); ++i) {
    if (fqn[i] == '"') quoted = !quoted;
    if (fqn[i] == '.' && !quoted) ends.push_back(i);
  }
  return ends;
}

// The names that have to be in the catalog before an entity, its own among them.
std::vector<std::string> NeedsOf(const Entity &entity) {
  std::vector<std::string> needs = {entity.fqn};
  for (size_t end : Ends(entity.fqn)) needs.push_back(entity.fqn.substr(0, end));
  for (const json &label : entity.body.value("tags", json::array()))
    needs.push_back(label.value("tagFQN", ""));
  for (const json &constraint : entity.body.value("tableConstraints", json::array())) {
    for (const json &column : constraint.value("referredColumns", json::array())) {
      const std::string name = column.get<std::string>();
      const std::vector<size_t> ends = Ends(name);
      if (!ends.empty()) needs.push_back(name.substr(0, ends.back()));
    }
  }
  return needs;
}

size_t WeightOf(const Entity &entity) {
  const auto columns = entity.body.find("columns");
  return 1 + (columns == entity.body.end() ? 0 : columns->size());
}

}  // namespace

size_t EntityWaves::PlaceFor(const Entity &entity) const {
  size_t place = 0;
  for (const std::string &name : NeedsOf(entity)) {
    const auto needed = places_.find(name);
    if (needed != places_.end()) place = std::max(place, needed->second + 1);
  }
  return place;
}

void EntityWaves::Add(Entity entity, std::string note) {
  const size_t place = PlaceFor(entity);
  if (place >= waves_.size()) waves_.resize(place + 1);
  places_[entity.fqn] = place;
  weight_ += WeightOf(entity);
  waves_[place].entities.push_back(std::move(entity));
  waves_[place].notes.push_back(std::move(note));
  if (weight_ >= kMaxWeight) Send();
}

void EntityWaves::Send() {
  const std::vector<Wave> waves = std::move(waves_);
  waves_.clear();
  places_.clear();
  weight_ = 0;
  for (const Wave &wave : waves) SendWave(wave);
}

void EntityWaves::SendWave(const Wave &wave) {
  const std::vector<Status> outcomes = sink_->PutEntities(wave.entities);
  for (const bool taken : {true, false})
    for (size_t i = 0; i < outcomes.size(); ++i)
      if (outcomes[i].ok() == taken) outcome_(wave.entities[i], wave.notes[i], outcomes[i]);
}

}  // namespace shipper
