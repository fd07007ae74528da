// The bearer token: where it comes from, and reading it again when it was refused or on SIGHUP.
#pragma once

#include <string>

#include "config.h"

namespace shipper {

class TokenSource {
 public:
  // `token` is the token, or the path of a file that holds it. Throws ConfigError if unreadable.
  explicit TokenSource(const Secret &token) : source_(token), token_(ReadToken(token)) {}

  // "Bearer …", or "" where there is no token.
  std::string Header() const { return token_.empty() ? "" : "Bearer " + token_; }

  // Reads the file again; keeps the old token where that fails. Says whether it changed.
  bool Reload();

 private:
  Secret source_;
  std::string token_;
};

}  // namespace shipper
