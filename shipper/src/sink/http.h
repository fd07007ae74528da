// One HTTP exchange, as much of it as a sink needs. Implemented by curl_http.h, by a fake in tests.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace shipper {

struct HttpRequest {
  std::string method;  // GET, PUT, PATCH, DELETE
  std::string url;
  std::string body;  // JSON text
  std::map<std::string, std::string> headers;
};

// `status` is 0 where no answer came; `error` then says why, without secrets.
struct HttpReply {
  int status = 0;
  std::string body;
  std::string content_type;
  long retry_after_ms = 0;  // of the Retry-After header, 0 where there was none
  std::string error;
  bool skipped = false;  // of SendAll: never sent, because an answer before it ended the row
};

class Http {
 public:
  using GoOn = std::function<bool(const HttpReply &)>;

  virtual ~Http() = default;
  virtual HttpReply Send(const HttpRequest &request) = 0;  // never throws for what the network does

  // The answers of requests that may overtake each other. After an answer to which `go_on` says
  // false no further one is sent: those have `skipped` set.
  virtual std::vector<HttpReply> SendAll(const std::vector<HttpRequest> &requests,
                                         const GoOn &go_on) {
    std::vector<HttpReply> replies(requests.size());
    bool on = true;
    for (size_t i = 0; i < requests.size(); ++i) {
      if (on)
        on = go_on(replies[i] = Send(requests[i]));
      else
        replies[i].skipped = true;
    }
    return replies;
  }
};

}  // namespace shipper
