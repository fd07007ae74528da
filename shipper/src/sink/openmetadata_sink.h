// The REST API of OpenMetadata 1.2 to 2.0: create requests by PUT, lineage by `PUT /lineage`.
//
// Names become ids by the answers of our own PUTs, else by GET; both are remembered for the life of
// the process. An edge is read before it is put: what somebody else drew is merged (edge_merge.h).
// What differs between releases is decided by `GET /system/version`, never by probing: an old
// server answers 500 to a path that it does not know.
//
//   OpenMetadataSink sink(config.server, &http);
//   Status status = sink.PutEntity(entity);  // result.h says what to do next
#pragma once

#include <map>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "sink/auth.h"
#include "sink/http.h"
#include "sink/owner_finder.h"
#include "sink/sink.h"
#include "translate/names.h"

namespace shipper {

class OpenMetadataSink : public Sink {
 public:
  // `http` outlives the sink. Throws ConfigError where the token cannot be read.
  OpenMetadataSink(const ServerConfig &config, Http *http);

  const std::string &name() const override { return name_; }
  Status PutEntity(const Entity &entity) override;
  Status PutLineage(const LineageEdge &edge) override;
  Status DeleteEntity(const EntityName &entity) override;
  Status Fetch(const EntityName &entity, nlohmann::json *found) override;
  Status List(const std::string &type, const std::string &parent,
              std::vector<std::string> *fqns) override;
  Status DeleteLineage(const EdgeEnds &edge) override;
  Status Flush() override { return Status::Done(); }  // the server's 200 is durable
  Status Check() override;
  void ReloadCredential() override { token_.Reload(); }

  // "1.9.3"; empty before the first answer.
  const std::string &server_version() const { return version_; }

 private:
  // An id, or why there is none. `deleted`: it is there, but a person removed it.
  struct Lookup {
    Status status;
    std::string id;
    bool deleted = false;
  };
  using Key = std::pair<std::string, std::string>;  // type, fqn

  Status Call(const std::string &method, const std::string &path, const nlohmann::json *body,
              HttpReply *reply);
  Status LearnVersion();
  Lookup Find(const std::string &type, const std::string &fqn);
  Status Resolve(const LineageEdge &edge, nlohmann::json *request);
  Status ResolveEnd(const std::string &fqn, nlohmann::json *reference);
  Status ResolvePipeline(nlohmann::json *details);
  Status ReadEdge(const LineageEdge &edge, const std::string &from, const std::string &to,
                  nlohmann::json *present);
  Status Override(const Entity &adapted, const std::string &id);
  Status FillOwners(Entity *entity);
  Status MissingParent(const Entity &entity, const std::string &reason);
  void Forget(const LineageEdge &edge);

  ServerConfig config_;
  Http *http_;
  TokenSource token_;
  std::string name_;
  std::string base_;  // "http://om.example:8585/api/v1"
  std::string version_;
  int major_ = 0;
  int minor_ = 0;
  std::map<Key, std::string> ids_;
  OwnerFinder owners_;
};

}  // namespace shipper
