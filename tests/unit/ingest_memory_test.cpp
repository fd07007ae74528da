#include "ingest_memory.h"

#include <gtest/gtest.h>

#include "delivery.h"

namespace shipper {
namespace {

TEST(KeysOfTest, ASchemaTakesAllThatIsBelowItAndNothingBeside) {
  const std::map<std::string, std::string> memory = {{"entity:s.d.a", "1"},
                                                     {"entity:s.d.a.t", "1"},
                                                     {"entity:s.d.ab.t", "1"},
                                                     {"entity:routine:s.d.a.f", "1"},
                                                     {"edge:s.d.a.t -> s.d.a.u", "1"}};
  EXPECT_EQ(KeysOf({"databaseSchema", "s.d.a"}, memory),
            (std::vector<std::string>{"entity:s.d.a", "entity:routine:s.d.a.f", "entity:s.d.a.t"}));
  EXPECT_EQ(KeysOf({"table", "s.d.a.t"}, memory), std::vector<std::string>{"entity:s.d.a.t"});
  EXPECT_EQ(KeysOf({"storedProcedure", "s.d.a.f"}, memory),
            std::vector<std::string>{"entity:routine:s.d.a.f"});
}

TEST(IngestMemoryTest, ASchemaTakesAllThatIsBelowItAndNothingBeside) {
  const EntityName schema{"databaseSchema", "s.d.a"};
  for (const char *key : {"entity:s.d.a", "entity:s.d.a.t", "entity:routine:s.d.a.f"})
    EXPECT_TRUE(IsOf(key, schema)) << key;
  for (const char *key : {"entity:s.d.ab.t", "edge:s.d.a.t -> s.d.a.u", "entity:s.d"})
    EXPECT_FALSE(IsOf(key, schema)) << key;
}

TEST(IngestMemoryTest, ATableTakesItselfOnlyAndNoRoutineOfItsName) {
  EXPECT_TRUE(IsOf("entity:s.d.a.t", {"table", "s.d.a.t"}));
  EXPECT_FALSE(IsOf("entity:routine:s.d.a.t", {"table", "s.d.a.t"}));
  EXPECT_TRUE(IsOf("entity:routine:s.d.a.t", {"storedProcedure", "s.d.a.t"}));
}

}  // namespace
}  // namespace shipper
