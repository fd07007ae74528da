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

}  // namespace
}  // namespace shipper
