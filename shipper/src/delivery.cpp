#include "delivery.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>

#include <spdlog/spdlog.h>

#include "sink/entity_waves.h"
#include "translate/names.h"

namespace shipper {

namespace {

const std::string kBareKey = "bare:";  // and a routine's bare name: the signature that has it

// Ends a walk over the whole database when the sink answers anything but done.
struct WalkEnded {
  Status status;
};

}  // namespace

std::string DumpText(const nlohmann::json &body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ShortHash(const std::string &text) {
  char buffer[17];
  std::snprintf(buffer, sizeof buffer, "%016llx",
                static_cast<unsigned long long>(ContentHash64(text)));
  return buffer;
}

// A table and a routine of one schema may share their name.
std::string EntityKey(const std::string &fqn, bool is_routine) {
  return (is_routine ? "entity:routine:" : "entity:") + fqn;
}

std::string EntityKey(const Entity &entity) {
  return EntityKey(entity.fqn, entity.type == "storedProcedure");
}

// A service says only where, and is put once.
std::string EntityHash(const Entity &entity) {
  if (entity.type == "databaseService") return "sent";
  return entity.partial ? "partial" : ShortHash(DumpText(entity.body));
}

const std::string &Delivery::Recall(const std::string &key) const {
  static const std::string kNothing;
  auto place = memory_.find(key);
  return place == memory_.end() ? kNothing : place->second;
}

bool Delivery::HasRoutine(const std::string &fqn) const {
  return !Recall(EntityKey(fqn, true)).empty();
}

std::string Delivery::BareHolder(const std::string &fqn) const { return Recall(kBareKey + fqn); }

// Notes what a key was before its first change since the last TakeChanges().
void Delivery::Keep(const std::string &key) {
  auto present = memory_.find(key);
  before_.try_emplace(key, present == memory_.end() ? std::optional<std::string>()
                                                    : std::optional<std::string>(present->second));
}

void Delivery::Remember(const std::string &key, const std::string &value) {
  if (memory_.count(key) > 0 && memory_[key] == value) return;
  Keep(key);
  memory_[key] = value;
  IndexEdge(key, true);
}

void Delivery::Drop(const std::string &key) {
  if (memory_.count(key) == 0) return;
  Keep(key);
  memory_.erase(key);
  IndexEdge(key, false);
}

std::vector<StateChange> Delivery::TakeChanges() {
  std::vector<StateChange> changes;
  for (const auto &[key, value] : before_) {
    auto present = memory_.find(key);
    changes.push_back({key, present == memory_.end()
                                ? std::optional<std::string>()
                                : std::optional<std::string>(present->second)});
  }
  before_.clear();
  return changes;
}

void Delivery::Undo() {
  for (auto &[key, value] : before_) {
    if (value)
      memory_[key] = *value;
    else
      memory_.erase(key);
    IndexEdge(key, value.has_value());
  }
  before_.clear();
}

Status Delivery::Send(const WorkKey &key, const Follow &follow) {
  last_request_.clear();
  catalog_lost_ = false;
  if (key.kind == WorkKind::kResync) return SendEverything(follow);
  Status status;
  if (key.kind == WorkKind::kPair) status = SendPair({key.first, key.second});
  if (key.kind == WorkKind::kObject) status = SendChange(key, follow);
  if (key.kind == WorkKind::kReconcile) {
    const long sent = sent_;
    status = Reconcile();
    if (status.ok() && sent_ > sent)  // what nobody told of may have taken edges along
      for (const TablePair &pair : origin_->Pairs())
        follow({WorkKind::kPair, pair.first, pair.second});
  }
  if (catalog_lost_) follow({WorkKind::kResync, "", ""});
  return status;
}

// An object that changed, and what it was called before.
Status Delivery::SendChange(const WorkKey &key, const Follow &follow) {
  const std::vector<EntityName> gone = FindFormer(key);
  SettleLife(key);
  FindColumns(key);
  const long sent = sent_;
  bool found = false;
  const bool content = key.first == "schema" && renames_.count({key.first, key.second}) > 0;
  Status status = content ? SendSchema(key.second, follow, &found)
                          : SendObject(key.first, key.second, unconditional_, &found);
  former_.clear();
  carried_.clear();
  const auto sending = std::exchange(sending_, {});
  if (!status.ok()) return status;
  if (key.first == "table") columns_.erase(key.second);
  if (content)
    for (const auto &[fqn, identity] : sending) columns_.erase(identity);
  if (!found) spdlog::debug("{} {}: gone or filtered out", key.first, key.second);
  if (key.first == "table" && sent_ > sent)  // its columns may be others now
    for (const TablePair &pair : origin_->Pairs(key.second))
      follow({WorkKind::kPair, pair.first, pair.second});
  if (key.first == "table" && found) status = SendForeign(key.second);
  if (status.ok()) status = Delete(gone);
  // Where it is not there, it may have been renamed on, and its event comes yet.
  if (status.ok() && found) ForgetRenames(key, content);
  return status;
}

// Compares the whole store with what was sent before.
Status Delivery::SendEverything(const Follow &follow) {
  Status status = Reconcile();
  if (!status.ok()) return status;
  const std::vector<TablePair> live = origin_->Pairs();
  for (const TablePair &pair : live) follow({WorkKind::kPair, pair.first, pair.second});
  for (const TablePair &pair : Stale(live)) follow({WorkKind::kPair, pair.first, pair.second});
  return status;
}

std::vector<TablePair> Delivery::Stale(const std::vector<TablePair> &live) const {
  const std::set<TablePair> lives(live.begin(), live.end());
  std::set<TablePair> stale;
  for (const EdgeEnds &edge : SentEdges()) {
    const std::optional<TablePair> pair = origin_->PairOf(edge);
    if (pair && lives.count(*pair) == 0) stale.insert(*pair);
  }
  return {stale.begin(), stale.end()};
}

Status Delivery::SendAll(bool force) {
  complete_ = false;
  return SendWalk(
      force, [this](const Origin::Give &give) { return origin_->Everything(give); }, &complete_);
}

// Many entities; what is refused for good is told and passed over. `whole`: nothing was.
Status Delivery::SendWalk(bool force, const Walk &walk, bool *whole) {
  std::string service;
  const long refused = refused_;
  EntityWaves waves(
      sink_, [&](const Entity &entity, const std::string &hash, const Status &answer) {
        const Status status = PutWithoutLost(entity, answer);
        if (status.ok()) return NoteSent(entity, hash);
        if (status.action != Action::kPark || NoteLoss(status, service)) throw WalkEnded{status};
        ++refused_;
        refusals_.emplace_back(entity.fqn, status.message);
        spdlog::error("{} {} is refused: {}", entity.type, entity.fqn, status.message);
      });
  try {
    const bool all = walk([&](const Entity &entity) {
      if (entity.type == "databaseService") service = entity.fqn;
      Entity given = entity;
      AddLife(&given);
      std::optional<std::string> hash = DueHash(given, force);
      if (!hash) return;
      Status along = Recall(EntityKey(given)).empty() ? TakeAlong(&given) : Status::Done();
      if (!along.ok()) throw WalkEnded{along};
      waves.Add(std::move(given), std::move(*hash));
    });
    waves.Send();
    *whole = all && refused_ == refused;
  } catch (const WalkEnded &ended) {
    return ended.status;
  }
  return Status::Done();
}

// A schema that was renamed: all that is in it has another name now, and so have the ends of edges.
Status Delivery::SendSchema(const std::string &identity, const Follow &follow, bool *found) {
  bool whole = false;
  const Walk walk = [&](const Origin::Give &give) {
    return origin_->Schema(identity, [&](const Entity &entity) {
      *found = true;
      give(entity);
    });
  };
  Status status = SendWalk(unconditional_, walk, &whole);
  if (!status.missing.empty()) status = SendWalk(true, walk, &whole);
  if (!status.ok()) return status;
  const auto within = [&](const std::string &table) { return table.rfind(identity + ".", 0) == 0; };
  for (const TablePair &pair : origin_->Pairs())
    if (within(pair.first) || within(pair.second))
      follow({WorkKind::kPair, pair.first, pair.second});
  return SendForeign();
}

void Delivery::ForgetSent() {
  std::vector<std::string> sent;
  for (const auto &[key, value] : memory_)
    if (key.rfind("entity:", 0) == 0 || key.rfind("edge:", 0) == 0) sent.push_back(key);
  for (const std::string &key : sent) Drop(key);
}

// Whether the sink lacks what everything hangs on: then nothing that was sent is there any more.
bool Delivery::NoteLoss(const Status &status, const std::string &service) {
  if (status.missing.empty() || status.missing[0] != service) return false;
  spdlog::warn("{} does not know {} any more: sending everything again", sink_->name(), service);
  ForgetSent();
  catalog_lost_ = true;
  return true;
}

// One object and what it hangs on. `found`: the origin still has it.
Status Delivery::SendObject(const std::string &type, const std::string &identity, bool force,
                            bool *found) {
  std::vector<Entity> entities = origin_->Object(type, identity);
  *found = !entities.empty();
  for (const Entity &entity : entities) {
    Status status = SendEntity(entity, force);
    if (!status.missing.empty() && !force) {
      NoteLoss(status, entities.front().fqn);
      return SendObject(type, identity, true, found);
    }
    if (!status.ok()) return status;
  }
  return Status::Done();
}

// What the memory is to hold of an entity that is to be put; nothing where the very same was put
// before.
std::optional<std::string> Delivery::DueHash(const Entity &entity, bool force) {
  const std::string &known = Recall(EntityKey(entity));
  if (entity.partial && !force && !known.empty()) return std::nullopt;
  std::string hash = EntityHash(entity);
  if (force || known != hash) return hash;
  if (!entity.signature.empty()) Remember(kBareKey + entity.fqn, entity.signature);
  return std::nullopt;
}

void Delivery::NoteSent(const Entity &entity, const std::string &hash) {
  ++sent_;
  Remember(EntityKey(entity), hash);
  if (!entity.signature.empty()) Remember(kBareKey + entity.fqn, entity.signature);
  spdlog::debug("sent {} {}", entity.type, entity.fqn);
}

// Puts an entity unless the very same was put before.
Status Delivery::SendEntity(const Entity &entity, bool force) {
  Entity given = entity;
  AddLife(&given);
  const std::optional<std::string> hash = DueHash(given, force);
  if (!hash) return Status::Done();
  last_request_ = "PUT " + given.path + " " + DumpText(given.body);
  Status status = Recall(EntityKey(entity)).empty() ? TakeAlong(&given) : TakeColumnsAlong(&given);
  if (status.ok()) status = PutWithoutLost(given, sink_->PutEntity(given));
  if (status.ok()) NoteSent(entity, *hash);
  return status;
}

}  // namespace shipper
