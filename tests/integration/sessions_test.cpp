// Several sessions at once: what one writes or rolls back must not cost another its edge.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Sessions : public LineageTest {};

TEST_F(Sessions, TheEdgeStaysWhenTheSessionThatSawItFirstRollsBackFirst) {
  Session first = Open(), second = Open();
  first.Exec("BEGIN");
  first.Exec(kCopy);
  second.Exec("BEGIN");
  second.Exec(kCopy);
  first.Exec("ROLLBACK");
  second.Exec("COMMIT");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Sessions, TheEdgeStaysWhenTheSessionThatSawItFirstRollsBackLast) {
  Session first = Open(), second = Open();
  first.Exec("BEGIN");
  first.Exec(kCopy);
  second.Exec("BEGIN");
  second.Exec(kCopy);
  second.Exec("COMMIT");
  first.Exec("ROLLBACK");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Sessions, TheEdgeStaysWhenTheSecondSessionRollsBack) {
  Session first = Open(), second = Open();
  first.Exec("BEGIN");
  first.Exec(kCopy);
  second.Exec("BEGIN");
  second.Exec(kCopy);
  second.Exec("ROLLBACK");
  first.Exec("COMMIT");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Sessions, TheEdgeStaysWhenItsFirstWriterIsPreparedAndRolledBackLater) {
  Session first = Open(), second = Open();
  first.Exec("BEGIN");
  first.Exec(kCopy);
  first.Exec("PREPARE TRANSACTION 'sessions_first'");
  second.Exec(kCopy);
  first.Exec("ROLLBACK PREPARED 'sessions_first'");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Sessions, TheEdgeStaysWhenItsFirstWriterFailsAtCommit) {
  Session first = Open(), second = Open();
  first.Exec("BEGIN ISOLATION LEVEL SERIALIZABLE");
  second.Exec("BEGIN ISOLATION LEVEL SERIALIZABLE");
  first.Exec("SELECT count(*) FROM other");
  second.Exec("SELECT count(*) FROM other");
  first.Exec(kCopy);
  second.Exec("INSERT INTO other VALUES (1, 1)");
  first.Exec("INSERT INTO other VALUES (2, 2)");
  second.Exec("COMMIT");
  EXPECT_EQ(first.State("COMMIT"), "40001");
  EXPECT_TRUE(Edges().empty());
  second.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Sessions, BothTransactionsOfASerializablePairCommitWithTheirEdges) {
  Session first = Open(), second = Open();
  first.Exec("BEGIN ISOLATION LEVEL SERIALIZABLE");
  second.Exec("BEGIN ISOLATION LEVEL SERIALIZABLE");
  first.Exec("INSERT INTO dst SELECT a, b FROM src");
  second.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_EQ(first.State("COMMIT"), "00000");
  EXPECT_EQ(second.State("COMMIT"), "00000");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
}

TEST_F(Sessions, ASerializablePairThatReadsTheViewsCommitsToo) {
  Session first = Open(), second = Open();
  first.Exec("INSERT INTO src SELECT a, b FROM other");  // something to read
  first.Exec("BEGIN ISOLATION LEVEL SERIALIZABLE");
  second.Exec("BEGIN ISOLATION LEVEL SERIALIZABLE");
  for (Session *session : {&first, &second}) {
    session->Exec("SELECT * FROM lineage.column_lineage");
    session->Exec("SELECT * FROM lineage.table_lineage");
    session->Exec("SELECT * FROM lineage.ddl_history");
    session->Exec("SELECT * FROM lineage.upstream('dst'::regclass)");
  }
  first.Exec("INSERT INTO dst SELECT a, b FROM src");
  second.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_EQ(first.State("COMMIT"), "00000");
  EXPECT_EQ(second.State("COMMIT"), "00000");
  first.Exec("SELECT 1");  // what could not be written is tried at the next commit
  second.Exec("SELECT 1");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
}

TEST_F(Sessions, ManySessionsOfWhichHalfRollBackLoseNoEdgeAndMakeNone) {
  constexpr int kSessions = 8, kTables = 40;
  Session setup = Open();
  for (int i = 1; i <= kTables; i++) {
    std::string n = std::to_string(i);
    setup.Exec("CREATE TABLE kept" + n + " (a int); CREATE TABLE undone" + n + " (a int)");
  }
  std::vector<std::future<void>> workers;
  for (int id = 0; id < kSessions; id++) {
    workers.push_back(std::async(std::launch::async, [this, id] {
      Session session = Open();
      for (int i = 1; i <= kTables; i++) {
        std::string n = std::to_string(i);
        session.Exec("BEGIN");
        session.Exec("INSERT INTO undone" + n + " SELECT a FROM src");
        session.Exec("ROLLBACK");
        session.Exec("BEGIN");
        session.Exec("INSERT INTO kept" + n + " SELECT a FROM src");
        session.Exec((id + i) % 2 == 0 ? "COMMIT" : "ROLLBACK");
      }
    }));
  }
  for (std::future<void> &worker : workers) worker.get();
  Session reader = Open();
  EXPECT_EQ(reader.Value("SELECT count(DISTINCT target_table) FROM lineage.column_lineage WHERE "
                         "source_table = 'public.src' AND target_table LIKE 'public.kept%'"),
            std::to_string(kTables));
  EXPECT_EQ(reader.Value("SELECT count(*) FROM lineage.column_lineage WHERE "
                         "target_table LIKE 'public.undone%'"),
            "0");
}

// A table and its edge are one transaction, wherever in it a cancel or a terminate hits.
TEST_F(Sessions, CancelledAndTerminatedSessionsLeaveTablesAndTheirEdgesInStep) {
  cluster_->AllowInLog("FATAL: .*terminating connection");
  std::atomic<bool> stop = false;
  std::vector<std::future<void>> workers;
  for (int id = 0; id < 4; id++) {
    workers.push_back(std::async(std::launch::async, [this, id, &stop] {
      int n = 0;
      while (!stop) {
        try {
          Session session = Open();
          while (!stop) {
            std::string name = "made_" + std::to_string(id) + "_" + std::to_string(n++);
            std::string state = session.State("CREATE TABLE " + name + " AS SELECT a, b FROM src");
            if (state != "00000" && state != "57014") break;
          }
        } catch (const SqlError &) {  // terminated while it connected
        }
      }
    }));
  }
  Session admin = Open();
  for (int i = 0; i < 60; i++) {
    admin.Exec(std::string("SELECT ") +
               (i % 3 == 0 ? "pg_terminate_backend" : "pg_cancel_backend") +
               "(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
               "pid <> pg_backend_pid() AND backend_type = 'client backend' "
               "ORDER BY random() LIMIT 1");
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
  }
  stop = true;
  for (std::future<void> &worker : workers) worker.get();
  EXPECT_EQ(admin.Text("SELECT t, e FROM (SELECT 'public.' || relname t FROM pg_class WHERE "
                       "relname LIKE 'made%') a FULL JOIN (SELECT DISTINCT target_table e "
                       "FROM lineage.column_lineage WHERE target_table LIKE 'public.made%') b "
                       "ON t = e WHERE t IS NULL OR e IS NULL ORDER BY 1, 2 LIMIT 3"),
            "");
  EXPECT_GT(std::stoi(admin.Value("SELECT count(*) FROM lineage.column_lineage")), 4);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(admin.Value("SELECT lineage.pending()"),
            admin.Value("SELECT count(*) FROM lineage.queue"));
}

TEST_F(Sessions, OneFactSeenByManySessionsIsOneRowOfTheView) {
  std::vector<Session> sessions;
  for (int i = 0; i < 6; i++) sessions.push_back(Open());
  for (Session &session : sessions) session.Exec("BEGIN");
  for (Session &session : sessions) session.Exec(kCopy);
  for (Session &session : sessions) session.Exec("COMMIT");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT'"), "2");
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.dst.a") == 6; }, 15));
  EXPECT_EQ(Executions("public.src.a", "public.dst.a"), 6);
}

TEST_F(Sessions, ASnapshotReadsOnWhereATableIsLockedAndCountsIt) {
  Session owner = Open(), locker = Open(), reader = Open();
  owner.Exec(
      "CREATE FUNCTION blocked() RETURNS void LANGUAGE sql AS 'INSERT INTO dst SELECT * FROM src';"
      "CREATE FUNCTION free() RETURNS void LANGUAGE plpgsql AS "
      "'BEGIN INSERT INTO dst SELECT * FROM other; END'");
  const char *locked = "SELECT unanalysed_locked FROM lineage.health";
  int before = std::stoi(owner.Value(locked));
  locker.Exec("BEGIN");
  locker.Exec("LOCK TABLE src");
  EXPECT_EQ(reader.State("SELECT lineage.snapshot()"), "00000");
  EXPECT_GT(std::stoi(owner.Value(locked)), before);
  const char *declared =
      "SELECT DISTINCT routine FROM lineage.column_lineage WHERE origin = 'declared' ORDER BY 1";
  EXPECT_EQ(owner.Text(declared), "public.free()");
  locker.Exec("COMMIT");
  EXPECT_EQ(reader.State("SELECT lineage.snapshot()"), "00000");
  EXPECT_EQ(owner.Text(declared), "public.blocked()\npublic.free()");
}

TEST_F(Sessions, ASnapshotThatIsCancelledDeclaresNothing) {
  Session owner = Open(), reader = Open();
  owner.Exec(
      "DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXECUTE format('CREATE FUNCTION f%s() RETURNS void "
      "LANGUAGE plpgsql AS ''BEGIN INSERT INTO dst SELECT * FROM src; END''', i); END LOOP; END "
      "$$");
  reader.Exec("SET statement_timeout = '20ms'");
  EXPECT_EQ(reader.State("SELECT lineage.snapshot()"), "57014");
  EXPECT_EQ(owner.Value("SELECT count(*) FROM lineage.column_lineage"), "0");
  reader.Exec("RESET statement_timeout");
  reader.Exec("SELECT lineage.snapshot()");
  EXPECT_EQ(owner.Value("SELECT count(DISTINCT routine) FROM lineage.column_lineage"), "1000");
}

}  // namespace
}  // namespace pg_lineage_test
