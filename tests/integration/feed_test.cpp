// The feed: every committed fact reaches every sink once it is asked for, whatever happens between.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Feed : public LineageTest {
 protected:
  void SetUp() override {
    LineageTest::SetUp();
    sink_ = std::make_unique<Session>(Open());
    sink_->Exec("SELECT lineage._sink_register('one')");
    Drain("one");
  }
  void TearDown() override {
    sink_.reset();
    LineageTest::TearDown();
  }

  // Takes all there is; the number of rows.
  int Drain(const std::string &name) { return std::stoi(sink_->Value(AckAll(name))); }
  static std::string AckAll(const std::string &name) {
    return "SELECT lineage._ack('" + name +
           "', coalesce(array_agg(id), '{}')) FROM lineage._feed('" + name + "', 100000)";
  }
  // A sink that is new asks for a snapshot, which the others see too.
  void DrainBoth() {
    Drain("one");
    Drain("two");
  }
  int Waiting(const std::string &name) {
    return std::stoi(sink_->Value("SELECT count(*) FROM lineage._feed('" + name + "', 100000)"));
  }
  int Pending() { return std::stoi(sink_->Value("SELECT lineage.pending()")); }
  // A new fact: one edge row and one row of DDL.
  static void MakeTable(Session *session, int n) {
    session->Exec("CREATE TABLE made" + std::to_string(n) + " AS SELECT a, b FROM src");
  }

  std::unique_ptr<Session> sink_;
};

TEST_F(Feed, WhatCommitsAfterTheSnapshotOfItsReaderWaits) {
  Drain("one");
  Session user = Open();
  sink_->Exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
  MakeTable(&user, 1);
  sink_->Exec("SELECT id FROM lineage._feed('one', 100); COMMIT");
  EXPECT_EQ(Pending(), 2);  // an edge and a CREATE TABLE AS
  EXPECT_EQ(Waiting("one"), 2);
}

TEST_F(Feed, ManyRoundsOfSmallBatchesOverDeadRowsDeliverEachRowOnce) {
  Session user = Open(), old = Open();
  old.Exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");  // nothing can be cleaned up
  int taken = 0;
  for (int round = 0; round < 40; round++) {
    for (int i = 0; i < 5; i++) MakeTable(&user, round * 5 + i);
    for (int batch = 1; batch <= 3; batch++) {
      std::vector<std::string> ids =
          sink_->Column("SELECT id FROM lineage._feed('one', " + std::to_string(batch) + ")");
      ASSERT_EQ(static_cast<int>(ids.size()), batch);
      for (const std::string &id : ids) {
        taken += std::stoi(sink_->Value("SELECT lineage._ack('one', '{" + id + "}')"));
      }
    }
  }
  taken += Drain("one");
  EXPECT_EQ(taken, 400);  // an edge and a CREATE TABLE AS each
  EXPECT_EQ(Drain("one"), 0);
  EXPECT_EQ(Pending(), 0);
  old.Exec("COMMIT");
  user.Exec("VACUUM lineage.queue");
  MakeTable(&user, 1000);
  EXPECT_EQ(Drain("one"), 2);
}

TEST_F(Feed, ARowThatCommitsLateWithALowIdIsStillDelivered) {
  Session late = Open(), early = Open();
  late.Exec("BEGIN");
  late.Exec(kCopy);
  late.Exec("PREPARE TRANSACTION 'feed_late'");
  for (int i = 0; i < 20; i++) MakeTable(&early, i);
  EXPECT_EQ(Drain("one"), 40);
  EXPECT_EQ(Drain("one"), 0);
  late.Exec("COMMIT PREPARED 'feed_late'");
  EXPECT_EQ(sink_->Text("SELECT payload->>'source', payload->>'target' "
                        "FROM lineage._feed('one', 10)"),
            "public.src|public.dst");
  EXPECT_EQ(Drain("one"), 1);
}

TEST_F(Feed, EverySinkGetsEveryRowAndARowGoesWhenAllHaveTakenIt) {
  sink_->Exec("SELECT lineage._sink_register('two'), lineage._sink_register('two')");
  DrainBoth();
  Session user = Open();
  user.Exec(kCopy);
  EXPECT_EQ(Drain("one"), 1);
  EXPECT_EQ(Waiting("one"), 0);
  EXPECT_EQ(Waiting("two"), 1);
  EXPECT_EQ(Drain("one"), 0);
  EXPECT_EQ(sink_->Value("SELECT count(*) FROM lineage.queue"), "1");
  EXPECT_EQ(Drain("two"), 1);
  EXPECT_EQ(sink_->Value("SELECT count(*) FROM lineage.queue"), "0");
  EXPECT_EQ(sink_->Value("SELECT count(*) FROM lineage._taken"), "0");
  EXPECT_EQ(Pending(), 0);
}

TEST_F(Feed, ARolledBackAcknowledgementGivesTheRowsBack) {
  Session user = Open();
  user.Exec(kCopy);
  sink_->Exec("BEGIN");
  EXPECT_EQ(Drain("one"), 1);
  EXPECT_EQ(Waiting("one"), 0);
  sink_->Exec("ROLLBACK");
  EXPECT_EQ(Waiting("one"), 1);
  EXPECT_EQ(Pending(), 1);
  sink_->Exec("BEGIN; SAVEPOINT s");
  EXPECT_EQ(Drain("one"), 1);
  sink_->Exec("ROLLBACK TO s; COMMIT");
  EXPECT_EQ(Pending(), 1);
  EXPECT_EQ(Drain("one"), 1);
  EXPECT_EQ(Pending(), 0);
}

TEST_F(Feed, AcknowledgingTwiceOrWhatIsNotThereIsNoFault) {
  Session user = Open();
  user.Exec(kCopy);
  std::string id = sink_->Value("SELECT id FROM lineage._feed('one', 1)");
  EXPECT_EQ(sink_->Value("SELECT lineage._ack('one', '{" + id + "," + id + ",1,-5}')"), "1");
  EXPECT_EQ(sink_->Value("SELECT lineage._ack('one', '{" + id + "}')"), "0");
  EXPECT_EQ(sink_->Value("SELECT lineage._ack('one', '{}')"), "0");
  EXPECT_EQ(Pending(), 0);
}

TEST_F(Feed, TwoSessionsThatAcknowledgeTheSameRowsBothSucceed) {
  Session user = Open(), second = Open();
  for (int i = 0; i < 5; i++) MakeTable(&user, i);
  sink_->Exec("BEGIN");
  EXPECT_EQ(Drain("one"), 10);
  second.Send(AckAll("one"));
  second.Done(0.3);
  sink_->Exec("COMMIT");
  EXPECT_EQ(second.Wait(), "00000");
  EXPECT_EQ(sink_->Value("SELECT count(*) FROM lineage.queue"), "0");
  EXPECT_EQ(Pending(), 0);
}

TEST_F(Feed, WhatWasTakenIsNotTakenAwayFromTheStore) {
  Session user = Open();
  user.Exec(kCopy);
  EXPECT_EQ(Drain("one"), 1);
  EXPECT_EQ(Edges(), CopyEdges());
  user.Exec(kCopy);
  EXPECT_EQ(Drain("one"), 0);
  EXPECT_EQ(sink_->Value("SELECT count(*) FROM lineage._pair('public.src', 'public.dst')"), "1");
}

TEST_F(Feed, DeliveryStateAndFeedSurviveACrash) {
  sink_->Exec("SELECT lineage._sink_register('two')");
  DrainBoth();
  Session user = Open();
  MakeTable(&user, 1);
  user.Exec(kCopy);
  EXPECT_EQ(Drain("one"), 3);
  sink_->Exec("SELECT lineage._state_set('one', 'k', 'v')");
  sink_.reset();
  cluster_->PullThePlug();
  cluster_->Start();
  sink_ = std::make_unique<Session>(Open());
  EXPECT_EQ(Pending(), 3);
  EXPECT_EQ(Waiting("one"), 0);
  EXPECT_EQ(Drain("two"), 3);
  EXPECT_EQ(Pending(), 0);
  EXPECT_EQ(sink_->Text("SELECT key, value FROM lineage._state_get('one')"), "k|v");
}

TEST_F(Feed, EdgesWithinOneTableAreInTheViewsAndNotInTheFeed) {
  Session user = Open();
  user.Exec("UPDATE src SET b = b + a");
  EXPECT_TRUE(HasEdge("public.src.a", "public.src.b"));
  EXPECT_EQ(Waiting("one"), 0);
}

TEST_F(Feed, ReadersAndWritersOfTheFeedDoNotWaitForEachOther) {
  Session user = Open();
  MakeTable(&user, 1);
  sink_->Exec("BEGIN");
  EXPECT_EQ(Drain("one"), 2);
  user.Send("CREATE TABLE made2 AS SELECT a, b FROM src");
  EXPECT_TRUE(user.Done(20));
  EXPECT_EQ(user.Wait(), "00000");
  user.Exec("BEGIN");
  MakeTable(&user, 3);
  Session second = Open();
  second.Send("SELECT lineage.pending(), count(*) FROM lineage._feed('one', 100)");
  EXPECT_TRUE(second.Done(20));
  EXPECT_EQ(second.Wait(), "00000");
  user.Exec("COMMIT");
  sink_->Exec("COMMIT");
  EXPECT_EQ(Drain("one"), 4);
}

}  // namespace
}  // namespace pg_lineage_test
