// Runs of a workflow file, told to the catalog where the file has an `ingestionPipelineFQN`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config.h"
#include "runs/run_account.h"
#include "runs/run_observer.h"
#include "runs/run_reporter.h"

namespace shipper {

// The reporter of the workflow of one type; nothing without a pipeline, or without a catalog.
std::unique_ptr<RunReporter> ReporterOf(const std::string &type, const Config &config,
                                        CatalogApi *api, Clock *clock);

// Does `work`, which fills the account and calls the tick from time to time, as a run of its own;
// answers the account. What it throws goes on when the catalog knows of it.
using Tick = std::function<void()>;
RunAccount TellRun(const std::string &type, const Config &config, CatalogApi *api, Clock *clock,
                   const std::function<void(RunAccount *, const Tick &)> &work);

// The runs of the daemon: objects for the metadata file, edges for the lineage file.
class ToldRuns : public RunObserver {
 public:
  ToldRuns(const Config &config, CatalogApi *api, Clock *clock);

  void Begins() override;
  void Sent(WorkKind kind, long requests) override;
  void Refused(WorkKind kind, const std::string &object, const std::string &reason) override;
  void Tick() override;
  void Ends(bool complete) override;

 private:
  struct Told {
    std::unique_ptr<RunReporter> reporter;
    RunAccount account;
  };
  Told &Of(WorkKind kind) { return kind == WorkKind::kPair ? lineage_ : metadata_; }

  int success_threshold_;
  Told metadata_;
  Told lineage_;
};

}  // namespace shipper
