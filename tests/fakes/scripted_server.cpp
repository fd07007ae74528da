#include "fakes/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace shipper {

ScriptedServer::ScriptedServer() {
  otherwise.body = "{}";
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("no port for the scripted server");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  stop_ = true;
  thread_.join();
  close(listener_);
}

void ScriptedServer::Play(std::vector<ScriptedAnswer> answers) {
  std::lock_guard<std::mutex> lock(mutex_);
  answers_ = std::move(answers);
}

std::string ScriptedServer::Url(const std::string &path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<ScriptedRequest> ScriptedServer::requests() {
  std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

ScriptedAnswer ScriptedServer::Next(const ScriptedRequest &request) {
  std::lock_guard<std::mutex> lock(mutex_);
  requests_.push_back(request);
  if (answers_.empty()) return otherwise;
  ScriptedAnswer answer = answers_.front();
  answers_.erase(answers_.begin());
  return answer;
}

// One connection at a time, as a client with one connection has it.
void ScriptedServer::Serve() {
  while (!stop_) {
    pollfd wait = {listener_, POLLIN, 0};
    if (poll(&wait, 1, 20) <= 0) continue;
    int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    while (!stop_ && Talk(connection)) {
    }
    close(connection);
  }
}

// Reads until there is a whole request; false where the client went away.
bool ScriptedServer::ReadRequest(int connection, std::string *rest, ScriptedRequest *request) {
  size_t head_end = std::string::npos, length = 0;
  while (!stop_) {
    head_end = rest->find("\r\n\r\n");
    if (head_end != std::string::npos) {
      size_t field = rest->find("Content-Length: ");
      length = field < head_end ? std::strtoul(rest->c_str() + field + 16, nullptr, 10) : 0;
      if (rest->size() >= head_end + 4 + length) break;
    }
    pollfd wait = {connection, POLLIN, 0};
    if (poll(&wait, 1, 20) <= 0) continue;
    char block[65536];
    ssize_t got = read(connection, block, sizeof block);
    if (got <= 0) return false;
    rest->append(block, got);
  }
  if (stop_) return false;
  size_t first = rest->find(' '), second = rest->find(' ', first + 1);
  request->method = rest->substr(0, first);
  request->path = rest->substr(first + 1, second - first - 1);
  request->head = rest->substr(0, head_end);
  request->body = rest->substr(head_end + 4, length);
  return true;
}

// One exchange; false ends the connection.
bool ScriptedServer::Talk(int connection) {
  std::string rest;
  ScriptedRequest request;
  if (!ReadRequest(connection, &rest, &request)) return false;
  ScriptedAnswer answer = Next(request);
  if (answer.kind == ScriptedAnswer::Kind::kCut) return false;
  if (answer.kind == ScriptedAnswer::Kind::kStall) {
    char byte;
    while (!stop_) {  // until the client gives up
      pollfd wait = {connection, POLLIN, 0};
      if (poll(&wait, 1, 20) > 0 && read(connection, &byte, 1) <= 0) return false;
    }
    return false;
  }
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
  if (answer.headers.count("Content-Type") == 0) text += "Content-Type: application/json\r\n";
  for (const auto &[name, value] : answer.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
  return send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

}  // namespace shipper
