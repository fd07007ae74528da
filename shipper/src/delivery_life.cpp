// What Delivery knows of when objects were made and changed: DDL events say so as they pass, and
// the memory keeps it, so that it is told the same way until the next one.
#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "delivery.h"

namespace shipper {

namespace {

std::string LifeKey(const std::string &type, const std::string &fqn) {
  return "life:" + type + ":" + fqn;
}

// Two times as the memory has them, "made changed"; zeros where it has none.
std::pair<int64_t, int64_t> ParseLife(const std::string &text) {
  int64_t made = 0, changed = 0;
  if (std::sscanf(text.c_str(), "%" SCNd64 " %" SCNd64, &made, &changed) != 2) return {0, 0};
  return {made, changed};
}

}  // namespace

void Delivery::NoteLife(const std::string &type, const std::string &identity, LifeEvent event,
                        int64_t at_ms) {
  if (at_ms == 0) return;
  Life &life = lives_[{type, identity}];
  if (event == LifeEvent::kMade) life = {at_ms, 0, 0};
  if (event == LifeEvent::kMadeOrReplaced) life.either = at_ms;
  if (event == LifeEvent::kChanged) life.changed = at_ms;
}

// What was known of an object whose name is gone goes out of the memory, and stays with the
// process: the rename that explains the loss may be read only after it.
void Delivery::EndLife(const EntityName &name) {
  const std::string key = LifeKey(name.type, name.fqn);
  if (Recall(key).empty()) return;
  past_lives_[key] = Recall(key);
  Drop(key);
}

std::string Delivery::TakeLife(const EntityName &name) {
  EndLife(name);
  const auto past = past_lives_.find(LifeKey(name.type, name.fqn));
  if (past == past_lives_.end()) return "";
  std::string text = past->second;
  past_lives_.erase(past);
  return text;
}

// Puts what was noted of an object into the memory, under its present name; a renamed one takes
// along what was known of it.
void Delivery::SettleLife(const WorkKey &key) {
  const auto noted = lives_.find({key.first, key.second});
  if (noted == lives_.end()) return;
  const Life life = noted->second;
  lives_.erase(noted);
  const std::optional<EntityName> name = origin_->NameOf(key.first, key.second);
  if (!name) return;
  const std::string place = LifeKey(name->type, name->fqn);
  auto [made, changed] = ParseLife(Recall(place));
  for (const auto &[now, before] : former_) {
    const int64_t former = ParseLife(TakeLife(before)).first;
    if (made == 0) made = former;
  }
  if (life.made != 0) made = life.made, changed = 0;
  const bool sent = !Recall(EntityKey(name->fqn, key.first == "routine")).empty();
  if (life.either != 0 && !sent) made = life.either, changed = 0;
  if (life.either != 0 && sent) changed = life.either;
  changed = std::max(changed, life.changed);
  Remember(place, std::to_string(made) + " " + std::to_string(changed));
}

void Delivery::AddLife(Entity *entity) {
  const std::string place = LifeKey(entity->type, entity->fqn);
  for (const EntityName &before : FormerOf(*entity)) {  // its schema was renamed
    const std::string former = TakeLife(before);
    if (Recall(place).empty() && !former.empty()) Remember(place, former);
  }
  const auto [made, changed] = ParseLife(Recall(place));
  nlohmann::json life = nlohmann::json::object();
  if (made != 0) life["created"] = {{"timestamp", made}};
  if (changed != 0) life["updated"] = {{"timestamp", changed}};
  if (!life.empty()) entity->body["lifeCycle"] = std::move(life);
}

}  // namespace shipper
