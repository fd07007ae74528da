#include "runs/told_runs.h"

#include <exception>

#include <spdlog/spdlog.h>

#include "ingest_memory.h"
#include "queue/pg_connection.h"
#include "translate/names.h"

namespace shipper {

std::unique_ptr<RunReporter> ReporterOf(const std::string &type, const Config &config,
                                        CatalogApi *api, Clock *clock) {
  const auto pipeline = config.pipelines.find(type);
  if (api == nullptr || pipeline == config.pipelines.end()) return nullptr;
  RunPipeline told{config.service_name, type, pipeline->second};
  const std::string directory = StateDirectory(config.shipper);
  const nlohmann::json whose = {config.server.host_port, config.service_name, type,
                                told.config.fqn};
  if (!directory.empty()) told.notes = directory + "/run-" + ContentHash(whose.dump()) + ".json";
  return std::make_unique<RunReporter>(api, clock, std::move(told), Redactor(config));
}

RunAccount TellRun(const std::string &type, const Config &config, CatalogApi *api, Clock *clock,
                   const std::function<void(RunAccount *, const Tick &)> &work) {
  std::unique_ptr<RunReporter> reporter = ReporterOf(type, config, api, clock);
  RunAccount account;
  const auto end = [&] {
    if (reporter) reporter->End(account, config.success_threshold);
  };
  if (reporter) reporter->Begin();
  try {
    work(&account, [&] {
      if (reporter) reporter->Tick(account);
    });
  } catch (const std::exception &error) {
    account.broken = true;
    const bool database = dynamic_cast<const PgError *>(&error) != nullptr;
    (database ? account.source : account.sink).Fail(config.service_name, error.what());
    end();
    throw;
  }
  spdlog::info("{} sent, {} unchanged, {} failed", account.sink.records + account.sink.updated,
               account.sink.unchanged, account.source.errors + account.sink.errors);
  end();
  return account;
}

ToldRuns::ToldRuns(const Config &config, CatalogApi *api, Clock *clock)
    : success_threshold_(config.success_threshold),
      metadata_{ReporterOf("DatabaseMetadata", config, api, clock), {}},
      lineage_{ReporterOf("DatabaseLineage", config, api, clock), {}} {}

void ToldRuns::Begins() {
  for (Told *told : {&metadata_, &lineage_})
    if (told->reporter) told->reporter->Begin();
}

void ToldRuns::Sent(WorkKind kind, long requests) {
  Of(kind).account.done += requests;
  Of(kind).account.source.records += requests;
  Of(kind).account.sink.records += requests;
}

void ToldRuns::Refused(WorkKind kind, const std::string &object, const std::string &reason) {
  Of(kind).account.sink.Fail(object, reason);
}

void ToldRuns::Tick() {
  for (Told *told : {&metadata_, &lineage_})
    if (told->reporter) told->reporter->Tick(told->account);
}

void ToldRuns::Ends(bool complete) {
  for (Told *told : {&metadata_, &lineage_}) {
    told->account.broken = !complete;
    if (told->reporter) told->reporter->End(told->account, success_threshold_);
    told->account = {};
  }
}

}  // namespace shipper
