#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_origin.h"
#include "fakes/fake_queue.h"
#include "fakes/fake_sink.h"
#include "loop.h"

namespace shipper {
namespace {

class LoopIntakeTest : public ::testing::Test {
 protected:
  LoopIntakeTest() : loop_(&queue_, &origin_, &sink_, &clock_, LoopOptions()) {
    spdlog::set_level(spdlog::level::off);
  }

  // Rounds as Run() would do them, until `until` or for a minute.
  template <typename Until>
  void Rounds(Until until) {
    const int64_t end = clock_.NowMs() + 60000;
    while (!until() && clock_.NowMs() < end) clock_.Advance(std::max<int64_t>(loop_.Step(), 1));
  }

  FakeQueue queue_;
  FakeOrigin origin_;
  FakeSink sink_;
  FakeClock clock_;
  Loop loop_;
};

TEST_F(LoopIntakeTest, ARowThatTheCountDoesNotTellOfIsTakenAllTheSame) {
  origin_.Join("a", "b");
  queue_.counts = false;
  ASSERT_TRUE(loop_.Start());
  queue_.Edge("a", "b");
  Rounds([&] { return queue_.rows.empty(); });
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  EXPECT_TRUE(queue_.rows.empty());
}

TEST_F(LoopIntakeTest, AnIdleFeedIsReadSeldom) {
  ASSERT_TRUE(loop_.Start());
  Rounds([] { return false; });
  EXPECT_GT(queue_.feeds, 5);
  EXPECT_LT(queue_.feeds, 20);
}

// Only events tell what a table was called before: a comparison would take the old name for gone.
TEST_F(LoopIntakeTest, AComparisonBeginsWhenAllThatTheFeedTellsIsSent) {
  LoopOptions options;
  options.batch_size = 1;
  Loop loop(&queue_, &origin_, &sink_, &clock_, options);
  for (const char *table : {"a", "b", "c"}) origin_.tables[table] = 1;
  for (const char *table : {"c", "b"})
    queue_.Row(
        "ddl",
        {{"command_tag", "ALTER TABLE"}, {"object_type", "table"}, {"object_identity", table}});
  ASSERT_TRUE(loop.Start());
  while (origin_.walks == 0 && clock_.NowMs() < 60000)
    clock_.Advance(std::max<int64_t>(loop.Step(), 1));
  EXPECT_EQ(sink_.log, (std::vector<std::string>{"svc", "svc.c", "svc.b", "svc.a"}));
}

// A daemon that starts for the first time, with a database of six tables.
class FirstStartTest : public LoopIntakeTest {
 protected:
  FirstStartTest() {
    for (const char *table : {"a", "b", "c", "d", "e", "f"}) {
      origin_.tables[table] = 1;
      queue_.snapshot_of.push_back(table);
    }
    queue_.state.clear();
    queue_.Row("snapshot", {{"object", "db"}, {"object_type", "database"}});  // of _sink_register()
  }
};

TEST_F(FirstStartTest, EachTableIsReadOnce) {
  ASSERT_TRUE(loop_.Start());
  Rounds([&] { return queue_.rows.empty(); });
  EXPECT_TRUE(queue_.rows.empty());
  EXPECT_EQ(sink_.Count("svc.f"), 1);
  EXPECT_EQ(origin_.walks, 1);
  EXPECT_EQ(origin_.group_reads + origin_.object_reads, 0);
}

TEST_F(FirstStartTest, WhatTheWalkCouldNotReadIsReadForItsRow) {
  origin_.readable = false;
  ASSERT_TRUE(loop_.Start());
  Rounds([&] { return queue_.rows.empty(); });
  EXPECT_TRUE(queue_.rows.empty());
  EXPECT_EQ(origin_.group_reads, 1);
}

TEST_F(FirstStartTest, WhatTheSinkRefusesIsParked) {
  sink_.answer = [](const std::string &name) {
    return name == "svc.c" ? Status::Park("HTTP 400: no") : Status::Done();
  };
  ASSERT_TRUE(loop_.Start());
  Rounds([&] { return queue_.rows.empty(); });
  ASSERT_EQ(queue_.parked.size(), 1u);
  EXPECT_EQ(queue_.parked[0].object, "table c");
}

TEST_F(FirstStartTest, ATableThatChangedSinceIsReadAgain) {
  ASSERT_TRUE(loop_.Start());
  queue_.Row("snapshot", {{"object", "b"}, {"object_type", "table"}});
  Rounds([&] { return queue_.rows.empty(); });
  EXPECT_EQ(origin_.walks, 1);
  EXPECT_EQ(origin_.object_reads, 1);
}

}  // namespace
}  // namespace shipper
