#include "ingest_memory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "delivery.h"
#include "queue/pg_queue.h"
#include "translate/names.h"

namespace shipper {

namespace {

using nlohmann::json;

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

}  // namespace

std::string StateDirectory(const ShipperConfig &config) {
  if (!config.state_directory.empty()) return config.state_directory;
  std::string base = Environment("XDG_STATE_HOME");
  if (base.empty() && !Environment("HOME").empty()) base = Environment("HOME") + "/.local/state";
  return base.empty() ? "" : base + "/lineage-shipper";
}

IngestMemory::IngestMemory(PgSession *session, const Config &config, std::string sink)
    : session_(session), config_(config), sink_(std::move(sink)) {
  const PostgresConfig &pg = config.postgres;
  const std::string directory = StateDirectory(config.shipper);
  const json whose = {config.service_name, pg.host, pg.port, pg.database, sink_};
  if (!directory.empty()) path_ = directory + "/" + ContentHash(whose.dump()) + ".json";
}

bool IngestMemory::LoadFromExtension() {
  try {
    state = PgQueue(session_, sink_).State();
    return true;
  } catch (const PgConnectError &) {
    throw;
  } catch (const PgError &error) {
    if (!IsWithout(error)) throw;
    spdlog::debug("no memory in the database: {}", error.what());
    return false;
  }
}

// A file that is not there or broken is an empty memory.
void IngestMemory::LoadFromFile() {
  std::ifstream file(path_, std::ios::binary);
  const json known = json::parse(file, nullptr, false);
  if (!known.is_object()) return;
  for (const auto &[key, value] : known.items())
    if (value.is_string()) state[key] = value.get<std::string>();
}

Status IngestMemory::Load(Sink *sink) {
  in_extension_ = LoadFromExtension();
  if (!in_extension_ && !path_.empty()) LoadFromFile();
  saved_ = state;
  json service;
  Status status = sink->Fetch({"databaseService", JoinFqn({config_.service_name})}, &service);
  if (!status.ok()) return status;
  const std::string id = service.is_object() ? service.value("id", "") : "";
  const bool forced = config_.metadata.override_metadata || config_.server.force_entity_overwriting;
  const auto known = state.find(kServiceKey);
  const bool other = known != state.end() && known->second != id;
  if (id.empty() || other || forced) {
    for (auto entry = state.begin(); entry != state.end();) {
      const bool sent =
          entry->first.rfind("entity:", 0) == 0 || (!forced && entry->first.rfind("edge:", 0) == 0);
      entry = sent ? state.erase(entry) : std::next(entry);
    }
  }
  if (id.empty())
    state.erase(kServiceKey);  // not made yet: the next run learns it
  else
    state[kServiceKey] = id;
  return status;
}

void IngestMemory::Forget(const EntityName &gone) {
  for (const std::string &key : KeysOf(gone, state)) state.erase(key);
}

void IngestMemory::SaveToFile() const {
  if (path_.empty()) return;
  std::error_code error;
  const std::filesystem::path path(path_), draft(path_ + ".new");
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << json(state).dump(-1, ' ', false, json::error_handler_t::replace);
  file.close();
  if (!error && file) std::filesystem::rename(draft, path, error);
  if (error || !file)
    spdlog::warn(
        "what was sent cannot be kept in {}, so that the next run sends everything again; set "
        "shipper.stateDirectory to a directory that can be written",
        path_);
}

void IngestMemory::Save() {
  if (state == saved_) return;
  if (in_extension_) {
    Settlement settlement;
    for (const auto &[key, value] : state) {
      const auto before = saved_.find(key);
      if (before == saved_.end() || before->second != value)
        settlement.state.push_back({key, value});
    }
    for (const auto &[key, value] : saved_)
      if (state.count(key) == 0) settlement.state.push_back({key, std::nullopt});
    PgQueue(session_, sink_).Settle(settlement);
  } else {
    SaveToFile();
  }
  saved_ = state;
}

}  // namespace shipper
