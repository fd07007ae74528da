// Loaded in every way an operator may load it, with and without the extension in the database.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Preloaded : public LineageTest {
 protected:
  void SetUp() override { MakeDatabase("t" + std::to_string(++databases_), false); }
};

TEST_F(Preloaded, ADatabaseWithoutTheExtensionIsLeftAlone) {
  Session session = Open();
  session.Exec(kCopy);
  session.Exec(
      "DO $$ DECLARE v int; BEGIN SELECT a INTO v FROM src; INSERT INTO dst VALUES (v); END $$");
  session.Exec("CREATE TABLE made AS SELECT * FROM src; DROP TABLE made");
  session.Exec("BEGIN; INSERT INTO dst SELECT * FROM src; PREPARE TRANSACTION 'without'");
  session.Exec("COMMIT PREPARED 'without'");
  EXPECT_EQ(session.Value("SELECT count(*) FROM dst"), "3");
  EXPECT_EQ(session.Value("SELECT count(*) FROM pg_class WHERE relname = '_edge'"), "0");
}

TEST_F(Preloaded, ASessionOpenBeforeCreateExtensionRecordsAfterIt) {
  Session before = Open();
  before.Exec("PREPARE copy AS INSERT INTO dst SELECT a, b FROM src");
  for (int i = 0; i < 7; i++) before.Exec("EXECUTE copy");
  Open().Exec("CREATE EXTENSION pg_lineage");
  before.Exec("EXECUTE copy");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Preloaded, CreateExtensionItselfAnalysesNothingAndSaysNothing) {
  Session session = Open();
  session.Exec("CREATE VIEW v AS SELECT a FROM src");
  session.TakeNotices();
  session.Exec("CREATE EXTENSION pg_lineage");
  EXPECT_TRUE(session.TakeNotices().empty());
  EXPECT_TRUE(Edges().empty());
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage.ddl_history"), "0");
}

TEST_F(Preloaded, DroppingTheExtensionIsNoAlterationOfItsTables) {
  Session session = Open(), other = Open();
  const int before = cluster_->CountInLog("not as installed");
  for (int i = 0; i < 3; i++) {
    session.Exec("CREATE EXTENSION pg_lineage");
    session.Exec(kCopy);
    other.Exec(kCopy);
    session.Exec("CREATE TABLE made AS SELECT a FROM src");
    session.Exec("BEGIN; DROP TABLE made; DROP EXTENSION pg_lineage; INSERT INTO dst SELECT 1, 2;");
    session.Exec("COMMIT");
    other.Exec(kCopy);
    session.Exec("CREATE EXTENSION pg_lineage");
    session.Exec("DROP EXTENSION pg_lineage");
  }
  EXPECT_EQ(cluster_->CountInLog("not as installed"), before);
}

TEST_F(Preloaded, CreateExtensionRefusesASchemaThatHoldsSomething) {
  Session session = Open();
  session.Exec("CREATE SCHEMA lineage; CREATE TABLE lineage.planted (a int)");
  EXPECT_NE(session.State("CREATE EXTENSION pg_lineage"), "00000");
  session.Exec("DROP TABLE lineage.planted");
  session.Exec("CREATE FUNCTION lineage.pending() RETURNS bigint LANGUAGE sql RETURN 1");
  EXPECT_NE(session.State("CREATE EXTENSION pg_lineage"), "00000");
  session.Exec("DROP FUNCTION lineage.pending()");
  EXPECT_EQ(session.State("CREATE EXTENSION pg_lineage"), "00000");
}

TEST_F(Preloaded, CreateExtensionRefusesAnEmptySchemaOfSomebodyElse) {
  Session session = Open();
  session.Exec("CREATE ROLE planter LOGIN");
  session.Exec("GRANT CREATE ON DATABASE " + database_ + " TO planter");
  Open("planter").Exec("CREATE SCHEMA lineage");
  SqlError error = session.Failure("CREATE EXTENSION pg_lineage");
  EXPECT_NE(error.sqlstate, "42710");
  EXPECT_EQ(session.Value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_lineage'"), "0");
  session.Exec("DROP SCHEMA lineage");
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec("DROP EXTENSION pg_lineage; DROP SCHEMA IF EXISTS lineage");
  session.Exec("REVOKE CREATE ON DATABASE " + database_ + " FROM planter; DROP ROLE planter");
}

TEST_F(Preloaded, CreateExtensionNeedsASuperuser) {
  Session session = Open();
  session.Exec("CREATE ROLE owner LOGIN CREATEROLE CREATEDB");
  session.Exec("ALTER DATABASE " + database_ + " OWNER TO owner");
  EXPECT_EQ(Open("owner").State("CREATE EXTENSION pg_lineage"), "42501");
}

TEST_F(Preloaded, CreateExtensionPutsItsObjectsIntoNoOtherSchema) {
  Session session = Open();
  session.Exec("CREATE SCHEMA elsewhere");
  EXPECT_NE(session.State("CREATE EXTENSION pg_lineage SCHEMA elsewhere"), "00000");
  EXPECT_EQ(session.State("CREATE EXTENSION pg_lineage"), "00000");
}

class NotPreloaded : public LineageTest {
 protected:
  static void SetUpTestSuite() {
    ClusterOptions options;
    options.preload = "";
    StartCluster(options);
    cluster_->AllowInLog("WARNING: .*pg_lineage");
  }
  void SetUp() override { MakeDatabase("t" + std::to_string(++databases_), false); }
};

TEST_F(NotPreloaded, LoadIsSilentAndStatementsRun) {
  Session session = Open();
  session.Exec("LOAD 'pg_lineage'");
  EXPECT_TRUE(session.TakeNotices().empty());
  session.Exec(kCopy);
  session.Exec("DO $$ BEGIN INSERT INTO dst SELECT a, b FROM src; END $$");
  session.Exec("BEGIN; INSERT INTO dst SELECT a, b FROM src; PREPARE TRANSACTION 'loaded'");
  session.Exec("COMMIT PREPARED 'loaded'");
  EXPECT_EQ(session.Value("SELECT count(*) FROM dst"), "3");
}

TEST_F(NotPreloaded, CreateExtensionWarnsWithTheFix) {
  Session session = Open();
  session.Exec("CREATE EXTENSION pg_lineage");
  std::vector<std::string> notices = session.TakeNotices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].rfind("WARNING", 0), 0u) << notices[0];
  EXPECT_NE(notices[0].find("shared_preload_libraries"), std::string::npos) << notices[0];
}

TEST_F(NotPreloaded, FunctionsThatNeedSharedMemoryRaise55000WithTheFix) {
  Session session = Open();
  session.Exec("CREATE EXTENSION pg_lineage");
  for (const char *call :
       {"SELECT lineage.pending()", "SELECT lineage.forget()", "SELECT * FROM lineage.health"}) {
    SqlError error = session.Failure(call);
    EXPECT_EQ(error.sqlstate, "55000") << call;
    EXPECT_NE(error.hint.find("shared_preload_libraries"), std::string::npos) << call;
  }
}

TEST_F(NotPreloaded, StatementsRunWithTheExtensionThereAndNothingIsRecorded) {
  Session session = Open();
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(kCopy);
  session.Exec("CREATE TABLE made AS SELECT * FROM src; ALTER TABLE made ADD COLUMN c int");
  session.Exec("DROP TABLE made");
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage._edge"), "0");
  session.Exec("DROP EXTENSION pg_lineage");
}

TEST_F(NotPreloaded, LoadedForASessionByItsSettingsItInstallsNothing) {
  Session session =
      cluster_->Connect(database_, "postgres", "options='-c session_preload_libraries=pg_lineage'");
  session.Exec(kCopy);
  EXPECT_EQ(session.Value("SELECT count(*) FROM dst"), "1");
}

TEST_F(NotPreloaded, AStoreThatIsAlreadyThereIsReadableWithoutTheLibrary) {
  ClusterOptions options;
  Cluster cluster(options);
  cluster.AllowInLog("WARNING: .*pg_lineage");
  Session session = cluster.Connect();
  session.Exec("CREATE EXTENSION pg_lineage; CREATE TABLE src (a int); CREATE TABLE dst (a int)");
  session.Exec("INSERT INTO dst SELECT a FROM src");
  session.Close();
  cluster.AppendConf("shared_preload_libraries = ''");
  cluster.Restart();
  Session after = cluster.Connect();
  EXPECT_EQ(after.Value("SELECT count(*) FROM lineage._edge"), "1");
  after.Exec("INSERT INTO dst SELECT a FROM src");
  cluster.AppendConf("shared_preload_libraries = 'pg_lineage'");
  after.Close();
  cluster.Restart();
  Session back = cluster.Connect();
  EXPECT_EQ(DirectEdges(back).size(), 1u);
}

}  // namespace
}  // namespace pg_lineage_test
