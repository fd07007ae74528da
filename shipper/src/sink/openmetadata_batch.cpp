// Many entities at once into OpenMetadata: as lists where the server has PUT /…/bulk, else each by
// its own request, in both cases over all connections.
//
// An entity that the answer to a list does not name as taken is put once more by itself: what that
// says decides, so nothing hangs on how a release words a failure within a list.
#include <algorithm>
#include <map>
#include <set>

#include "retry.h"
#include "sink/openmetadata_sink.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr size_t kMaxIds = 20000;      // that are remembered, about 5 MB
constexpr size_t kListColumns = 1000;  // of all tables of a list: a server takes a second for them

// Has no list in any release, or needs the id that only an answer of its own tells.
bool GoesSingly(const Entity &entity) {
  static const std::set<std::string> kListed = {"database", "databaseSchema", "table",
                                                "storedProcedure"};
  return entity.overrides || kListed.count(entity.type) == 0;
}

// Nothing more is to be sent after such an answer.
bool IsOutage(const HttpReply &reply) { return Classify("PUT", reply).outage; }

// Fully qualified names of what a list's answer says was taken.
std::set<std::string> TakenOf(const HttpReply &reply) {
  std::set<std::string> taken;
  const json answer = json::parse(reply.body, nullptr, false);
  if (!answer.is_object() || !answer.contains("successRequest")) return taken;
  for (const json &row : answer["successRequest"])
    if (row.is_object() && row.contains("request") && row["request"].is_string())
      taken.insert(row["request"].get<std::string>());
  return taken;
}

}  // namespace

// Tables with tables and routines with routines.
std::vector<std::vector<OpenMetadataSink::Item *>> OpenMetadataSink::Lists(
    std::vector<Item> *items) const {
  std::map<std::string, std::vector<Item *>> open;  // list that is being filled, by path
  std::map<std::string, size_t> columns;
  std::vector<std::vector<Item *>> lists;
  for (Item &item : *items) {
    if (!item.open || GoesSingly(*item.entity)) continue;
    std::vector<Item *> &list = open[item.adapted.path];
    size_t &weight = columns[item.adapted.path];
    const auto all = item.adapted.body.find("columns");
    const size_t own = all == item.adapted.body.end() ? 0 : all->size();
    if (list.size() >= list_length_ || (!list.empty() && weight + own > kListColumns)) {
      lists.push_back(std::move(list));
      list.clear();
      weight = 0;
    }
    list.push_back(&item);
    weight += own;
  }
  for (auto &[path, list] : open) lists.push_back(std::move(list));
  lists.erase(std::remove_if(lists.begin(), lists.end(),
                             [](const std::vector<Item *> &list) { return list.size() < 2; }),
              lists.end());
  return lists;
}

// What was not taken stays open. Where a list gets no answer the next ones are shorter: it may have
// been more than the server can do in the time that a request has.
void OpenMetadataSink::PutLists(std::vector<Item> *items) {
  const std::vector<std::vector<Item *>> lists = Lists(items);
  std::vector<HttpRequest> requests;
  for (const std::vector<Item *> &list : lists) {
    json bodies = json::array();
    for (Item *item : list) bodies.push_back(item->adapted.body);
    requests.push_back(Request("PUT", list[0]->adapted.path + "/bulk?async=false", &bodies));
  }
  const std::vector<HttpReply> replies =
      http_->SendAll(requests, [](const HttpReply &reply) { return !IsOutage(reply); });
  Status outage;
  for (const HttpReply &reply : replies) {
    const Status status = Classify("PUT", reply);
    if (!reply.skipped && status.outage) outage = status;
  }
  for (size_t i = 0; i < replies.size(); ++i) {
    const Status status = Classify("PUT", replies[i]);
    const std::set<std::string> taken = status.ok() ? TakenOf(replies[i]) : std::set<std::string>();
    for (Item *item : lists[i]) item->open = taken.count(item->entity->fqn) == 0;
  }
  list_length_ = outage.ok() ? std::min(list_length_ * 2, kMaxListLength) : (list_length_ + 3) / 4;
  if (outage.ok()) return;
  for (Item &item : *items)
    if (item.open) item.status = outage, item.open = false;
}

void OpenMetadataSink::PutSingly(std::vector<Item> *items) {
  std::vector<Item *> sent;
  std::vector<HttpRequest> requests;
  for (Item &item : *items) {
    if (!item.open) continue;
    sent.push_back(&item);
    requests.push_back(Request("PUT", item.adapted.path, &item.adapted.body));
  }
  const std::vector<HttpReply> replies =
      http_->SendAll(requests, [](const HttpReply &reply) { return !IsOutage(reply); });
  Status outage;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (replies[i].skipped) continue;
    const Status status = Classify("PUT", replies[i]);
    if (status.outage) outage = status;
    sent[i]->status = status.outage ? status : Taken(sent[i]->adapted, status, replies[i]);
    sent[i]->open = false;
  }
  for (Item *item : sent)
    if (item->open) item->status = outage, item->open = false;
}

std::vector<Status> OpenMetadataSink::PutEntities(const std::vector<Entity> &entities) {
  if (ids_.size() > kMaxIds) ids_.clear();  // what is needed is asked for again
  std::vector<Item> items(entities.size());
  Status status = LearnVersion();
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].entity = &entities[i];
    if (status.ok() && entities[i].type == "databaseService") {
      items[i].status = PutEntity(entities[i]);
      items[i].open = false;
    } else {
      items[i].status = status.ok() ? Adapt(entities[i], &items[i].adapted) : status;
      items[i].open = items[i].status.ok();
    }
    if (items[i].status.outage) status = items[i].status;
  }
  if (status.ok() && HasBulk()) PutLists(&items);
  if (status.ok()) PutSingly(&items);
  for (const Item &item : items)
    if (item.status.fault == Fault::kUnreachable) version_.clear();  // as Call() has it
  std::vector<Status> outcomes;
  for (Item &item : items) outcomes.push_back(item.open ? status : std::move(item.status));
  return outcomes;
}

}  // namespace shipper
