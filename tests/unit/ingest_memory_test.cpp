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

}  // namespace
}  // namespace shipper
