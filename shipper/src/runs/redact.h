// Takes secrets out of a text before it goes to the catalog: a message of a server may quote what
// it was sent.
#pragma once

#include <string>
#include <vector>

#include "config.h"

namespace shipper {

class Redactor {
 public:
  Redactor() = default;
  // The passwords, tokens, keys and headers of a workflow. Throws ConfigError where the token
  // cannot be read.
  explicit Redactor(const Config &config);
  void Hide(const std::string &secret);  // shorter than four bytes: too common a text to be found

  // The text with `***` for each secret.
  std::string Apply(std::string text) const;

 private:
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace shipper
