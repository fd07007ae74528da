#include "sink/curl_http.h"

#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

namespace shipper {

namespace {

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
    : options_(std::move(options)), stop_(stop) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
  curl_.reset(curl_easy_init());
  if (curl_ == nullptr) throw std::bad_alloc();
}

int CurlHttp::OnProgress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto *http = static_cast<CurlHttp *>(self);
  if (http->stop_ == nullptr || !*http->stop_) return 0;
  if (http->stop_seen_ms_ == 0) http->stop_seen_ms_ = NowMs();
  return NowMs() - http->stop_seen_ms_ > kGraceMs ? 1 : 0;
}

void CurlHttp::PrepareTls() {
  CURL *curl = curl_.get();
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

void CurlHttp::Prepare(const HttpRequest &request, HttpReply *reply) {
  CURL *curl = curl_.get();
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
  PrepareTls();
  if (request.body.empty()) return;
  Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  Set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
}

HttpReply CurlHttp::Send(const HttpRequest &request) {
  HttpReply reply;
  char detail[CURL_ERROR_SIZE] = "";
  struct curl_slist *headers = nullptr;
  for (const auto &[name, value] : request.headers)
    headers = curl_slist_append(headers, (name + ": " + value).c_str());
  headers = curl_slist_append(headers, "Expect:");
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owner(headers, curl_slist_free_all);
  Prepare(request, &reply);
  CURL *curl = curl_.get();
  Set(curl, CURLOPT_HTTPHEADER, headers);
  Set(curl, CURLOPT_ERRORBUFFER, detail);
  CURLcode code = curl_easy_perform(curl);
  Set(curl, CURLOPT_ERRORBUFFER, static_cast<char *>(nullptr));
  if (code != CURLE_OK) {
    reply.error = Describe(code, detail);
    reply.body.clear();
    return reply;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  char *content_type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &content_type);
  reply.status = static_cast<int>(status);
  reply.retry_after_ms = std::min<long>(retry_after, kMaxRetryAfterMs / 1000) * 1000;
  if (content_type != nullptr) reply.content_type = content_type;
  return reply;
}

}  // namespace shipper
