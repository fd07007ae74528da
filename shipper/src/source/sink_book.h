// What a catalog calls routines, asked of the catalog itself: for runs that remember nothing.
//
// A schema is listed when the first of its routines is asked for, and forgotten when another one is
// asked for. After an outage nothing is
// known and status() says why: what was decided on its answers must not be used. One thread.
//
//   SinkBook book(&sink);
//   EntitySource source(&pg, config, &book);
#pragma once

#include <set>
#include <string>

#include "sink/sink.h"
#include "translate/names.h"

namespace shipper {

class SinkBook : public RoutineBook {
 public:
  explicit SinkBook(Sink *sink) : sink_(sink) {}

  bool HasRoutine(const std::string &fqn) const override;
  // A catalog does not tell which of the overloads it means.
  std::string BareHolder(const std::string &) const override { return ""; }
  const Status &status() const { return status_; }

 private:
  Sink *sink_;
  mutable std::string schema_;  // fully qualified, as the names in it
  mutable std::set<std::string> names_;
  mutable Status status_;
};

}  // namespace shipper
