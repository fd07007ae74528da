#include "delivery.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "fakes/fake_origin.h"
#include "fakes/fake_sink.h"

namespace shipper {
namespace {

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    sink_.strict = true;
    spdlog::set_level(spdlog::level::off);
  }

  Status Pair(Delivery *delivery, const std::string &source, const std::string &target) {
    return delivery->Send({WorkKind::kPair, source, target},
                          [this](const WorkKey &key) { followed_.push_back(key); });
  }

  FakeOrigin origin_;
  FakeSink sink_;
  std::vector<WorkKey> followed_;
};

TEST_F(DeliveryTest, ATableThatTheCatalogLostIsSentAgainBeforeTheEdge) {
  origin_.Join("a", "b");
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}, {"entity:svc.b", "x"}});
  EXPECT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_EQ(sink_.log.back(), "svc.a>svc.b");
  EXPECT_EQ(sink_.Count("svc.a"), 1);
}

TEST_F(DeliveryTest, AnEdgeOfATableThatCannotExistIsParked) {
  origin_.Join("a", "b");
  origin_.tables.erase("a");
  Delivery delivery(&origin_, &sink_, {});
  Status status = Pair(&delivery, "a", "b");
  EXPECT_EQ(status.action, Action::kPark);
  EXPECT_NE(status.message.find("table a is gone"), std::string::npos);
}

TEST_F(DeliveryTest, TheRoutineShownBeforeStaysWhileItHolds) {
  origin_.Join("a", "b");
  origin_.routines = {"f()", "g()"};
  origin_.writers[{"a", "b"}] = {"f()", "g()"};
  Delivery delivery(&origin_, &sink_, {{"pipeline:svc.a -> svc.b", "svc.g()"}});
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_EQ(sink_.last_edge.details["pipeline"]["fullyQualifiedName"], "svc.g()");
  origin_.writers[{"a", "b"}] = {"f()"};
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_EQ(sink_.last_edge.details["pipeline"]["fullyQualifiedName"], "svc.f()");
  EXPECT_EQ(delivery.Recall("pipeline:svc.a -> svc.b"), "svc.f()");
}

TEST_F(DeliveryTest, ARoutineThatIsGoneIsNotShownButTheEdgeIsSent) {
  origin_.Join("a", "b");
  origin_.writers[{"a", "b"}] = {"gone()"};
  Delivery delivery(&origin_, &sink_, {});
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_FALSE(sink_.last_edge.details.contains("pipeline"));
}

TEST_F(DeliveryTest, ARoutineThatTheCatalogRefusesIsNotShownButTheEdgeIsSent) {
  origin_.Join("a", "b");
  origin_.routines = {"f()"};
  origin_.writers[{"a", "b"}] = {"f()"};
  sink_.answer = [](const std::string &name) {
    return name == "svc.f()" ? Status::Park("HTTP 400") : Status::Done();
  };
  Delivery delivery(&origin_, &sink_, {});
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_FALSE(sink_.last_edge.details.contains("pipeline"));
}

TEST_F(DeliveryTest, AnEmptiedCatalogGetsEverythingAgain) {
  origin_.Join("a", "b");
  Delivery delivery(&origin_, &sink_, {});
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  origin_.tables["a"] = 2;
  bool emptied = true;
  sink_.answer = [&](const std::string &name) {
    if (name == "svc") emptied = false;
    return emptied ? Status::Missing("no service", {"svc"}) : Status::Done();
  };
  Status status = delivery.Send({WorkKind::kObject, "table", "a"},
                                [this](const WorkKey &key) { followed_.push_back(key); });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(sink_.Count("svc"), 2);
  ASSERT_FALSE(followed_.empty());
  EXPECT_EQ(followed_.back().kind, WorkKind::kResync);
  EXPECT_EQ(delivery.Recall("edge:svc.a -> svc.b"), "");
}

TEST_F(DeliveryTest, UndoForgetsWhatDidNotLast) {
  origin_.Join("a", "b");
  Delivery delivery(&origin_, &sink_, {{"other", "kept"}});
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  delivery.Undo();
  EXPECT_EQ(delivery.Recall("edge:svc.a -> svc.b"), "");
  EXPECT_EQ(delivery.Recall("other"), "kept");
  EXPECT_TRUE(delivery.TakeChanges().empty());
}

TEST_F(DeliveryTest, ChangesAreHandedOutOnce) {
  Delivery delivery(&origin_, &sink_, {{"old", "1"}});
  delivery.Remember("new", "2");
  delivery.Drop("old");
  std::vector<StateChange> changes = delivery.TakeChanges();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].key, "new");
  EXPECT_EQ(changes[1].value, std::nullopt);
  EXPECT_TRUE(delivery.TakeChanges().empty());
}

TEST_F(DeliveryTest, AnEdgeThatIsNoMoreIsTakenAwayOnceAndOnlyWhenItWasSent) {
  Delivery delivery(&origin_, &sink_, {});
  EXPECT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_TRUE(sink_.log.empty()) << "nothing of ours";
  origin_.Join("a", "b");
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  origin_.edges.clear();
  sink_.answer = [](const std::string &) { return Status::Outage("down"); };
  EXPECT_TRUE(Pair(&delivery, "a", "b").outage);
  sink_.answer = nullptr;
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  EXPECT_EQ(sink_.Count("-svc.a>svc.b"), 1);
  EXPECT_EQ(delivery.Recall("edge:svc.a -> svc.b"), "");
}

TEST_F(DeliveryTest, AResyncTakesAwayWhatDoesNotLiveAnyMore) {
  origin_.Join("a", "b");
  Delivery delivery(&origin_, &sink_, {{"edge:svc.a -> svc.b", "x"}, {"edge:svc.b -> svc.c", "y"}});
  ASSERT_TRUE(delivery
                  .Send({WorkKind::kResync, "", ""},
                        [this](const WorkKey &key) { followed_.push_back(key); })
                  .ok());
  ASSERT_EQ(followed_.size(), 2u);
  for (const WorkKey &key : followed_) EXPECT_TRUE(Pair(&delivery, key.first, key.second).ok());
  EXPECT_EQ(sink_.Count("-svc.b>svc.c"), 1);
  EXPECT_EQ(sink_.Count("-svc.a>svc.b"), 0);
}

class DepartedTest : public DeliveryTest {
 protected:
  Status Table(Delivery *delivery, const std::string &table) {
    return delivery->Send({WorkKind::kObject, "table", table}, [](const WorkKey &) {});
  }
};

TEST_F(DepartedTest, ADroppedTableIsDeletedAndForgotten) {
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}});
  EXPECT_TRUE(Table(&delivery, "a").ok());
  EXPECT_EQ(sink_.log, std::vector<std::string>{"-svc.a"});
  EXPECT_EQ(delivery.Recall("entity:svc.a"), "");
}

TEST_F(DepartedTest, TheEdgesOfADroppedTableGoBeforeItAndNoOthers) {
  Delivery delivery(&origin_, &sink_,
                    {{"entity:svc.a", "x"},
                     {"edge:svc.a -> svc.b", "x"},
                     {"edge:svc.b -> svc.a", "x"},
                     {"edge:svc.b -> svc.c", "x"}});
  EXPECT_TRUE(Table(&delivery, "a").ok());
  EXPECT_EQ(sink_.log, (std::vector<std::string>{"-svc.a>svc.b", "-svc.b>svc.a", "-svc.a"}));
}

TEST_F(DepartedTest, WhatTheWorkflowKeepsIsNotDeleted) {
  origin_.keep = true;
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}});
  EXPECT_TRUE(Table(&delivery, "a").ok());
  EXPECT_TRUE(sink_.log.empty());
}

TEST_F(DepartedTest, ARenamedTableTakesAlongWhatPeopleWrote) {
  origin_.tables["b"] = 1;
  sink_.bodies["svc.a"] = {{"description", "said a person"},
                           {"tags", {{{"tagFQN", "PII.Sensitive"}, {"source", "Classification"}}}},
                           {"owners", {{{"id", "u1"}, {"type", "user"}, {"name", "ann"}}}}};
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}});
  delivery.NoteRename("table", "a", "b");
  EXPECT_TRUE(Table(&delivery, "b").ok());
  EXPECT_EQ(sink_.log.back(), "-svc.a");
  EXPECT_EQ(sink_.last_entity.fqn, "svc.b");
  EXPECT_EQ(sink_.last_entity.body["description"], "said a person");
  EXPECT_EQ(sink_.last_entity.body["tags"][0]["tagFQN"], "PII.Sensitive");
  EXPECT_EQ(sink_.last_entity.body["owners"][0]["id"], "u1");
}

TEST_F(DepartedTest, ATableThatIsRenamedTwiceTakesItAlongFromTheFirstName) {
  origin_.tables["c"] = 1;
  sink_.bodies["svc.a"] = {{"description", "said a person"}};
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}});
  delivery.NoteRename("table", "a", "b");
  delivery.NoteRename("table", "b", "c");
  EXPECT_TRUE(Table(&delivery, "b").ok());
  EXPECT_TRUE(Table(&delivery, "c").ok());
  EXPECT_EQ(sink_.last_entity.body["description"], "said a person");
  EXPECT_EQ(sink_.Count("-svc.a"), 1);
}

TEST_F(DepartedTest, TheLifeOfATableIsToldAndKeptUntilTheNextEvent) {
  origin_.tables["t"] = 1;
  Delivery delivery(&origin_, &sink_, {});
  const auto life = [&]() {
    Table(&delivery, "t");
    return sink_.last_entity.body["lifeCycle"];
  };
  delivery.NoteLife("table", "t", LifeEvent::kMade, 1000);
  EXPECT_EQ(life(), nlohmann::json({{"created", {{"timestamp", 1000}}}}));
  origin_.tables["t"] = 2;
  delivery.NoteLife("table", "t", LifeEvent::kChanged, 2000);
  EXPECT_EQ(life()["updated"]["timestamp"], 2000);
  origin_.tables["t"] = 3;
  EXPECT_EQ(life()["created"]["timestamp"], 1000);
  const long sent = delivery.sent();
  EXPECT_EQ(life()["updated"]["timestamp"], 2000);
  EXPECT_EQ(delivery.sent(), sent);  // nothing new: nothing is sent
}

TEST_F(DepartedTest, ARenameThatIsReadAfterTheLossOfTheOldNameExplainsIt) {
  origin_.tables["old"] = 1;
  Delivery delivery(&origin_, &sink_, {});
  delivery.NoteLife("table", "old", LifeEvent::kMade, 1000);
  Table(&delivery, "old");
  origin_.tables.erase("old");
  origin_.tables["now"] = 1;
  Table(&delivery, "old");
  EXPECT_EQ(delivery.Recall("life:table:svc.old"), "");
  delivery.NoteRename("table", "old", "now");
  delivery.NoteLife("table", "now", LifeEvent::kChanged, 2000);
  Table(&delivery, "now");
  EXPECT_EQ(sink_.last_entity.body["lifeCycle"]["created"]["timestamp"], 1000);
}

TEST_F(DepartedTest, WhatMayHaveBeenReplacedIsMadeOnlyWhereItWasNotThere) {
  origin_.tables["v"] = 1;
  origin_.tables["w"] = 1;
  Delivery delivery(&origin_, &sink_, {{"entity:svc.w", "known"}});
  delivery.NoteLife("table", "v", LifeEvent::kMadeOrReplaced, 1000);
  delivery.NoteLife("table", "w", LifeEvent::kMadeOrReplaced, 1000);
  Table(&delivery, "v");
  EXPECT_EQ(sink_.last_entity.body["lifeCycle"],
            nlohmann::json({{"created", {{"timestamp", 1000}}}}));
  Table(&delivery, "w");
  EXPECT_EQ(sink_.last_entity.body["lifeCycle"],
            nlohmann::json({{"updated", {{"timestamp", 1000}}}}));
}

TEST_F(DepartedTest, ARenamedTableKeepsTheTimeOfItsMaking) {
  origin_.tables["old"] = 1;
  Delivery delivery(&origin_, &sink_, {});
  delivery.NoteLife("table", "old", LifeEvent::kMade, 1000);
  Table(&delivery, "old");
  origin_.tables.erase("old");
  origin_.tables["now"] = 1;
  delivery.NoteRename("table", "old", "now");
  delivery.NoteLife("table", "now", LifeEvent::kChanged, 2000);
  Table(&delivery, "now");
  EXPECT_EQ(sink_.last_entity.body["lifeCycle"]["created"]["timestamp"], 1000);
  EXPECT_EQ(sink_.last_entity.body["lifeCycle"]["updated"]["timestamp"], 2000);
}

TEST_F(DepartedTest, ATableThatIsRenamedOnWhileTheFirstStepIsReadTakesItAlong) {
  origin_.tables["now"] = 1;  // was old, then between
  sink_.bodies["svc.old"] = {{"description", "for people"}};
  Delivery delivery(&origin_, &sink_, {{"entity:svc.old", "x"}});
  delivery.NoteRename("table", "old", "between");
  EXPECT_TRUE(Table(&delivery, "between").ok());
  delivery.NoteRename("table", "between", "now");
  EXPECT_TRUE(Table(&delivery, "now").ok());
  EXPECT_EQ(sink_.last_entity.body["description"], "for people");
}

TEST_F(DepartedTest, ASwapOfTablesLeavesTheNameTheSameEntity) {
  origin_.tables["x"] = 2;  // x -> x_old, x_new -> x, x_old dropped
  sink_.bodies["svc.x_new"] = {{"description", "of the new one"}};
  Delivery delivery(&origin_, &sink_, {{"entity:svc.x", "old"}, {"entity:svc.x_new", "new"}});
  delivery.NoteRename("table", "x", "x_old");
  delivery.NoteRename("table", "x_new", "x");
  EXPECT_TRUE(Table(&delivery, "x_old").ok());
  EXPECT_TRUE(Table(&delivery, "x").ok());
  EXPECT_EQ(sink_.Count("-svc.x"), 0);
  EXPECT_EQ(sink_.Count("-svc.x_new"), 1);
  EXPECT_EQ(sink_.Count("svc.x"), 1);
  EXPECT_FALSE(sink_.last_entity.body.contains("description"));
}

TEST_F(DepartedTest, ARenamedColumnTakesAlongWhatPeopleWrote) {
  origin_.tables["a"] = 2;
  origin_.columns["a"] = {"now"};
  sink_.bodies["svc.a"] = {{"columns", {{{"name", "before"}, {"description", "said a person"}}}}};
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}});
  delivery.NoteColumn("a", "before", "now");
  EXPECT_TRUE(Table(&delivery, "a").ok());
  EXPECT_EQ(sink_.last_entity.body["columns"][0]["description"], "said a person");
}

TEST_F(DepartedTest, AComparisonOfAllFindsWhatWasMissed) {
  origin_.tables["public.t"] = 1;
  Delivery delivery(&origin_, &sink_,
                    {{"entity:db.public.t", "x"}, {"entity:db.public.u", "x"}, {"entity:db", "x"}});
  EXPECT_TRUE(delivery.Send({WorkKind::kReconcile, "", ""}, [](const WorkKey &) {}).ok());
  EXPECT_EQ(sink_.Count("-db.public.u"), 1);
  EXPECT_EQ(sink_.Count("-db.public.t"), 0);
}

TEST_F(DepartedTest, ADeleteThatTheSinkCannotTakeNowIsTriedAgain) {
  sink_.answer = [](const std::string &) { return Status::Outage("down"); };
  Delivery delivery(&origin_, &sink_, {{"entity:svc.a", "x"}});
  EXPECT_TRUE(Table(&delivery, "a").outage);
  EXPECT_EQ(delivery.Recall("entity:svc.a"), "x");
}

TEST_F(DeliveryTest, EdgesOfATableOrASchemaAreFoundByBothEnds) {
  Delivery delivery(&origin_, &sink_,
                    {{"edge:s.p.a -> s.p.b", "1"},
                     {"edge:s.p.b -> s.q.c", "1"},
                     {"edge:s.p.bb -> s.q.d", "1"},
                     {"edge:s.q.c -> s.q.d", "1"}});
  const auto count = [&](const char *type, const char *fqn) {
    return delivery.SentEdgesOf({type, fqn}).size();
  };
  EXPECT_EQ(count("table", "s.p.b"), 2u);
  EXPECT_EQ(count("table", "s.q.d"), 2u);
  EXPECT_EQ(count("table", "s.p"), 0u);
  EXPECT_EQ(count("databaseSchema", "s.p"), 3u);
  delivery.Drop("edge:s.p.a -> s.p.b");
  EXPECT_EQ(count("table", "s.p.b"), 1u);
  delivery.Undo();
  EXPECT_EQ(count("table", "s.p.b"), 2u);
  delivery.Remember("edge:s.p.x -> s.p.b", "1");
  EXPECT_EQ(count("table", "s.p.b"), 3u);
  delivery.ForgetSent();
  EXPECT_TRUE(delivery.SentEdges().empty());
}

TEST_F(DeliveryTest, OfManyPairsThoseAreDoneWhoseEdgeIsThereOrUnchanged) {
  for (const char *target : {"b", "c", "d"}) origin_.Join("a", target);
  origin_.poison.clear();
  Delivery delivery(&origin_, &sink_, {});
  ASSERT_TRUE(Pair(&delivery, "a", "b").ok());
  sink_.answer = [](const std::string &name) {
    return name == "svc.a>svc.c" ? Status::Park("HTTP 400") : Status::Done();
  };
  std::set<WorkKey> done;
  std::vector<WorkKey> keys;
  for (const char *target : {"b", "c", "d"}) keys.push_back({WorkKind::kPair, "a", target});
  EXPECT_TRUE(delivery.SendPairs(keys, &done).ok());
  EXPECT_EQ(done.count(keys[0]), 1u);
  EXPECT_EQ(done.count(keys[1]), 0u);
  EXPECT_EQ(done.count(keys[2]), 1u);
  EXPECT_EQ(sink_.Count("svc.a>svc.b"), 1);
  EXPECT_EQ(sink_.Count("svc.a>svc.d"), 1);
}

}  // namespace
}  // namespace shipper
