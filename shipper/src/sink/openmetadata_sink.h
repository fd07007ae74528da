// The REST API of OpenMetadata 1.2 to 2.0: create requests by PUT, lineage by `PUT /lineage`, from
// 2.0 on by the names of its ends.
//
// Names become ids by the answers of our own PUTs, else by GET; both are remembered for the life of
// the process. An edge is read before it is put: what somebody else drew is merged (edge_merge.h).
// What differs between releases is decided by `GET /system/version`, never by probing: an old
// server answers 500 to a path that it does not know. Many entities at once go out over all
// connections of `http`; a server from 1.11 on gets them as lists (openmetadata_batch.cpp). So do
// many edges (openmetadata_edges.cpp).
//
//   OpenMetadataSink sink(config.server, &http);
//   Status status = sink.PutEntity(entity);  // result.h says what to do next
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sink/auth.h"
#include "sink/catalog_api.h"
#include "sink/http.h"
#include "sink/owner_finder.h"
#include "sink/sink.h"
#include "translate/names.h"

namespace shipper {

class OpenMetadataSink : public Sink, public CatalogApi {
 public:
  // `http` outlives the sink. Throws ConfigError where the token cannot be read.
  OpenMetadataSink(const ServerConfig &config, Http *http);

  const std::string &name() const override { return name_; }
  Status PutEntity(const Entity &entity) override;
  std::vector<Status> PutEntities(const std::vector<Entity> &entities) override;
  Status PutLineage(const LineageEdge &edge) override;
  std::vector<Status> PutLineages(const std::vector<LineageEdge> &edges) override;
  Status DeleteEntity(const EntityName &entity) override;
  Status Fetch(const EntityName &entity, nlohmann::json *found) override;
  Status List(const std::string &type, const std::string &parent, std::string *after,
              std::vector<std::string> *fqns) override;
  Status DeleteLineage(const EdgeEnds &edge) override;
  Status Flush() override { return Status::Done(); }  // the server's 200 is durable
  Status Check() override;
  void ReloadCredential() override { token_.Reload(); }

  ApiReply Ask(const std::string &method, const std::string &path,
               const nlohmann::json &body) override;
  bool AtLeast(int major, int minor) const override {
    return major_ > major || (major_ == major && minor_ >= minor);
  }

  // "1.9.3"; empty before the first answer, and while nobody answers.
  const std::string &server_version() const { return version_; }

 private:
  // An id, or why there is none. `deleted`: it is there, but a person removed it.
  struct Lookup {
    Status status;
    std::string id;
    bool deleted = false;
  };
  using Key = std::pair<std::string, std::string>;  // type, fqn
  static constexpr int kBulkMinor = 11;             // of 1: PUT /…/bulk
  static constexpr int kSingleEdgeMinor = 9;        // of 1: GET /lineage/getLineageEdge, surely
  static constexpr size_t kMaxListLength = 100;     // as the peer's client has it

  static constexpr int kFirstPage = 10;  // entities; more where they are small

  // An entity on its way, and what became of it.
  struct Item {
    const Entity *entity = nullptr;
    Entity adapted;  // its request as this server takes it
    Status status;
    bool open = true;  // still to be sent
  };

  // An edge on its way, and what became of it.
  struct Line {
    const LineageEdge *edge = nullptr;
    nlohmann::json from, to, details;
    nlohmann::json present;  // on the edge as the catalog has it
    bool alone = false;      // to be put by itself
    Status status;
  };

  HttpRequest Request(const std::string &method, const std::string &path,
                      const nlohmann::json *body) const;
  Status Adapt(const Entity &entity, Entity *adapted);
  Status PutService(const Entity &entity);
  Status Taken(const Entity &adapted, const Status &status, const HttpReply &reply);
  std::vector<std::vector<Item *>> Lists(std::vector<Item> *items) const;
  void PutLists(std::vector<Item> *items);
  void PutSingly(std::vector<Item> *items);
  bool HasBulk() const { return major_ > 1 || minor_ >= kBulkMinor; }
  bool HasEdgesByName() const { return major_ > 1; }
  bool HasSingleEdges() const { return major_ > 1 || minor_ >= kSingleEdgeMinor; }
  Status Call(const std::string &method, const std::string &path, const nlohmann::json *body,
              HttpReply *reply);
  Status LearnVersion();
  void NoteVersion(const std::string &version, int major, int minor);
  Lookup Find(const std::string &type, const std::string &fqn);
  HttpRequest FindRequest(const Key &key) const;
  Lookup Found(const Key &key, const Status &status, const HttpReply &reply);
  std::vector<HttpReply> SendStep(const std::string &method,
                                  const std::vector<HttpRequest> &requests, Status *outage);
  Status FindAll(const std::vector<LineageEdge> &edges);
  Status ReadLines(std::vector<Line *> *lines);
  Status ReadOthers(const std::vector<Line *> &lines);
  bool NameKnown(const LineageEdge &edge, nlohmann::json *from, nlohmann::json *to,
                 nlohmann::json *details) const;
  Status Resolve(const LineageEdge &edge, nlohmann::json *request);
  Status ResolveEnd(const std::string &fqn, nlohmann::json *reference);
  Status ResolvePipeline(nlohmann::json *details);
  Status PutByName(const LineageEdge &edge, HttpReply *reply);
  std::string EdgePath(const EdgeEnds &edge, const std::string &from, const std::string &to) const;
  // How the present edge is asked for, and what is on it by the answer.
  std::string ReadPath(const EdgeEnds &edge, const std::string &from, const std::string &to) const;
  Status Present(const Status &status, const HttpReply &reply, const std::string &from,
                 const std::string &to, nlohmann::json *present) const;
  // What is to stand on an edge that has `present` on it.
  static nlohmann::json Merged(const LineageEdge &edge, const nlohmann::json &present,
                               const nlohmann::json &details);
  // {"edge":…} of an edge between two references.
  static nlohmann::json EdgeRequest(const nlohmann::json &from, const nlohmann::json &to,
                                    const nlohmann::json &details);
  Status ReadEdge(const EdgeEnds &edge, const std::string &from, const std::string &to,
                  nlohmann::json *present);
  Status Override(const Entity &adapted, const std::string &id);
  Status FillOwners(Entity *entity);
  Status MissingParent(const Entity &entity, const std::string &reason);
  void Forget(const LineageEdge &edge);

  ServerConfig config_;
  Http *http_;
  TokenSource token_;
  std::string name_;
  std::string base_;          // "http://om.example:8585/api/v1"
  std::string version_;       // "" where it is to be asked for
  std::string said_version_;  // the last that was known
  int major_ = 0;
  int minor_ = 0;
  size_t list_length_ = kMaxListLength;
  int page_length_ = kFirstPage;  // of what is listed
  std::map<Key, std::string> ids_;
  std::set<std::string> wide_;  // tables with so many edges that each is asked for by itself
  OwnerFinder owners_;
};

}  // namespace shipper
