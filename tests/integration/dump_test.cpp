// The store goes with the database: pg_dump and pg_restore, pg_upgrade.
#include <filesystem>

#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Dump : public LineageTest {
 protected:
  void Fill() {
    Session session = Open();
    session.Exec("CREATE SCHEMA \"Odd Name\"; CREATE TABLE \"Odd Name\".\"T\" (\"C d\" int)");
    session.Exec("CREATE VIEW v AS SELECT a + b AS c FROM src");
    session.Exec(
        "CREATE PROCEDURE load(d date) LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO dst SELECT a, b FROM src WHERE a > 0; END $$");
    session.Exec("CALL load('2026-01-01')");
    session.Exec("INSERT INTO \"Odd Name\".\"T\" SELECT c FROM v");
    session.Exec("INSERT INTO other SELECT b, a FROM dst");
    session.Exec("ALTER TABLE other RENAME COLUMN b TO renamed");
  }
  // Rows about relations, not about what the restore itself copied in.
  static int Rows(Session &session) {
    return std::stoi(session.Value(
        "SELECT count(*) FROM lineage.column_lineage WHERE source_table <> 'client:'"));
  }
  static void Must(const ProcessResult &result) { ASSERT_EQ(result.status, 0) << result.output; }

  // What must hold in the copy, whichever way it came.
  static void ExpectCopy(Cluster &cluster, const std::string &database,
                         const std::string &lineage) {
    Session copy = cluster.Connect(database);
    EXPECT_EQ(WholeLineage(copy), lineage);
    int rows = Rows(copy);
    copy.Exec("CALL load('2026-01-02')");
    copy.Exec("INSERT INTO other SELECT b, a FROM dst");
    EXPECT_EQ(WholeLineage(copy), lineage);
    EXPECT_EQ(Rows(copy), rows);
    copy.Exec("INSERT INTO dst SELECT a, renamed FROM other");
    EXPECT_EQ(Rows(copy), rows + 2);
    EXPECT_EQ(copy.Value("SELECT count(*) FROM lineage.column_lineage WHERE source_table = "
                         "'public.other' AND source_column = 'renamed' AND target_table = "
                         "'public.dst' AND target_column = 'b'"),
              "1");
    copy.Exec("ALTER TABLE dst RENAME TO moved");
    EXPECT_EQ(copy.Value("SELECT count(*) FROM lineage.column_lineage WHERE 'public.dst' IN "
                         "(source_table, target_table)"),
              "0");
  }
};

TEST_F(Dump, ARestoredDumpKeepsTheStoreWithItsNamesAndNewEdgesJoinIt) {
  Fill();
  Session session = Open();
  std::string lineage = WholeLineage(session), file = cluster_->dir() + "/custom.dump";
  ASSERT_NE(lineage, "");
  Must(cluster_->RunClient("pg_dump", {"-Fc", "-f", file, database_}));
  Cluster target;
  Session admin = target.Connect();
  for (int i = 0; i < 20; i++) admin.Exec("CREATE TABLE shift" + std::to_string(i) + " (a int)");
  admin.Exec("CREATE DATABASE restored");
  Must(target.RunClient("pg_restore", {"--exit-on-error", "-d", "restored", file}));
  ExpectCopy(target, "restored", lineage);
}

TEST_F(Dump, APlainDumpRestoresInOneTransactionBesideTheOriginal) {
  Fill();
  Session session = Open();
  std::string lineage = WholeLineage(session), file = cluster_->dir() + "/plain.sql";
  Must(cluster_->RunClient("pg_dump", {"-f", file, database_}));
  cluster_->Connect().Exec("CREATE DATABASE plain_copy");
  Must(cluster_->RunClient(
      "psql", {"-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", "plain_copy", "-f", file}));
  ExpectCopy(*cluster_, "plain_copy", lineage);
  EXPECT_EQ(WholeLineage(session), lineage);
}

TEST_F(Dump, ARestoreInOneTransactionNamesTheColumnsItFilled) {
  Fill();
  std::string file = cluster_->dir() + "/columns.sql";
  Must(cluster_->RunClient("pg_dump", {"-f", file, database_}));
  cluster_->Connect().Exec("CREATE DATABASE columns_copy");
  Must(cluster_->RunClient("psql", {"-X", "-q", "-1", "-d", "columns_copy", "-f", file}));
  EXPECT_EQ(cluster_->Connect("columns_copy")
                .Text("SELECT source_column, target_table, target_column FROM "
                      "lineage.column_lineage WHERE source_table = 'client:' AND type = 'DIRECT' "
                      "AND target_table IN ('public.dst', '\"Odd Name\".\"T\"') "
                      "ORDER BY target_table COLLATE \"C\", 3"),
            "C d|\"Odd Name\".\"T\"|C d\na|public.dst|a\nb|public.dst|b");
}

TEST_F(Dump, ADumpCarriesTheStoreAndNotTheFeed) {
  Fill();
  ProcessResult dump = cluster_->RunClient("pg_dump", {database_});
  EXPECT_EQ(dump.status, 0);
  EXPECT_NE(dump.output.find("COPY lineage._edge "), std::string::npos);
  EXPECT_NE(dump.output.find("COPY lineage._node "), std::string::npos);
  EXPECT_EQ(dump.output.find("COPY lineage.queue "), std::string::npos);
}

TEST_F(Dump, PgUpgradeKeepsTheStore) {
  Cluster old;
  Session before = old.Connect();
  before.Exec(
      "CREATE EXTENSION pg_lineage; CREATE TABLE src (a int, b int);"
      "CREATE TABLE dst (a int, b int); INSERT INTO src VALUES (1, 2)");
  before.Exec(kCopy);
  std::string lineage = WholeLineage(before);
  before.Close();
  ClusterOptions options;
  options.start = false;
  Cluster fresh(options);
  old.Stop();
  std::string bin = std::filesystem::path(PgProgram("postgres")).parent_path();
  ProcessResult upgrade =
      RunAsServer({"/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", fresh.dir(),
                   PgProgram("pg_upgrade"), "-b", bin, "-B", bin, "-d", old.data_dir(), "-D",
                   fresh.data_dir(), "-U", "postgres", "-s", fresh.dir()});
  ASSERT_EQ(upgrade.status, 0) << upgrade.output;
  fresh.Start();
  Session after = fresh.Connect();
  EXPECT_EQ(WholeLineage(after), lineage);
  after.Exec(kCopy);
  EXPECT_EQ(WholeLineage(after), lineage);
  EXPECT_EQ(after.Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT'"), "2");
}

}  // namespace
}  // namespace pg_lineage_test
