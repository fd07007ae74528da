// The real clock: steady time, sleep that a signal ends, chance from the system.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "clock.h"

namespace shipper {

class SystemClock : public Clock {
 public:
  // `stop` and `reload` outlive the clock; a sleep ends when one of them is set.
  SystemClock(const std::atomic<bool> *stop, const std::atomic<bool> *reload)
      : stop_(stop), reload_(reload), random_(std::random_device()()) {}

  int64_t NowMs() override {
    using std::chrono::steady_clock;
    auto since = steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }

  int64_t WallMs() override {
    using std::chrono::system_clock;
    auto since = system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }

  void SleepMs(int64_t ms) override {
    const int64_t end = NowMs() + ms;
    for (int64_t left = ms; left > 0 && !*stop_ && !*reload_; left = end - NowMs())
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min<int64_t>(left, 50)));
  }

  double Random01() override { return std::uniform_real_distribution<double>(0, 1)(random_); }

 private:
  const std::atomic<bool> *stop_;
  const std::atomic<bool> *reload_;
  std::mt19937_64 random_;
};

}  // namespace shipper
