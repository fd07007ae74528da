// Who may see and do what. Nothing is granted to PUBLIC; two functions grant exactly what is
// needed.
#include "fixture.h"

namespace pg_lineage_test {
namespace {

class Rights : public LineageTest {
 protected:
  void SetUp() override {
    LineageTest::SetUp();
    Session admin = Open();
    admin.Exec(
        "DO $$ BEGIN CREATE ROLE plain LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE shipper LOGIN;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  }

  // Every access list of the schema, to compare before and after.
  std::string Acls() {
    return Open().Text(
        "SELECT 'n ' || nspacl::text FROM pg_namespace WHERE nspname = 'lineage' UNION ALL "
        "SELECT oid::regclass || ' ' || relacl::text FROM pg_class WHERE relnamespace = "
        "'lineage'::regnamespace UNION ALL SELECT oid::regprocedure || ' ' || proacl::text "
        "FROM pg_proc WHERE pronamespace = 'lineage'::regnamespace ORDER BY 1");
  }

  // Names of relations on which the role holds the privilege.
  std::string Relations(const std::string &role, const std::string &privilege) {
    return Open().Value(
        "SELECT coalesce(string_agg(relname, ',' ORDER BY relname COLLATE \"C\"), "
        "'') FROM pg_class WHERE relnamespace = 'lineage'::regnamespace AND "
        "relkind IN ('r', 'v') AND has_table_privilege('" +
        role + "', oid, '" + privilege + "')");
  }
  bool MayCall(const std::string &role, const std::string &function) {
    return Open().Value("SELECT coalesce(bool_or(has_function_privilege('" + role +
                        "', oid, 'EXECUTE')), false) FROM pg_proc WHERE pronamespace = "
                        "'lineage'::regnamespace AND proname = '" +
                        function + "'") == "t";
  }
  bool Exists(const std::string &function) {
    return Open().Value(
               "SELECT count(*) > 0 FROM pg_proc WHERE pronamespace = "
               "'lineage'::regnamespace AND proname = '" +
               function + "'") == "t";
  }
};

const char *const kWrites = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER";

TEST_F(Rights, ARoleWithoutAnyRightWorksAndItsEdgesAreRecorded) {
  Open().Exec("GRANT SELECT ON src TO plain; GRANT INSERT ON dst TO plain");
  Session plain = Open("plain");
  plain.Exec(kCopy);
  plain.Exec(
      "DO $$ DECLARE v int; BEGIN SELECT b INTO v FROM src;"
      " INSERT INTO dst (a) VALUES (v); END $$");
  EXPECT_TRUE(HasEdge("public.src.a", "public.dst.a"));
  EXPECT_TRUE(HasEdge("public.src.b", "public.dst.a"));
}

TEST_F(Rights, ARoleWithoutAnyRightSeesAndCallsNothing) {
  Session plain = Open("plain");
  for (const char *sql :
       {"SELECT * FROM lineage.column_lineage", "SELECT * FROM lineage.table_lineage",
        "SELECT * FROM lineage.ddl_history", "SELECT * FROM lineage.health",
        "SELECT * FROM lineage.queue", "SELECT * FROM lineage._edge", "SELECT lineage.pending()",
        "SELECT * FROM lineage.upstream('dst'::regclass)", "SELECT lineage.forget()",
        "SELECT lineage.grant_reader('plain')", "SELECT lineage.grant_shipper('plain')",
        "SELECT lineage.snapshot()", "SELECT * FROM lineage._edge_rows()"}) {
    EXPECT_EQ(plain.State(sql), "42501") << sql;
  }
}

TEST_F(Rights, NothingIsGrantedToPublic) {
  EXPECT_EQ(
      Open().Text("SELECT o FROM ("
                  " SELECT 'lineage' o, nspacl acl FROM pg_namespace WHERE nspname = 'lineage'"
                  " UNION ALL SELECT relname, relacl FROM pg_class"
                  "  WHERE relnamespace = 'lineage'::regnamespace"
                  " UNION ALL SELECT proname, coalesce(proacl, acldefault('f', proowner))"
                  "  FROM pg_proc WHERE pronamespace = 'lineage'::regnamespace) x,"
                  " LATERAL aclexplode(acl) a WHERE a.grantee = 0 ORDER BY 1"),
      "");
}

TEST_F(Rights, EveryFunctionThatIsNotCPinsItsSearchPath) {
  EXPECT_EQ(Open().Text("SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l "
                        "ON l.oid = prolang WHERE pronamespace = 'lineage'::regnamespace AND "
                        "lanname IN ('sql', 'plpgsql') AND NOT EXISTS (SELECT FROM "
                        "unnest(proconfig) c WHERE c LIKE 'search_path=%') ORDER BY 1"),
            "");
}

TEST_F(Rights, GrantReaderGivesExactlyReadingAndIsIdempotent) {
  Session admin = Open();
  admin.Exec("SELECT lineage.grant_reader('reader')");
  std::string once = Acls();
  admin.Exec("SELECT lineage.grant_reader('reader')");
  EXPECT_EQ(Acls(), once);
  std::string readable = Relations("reader", "SELECT");
  for (const char *view :
       {"column_lineage", "column_lineage_history", "table_lineage", "ddl_history", "health"}) {
    EXPECT_NE(("," + readable + ",").find(std::string(",") + view + ","), std::string::npos)
        << view << " not in " << readable;
  }
  EXPECT_EQ(("," + readable).find(",_"), std::string::npos) << readable;
  EXPECT_EQ(Relations("reader", kWrites), "");
  for (const char *function : {"upstream", "downstream", "path", "impact"})
    EXPECT_TRUE(MayCall("reader", function));
  for (const char *function : {"_sink_register", "_feed", "_ack", "_park", "_unpark", "_state_get",
                               "_state_set", "forget", "usage_reset", "snapshot", "snapshot_schema",
                               "snapshot_table", "grant_reader", "grant_shipper"}) {
    EXPECT_FALSE(MayCall("reader", function)) << function;
  }
  Session reader = Open("reader");
  for (const char *sql :
       {"SELECT * FROM lineage.column_lineage", "SELECT * FROM lineage.column_lineage_history",
        "SELECT * FROM lineage.table_lineage", "SELECT * FROM lineage.ddl_history",
        "SELECT * FROM lineage.health"}) {
    EXPECT_EQ(reader.State(sql), "00000") << sql;
  }
}

TEST_F(Rights, GrantShipperGivesExactlyShippingAndIsIdempotent) {
  Session admin = Open();
  admin.Exec("SELECT lineage.grant_shipper('shipper')");
  std::string once = Acls();
  admin.Exec("SELECT lineage.grant_shipper('shipper')");
  EXPECT_EQ(Acls(), once);
  EXPECT_EQ(Relations("shipper", kWrites), "");
  for (const char *function :
       {"_sink_register", "_feed", "_ack", "_park", "_unpark", "_state_get", "_state_set",
        "_edge_rows", "_pair", "pending", "snapshot", "snapshot_schema", "snapshot_table"}) {
    EXPECT_TRUE(MayCall("shipper", function)) << function;
  }
  for (const char *function : {"forget", "usage_reset", "grant_reader", "grant_shipper"}) {
    ASSERT_TRUE(Exists(function) || std::string(function) == "usage_reset") << function;
    EXPECT_FALSE(MayCall("shipper", function)) << function;
  }
}

TEST_F(Rights, AShipperThatIsNoSuperuserDrainsTheFeed) {
  Session admin = Open();
  admin.Exec("SELECT lineage.grant_shipper('shipper')");
  admin.Exec(kCopy);
  Session shipper = Open("shipper");
  shipper.Exec("SELECT lineage._sink_register('s')");
  EXPECT_NE(shipper.Value("SELECT lineage.pending()"), "0");
  EXPECT_EQ(shipper.Value("SELECT count(*) FROM lineage._feed('s', 100) WHERE kind = 'edge' AND "
                          "payload->>'source' = 'public.src' AND payload->>'target' = "
                          "'public.dst' AND payload->>'operation' = 'INSERT'"),
            "1");
  EXPECT_EQ(shipper.Value("SELECT count(*) FROM lineage._pair('public.src', 'public.dst')"), "1");
  shipper.Exec("SELECT lineage._state_set('s', 'k', 'v')");
  EXPECT_EQ(shipper.Text("SELECT key, value FROM lineage._state_get('s')"), "k|v");
  shipper.Exec("SELECT lineage._park('s', 'edge', 'o', 'r', 'q')");
  EXPECT_EQ(shipper.Value("SELECT count(*) FROM lineage._parked"), "1");
  shipper.Exec("SELECT lineage._ack('s', array_agg(id)) FROM lineage._feed('s', 1000)");
  EXPECT_EQ(shipper.Value("SELECT lineage.pending()"), "0");
  EXPECT_EQ(Edges(), CopyEdges());
}

TEST_F(Rights, AReaderSeesOnlyEdgesWhoseTwoRelationsHeMaySelect) {
  Session admin = Open();
  admin.Exec("SELECT lineage.grant_reader('reader')");
  admin.Exec(kCopy);
  admin.Exec("INSERT INTO other SELECT a, b FROM dst");
  admin.Exec("CREATE TABLE last (a int); INSERT INTO last SELECT a FROM other");
  admin.Exec("GRANT SELECT ON src, dst, last TO reader");
  Session reader = Open("reader");
  EXPECT_EQ(DirectEdges(reader), CopyEdges());
  EXPECT_EQ(reader.Text("SELECT DISTINCT source_table, target_table FROM lineage.table_lineage"),
            "public.src|public.dst");
  EXPECT_EQ(reader.Text("SELECT DISTINCT table_name FROM lineage.downstream('src'::regclass)"),
            "public.dst");
  EXPECT_EQ(reader.Text("SELECT table_name FROM lineage.upstream('last'::regclass)"), "");
  admin.Exec("GRANT pg_read_all_stats TO reader");
  Session all = Open("reader");
  EXPECT_EQ(all.Value("SELECT count(DISTINCT target_table) FROM lineage.table_lineage"), "3");
  admin.Exec("REVOKE pg_read_all_stats FROM reader");
}

TEST_F(Rights, ARoutineOfAnotherOwnerWithSecurityDefinerIsCaptured) {
  Session admin = Open();
  admin.Exec(
      "CREATE FUNCTION copy() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS "
      "$$ BEGIN INSERT INTO dst SELECT a, b FROM src; END $$");
  Open("plain").Exec("SELECT copy()");
  EXPECT_EQ(Edges(), CopyEdges());
  EXPECT_EQ(Open().Value("SELECT DISTINCT routine FROM lineage.column_lineage"), "public.copy()");
}

TEST_F(Rights, SettingsThatChangeCaptureAreTheSuperusers) {
  Session plain = Open("plain");
  for (const char *name : {"enabled", "track", "query_text", "capture_ddl", "capture_reads",
                           "track_control_flow", "ignore_schemas"}) {
    std::string setting = std::string("pg_lineage.") + name;
    EXPECT_EQ(plain.State("SELECT set_config('" + setting + "', current_setting('" + setting +
                          "'), false)"),
              "42501")
        << name;
  }
}

TEST_F(Rights, ObjectsInTheSearchPathOfAUserCannotRunInOurFunctions) {
  Session admin = Open();
  admin.Exec("SELECT lineage.grant_reader('reader')");
  admin.Exec(kCopy);
  admin.Exec("CREATE TABLE proof (by name); GRANT INSERT ON proof TO PUBLIC");
  admin.Exec("CREATE SCHEMA evil AUTHORIZATION plain; GRANT USAGE ON SCHEMA evil TO PUBLIC");
  Open("plain").Exec(
      "CREATE FUNCTION evil.format(text, VARIADIC anyarray) RETURNS text LANGUAGE plpgsql AS "
      "$$ BEGIN INSERT INTO public.proof VALUES (current_user); RETURN 'x'; END $$;"
      "CREATE FUNCTION evil.eq(text, text) RETURNS bool LANGUAGE plpgsql AS "
      "$$ BEGIN INSERT INTO public.proof VALUES (current_user); RETURN true; END $$;"
      "CREATE OPERATOR evil.= (FUNCTION = evil.eq, LEFTARG = text, RIGHTARG = text);"
      "CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE plpgsql AS "
      "$$ BEGIN INSERT INTO public.proof VALUES (current_user); RETURN 'x'; END $$");
  Session victim = Open();
  victim.Exec("SET search_path = evil, public, pg_catalog");
  victim.Exec(kCopy);
  victim.Exec("SELECT * FROM lineage.column_lineage");
  victim.Exec("SELECT * FROM lineage.upstream('public.dst'::regclass)");
  victim.Exec("SELECT lineage.grant_reader('reader')");
  victim.Exec("SELECT lineage.snapshot()");
  victim.Exec("CREATE TABLE public.made AS SELECT a FROM public.src");
  EXPECT_EQ(Open().Value("SELECT count(*) FROM proof"), "0");
}

}  // namespace
}  // namespace pg_lineage_test
