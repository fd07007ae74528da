// Faults of ours never fail, block or change the user's statement or commit.
#include <cstdio>

#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Faults : public LineageTest {
 protected:
  // Lines the library wrote about trouble, each a LOG or WARNING.
  static int Complaints() { return cluster_->CountInLog("(LOG|WARNING): .*pg_lineage"); }
  static void AllowComplaints() { cluster_->AllowInLog("(LOG|WARNING): .*pg_lineage"); }
};

class LockedStore : public Faults, public ::testing::WithParamInterface<const char *> {};

TEST_P(LockedStore, TheCommitDoesNotWaitAndTheEdgeComesWithTheNextCommit) {
  AllowComplaints();
  Session locker = Open(), user = Open();
  locker.Exec("BEGIN");
  locker.Exec(std::string("LOCK TABLE ") + GetParam());
  user.Send(kCopy);
  ASSERT_TRUE(user.Done(20)) << "the commit waits for a lock on " << GetParam();
  EXPECT_EQ(user.Wait(), "00000");
  EXPECT_EQ(user.Value("SELECT count(*) FROM dst"), "1");  // still locked: must not wait either
  locker.Exec("ROLLBACK");
  user.Exec("SELECT 1");
  EXPECT_EQ(Edges(), CopyEdges());
}

INSTANTIATE_TEST_SUITE_P(
    Each, LockedStore,
    ::testing::Values("lineage._edge IN ACCESS EXCLUSIVE MODE",
                      "lineage._node IN ACCESS EXCLUSIVE MODE",
                      "lineage.queue IN ACCESS EXCLUSIVE MODE",
                      "lineage._ddl, lineage._edge, lineage._node IN ACCESS EXCLUSIVE MODE",
                      "lineage._edge IN SHARE MODE"));

TEST_F(Faults, ALockedIndexRefusesLikeALockedTableAndIsNoError) {
  AllowComplaints();
  Session locker = Open(), user = Open();
  user.Exec("INSERT INTO dst SELECT * FROM other");  // knows the tables of the store by now
  locker.Exec("BEGIN; ALTER INDEX lineage._edge_source SET TABLESPACE pg_default");
  user.Send(kCopy);
  ASSERT_TRUE(user.Done(20));
  EXPECT_EQ(user.Wait(), "00000");
  locker.Exec("ROLLBACK");
  user.Exec("SELECT 1");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE source_table = "
                         "'public.src' AND type = 'DIRECT'"),
            "2");
  EXPECT_EQ(Open().Value("SELECT refused_locked > 0 FROM lineage.health"), "t");
  EXPECT_EQ(Open().Value("SELECT refused_error + errors_swallowed FROM lineage.health"), "0");
}

TEST_F(Faults, ALockedDdlHistoryNeitherDelaysNorLosesDdl) {
  AllowComplaints();
  Session locker = Open(), user = Open();
  locker.Exec("BEGIN; LOCK TABLE lineage._ddl IN ACCESS EXCLUSIVE MODE");
  user.Send("CREATE TABLE while_locked (a int)");
  ASSERT_TRUE(user.Done(20));
  EXPECT_EQ(user.Wait(), "00000");
  locker.Exec("ROLLBACK");
  user.Exec("SELECT 1");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.ddl_history WHERE command_tag = "
                         "'CREATE TABLE' AND object_identity = 'public.while_locked'"),
            "1");
}

TEST_F(Faults, ARefusedEventIsRetriedManyTimesAndStaysOne) {
  AllowComplaints();
  Session locker = Open(), user = Open();
  locker.Exec("BEGIN; LOCK TABLE lineage._edge IN ACCESS EXCLUSIVE MODE");
  for (int i = 0; i < 5; i++) user.Exec(kCopy);
  locker.Exec("ROLLBACK");
  user.Exec(kCopy);
  user.Exec("SELECT 1");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT'"), "2");
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.dst.a") == 6; }, 15));
  EXPECT_EQ(Executions("public.src.a", "public.dst.a"), 6);
}

TEST_F(Faults, ARefusedEventOfARolledBackTransactionIsNotRetried) {
  AllowComplaints();
  Session locker = Open(), user = Open();
  locker.Exec("BEGIN; LOCK TABLE lineage._edge IN ACCESS EXCLUSIVE MODE");
  user.Exec("BEGIN");
  user.Exec(kCopy);
  user.Exec("ROLLBACK");
  locker.Exec("ROLLBACK");
  user.Exec("INSERT INTO other VALUES (1, 1)");
  EXPECT_TRUE(Edges().empty());
}

TEST_F(Faults, AnAddedColumnInTheStoreIsReportedOnceAndHarmsNobody) {
  AllowComplaints();
  int before = Complaints();
  Open().Exec("ALTER TABLE lineage._edge ADD COLUMN extra int");
  Session user = Open();
  for (int i = 0; i < 3; i++) user.Exec(kCopy);
  user.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_EQ(user.Value("SELECT count(*) FROM dst"), "3");
  EXPECT_EQ(Complaints() - before, 1);
  Open().Exec("ALTER TABLE lineage._edge DROP COLUMN extra");
  user.Exec(kCopy);
  EXPECT_EQ(user.Value("SELECT count(*) FROM dst"), "4");
}

TEST_F(Faults, ADroppedStoreTableIsReportedOnceAndHarmsNobody) {
  AllowComplaints();
  int before = Complaints();
  Open().Exec(
      "ALTER EXTENSION pg_lineage DROP TABLE lineage._edge;"
      "DROP TABLE lineage._edge CASCADE");
  Session user = Open();
  for (int i = 0; i < 3; i++) user.Exec(kCopy);
  EXPECT_EQ(user.Value("SELECT count(*) FROM dst"), "3");
  EXPECT_EQ(Complaints() - before, 1);
  user.Exec("DROP EXTENSION pg_lineage CASCADE");
  user.Exec("CREATE EXTENSION pg_lineage");
  user.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, AnErrorWhileWritingIsNotTheUsersError) {
  AllowComplaints();
  Open().Exec("CREATE UNIQUE INDEX trap ON lineage._edge ((first_seen IS NULL))");
  Session user = Open();
  user.Exec(kCopy);
  user.Exec("BEGIN");
  user.Exec("INSERT INTO other SELECT a, b FROM src");
  user.Exec("INSERT INTO other SELECT b, a FROM src");
  EXPECT_EQ(user.State("COMMIT"), "00000");
  EXPECT_EQ(user.Value("SELECT count(*) FROM other"), "2");
  Open().Exec("DROP INDEX lineage.trap");
  user.Exec("SELECT 1");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
  EXPECT_TRUE(HasEdge("public.src.b", "public.other.a"));
}

TEST_F(Faults, AnEventRefusedToABackendThatEndsIsCounted) {
  AllowComplaints();
  AllowFaults();
  const char *const lost = "SELECT lost_at_exit FROM lineage.health";
  int before = std::stoi(Open().Value(lost));
  Session locker = Open(), user = Open();
  locker.Exec("BEGIN; LOCK TABLE lineage._edge IN ACCESS EXCLUSIVE MODE");
  user.Exec(kCopy);
  user.Close();
  EXPECT_TRUE(WaitUntil([&] { return std::stoi(Open().Value(lost)) > before; }, 15));
  locker.Exec("ROLLBACK");
  EXPECT_TRUE(Edges().empty());
}

TEST_F(Faults, AStoreThatCannotBeOpenedOnDiskIsNotTheUsersError) {
  AllowFaults();
  AllowComplaints();
  Session user = Open();
  user.Exec("CHECKPOINT");
  std::string path =
      cluster_->data_dir() + "/" + Open().Value("SELECT pg_relation_filepath('lineage._edge')");
  ASSERT_EQ(rename(path.c_str(), (path + ".away").c_str()), 0);
  Session fresh = Open();
  EXPECT_EQ(fresh.State(kCopy), "00000");
  EXPECT_EQ(fresh.State("INSERT INTO other SELECT a, b FROM src"), "00000");
  ASSERT_EQ(rename((path + ".away").c_str(), path.c_str()), 0);
  EXPECT_EQ(fresh.Value("SELECT count(*) FROM dst"), "1");
  fresh.Exec("SELECT 1");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
}

TEST_F(Faults, ADroppedAndRecreatedExtensionStartsAnewInEverySession) {
  Session here = Open(), there = Open();
  for (Session *session : {&here, &there}) {
    session->Exec("PREPARE copy AS INSERT INTO dst SELECT a, b FROM src");
    session->Exec("EXECUTE copy");
  }
  here.Exec("DROP EXTENSION pg_lineage");
  EXPECT_EQ(here.Value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_lineage'"), "0");
  for (Session *session : {&here, &there}) session->Exec("EXECUTE copy");
  here.Exec("CREATE EXTENSION pg_lineage");
  EXPECT_TRUE(Edges().empty());
  there.Exec("EXECUTE copy");
  EXPECT_EQ(Edges(), CopyEdges());
  here.Exec("EXECUTE copy");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, TheExtensionMayBeDroppedInTheTransactionThatWouldWriteToIt) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("DROP EXTENSION pg_lineage");
  session.Exec("INSERT INTO other SELECT a, b FROM src");
  session.Exec("COMMIT");
  EXPECT_EQ(session.Value("SELECT count(*) FROM other"), "1");
  session.Exec("BEGIN");
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(kCopy);
  session.Exec("COMMIT");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, ARolledBackDropOfTheExtensionChangesNothing) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec("DROP EXTENSION pg_lineage");
  session.Exec("INSERT INTO other SELECT a, b FROM src");
  session.Exec("ROLLBACK");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, ARolledBackCreateOfTheExtensionLeavesNothingBehind) {
  Session session = Open();
  session.Exec("DROP EXTENSION pg_lineage");
  session.Exec("BEGIN");
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(kCopy);
  session.Exec("ROLLBACK");
  session.Exec(kCopy);
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, ForgetEndsWhatWasSeenAndTheNextRunShowsItAgain) {
  Session session = Open();
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("SELECT lineage.forget()");
  EXPECT_TRUE(Edges().empty());
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, ATruncatedStoreIsFilledAgain) {
  Session session = Open();
  session.Exec(kCopy);
  session.Exec("TRUNCATE lineage._edge");
  EXPECT_TRUE(Edges().empty());
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("BEGIN; TRUNCATE lineage._edge, lineage._node, lineage.queue; ROLLBACK");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("TRUNCATE lineage._node, lineage._edge, lineage.queue, lineage._ddl");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, DroppingTheSchemaDropsTheExtensionAndHarmsNobody) {
  Session here = Open(), there = Open();
  here.Exec(kCopy);
  there.Exec(kCopy);
  here.Exec("DROP SCHEMA lineage CASCADE");
  here.Exec(kCopy);
  there.Exec(kCopy);
  there.Exec("CREATE TABLE made AS SELECT a FROM src");
  here.Exec("CREATE EXTENSION pg_lineage");
  there.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, ASchemaOfTheSameNameWithoutTheExtensionIsLeftAlone) {
  Session session = Open();
  session.Exec("DROP EXTENSION pg_lineage; DROP SCHEMA IF EXISTS lineage");
  session.Exec("CREATE SCHEMA lineage; CREATE TABLE lineage._edge (id bigint, mine text)");
  session.Exec(kCopy);
  session.Exec("CREATE TABLE made AS SELECT a FROM src");
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage._edge"), "0");
}

TEST_F(Faults, DisabledEventTriggersLoseNoEdge) {
  Session session = Open();
  session.Exec(
      "DO $$ DECLARE t name; BEGIN FOR t IN SELECT evtname FROM pg_event_trigger LOOP "
      "EXECUTE format('ALTER EVENT TRIGGER %I DISABLE', t); END LOOP; END $$");
  session.Exec("CREATE TABLE made AS SELECT a FROM src");
  session.Exec("ALTER TABLE made RENAME COLUMN a TO renamed");
  session.Exec("INSERT INTO made SELECT b FROM src");
  EXPECT_TRUE(HasEdge("public.src.b", "public.made.renamed"));
}

TEST_F(Faults, DroppingADatabaseUnderObservationIsNoTrouble) {
  Session session = Open();
  session.Exec(kCopy);
  session.Close();
  cluster_->Connect().Exec("DROP DATABASE " + database_);
  MakeDatabase(database_);
  EXPECT_TRUE(Edges().empty());
  Open().Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Faults, ADatabaseMadeFromATemplateWithTheExtensionStartsAnew) {
  Session session = Open();
  session.Exec(kCopy);
  session.Close();
  std::string original = database_;
  cluster_->Connect().Exec("CREATE DATABASE copied TEMPLATE " + original);
  database_ = "copied";
  Open().Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
  Open().Exec(kCopy);
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  database_ = original;
  EXPECT_EQ(Edges(), CopyEdges());
}

}  // namespace
}  // namespace pg_lineage_test
