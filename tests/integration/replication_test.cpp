// Standbys and subscribers: we write nothing where nothing may be written, and nothing of ours
// travels to where it is not known.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Standby : public LineageTest {};

TEST_F(Standby, StatementsRunAndViewsAreReadable) {
  Open().Exec(kCopy);
  std::unique_ptr<Cluster> standby = cluster_->CloneStandby();
  Session session = standby->Connect(database_);
  EXPECT_EQ(session.Value("SELECT pg_is_in_recovery()"), "t");
  EXPECT_EQ(DirectEdges(session), CopyEdges());
  EXPECT_EQ(session.Value("SELECT sum(a) FROM src JOIN dst USING (a)"), "1");
  session.Exec("DO $$ DECLARE v int; BEGIN SELECT a INTO v FROM src; END $$");
  session.Exec("BEGIN; DECLARE c CURSOR FOR SELECT a FROM src; FETCH c; COMMIT");
  session.Exec("COPY (SELECT a, b FROM src) TO '" + standby->dir() + "/out.csv'");
  session.Exec("PREPARE p AS SELECT a FROM src; EXECUTE p; EXECUTE p");
  EXPECT_EQ(session.State(kCopy), "25006");
  for (const char *sql :
       {"SELECT * FROM lineage.table_lineage", "SELECT * FROM lineage.ddl_history",
        "SELECT * FROM lineage.health", "SELECT lineage.pending()",
        "SELECT * FROM lineage.upstream('dst'::regclass)"}) {
    EXPECT_EQ(session.State(sql), "00000") << sql;
  }
}

TEST_F(Standby, WhatThePrimaryCommitsAppearsAndAPromotedStandbyRecords) {
  std::unique_ptr<Cluster> standby = cluster_->CloneStandby();
  Session session = standby->Connect(database_);
  session.Exec("SELECT a FROM src");
  EXPECT_TRUE(DirectEdges(session).empty());
  Open().Exec(kCopy);
  EXPECT_TRUE(WaitUntil([&] { return DirectEdges(session) == CopyEdges(); }));
  standby->Promote();
  session.Exec(kCopy);
  session.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_EQ(DirectEdges(session).size(), 4u);
  EXPECT_EQ(session.Value("SELECT count(*) FROM lineage.column_lineage WHERE type = 'DIRECT'"),
            "4");
}

class Publication : public LineageTest {
 protected:
  void SetUp() override { MakeDatabase("t" + std::to_string(++databases_), false); }

  // A cluster that never heard of pg_lineage, subscribed to all tables of this database.
  std::unique_ptr<Cluster> Subscribe() {
    Open().Exec("ALTER TABLE src ADD PRIMARY KEY (a)");
    Open().Exec("CREATE PUBLICATION everything FOR ALL TABLES");
    ClusterOptions options;
    options.preload = "";
    auto subscriber = std::make_unique<Cluster>(options);
    Session session = subscriber->Connect();
    session.Exec(
        "CREATE TABLE src (a int PRIMARY KEY, b int); CREATE TABLE dst (a int, b int);"
        "CREATE TABLE other (a int, b int)");
    session.Exec("CREATE SUBSCRIPTION s_" + database_ + " CONNECTION '" +
                 cluster_->ConnInfo(database_) + "' PUBLICATION everything");
    EXPECT_TRUE(Synced(*subscriber));
    return subscriber;
  }
  static bool Synced(Cluster &subscriber) {
    Session session = subscriber.Connect();
    return WaitUntil([&] {
      return session.Value("SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'") ==
             "0";
    });
  }
  static bool Arrives(Cluster &subscriber, const std::string &sql, const std::string &value) {
    Session session = subscriber.Connect();
    return WaitUntil([&] { return session.Value(sql) == value; }, 30);
  }
};

TEST_F(Publication, ForAllTablesTheUsersTablesKeepReplicatingAfterCreateExtension) {
  std::unique_ptr<Cluster> subscriber = Subscribe();
  Session user = Open();
  user.Exec("CREATE EXTENSION pg_lineage");
  user.Exec(kCopy);
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_TRUE(Arrives(*subscriber, "SELECT count(*) FROM dst", "1"));
  user.Exec("ALTER TABLE other ALTER b SET DEFAULT 1; COMMENT ON TABLE other IS 'x'");
  user.Exec("SELECT lineage._sink_register('s')");
  user.Exec("SELECT lineage.snapshot()");
  user.Exec("SELECT lineage._state_set('s', 'k', 'v'); SELECT lineage._state_set('s', 'k', 'w')");
  user.Exec("SELECT lineage._park('s', 'edge', 'o', 'r', 'q')");
  user.Exec("SELECT lineage._unpark(array_agg(id)) FROM lineage._parked");
  user.Exec("SELECT lineage._ack('s', array_agg(id)) FROM lineage._feed('s', 10000)");
  EXPECT_EQ(user.Value("SELECT count(*) FROM lineage.queue"), "0");
  user.Exec("UPDATE src SET b = 7");
  user.Exec("INSERT INTO other SELECT a, b FROM src");
  EXPECT_TRUE(Arrives(*subscriber, "SELECT b FROM src", "7"));
  EXPECT_TRUE(Arrives(*subscriber, "SELECT count(*) FROM other", "1"));
  user.Exec("SELECT lineage.forget()");
  user.Exec(kCopy);
  EXPECT_TRUE(Arrives(*subscriber, "SELECT count(*) FROM dst", "2"));
  user.Exec("DROP EXTENSION pg_lineage");
  user.Exec(kCopy);
  EXPECT_TRUE(Arrives(*subscriber, "SELECT count(*) FROM dst", "3"));
  subscriber->Connect().Exec("DROP SUBSCRIPTION s_" + database_);
}

// A delete without replica identity is named, with nothing of it; pgoutput leaves it out.
TEST_F(Publication, NothingOfOursIsDecoded) {
  Session session = Open();
  session.Exec("SELECT pg_create_logical_replication_slot('ours', 'test_decoding')");
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(kCopy);
  session.Exec("ALTER TABLE other ADD COLUMN c int");
  session.Exec("SELECT lineage._sink_register('s'), lineage.snapshot()");
  session.Exec("SELECT lineage._state_set('s', 'k', 'v')");
  session.Exec("SELECT lineage._park('s', 'edge', 'o', 'r', 'q')");
  session.Exec("SELECT lineage._ack('s', array_agg(id)) FROM lineage._feed('s', 10000)");
  session.Exec("SELECT lineage.forget()");
  EXPECT_EQ(session.Text("SELECT data FROM pg_logical_slot_get_changes('ours', NULL, NULL) "
                         "WHERE data LIKE 'table %' AND data NOT LIKE '%(no-tuple-data)'"),
            "table public.dst: INSERT: a[integer]:1 b[integer]:2");
  session.Exec("SELECT pg_drop_replication_slot('ours')");
}

TEST_F(Publication, ASubscriberWithTheExtensionRecordsItsOwnTriggersAndKeepsApplying) {
  Open().Exec("ALTER TABLE src ADD PRIMARY KEY (a)");
  Open().Exec("CREATE PUBLICATION one FOR TABLE src");
  Cluster subscriber;
  Session session = subscriber.Connect();
  session.Exec("CREATE EXTENSION pg_lineage");
  session.Exec(R"(
    CREATE TABLE src (a int PRIMARY KEY, b int);
    CREATE TABLE derived (b int);
    CREATE FUNCTION derive() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO public.derived VALUES (NEW.b); RETURN NULL; END $$;
    CREATE TRIGGER derive AFTER INSERT ON src FOR EACH ROW EXECUTE FUNCTION derive();
    ALTER TABLE src ENABLE REPLICA TRIGGER derive)");
  session.Exec("CREATE SUBSCRIPTION s_" + database_ + " CONNECTION '" +
               cluster_->ConnInfo(database_) + "' PUBLICATION one");
  ASSERT_TRUE(Synced(subscriber));
  Open().Exec("INSERT INTO src VALUES (5, 6)");
  EXPECT_TRUE(Arrives(subscriber, "SELECT max(b) FROM derived", "6"));
  std::vector<std::string> expected = {"public.src.b -> public.derived.b"};
  EXPECT_TRUE(WaitUntil([&] { return DirectEdges(session) == expected; }, 15));
  EXPECT_EQ(DirectEdges(session), expected);
  session.Exec("DROP SUBSCRIPTION s_" + database_);
}

}  // namespace
}  // namespace pg_lineage_test
