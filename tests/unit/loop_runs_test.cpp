// Runs of the loop: when it compares everything, and whom it tells.
#include "loop.h"

#include <memory>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_origin.h"
#include "fakes/fake_queue.h"
#include "fakes/fake_sink.h"

namespace shipper {
namespace {

class RunsLoopTest : public ::testing::Test {
 protected:
  RunsLoopTest() : loop_(&queue_, &origin_, &sink_, &clock_, LoopOptions()) {
    spdlog::set_level(spdlog::level::off);
  }

  FakeQueue queue_;
  FakeOrigin origin_;
  FakeSink sink_;
  FakeClock clock_;
  Loop loop_;
};

// 12:00 UTC plus what the clock has gone on.
class ScheduledLoopTest : public RunsLoopTest {
 protected:
  ScheduledLoopTest() {
    LoopOptions options;
    options.schedule = Schedule::Parse("*/10 * * * *");
    options.reconcile_interval_ms = 0;
    scheduled_ = std::make_unique<Loop>(&queue_, &origin_, &sink_, &clock_, options);
    origin_.Join("a", "b");
    queue_.Edge("a", "b");
    EXPECT_TRUE(scheduled_->Start());
    Go(2000);
  }

  // Rounds for so long.
  void Go(int64_t ms) {
    for (const int64_t end = clock_.NowMs() + ms; clock_.NowMs() < end;)
      clock_.Advance(std::max<int64_t>(scheduled_->Step(), 1));
  }

  // A change that no feed row tells of.
  void ChangeUnseen() {
    ++origin_.edges[{"a", "b"}];
    ++origin_.tables["a"];
  }

  std::unique_ptr<Loop> scheduled_;
};

TEST_F(ScheduledLoopTest, ComparesObjectsAndLineageAtTheTimesOfTheScheduleOnly) {
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  ChangeUnseen();
  Go(590000);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  Go(12000);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
  EXPECT_EQ(sink_.Count("svc.a"), 2);
  Go(600000);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);  // nothing changed, nothing is sent
}

TEST_F(ScheduledLoopTest, TimesThatWereSleptThroughAreOneRun) {
  ChangeUnseen();
  clock_.Advance(3600000);
  Go(2000);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
  ChangeUnseen();
  Go(2000);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
}

TEST_F(ScheduledLoopTest, AClockThatIsPutBackDoesNotPutOffTheNextRun) {
  clock_.wall_at_0 -= 86400000;
  ChangeUnseen();
  Go(602000);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
}

// Writes down what it is told.
class Watcher : public RunObserver {
 public:
  void Begins() override { told.push_back("begins"); }
  void Sent(WorkKind kind, long requests) override {
    (kind == WorkKind::kPair ? edges : objects) += requests;
  }
  void Refused(WorkKind, const std::string &object, const std::string &) override {
    told.push_back("refused " + object);
  }
  void Tick() override {}
  void Ends(bool complete) override { told.push_back(complete ? "ends" : "breaks off"); }

  std::vector<std::string> told;
  long objects = 0, edges = 0;
};

TEST_F(RunsLoopTest, ARunIsAComparisonAndWhatFollowsFromIt) {
  Watcher watcher;
  loop_.set_observer(&watcher);
  queue_.state.erase("snapshot");
  origin_.Join("a", "b");
  origin_.Join("a", "c");
  sink_.answer = [](const std::string &name) {
    return name == "svc.c" || name == "svc.a>svc.c" ? Status::Park("no") : Status::Done();
  };
  ASSERT_TRUE(loop_.Start());
  for (int i = 0; i < 4; ++i) clock_.Advance(std::max<int64_t>(loop_.Step(), 1));
  EXPECT_EQ(watcher.told,
            (std::vector<std::string>{"begins", "refused svc.c", "refused a -> c", "ends"}));
  EXPECT_EQ(watcher.objects, 3);
  EXPECT_EQ(watcher.edges, 1);
}

TEST_F(RunsLoopTest, AnOutageDoesNotEndARunAndAStopBreaksItOff) {
  Watcher watcher;
  loop_.set_observer(&watcher);
  origin_.Join("a", "b");
  sink_.answer = [](const std::string &) { return Status::Outage("down"); };
  std::atomic<bool> stop{false}, reload{false};
  clock_.on_sleep = [&] { stop = clock_.slept.size() > 20; };
  loop_.Run(stop, &reload);
  EXPECT_EQ(watcher.told, (std::vector<std::string>{"begins", "breaks off"}));
}

}  // namespace
}  // namespace shipper
