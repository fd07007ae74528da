// A clock that moves only when it is told to sleep, and chance that is always the same.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "clock.h"

namespace shipper {

class FakeClock : public Clock {
 public:
  int64_t NowMs() override { return now_; }
  int64_t WallMs() override { return wall_at_0 + now_; }
  void SleepMs(int64_t ms) override {
    slept.push_back(ms);
    now_ += ms;
    if (on_sleep) on_sleep();
  }
  double Random01() override { return random; }
  void Advance(int64_t ms) { now_ += ms; }

  double random = 0.5;
  int64_t wall_at_0 = 1777982400000;  // 2026-05-05 12:00 UTC
  std::vector<int64_t> slept;
  std::function<void()> on_sleep;

 private:
  int64_t now_ = 1000;
};

}  // namespace shipper
