// One cluster per test suite, one fresh database with the extension per test.
//
//   class Locks : public LineageTest {};
//   TEST_F(Locks, ANamedPromise) {
//     Session s = Open();
//     s.Exec("INSERT INTO dst SELECT * FROM src");
//     EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
//   }
//
// Every database holds src(a, b), dst(a, b) and other(a, b); src has one row. A suite that needs
// other settings defines its own SetUpTestSuite() calling StartCluster(options).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cluster.h"

namespace pg_lineage_test {

// DIRECT column edges as "table.column -> table.column", sorted, each once.
inline std::vector<std::string> DirectEdges(Session &session) {
  return session.Column(
      "SELECT DISTINCT (source_table || '.' || source_column || ' -> ' || target_table || '.' || "
      "target_column) COLLATE \"C\" FROM lineage.column_lineage WHERE type = 'DIRECT' ORDER BY 1");
}

// All that the views say of relations apart from times, sorted: to compare two runs. A restore adds
// edges of its own from client:, which are left out.
inline std::string WholeLineage(Session &session) {
  return session.Text(
      "SELECT format('%s.%s -> %s.%s %s %s %s %s %s %s', source_table, source_column, "
      "target_table, target_column, type, subtype, masking, routine, call_path, operation) "
      "COLLATE \"C\" FROM lineage.column_lineage WHERE source_table <> 'client:' ORDER BY 1");
}

class LineageTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { StartCluster({}); }
  static void TearDownTestSuite() { cluster_.reset(); }
  static void StartCluster(ClusterOptions options) {
    cluster_ = std::make_unique<Cluster>(std::move(options));
  }

  void SetUp() override { MakeDatabase("t" + std::to_string(++databases_)); }
  // A test that provokes no fault must leave lineage.health without one.
  void TearDown() override {
    if (faults_before_ < 0 || cluster_->pid() == 0) return;
    int faults = Faults();
    if (faults < 0) return;
    EXPECT_LE(faults, faults_before_) << Open().Text("TABLE lineage.health");
    ExpectSoundIndexes();
  }
  void AllowFaults() { faults_before_ = -1; }

  // The library maintains the store's indexes by hand: each must know every row of its table.
  void ExpectSoundIndexes() {
    Session session = Open();
    session.Exec("CREATE EXTENSION IF NOT EXISTS amcheck");
    EXPECT_EQ(session.State("SELECT bt_index_check(c.oid, true) FROM pg_class c WHERE relkind = "
                            "'i' AND relnamespace = 'lineage'::regnamespace"),
              "00000");
  }

  // Faults of ours that lineage.health counts, for the whole cluster; -1 where it cannot be asked.
  int Faults() {
    Session session = Open();
    if (session.Value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_lineage' AND "
                      "current_setting('shared_preload_libraries') LIKE '%pg_lineage%'") == "0") {
      return -1;
    }
    return std::stoi(session.Value(
        "SELECT errors_swallowed + untagged_executions + breaker_trips + lost_at_exit + "
        "degraded_shapes + degraded_columns + degraded_paths FROM lineage.health"));
  }

  void MakeDatabase(const std::string &name, bool with_extension = true) {
    database_ = name;
    cluster_->Connect().Exec("CREATE DATABASE " + name);
    Session session = Open();
    if (with_extension) session.Exec("CREATE EXTENSION pg_lineage");
    session.Exec(
        "CREATE TABLE src (a int, b int); CREATE TABLE dst (a int, b int);"
        "CREATE TABLE other (a int, b int); INSERT INTO src VALUES (1, 2)");
    faults_before_ = std::max(0, Faults());
  }

  // A new session in this test's database.
  Session Open(const std::string &user = "postgres") { return cluster_->Connect(database_, user); }

  // What a session of its own sees: committed, by anybody.
  std::vector<std::string> Edges() {
    Session session = Open();
    return DirectEdges(session);
  }
  bool HasEdge(const std::string &source, const std::string &target) {
    return Open().Value(
               "SELECT count(*) > 0 FROM lineage.column_lineage WHERE type = 'DIRECT' AND "
               "source_table || '.' || source_column = '" +
               source +
               "' AND "
               "target_table || '.' || target_column = '" +
               target + "'") == "t";
  }
  // Executions the views report for an edge, summed over its rows; -1 where there is none.
  int Executions(const std::string &source, const std::string &target) {
    return std::stoi(Open().Value(
        "SELECT coalesce(sum(executions), -1) FROM lineage.column_lineage WHERE type = 'DIRECT' "
        "AND source_table || '.' || source_column = '" +
        source +
        "' AND "
        "target_table || '.' || target_column = '" +
        target + "'"));
  }

  static inline std::unique_ptr<Cluster> cluster_;
  static inline int databases_ = 0;
  std::string database_;
  int faults_before_ = 0;
};

inline const char *const kCopy = "INSERT INTO dst SELECT a, b FROM src";

// The two DIRECT edges of kCopy.
inline std::vector<std::string> CopyEdges() {
  return {"public.src.a -> public.dst.a", "public.src.b -> public.dst.b"};
}

}  // namespace pg_lineage_test
