#include "sink/entity_waves.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fakes/fake_sink.h"

namespace shipper {
namespace {

using nlohmann::json;

// Writes down what it is given at once.
class WaveSink : public FakeSink {
 public:
  std::vector<Status> PutEntities(const std::vector<Entity> &entities) override {
    std::vector<std::string> names;
    for (const Entity &entity : entities) names.push_back(entity.fqn);
    waves.push_back(names);
    return FakeSink::PutEntities(entities);
  }
  std::vector<std::vector<std::string>> waves;
};

Entity Make(const std::string &type, const std::string &fqn, json body = json::object()) {
  return {type, fqn, "/v1/x", std::move(body)};
}

json RefersTo(const std::string &column) {
  return {
      {"tableConstraints", {{{"constraintType", "FOREIGN_KEY"}, {"referredColumns", {column}}}}}};
}

class EntityWavesTest : public ::testing::Test {
 protected:
  WaveSink sink_;
  std::vector<std::string> told_;
  EntityWaves waves_{&sink_,
                     [this](const Entity &entity, const std::string &note, const Status &status) {
                       told_.push_back(entity.fqn + "=" + (status.ok() ? note : status.message));
                     }};
};

using Waves = std::vector<std::vector<std::string>>;

TEST_F(EntityWavesTest, WhatNeedsAnotherOneComesInALaterWave) {
  waves_.Add(Make("database", "s.d"), "1");
  waves_.Add(Make("databaseSchema", "s.d.a"), "2");
  waves_.Add(Make("table", "s.d.a.t"), "3");
  waves_.Add(Make("table", "s.d.a.u"), "4");
  waves_.Add(Make("databaseSchema", "s.d.b"), "5");
  waves_.Add(Make("table", "s.d.b.v"), "6");
  EXPECT_TRUE(sink_.waves.empty());
  waves_.Send();
  EXPECT_EQ(sink_.waves, (Waves{{"s.d"}, {"s.d.a", "s.d.b"}, {"s.d.a.t", "s.d.a.u", "s.d.b.v"}}));
  EXPECT_EQ(told_.back(), "s.d.b.v=6");
}

TEST_F(EntityWavesTest, ATableComesAfterThoseThatItRefersToAndAfterItsFirstForm) {
  waves_.Add(Make("table", "s.d.a.t"), "partial");
  waves_.Add(Make("table", "s.d.\"a.b\".u", RefersTo("s.d.a.t.\"i.d\"")), "u");
  waves_.Add(Make("table", "s.d.a.t", RefersTo("s.d.\"a.b\".u.id")), "whole");
  waves_.Send();
  EXPECT_EQ(sink_.waves, (Waves{{"s.d.a.t"}, {"s.d.\"a.b\".u"}, {"s.d.a.t"}}));
}

TEST_F(EntityWavesTest, ATableComesAfterItsTags) {
  waves_.Add(Make("classification", "c"), "");
  waves_.Add(Make("tag", "c.p"), "");
  waves_.Add(Make("table", "s.d.a.t", {{"tags", {{{"tagFQN", "c.p"}}}}}), "");
  waves_.Send();
  EXPECT_EQ(sink_.waves, (Waves{{"c"}, {"c.p"}, {"s.d.a.t"}}));
}

TEST_F(EntityWavesTest, HoldsABoundedNumberOfColumns) {
  const json wide = {{"columns", json(std::vector<int>(1600))}};
  for (int i = 0; i < 10; ++i) waves_.Add(Make("table", "s.d.a." + std::to_string(i), wide), "");
  ASSERT_GE(sink_.waves.size(), 2u) << "sent before Send()";
  EXPECT_LE(sink_.waves[0].size(), 4u);
  waves_.Send();
  EXPECT_EQ(told_.size(), 10u);
}

TEST_F(EntityWavesTest, WhatWasTakenIsToldBeforeAnOutageEndsTheWalk) {
  sink_.answer = [](const std::string &fqn) {
    return fqn == "s.d.a.1" ? Status::Outage("out") : Status::Done();
  };
  std::vector<std::string> taken;
  EntityWaves waves(&sink_, [&](const Entity &entity, const std::string &, const Status &status) {
    if (!status.ok()) throw std::runtime_error(status.message);
    taken.push_back(entity.fqn);
  });
  for (int i = 0; i < 3; ++i) waves.Add(Make("table", "s.d.a." + std::to_string(i)), "");
  EXPECT_THROW(waves.Send(), std::runtime_error);
  EXPECT_EQ(taken, (std::vector<std::string>{"s.d.a.0"}));
  EXPECT_EQ(sink_.known.count("s.d.a.2"), 0u) << "nothing is tried behind an outage";
}

}  // namespace
}  // namespace shipper
