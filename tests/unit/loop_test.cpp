#include "loop.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_origin.h"
#include "fakes/fake_queue.h"
#include "fakes/fake_sink.h"

namespace shipper {
namespace {

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() : loop_(&queue_, &origin_, &sink_, &clock_, LoopOptions()) {
    spdlog::set_level(spdlog::level::off);
  }

  // Rounds with the clock going on, as Run() would do them.
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) clock_.Advance(std::max<int64_t>(loop_.Step(), 1));
  }

  FakeQueue queue_;
  FakeOrigin origin_;
  FakeSink sink_;
  FakeClock clock_;
  Loop loop_;
};

TEST_F(LoopTest, TablesGoBeforeTheEdgeThatNamesThemAndTheRowIsTakenAfterwards) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  ASSERT_TRUE(loop_.Start());
  loop_.Step();
  EXPECT_EQ(sink_.log, (std::vector<std::string>{"svc", "svc.a", "svc.b", "svc.a>svc.b"}));
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, NothingIsTakenBeforeTheSinkSaidDone) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  sink_.answer = [](const std::string &) { return Status::Outage("down"); };
  ASSERT_TRUE(loop_.Start());
  Rounds(50);
  EXPECT_EQ(queue_.rows.size(), 1u);
  EXPECT_TRUE(queue_.parked.empty());
  sink_.answer = nullptr;
  clock_.Advance(60000);
  Rounds(2);
  EXPECT_TRUE(queue_.rows.empty());
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
}

TEST_F(LoopTest, WhatCouldNotBeMadeDurableIsSentAgain) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  sink_.flush_answer = Status::Outage("disk full");
  ASSERT_TRUE(loop_.Start());
  loop_.Step();
  EXPECT_EQ(queue_.rows.size(), 1u);
  EXPECT_EQ(queue_.state.count("edge:svc.a -> svc.b"), 0u);
  sink_.flush_answer = Status::Done();
  clock_.Advance(60000);
  Rounds(1);
  EXPECT_TRUE(queue_.rows.empty());
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
}

TEST_F(LoopTest, RowsOfOnePairMakeOnePut) {
  origin_.Join("a", "b");
  for (int i = 0; i < 20; ++i) queue_.Edge("a", "b");
  ASSERT_TRUE(loop_.Start());
  Rounds(3);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, APairIsPutAtMostOnceASecond) {
  origin_.Join("a", "b");
  ASSERT_TRUE(loop_.Start());
  const int64_t begin = clock_.NowMs();
  while (clock_.NowMs() < begin + 5000) {
    origin_.Join("a", "b");  // its union changes all the time
    queue_.Edge("a", "b");
    clock_.Advance(std::max<int64_t>(loop_.Step(), 10));
  }
  EXPECT_GE(sink_.Count("svc.a>svc.b"), 4);
  EXPECT_LE(sink_.Count("svc.a>svc.b"), 6);
}

TEST_F(LoopTest, AnEdgeThatIsTheSameIsNotSentAgain) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  ASSERT_TRUE(loop_.Start());
  loop_.Step();
  clock_.Advance(2000);
  queue_.Edge("a", "b");
  Rounds(2);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, AnEdgeReachesTheSinkWithinASecond) {
  ASSERT_TRUE(loop_.Start());
  Rounds(10);
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  const int64_t committed = clock_.NowMs();
  while (sink_.Count("svc.a>svc.b") == 0) clock_.Advance(std::max<int64_t>(loop_.Step(), 1));
  EXPECT_LT(clock_.NowMs() - committed, 500);
}

TEST_F(LoopTest, WhatTheSinkRefusesForGoodIsParkedWithItsReasonAndStopsNothing) {
  origin_.Join("a", "b");
  origin_.Join("c", "d");
  queue_.Edge("a", "b");
  queue_.Edge("c", "d");
  sink_.answer = [](const std::string &name) {
    return name == "svc.a>svc.b" ? Status::Park("HTTP 400: no") : Status::Done();
  };
  ASSERT_TRUE(loop_.Start());
  Rounds(2);
  ASSERT_EQ(queue_.parked.size(), 1u);
  EXPECT_EQ(queue_.parked[0].object, "a -> b");
  EXPECT_EQ(queue_.parked[0].reason, "HTTP 400: no");
  EXPECT_NE(queue_.parked[0].request.find("svc.a -> svc.b"), std::string::npos);
  EXPECT_EQ(sink_.Count("svc.c>svc.d"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, WhatCannotBeTranslatedIsParkedAndStopsNothing) {
  origin_.Join("a", "b");
  origin_.Join("c", "d");
  origin_.poison = {"a"};
  queue_.Edge("a", "b");
  queue_.Edge("c", "d");
  queue_.Row("edge", nlohmann::json::value_t::discarded);
  queue_.Row("strange", {{"x", 1}});
  ASSERT_TRUE(loop_.Start());
  Rounds(2);
  EXPECT_EQ(queue_.parked.size(), 3u);
  EXPECT_EQ(sink_.Count("svc.c>svc.d"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, ARequestThatAlwaysGets500IsParkedOnceOthersAreTaken) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  sink_.answer = [](const std::string &name) {
    return name == "svc.a>svc.b" ? Status::Retry("HTTP 500") : Status::Done();
  };
  ASSERT_TRUE(loop_.Start());
  Rounds(200);
  EXPECT_TRUE(queue_.parked.empty()) << "alone it may be the server's trouble";
  for (int i = 0; i < 20000 && queue_.parked.empty(); ++i) {
    const std::string table = "t" + std::to_string(i);
    origin_.Join(table, "d");
    queue_.Edge(table, "d");
    Rounds(1);
    ASSERT_EQ(sink_.Count("svc." + table + ">svc.d"), 1) << "a poison row may hold up no other";
  }
  ASSERT_EQ(queue_.parked.size(), 1u);
  EXPECT_NE(queue_.parked[0].reason.find("HTTP 500"), std::string::npos);
}

TEST_F(LoopTest, AServerThatAnswers500ToEverythingLosesNothing) {
  sink_.answer = [](const std::string &) { return Status::Retry("HTTP 500"); };
  for (int i = 0; i < 30; ++i) {
    origin_.Join("t" + std::to_string(i), "d");
    queue_.Edge("t" + std::to_string(i), "d");
  }
  ASSERT_TRUE(loop_.Start());
  Rounds(3000);
  EXPECT_EQ(queue_.rows.size(), 30u);
  EXPECT_TRUE(queue_.parked.empty());
  sink_.answer = nullptr;
  clock_.Advance(120000);
  Rounds(5);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, ARefusedCredentialIsReadAgainAndTheRowsWait) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  sink_.answer = [this](const std::string &) {
    return sink_.reloads == 0 ? Status::Reauth("401") : Status::Done();
  };
  ASSERT_TRUE(loop_.Start());
  loop_.Step();
  EXPECT_EQ(sink_.reloads, 1);
  EXPECT_EQ(queue_.rows.size(), 1u);
  clock_.Advance(1000);
  Rounds(1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, TheServersRetryAfterIsKept) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  int asked = 0;
  sink_.answer = [&](const std::string &) {
    return ++asked == 1 ? Status::Outage("429", 30000) : Status::Done();
  };
  ASSERT_TRUE(loop_.Start());
  loop_.Step();
  clock_.Advance(29000);
  loop_.Step();
  EXPECT_EQ(asked, 1);
  clock_.Advance(2000);
  loop_.Step();
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, PartitionsAreSentAsTheirRootAndSelfEdgesNotAtAll) {
  origin_.Join("root", "b");
  origin_.roots = {{"part1", "root"}, {"part2", "root"}};
  queue_.Edge("part1", "b");
  queue_.Edge("part2", "b");
  queue_.Edge("b", "b");
  ASSERT_TRUE(loop_.Start());
  Rounds(2);
  EXPECT_EQ(sink_.Count("svc.root>svc.b"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, AChangedTableIsSentAgainWithItsEdges) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  ASSERT_TRUE(loop_.Start());
  Rounds(1);
  origin_.tables["a"] = 2;
  origin_.Join("a", "b");
  clock_.Advance(2000);
  queue_.Row("ddl", {{"command_tag", "ALTER TABLE"},
                     {"object_type", "table"},
                     {"object_identity", "a"},
                     {"old_identity", nullptr}});
  Rounds(3);
  EXPECT_EQ(sink_.Count("svc.a"), 2);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, WhatOtherWorkEntailsOutlivesTheProcess) {
  origin_.Join("a", "b");
  queue_.state["resync"] = "due";
  ASSERT_TRUE(loop_.Start());
  loop_.Step();  // the tables are there, the edge is due next
  ASSERT_EQ(sink_.Count("svc.b"), 1);
  ASSERT_EQ(sink_.Count("svc.a>svc.b"), 0);
  Loop second(&queue_, &origin_, &sink_, &clock_, LoopOptions());
  ASSERT_TRUE(second.Start());
  for (int i = 0; i < 3; ++i) clock_.Advance(std::max<int64_t>(second.Step(), 1));
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  EXPECT_EQ(queue_.state.count("resync"), 0u);

  origin_.Join("a", "b");  // its columns go by another name
  origin_.tables["b"] = 2;
  queue_.Row("snapshot", {{"object", "b"}, {"object_type", "table"}});
  second.Step();
  ASSERT_TRUE(queue_.rows.empty());
  ASSERT_EQ(sink_.Count("svc.a>svc.b"), 1);
  Loop third(&queue_, &origin_, &sink_, &clock_, LoopOptions());
  ASSERT_TRUE(third.Start());
  for (int i = 0; i < 3; ++i) clock_.Advance(std::max<int64_t>(third.Step(), 1));
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
  EXPECT_EQ(queue_.state.count("resync"), 0u);
}

TEST_F(LoopTest, ADropIsSentAsASoftDelete) {
  queue_.state["entity:svc.a"] = "x";
  ASSERT_TRUE(loop_.Start());
  queue_.Row("ddl",
             {{"command_tag", "DROP TABLE"}, {"object_type", "table"}, {"object_identity", "a"}});
  Rounds(1);
  EXPECT_EQ(sink_.Count("-svc.a"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, AllObjectsAreComparedAtStartAndOnASchedule) {
  origin_.tables["a"] = 1;
  LoopOptions options;
  options.reconcile_interval_ms = 60000;
  Loop loop(&queue_, &origin_, &sink_, &clock_, options);
  ASSERT_TRUE(loop.Start());
  loop.Step();
  EXPECT_EQ(sink_.Count("svc.a"), 1);
  origin_.tables["a"] = 2;  // changed where nobody looked
  loop.Step();
  EXPECT_EQ(sink_.Count("svc.a"), 1);
  clock_.Advance(60001);
  loop.Step();
  EXPECT_EQ(sink_.Count("svc.a"), 2);
}

TEST_F(LoopTest, TheFirstRunAsksForASnapshotAndComparesEverything) {
  queue_.state.clear();
  origin_.Join("a", "b");  // known before the sink was
  ASSERT_TRUE(loop_.Start());
  EXPECT_EQ(queue_.snapshots, 1);
  Rounds(3);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  ASSERT_TRUE(loop_.Start());
  EXPECT_EQ(queue_.snapshots, 1);
  EXPECT_EQ(queue_.state.count("resync"), 0u);
}

TEST_F(LoopTest, AnEmptiedSinkGetsEverythingAgain) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  ASSERT_TRUE(loop_.Start());
  Rounds(1);
  sink_.empty = true;
  clock_.Advance(2000);
  ASSERT_TRUE(loop_.Start());
  Rounds(3);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 2);
  EXPECT_EQ(sink_.Count("svc.a"), 2);
}

TEST_F(LoopTest, ALostSessionIsOpenedAgainAndNothingIsLost) {
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  queue_.break_settles = 3;
  std::atomic<bool> stop{false}, reload{false};
  clock_.on_sleep = [&] { stop = clock_.slept.size() > 100; };
  loop_.Run(stop, &reload);
  EXPECT_GE(queue_.starts, 4);
  EXPECT_TRUE(queue_.rows.empty());
  EXPECT_GE(sink_.Count("svc.a>svc.b"), 1);
}

TEST_F(LoopTest, ASecondShipperWaitsForTheFirst) {
  queue_.other_active = true;
  origin_.Join("a", "b");
  queue_.Edge("a", "b");
  std::atomic<bool> stop{false}, reload{false};
  clock_.on_sleep = [&] {
    queue_.other_active = clock_.slept.size() < 5;
    stop = clock_.slept.size() > 20;
  };
  loop_.Run(stop, &reload);
  EXPECT_GE(queue_.starts, 5);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopTest, TheEndSendsWhatIsDueAndTakesIt) {
  std::atomic<bool> stop{false}, reload{false};
  clock_.on_sleep = [&] {
    if (stop) return;
    origin_.Join("a", "b");
    queue_.Edge("a", "b");
    stop = true;
  };
  loop_.Run(stop, &reload);
  EXPECT_TRUE(queue_.rows.empty());
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
}

TEST_F(LoopTest, AReloadReadsTheCredentialAgain) {
  std::atomic<bool> stop{false}, reload{true};
  clock_.on_sleep = [&] { stop = true; };
  loop_.Run(stop, &reload);
  EXPECT_EQ(sink_.reloads, 1);
}

TEST_F(LoopTest, ManyTablesAreReadAndSentTogether) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = "t" + std::to_string(i);
    queue_.Row("snapshot", {{"object", name}, {"object_type", "table"}});
  }
  ASSERT_TRUE(loop_.Start());
  Rounds(1);  // the comparison at the start finds none of them
  for (int i = 0; i < 20; ++i) origin_.tables["t" + std::to_string(i)] = 1;
  for (int i = 0; i < 20; ++i)
    queue_.Row("snapshot", {{"object", "t" + std::to_string(i)}, {"object_type", "table"}});
  Rounds(2);
  EXPECT_TRUE(queue_.rows.empty());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sink_.Count("svc.t" + std::to_string(i)), 1);
  EXPECT_GE(origin_.group_reads, 1);
}

TEST_F(LoopTest, OfManyTablesTheOneThatIsRefusedIsParkedAndTheOneThatIsGoneIsTaken) {
  ASSERT_TRUE(loop_.Start());
  Rounds(1);
  for (int i = 0; i < 9; ++i) origin_.tables["t" + std::to_string(i)] = 1;
  for (int i = 0; i < 10; ++i)
    queue_.Row("snapshot", {{"object", "t" + std::to_string(i)}, {"object_type", "table"}});
  sink_.answer = [](const std::string &name) {
    return name == "svc.t3" ? Status::Park("HTTP 400") : Status::Done();
  };
  Rounds(2);
  EXPECT_TRUE(queue_.rows.empty());
  ASSERT_EQ(queue_.parked.size(), 1u);
  EXPECT_EQ(queue_.parked[0].object, "table t3");
  EXPECT_EQ(sink_.Count("svc.t8"), 1);
  EXPECT_EQ(sink_.Count("svc.t9"), 0);
}

TEST_F(LoopTest, AnOutageAmongManyTablesLosesNone) {
  ASSERT_TRUE(loop_.Start());
  Rounds(1);
  for (int i = 0; i < 10; ++i) origin_.tables["t" + std::to_string(i)] = 1;
  for (int i = 0; i < 10; ++i)
    queue_.Row("snapshot", {{"object", "t" + std::to_string(i)}, {"object_type", "table"}});
  bool out = true;
  sink_.answer = [&](const std::string &name) {
    return out && name == "svc.t5" ? Status::Outage("down") : Status::Done();
  };
  Rounds(3);
  EXPECT_EQ(queue_.rows.size(), 10u);
  out = false;
  clock_.Advance(60000);
  Rounds(3);
  EXPECT_TRUE(queue_.rows.empty());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sink_.Count("svc.t" + std::to_string(i)), 1);
}

TEST_F(LoopTest, HowFarASnapshotIsIsKeptWithWhatWasTaken) {
  std::vector<std::pair<int64_t, int64_t>> shown;
  loop_.set_snapshot_progress([&](int64_t done, int64_t total) { shown.push_back({done, total}); });
  ASSERT_TRUE(loop_.Start());
  Rounds(1);
  EXPECT_EQ(queue_.state.count("progress"), 0u);
  for (int i = 0; i < 3; ++i) {
    origin_.tables["t" + std::to_string(i)] = 1;
    queue_.Row("snapshot", {{"object", "t" + std::to_string(i)}, {"object_type", "table"}});
  }
  bool out = true;
  sink_.answer = [&](const std::string &name) {
    return out && name == "svc.t2" ? Status::Outage("down") : Status::Done();
  };
  Rounds(2);
  ASSERT_EQ(queue_.state.count("progress"), 1u);
  EXPECT_EQ(nlohmann::json::parse(queue_.state["progress"])["done"], 2);
  EXPECT_EQ(nlohmann::json::parse(queue_.state["progress"])["total"], 3);
  out = false;
  clock_.Advance(60000);
  Rounds(2);
  EXPECT_EQ(nlohmann::json::parse(queue_.state["progress"])["done"], 3);
  EXPECT_EQ(shown.back(), (std::pair<int64_t, int64_t>{3, 3}));
}

}  // namespace
}  // namespace shipper
