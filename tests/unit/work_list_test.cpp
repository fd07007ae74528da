#include "work_list.h"

#include <limits>

#include <gtest/gtest.h>

namespace shipper {
namespace {

const WorkKey kPair{WorkKind::kPair, "a", "b"};
const WorkKey kTable{WorkKind::kObject, "table", "a"};

TEST(WorkListTest, RowsOfOneThingAreOnePieceOfWork) {
  WorkList list;
  list.Add(kPair, 1, 0);
  list.Add(kPair, 2, 0);
  list.Add(kPair, 2, 0);
  ASSERT_EQ(list.Due(0).size(), 1u);
  EXPECT_EQ(list.Due(0)[0].rows, (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(list.HasRow(2));
  list.Remove(kPair);
  EXPECT_FALSE(list.HasRow(2));
  EXPECT_TRUE(list.empty());
}

TEST(WorkListTest, ObjectsGoBeforePairsAndRefusedOnesLast) {
  WorkList list;
  list.Add(kPair, 1, 0);
  list.Add(kTable, 2, 0);
  list.Add({WorkKind::kObject, "table", "poison"}, 0, 0);
  list.Postpone({WorkKind::kObject, "table", "poison"}, 0, 0);
  std::vector<Work> due = list.Due(0);
  ASSERT_EQ(due.size(), 3u);
  EXPECT_EQ(due[0].key.second, "a");
  EXPECT_EQ(due[1].key.kind, WorkKind::kPair);
  EXPECT_EQ(due[2].key.second, "poison");
}

TEST(WorkListTest, WhatIsPutOffIsNotDueBefore) {
  WorkList list;
  EXPECT_EQ(list.NextDueMs(), std::numeric_limits<int64_t>::max());
  list.Add(kPair, 1, 100);
  EXPECT_TRUE(list.Due(99).empty());
  list.Postpone(kPair, 500, 0);
  EXPECT_EQ(list.NextDueMs(), 500);
  list.Add(kPair, 2, 0);
  EXPECT_TRUE(list.Due(499).empty()) << "a new row does not hurry a refused piece";
}

TEST(WorkListTest, OnlyRefusalsWhileOthersWereTakenCount) {
  WorkList list;
  list.Add(kPair, 1, 0);
  for (int i = 0; i < 5; ++i) list.Postpone(kPair, 0, 7);
  EXPECT_EQ(list.Due(0)[0].tries, 5);
  EXPECT_EQ(list.Due(0)[0].refusals, 1);
  list.Postpone(kPair, 0, 8);
  EXPECT_EQ(list.Due(0)[0].refusals, 2);
}

TEST(WorkListTest, WhatWasRefusedIsNotFreshAnyMore) {
  WorkList list;
  list.Add({WorkKind::kObject, "table", "a"}, 1, 0);
  EXPECT_TRUE(list.HasFresh(WorkKind::kObject));
  EXPECT_FALSE(list.HasFresh(WorkKind::kPair));
  list.Postpone({WorkKind::kObject, "table", "a"}, 10, 0);
  EXPECT_FALSE(list.HasFresh(WorkKind::kObject));
}

}  // namespace
}  // namespace shipper
