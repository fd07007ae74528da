// Sends one piece of work: reads its present state from the origin, puts it into the sink.
//
// Owns the sink's memory (what was sent, by hash; which routine an edge shows) and hands out the
// changes of it, which the loop settles together with the feed rows. What was sent before and has
// not changed since is not sent again, so what a person deleted in the catalog stays deleted.
//
//   Delivery delivery(&origin, &sink, queue.State());
//   Status status = delivery.Send(work.key);
//   settlement.state = delivery.TakeChanges();
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ddl_event.h"
#include "origin.h"
#include "queue/queue.h"
#include "sink/sink.h"
#include "work_list.h"

namespace shipper {

class Delivery : public RoutineBook {
 public:
  using Memory = std::map<std::string, std::string>;

  Delivery(Origin *origin, Sink *sink, Memory memory)
      : origin_(origin), sink_(sink), memory_(std::move(memory)) {
    for (const auto &[key, value] : memory_) IndexEdge(key, true);
    origin_->UseBook(this);
  }
  ~Delivery() override {
    if (origin_->book() == this) origin_->UseBook(nullptr);
  }
  Delivery(const Delivery &) = delete;
  Delivery &operator=(const Delivery &) = delete;

  bool HasRoutine(const std::string &fqn) const override;
  std::string BareHolder(const std::string &fqn) const override;

  // `follow` receives work that this one entails: the pairs of a changed table or of a resync.
  using Follow = std::function<void(const WorkKey &)>;
  Status Send(const WorkKey &key, const Follow &follow);

  // Whether nothing but its present state matters to what is sent: an edge, or a table that was not
  // renamed, nor a column of it.
  bool GoesTogether(const WorkKey &key) const;
  // Such tables, read and sent together. `done`: those of which nothing is left to do; the others
  // are to be sent each by itself, which finds out why. Not done: the sink is out.
  Status SendTables(const std::vector<WorkKey> &keys, const Follow &follow,
                    std::set<WorkKey> *done);

  // The same of edges, each of another pair.
  Status SendPairs(const std::vector<WorkKey> &keys, std::set<WorkKey> *done);

  // Edges across databases, of all foreign tables or of one by its identity.
  Status SendForeign(const std::string &table = {});

  // A DDL event says that an object had another name before. When it is sent, what people wrote to
  // the old entity goes to the new one, unless somebody else has the old name now.
  void NoteRename(const std::string &type, const std::string &before, const std::string &now);

  // The same for a column of a table.
  void NoteColumn(const std::string &table, const std::string &before, const std::string &now);

  // A DDL event of an object: when it was made, or changed. Told to the catalog as its life cycle.
  void NoteLife(const std::string &type, const std::string &identity, LifeEvent event,
                int64_t at_ms);

  // Everything is sent again although it did not change: for verbs that a person calls.
  void set_unconditional(bool on) { unconditional_ = on; }

  const std::string &Recall(const std::string &key) const;  // "" where nothing is known
  void Remember(const std::string &key, const std::string &value);
  void Drop(const std::string &key);
  // All edges that were sent and not taken back.
  std::vector<EdgeEnds> SentEdges() const;
  // Those of a table, or of all tables of a schema.
  std::vector<EdgeEnds> SentEdgesOf(const EntityName &name) const;
  // Pairs whose edge was sent and that are not among those that live.
  std::vector<TablePair> Stale(const std::vector<TablePair> &live) const;
  void ForgetSent();  // the sink holds nothing of what was put before

  std::vector<StateChange> TakeChanges();
  void Undo();  // what was put since TakeChanges() did not last: as if it had not been sent
  const std::string &last_request() const { return last_request_; }  // for the parked list
  long sent() const { return sent_; }                                // requests that the sink took
  long refused() const { return refused_; }    // entities refused for good on a walk over all
  bool complete() const { return complete_; }  // all of the last such walk was read and taken
  // These since last asked: name and reason.
  using Refusals = std::vector<std::pair<std::string, std::string>>;
  Refusals TakeRefusals() { return std::exchange(refusals_, {}); }

 private:
  Status SendEverything(const Follow &follow);
  Status SendObject(const std::string &type, const std::string &identity, bool force, bool *found);
  Status SendAll(bool force);
  using Walk = std::function<bool(const Origin::Give &)>;
  Status SendWalk(bool force, const Walk &walk, bool *whole);
  Status SendSchema(const std::string &identity, const Follow &follow, bool *found);
  Status Reconcile();
  Status SendChange(const WorkKey &key, const Follow &follow);
  std::vector<std::string> NamesBefore(const std::string &type, const std::string &identity) const;
  void MoveColumns(const std::string &before, const std::string &now);
  void MoveRenames(const std::string &before, const std::string &now);
  std::vector<EntityName> FindFormer(const WorkKey &key);
  void AddFormer(const std::pair<std::string, std::string> &renamed,
                 const std::vector<std::string> &names, std::vector<EntityName> *gone);
  void FindColumns(const WorkKey &key);
  void RenameColumns(const std::string &fqn, nlohmann::json *table) const;
  void ForgetRenames(const WorkKey &key, bool content);
  std::vector<EntityName> FormerOf(const Entity &entity) const;
  Status TakeAlong(Entity *entity);
  Status TakeColumnsAlong(Entity *entity);
  void NoteCarried(const Entity &entity, const std::set<std::string> &own);
  Status PutWithoutLost(Entity entity, Status status);
  std::vector<EntityName> GoneWith(const EntityName &schema);
  Status Delete(const std::vector<EntityName> &gone);
  bool NoteLoss(const Status &status, const std::string &service);
  std::optional<std::string> DueHash(const Entity &entity, bool force);
  void NoteSent(const Entity &entity, const std::string &hash);
  Status SendEntity(const Entity &entity, bool force);
  // An edge that was read; not `due` where nothing is to be put, or the same was put before.
  struct Prepared {
    LineageEdge edge;
    std::string request;  // its text
    bool due = false;
  };
  Status PrepareEdge(const TablePair &pair, Prepared *prepared);
  Status PutPrepared(std::vector<std::pair<WorkKey, Prepared>> *gathered, std::set<WorkKey> *done);
  void NoteEdge(const Prepared &prepared);
  Status SendPair(const TablePair &pair);
  void IndexEdge(const std::string &key, bool there);
  Status RemoveEdge(const TablePair &pair);
  Status RemoveSent(const EdgeEnds &edge);
  void SettleLife(const WorkKey &key);
  void AddLife(Entity *entity);
  void EndLife(const EntityName &name);
  std::string TakeLife(const EntityName &name);
  Status FindFar(const ForeignLink &link, std::string *fqn, nlohmann::json *body);
  Status PutForeign(const LineageEdge &edge);
  Status RemoveForeign(const std::set<std::string> &here, const std::set<std::string> &live);
  Status RemoveEdgesOf(const EntityName &name);
  Status SendEnds(const TablePair &pair, const LineageEdge &edge, bool force);
  Status ChoosePipeline(const TablePair &pair, LineageEdge *edge);
  void Keep(const std::string &key);
  Status PutEdge(const TablePair &pair, LineageEdge *edge);

  // Times of DDL in ms; 0 where it was not seen.
  struct Life {
    int64_t made = 0;
    int64_t changed = 0;
    int64_t either = 0;  // made, or replaced
  };
  // Table -> pairs of (before, now), oldest first.
  using ColumnRenames = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;

  Origin *origin_;
  Sink *sink_;
  Memory memory_;
  std::set<std::pair<std::string, std::string>> edges_into_;  // of the memory: to, from
  std::map<std::string, std::optional<std::string>> before_;  // of keys changed since TakeChanges
  // By type and present identity: what it was called before, latest last.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> renames_;
  ColumnRenames columns_;                                      // of tables by present identity
  std::map<std::pair<std::string, std::string>, Life> lives_;  // by type and present identity
  std::map<std::string, std::string> past_lives_;              // of names that went, by key
  // Of the object that is being sent: its name, and that of the entity it was.
  std::vector<std::pair<EntityName, EntityName>> former_;
  std::map<std::string, std::string> sending_;  // tables with renamed columns: name -> identity
  std::map<std::string, std::set<std::string>> carried_;  // tags that were taken along, by key
  std::string last_request_;
  bool unconditional_ = false;
  bool catalog_lost_ = false;  // it turned out to be another, empty one
  long sent_ = 0;
  long refused_ = 0;
  bool complete_ = false;
  Refusals refusals_;
};

// What the memory calls an entity, and what it holds of one that was sent.
std::string EntityKey(const std::string &fqn, bool is_routine = false);
std::string EntityKey(const Entity &entity);
std::string EntityHash(const Entity &entity);

// The keys of an entity and of all below it in a memory.
std::vector<std::string> KeysOf(const EntityName &name,
                                const std::map<std::string, std::string> &memory);

// A request as text; what is no UTF-8 becomes U+FFFD.
std::string DumpText(const nlohmann::json &body);

// 64 bits of a text in hex: to tell that a request is the one sent before, nothing more.
std::string ShortHash(const std::string &text);

}  // namespace shipper
