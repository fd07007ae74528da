// The list of what was parked: shown by `parked`, tried again by `retry`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delivery.h"
#include "queue/pg_queue.h"
#include "sink/sink.h"

namespace shipper {

struct RetryOutcome {
  long taken = 0;
  long refused = 0;
};

// One line each, or one JSON object a line.
void PrintParked(const std::vector<ParkedRow> &rows, bool json);

// The piece of work that a parked row names; nothing for a feed row that was not understood.
std::optional<WorkKey> WorkOf(const std::string &kind, const std::string &object);

// Sends what this sink parked again: `ids`, or all. What is taken leaves the list at once.
RetryOutcome RetryParked(PgQueue *queue, Delivery *delivery, Sink *sink,
                         const std::string &sink_name, const std::vector<int64_t> &ids);

}  // namespace shipper
