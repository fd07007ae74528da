#include "runs/run_reporter.h"

#include <memory>

#include <gtest/gtest.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include "fakes/fake_api.h"
#include "fakes/fake_clock.h"

namespace shipper {
namespace {

using nlohmann::json;

const std::string kPath = "/services/ingestionPipelines";
const std::string kStatus = "PUT " + kPath + "/svc.nightly/pipelineStatus";

class RunReporterTest : public ::testing::Test {
 protected:
  RunReporterTest() { spdlog::set_level(spdlog::level::off); }

  std::unique_ptr<RunReporter> Make(bool stream_logs = false,
                                    const std::string &fqn = "svc.nightly") {
    return std::make_unique<RunReporter>(
        &api_, &clock_, RunPipeline{"svc", "DatabaseMetadata", {fqn, "", stream_logs}}, Redactor());
  }

  FakeApi api_;
  FakeClock clock_;
};

TEST_F(RunReporterTest, ARunBeginsAndEndsUnderOneId) {
  auto reporter = Make();
  reporter->Begin();
  clock_.Advance(5000);
  RunAccount account;
  account.sink.records = 3;
  reporter->End(account, 90);
  const std::vector<json> told = api_.Bodies(kStatus);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0]["pipelineState"], "running");
  EXPECT_FALSE(told[0].contains("endDate"));
  EXPECT_EQ(told[1]["pipelineState"], "success");
  EXPECT_EQ(told[1]["runId"], told[0]["runId"]);
  EXPECT_EQ(told[1]["endDate"].get<int64_t>() - told[1]["startDate"].get<int64_t>(), 5000);
  EXPECT_EQ(told[1]["status"][1]["records"], 3);
}

TEST_F(RunReporterTest, AServerBefore1x3IsToldTheStateOnly) {
  api_.release = {1, 2};
  auto reporter = Make();
  reporter->Begin();
  reporter->End({}, 90);
  EXPECT_FALSE(api_.Bodies(kStatus).back().contains("status"));
}

TEST_F(RunReporterTest, APipelineIsMadeAsSoonAsTheServiceIsThere) {
  bool service = false;
  api_.answer = [&](const std::string &request) {
    const bool missing = request.find("/name/svc.nightly") != std::string::npos ||
                         (!service && request.find("databaseServices") != std::string::npos);
    if (missing) return ApiReply{Status::Park("not found"), 404, {}};
    return ApiReply{Status::Done(), 200, {{"id", "7"}}};
  };
  auto reporter = Make();
  reporter->Begin();
  reporter->Tick();
  EXPECT_TRUE(api_.Bodies("PUT").empty());
  service = true;
  reporter->Tick();
  EXPECT_TRUE(api_.Bodies("PUT").empty());  // not asked all the time
  clock_.Advance(5000);
  reporter->Tick();
  ASSERT_EQ(api_.Bodies("PUT").size(), 2u);
  EXPECT_EQ(api_.Bodies("PUT")[0]["service"]["id"], "7");
  EXPECT_EQ(api_.Bodies("PUT")[1]["pipelineState"], "running");
}

TEST_F(RunReporterTest, ARefusalEndsAllTelling) {
  api_.answer = [](const std::string &) { return ApiReply{Status::Park("forbidden"), 403, {}}; };
  auto reporter = Make();
  for (int i = 0; i < 3; ++i) {
    reporter->Begin();
    reporter->Tick();
    reporter->End({}, 90);
  }
  EXPECT_EQ(api_.asked.size(), 1u);
}

TEST_F(RunReporterTest, AnOutageEndsNothing) {
  bool out = true;
  api_.answer = [&](const std::string &) {
    return out ? ApiReply{Status::Outage("down"), 0, {}} : ApiReply{Status::Done(), 200, {}};
  };
  auto reporter = Make();
  reporter->Begin();
  out = false;
  reporter->End({}, 90);
  ASSERT_EQ(api_.Bodies(kStatus).size(), 1u);
  EXPECT_EQ(api_.Bodies(kStatus)[0]["pipelineState"], "success");
}

TEST_F(RunReporterTest, APipelineOfAnotherServiceIsTakenByItsLastName) {
  auto reporter = Make(false, "other.nightly");
  reporter->Begin();
  EXPECT_EQ(api_.Bodies(kStatus).size(), 1u);
}

TEST_F(RunReporterTest, TheLogIsSentInPiecesAndClosed) {
  spdlog::set_level(spdlog::level::off);
  auto reporter = Make(true);
  spdlog::set_level(spdlog::level::info);
  spdlog::default_logger()->sinks()[0]->set_level(spdlog::level::off);  // not to the terminal
  reporter->Begin();
  spdlog::info("one");
  reporter->Tick();
  EXPECT_TRUE(api_.Bodies("POST").empty());
  clock_.Advance(30000);
  reporter->Tick();
  spdlog::info("two");
  reporter->End({}, 90);
  spdlog::set_level(spdlog::level::off);
  spdlog::default_logger()->sinks()[0]->set_level(spdlog::level::trace);
  const std::vector<json> pieces = api_.Bodies("POST " + kPath + "/logs/svc.nightly/");
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_NE(pieces[0]["logs"].get<std::string>().find("info: one\n"), std::string::npos);
  EXPECT_EQ(pieces[0]["logs"].get<std::string>().find("two"), std::string::npos);
  EXPECT_NE(pieces[1]["logs"].get<std::string>().find("info: two\n"), std::string::npos);
  EXPECT_EQ(pieces[1]["lineCount"], 1);
  EXPECT_FALSE(pieces[2].contains("logs"));
  EXPECT_NE(api_.asked.back().first.find("/close"), std::string::npos);
}

class RunProgressTest : public RunReporterTest {
 protected:
  // Begins a run, of which so much is done after each half a minute.
  void Play(const std::vector<long> &done, long expected) {
    reporter_ = Make();
    reporter_->Begin();
    account_.expected = expected;
    for (long each : done) {
      account_.done = each;
      reporter_->Tick(account_);
      clock_.Advance(30000);
      reporter_->Tick(account_);
      reporter_->Tick(account_);
    }
  }
  std::vector<json> Told() {
    std::vector<json> told;
    for (const json &body : api_.Bodies("PUT " + kPath + "/progress/svc.nightly/"))
      told.push_back(body);
    return told;
  }

  RunAccount account_;
  std::unique_ptr<RunReporter> reporter_;
};

TEST_F(RunProgressTest, ALongRunSaysHowFarItIsAndThatItIsOver) {
  Play({25, 75}, 100);
  account_.done = 100;
  reporter_->End(account_, 90);
  ASSERT_EQ(Told().size(), 3u);
  EXPECT_EQ(Told()[0]["updateType"], "PROCESSING");
  EXPECT_EQ(Told()[0]["progress"]["processed"], 25);
  EXPECT_EQ(Told()[0]["progress"]["expected"], 100);
  EXPECT_EQ(Told()[0]["estimatedSecondsRemaining"], 90);
  EXPECT_EQ(Told()[1]["totalAssetsIngested"], 75);
  EXPECT_EQ(Told()[1]["estimatedSecondsRemaining"], 20);
  EXPECT_EQ(Told()[2]["updateType"], "PIPELINE_COMPLETE");
  EXPECT_EQ(Told()[2]["totalAssetsIngested"], 100);
}

TEST_F(RunProgressTest, WhatIsNotKnownIsNotTold) {
  Play({0, 7}, 0);
  ASSERT_EQ(Told().size(), 2u);
  EXPECT_FALSE(Told()[1]["progress"].contains("expected"));
  EXPECT_FALSE(Told()[1].contains("estimatedSecondsRemaining"));
}

TEST_F(RunProgressTest, AShortRunAndAnOlderServerAreTroubledWithNone) {
  Play({}, 100);
  reporter_->End(account_, 90);
  EXPECT_TRUE(Told().empty());
  api_.release = {1, 12};
  Play({25, 75}, 100);
  reporter_->End(account_, 90);
  EXPECT_TRUE(Told().empty());
}

TEST_F(RunProgressTest, ARefusalEndsItButNotTheTellingOfRuns) {
  api_.answer = [](const std::string &request) {
    const bool progress = request.find("/progress/") != std::string::npos;
    return progress ? ApiReply{Status::Park("no"), 400, {}} : ApiReply{Status::Done(), 200, {}};
  };
  Play({25, 75}, 100);
  reporter_->End(account_, 90);
  EXPECT_EQ(Told().size(), 1u);
  EXPECT_EQ(api_.Bodies(kStatus).back()["pipelineState"], "success");
}

TEST(NewUuidTest, IsRandomAndOfVersion4) {
  const std::string one = NewUuid();
  EXPECT_EQ(one.size(), 36u);
  EXPECT_EQ(one[14], '4');
  EXPECT_NE(one, NewUuid());
}

}  // namespace
}  // namespace shipper
