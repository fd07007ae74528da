// lineage-shipper: the command line, signals, and the words and code with which the process ends.
#include <csignal>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "config.h"
#include "exit_code.h"
#include "logging.h"
#include "queue/pg_connection.h"
#include "verbs.h"

namespace {

constexpr char kVersion[] = "lineage-shipper 1.0";
constexpr char kVerbHelp[] =
    "run      drain the queue: push lineage and changes as they happen\n"
    "ingest   push the metadata of the database, once\n"
    "lineage  push all known lineage, once\n"
    "report   write a self-contained HTML page of the lineage graph\n"
    "check    test every connection, permission and setting\n"
    "parked   list what the catalog can never take, and why\n"
    "retry    try parked things again\n"
    "later versions: usage, profile, classify, test, dbt, reverse, init";

shipper::Signals g_signals;

void OnStop(int) { g_signals.stop = true; }
void OnReload(int) { g_signals.reload = true; }

// SIGTERM and SIGINT drain and end, SIGHUP reads the credential again.
void CatchSignals() {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = OnStop;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = OnReload;
  sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void Declare(CLI::App *app, shipper::CommandLine *line, std::string *format) {
  app->add_option("VERB", line->verb, kVerbHelp)->required();
  app->add_option("ID", line->ids, "retry: which parked things (default: all)");
  app->add_option("-c,--config", line->configs, "workflow YAML; several files of one service")
      ->allow_extra_args(false);
  app->add_flag("--dry-run", line->dry_run, "print what would be sent, send and remember nothing");
  app->add_option("--sink", line->sink, "TYPE[:TARGET]: metadata-rest, file:PATH");
  app->add_option("-o,--output", line->output, "report: path of the page");
  app->add_option("--log-level", line->log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}, CLI::ignore_case));
  app->add_option("--log-format", *format, "text or json")->check(CLI::IsMember({"text", "json"}));
  app->set_version_flag("--version", kVersion);
}

shipper::ExitCode Fail(const std::string &message, shipper::ExitCode code) {
  spdlog::error(message);
  return code;
}

// One verb from its command line to its exit code.
shipper::ExitCode Work(const shipper::CommandLine &line) {
  using namespace shipper;
  if (IsLaterVerb(line.verb))
    return Fail("`" + line.verb + "` is not in this version yet; see --help for what is",
                kExitUnavailable);
  if (!IsVerb(line.verb))
    return Fail("unknown verb '" + line.verb + "'; --help lists the verbs", kExitUsage);
  if (!line.ids.empty() && line.verb != "retry")
    return Fail("numbers are for `retry` only; remove them", kExitUsage);
  if (line.configs.empty())
    return Fail("no workflow file; give one with -c workflow.yaml", kExitUsage);
  try {
    if (!line.sink.empty()) ParseSink(line.sink);
  } catch (const ConfigError &error) {
    return Fail(error.what(), kExitUsage);
  }
  try {
    return RunVerb(line, &g_signals);
  } catch (const ConfigError &error) {
    return Fail(error.what(), kExitConfig);
  } catch (const FatalError &error) {
    return Fail(error.what(), error.code());
  } catch (const PgError &error) {
    return Fail(error.what(), ExitCodeOf(error));
  }
}

}  // namespace

int main(int argc, char **argv) {
  shipper::CommandLine line;
  std::string format = "text";
  CLI::App app("Ships the lineage that pg_lineage captured to a catalog.");
  Declare(&app, &line, &format);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? shipper::kExitOk : shipper::kExitUsage;
  }
  try {
    line.json = format == "json";
    shipper::StartLog(line.json);
    CatchSignals();
    return Work(line);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "lineage-shipper: %s\n", error.what());
    return shipper::kExitUnavailable;
  }
}
