#include "sink/curl_http.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

namespace shipper {

namespace {

constexpr int kPollMs = 500;               // so often a request is looked at without news of it
constexpr int64_t kGraceMs = 3000;         // for a request under way when the process is to end
constexpr size_t kMaxAnswer = 64 << 20;    // an answer beyond this is cut off
constexpr long kMaxRetryAfterMs = 600000;  // however long the server asks for

int64_t NowMs() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             steady_clock::now().time_since_epoch())
      .count();
}

// Sets an option; one that this libcurl refuses is a mistake of ours or a broken library.
template <typename Value>
void Set(CURL *curl, CURLoption option, Value value) {
  CURLcode code = curl_easy_setopt(curl, option, value);
  if (code != CURLE_OK)
    throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

size_t OnBody(char *data, size_t size, size_t count, void *reply) {
  std::string &body = static_cast<HttpReply *>(reply)->body;
  if (body.size() + size * count > kMaxAnswer) return 0;
  body.append(data, size * count);
  return size * count;
}

// Curl's own words for a failure, with the phase that ran out.
std::string Describe(CURLcode code, const char *detail) {
  std::string text = curl_easy_strerror(code);
  if (detail[0] != '\0') text += std::string(" (") + detail + ")";
  return text;
}

}  // namespace

CurlHttp::CurlHttp(HttpOptions options, const std::atomic<bool> *stop)
    : options_(std::move(options)), stop_(stop), lanes_(std::max(options_.connections, 1)) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) throw std::bad_alloc();
  for (Lane &lane : lanes_) {
    lane.curl.reset(curl_easy_init());
    if (lane.curl == nullptr) throw std::bad_alloc();
  }
}

CurlHttp::~CurlHttp() { Abandon(); }

// Gives up requests that an exception left under way: their replies are gone.
void CurlHttp::Abandon() {
  for (Lane &lane : lanes_) {
    if (lane.reply != nullptr) curl_multi_remove_handle(multi_.get(), lane.curl.get());
    lane.reply = nullptr;
  }
}

int CurlHttp::OnProgress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto *http = static_cast<CurlHttp *>(self);
  if (http->stop_ == nullptr || !*http->stop_) return 0;
  if (http->stop_seen_ms_ == 0) http->stop_seen_ms_ = NowMs();
  return NowMs() - http->stop_seen_ms_ > kGraceMs ? 1 : 0;
}

void CurlHttp::PrepareTls(CURL *curl) {
  const bool check = options_.verify_ssl != VerifySsl::kIgnore;
  Set(curl, CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
  Set(curl, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
  if (!check) return;
  if (!options_.ca_certificate.empty()) Set(curl, CURLOPT_CAINFO, options_.ca_certificate.c_str());
  const std::string &pem = options_.ca_certificate_pem.Reveal();
  if (!pem.empty()) {
    curl_blob blob{const_cast<char *>(pem.data()), pem.size(), CURL_BLOB_COPY};
    Set(curl, CURLOPT_CAINFO_BLOB, &blob);
  }
}

void CurlHttp::Prepare(CURL *curl, const HttpRequest &request, HttpReply *reply) {
  curl_easy_reset(curl);  // keeps connections and TLS sessions
  Set(curl, CURLOPT_URL, request.url.c_str());
  Set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  Set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  Set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(curl, CURLOPT_CONNECTTIMEOUT_MS, options_.connect_timeout_ms);
  Set(curl, CURLOPT_TIMEOUT_MS, options_.timeout_ms);
  Set(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  Set(curl, CURLOPT_ACCEPT_ENCODING, "");
  Set(curl, CURLOPT_WRITEFUNCTION, OnBody);
  Set(curl, CURLOPT_WRITEDATA, static_cast<void *>(reply));
  Set(curl, CURLOPT_NOPROGRESS, 0L);
  Set(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  Set(curl, CURLOPT_XFERINFODATA, static_cast<void *>(this));
  PrepareTls(curl);
  if (request.body.empty()) return;
  Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  Set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
}

void CurlHttp::Start(const HttpRequest &request, HttpReply *reply, Lane *lane) {
  CURL *curl = lane->curl.get();
  lane->reply = nullptr;
  Prepare(curl, request, reply);
  curl_slist *headers = nullptr;
  for (const auto &[name, value] : request.headers)
    headers = curl_slist_append(headers, (name + ": " + value).c_str());
  lane->headers.reset(curl_slist_append(headers, "Expect:"));
  lane->detail[0] = '\0';
  Set(curl, CURLOPT_HTTPHEADER, lane->headers.get());
  Set(curl, CURLOPT_ERRORBUFFER, lane->detail);
  Set(curl, CURLOPT_PRIVATE, static_cast<void *>(lane));
  if (curl_multi_add_handle(multi_.get(), curl) != CURLM_OK)
    throw std::runtime_error("libcurl takes no further request");
  lane->reply = reply;
}

// Fills the reply of a request that ended; its lane is free again.
CurlHttp::Lane *CurlHttp::Take(CURLMsg *message) {
  CURL *curl = message->easy_handle;
  const CURLcode code = message->data.result;  // the message goes with the handle
  char *owner = nullptr;
  curl_easy_getinfo(curl, CURLINFO_PRIVATE, &owner);
  Lane *lane = reinterpret_cast<Lane *>(owner);
  HttpReply &reply = *lane->reply;
  if (code != CURLE_OK) {
    reply.error = Describe(code, lane->detail);
    reply.body.clear();
  } else {
    long status = 0;
    curl_off_t retry_after = 0;
    char *content_type = nullptr;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &content_type);
    reply.status = static_cast<int>(status);
    reply.retry_after_ms = std::min<long>(retry_after, kMaxRetryAfterMs / 1000) * 1000;
    if (content_type != nullptr) reply.content_type = content_type;
  }
  curl_multi_remove_handle(multi_.get(), curl);
  return lane;
}

std::vector<HttpReply> CurlHttp::SendAll(const std::vector<HttpRequest> &requests,
                                         const GoOn &go_on) {
  Abandon();
  std::vector<HttpReply> replies(requests.size());
  std::vector<Lane *> idle;
  for (Lane &lane : lanes_) idle.push_back(&lane);
  size_t next = 0, under_way = 0;
  bool on = true;
  for (;;) {
    for (; on && next < requests.size() && !idle.empty(); ++next, ++under_way) {
      Start(requests[next], &replies[next], idle.back());
      idle.pop_back();
    }
    if (under_way == 0) break;
    int running = 0, left = 0;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK)
      throw std::runtime_error("libcurl lost its requests");
    while (CURLMsg *message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Lane *lane = Take(message);
      on = go_on(*lane->reply) && on;
      lane->reply = nullptr;
      idle.push_back(lane);
      --under_way;
    }
    const bool full = !on || next == requests.size() || idle.empty();
    if (under_way > 0 && full) curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
  }
  for (; next < requests.size(); ++next) replies[next].skipped = true;
  return replies;
}

HttpReply CurlHttp::Send(const HttpRequest &request) {
  return SendAll({request}, [](const HttpReply &) { return true; })[0];
}

}  // namespace shipper
