// HTTP over libcurl: connections kept alive, every wait bounded, no redirects.
//
// Used by one thread; SendAll() has up to `connections` requests under way at once. A server that
// hangs costs the total timeout and gives status 0; when `stop` is set, requests under way are
// given up after a few seconds.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

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
  int connections = 1;  // requests under way at once
  std::string user_agent = "lineage-shipper";
};

class CurlHttp : public Http {
 public:
  // `stop` outlives the object; nullptr: never.
  CurlHttp(HttpOptions options, const std::atomic<bool> *stop);
  ~CurlHttp() override;
  HttpReply Send(const HttpRequest &request) override;
  std::vector<HttpReply> SendAll(const std::vector<HttpRequest> &requests,
                                 const GoOn &go_on) override;

 private:
  struct Cleanup {
    void operator()(CURL *curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
  };
  struct CleanupMulti {
    void operator()(CURLM *multi) const { curl_multi_cleanup(multi); }
  };
  // One request on its way; the handle is used again for the next.
  struct Lane {
    std::unique_ptr<CURL, Cleanup> curl;
    std::unique_ptr<curl_slist, Cleanup> headers;
    char detail[CURL_ERROR_SIZE] = "";
    HttpReply *reply = nullptr;  // nullptr: nothing is under way
  };
  void Start(const HttpRequest &request, HttpReply *reply, Lane *lane);
  void Prepare(CURL *curl, const HttpRequest &request, HttpReply *reply);
  void PrepareTls(CURL *curl);
  Lane *Take(CURLMsg *message);
  void Abandon();
  static int OnProgress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  HttpOptions options_;
  const std::atomic<bool> *stop_;
  int64_t stop_seen_ms_ = 0;
  std::unique_ptr<CURLM, CleanupMulti> multi_;  // keeps the connections
  std::vector<Lane> lanes_;
};

}  // namespace shipper
