#include "runs/run_account.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

TEST(RunAccountTest, TheStateIsThatOfTheWorseStep) {
  RunAccount account;
  account.source.records = account.sink.records = 99;
  EXPECT_EQ(account.State(90), RunState::kSuccess);
  account.sink.Fail("t", "no");
  EXPECT_EQ(account.State(90), RunState::kPartialSuccess);
  EXPECT_EQ(account.State(100), RunState::kFailed);
  for (int i = 0; i < 30; ++i) account.source.Fail("u", "unreadable");
  EXPECT_EQ(account.State(90), RunState::kFailed);
}

TEST(RunAccountTest, ARunThatBrokeOffFailed) {
  RunAccount account;
  account.broken = true;
  EXPECT_EQ(account.State(0), RunState::kFailed);
}

TEST(RunAccountTest, AllErrorsAreCountedAndTheFirstShown) {
  RunAccount account;
  for (int i = 0; i < 500; ++i) account.sink.Fail("t" + std::to_string(i), "no");
  const nlohmann::json steps = StepSummaries(account, Redactor());
  EXPECT_EQ(steps[1]["errors"], 500);
  EXPECT_EQ(steps[1]["failures"].size(), 10u);
  EXPECT_EQ(steps[1]["failures"][0]["name"], "t0");
}

TEST(RunAccountTest, NoSecretIsInASummary) {
  Redactor redactor;
  redactor.Hide("geheim");
  redactor.Hide("geheimer");
  RunAccount account;
  account.sink.Fail("geheim.t", "the token geheimer, geheim and geheim again");
  const nlohmann::json failure = StepSummaries(account, redactor)[1]["failures"][0];
  EXPECT_EQ(failure["name"], "***.t");
  EXPECT_EQ(failure["error"], "the token ***, *** and *** again");
  EXPECT_EQ(failure["stackTrace"],
            "step: OpenMetadata\nobject: ***.t\nreason: the token ***, *** and *** again");
}

TEST(RunAccountTest, ALongReasonIsShortInTheTableAndWholeBehindIt) {
  RunAccount account;
  account.source.Fail("t", std::string(3000, 'x'));
  account.source.Fail("u", std::string(30000, 'x'));
  const nlohmann::json failures = StepSummaries(account, Redactor())[0]["failures"];
  EXPECT_EQ(failures[0]["error"].get<std::string>().size(), 1000u);
  EXPECT_NE(failures[0]["stackTrace"].get<std::string>().find(std::string(3000, 'x')),
            std::string::npos);
  EXPECT_EQ(failures[1]["stackTrace"].get<std::string>().size(), 10000u);
}

}  // namespace
}  // namespace shipper
