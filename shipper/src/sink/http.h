// One HTTP exchange, as much of it as a sink needs. Implemented by curl_http.h, by a fake in tests.
#pragma once

#include <map>
#include <string>

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
};

class Http {
 public:
  virtual ~Http() = default;
  virtual HttpReply Send(const HttpRequest &request) = 0;  // never throws for what the network does
};

}  // namespace shipper
