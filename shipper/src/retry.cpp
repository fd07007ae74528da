#include "retry.h"

#include <algorithm>

namespace shipper {

namespace {

constexpr size_t kReasonLength = 500;  // of an answer's body, for logs and the parked list

// A page where JSON is due: the address leads to the user interface or to a proxy.
bool IsHtml(const HttpReply &reply) {
  size_t start = reply.body.find_first_not_of(" \t\r\n");
  bool angle = start != std::string::npos && reply.body[start] == '<';
  return angle || reply.content_type.rfind("text/html", 0) == 0;
}

// "HTTP 400: {…}" cut to a length a person reads.
std::string Describe(const HttpReply &reply) {
  std::string text = "HTTP " + std::to_string(reply.status);
  if (!reply.body.empty()) text += ": " + reply.body.substr(0, kReasonLength);
  return text;
}

}  // namespace

Status Classify(const std::string &method, const HttpReply &reply) {
  const int code = reply.status;
  if (code == 0) return Status::Outage("no answer: " + reply.error, 0, Fault::kUnreachable);
  if (code == 401) return Status::Reauth("the token was refused (HTTP 401)");
  if (code == 408 || code == 429 || code == 502 || code == 503 || code == 504)
    return Status::Outage(Describe(reply), reply.retry_after_ms, Fault::kBusy);
  if (code >= 500) return Status::Retry(Describe(reply), reply.retry_after_ms);
  if (code == 409 && method == "PUT") return Status::Retry(Describe(reply));
  if (code < 200 || (code >= 300 && code < 400))
    return Status::Outage("HTTP " + std::to_string(code) + " points elsewhere; mend hostPort", 0,
                          Fault::kAddress);
  if (IsHtml(reply))
    return Status::Outage("the answer is a web page, not JSON; hostPort must end in /api", 0,
                          Fault::kAddress);
  if (code == 403) return Status::Park(Describe(reply), Fault::kCredential);
  if (code >= 400) return Status::Park(Describe(reply));
  return Status::Done();
}

long BackoffMs(int attempt, double random01, long base_ms, long max_ms) {
  long ceiling = base_ms;
  for (int i = 0; i < attempt && ceiling < max_ms; ++i) ceiling *= 2;
  ceiling = std::min(ceiling, max_ms);
  return static_cast<long>(random01 * static_cast<double>(ceiling));
}

}  // namespace shipper
