// An edge exists if and only if the transaction that made it committed, whatever its shape.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Transactions : public LineageTest {
 protected:
  // Takes all that waits as a shipper would; the number of feed rows taken.
  int Drain() {
    Session session = Open();
    session.Exec("SELECT lineage._sink_register('itest')");
    return std::stoi(
        session.Value("SELECT lineage._ack('itest', coalesce(array_agg(id), '{}')) "
                      "FROM lineage._feed('itest', 10000)"));
  }
  int Pending() { return std::stoi(Open().Value("SELECT lineage.pending()")); }
};

TEST_F(Transactions, APreparedTransactionShowsItsEdgeOnlyAfterCommitPrepared) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("PREPARE TRANSACTION 'prepared_commit'");
  EXPECT_TRUE(Edges().empty());
  Open().Exec("COMMIT PREPARED 'prepared_commit'");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Transactions, ARolledBackPreparedTransactionLeavesNoEdgeAndTheNextRunMakesIt) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("PREPARE TRANSACTION 'prepared_rollback'");
  session.Exec("ROLLBACK PREPARED 'prepared_rollback'");
  EXPECT_TRUE(Edges().empty());
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Transactions, PendingAnnouncesWhatAPreparedTransactionQueuedOnceItCommits) {
  Drain();
  ASSERT_EQ(Pending(), 0);
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("PREPARE TRANSACTION 'prepared_pending'");
  Open().Exec("COMMIT PREPARED 'prepared_pending'");
  EXPECT_TRUE(WaitUntil([this] { return Pending() > 0; }, 15));
  EXPECT_GT(Drain(), 0);
  EXPECT_EQ(Pending(), 0);
}

TEST_F(Transactions, PendingReturnsToZeroAfterAPreparedTransactionRolledBack) {
  Drain();
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("PREPARE TRANSACTION 'prepared_nothing'");
  session.Exec("ROLLBACK PREPARED 'prepared_nothing'");
  EXPECT_EQ(Drain(), 0);
  EXPECT_EQ(Pending(), 0);
}

TEST_F(Transactions, PendingReturnsToZeroAfterARolledBackTransaction) {
  Drain();
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("ROLLBACK");
  EXPECT_EQ(Pending(), 0);
  session.Exec(kCopy);
  EXPECT_GT(Pending(), 0);
}

TEST_F(Transactions, APreparedTransactionSurvivesARestartWithItsEdge) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec(kCopy);
  session.Exec("PREPARE TRANSACTION 'prepared_restart'");
  session.Close();
  cluster_->Restart();
  EXPECT_TRUE(Edges().empty());
  Open().Exec("COMMIT PREPARED 'prepared_restart'");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_TRUE(WaitUntil([this] { return Pending() > 0; }, 15));
}

TEST_F(Transactions, AReadOnlyTransactionWorksAndItsSuccessorRecords) {
  Session session = Open();
  std::string file = cluster_->dir() + "/out.csv";
  session.Exec("BEGIN READ ONLY");
  EXPECT_EQ(session.Value("SELECT count(*) FROM src"), "1");
  session.Exec("COPY (SELECT a, b FROM src) TO '" + file + "'");
  session.Exec("SELECT * FROM lineage.column_lineage");
  session.Exec("SELECT * FROM lineage.health");
  EXPECT_EQ(session.State(kCopy), "25006");
  session.Exec("ROLLBACK");
  session.Exec("CREATE TEMP TABLE stage (a int)");
  session.Exec("SET default_transaction_read_only = on");
  session.Exec("INSERT INTO stage SELECT a FROM src");
  session.Exec("SELECT count(*) FROM stage");
  session.Exec("SET default_transaction_read_only = off");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Transactions, PureReadersNeverTakeATransactionId) {
  Session session = Open();
  const char *const next = "SELECT pg_snapshot_xmax(pg_current_snapshot())";
  session.Exec("SELECT * FROM src");
  std::string before = session.Value(next);
  for (int i = 0; i < 5; i++) {
    session.Exec("SELECT a + src.b FROM src JOIN other USING (a)");
    session.Exec("DO $$ BEGIN PERFORM a FROM src; END $$");
    session.Exec("SELECT * FROM lineage.column_lineage");
  }
  EXPECT_EQ(session.Value(next), before);
}

TEST_F(Transactions, ARolledBackSavepointLeavesOnlyWhatWasOutsideIt) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec("INSERT INTO dst (a) SELECT a FROM src");
  session.Exec("SAVEPOINT one");
  session.Exec("INSERT INTO other (a) SELECT a FROM src");
  session.Exec("SAVEPOINT two");
  session.Exec("INSERT INTO other (b) SELECT b FROM src");
  session.Exec("RELEASE two");
  session.Exec("ROLLBACK TO one");
  session.Exec("INSERT INTO dst (b) SELECT b FROM src");
  session.Exec("COMMIT");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Transactions, AReleasedSavepointKeepsItsEdge) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec("SAVEPOINT one");
  session.Exec(kCopy);
  session.Exec("RELEASE one");
  session.Exec("SAVEPOINT two");
  EXPECT_EQ(session.State("INSERT INTO other SELECT a / 0, b FROM src"), "22012");
  session.Exec("ROLLBACK TO two");
  session.Exec("COMMIT");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Transactions, AStatementSeenInARolledBackSavepointIsRecordedWhenItRunsAgain) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec("SAVEPOINT one");
  session.Exec(kCopy);
  session.Exec("ROLLBACK TO one");
  session.Exec(kCopy);
  session.Exec("COMMIT");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.dst.a") == 1; }, 15));
}

TEST_F(Transactions, AnExceptionBlockThatCatchesLeavesOnlyWhatWasOutsideIt) {
  Session session = Open();
  session.Exec(R"(
    CREATE FUNCTION load() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO dst (a) SELECT a FROM src;
      BEGIN
        INSERT INTO other SELECT a, b FROM src;
        PERFORM 1 / 0;
      EXCEPTION WHEN division_by_zero THEN
        INSERT INTO dst (b) SELECT b FROM src;
      END;
    END $$)");
  session.Exec("SELECT load()");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(Open().Value("SELECT string_agg(DISTINCT routine, ',') FROM lineage.column_lineage"),
            "public.load()");
}

TEST_F(Transactions, AStatementTimeoutLeavesNothingAndTheSessionRecordsOn) {
  Session session = Open();
  session.Exec(R"(
    CREATE FUNCTION slow() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO other SELECT a, b FROM src;
      PERFORM pg_sleep(30);
    END $$)");
  session.Exec("SET statement_timeout = '200ms'");
  EXPECT_EQ(session.State("SELECT slow()"), "57014");
  session.Exec("SET statement_timeout = 0");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE routine IS NOT NULL"),
            "0");
}

TEST_F(Transactions, ACancelledStatementLeavesNothingAndTheSessionRecordsOn) {
  Session session = Open();
  session.Send("INSERT INTO other SELECT a, b FROM src, pg_sleep(30)");
  ASSERT_FALSE(session.Done(0.3));
  session.Cancel();
  EXPECT_EQ(session.Wait(), "57014");
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Transactions, AProcedureKeepsWhatItCommittedAndLosesWhatItRolledBack) {
  Session session = Open();
  session.Exec(R"(
    CREATE PROCEDURE nightly() LANGUAGE plpgsql AS $$
    DECLARE v int;
    BEGIN
      SELECT a INTO v FROM src;
      INSERT INTO dst (a) VALUES (v);
      COMMIT;
      INSERT INTO other SELECT a, b FROM src;
      ROLLBACK;
      INSERT INTO dst (b) SELECT b FROM src;
      COMMIT;
      INSERT INTO other (b) VALUES (v);
      RAISE EXCEPTION 'at last';
    END $$)");
  EXPECT_EQ(session.State("CALL nightly()"), "P0001");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(Open().Value("SELECT string_agg(DISTINCT routine || call_path::text, ',') "
                         "FROM lineage.column_lineage"),
            "public.nightly(){public.nightly()}");
}

TEST_F(Transactions, AProcedureThatCommitsInALoopCountsEachRound) {
  Session session = Open();
  session.Exec(R"(
    CREATE PROCEDURE rounds() LANGUAGE plpgsql AS $$
    BEGIN
      FOR i IN 1..6 LOOP
        INSERT INTO dst SELECT a, b FROM src;
        IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
      END LOOP;
    END $$)");
  session.Exec("CALL rounds()");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.dst.a") == 3; }, 15));
  EXPECT_EQ(Executions("public.src.a", "public.dst.a"), 3);
}

TEST_F(Transactions, ADeferredTriggerThatWritesAtCommitIsRecorded) {
  Session session = Open();
  session.Exec(R"(
    CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO other (a) VALUES (NEW.a);
      RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON dst DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION late())");
  session.Exec(kCopy);
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.dst.a", "public.other.a"));
}

}  // namespace
}  // namespace pg_lineage_test
