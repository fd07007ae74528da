// Restarts of every kind: committed edges stay, nothing else appears.
#include <signal.h>

#include <chrono>
#include <future>
#include <thread>

#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Crash : public LineageTest {};

TEST_F(Crash, CountersSurviveACleanRestart) {
  {
    Session session = Open();
    for (int i = 0; i < 7; i++) session.Exec(kCopy);
  }
  cluster_->Restart();
  EXPECT_EQ(Executions("public.src.a", "public.dst.a"), 7);
  Session session = Open();
  for (int i = 0; i < 3; i++) session.Exec(kCopy);
  session.Close();
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.dst.a") == 10; }, 15));
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT'"), "2");
}

TEST_F(Crash, CountersReachTheViewsSoonAfterTheCommit) {
  Session session = Open();
  for (int i = 0; i < 25; i++) session.Exec(kCopy);
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.dst.a") == 25; }, 15));
}

TEST_F(Crash, APulledPlugKeepsCommittedEdgesAndShowsNoPhantom) {
  Session committed = Open(), open = Open(), prepared = Open();
  committed.Exec(kCopy);
  open.Exec("BEGIN");
  open.Exec("INSERT INTO other SELECT a, b FROM src");
  prepared.Exec("BEGIN");
  prepared.Exec("INSERT INTO other SELECT b, a FROM src");
  prepared.Exec("PREPARE TRANSACTION 'crash'");
  cluster_->PullThePlug();
  cluster_->Start();
  EXPECT_EQ(Edges(), CopyEdges());
  Open().Exec("COMMIT PREPARED 'crash'");
  EXPECT_TRUE(HasEdge("public.src.b", "public.other.a"));
  EXPECT_FALSE(HasEdge("public.src.a", "public.other.a"));
  Open().Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
  Open().Exec(kCopy);
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT' AND "
                         "target_table = 'public.dst'"),
            "2");
}

// A table and the edge that made it are one transaction: either both are there or none.
TEST_F(Crash, PlugsPulledAtAnyMomentLeaveTablesAndTheirEdgesInStep) {
  int made = 0;
  for (int round = 0; round < 4; round++) {
    std::future<void> worker = std::async(std::launch::async, [this, &made] {
      try {
        for (Session session = Open();; made++) {
          session.Exec("CREATE TABLE made" + std::to_string(made) + " AS SELECT a, b FROM src");
        }
      } catch (const SqlError &) {
        made++;  // the plug: this one may be there or not
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(30 + 11 * round));
    cluster_->PullThePlug();
    worker.get();
    cluster_->Start();
    Session session = Open();
    EXPECT_EQ(session.Text("SELECT t, e FROM (SELECT 'public.' || relname t FROM pg_class WHERE "
                           "relname LIKE 'made%') a FULL JOIN (SELECT DISTINCT target_table e "
                           "FROM lineage.column_lineage WHERE target_table LIKE 'public.made%') b "
                           "ON t = e WHERE t IS NULL OR e IS NULL ORDER BY 1, 2 LIMIT 3"),
              "");
  }
  EXPECT_GT(made, 3);
}

TEST_F(Crash, AnImmediateShutdownKeepsCommittedEdges) {
  cluster_->AllowInLog("WARNING: .*terminating connection because of");
  cluster_->AllowInLog("FATAL: .*terminating .* because of");
  Session session = Open();
  session.Exec(kCopy);
  cluster_->Restart(Cluster::StopMode::kImmediate);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Crash, AKilledBackendTakesNothingCommittedWithIt) {
  cluster_->AllowInLog("terminated by signal 9");
  cluster_->AllowInLog("WARNING: .*(terminating connection because of|rolled back)");
  cluster_->AllowInLog("FATAL: .*in recovery mode");
  Session victim = Open(), other = Open();
  victim.Exec(kCopy);
  other.Exec("BEGIN; INSERT INTO other SELECT a, b FROM src");
  kill(victim.Pid(), SIGKILL);
  ASSERT_TRUE(WaitUntil([this] {
    try {
      return Open().Value("SELECT 1") == "1";
    } catch (const SqlError &) {
      return false;
    }
  }));
  EXPECT_EQ(Edges(), CopyEdges());
  Open().Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Crash, SingleUserModeWorksAndTheServerComesBack) {
  cluster_->Stop();
  ProcessResult run =
      RunAsServer({"/bin/sh", "-c", "echo \"$0\" | exec \"$@\"",
                   "INSERT INTO dst SELECT a, b FROM src WHERE a = 1", PgProgram("postgres"),
                   "--single", "-D", cluster_->data_dir(), database_});
  EXPECT_EQ(run.status, 0) << run.output;
  cluster_->Start();
  Session session = Open();
  EXPECT_EQ(session.Text("SELECT * FROM dst"), "1|2");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Crash, ATerminatedBackendLeavesTheOthersRunning) {
  Session victim = Open(), admin = Open();
  victim.Exec("BEGIN");
  victim.Exec("INSERT INTO other SELECT a, b FROM src");
  admin.Exec("SELECT pg_terminate_backend(" + std::to_string(victim.Pid()) + ")");
  EXPECT_NE(victim.State("COMMIT"), "00000");
  admin.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

}  // namespace
}  // namespace pg_lineage_test
