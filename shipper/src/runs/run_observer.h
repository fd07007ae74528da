// What the loop tells of its work to whom it may concern. A run is one comparison of everything
// and all that follows from it; what is sent or refused between two runs counts for the next.
#pragma once

#include <string>

#include "work_list.h"

namespace shipper {

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void Begins() = 0;
  virtual void Sent(WorkKind kind, long requests) = 0;
  virtual void Refused(WorkKind kind, const std::string &object, const std::string &reason) = 0;
  virtual void Tick() = 0;  // often, in a run
  virtual void Ends(bool complete) = 0;
};

}  // namespace shipper
