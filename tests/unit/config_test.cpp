#include "config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "fakes/workflow_text.h"

namespace shipper {
namespace {

TEST(ConfigTest, AWorkflowOfThePeerIsTakenUnchanged) {
  Config config = ParseConfig(Workflow(), "w.yaml");
  EXPECT_TRUE(config.warnings.empty()) << config.warnings[0];
  EXPECT_EQ(config.service_name, "shop_pg");
  EXPECT_EQ(config.postgres.host, "pg.example");
  EXPECT_EQ(config.postgres.port, "5433");
  EXPECT_EQ(config.postgres.password.Reveal(), "geheim");
  EXPECT_EQ(config.postgres.ssl_mode, "prefer");
  EXPECT_TRUE(config.metadata.include_owners);
  EXPECT_TRUE(config.metadata.mark_deleted_tables);
  EXPECT_EQ(config.server.host_port, "http://om.example:8585/api");
  EXPECT_EQ(config.server.token.Reveal(), "token");
  EXPECT_EQ(config.success_threshold, 90);
}

TEST(ConfigTest, ThePasswordOfBeforeIsTaken) {
  std::string text = Workflow("      password: alt\n");
  text.replace(text.find("      authType: { password: geheim }\n"), 37, "");
  EXPECT_EQ(ParseConfig(text, "w").postgres.password.Reveal(), "alt");
}

TEST(ConfigTest, ValuesAreExpandedFromTheEnvironment) {
  setenv("SHIP_TEST_NAME", "found", 1);
  unsetenv("SHIP_TEST_NONE");
  std::vector<std::string> unset;
  EXPECT_EQ(ExpandEnvironment("a$SHIP_TEST_NAME/${SHIP_TEST_NAME}", &unset), "afound/found");
  EXPECT_TRUE(unset.empty());
  EXPECT_EQ(ExpandEnvironment("$SHIP_TEST_NONE ${SHIP_TEST_NONE}", &unset),
            "$SHIP_TEST_NONE ${SHIP_TEST_NONE}");
  EXPECT_EQ(unset.size(), 2u);
  EXPECT_EQ(ExpandEnvironment("5$ $1 ${} $", nullptr), "5$ $1 ${} $");
  Config config = ParseConfig(Workflow("      classificationName: ${SHIP_TEST_NONE}\n"), "w");
  EXPECT_TRUE(Warns(config, "SHIP_TEST_NONE is not set"));
}

TEST(ConfigTest, APasswordWithADollarIsInNoWarning) {
  std::string text = Workflow();
  text.replace(text.find("geheim"), 6, "ge$heim");
  Config config = ParseConfig(text, "w");
  EXPECT_EQ(config.postgres.password.Reveal(), "ge$heim");
  EXPECT_TRUE(Warns(config, "authType.password': environment variable named after"));
  EXPECT_FALSE(Warns(config, "heim"));
  text.replace(text.find("ge$heim"), 7, "$SHIP_TEST_NONE");
  EXPECT_TRUE(Warns(ParseConfig(text, "w"), "SHIP_TEST_NONE is not set"));
}

TEST(ConfigTest, UnknownKeysAreWarnedAboutByTheirFullName) {
  Config config =
      ParseConfig(Workflow("      pasword: x\n", "shipper: { pollIntervalMS: 5 }\n"), "w.yaml");
  EXPECT_TRUE(Warns(config, "'source.serviceConnection.config.pasword' is not known"));
  EXPECT_TRUE(Warns(config, "'shipper.pollIntervalMS' is not known"));
  EXPECT_EQ(config.warnings.size(), 2u);
}

TEST(ConfigTest, AMissingOrWrongKeyIsNamedWithItsValueAndTheMending) {
  std::string missing = Workflow();
  missing.replace(missing.find("      database: shop\n"), 21, "");
  EXPECT_NE(
      Refusal(missing).find("'source.serviceConnection.config.database': it is missing; write"),
      std::string::npos);
  std::string mode = Refusal(Workflow("      sslMode: requir\n"));
  EXPECT_NE(mode.find("config.sslMode': value 'requir' is not known; write disable, allow"),
            std::string::npos);
  EXPECT_NE(Refusal(Workflow("", "shipper: { batchSize: many }\n"))
                .find("'shipper.batchSize': value 'many' is not a whole number from 1"),
            std::string::npos);
  EXPECT_NE(Refusal(Workflow("      ingestAllDatabases: maybe\n")).find("neither true nor false"),
            std::string::npos);
  EXPECT_NE(Refusal("source: [1, 2]").find("a mapping is expected"), std::string::npos);
  EXPECT_NE(Refusal("source: {").find("line 1"), std::string::npos);
  EXPECT_NE(Refusal("").find("holds no workflow"), std::string::npos);
  EXPECT_NE(Refusal("sink: {}").find("'source': it is missing"), std::string::npos);
}

TEST(ConfigTest, NoMessageHoldsASecret) {
  std::string text = Workflow("      sslMode: requir\n");
  EXPECT_EQ(Refusal(text).find("geheim"), std::string::npos);
  std::string list = Workflow();
  list.replace(list.find("{ password: geheim }"), 20, "{ password: [geheim] }");
  EXPECT_NE(Refusal(list), "");
  EXPECT_EQ(Refusal(list).find("geheim"), std::string::npos);
}

TEST(ConfigTest, KnownLibpqKeysPassAndOthersAreNamedAndDropped) {
  Config config =
      ParseConfig(Workflow("      connectionOptions: { connect_timeout: \"3\" }\n"
                           "      connectionArguments: { tcp_user_timeout: 9, authenticator: sso,\n"
                           "        application_name: x, host: elsewhere, sslmode: allow }\n"),
                  "w");
  ASSERT_EQ(config.postgres.options.size(), 3u);
  EXPECT_EQ(config.postgres.options[0].second, "3");
  EXPECT_EQ(config.postgres.options[2].first, "sslmode");
  EXPECT_TRUE(Warns(config, "config.connectionArguments.authenticator' is no libpq parameter"));
  EXPECT_TRUE(Warns(config, "connectionArguments.application_name' is dropped: it is always"));
  EXPECT_TRUE(Warns(config, "connectionArguments.host' is dropped: hostPort says it"));
}

TEST(ConfigTest, EveryNameOfThePeersDriverIsTakenAndAnotherDriverRefused) {
  for (const char *scheme : {"postgresql+psycopg2", "postgresql", "postgresql+psycopg2cffi"})
    EXPECT_TRUE(
        ParseConfig(Workflow("      scheme: " + std::string(scheme) + "\n"), "w").warnings.empty());
  const std::string refusal = Refusal(Workflow("      scheme: pgspider+psycopg2\n"));
  EXPECT_NE(refusal.find("config.scheme': PGSpider"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("write `scheme: postgresql+psycopg2`"), std::string::npos) << refusal;
  EXPECT_NE(Refusal(Workflow("      scheme: mysql+pymysql\n")).find("'mysql+pymysql' is not known"),
            std::string::npos);
}

TEST(ConfigTest, OfAKeyThatIsThereTwiceTheLastCounts) {
  Config config = ParseConfig(Workflow("      authType: { password: neu }\n"), "w");
  EXPECT_EQ(config.postgres.password.Reveal(), "neu");
  EXPECT_TRUE(Warns(config, "config.authType' is there twice; the last counts"));
}

// The keys of the peer's releases 1.2 to 2.0 (and of its pages), each with a value that asks for
// something, and what is said of it; "" where it is honoured.
TEST(ConfigTest, EveryKeyOfTheConnectionIsHonouredOrNamed) {
  const std::pair<const char *, const char *> keys[] = {
      {"scheme: postgresql+psycopg2", ""},
      {"ingestAllDatabases: true", ""},
      {"sslMode: require", ""},
      {"classificationName: rls", ""},
      {"connectionOptions: { connect_timeout: 3 }", ""},
      {"connectionArguments: { keepalives: 1 }", ""},
      {"supportsProfiler: true", ""},
      {"supportsProfiler: false", "supportsProfiler' has no effect"},
      {"supportsMetadataExtraction: false", "supportsMetadataExtraction' has no effect"},
      {"supportsUsageExtraction: false", "supportsUsageExtraction' has no effect"},
      {"supportsLineageExtraction: false", "supportsLineageExtraction' has no effect"},
      {"supportsDBTExtraction: false", "supportsDBTExtraction' has no effect"},
      {"supportsDatabase: false", "supportsDatabase' has no effect"},
      {"supportsQueryComment: false", "supportsQueryComment' has no effect"},
      {"supportsDataDiff: false", "supportsDataDiff' has no effect"},
      {"schemaFilterPattern: { excludes: [a] }", "schemaFilterPattern' has no effect"},
      {"tableFilterPattern: { excludes: [a] }", "tableFilterPattern' has no effect"},
      {"databaseFilterPattern: { excludes: [a] }", "databaseFilterPattern' has no effect"},
      {"storedProcedureFilterPattern: { excludes: [a] }", "storedProcedureFilterPattern' has no"},
      {"queryStatementSource: pg_stat_statements", "queryStatementSource' has no effect"},
      {"sampleDataStorageConfig: { config: { bucketName: b, storageConfig: {} } }",
       "sampleDataStorageConfig' is accepted and not used"}};
  for (const auto &[line, said] : keys) {
    Config config = ParseConfig(Workflow("      " + std::string(line) + "\n"), "w");
    EXPECT_EQ(config.warnings.size(), *said == '\0' ? 0u : 1u) << line;
    EXPECT_TRUE(*said == '\0' || Warns(config, said)) << line;
  }
}

TEST(ConfigTest, ACertificateIsAPathOrPemText) {
  char path[] = "/tmp/lineage-cert-XXXXXX";
  close(mkstemp(path));
  Config config =
      ParseConfig(Workflow("      sslConfig:\n        caCertificate: " + std::string(path) +
                           "\n        sslKey: |\n          -----BEGIN X\n"),
                  "w");
  EXPECT_EQ(config.postgres.ssl_ca, path);
  EXPECT_NE(config.postgres.ssl_key_pem.Reveal().find("-----BEGIN"), std::string::npos);
  std::remove(path);
  EXPECT_NE(Refusal(Workflow("      sslConfig: { caCertificate: /nowhere }\n"))
                .find("neither PEM text nor a file"),
            std::string::npos);
}

TEST(ConfigTest, TheTokenMayBeInAFile) {
  char path[] = "/tmp/lineage-token-XXXXXX";
  close(mkstemp(path));
  std::ofstream(path) << "from-file \n\n";
  EXPECT_EQ(ReadToken(Secret(path)), "from-file");
  std::remove(path);
  EXPECT_EQ(ReadToken(Secret("literal")), "literal");
  EXPECT_EQ(ReadToken(Secret()), "");
  EXPECT_THROW(ReadToken(Secret("/nowhere/token")), ConfigError);
}

TEST(ConfigTest, HostPortComesInSeveralForms) {
  auto with = [](const std::string &host_port) {
    std::string text = Workflow();
    text.replace(text.find("pg.example:5433"), 15, host_port);
    return ParseConfig(text, "w").postgres;
  };
  EXPECT_EQ(with("pg.example").port, "5432");
  EXPECT_EQ(with("\"[::1]:5433\"").host, "::1");
  EXPECT_EQ(with("/run/postgresql:5433").host, "/run/postgresql");
  EXPECT_THROW(with("pg.example:port"), ConfigError);
  EXPECT_THROW(with("\":5432\""), ConfigError);
}

TEST(ConfigTest, FiltersAreListsOfExpressions) {
  std::string text = Workflow();
  text.replace(text.find("includeOwners: true"), 19,
               "schemaFilterPattern: { includes: [\"^a\"], excludes: [b, c] }");
  FilterPattern filter = ParseConfig(text, "w").metadata.schema_filter;
  EXPECT_EQ(filter.includes, std::vector<std::string>{"^a"});
  EXPECT_EQ(filter.excludes.size(), 2u);
  text.replace(text.find("[b, c]"), 6, "b");
  EXPECT_NE(Refusal(text).find("a list of regular expressions"), std::string::npos);
}

TEST(ConfigTest, OwnersAreNamesListsOrMappings) {
  std::string text = Workflow();
  const std::string plain = "includeOwners: true";
  text.replace(text.find(plain), plain.size(),
               "ownerConfig: { default: all, database: dba, enableInheritance: false, "
               "databaseSchema: { shop.public: [ann, bob] }, table: { orders: etl } }");
  OwnerConfig owners = ParseConfig(text, "w").metadata.owners;
  EXPECT_EQ(owners.fallback, std::vector<std::string>{"all"});
  EXPECT_EQ(owners.database.all, std::vector<std::string>{"dba"});
  EXPECT_EQ(owners.schema.by_name["shop.public"], (std::vector<std::string>{"ann", "bob"}));
  EXPECT_EQ(owners.table.by_name["orders"], std::vector<std::string>{"etl"});
  EXPECT_FALSE(owners.inherit);
}

// A workflow whose sourceConfig.config is `config`.
std::string WorkflowOf(const std::string &config) {
  std::string text = Workflow();
  const std::string plain = "type: DatabaseMetadata, includeOwners: true";
  return text.replace(text.find(plain), plain.size(), config);
}

TEST(ConfigTest, ThreadsAreConnectionsToTheCatalogWithinReason) {
  const std::pair<const char *, int> rows[] = {{"0", 1}, {"1", 1}, {"4", 4}, {"500", 32}};
  for (const auto &[threads, connections] : rows)
    for (const char *type : {"DatabaseMetadata", "DatabaseLineage"}) {
      const std::string config = std::string("type: ") + type + ", threads: " + threads;
      EXPECT_EQ(Connections(ParseConfig(WorkflowOf(config), "w")), connections) << config;
    }
  EXPECT_EQ(Connections(ParseConfig(Workflow(), "w")), 1);
}

TEST(ConfigTest, EveryKeyOfAMetadataWorkflowIsHonouredOrNamed) {
  const std::pair<const char *, const char *> keys[] = {
      {"markDeletedTables: false", ""},
      {"markDeletedStoredProcedures: false", ""},
      {"markDeletedSchemas: true", ""},
      {"markDeletedDatabases: true", ""},
      {"includeTables: false", ""},
      {"includeViews: false", ""},
      {"includeTags: false", ""},
      {"includeOwners: true", ""},
      {"ownerConfig: { default: ann }", ""},
      {"includeStoredProcedures: false", ""},
      {"includeDDL: true", ""},
      {"overrideMetadata: true", ""},
      {"threads: 4", ""},
      {"useFqnForFiltering: true", ""},
      {"schemaFilterPattern: { includes: [a] }", ""},
      {"tableFilterPattern: { includes: [a] }", ""},
      {"databaseFilterPattern: { includes: [a] }", ""},
      {"storedProcedureFilterPattern: { includes: [a] }", ""},
      {"includeCustomProperties: false", ""},
      {"extractJsonSchema: false", ""},
      {"includeCustomProperties: true", "includeCustomProperties' has no effect: PostgreSQL has"},
      {"extractJsonSchema: true", "extractJsonSchema' has no effect: metadata never reads"},
      {"jsonSchemaSampleSize: 5", "jsonSchemaSampleSize' has no effect"},
      {"queryLogDuration: 2", "config.queryLogDuration' has no effect: no query log is read"},
      {"queryParsingTimeoutLimit: 2", "queryParsingTimeoutLimit' has no effect"},
      {"incremental: { enabled: true, lookbackDays: 3 }", "every run is incremental"},
      {"incremental: { enabled: false }", "no run can be otherwise"},
      {"markDeletedTablesFromFilterOnly: true", "markDeletedTablesFromFilterOnly' has no effect"}};
  for (const auto &[key, said] : keys) {
    Config config = ParseConfig(WorkflowOf("type: DatabaseMetadata, " + std::string(key)), "w");
    EXPECT_EQ(config.warnings.size(), *said == '\0' ? 0u : 1u) << key;
    EXPECT_TRUE(*said == '\0' || Warns(config, said)) << key;
  }
}

TEST(ConfigTest, EveryKeyOfALineageWorkflowIsHonouredOrNamed) {
  const std::pair<const char *, const char *> keys[] = {
      {"processViewLineage: false", ""},
      {"processQueryLineage: false", ""},
      {"processStoredProcedureLineage: false", ""},
      {"overrideViewLineage: true", ""},
      {"processCrossDatabaseLineage: true, crossDatabaseServiceNames: [other]", ""},
      {"crossDatabaseServiceNames: [other]", "has no effect without"},
      {"enableTempTableLineage: true", ""},
      {"enableTempTableLineage: false", "enableTempTableLineage': false has no effect"},
      {"incrementalLineageProcessing: true", ""},
      {"incrementalLineageProcessing: false", "incrementalLineageProcessing': false has no"},
      {"schemaFilterPattern: { includes: [a] }", ""},
      {"tableFilterPattern: { includes: [a] }", ""},
      {"databaseFilterPattern: { includes: [a] }", ""},
      {"storedProcedureFilterPattern: { includes: [a] }", ""},
      {"queryLogDuration: 1", "queryLogDuration' has no effect"},
      {"queryLogFilePath: /tmp/x.csv", "queryLogFilePath' has no effect"},
      {"resultLimit: 5", "resultLimit' has no effect"},
      {"parsingTimeoutLimit: 5", "parsingTimeoutLimit' has no effect"},
      {"queryParserConfig: { type: Auto }", "queryParserConfig' has no effect"},
      {"filterCondition: x", "filterCondition' has no effect"}};
  for (const auto &[key, said] : keys) {
    Config config = ParseConfig(WorkflowOf("type: DatabaseLineage, " + std::string(key)), "w");
    EXPECT_EQ(config.warnings.size(), *said == '\0' ? 0u : 1u) << key;
    EXPECT_TRUE(*said == '\0' || Warns(config, said)) << key;
  }
  LineageConfig lineage =
      ParseConfig(WorkflowOf("type: DatabaseLineage, processCrossDatabaseLineage: true, "
                             "crossDatabaseServiceNames: [a, b], overrideViewLineage: true, "
                             "processStoredProcedureLineage: false"),
                  "w")
          .lineage;
  EXPECT_TRUE(lineage.process_cross_database);
  EXPECT_EQ(lineage.cross_database_services, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(lineage.override_view_lineage);
  EXPECT_FALSE(lineage.process_routine_lineage);
}

TEST(ConfigTest, AWorkflowOfALaterVersionIsNamed) {
  Config config = ParseConfig(WorkflowOf("type: Profiler, profileSample: 80"), "w");
  EXPECT_EQ(config.workflow_types, std::vector<std::string>{"Profiler"});
  EXPECT_TRUE(Warns(config, "config.type': nothing is done for 'Profiler'"));
}

TEST(ConfigTest, OnlyTheCatalogSinkNeedsAServer) {
  std::string text = Workflow();
  text = text.substr(0, text.find("workflowConfig"));
  EXPECT_NE(Refusal(text).find("openMetadataServerConfig': it is missing"), std::string::npos);
  Config config = ParseConfig(text, "w", "file:out.ndjson");
  EXPECT_EQ(config.sink.type, "file");
  EXPECT_EQ(config.sink.target, "out.ndjson");
  EXPECT_EQ(ParseSink("file").target, "-");
  EXPECT_THROW(ParseSink("kafka:x"), ConfigError);
  EXPECT_THROW(ParseSink("metadata-rest:x"), ConfigError);
}

TEST(ConfigTest, SeveralFilesOfOneServiceAreMergedAndOfTwoRefused) {
  char first[] = "/tmp/lineage-one-XXXXXX", second[] = "/tmp/lineage-two-XXXXXX";
  close(mkstemp(first));
  close(mkstemp(second));
  std::ofstream(first) << Workflow();
  std::string lineage = Workflow();
  lineage.replace(lineage.find("DatabaseMetadata, includeOwners: true"), 37,
                  "DatabaseLineage, processViewLineage: false");
  std::ofstream(second) << lineage;
  Config config = LoadConfig({first, second});
  EXPECT_TRUE(config.metadata.include_owners);
  EXPECT_FALSE(config.lineage.process_view_lineage);
  EXPECT_EQ(config.workflow_types.size(), 2u);
  EXPECT_FALSE(Warns(config, "filters differ"));
  std::string filtered = lineage;
  filtered.replace(filtered.find("processViewLineage: false"), 25,
                   "tableFilterPattern: { excludes: [a] }");
  std::ofstream(second) << filtered;
  EXPECT_TRUE(Warns(LoadConfig({first, second}), "its filters differ from those of the files"));
  EXPECT_TRUE(LoadConfig({first, second}).metadata.table_filter.excludes.empty());
  lineage.replace(lineage.find("shop_pg"), 7, "other_p");
  std::ofstream(second) << lineage;
  EXPECT_THROW(LoadConfig({first, second}), ConfigError);
  std::remove(first);
  std::remove(second);
  EXPECT_THROW(LoadConfig({first}), ConfigError);
  EXPECT_THROW(LoadConfig({}), ConfigError);
}

TEST(ConfigTest, OurOwnKeysLiveUnderShipper) {
  Config config =
      ParseConfig(Workflow("",
                           "shipper: { pollIntervalMs: 100, indirect: false, definitions: none,\n"
                           "  retry: { baseMs: 1, maxMs: 2 }, http: { timeoutMs: 3 } }\n"),
                  "w");
  EXPECT_EQ(config.shipper.poll_interval_ms, 100);
  EXPECT_FALSE(config.shipper.indirect);
  EXPECT_FALSE(config.shipper.definitions);
  EXPECT_EQ(config.shipper.retry_max_ms, 2);
  EXPECT_EQ(config.shipper.request_timeout_ms, 3);
  EXPECT_TRUE(config.warnings.empty());
}

TEST(ConfigTest, AScheduleIsCheckedAndTakesThePlaceOfTheHourlyComparison) {
  Config config =
      ParseConfig(Workflow("", "shipper: { schedule: \"30 2 * * mon-fri\" }\n"), "w.yaml");
  ASSERT_TRUE(config.shipper.schedule);
  EXPECT_EQ(config.shipper.schedule->text(), "30 2 * * mon-fri");
  EXPECT_EQ(config.shipper.reconcile_minutes, 0);
  config =
      ParseConfig(Workflow("", "shipper: { schedule: daily, reconcileMinutes: 5 }\n"), "w.yaml");
  EXPECT_EQ(config.shipper.reconcile_minutes, 5);
  EXPECT_FALSE(ParseConfig(Workflow(), "w.yaml").shipper.schedule);
  const std::string refusal = Refusal(Workflow("", "shipper: { schedule: \"0 25 * * *\" }\n"));
  EXPECT_NE(refusal.find("shipper.schedule"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("hour 25"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("daily"), std::string::npos) << refusal;
}

TEST(ConfigTest, RunsAreShownByTheIngestionPipelineOfEachFile) {
  Config config =
      ParseConfig(Workflow("",
                           "ingestionPipelineFQN: shop_pg.nightly\nenableStreamableLogs: true\n"
                           "pipelineRunId: 01234567-89ab-4def-8123-456789abcdef\n"),
                  "w.yaml");
  ASSERT_EQ(config.pipelines.count("DatabaseMetadata"), 1u);
  EXPECT_EQ(config.pipelines["DatabaseMetadata"].fqn, "shop_pg.nightly");
  EXPECT_TRUE(config.pipelines["DatabaseMetadata"].stream_logs);
  EXPECT_TRUE(ParseConfig(Workflow(), "w.yaml").pipelines.empty());
  EXPECT_NE(Refusal(Workflow("", "pipelineRunId: 7\n")).find("UUID"), std::string::npos);
  EXPECT_TRUE(Warns(ParseConfig(Workflow("", "enableStreamableLogs: true\n"), "w.yaml"),
                    "ingestionPipelineFQN"));
}

}  // namespace
}  // namespace shipper
