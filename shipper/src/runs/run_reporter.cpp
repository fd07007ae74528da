#include "runs/run_reporter.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include "translate/names.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr char kPipelines[] = "/services/ingestionPipelines";
constexpr int64_t kRetryMs = 5000;       // an announcement that failed
constexpr int64_t kLogMs = 30000;        // a log goes at least so often,
constexpr size_t kLogBytes = 64 * 1024;  // or when so much of it waits
constexpr int64_t kProgressMs = 30000;   // how far a run is goes so often, as the peer has it
constexpr int kLastTries = 3;            // more to tell the end of a run,
constexpr int64_t kLastTryMs = 500;      // after so long each

std::string Text(const json &object, const char *key) {
  if (!object.is_object()) return "";
  auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// The process, as the server tells writers of one log apart.
std::string Writer() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "-" + std::to_string(getpid());
}

}  // namespace

std::string NewUuid() {
  unsigned char b[16];
  if (RAND_bytes(b, sizeof b) != 1) throw std::runtime_error("the system gives no random bytes");
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  char text[37];
  std::snprintf(text, sizeof text,
                "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
                b[15]);
  return text;
}

RunReporter::RunReporter(CatalogApi *api, Clock *clock, RunPipeline pipeline, Redactor redactor)
    : api_(api),
      clock_(clock),
      pipeline_(std::move(pipeline)),
      redactor_(std::move(redactor)),
      open_(pipeline_.notes) {
  const std::vector<std::string> parts = SplitFqn(pipeline_.config.fqn);
  fqn_ = JoinFqn({pipeline_.service, parts.back()});
  path_ = std::string(kPipelines) + "/" + PercentEncode(fqn_);
  if (fqn_ != pipeline_.config.fqn)
    spdlog::warn("ingestionPipelineFQN '{}' is not below service '{}'; runs are told of {}",
                 pipeline_.config.fqn, pipeline_.service, fqn_);
  if (pipeline_.config.stream_logs) log_ = std::make_unique<RunLog>();
}

void RunReporter::TurnOff(const std::string &reason) {
  off_ = true;
  log_.reset();
  spdlog::warn("runs are not shown in the catalog (ingestion pipeline {}): {}", fqn_, reason);
}

// True: done. What is refused for good ends all telling; what may pass is said once in a run.
bool RunReporter::Judge(const ApiReply &reply, const std::string &what) {
  if (reply.status.ok()) return true;
  const std::string reason = redactor_.Apply(what + ": " + reply.status.message);
  if (reply.status.action == Action::kPark) {
    TurnOff(reason);
  } else if (!warned_) {
    warned_ = true;
    spdlog::warn("this run may not be shown in the catalog: {}", reason);
  }
  return false;
}

// Makes the pipeline of a service that is there.
bool RunReporter::Make(const std::string &service_id) {
  json body = {{"name", SplitFqn(fqn_).back()},
               {"pipelineType", pipeline_.type == "DatabaseLineage" ? "lineage" : "metadata"},
               {"sourceConfig", {{"config", {{"type", pipeline_.type}}}}},
               {"airflowConfig", json::object()},
               {"service", {{"id", service_id}, {"type", "databaseService"}}}};
  if (pipeline_.config.stream_logs && api_->AtLeast(1, 10)) body["enableStreamableLogs"] = true;
  return Judge(api_->Ask("PUT", kPipelines, body), "making it");
}

// Whether the pipeline is there, or could be made. Without the service it is made later.
bool RunReporter::Find() {
  if (off_ || found_) return found_ && !off_;
  ApiReply reply = api_->Ask(
      "GET", std::string(kPipelines) + "/name/" + PercentEncode(fqn_) + "?include=all", nullptr);
  if (reply.code != 404) {
    if (!Judge(reply, "looking for it")) return false;
    if (reply.body.is_object() && reply.body.value("deleted", false)) {
      TurnOff("it was deleted there; restore it, or remove ingestionPipelineFQN");
      return false;
    }
    return found_ = true;
  }
  reply = api_->Ask(
      "GET", "/services/databaseServices/name/" + PercentEncode(JoinFqn({pipeline_.service})),
      nullptr);
  if (reply.code == 404) return false;
  if (!Judge(reply, "looking for its service")) return false;
  return found_ = Make(Text(reply.body, "id"));
}

bool RunReporter::PutStatus(const RunNote &run, RunState state, const RunAccount *account) {
  json body = {{"runId", run.id},
               {"pipelineState", NameOf(state)},
               {"startDate", run.began_ms},
               {"timestamp", run.began_ms}};
  if (account != nullptr) {
    body["endDate"] = clock_->WallMs();
    if (api_->AtLeast(1, 3)) body["status"] = StepSummaries(*account, redactor_);
  }
  return Judge(api_->Ask("PUT", path_ + "/pipelineStatus", body), "telling of a run");
}

// Runs that nobody ended. False: the server is not there for it now.
bool RunReporter::CloseLeft() {
  const std::vector<RunNote> left = open_.Left();
  for (const RunNote &run : left) {
    if (run.id == run_.id) continue;
    RunAccount account;
    account.broken = true;
    account.sink.Fail(fqn_, "the process ended, or the catalog was out, before the end was told");
    if (!PutStatus(run, RunState::kFailed, &account)) return false;
    open_.Drop(run.id);
    spdlog::info("run {} of {} was left open and is told as failed", run.id, fqn_);
  }
  return true;
}

void RunReporter::Announce() {
  last_try_ms_ = clock_->NowMs();
  if (!off_ && Find() && CloseLeft()) announced_ = PutStatus(run_, RunState::kRunning, nullptr);
}

void RunReporter::Begin() {
  if (off_) return;
  run_ = {pipeline_.config.run_id.empty() ? NewUuid() : pipeline_.config.run_id, clock_->WallMs()};
  pipeline_.config.run_id.clear();  // of the first run only
  last_log_ms_ = last_progress_ms_ = clock_->NowMs();
  warned_ = announced_ = log_open_ = false;
  progress_told_ = 0;
  if (log_) log_->Take();
  Announce();
  open_.Add(run_);
}

void RunReporter::Tick(const RunAccount &account) {
  if (off_) return;
  if (!announced_ && clock_->NowMs() - last_try_ms_ >= kRetryMs) Announce();
  if (announced_) ShipLog(false);
  if (announced_) ShipProgress(account, false);
}

// How far the run is, where the server shows it: in this form from 2.0. A run that is over before
// the first time says nothing, and who refuses is not asked again.
void RunReporter::ShipProgress(const RunAccount &account, bool last) {
  if (progress_off_ || !api_->AtLeast(2, 0) || (last && progress_told_ == 0)) return;
  const int64_t now = clock_->NowMs();
  if (!last && now - last_progress_ms_ < kProgressMs) return;
  last_progress_ms_ = now;
  const long done = std::max(account.done, 0L);
  json node = {{"label", pipeline_.service}, {"processed", done}, {"active", !last}};
  if (account.expected > 0) node["expected"] = std::max(account.expected, done);
  json body = {{"runId", run_.id},
               {"timestamp", clock_->WallMs()},
               {"updateType", last ? "PIPELINE_COMPLETE" : "PROCESSING"},
               {"stepName", account.sink.name},
               {"progress", std::move(node)},
               {"totalAssetsIngested", done}};
  const int64_t spent = clock_->WallMs() - run_.began_ms;
  if (!last && done > 0 && account.expected > done)
    body["estimatedSecondsRemaining"] = spent * (account.expected - done) / done / 1000;
  const ApiReply reply = api_->Ask(
      "PUT",
      std::string(kPipelines) + "/progress/" + PercentEncode(fqn_) + "/" + PercentEncode(run_.id),
      body);
  if (reply.status.ok()) ++progress_told_;
  if (reply.status.action != Action::kPark) return;
  progress_off_ = true;
  spdlog::warn("how far a run is cannot be shown in the catalog: {}",
               redactor_.Apply(reply.status.message));
}

void RunReporter::End(const RunAccount &account, int success_threshold) {
  if (off_ || run_.id.empty()) return;
  const RunState state = account.State(success_threshold);
  bool told = Find() && PutStatus(run_, state, &account);
  for (int more = kLastTries; !told && !off_ && more > 0; --more) {
    clock_->SleepMs(kLastTryMs);
    told = Find() && PutStatus(run_, state, &account);
  }
  if (told) ShipProgress(account, true);
  if (told) ShipLog(true);
  if (told) open_.Drop(run_.id);
  run_.id.clear();
}

// What the log holds, where the server keeps logs: from 1.10.
void RunReporter::ShipLog(bool last) {
  if (!log_) return;
  if (!api_->AtLeast(1, 10)) {
    log_.reset();
    spdlog::warn("enableStreamableLogs: a server before 1.10 keeps no logs");
    return;
  }
  const int64_t now = clock_->NowMs();
  if (!last && log_->size() < kLogBytes && now - last_log_ms_ < kLogMs) return;
  last_log_ms_ = now;
  const std::string text = redactor_.Apply(log_->Take());
  const std::string path = std::string(kPipelines) + "/logs/" + PercentEncode(fqn_) + "/" + run_.id;
  ApiReply reply;
  if (!text.empty())
    reply = api_->Ask("POST", path,
                      {{"logs", text},
                       {"timestamp", clock_->WallMs()},
                       {"connectorId", Writer()},
                       {"compressed", false},
                       {"lineCount", std::count(text.begin(), text.end(), '\n')}});
  log_open_ = log_open_ || !text.empty();
  if (last && log_open_ && reply.status.ok())
    reply = api_->Ask("POST", path + "/close",
                      {{"connectorId", Writer()}, {"timestamp", clock_->WallMs()}});
  if (reply.status.ok()) return;
  log_.reset();
  spdlog::warn("the log is not kept in the catalog: {}", redactor_.Apply(reply.status.message));
}

}  // namespace shipper
