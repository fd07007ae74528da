#include "runs/snapshot_watch.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace shipper {
namespace {

nlohmann::json Told(SnapshotWatch *watch, int64_t now) {
  const std::optional<std::string> text = watch->Report(now);
  return text ? nlohmann::json::parse(*text) : nlohmann::json();
}

TEST(SnapshotWatchTest, ASnapshotIsToldWhileItGoesOnAndAtItsEnd) {
  SnapshotWatch watch;
  EXPECT_FALSE(watch.Report(1));
  watch.Add(11);
  watch.Add(12);
  ASSERT_TRUE(watch.wants_count());
  watch.Count(3, 13, 1000);  // one was not read yet
  EXPECT_FALSE(watch.wants_count());
  watch.Take({11, 12, 99});
  nlohmann::json told = Told(&watch, 1500);
  EXPECT_EQ(told["done"], 2);
  EXPECT_EQ(told["total"], 3);
  EXPECT_EQ(told["started"], 1000);
  EXPECT_TRUE(watch.active());
  EXPECT_FALSE(watch.Report(1600));  // nothing new
  watch.Add(13);
  EXPECT_FALSE(watch.wants_count());
  watch.Take({13});
  told = Told(&watch, 2000);
  EXPECT_EQ(told["done"], 3);
  EXPECT_EQ(told["reported"], 2000);
  EXPECT_FALSE(watch.active());
}

TEST(SnapshotWatchTest, WhatIsAskedForMeanwhileIsAddedAndTheNextOneBeginsAnew) {
  SnapshotWatch watch;
  watch.Add(1);
  watch.Count(1, 1, 10);
  watch.Add(2);
  ASSERT_TRUE(watch.wants_count());
  EXPECT_EQ(watch.counted_to(), 1);
  watch.Count(1, 2, 20);
  watch.Take({1, 2});
  EXPECT_EQ(Told(&watch, 30)["total"], 2);
  watch.Add(5);
  watch.Count(1, 5, 40);
  watch.Take({5});
  const nlohmann::json told = Told(&watch, 50);
  EXPECT_EQ(told["total"], 1);
  EXPECT_EQ(told["started"], 40);
}

TEST(SnapshotWatchTest, ARestartGoesOnCounting) {
  SnapshotWatch before;
  before.Add(1);
  before.Count(3, 3, 10);
  before.Take({1});
  SnapshotWatch watch;
  watch.Recall(*before.Report(20));
  EXPECT_TRUE(watch.active());
  watch.Add(2);
  watch.Add(3);
  EXPECT_FALSE(watch.wants_count());
  watch.Take({2, 3});
  const nlohmann::json told = Told(&watch, 30);
  EXPECT_EQ(told["done"], 3);
  EXPECT_EQ(told["started"], 10);
}

TEST(SnapshotWatchTest, WhatSomebodyElseTookAwayEndsIt) {
  SnapshotWatch watch;
  watch.Add(1);
  watch.Count(5, 5, 10);
  watch.Take({1});
  EXPECT_TRUE(watch.Report(20));
  watch.Drain();
  EXPECT_EQ(Told(&watch, 30)["total"], 1);
  EXPECT_FALSE(watch.active());
}

TEST(SnapshotWatchTest, AMemoryThatIsNoneIsTheBeginning) {
  SnapshotWatch watch;
  watch.Recall("no json");
  EXPECT_FALSE(watch.active());
  watch.Recall("");
  EXPECT_EQ(watch.total(), 0);
}

}  // namespace
}  // namespace shipper
