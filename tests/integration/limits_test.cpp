// What happens beyond the limits: less detail, counted; never a lost edge, never a fault.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Limits : public LineageTest {
 protected:
  static void SetUpTestSuite() {
    ClusterOptions options;
    options.conf = {"pg_lineage.max_events = 100"};
    StartCluster(options);
  }
  long Health(const std::string &column) {
    return std::stol(Open().Value("SELECT " + column + " FROM lineage.health"));
  }
};

TEST_F(Limits, MoreFactsThanSharedMemoryHoldsAreStoredAllTheSameAndOnce) {
  Session session = Open();
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 150; i++) {
      std::string name = "made" + std::to_string(i);
      if (round == 0) session.Exec("CREATE TABLE " + name + " (a int, b int)");
      session.Exec("INSERT INTO " + name + " SELECT a, b FROM src");
    }
    session = Open();
  }
  EXPECT_EQ(session.Text("SELECT count(*), count(DISTINCT target_table) FROM "
                         "lineage.column_lineage WHERE target_table LIKE 'public.made%'"),
            "300|150");
  EXPECT_GT(Health("events_full"), 0);
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage._edge"), "150");
}

TEST_F(Limits, MoreShapesThanABackendKeepsLoseNothing) {
  Session session = Open();
  session.Exec("SET pg_lineage.max_shapes = 10");
  session.Exec("PREPARE copy AS INSERT INTO dst SELECT a, b FROM src");
  session.Exec(
      "CREATE FUNCTION fill(t text) RETURNS void LANGUAGE plpgsql AS "
      "$$ BEGIN EXECUTE format('INSERT INTO %I SELECT a, b FROM src', t);"
      " INSERT INTO other SELECT b, a FROM src; END $$");
  for (int i = 0; i < 60; i++) {
    std::string name = "made" + std::to_string(i);
    session.Exec("CREATE TABLE " + name + " (a int, b int)");
    session.Exec("SELECT fill('" + name + "')");
    if (i % 10 == 0) session.Exec("EXECUTE copy");
  }
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage.column_lineage "
                          "WHERE target_table LIKE 'public.made%'"),
            "120");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.b", "public.other.a"));
}

TEST_F(Limits, AStatementWithTooManyColumnPairsIsKeptAsATableEdgeAndCounted) {
  AllowFaults();
  long before = Health("degraded_columns");
  Session session = Open();
  session.Exec("SET pg_lineage.max_columns = 1");
  session.Exec(kCopy);
  EXPECT_EQ(session.Text("SELECT source_table, target_table FROM lineage.table_lineage"),
            "public.src|public.dst");
  EXPECT_GT(Health("degraded_columns"), before);
}

TEST_F(Limits, APairThatIsMetSeveralTimesCountsOnce) {
  long before = Health("degraded_columns");
  Session session = Open();
  session.Exec("SET pg_lineage.max_columns = 4");  // two columns, one filter of both, one relation
  session.Exec(
      "DO $$ DECLARE x int; y int; BEGIN SELECT a, b INTO x, y FROM src WHERE b > 0;"
      " INSERT INTO dst VALUES (x, y); END $$");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(Health("degraded_columns"), before);
}

TEST_F(Limits, ADeepRecursionStillNamesItsRoutine) {
  Session session = Open();
  session.Exec(R"(
    CREATE FUNCTION ping(n int) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN IF n > 0 THEN PERFORM pong(n - 1); ELSE INSERT INTO dst SELECT a, b FROM src; END IF;
    END $$;
    CREATE FUNCTION pong(n int) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN PERFORM ping(n); END $$)");
  session.Exec("SELECT ping(100)");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(session.Value("SELECT DISTINCT routine FROM lineage.column_lineage "
                          "WHERE target_table = 'public.dst' AND type = 'DIRECT'"),
            "public.ping(integer)");
}

TEST_F(Limits, ALongCallPathIsCutAndCounted) {
  AllowFaults();
  long before = Health("degraded_paths");
  Session session = Open();
  session.Exec("SET pg_lineage.max_path_depth = 3");
  session.Exec(
      "CREATE FUNCTION f0() RETURNS void LANGUAGE plpgsql AS "
      "$$ BEGIN INSERT INTO dst SELECT a, b FROM src; END $$");
  for (int i = 1; i < 6; i++) {
    std::string name = std::to_string(i), inner = std::to_string(i - 1);
    session.Exec("CREATE FUNCTION f" + name +
                 "() RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
                 "PERFORM f" +
                 inner + "(); END $$");
  }
  session.Exec("SELECT f5()");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(session.Value("SELECT DISTINCT cardinality(call_path) FROM lineage.column_lineage "
                          "WHERE target_table = 'public.dst' AND type = 'DIRECT'"),
            "3");
  EXPECT_GT(Health("degraded_paths"), before);
}

TEST_F(Limits, AFullFeedBecomesAResyncAndLosesNoFact) {
  Session session = Open();
  session.Exec("SELECT lineage._sink_register('s')");
  session.Exec("SELECT lineage._ack('s', array_agg(id)) FROM lineage._feed('s', 1000)");
  session.Exec("SET pg_lineage.max_feed = 10");
  session.Exec("BEGIN; CREATE TABLE undone AS SELECT a FROM src; ROLLBACK");
  for (int i = 0; i < 30; i++) {
    session.Exec("CREATE TABLE made" + std::to_string(i) + " AS SELECT a FROM src");
  }
  EXPECT_LE(std::stoi(session.Value("SELECT count(*) FROM lineage.queue")), 12);
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage._feed('s', 100) WHERE kind = 'resync'"),
            "1");
  EXPECT_EQ(session.Value("SELECT resync FROM lineage.health"), "t");
  EXPECT_EQ(session.Value("SELECT count(DISTINCT target_table) FROM lineage.table_lineage "
                          "WHERE target_table LIKE 'public.made%'"),
            "30");
  session.Exec("SELECT lineage._ack('s', array_agg(id)) FROM lineage._feed('s', 1000)");
  EXPECT_EQ(session.Value("SELECT resync FROM lineage.health"), "f");
  session.Exec(kCopy);
  EXPECT_EQ(session.Text("SELECT kind, payload->>'target' FROM lineage._feed('s', 100)"),
            "edge|public.dst");
}

TEST_F(Limits, AVeryWideTableKeepsAllItsColumns) {
  Session session = Open();
  session.Exec(
      "DO $$ BEGIN EXECUTE (SELECT format('CREATE TABLE wide (%s)', string_agg(format('c%s int', "
      "i), ',')) FROM generate_series(1, 1500) i);"
      "EXECUTE 'CREATE TABLE wide_copy (LIKE wide)'; END $$");
  session.Exec("INSERT INTO wide_copy SELECT * FROM wide");
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT' AND "
                          "source_column = target_column AND target_table = 'public.wide_copy'"),
            "1500");
}

TEST_F(Limits, DeeplyNestedSubqueriesAreFollowedInLinearTime) {
  Session session = Open();
  std::string query = "SELECT a, b FROM src";
  for (int i = 0; i < 60; i++) query = "SELECT a + a AS a, b FROM (" + query + " OFFSET 0) x";
  session.Exec("SET statement_timeout = '60s'");
  session.Exec("EXPLAIN (COSTS off) INSERT INTO dst " + query);
  session.Exec("INSERT INTO dst SELECT 1, b FROM (" + query + ") y WHERE false");
  EXPECT_TRUE(HasEdge("public.src.b", "public.dst.b"));
}

}  // namespace
}  // namespace pg_lineage_test
