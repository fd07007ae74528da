// Time and chance, passed in so that tests need neither.
#pragma once

#include <cstdint>

namespace shipper {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t NowMs() = 0;           // steady
  virtual int64_t WallMs() = 0;          // since 1970, as the system has it
  virtual void SleepMs(int64_t ms) = 0;  // ends early on a signal
  virtual double Random01() = 0;         // [0, 1)
};

}  // namespace shipper
