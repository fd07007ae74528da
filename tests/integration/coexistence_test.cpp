// Beside other extensions that sit in the same hooks, in whatever order they were loaded: our
// lineage is the same as alone, and what they report is the same as without us.
#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "fixture.h"

namespace pg_lineage_test {
namespace {

const char *const kObjects = R"(
CREATE TABLE src (a int, b int);
CREATE TABLE dst (a int, b int);
CREATE TABLE log (a int, note text);
INSERT INTO src SELECT i, i FROM generate_series(1, 3) i;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log VALUES (NEW.a, 'new');
  RETURN NEW;
END $$;
CREATE TRIGGER note AFTER INSERT ON dst FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN n * 2;
END $$;
CREATE FUNCTION above(n int) RETURNS bigint LANGUAGE sql AS
  'SELECT sum(a) + 10 FROM src WHERE b > n';
CREATE FUNCTION plus(n int) RETURNS int LANGUAGE sql AS 'SELECT n + 1';
CREATE PROCEDURE load(lowest int) LANGUAGE plpgsql AS $$
DECLARE
  r record;
  v int;
BEGIN
  FOR r IN SELECT a, b FROM src WHERE a >= lowest LOOP
    v := twice(r.b);
    INSERT INTO dst VALUES (r.a, v);
  END LOOP;
  BEGIN
    INSERT INTO dst SELECT b, a FROM src;
    PERFORM 1 / 0;
  EXCEPTION WHEN division_by_zero THEN
    EXECUTE 'INSERT INTO log (a) SELECT max(a) FROM src WHERE a > $1' USING lowest;
  END;
END $$;
)";

const char *const kWork[] = {
    "CALL load(1)",
    "CALL load(2)",
    "INSERT INTO log (a) SELECT plus(a) + above(a) FROM src WHERE above(a) > 1",
    "CREATE TABLE made AS SELECT a, twice(b) AS b FROM src",
    "PREPARE p AS INSERT INTO made SELECT a, b FROM dst",
    "EXECUTE p",
    "COPY (SELECT a FROM made) TO STDOUT",
    "SELECT count(*) FROM made",
    "DO $$ BEGIN CALL load(3); END $$",
    "ALTER TABLE made ADD COLUMN c int",
    "COMMENT ON TABLE made IS 'made'",
    "DROP TABLE made",
};

// What a cluster showed while the work ran.
struct Outcome {
  std::string lineage;  // "" without pg_lineage
  std::string contents;
  std::string statements;
  std::string profile;
  std::string checked;
  std::vector<std::string> log;
};

// Lines of audit and plans since the offset, without times and counters that differ by nature.
std::vector<std::string> LogLines(const Cluster &cluster, size_t offset) {
  std::istringstream log(cluster.Log().substr(offset));
  std::regex wanted("AUDIT: .*|Query Text: .*|^\t *(->|Insert|Result|Seq Scan|Aggregate).*");
  std::regex varying("\\(cost=.*|\\(actual.*|AUDIT: SESSION,[0-9]+,[0-9]+");
  std::vector<std::string> lines;
  std::smatch match;
  for (std::string line; std::getline(log, line);) {
    if (std::regex_search(line, match, wanted)) {
      lines.push_back(std::regex_replace(match.str(), varying, ""));
    }
  }
  return lines;
}

bool Has(const std::string &preload, const std::string &library) {
  return preload.find(library) != std::string::npos;
}

void RunWork(Session &session) {
  for (const char *sql : kWork) {
    if (std::string(sql).rfind("COPY", 0) != 0) {
      session.Exec(sql);
      continue;
    }
    session.Send(sql);
    while (PGresult *result = PQgetResult(session.Raw())) {
      char *line = nullptr;
      while (PQresultStatus(result) == PGRES_COPY_OUT && PQgetCopyData(session.Raw(), &line, 0) > 0)
        PQfreemem(line);
      PQclear(result);
    }
  }
}

ClusterOptions Options(const std::string &preload) {
  ClusterOptions options;
  options.preload = preload;
  if (Has(preload, "auto_explain")) {
    options.conf.push_back("auto_explain.log_min_duration = 0");
    options.conf.push_back("auto_explain.log_analyze = on");
    options.conf.push_back("auto_explain.log_nested_statements = on");
  }
  if (Has(preload, "pgaudit")) options.conf.push_back("pgaudit.log = 'all'");
  if (Has(preload, "pg_stat_statements")) {
    options.conf.push_back("pg_stat_statements.track = all");
    options.conf.push_back("compute_query_id = on");
  }
  if (Has(preload, "plpgsql_check")) options.conf.push_back("plpgsql_check.profiler = on");
  return options;
}

Outcome Observe(const std::string &preload) {
  Cluster cluster(Options(preload));
  cluster.AllowInLog("STATEMENT: |CONTEXT: ");
  Session session = cluster.Connect();
  for (const char *name : {"pg_lineage", "pg_stat_statements", "pgaudit", "plpgsql_check"}) {
    if (Has(preload, name)) session.Exec(std::string("CREATE EXTENSION ") + name);
  }
  session.Exec(kObjects);
  if (Has(preload, "pg_stat_statements")) session.Exec("SELECT pg_stat_statements_reset()");
  size_t offset = cluster.Log().size();
  RunWork(session);
  Outcome outcome;
  outcome.log = LogLines(cluster, offset);
  if (Has(preload, "pg_stat_statements")) {
    outcome.statements = session.Text(
        "SELECT query COLLATE \"C\", toplevel, calls, rows FROM pg_stat_statements "
        "WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY 1, 2, 3, 4");
  }
  if (Has(preload, "plpgsql_check")) {
    outcome.profile = session.Text(
        "SELECT lineno, stmt_lineno, exec_stmts FROM plpgsql_profiler_function_tb('load(int)')");
    outcome.checked = session.Text("SELECT * FROM plpgsql_check_function('load(int)')");
  }
  outcome.contents = session.Text(
      "SELECT 'dst', a, b::text FROM dst UNION ALL SELECT 'log', a, note FROM log ORDER BY 1, 2, "
      "3");
  if (Has(preload, "pg_lineage")) outcome.lineage = WholeLineage(session);
  return outcome;
}

const Outcome &Alone() {
  static const Outcome alone = Observe("pg_lineage");
  return alone;
}

// The same libraries without ours; observed once per order of the others.
const Outcome &WithoutUs(const std::string &preload) {
  static std::map<std::string, Outcome> seen;
  std::string others = std::regex_replace(preload, std::regex("pg_lineage,|,pg_lineage$"), "");
  auto found = seen.find(others);
  return found != seen.end() ? found->second : seen.emplace(others, Observe(others)).first->second;
}

class LoadOrder : public ::testing::TestWithParam<const char *> {};

TEST_P(LoadOrder, NeitherOurLineageNorTheirOutputDependsOnTheOther) {
  Outcome seen = Observe(GetParam());
  const Outcome &others = WithoutUs(GetParam());
  EXPECT_NE(seen.lineage, "");
  EXPECT_EQ(seen.lineage, Alone().lineage);
  EXPECT_EQ(seen.contents, others.contents);
  EXPECT_NE(seen.statements.find("INSERT INTO dst"), std::string::npos);
  EXPECT_EQ(seen.statements, others.statements);
  EXPECT_NE(seen.profile, "");
  EXPECT_EQ(seen.profile, others.profile);
  EXPECT_EQ(seen.checked, others.checked);
  EXPECT_FALSE(seen.log.empty());
  EXPECT_EQ(seen.log, others.log);
}

INSTANTIATE_TEST_SUITE_P(
    Orders, LoadOrder,
    ::testing::Values("pg_lineage,pg_stat_statements,auto_explain,pgaudit,plpgsql_check",
                      "pg_stat_statements,pg_lineage,auto_explain,pgaudit,plpgsql_check",
                      "pg_stat_statements,auto_explain,pg_lineage,pgaudit,plpgsql_check",
                      "pg_stat_statements,auto_explain,pgaudit,pg_lineage,plpgsql_check",
                      "pg_stat_statements,auto_explain,pgaudit,plpgsql_check,pg_lineage",
                      "plpgsql_check,pgaudit,auto_explain,pg_lineage,pg_stat_statements",
                      "plpgsql_check,pgaudit,pg_lineage,auto_explain,pg_stat_statements",
                      "pg_lineage,plpgsql_check,pgaudit,auto_explain,pg_stat_statements"));

TEST(LateLoad, LibrariesLoadedLaterInTheSessionTakeNothingAway) {
  Cluster cluster(Options("pg_lineage"));
  Session session = cluster.Connect();
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(kObjects);
  session.Exec("CALL load(3)");
  session.Exec("LOAD 'plpgsql_check'; LOAD 'auto_explain'");
  session.Exec("SET plpgsql_check.profiler = on; SET auto_explain.log_min_duration = 0");
  RunWork(session);
  EXPECT_EQ(WholeLineage(session), Alone().lineage);
}

}  // namespace
}  // namespace pg_lineage_test
