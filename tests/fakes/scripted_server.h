// An HTTP server in the process that plays a script: answers, stalls, cuts the connection.
//
// Answers are played in order, one per request; after the last one, `otherwise`. Every request is
// kept. The server listens on a port of its own until it is destroyed.
//
//   ScriptedServer server;
//   server.Play({{429, "{}", {{"Retry-After", "7"}}}, ScriptedAnswer::Cut()});
//   http.Send({"GET", server.Url("/api/v1/system/version"), "", {}});
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace shipper {

struct ScriptedAnswer {
  enum class Kind { kAnswer, kCut, kStall };

  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
  Kind kind = Kind::kAnswer;

  static ScriptedAnswer Cut() { return {0, "", {}, Kind::kCut}; }      // closes without an answer
  static ScriptedAnswer Stall() { return {0, "", {}, Kind::kStall}; }  // never answers
};

struct ScriptedRequest {
  std::string method;
  std::string path;
  std::string head;  // all headers as they came
  std::string body;
};

class ScriptedServer {
 public:
  ScriptedServer();
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer &) = delete;
  ScriptedServer &operator=(const ScriptedServer &) = delete;

  void Play(std::vector<ScriptedAnswer> answers);
  std::string Url(const std::string &path) const;
  std::vector<ScriptedRequest> requests();

  ScriptedAnswer otherwise;  // set before the first request

 private:
  void Serve();
  bool Talk(int connection);
  bool ReadRequest(int connection, std::string *rest, ScriptedRequest *request);
  ScriptedAnswer Next(const ScriptedRequest &request);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // guards what follows
  std::vector<ScriptedAnswer> answers_;
  std::vector<ScriptedRequest> requests_;
  std::thread thread_;
};

}  // namespace shipper
