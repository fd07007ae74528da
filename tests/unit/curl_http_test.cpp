#include "sink/curl_http.h"

#include <chrono>

#include <gtest/gtest.h>

#include "fakes/scripted_server.h"
#include "retry.h"

namespace shipper {
namespace {

HttpOptions Quick() {
  HttpOptions options;
  options.connect_timeout_ms = 500;
  options.timeout_ms = 500;
  return options;
}

TEST(CurlHttpTest, ARequestArrivesWithItsBodyAndHeaders) {
  ScriptedServer server;
  server.Play({{201, "{\"id\":\"1\"}", {}}});
  CurlHttp http(Quick(), nullptr);
  HttpReply reply =
      http.Send({"PUT", server.Url("/api/v1/tables"), "{\"name\":\"t\"}", {{"X-Extra", "yes"}}});
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "{\"id\":\"1\"}");
  EXPECT_EQ(reply.content_type, "application/json");
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].method, "PUT");
  EXPECT_EQ(server.requests()[0].path, "/api/v1/tables");
  EXPECT_EQ(server.requests()[0].body, "{\"name\":\"t\"}");
  EXPECT_NE(server.requests()[0].head.find("X-Extra: yes"), std::string::npos);
}

TEST(CurlHttpTest, AHangingServerCostsTheTimeoutAndIsAnOutage) {
  ScriptedServer server;
  server.Play({ScriptedAnswer::Stall()});
  CurlHttp http(Quick(), nullptr);
  auto begin = std::chrono::steady_clock::now();
  HttpReply reply = http.Send({"PUT", server.Url("/"), "{}", {}});
  auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(reply.status, 0);
  EXPECT_LT(took, std::chrono::seconds(3));
  EXPECT_TRUE(Classify("PUT", reply).outage);
  EXPECT_EQ(http.Send({"GET", server.Url("/"), "", {}}).status, 200) << "and then it works again";
}

TEST(CurlHttpTest, ACutConnectionIsAnOutage) {
  ScriptedServer server;
  server.Play({ScriptedAnswer::Cut(), ScriptedAnswer::Cut()});
  CurlHttp http(Quick(), nullptr);
  HttpReply reply = http.Send({"PUT", server.Url("/"), "{}", {}});
  EXPECT_EQ(reply.status, 0);
  EXPECT_FALSE(reply.error.empty());
}

TEST(CurlHttpTest, NobodyListeningIsAnOutage) {
  CurlHttp http(Quick(), nullptr);
  HttpReply reply = http.Send({"GET", "http://127.0.0.1:1/", "", {}});
  EXPECT_EQ(reply.status, 0);
  EXPECT_EQ(Classify("GET", reply).fault, Fault::kUnreachable);
}

TEST(CurlHttpTest, ARedirectIsNotFollowed) {
  ScriptedServer server;
  server.Play({{302, "", {{"Location", "/login"}}}});
  CurlHttp http(Quick(), nullptr);
  EXPECT_EQ(http.Send({"GET", server.Url("/"), "", {}}).status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(CurlHttpTest, RetryAfterIsRead) {
  ScriptedServer server;
  server.Play({{429, "{}", {{"Retry-After", "7"}}}});
  CurlHttp http(Quick(), nullptr);
  EXPECT_EQ(http.Send({"PUT", server.Url("/"), "{}", {}}).retry_after_ms, 7000);
}

TEST(CurlHttpTest, OnlyHttpIsSpoken) {
  CurlHttp http(Quick(), nullptr);
  EXPECT_EQ(http.Send({"GET", "file:///etc/hostname", "", {}}).status, 0);
}

TEST(CurlHttpTest, AnEndingProcessDoesNotWaitForAHangingServer) {
  ScriptedServer server;
  server.Play({ScriptedAnswer::Stall()});
  std::atomic<bool> stop{true};
  HttpOptions options;
  options.timeout_ms = 60000;
  CurlHttp http(options, &stop);
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(http.Send({"GET", server.Url("/"), "", {}}).status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace shipper
