#include "ingest_memory.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "delivery.h"
#include "queue/pg_queue.h"
#include "translate/names.h"

namespace shipper {

namespace {

constexpr char kServiceKey[] = "service";  // in the memory: id of the service in the catalog

// The extension is not there, not loaded, or not for this role.
bool IsWithout(const PgError &error) {
  static const std::set<std::string> kStates = {"3F000", "42883", "42501", "55000", "42P01"};
  return kStates.count(error.sqlstate()) > 0;
}

std::string Environment(const char *name) {
  const char *value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool Begins(const std::string &text, const std::string &start) {
  return text.compare(0, start.size(), start) == 0;
}

}  // namespace

std::string StateDirectory(const ShipperConfig &config) {
  if (!config.state_directory.empty()) return config.state_directory;
  std::string base = Environment("XDG_STATE_HOME");
  if (base.empty() && !Environment("HOME").empty()) base = Environment("HOME") + "/.local/state";
  return base.empty() ? "" : base + "/lineage-shipper";
}

bool IsOf(const std::string &key, const EntityName &name) {
  if (key == EntityKey(name.fqn, name.type == "storedProcedure")) return true;
  if (name.type == "table" || name.type == "storedProcedure") return false;
  return Begins(key, EntityKey(name.fqn, true) + ".") || Begins(key, EntityKey(name.fqn) + ".");
}

IngestMemory::IngestMemory(PgSession *session, const Config &config, std::string sink)
    : session_(session), config_(config), sink_(std::move(sink)) {
  const PostgresConfig &pg = config.postgres;
  const std::string directory = StateDirectory(config.shipper);
  const nlohmann::json whose = {config.service_name, pg.host, pg.port, pg.database, sink_};
  if (!directory.empty()) file_.emplace(directory + "/" + ContentHash(whose.dump()) + ".json");
}

void IngestMemory::LearnKey(const std::string &key, const std::optional<std::string> &value) {
  if (key == kServiceKey) service_ = value.value_or("");
  if (!Begins(key, EntityKey(""))) return;
  if (value)
    book.Learn(key, *value);
  else
    book.Unlearn(key);
}

bool IngestMemory::LearnFromExtension() {
  try {
    PgQueue(session_, sink_).EachState([this](const std::string &key, const std::string &value) {
      LearnKey(key, value);
    });
    return true;
  } catch (const PgConnectError &) {
    throw;
  } catch (const PgError &error) {
    if (!IsWithout(error)) throw;
    spdlog::debug("no memory in the database: {}", error.what());
    return false;
  }
}

void IngestMemory::Each(const StateFile::Use &use) {
  if (in_extension_)
    PgQueue(session_, sink_).EachState(use);
  else if (file_)
    file_->Each(use);
}

Status IngestMemory::Load(Sink *sink) {
  in_extension_ = LearnFromExtension();
  if (!in_extension_ && file_) {
    file_->Each([this](const std::string &key, const std::optional<std::string> &value) {
      LearnKey(key, value);
    });
    file_->Compact(book.size(), [this](const std::string &key, const std::string &value) {
      return key == kServiceKey ? value == service_ : book.Has(key, value);
    });
  }
  nlohmann::json service;
  Status status = sink->Fetch({"databaseService", JoinFqn({config_.service_name})}, &service);
  if (!status.ok()) return status;
  const std::string id = service.is_object() ? service.value("id", "") : "";
  if (id.empty() || (!service_.empty() && service_ != id)) DropSent();
  if (config_.metadata.override_metadata || config_.server.force_entity_overwriting) book = {};
  if (id == service_) return status;
  if (id.empty())
    book.Erase(kServiceKey);  // not made yet: the next run learns it
  else
    book.Set(kServiceKey, id);
  return status;
}

// The catalog holds nothing of what was sent. Edges are the daemon's, and it finds out by this.
void IngestMemory::DropSent() {
  std::vector<std::string> sent;
  Each([&](const std::string &key, const std::optional<std::string> &) {
    if (Begins(key, EntityKey("")) || Begins(key, "edge:")) sent.push_back(key);
  });
  for (const std::string &key : sent) book.Erase(key);
  Save();
}

void IngestMemory::Forget(const std::vector<EntityName> &gone) {
  std::vector<EntityName> wide;  // what may have something below it
  for (const EntityName &name : gone) {
    book.Erase(EntityKey(name.fqn, name.type == "storedProcedure"));
    if (name.type != "table" && name.type != "storedProcedure") wide.push_back(name);
  }
  if (wide.empty()) return;
  std::vector<std::string> below;
  Each([&](const std::string &key, const std::optional<std::string> &) {
    if (std::any_of(wide.begin(), wide.end(),
                    [&](const EntityName &name) { return IsOf(key, name); }))
      below.push_back(key);
  });
  for (const std::string &key : below) book.Erase(key);
}

void IngestMemory::Save() {
  const std::vector<StateChange> changes = book.Take();
  if (changes.empty()) return;
  if (in_extension_) return PgQueue(session_, sink_).Settle({{}, {}, changes});
  if (!file_ || file_->Append(changes) || warned_) return;
  warned_ = true;
  spdlog::warn(
      "what was sent cannot be kept in {}, so that the next run sends everything again; set "
      "shipper.stateDirectory to a directory that can be written",
      file_->path());
}

}  // namespace shipper
