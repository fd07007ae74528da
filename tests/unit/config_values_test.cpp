// Values of a workflow that cannot be meant: each is refused or named with its key.
#include <gtest/gtest.h>

#include "fakes/workflow_text.h"

namespace shipper {
namespace {

// The first `from` of a workflow as `to`.
std::string Changed(const std::string &from, const std::string &to) {
  std::string text = Workflow();
  return text.replace(text.find(from), from.size(), to);
}

TEST(ConfigValuesTest, AHostPortThatIsNoneIsRefused) {
  for (const char *value : {"pg.example:99999", "pg.example:0", "pg.example:x", "\"pg.example:\""})
    EXPECT_NE(Refusal(Changed("pg.example:5433", value)).find("no port number from 1 to 65535"),
              std::string::npos)
        << value;
  EXPECT_NE(Refusal(Changed("pg.example:5433", "http://pg.example:5433")).find("is a URL"),
            std::string::npos);
}

TEST(ConfigValuesTest, TheCatalogIsSpokenToByHttpHoweverThatIsWritten) {
  const std::string http = "http://om.example:8585/api/";
  EXPECT_EQ(ParseConfig(Changed(http, "HTTPS://om.example/api"), "w.yaml").server.host_port,
            "HTTPS://om.example/api");
  for (const char *value :
       {"ws://om.example/api", "wss://om.example/api", "om.example:8585/api", "http"})
    EXPECT_NE(Refusal(Changed(http, value)).find("is no http or https address"), std::string::npos)
        << value;
}

TEST(ConfigValuesTest, ASourceOfAnotherDatabaseIsNamed) {
  EXPECT_TRUE(
      Warns(ParseConfig(Changed("type: postgres\n", "type: mysql\n"), "w.yaml"), "'mysql'"));
  for (const char *type : {"type: Postgres\n", "type: postgres-lineage\n", "type: TestSuite\n"})
    EXPECT_TRUE(ParseConfig(Changed("type: postgres\n", type), "w.yaml").warnings.empty()) << type;
}

TEST(ConfigValuesTest, KeysOfTheSinkCountOrAreNamed) {
  Config config = ParseConfig(Changed("config: {} }", "config: {override_metadata: true} }"), "w");
  EXPECT_TRUE(config.metadata.override_metadata);
  EXPECT_TRUE(config.warnings.empty());
  config =
      ParseConfig(Changed("config: {} }", "config: {bulk_sink_batch_size: 50, threads: 4} }"), "w");
  EXPECT_FALSE(config.metadata.override_metadata);
  EXPECT_TRUE(Warns(config, "sink.config.bulk_sink_batch_size"));
  EXPECT_TRUE(Warns(config, "sink.config.threads"));
}

TEST(ConfigValuesTest, AHeaderThatWouldBecomeTwoIsRefused) {
  const std::string refusal = Refusal(
      Changed("    authProvider: openmetadata\n", "    extraHeaders: { X: \"a\\nY: b\" }\n"));
  EXPECT_NE(refusal.find("extraHeaders"), std::string::npos);
  EXPECT_NE(refusal.find("line end"), std::string::npos);
}

}  // namespace
}  // namespace shipper
