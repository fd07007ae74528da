// What Delivery does about names that are no more: drops, renames, and what was missed.
#include <spdlog/spdlog.h>

#include "delivery.h"
#include "translate/carry_over.h"
#include "translate/names.h"

namespace shipper {

namespace {

constexpr char kEntity[] = "entity:", kRoutine[] = "entity:routine:";

// The entity that a key of the memory stands for, as far as it can tell: below a schema there are
// tables and routines, which the keys tell apart.
std::optional<EntityName> NameOfKey(const std::string &key, const std::string &database) {
  const bool routine = key.rfind(kRoutine, 0) == 0;
  if (!routine && key.rfind(kEntity, 0) != 0) return std::nullopt;
  const std::string fqn = key.substr(routine ? sizeof kRoutine - 1 : sizeof kEntity - 1);
  if (fqn.rfind(database + ".", 0) != 0) return std::nullopt;
  if (routine) return EntityName{"storedProcedure", fqn};
  const bool is_schema = SplitFqn(fqn).size() == SplitFqn(database).size() + 1;
  return EntityName{is_schema ? "databaseSchema" : "table", fqn};
}

// Whether an identity is of something in the schema.
bool IsWithin(const std::string &identity, const std::string &schema) {
  return identity.rfind(schema + ".", 0) == 0;
}

}  // namespace

std::vector<std::string> KeysOf(const EntityName &name,
                                const std::map<std::string, std::string> &memory) {
  std::vector<std::string> keys = {EntityKey(name.fqn, name.type == "storedProcedure")};
  if (name.type == "table" || name.type == "storedProcedure") return keys;
  for (const bool routine : {true, false}) {
    const std::string below = EntityKey(name.fqn, routine) + ".";
    for (auto it = memory.lower_bound(below); it != memory.end() && it->first.rfind(below, 0) == 0;
         ++it)
      keys.push_back(it->first);
  }
  return keys;
}

void Delivery::NoteRename(const std::string &type, const std::string &before,
                          const std::string &now) {
  std::vector<std::string> names = NamesBefore(type, before);
  names.push_back(before);
  renames_.erase({type, before});
  std::vector<std::string> &known = renames_[{type, now}];
  known.insert(known.end(), names.begin(), names.end());
  if (type == "table") MoveColumns(before, now);
  if (type == "schema") MoveRenames(before, now);
}

// What an object was called that is about to get another name: by itself, or with its schema.
std::vector<std::string> Delivery::NamesBefore(const std::string &type,
                                               const std::string &identity) const {
  std::vector<std::string> names;
  auto it = renames_.lower_bound({"schema", ""});
  for (; it != renames_.end() && it->first.first == "schema"; ++it) {
    const std::string &schema = it->first.second;
    if (type == "schema" || !IsWithin(identity, schema)) continue;
    for (const std::string &former : it->second)
      names.push_back(former + identity.substr(schema.size()));
  }
  const auto own = renames_.find({type, identity});
  if (own != renames_.end()) names.insert(names.end(), own->second.begin(), own->second.end());
  return names;
}

void Delivery::MoveColumns(const std::string &before, const std::string &now) {
  const auto place = columns_.find(before);
  if (place == columns_.end()) return;
  const auto renamed = std::move(place->second);
  columns_.erase(place);
  columns_[now].insert(columns_[now].end(), renamed.begin(), renamed.end());
}

// What is in a renamed schema was called as before the rename, and has another name now.
void Delivery::MoveRenames(const std::string &before, const std::string &now) {
  const auto renames = renames_;
  for (const auto &[key, names] : renames) {
    if (key.first == "schema" || !IsWithin(key.second, before)) continue;
    std::vector<std::string> &known = renames_[{key.first, now + key.second.substr(before.size())}];
    known.insert(known.end(), names.begin(), names.end());
    renames_.erase(key);
  }
  const ColumnRenames columns = columns_;
  for (const auto &[table, renamed] : columns)
    if (IsWithin(table, before)) MoveColumns(table, now + table.substr(before.size()));
}

// Names of an object that are nobody's now, and, in former_, which of them it had itself; with a
// renamed schema, those of what is in it that had others by itself.
std::vector<EntityName> Delivery::FindFormer(const WorkKey &key) {
  std::vector<EntityName> gone = origin_->Departed(key.first, key.second);
  former_.clear();
  const bool schema = key.first == "schema" && renames_.count({key.first, key.second}) > 0;
  for (const auto &[renamed, names] : renames_)
    if (schema && renamed.first != "schema" && IsWithin(renamed.second, key.second))
      AddFormer(renamed, names, &gone);
  const auto own = renames_.find({key.first, key.second});
  if (own != renames_.end()) AddFormer(own->first, own->second, &gone);
  return gone;
}

void Delivery::AddFormer(const std::pair<std::string, std::string> &renamed,
                         const std::vector<std::string> &names, std::vector<EntityName> *gone) {
  const std::optional<EntityName> now = origin_->NameOf(renamed.first, renamed.second);
  for (const std::string &before : names) {
    for (EntityName &name : origin_->Departed(renamed.first, before)) {
      if (now) former_.push_back({*now, name});
      gone->push_back(std::move(name));
    }
  }
}

// The entities that this one was before, the latest first; with a renamed schema, all that is in
// it.
std::vector<EntityName> Delivery::FormerOf(const Entity &entity) const {
  std::vector<EntityName> names;
  for (auto it = former_.rbegin(); it != former_.rend(); ++it) {
    const auto &[now, before] = *it;
    if (now.type == entity.type && now.fqn == entity.fqn) names.push_back(before);
    if (now.type == "databaseSchema" && entity.fqn.rfind(now.fqn + ".", 0) == 0)
      names.push_back({entity.type, before.fqn + entity.fqn.substr(now.fqn.size())});
  }
  return names;
}

// Gives an entity that is new to the catalog what people wrote to the one that it was.
Status Delivery::TakeAlong(Entity *entity) {
  const std::vector<EntityName> former = FormerOf(*entity);
  if (former.empty()) return Status::Done();
  nlohmann::json old;
  Status status = sink_->Fetch({entity->type, entity->fqn}, &old);
  if (!status.ok() || old.is_object()) return status;
  for (size_t i = 0; i < former.size() && status.ok() && old.is_null(); ++i)
    status = sink_->Fetch(former[i], &old);
  if (!status.ok()) return status;
  if (entity->type == "table") RenameColumns(entity->fqn, &old);
  const std::set<std::string> own = TagsOf(entity->body);
  CarryOver(old, entity);
  NoteCarried(*entity, own);
  return status;
}

// Notes the tags that a request has beside its own.
void Delivery::NoteCarried(const Entity &entity, const std::set<std::string> &own) {
  std::set<std::string> tags = TagsOf(entity.body);
  for (const std::string &tag : own) tags.erase(tag);
  if (!tags.empty()) carried_[EntityKey(entity)] = std::move(tags);
}

// Puts what was refused without the tags that it took along and that the catalog has no more.
Status Delivery::PutWithoutLost(Entity entity, Status status) {
  const auto carried = carried_.find(EntityKey(entity));
  while (carried != carried_.end() && status.action == Action::kPark) {
    const std::string lost = UnknownTag(status.message, carried->second);
    if (lost.empty()) break;
    spdlog::warn("{} goes without the tag {}: the catalog has it no more", entity.fqn, lost);
    RemoveTag(lost, &entity.body);
    carried->second.erase(lost);
    last_request_ = "PUT " + entity.path + " " + DumpText(entity.body);
    status = sink_->PutEntity(entity);
  }
  return status;
}

void Delivery::NoteColumn(const std::string &table, const std::string &before,
                          const std::string &now) {
  columns_[table].push_back({before, now});
}

// Notes whose columns have other names, of what is sent with this.
void Delivery::FindColumns(const WorkKey &key) {
  sending_.clear();
  const bool schema = key.first == "schema";
  if (!schema && (key.first != "table" || columns_.count(key.second) == 0)) return;
  for (const auto &[identity, renamed] : columns_) {
    if (schema ? !IsWithin(identity, key.second) : identity != key.second) continue;
    const std::optional<EntityName> table = origin_->NameOf("table", identity);
    if (table) sending_[table->fqn] = identity;
  }
}

void Delivery::RenameColumns(const std::string &fqn, nlohmann::json *table) const {
  const auto identity = sending_.find(fqn);
  if (identity == sending_.end()) return;
  const auto renamed = columns_.find(identity->second);
  if (renamed == columns_.end()) return;
  for (const auto &[before, now] : renamed->second) RenameColumn(before, now, table);
}

// Forgets what an object and, with its schema, what is in it was called before: it is sent.
void Delivery::ForgetRenames(const WorkKey &key, bool content) {
  renames_.erase({key.first, key.second});
  if (!content) return;
  for (auto it = renames_.begin(); it != renames_.end();)
    it = IsWithin(it->first.second, key.second) ? renames_.erase(it) : std::next(it);
}

// Gives renamed columns what people wrote to them under their old names.
Status Delivery::TakeColumnsAlong(Entity *entity) {
  if (entity->type != "table" || sending_.count(entity->fqn) == 0) return Status::Done();
  nlohmann::json present;
  Status status = sink_->Fetch({entity->type, entity->fqn}, &present);
  if (!status.ok()) return status;
  RenameColumns(entity->fqn, &present);
  const std::set<std::string> own = TagsOf(entity->body);
  CarryOverColumns(present, entity);
  NoteCarried(*entity, own);
  return status;
}

// Takes away what was sent of the edges of a table, or of all tables of a schema: the catalog finds
// no edge of an entity that is deleted.
Status Delivery::RemoveEdgesOf(const EntityName &name) {
  for (const EdgeEnds &edge : SentEdgesOf(name)) {
    Status status = RemoveSent(edge);
    if (!status.ok()) return status;
  }
  return name.type == "table" ? RemoveForeign({name.fqn}, {}) : Status::Done();
}

// What was sent of a schema that is gone, though its entity stays: whether that goes is for the
// workflow's keys of tables and routines to say.
std::vector<EntityName> Delivery::GoneWith(const EntityName &schema) {
  std::vector<EntityName> inside;
  for (const std::string &key : KeysOf(schema, memory_)) {
    std::optional<EntityName> name = NameOfKey(key, origin_->DatabaseFqn());
    if (name && name->type != schema.type) inside.push_back(std::move(*name));
  }
  return inside.empty() ? inside : origin_->Departed(inside);
}

// Soft-deletes what is gone, of what was sent. A name that was kept by the workflow is only
// forgotten, so that it is sent again if it comes back.
Status Delivery::Delete(const std::vector<EntityName> &gone) {
  for (const EntityName &name : gone) {
    if (Recall(EntityKey(name.fqn, name.type == "storedProcedure")).empty()) continue;
    if (name.keep && name.type == "databaseSchema") {
      Status inside = Delete(GoneWith(name));
      if (!inside.ok()) return inside;
    }
    if (!name.keep) {
      Status edges = RemoveEdgesOf(name);
      if (!edges.ok()) return edges;
      last_request_ = "DELETE " + name.type + " " + name.fqn;
      Status status = sink_->DeleteEntity(name);
      if (!status.ok()) return status;
      ++sent_;
      spdlog::info("{} {} is gone: marked deleted", name.type, name.fqn);
    }
    for (const std::string &forgotten : KeysOf(name, memory_)) Drop(forgotten);
    EndLife(name);
  }
  return Status::Done();
}

// Compares what is there with what was sent: sends what differs, lets go of what is gone.
Status Delivery::Reconcile() {
  past_lives_.clear();
  Status status = SendAll(unconditional_);
  if (!status.missing.empty()) status = SendAll(true);
  if (status.ok()) status = SendForeign();
  if (!status.ok()) return status;
  std::vector<EntityName> sent;
  for (const auto &[key, value] : memory_) {
    std::optional<EntityName> name = NameOfKey(key, origin_->DatabaseFqn());
    if (name) sent.push_back(std::move(*name));
  }
  return sent.empty() ? status : Delete(origin_->Departed(sent));
}

}  // namespace shipper
