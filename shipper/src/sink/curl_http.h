// HTTP over libcurl: one connection kept alive, every wait bounded, no redirects.
//
// Used by one thread. A server that hangs costs the total timeout and gives status 0; when `stop`
// is set, a request under way is given up after a few seconds.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "config.h"
#include "sink/http.h"

namespace shipper {

struct HttpOptions {
  VerifySsl verify_ssl = VerifySsl::kNoSsl;
  std::string ca_certificate;  // path, or
  Secret ca_certificate_pem;   // the text
  long connect_timeout_ms = 10000;
  long timeout_ms = 60000;
  std::string user_agent = "lineage-shipper";
};

class CurlHttp : public Http {
 public:
  // `stop` outlives the object; nullptr: never.
  CurlHttp(HttpOptions options, const std::atomic<bool> *stop);
  HttpReply Send(const HttpRequest &request) override;

 private:
  struct Cleanup {
    void operator()(CURL *curl) const { curl_easy_cleanup(curl); }
  };
  void Prepare(const HttpRequest &request, HttpReply *reply);
  void PrepareTls();
  static int OnProgress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  HttpOptions options_;
  const std::atomic<bool> *stop_;
  int64_t stop_seen_ms_ = 0;
  std::unique_ptr<CURL, Cleanup> curl_;
};

}  // namespace shipper
