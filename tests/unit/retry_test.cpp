#include "retry.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

struct Row {
  const char *method;
  int status;
  const char *body;
  Action action;
  bool outage;
};

// The answer table of shipper/README.md, row by row.
TEST(RetryTest, EveryAnswerAsksForOneAction) {
  const Row rows[] = {
      {"PUT", 200, "{}", Action::kDone, false},
      {"PUT", 200, "", Action::kDone, false},
      {"PUT", 201, "{}", Action::kDone, false},
      {"PUT", 204, "", Action::kDone, false},
      {"PUT", 0, "", Action::kRetry, true},
      {"PUT", 408, "{}", Action::kRetry, true},
      {"PUT", 429, "{}", Action::kRetry, true},
      {"PUT", 502, "<html>", Action::kRetry, true},
      {"PUT", 503, "{}", Action::kRetry, true},
      {"PUT", 504, "{}", Action::kRetry, true},
      {"PUT", 500, "{}", Action::kRetry, false},
      {"PUT", 501, "{}", Action::kRetry, false},
      {"PUT", 409, "{}", Action::kRetry, false},
      {"POST", 409, "{}", Action::kPark, false},
      {"PUT", 401, "{}", Action::kReauth, true},
      {"GET", 401, "", Action::kReauth, true},
      {"PUT", 400, "{\"code\":400}", Action::kPark, false},
      {"PUT", 403, "{}", Action::kPark, false},
      {"PUT", 404, "{}", Action::kPark, false},
      {"PUT", 412, "{}", Action::kPark, false},
      {"PUT", 422, "{}", Action::kPark, false},
      {"PUT", 301, "", Action::kRetry, true},
      {"PUT", 302, "", Action::kRetry, true},
      {"PUT", 200, " \n<!doctype html>", Action::kRetry, true},
      {"PUT", 404, "<html>", Action::kRetry, true},
  };
  for (const Row &row : rows) {
    HttpReply reply;
    reply.status = row.status;
    reply.body = row.body;
    Status status = Classify(row.method, reply);
    EXPECT_EQ(status.action, row.action) << row.method << " " << row.status;
    EXPECT_EQ(status.outage, row.outage) << row.method << " " << row.status;
    EXPECT_EQ(status.message.empty(), status.ok()) << row.method << " " << row.status;
  }
}

TEST(RetryTest, WhatTheServerAsksForIsKept) {
  HttpReply reply;
  reply.status = 429;
  reply.retry_after_ms = 7000;
  EXPECT_EQ(Classify("PUT", reply).retry_after_ms, 7000);
}

TEST(RetryTest, ALongAnswerIsCutInTheReason) {
  HttpReply reply;
  reply.status = 400;
  reply.body = std::string(100000, 'x');
  EXPECT_LT(Classify("PUT", reply).message.size(), 1000u);
}

TEST(RetryTest, BackoffDoublesUpToItsBoundAndIsJitteredFromZero) {
  EXPECT_EQ(BackoffMs(0, 0.5, 200, 60000), 100);
  EXPECT_EQ(BackoffMs(1, 0.5, 200, 60000), 200);
  EXPECT_EQ(BackoffMs(4, 0.5, 200, 60000), 1600);
  EXPECT_EQ(BackoffMs(100, 0.5, 200, 60000), 30000);
  EXPECT_EQ(BackoffMs(1000000, 0.999, 200, 60000), 59940);
  EXPECT_EQ(BackoffMs(5, 0.0, 200, 60000), 0);
}

}  // namespace
}  // namespace shipper
