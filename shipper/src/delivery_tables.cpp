// What Delivery does about many tables at once: a snapshot, a restore, the first start.
#include <spdlog/spdlog.h>

#include "delivery.h"
#include "sink/entity_waves.h"

namespace shipper {

namespace {

// Ends a walk over many tables when the sink is out.
struct SinkIsOut {
  Status status;
};

}  // namespace

bool Delivery::GoesTogether(const WorkKey &key) const {
  if (key.kind == WorkKind::kPair) return true;
  return key.kind == WorkKind::kObject && key.first == "table" && !unconditional_ &&
         renames_.count({key.first, key.second}) == 0 && columns_.count(key.second) == 0;
}

// Refusals are not judged here. Where something that tables hang on is refused, nothing is done.
Status Delivery::SendTables(const std::vector<WorkKey> &keys, const Follow &follow,
                            std::set<WorkKey> *done) {
  former_.clear();
  std::vector<std::string> identities;
  for (const WorkKey &key : keys) {
    SettleLife(key);
    identities.push_back(key.second);
  }
  std::set<std::string> sent, refused;
  bool all_refused = false;
  EntityWaves waves(sink_, [&](const Entity &entity, const std::string &hash, const Status &put) {
    if (put.outage) throw SinkIsOut{put};
    if (!put.ok()) {
      refused.insert(entity.fqn);
      all_refused = all_refused || entity.type != "table";
      return;
    }
    NoteSent(entity, hash);
    if (entity.type == "table") sent.insert(entity.fqn);
  });
  std::vector<std::string> names;
  try {
    names = origin_->Tables(identities, [&](const Entity &entity) {
      Entity given = entity;
      AddLife(&given);
      std::optional<std::string> hash = DueHash(given, false);
      if (hash) waves.Add(std::move(given), std::move(*hash));
    });
    waves.Send();
  } catch (const SinkIsOut &out) {
    return out.status;
  }
  for (size_t i = 0; i < keys.size() && !all_refused; ++i) {
    if (names[i].empty() || refused.count(names[i]) > 0) continue;
    if (sent.count(names[i]) > 0)  // its columns may be others now
      for (const TablePair &pair : origin_->Pairs(keys[i].second))
        follow({WorkKind::kPair, pair.first, pair.second});
    const Status foreign = SendForeign(keys[i].second);
    if (foreign.outage) return foreign;
    if (foreign.ok()) done->insert(keys[i]);
  }
  return Status::Done();
}

}  // namespace shipper
