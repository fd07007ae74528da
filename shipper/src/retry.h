// What to do about an answer, and how long to wait. Pure functions: no clock, no random source.
//
//   Status status = Classify("PUT", reply);
//   if (status.action == Action::kRetry) wait(BackoffMs(attempt, random01, 200, 60000));
#pragma once

#include <string>

#include "result.h"
#include "sink/http.h"

namespace shipper {

// HTTP answer → action; the table is in README.md, and tested row by row in retry_test.cpp.
Status Classify(const std::string &method, const HttpReply &reply);

// Full jitter: random01 in [0, 1) of min(max, base * 2^attempt); attempt counts from 0.
long BackoffMs(int attempt, double random01, long base_ms, long max_ms);

}  // namespace shipper
