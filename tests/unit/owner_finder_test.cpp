#include "sink/owner_finder.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

// A catalog of some people: what is not there is null, as a 404.
class OwnerFinderTest : public ::testing::Test {
 protected:
  OwnerFinder finder_{[this](const std::string &path, json *found) {
    asked_.push_back(path);
    if (out_) return Status::Outage("down");
    const auto place = there_.find(path);
    if (place != there_.end()) *found = place->second;
    return Status::Done();
  }};

  json Resolve(const std::vector<std::string> &names) {
    json owners = json::array();
    for (const std::string &name : names) owners.push_back({{"name", name}});
    status_ = finder_.Resolve(&owners);
    return owners;
  }

  std::map<std::string, json> there_ = {
      {"/teams/name/etl", {{"id", "t1"}, {"teamType", "Group"}}},
      {"/teams/name/ops", {{"id", "t2"}, {"teamType", "Group"}}},
      {"/teams/name/Sales", {{"id", "t3"}, {"teamType", "Division"}}},
      {"/users/name/ann", {{"id", "u1"}}},
      {"/users/name/bob", {{"id", "u2"}}},
      {"/search/query?q=email.keyword%3A%22c%40x.org%22&from=0&size=1&index=user_search_index",
       {{"hits", {{"hits", {{{"_source", {{"id", "u3"}, {"email", "c@x.org"}}}}}}}}}}};
  std::vector<std::string> asked_;
  bool out_ = false;
  Status status_;
};

TEST_F(OwnerFinderTest, ATeamAUserAndAMailAreFound) {
  EXPECT_EQ(Resolve({"etl"}), json::parse(R"([{"id":"t1","type":"team"}])"));
  EXPECT_EQ(Resolve({"ann", "c@x.org"}),
            json::parse(R"([{"id":"u1","type":"user"},{"id":"u3","type":"user"}])"));
}

TEST_F(OwnerFinderTest, ATeamThatIsNoGroupOwnsNothing) {
  EXPECT_EQ(Resolve({"Sales"}), json::array());
}

TEST_F(OwnerFinderTest, OneTeamIsTakenAndUsersWinOverTeams) {
  EXPECT_EQ(Resolve({"etl", "ops"}), json::parse(R"([{"id":"t1","type":"team"}])"));
  EXPECT_EQ(Resolve({"etl", "bob"}), json::parse(R"([{"id":"u2","type":"user"}])"));
}

TEST_F(OwnerFinderTest, AnswersAreKeptThoseOfNobodyToo) {
  Resolve({"nobody"});
  const size_t asked = asked_.size();
  EXPECT_EQ(Resolve({"nobody"}), json::array());
  EXPECT_EQ(asked_.size(), asked);
}

TEST_F(OwnerFinderTest, AServerThatIsOutChangesNothing) {
  out_ = true;
  EXPECT_EQ(Resolve({"ann"}), json::parse(R"([{"name":"ann"}])"));
  EXPECT_TRUE(status_.outage);
  out_ = false;
  EXPECT_EQ(Resolve({"ann"}), json::parse(R"([{"id":"u1","type":"user"}])"));
}

}  // namespace
}  // namespace shipper
