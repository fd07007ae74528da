#include "queue/pg_connection.h"

#include <gtest/gtest.h>

#include "exit_code.h"

namespace shipper {
namespace {

TEST(PgConnectionTest, ArraysAreReadAndWritten) {
  std::vector<PgValue> items = ParsePgArray("{a,\"b c\",NULL,\"NULL\",\"q\\\"\\\\x\",\"\"}");
  ASSERT_EQ(items.size(), 6u);
  EXPECT_EQ(items[1], "b c");
  EXPECT_EQ(items[2], std::nullopt);
  EXPECT_EQ(items[3], "NULL");
  EXPECT_EQ(items[4], "q\"\\x");
  EXPECT_EQ(items[5], "");
  EXPECT_TRUE(ParsePgArray("{}").empty());
  EXPECT_THROW(ParsePgArray("x"), PgError);
  const std::vector<std::string> texts = {"a", "b,c", "d\"e", "f\\g", "", "NULL", "{}"};
  std::vector<PgValue> back = ParsePgArray(*PgTextArray(texts));
  ASSERT_EQ(back.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(back[i], texts[i]);
  EXPECT_EQ(PgBigintArray({1, -2}), "{1,-2}");
  EXPECT_EQ(PgBigintArray({}), "{}");
}

TEST(PgConnectionTest, AServerThatIsNotThereIsSaidWithoutThePassword) {
  PostgresConfig config;
  config.host = "127.0.0.1";
  config.port = "1";
  config.username = "u";
  config.password = Secret("geheim");
  config.database = "d";
  try {
    PgConnection connection(config);
    FAIL() << "nobody listens on port 1";
  } catch (const PgConnectError &error) {
    EXPECT_FALSE(error.permanent());
    EXPECT_EQ(std::string(error.what()).find("geheim"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("start the server"), std::string::npos);
    EXPECT_EQ(ExitCodeOf(error), kExitUnavailable);
  }
}

TEST(PgConnectionTest, EveryFailureHasItsExitCode) {
  EXPECT_EQ(ExitCodeOf(PgError("", "28P01")), kExitPermission);
  EXPECT_EQ(ExitCodeOf(PgError("", "42501")), kExitPermission);
  EXPECT_EQ(ExitCodeOf(PgError("", "3D000")), kExitConfig);
  EXPECT_EQ(ExitCodeOf(PgError("", "53300")), kExitTryAgain);
  EXPECT_EQ(ExitCodeOf(PgError("", "57P03")), kExitTryAgain);
  EXPECT_EQ(ExitCodeOf(PgError("", "08001")), kExitUnavailable);
  EXPECT_EQ(ExitCodeOf(PgError("", "")), kExitUnavailable);
  EXPECT_EQ(ExitCodeOf(Status::Done()), kExitOk);
  EXPECT_EQ(ExitCodeOf(Status::Outage("", 0, Fault::kBusy)), kExitTryAgain);
  EXPECT_EQ(ExitCodeOf(Status::Outage("", 0, Fault::kAddress)), kExitConfig);
  EXPECT_EQ(ExitCodeOf(Status::Reauth("")), kExitPermission);
}

}  // namespace
}  // namespace shipper
