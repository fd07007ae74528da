#include "source/catalog.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

std::vector<RelationEntry> Relations(uint32_t count, int columns) {
  std::vector<RelationEntry> list;
  for (uint32_t oid = 1; oid <= count; ++oid) list.push_back({oid, "t", 'r', columns});
  return list;
}

TEST(PortionsTest, EveryRelationIsInOnePortionInItsPlace) {
  uint32_t next = 1;
  for (const std::vector<uint32_t> &portion : Portions(Relations(7001, 10)))
    for (uint32_t oid : portion) EXPECT_EQ(oid, next++);
  EXPECT_EQ(next, 7002u);
  EXPECT_TRUE(Portions(Relations(0, 0)).empty());
}

TEST(PortionsTest, APortionIsBoundedByRelationsAndByColumns) {
  EXPECT_EQ(Portions(Relations(2000, 10)).size(), 1u);
  EXPECT_EQ(Portions(Relations(2001, 1)).size(), 2u);
  EXPECT_EQ(Portions(Relations(20, 1600)).size(), 2u);
  EXPECT_EQ(Portions(Relations(2, 30000)).size(), 2u);  // one that is too big goes alone
}

std::vector<RoutineEntry> Routines(uint32_t count, size_t bytes) {
  std::vector<RoutineEntry> list;
  for (uint32_t oid = 1; oid <= count; ++oid) list.push_back({{oid, "f", ""}, bytes});
  return list;
}

TEST(PortionsTest, RoutinesAreBoundedByTheirNumberAndByTheirBodies) {
  EXPECT_TRUE(Portions(Routines(0, 0)).empty());
  EXPECT_EQ(Portions(Routines(500, 10)).size(), 1u);
  EXPECT_EQ(Portions(Routines(501, 10)).size(), 2u);
  EXPECT_EQ(Portions(Routines(8, 1 << 20)).size(), 2u);
  EXPECT_EQ(Portions(Routines(3, 100 << 20)).size(), 3u);  // one that is too big goes alone
}

}  // namespace
}  // namespace shipper
