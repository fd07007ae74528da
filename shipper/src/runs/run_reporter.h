// Tells the catalog of the runs of one ingestion pipeline: that one began, how far a long one is,
// how it ended with its counts and failures, and its log where the workflow wants that and the
// server takes it.
//
// A guest beside the work: never throws, never fails a run. What the server refuses for good is
// warned of once and nothing more is told; where it is out, the next call tries again. The pipeline
// is made if the catalog lacks it and has the service; one that a person deleted stays deleted. A
// run that a process before us left open (killed, or the server was out) is told as failed first.
// One thread.
//
//   RunReporter reporter(&api, &clock, {"svc", "metadata", config.pipelines["…"]}, redactor);
//   reporter.Begin();
//   reporter.Tick(account);  // from time to time
//   reporter.End(account, config.success_threshold);
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "clock.h"
#include "config.h"
#include "runs/open_run.h"
#include "runs/redact.h"
#include "runs/run_account.h"
#include "runs/run_log.h"
#include "sink/catalog_api.h"

namespace shipper {

// An ingestion pipeline of the catalog, and the workflow whose runs it shows.
struct RunPipeline {
  std::string service;  // its name, not quoted
  std::string type;     // DatabaseMetadata | DatabaseLineage
  PipelineConfig config;
  std::string notes = {};  // file of open runs (open_run.h), "": none
};

class RunReporter {
 public:
  // `api` and `clock` outlive the reporter.
  RunReporter(CatalogApi *api, Clock *clock, RunPipeline pipeline, Redactor redactor);

  void Begin();
  void Tick(const RunAccount &account = {});
  void End(const RunAccount &account, int success_threshold);

 private:
  bool Find();
  bool Make(const std::string &service_id);
  void Announce();
  bool PutStatus(const RunNote &run, RunState state, const RunAccount *account);
  bool CloseLeft();
  void ShipLog(bool last);
  void ShipProgress(const RunAccount &account, bool last);
  bool Judge(const ApiReply &reply, const std::string &what);
  void TurnOff(const std::string &reason);

  CatalogApi *api_;
  Clock *clock_;
  RunPipeline pipeline_;
  Redactor redactor_;
  std::string fqn_;   // of the pipeline
  std::string path_;  // "/services/ingestionPipelines/svc.nightly"
  std::unique_ptr<RunLog> log_;
  bool off_ = false;     // refused for good
  bool found_ = false;   // the pipeline is there
  bool warned_ = false;  // of this run's trouble
  bool announced_ = false;
  bool log_open_ = false;  // something of this run's log was sent
  RunNote run_;            // under way; no id: none
  OpenRun open_;
  int64_t last_try_ms_ = 0;
  int64_t last_log_ms_ = 0;
  bool progress_off_ = false;  // refused
  int progress_told_ = 0;      // how often in this run
  int64_t last_progress_ms_ = 0;
};

// A new random identifier, "5f0c…-….-4…".
std::string NewUuid();

}  // namespace shipper
