// The shipper's one session with the database, connected again after it broke.
//
// Shared by the queue and the origin, used by one thread. `generation` tells that it is a new
// session: what was tied to the old one (locks) is gone.
#pragma once

#include <memory>
#include <string>

#include "queue/pg_connection.h"

namespace shipper {

class PgSession {
 public:
  explicit PgSession(const PostgresConfig &config) : config_(config) {}

  // The live session; connects where there is none, or throws PgConnectError.
  PgConnection &Get() {
    if (connection_ == nullptr || !connection_->Alive()) {
      connection_.reset();
      connection_ = std::make_unique<PgConnection>(config_);
      ++generation_;
    }
    return *connection_;
  }
  int generation() const { return generation_; }
  void Close() { connection_.reset(); }

 private:
  PostgresConfig config_;
  std::unique_ptr<PgConnection> connection_;
  int generation_ = 0;
};

}  // namespace shipper
