// A catalog that writes down what it is asked and answers by a script; of release 2.0.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sink/catalog_api.h"

namespace shipper {

class FakeApi : public CatalogApi {
 public:
  ApiReply Ask(const std::string &method, const std::string &path,
               const nlohmann::json &body) override {
    asked.emplace_back(method + " " + path, body);
    return answer ? answer(method + " " + path) : ApiReply{Status::Done(), 200, {{"id", "7"}}};
  }
  bool AtLeast(int major, int minor) const override {
    return std::make_pair(release.first, release.second) >= std::make_pair(major, minor);
  }

  // Requests whose method and path begin so.
  std::vector<nlohmann::json> Bodies(const std::string &begin) const {
    std::vector<nlohmann::json> bodies;
    for (const auto &[request, body] : asked)
      if (request.rfind(begin, 0) == 0) bodies.push_back(body);
    return bodies;
  }

  std::vector<std::pair<std::string, nlohmann::json>> asked;
  std::function<ApiReply(const std::string &)> answer;
  std::pair<int, int> release{2, 0};
};

}  // namespace shipper
