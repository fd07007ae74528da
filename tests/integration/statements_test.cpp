// Session state that outlives statements: plans, cursors, temp tables, settings, workers.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Statements : public LineageTest {};

TEST_F(Statements, DiscardAllLosesNoEdgeAndMakesNone) {
  Session session = Open();
  session.Exec("PREPARE copy AS INSERT INTO dst SELECT a, b FROM src");
  session.Exec("CREATE TEMP TABLE stage AS SELECT a, b FROM src");
  session.Exec("EXECUTE copy");
  session.Exec("DISCARD ALL");
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("CREATE TEMP TABLE stage (a int, b int)");
  session.Exec("INSERT INTO other SELECT a, b FROM stage");
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
}

TEST_F(Statements, AReloadSwitchesCaptureOffAndOn) {
  Session session = Open();
  auto reload = [this](const std::string &value) {
    Session admin = Open();
    admin.Exec("ALTER SYSTEM SET pg_lineage.enabled = " + value);
    admin.Exec("SELECT pg_reload_conf()");
  };
  reload("off");
  ASSERT_TRUE(WaitUntil([&] { return session.Value("SHOW pg_lineage.enabled") == "off"; }));
  session.Exec("INSERT INTO other SELECT a, b FROM src");
  reload("on");
  ASSERT_TRUE(WaitUntil([&] { return session.Value("SHOW pg_lineage.enabled") == "on"; }));
  session.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Statements, ACachedFunctionIsCapturedAfterCaptureIsSwitchedOn) {
  Session session = Open();
  session.Exec(
      "CREATE FUNCTION copy() RETURNS void LANGUAGE plpgsql AS "
      "$$ BEGIN INSERT INTO dst SELECT a, b FROM src; END $$");
  session.Exec("PREPARE copy AS INSERT INTO other SELECT a, b FROM src");
  session.Exec("SET pg_lineage.enabled = off");
  for (int i = 0; i < 7; i++) session.Exec("SELECT copy(); EXECUTE copy");
  EXPECT_TRUE(Edges().empty());
  session.Exec("SET pg_lineage.enabled = on");
  session.Exec("SELECT copy()");
  session.Exec("EXECUTE copy");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
}

TEST_F(Statements, AReusedTempTableCarriesOnlyItsPresentContents) {
  Session session = Open();
  session.Exec("CREATE TABLE second (a int, b int)");
  session.Exec("CREATE TEMP TABLE stage AS SELECT a, b FROM src");
  session.Exec("INSERT INTO dst SELECT a, b FROM stage");
  session.Exec("DROP TABLE stage");
  session.Exec("CREATE TEMP TABLE stage AS SELECT a, b FROM second");
  session.Exec("INSERT INTO other SELECT a, b FROM stage");
  std::vector<std::string> expected = CopyEdges();
  expected.insert(expected.begin(),
                  {"public.second.a -> public.other.a", "public.second.b -> public.other.b"});
  EXPECT_EQ(Edges(), expected);
}

TEST_F(Statements, ATruncatedTempTableForgetsAndARolledBackTruncateDoesNot) {
  Session session = Open();
  session.Exec("CREATE TEMP TABLE stage (a int, b int)");
  session.Exec("INSERT INTO stage SELECT a, b FROM src");
  session.Exec("BEGIN; TRUNCATE stage; ROLLBACK");
  session.Exec("INSERT INTO dst SELECT a, b FROM stage");
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("TRUNCATE stage");
  session.Exec("INSERT INTO other SELECT a, b FROM stage");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Statements, ARolledBackWriteIntoATempTableLeavesNoTrace) {
  Session session = Open();
  session.Exec("CREATE TEMP TABLE stage (a int, b int)");
  session.Exec("BEGIN; SAVEPOINT s; INSERT INTO stage SELECT a, b FROM src; ROLLBACK TO s; COMMIT");
  session.Exec("INSERT INTO other SELECT a, b FROM stage");
  session.Exec("BEGIN; INSERT INTO stage SELECT a, b FROM src; ROLLBACK");
  session.Exec("INSERT INTO other SELECT a, b FROM stage");
  EXPECT_TRUE(Edges().empty());
}

TEST_F(Statements, AnOnCommitDeleteRowsTableForgetsAtCommit) {
  Session session = Open();
  session.Exec("CREATE TEMP TABLE stage (a int, b int) ON COMMIT DELETE ROWS");
  session.Exec("BEGIN");
  session.Exec("INSERT INTO stage SELECT a, b FROM src");
  session.Exec("INSERT INTO dst SELECT a, b FROM stage");
  session.Exec("COMMIT");
  session.Exec("INSERT INTO other SELECT a, b FROM stage");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Statements, APreparedStatementFollowsARenamedColumn) {
  Session session = Open();
  session.Exec("PREPARE copy AS INSERT INTO dst SELECT a, b FROM src");
  for (int i = 0; i < 7; i++) session.Exec("EXECUTE copy");
  session.Exec("ALTER TABLE dst RENAME COLUMN a TO key");
  session.Exec("EXECUTE copy");
  std::vector<std::string> expected = {"public.src.a -> public.dst.key",
                                       "public.src.b -> public.dst.b"};
  EXPECT_EQ(Edges(), expected);
}

TEST_F(Statements, APreparedStatementFollowsAnAddedAndADroppedColumn) {
  Session session = Open();
  session.Exec("PREPARE copy (int) AS INSERT INTO dst (b) SELECT b FROM src WHERE b > $1");
  session.Exec("EXECUTE copy(0)");
  session.Exec("ALTER TABLE src DROP COLUMN a, ADD COLUMN c int");
  session.Exec("ALTER TABLE dst ADD COLUMN c int");
  session.Exec("EXECUTE copy(0)");
  session.Exec("INSERT INTO dst (b, c) SELECT b, c FROM src");
  std::vector<std::string> expected = {"public.src.b -> public.dst.b",
                                       "public.src.c -> public.dst.c"};
  EXPECT_EQ(Edges(), expected);
}

TEST_F(Statements, AnotherSearchPathMakesAPreparedStatementAnotherStatement) {
  Session session = Open();
  session.Exec("CREATE SCHEMA two; CREATE TABLE two.src (a int, b int)");
  session.Exec("PREPARE copy AS INSERT INTO dst SELECT a, b FROM src");
  session.Exec("EXECUTE copy");
  session.Exec("SET search_path = two, public");
  session.Exec("EXECUTE copy");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("two.src.a", "public.dst.a"));
}

TEST_F(Statements, ACursorHeldOverCommitFeedsWhatIsWrittenLater) {
  Session session = Open();
  session.Exec("INSERT INTO src VALUES (3, 4)");
  session.Exec("BEGIN");
  session.Exec("DECLARE held CURSOR WITH HOLD FOR SELECT a, b FROM src");
  session.Exec("COMMIT");
  EXPECT_EQ(session.Text("FETCH NEXT FROM held"), "1|2");
  session.Exec(R"(
    DO $$
    DECLARE held refcursor := 'held'; r record;
    BEGIN
      FETCH held INTO r;
      INSERT INTO dst VALUES (r.a, r.b);
    END $$)");
  session.Exec("CLOSE held");
  EXPECT_EQ(session.Text("SELECT * FROM dst"), "3|4");
  session.Exec("INSERT INTO other (a) SELECT a FROM src");
  EXPECT_TRUE(HasEdge("public.src.a", "public.other.a"));
}

TEST_F(Statements, ALoopThatCommitsKeepsItsCursorAndItsLineage) {
  Session session = Open();
  session.Exec("INSERT INTO src SELECT i, i FROM generate_series(1, 20) i");
  session.Exec(R"(
    CREATE PROCEDURE batches() LANGUAGE plpgsql AS $$
    DECLARE r record;
    BEGIN
      FOR r IN SELECT a, b FROM src LOOP
        INSERT INTO dst VALUES (r.a, r.b);
        COMMIT;
      END LOOP;
    END $$)");
  session.Exec("CALL batches()");
  EXPECT_EQ(session.Value("SELECT count(*) FROM dst"), "21");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Statements, ACursorLeftOpenAtCommitIsNoTrouble) {
  Session session = Open();
  session.Exec("BEGIN");
  session.Exec("DECLARE c CURSOR FOR SELECT a, b FROM src");
  session.Exec("FETCH c");
  session.Exec(kCopy);
  session.Exec("COMMIT");
  session.Exec("BEGIN; DECLARE c CURSOR FOR SELECT a FROM src; FETCH c; ROLLBACK");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Statements, ParallelWorkersReportOnce) {
  Session session = Open();
  session.Exec("INSERT INTO src SELECT i, i FROM generate_series(1, 50000) i; ANALYZE src");
  session.Exec(
      "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
      "SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2");
  const std::string query = "SELECT a, b FROM src WHERE b > 49990";
  ASSERT_NE(session.Text("EXPLAIN " + query).find("Gather"), std::string::npos);
  session.Exec("CREATE TABLE made AS " + query);
  EXPECT_TRUE(HasEdge("public.src.a", "public.made.a"));
  EXPECT_TRUE(WaitUntil([this] { return Executions("public.src.a", "public.made.a") == 1; }, 15));
  EXPECT_EQ(Open().Value("SELECT DISTINCT row_count FROM lineage.column_lineage "
                         "WHERE target_table = 'public.made' AND type = 'DIRECT'"),
            "10");
}

TEST_F(Statements, AutovacuumAndVacuumFullOfTheStoreLoseNoEdge) {
  Session session = Open(), vacuum = Open();
  session.Exec("ALTER SYSTEM SET autovacuum_naptime = '1s'; ");
  session.Exec("SELECT pg_reload_conf()");
  for (int i = 0; i < 30; i++) {
    std::string name = "made" + std::to_string(i);
    vacuum.Send("VACUUM FULL lineage._edge; ");
    session.Exec("CREATE TABLE " + name + " AS SELECT a, b FROM src");
    EXPECT_EQ(vacuum.Wait(), "00000");
    vacuum.Send(i % 2 == 0 ? "REINDEX TABLE lineage._node"
                           : "REINDEX TABLE CONCURRENTLY lineage._edge");
    session.Exec("INSERT INTO " + name + " SELECT b, a FROM src");
    EXPECT_EQ(vacuum.Wait(), "00000");
  }
  session.Exec("SELECT 1");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT' AND "
                         "target_table LIKE 'public.made%'"),
            "120");
}

TEST_F(Statements, ExplainMakesNoEdgeAndExplainAnalyzeDoes) {
  Session session = Open();
  session.Exec(std::string("EXPLAIN ") + kCopy);
  EXPECT_TRUE(Edges().empty());
  session.Exec(std::string("EXPLAIN ANALYZE ") + kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
}

}  // namespace
}  // namespace pg_lineage_test
