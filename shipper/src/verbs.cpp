#include "verbs.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <spdlog/spdlog.h>

#include "check.h"
#include "config.h"
#include "ingest_memory.h"
#include "logging.h"
#include "loop.h"
#include "parked.h"
#include "queue/pg_queue.h"
#include "report/report.h"
#include "runs/progress.h"
#include "runs/told_runs.h"
#include "retry.h"
#include "sink/curl_http.h"
#include "sink/file_sink.h"
#include "sink/openmetadata_sink.h"
#include "sink/patient_sink.h"
#include "source/catalog_origin.h"
#include "source/filter.h"
#include "source/ingest.h"
#include "source/stale.h"
#include "system_clock.h"
#include "test_connection.h"

namespace shipper {

namespace {

constexpr int kTriesOnce = 6;  // of a verb that runs once, before it gives up
constexpr size_t kPairsAtOnce = 200;
constexpr long kTryBaseMs = 500, kTryMaxMs = 15000;

// Everything a verb works with, in the order in which it is made.
struct Parts {
  Parts(const CommandLine &line, Signals *signals)
      : config(LoadConfig(line.configs, line.dry_run ? "file:-" : line.sink)),
        stop(&signals->stop),
        clock(&signals->stop, &signals->reload),
        session(config.postgres) {
    SetLogLevel(line.log_level.empty() ? config.logger_level : line.log_level);
    for (const std::string &warning : config.warnings) spdlog::warn(warning);
    ObjectFilter filter(config);  // throws for an expression that is none
    if (config.sink.type == "file") {
      sink = std::make_unique<FileSink>(config.sink.target);
      return;
    }
    HttpOptions options;
    options.verify_ssl = config.server.verify_ssl;
    options.ca_certificate = config.server.ca_certificate;
    options.ca_certificate_pem = config.server.ca_certificate_pem;
    options.connect_timeout_ms = config.shipper.connect_timeout_ms;
    options.timeout_ms = config.shipper.request_timeout_ms;
    options.connections = Connections(config);
    options.user_agent = "lineage-shipper (service: " + config.service_name + ")";
    http = std::make_unique<CurlHttp>(options, &signals->stop);
    auto catalog = std::make_unique<OpenMetadataSink>(config.server, http.get());
    api = catalog.get();
    sink = std::move(catalog);
  }

  Config config;
  const std::atomic<bool> *stop;
  SystemClock clock;
  PgSession session;
  std::unique_ptr<Http> http;
  std::unique_ptr<Sink> sink;
  CatalogApi *api = nullptr;  // the sink, where it is a catalog
};

// A database that lacks something that the verb needs is said before any work.
void RequireDatabase(Parts *parts) {
  Require(InspectServer(&parts->session.Get()));
  Require(InspectDatabase(&parts->session.Get(), parts->config));
}

// A catalog that refuses the credential or is no catalog at all is said before any work.
void RequireSink(Parts *parts) { Require({InspectSink(parts->sink.get())}); }

// The sink of a verb that runs once: it waits for one that is out, for a while.
PatientSink SinkOnce(Parts *parts) {
  return PatientSink(parts->sink.get(), &parts->clock, kTriesOnce, kTryBaseMs, kTryMaxMs,
                     parts->stop);
}

// What this verb remembers of the sink: all of it for a catalog; for a file only which routine an
// edge shows and which one has a bare name, so that the file has every entity that its edges name.
Delivery::Memory MemoryFor(Parts *parts, PgQueue *queue) {
  Delivery::Memory memory = queue->State();
  if (parts->config.sink.type != "file") return memory;
  for (auto entry = memory.begin(); entry != memory.end();)
    entry = entry->first.rfind("pipeline:", 0) == 0 || entry->first.rfind("bare:", 0) == 0
                ? std::next(entry)
                : memory.erase(entry);
  return memory;
}

// 0 or 1, by the share that went well; what the catalog had already went well.
ExitCode Verdict(const Config &config, long sent, long bad, long unchanged = 0) {
  if (bad == 0 || !config.raise_on_error) return kExitOk;
  const long good = std::max(sent + unchanged, 1L);
  return 100.0 * good / (good + bad) < config.success_threshold ? kExitBelowThreshold : kExitOk;
}

// A failure that waiting did not cure ends the verb with its own code.
void RequireTaken(const Status &status) {
  if (status.action == Action::kDone || status.action == Action::kPark) return;
  throw FatalError(status.message, ExitCodeOf(status));
}

// What an ingest of several databases comes to.
struct IngestAccount {
  RunAccount *run;
  const Tick &tick;
  Clock *clock;
  bool complete = true;

  void Add(const StaleResult &stale) {
    RequireTaken(stale.status);
    run->sink.updated += static_cast<long>(stale.deleted.size());
    for (const EntityName &name : stale.refused)
      run->sink.Fail(name.fqn, "the catalog refuses to mark it deleted");
  }
  void Add(const IngestResult &result) {
    const IngestCounts &counts = result.counts;
    run->source.records += counts.total() + counts.unchanged;
    run->source.warnings += static_cast<long>(result.warnings.size());
    run->source.filtered += counts.filtered;
    run->sink.records += counts.total();
    run->sink.unchanged += counts.unchanged;
    for (const IngestFailure &failure : result.failures)
      (failure.unread ? run->source : run->sink).Fail(failure.object, failure.reason);
  }
};

// One database. What is gone from it is marked deleted only after all of it was read and taken. A
// file gets everything each time, a catalog what has changed since the last run.
void IngestOne(const Config &config, Sink *sink, IngestAccount *account) {
  PgSession session(config.postgres);
  IngestMemory memory(&session, config, sink->name());
  const bool remembers = config.sink.type != "file";
  if (remembers) RequireTaken(memory.Load(sink));
  Progress progress(account->clock, config.postgres.database, LogIsOnTerminal());
  const long before = account->run->done;
  const auto tick = [&](const IngestCounts &counts) {
    const long done = counts.total() + counts.unchanged + counts.failed;
    account->run->done = before + done;
    account->run->expected = before + std::max(done, counts.expected);
    account->tick();
    progress.Show(done, std::max(done, counts.expected));
  };
  const auto keep = [&] { remembers ? memory.Save() : static_cast<void>(memory.book.Take()); };
  IngestResult result = Ingest(&session.Get(), config, sink, {}, &memory.book, keep, tick);
  progress.End();
  for (const std::string &warning : result.warnings) spdlog::warn(warning);
  for (const IngestFailure &failure : result.failures)
    spdlog::error("{}: {}", failure.object, failure.reason);
  account->Add(result);
  RequireTaken(result.status);
  if (result.counts.filtered > 0)
    spdlog::info("{}: {} objects left out by filters", config.postgres.database,
                 result.counts.filtered);
  if (result.complete && result.failures.empty()) {
    const StaleResult stale = MarkDeleted(&session.Get(), config, sink);
    memory.Forget(stale.deleted);
    keep();
    account->Add(stale);
  } else {
    account->complete = false;
    spdlog::warn("{}: not all of it was read and taken, so nothing is marked deleted",
                 config.postgres.database);
  }
}

// Metadata of the whole database, or of all of them, with or without the extension. A database of
// several that cannot be entered is told and counted, and the others go on.
void PushMetadata(Parts *parts, RunAccount *run, const Tick &tick) {
  Require(InspectServer(&parts->session.Get()));
  RequireSink(parts);
  PatientSink sink = SinkOnce(parts);
  IngestAccount account{run, tick, &parts->clock};
  for (const std::string &database : IngestDatabases(&parts->session.Get(), parts->config)) {
    Config config = parts->config;
    config.postgres.database = database;
    try {
      IngestOne(config, &sink, &account);
    } catch (const PgError &error) {
      if (!parts->config.postgres.ingest_all_databases) throw;
      spdlog::error("database {}: {}", database, error.what());
      run->source.Fail("database " + database, error.what());
      account.complete = false;
    }
  }
  if (account.complete)
    account.Add(MarkDeletedDatabases(&parts->session.Get(), parts->config, &sink));
  RequireTaken(sink.Flush());
}

ExitCode IngestAll(const CommandLine &, Parts *parts) {
  const RunAccount run =
      TellRun("DatabaseMetadata", parts->config, parts->api, &parts->clock,
              [&](RunAccount *account, const Tick &tick) { PushMetadata(parts, account, tick); });
  return Verdict(parts->config, run.sink.records + run.sink.updated,
                 run.source.errors + run.sink.errors, run.sink.unchanged);
}

// All lineage of the store, once. What the daemon would remember is remembered.
void SendPairs(const CommandLine &line, Parts *parts, RunAccount *run, const Tick &tick) {
  RequireDatabase(parts);
  RequireSink(parts);
  PatientSink sink = SinkOnce(parts);
  CatalogOrigin origin([parts]() -> PgConnection & { return parts->session.Get(); }, parts->config);
  PgQueue queue(&parts->session, parts->sink->name());
  if (!line.dry_run) queue.Register();
  Delivery delivery(&origin, &sink, MemoryFor(parts, &queue));
  delivery.set_unconditional(true);
  std::vector<TablePair> pairs = origin.Pairs({});
  for (const TablePair &pair : delivery.Stale(pairs)) pairs.push_back(pair);
  Progress progress(&parts->clock, "lineage", LogIsOnTerminal());
  std::set<WorkKey> done;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i % kPairsAtOnce == 0) {
      std::vector<WorkKey> keys;
      for (size_t j = i; j < std::min(i + kPairsAtOnce, pairs.size()); ++j)
        keys.push_back({WorkKind::kPair, pairs[j].first, pairs[j].second});
      done.clear();
      RequireTaken(delivery.SendPairs(keys, &done));
    }
    const TablePair &pair = pairs[i];
    const WorkKey key{WorkKind::kPair, pair.first, pair.second};
    Status status;
    if (done.count(key) == 0) status = delivery.Send(key, [](const WorkKey &) {});
    RequireTaken(status);
    ++run->source.records;
    if (status.ok()) {
      ++run->sink.records;
    } else {
      spdlog::error("{} -> {}: {}", pair.first, pair.second, status.message);
      run->sink.Fail(pair.first + " -> " + pair.second, status.message);
    }
    run->done = run->source.records;
    run->expected = static_cast<long>(pairs.size());
    tick();
    progress.Show(run->done, run->expected);
  }
  progress.End();
  const long sent = delivery.sent();
  RequireTaken(delivery.SendForeign());
  run->sink.records += delivery.sent() - sent;
  for (const auto &[name, reason] : delivery.TakeRefusals()) run->sink.Fail(name, reason);
  RequireTaken(sink.Flush());
  if (!line.dry_run) queue.Settle({{}, {}, delivery.TakeChanges()});
}

ExitCode SendLineage(const CommandLine &line, Parts *parts) {
  const RunAccount run = TellRun(
      "DatabaseLineage", parts->config, parts->api, &parts->clock,
      [&](RunAccount *account, const Tick &tick) { SendPairs(line, parts, account, tick); });
  return Verdict(parts->config, run.sink.records, run.sink.errors);
}

// Waits for a database that is not there yet, or goes away while it is looked at; what waiting
// cannot mend is thrown.
void WaitForDatabase(Parts *parts, const Signals &signals) {
  for (int attempt = 0; !signals.stop; ++attempt) {
    try {
      RequireDatabase(parts);
      return;
    } catch (const PgConnectError &error) {
      if (error.permanent()) throw;
      long wait = BackoffMs(attempt, parts->clock.Random01(), kTryBaseMs, kTryMaxMs);
      spdlog::warn("{}; trying again in {} ms", error.what(), wait);
      parts->clock.SleepMs(wait);
    }
  }
}

// The daemon.
ExitCode Run(const CommandLine &line, Parts *parts, Signals *signals) {
  if (line.dry_run) {  // what it would begin with
    ExitCode code = IngestAll(line, parts);
    return std::max(code, SendLineage(line, parts));
  }
  WaitForDatabase(parts, *signals);
  if (signals->stop) return kExitOk;
  const ShipperConfig &own = parts->config.shipper;
  LoopOptions options;
  options.poll_interval_ms = own.poll_interval_ms;
  options.batch_size = own.batch_size;
  options.retry_base_ms = own.retry_base_ms;
  options.retry_max_ms = own.retry_max_ms;
  options.park_after_attempts = own.park_after_attempts;
  options.reconcile_interval_ms = own.reconcile_minutes * 60000LL;
  options.schedule = own.schedule;
  CatalogOrigin origin([parts]() -> PgConnection & { return parts->session.Get(); }, parts->config);
  PgQueue queue(&parts->session, parts->sink->name());
  Loop loop(&queue, &origin, parts->sink.get(), &parts->clock, options);
  ToldRuns runs(parts->config, parts->api, &parts->clock);
  loop.set_observer(&runs);
  Progress snapshot(&parts->clock, "snapshot", LogIsOnTerminal());
  loop.set_snapshot_progress([&](int64_t done, int64_t total) {
    snapshot.Show(done, total);
    if (done >= total) snapshot.End();
  });
  loop.Run(signals->stop, &signals->reload);
  spdlog::info("ended");
  return kExitOk;
}

// Every connection, permission and setting.
ExitCode Check(const CommandLine &, Parts *parts) {
  std::vector<Finding> findings;
  PgConnection *connection = nullptr;
  const PostgresConfig &postgres = parts->config.postgres;
  const std::string where =
      postgres.username + " at " + postgres.host + ":" + postgres.port + "/" + postgres.database;
  try {
    PgConnection &pg = parts->session.Get();
    connection = &pg;
    findings.push_back({Verdict::kGood, "connection", where, kExitOk});
    for (Finding &finding : InspectServer(&pg)) findings.push_back(std::move(finding));
    for (Finding &finding : InspectDatabase(&pg, parts->config))
      findings.push_back(std::move(finding));
  } catch (const PgError &error) {
    findings.push_back({Verdict::kBad, "connection", error.what(), ExitCodeOf(error)});
  }
  findings.push_back(InspectSink(parts->sink.get()));
  for (Finding &finding : TestConnection(connection, parts->api))
    findings.push_back(std::move(finding));
  for (const std::string &warning : parts->config.warnings)
    findings.push_back({Verdict::kWarning, "configuration", warning, kExitOk});
  return PrintFindings(findings);
}

// The page of the graph.
ExitCode Report(const CommandLine &line, Parts *parts) {
  RequireDatabase(parts);
  const std::string path = line.output.empty() ? kDefaultReportPath : line.output;
  Status status = RunReport(parts->session.Get(), path);
  if (!status.ok()) throw FatalError(status.message, ExitCodeOf(status));
  std::printf("%s\n", path.c_str());
  return kExitOk;
}

// What was parked, for reading.
ExitCode Parked(const CommandLine &line, Parts *parts) {
  Require(InspectDatabase(&parts->session.Get(), parts->config));
  PgQueue queue(&parts->session, parts->sink->name());
  PrintParked(queue.Parked(), line.json);
  return kExitOk;
}

// Tries parked things of this sink again; what is taken now leaves the list.
ExitCode Retry(const CommandLine &line, Parts *parts) {
  RequireDatabase(parts);
  RequireSink(parts);
  PatientSink sink = SinkOnce(parts);
  CatalogOrigin origin([parts]() -> PgConnection & { return parts->session.Get(); }, parts->config);
  PgQueue queue(&parts->session, parts->sink->name());
  queue.Register();
  Delivery delivery(&origin, &sink, queue.State());
  delivery.set_unconditional(true);
  const RetryOutcome outcome = RetryParked(&queue, &delivery, &sink, parts->sink->name(), line.ids);
  spdlog::info("{} sent, {} failed", outcome.taken, outcome.refused);
  return Verdict(parts->config, outcome.taken, outcome.refused);
}

bool AsksFor(const Config &config, const std::string &type) {
  return std::count(config.workflow_types.begin(), config.workflow_types.end(), type) > 0;
}

// A file of another workflow is no reason to do this one.
void RequireWork(const std::string &verb, const Config &config) {
  static const std::set<std::string> kSending = {"run", "ingest", "lineage"};
  if (kSending.count(verb) == 0 || AsksFor(config, "DatabaseMetadata") ||
      AsksFor(config, "DatabaseLineage"))
    return;
  throw FatalError("sourceConfig.config.type is " + config.workflow_types.front() +
                       ", a workflow of a later version; give a file of type DatabaseMetadata or "
                       "DatabaseLineage",
                   kExitUnavailable);
}

using VerbFunction = ExitCode (*)(const CommandLine &, Parts *);
const std::map<std::string, VerbFunction> kVerbs = {{"ingest", IngestAll}, {"lineage", SendLineage},
                                                    {"check", Check},      {"report", Report},
                                                    {"parked", Parked},    {"retry", Retry}};

const char *const kLaterVerbs[] = {"usage", "profile", "classify", "test",
                                   "dbt",   "reverse", "init"};

// One that runs once.
ExitCode RunOnce(const CommandLine &line, Parts *parts) {
  if (line.verb == "ingest" && !AsksFor(parts->config, "DatabaseMetadata"))
    return SendLineage(line, parts);  // as the peer's `ingest` does with such a file
  return kVerbs.at(line.verb)(line, parts);
}

}  // namespace

bool IsVerb(const std::string &verb) { return verb == "run" || kVerbs.count(verb) > 0; }

bool IsLaterVerb(const std::string &verb) {
  return std::count(std::begin(kLaterVerbs), std::end(kLaterVerbs), verb) > 0;
}

ExitCode RunVerb(const CommandLine &line, Signals *signals) {
  Parts parts(line, signals);
  RequireWork(line.verb, parts.config);
  if (line.verb == "run") return Run(line, &parts, signals);
  try {
    return RunOnce(line, &parts);
  } catch (const FatalError &) {
    if (!signals->stop) throw;
    throw FatalError(
        "stopped by a signal; what the catalog took until then is kept: run it again for the rest",
        kExitTryAgain);
  }
}

}  // namespace shipper
