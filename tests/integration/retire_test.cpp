// Edges end with the transaction that ends them, whatever its shape, and wait like all else.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Retire : public LineageTest {
 protected:
  // Edges of the history that ended, as "source > target reason".
  std::vector<std::string> Ended() {
    return Open().Column(
        "SELECT DISTINCT (source_table || ' > ' || target_table || ' ' || reason) COLLATE \"C\" "
        "FROM lineage._past_rows() ORDER BY 1");
  }
};

TEST_F(Retire, APreparedDropEndsEdgesOnlyAfterCommitPrepared) {
  Session session = Open();
  session.Exec(kCopy);
  session.Exec("BEGIN; DROP TABLE dst; PREPARE TRANSACTION 'drop_it'");
  session.Exec("ROLLBACK PREPARED 'drop_it'");
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("BEGIN; DROP TABLE dst; PREPARE TRANSACTION 'drop_it'");
  EXPECT_EQ(Edges(), CopyEdges());
  session.Exec("COMMIT PREPARED 'drop_it'");
  EXPECT_TRUE(Edges().empty());
  EXPECT_EQ(Ended(), std::vector<std::string>{"public.src > public.dst dropped"});
}

TEST_F(Retire, ADropThatMetALockedStoreEndsItsEdgesAtTheNextCommit) {
  Session session = Open();
  session.Exec(kCopy);
  Session locker = Open();
  locker.Exec("BEGIN; LOCK TABLE lineage._past IN ACCESS EXCLUSIVE MODE");
  session.Exec("DROP TABLE dst");
  EXPECT_EQ(Edges(), CopyEdges());
  locker.Exec("COMMIT");
  session.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_EQ(Ended(), std::vector<std::string>{"public.src > public.dst dropped"});
  EXPECT_EQ(Edges(), (std::vector<std::string>{"public.src.a -> public.other.a",
                                               "public.src.b -> public.other.b"}));
}

TEST_F(Retire, AViewThatMetALockedStoreSaysWhatItSaysNow) {
  Session session = Open();
  session.Exec("CREATE VIEW v AS SELECT a FROM src");
  Session locker = Open();
  locker.Exec("BEGIN; LOCK TABLE lineage._edge IN ACCESS EXCLUSIVE MODE");
  session.Exec("CREATE OR REPLACE VIEW v AS SELECT b AS a FROM src");
  locker.Exec("COMMIT");
  session.Exec("INSERT INTO other (a) SELECT 1");
  session.Exec("CREATE TABLE any_write (a int)");
  EXPECT_EQ(Edges(), std::vector<std::string>{"public.src.b -> public.v.a"});
}

TEST_F(Retire, ASerializableDropEndsEdgesAndDoesNotFail) {
  Session session = Open();
  session.Exec(kCopy);
  session.Exec(
      "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM lineage.column_lineage;"
      "DROP TABLE dst; COMMIT");
  EXPECT_TRUE(Edges().empty());
}

TEST_F(Retire, AnEdgeSeenAgainAfterForgetIsANewOneInEverySession) {
  Session first = Open(), second = Open();
  first.Exec(kCopy);
  second.Exec(kCopy);
  Open().Exec("SELECT lineage.forget()");
  EXPECT_TRUE(Edges().empty());
  second.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(Executions("public.src.a", "public.dst.a"), 1);
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage.column_lineage_history WHERE "
                         "target_column = 'a' AND type = 'DIRECT'"),
            "2");
}

TEST_F(Retire, TheHistoryTellsWhatHeldWhen) {
  Session session = Open();
  session.Exec(kCopy);
  std::string before = session.Value("SELECT clock_timestamp()");
  session.Exec("ALTER TABLE src DROP COLUMN b");
  auto held = [&](const std::string &when) {
    return Open().Value(
        "SELECT string_agg(source_column, ',' ORDER BY source_column) FROM "
        "lineage.column_lineage_history WHERE target_table = 'public.dst' AND "
        "valid_from <= " +
        when + " AND (valid_to IS NULL OR valid_to > " + when + ")");
  };
  EXPECT_EQ(held("'" + before + "'"), "a,b");
  EXPECT_EQ(held("now()"), "a");
}

TEST_F(Retire, TheHistoryIsKeptOverKillAndRestart) {
  Session session = Open();
  session.Exec(kCopy);
  session.Exec("DROP TABLE dst");
  session.Close();
  cluster_->Stop(Cluster::StopMode::kImmediate);
  cluster_->Start();
  EXPECT_EQ(Ended(), std::vector<std::string>{"public.src > public.dst dropped"});
  AllowFaults();
}

TEST_F(Retire, ADropWhileCaptureIsOffIsNoFault) {
  Session session = Open();
  session.Exec(kCopy);
  session.Exec("SET pg_lineage.enabled = off");
  session.Exec("DROP TABLE dst");
  EXPECT_EQ(Edges(), CopyEdges());
}

// A function that copies one column of src into dst; nobody can read that off its body.
std::string Copying(const std::string &column) {
  return "CREATE OR REPLACE FUNCTION copying() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE "
         "concat('INSERT INTO dst (" +
         column + ") SELECT " + column + " FROM src', current_setting('any.none', true)); END $$";
}

TEST_F(Retire, WhatABodyDidThatAnotherSessionReplacedMeanwhileEndsWithTheNextRun) {
  Session session = Open(), other = Open();
  for (const char *first : {"", "SELECT copying()"}) {
    session.Exec(Copying("a"));
    session.Exec(first);
    session.Exec("BEGIN; SELECT copying()");
    other.Exec(Copying("b"));
    session.Exec("COMMIT");
    EXPECT_EQ(Edges(), std::vector<std::string>{"public.src.a -> public.dst.a"});
    other.Exec("SELECT copying()");
    EXPECT_EQ(Edges(), std::vector<std::string>{"public.src.b -> public.dst.b"});
    other.Exec("SELECT lineage.forget()");
  }
}

TEST_F(Retire, WhatABodyDidWhoseRoutineWasOnlyAlteredMeanwhileStays) {
  Session session = Open(), other = Open();
  session.Exec(Copying("a"));
  session.Exec("BEGIN; SELECT copying()");
  other.Exec("ALTER FUNCTION copying() COST 7; GRANT EXECUTE ON FUNCTION copying() TO PUBLIC");
  session.Exec("COMMIT");
  EXPECT_EQ(other.Value("SELECT count(*) FROM lineage._doubt"), "0");
}

TEST_F(Retire, WhatABodyDidThatAnotherSessionDroppedMeanwhileIsForTheNextOfItsName) {
  Session session = Open(), other = Open();
  session.Exec(Copying("a"));
  session.Exec("BEGIN; SELECT copying()");
  other.Exec("DROP FUNCTION copying()");
  session.Exec("COMMIT");
  EXPECT_EQ(Edges(), std::vector<std::string>{"public.src.a -> public.dst.a"});
  other.Exec(Copying("b"));
  other.Exec("SELECT copying()");
  EXPECT_EQ(Edges(), std::vector<std::string>{"public.src.b -> public.dst.b"});
}

TEST_F(Retire, ThousandsOfTablesGoInOneTransaction) {
  Session session = Open();
  session.Exec(
      "CREATE SCHEMA many; DO $$ BEGIN FOR i IN 1..2000 LOOP "
      "EXECUTE format('CREATE TABLE many.t%s (a int)', i); END LOOP; END $$");
  session.Exec(
      "DO $$ BEGIN FOR i IN 1..200 LOOP "
      "EXECUTE format('INSERT INTO many.t%s SELECT a FROM src', i); END LOOP; END $$");
  session.Exec("DROP SCHEMA many CASCADE");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM lineage._past"), "200");
  EXPECT_TRUE(Edges().empty());
}

}  // namespace
}  // namespace pg_lineage_test
