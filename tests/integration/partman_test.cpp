// pg_partman, a product of others, under capture: see tests/partman/README.md.
#include <filesystem>
#include <fstream>

#include "fixture.h"

namespace pg_lineage_test {
namespace {

namespace fs = std::filesystem;

std::string ReadPartman(const std::string &name) {
  fs::path path = fs::path(__FILE__).parent_path().parent_path() / "partman" / name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Output of psql -a for the scenario, NOTICEs included.
std::string RunScenario(Cluster &cluster) {
  std::string script = cluster.dir() + "/scenario.sql";
  std::ofstream(script) << ReadPartman("scenario.sql");
  ProcessResult run = cluster.RunClient(
      "psql", {"-X", "-a", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", script});
  EXPECT_EQ(run.status, 0) << run.output;
  size_t start = 0;
  for (const std::string &path = script; (start = run.output.find(path)) != std::string::npos;) {
    run.output.replace(start, path.size(), "scenario.sql");
  }
  return run.output;
}

class Partman : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    with_ = std::make_unique<Cluster>();
    with_->Connect().Exec("CREATE EXTENSION pg_lineage");
    output_ = RunScenario(*with_);
  }
  static void TearDownTestSuite() { with_.reset(); }

  static inline std::unique_ptr<Cluster> with_;
  static inline std::string output_;
};

TEST_F(Partman, BehavesTheSameWithAndWithoutTheLibrary) {
  ClusterOptions options;
  options.preload = "";
  Cluster without(options);
  EXPECT_EQ(output_, RunScenario(without));
  EXPECT_NE(output_.find("NOTICE:  Total rows moved: "), std::string::npos);
}

TEST_F(Partman, ItsMovesOfRowsAreEdgesNamedAfterItsRoutines) {
  Session session = with_->Connect();
  EXPECT_EQ(session.Text(ReadPartman("lineage.sql")) + "\n", ReadPartman("expected_lineage.txt"));
}

TEST_F(Partman, ItsTempTableIsNoNodeAndItsRoutinesAreNamedWithTheirTypes) {
  Session session = with_->Connect();
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage.table_lineage WHERE source_table || "
                          "target_table LIKE '%partman_temp_data_storage%'"),
            "0");
  EXPECT_EQ(session.Value("SELECT DISTINCT routine FROM lineage.column_lineage "
                          "WHERE target_table = 'app.events_flat'"),
            "partman.undo_partition(text,integer,text,boolean,numeric,text,text[],boolean)");
}

TEST_F(Partman, ThePartitionsItMadeAndDroppedAreInTheHistoryWithTheirRoutine) {
  Session session = with_->Connect();
  EXPECT_EQ(session.Value("SELECT count(*) > 0 FROM lineage.ddl_history WHERE command_tag = "
                          "'CREATE TABLE' AND object_identity = 'app.orders_p40' AND routine LIKE "
                          "'partman.create_partition_id(%'"),
            "t");
  EXPECT_EQ(session.Value("SELECT count(*) > 0 FROM lineage.ddl_history WHERE command_tag = "
                          "'DROP TABLE' AND object_identity = 'app.orders_p0' AND routine LIKE "
                          "'partman.drop_partition_id(%'"),
            "t");
}

}  // namespace
}  // namespace pg_lineage_test
