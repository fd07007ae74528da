#include "runs/redact.h"

#include <algorithm>

namespace shipper {

namespace {

constexpr size_t kShortest = 4;

}  // namespace

Redactor::Redactor(const Config &config) {
  Hide(config.postgres.password.Reveal());
  Hide(config.postgres.ssl_key_pem.Reveal());
  for (const auto &[name, value] : config.postgres.options)
    if (name == "sslpassword") Hide(value);
  Hide(ReadToken(config.server.token));
  for (const auto &[name, value] : config.server.extra_headers) Hide(value);
}

void Redactor::Hide(const std::string &secret) {
  if (secret.size() < kShortest) return;
  secrets_.push_back(secret);
  std::sort(secrets_.begin(), secrets_.end(), [](const std::string &a, const std::string &b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
}

std::string Redactor::Apply(std::string text) const {
  for (const std::string &secret : secrets_)
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3)
      text.replace(at, secret.size(), "***");
  return text;
}

}  // namespace shipper
