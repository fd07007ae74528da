#include "sink/openmetadata_sink.h"

#include <cstdio>

#include <spdlog/spdlog.h>

#include "retry.h"
#include "sink/collections.h"
#include "sink/edge_merge.h"
#include "translate/entities.h"
#include "translate/names.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr char kApiVersion[] = "v1";  // all releases have no other
constexpr int kOldestMajor = 1, kOldestMinor = 2;
constexpr int kNewestMajor = 2, kNewestMinor = 0;  // that we were tried with

// A text member; "" where there is none.
std::string Text(const json &object, const char *key) {
  if (!object.is_object()) return "";
  auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// An extra header's "%(Authorization)s" and its like are headers that are there already.
std::string FillHeader(std::string text, const std::map<std::string, std::string> &headers) {
  for (const auto &[name, value] : headers) {
    const std::string place = "%(" + name + ")s";
    for (size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size()))
      text.replace(at, place.size(), value);
  }
  return text;
}

json ParseBody(const HttpReply &reply) { return json::parse(reply.body, nullptr, false); }

// The details in any of the forms in which releases answer for one edge.
json DetailsOf(const json &answer) {
  if (!answer.is_object()) return json::object();
  if (answer.contains("edge")) return DetailsOf(answer["edge"]);
  if (answer.contains("lineageDetails") && answer["lineageDetails"].is_object())
    return answer["lineageDetails"];
  if (answer.contains("source") || answer.contains("columnsLineage")) return answer;
  return json::object();
}

// The end of an edge in a graph answer: an id, or a reference with one.
std::string EndId(const json &edge, const char *key) {
  if (!edge.is_object() || !edge.contains(key)) return "";
  return edge[key].is_object() ? Text(edge[key], "id") : Text(edge, key);
}

}  // namespace

OpenMetadataSink::OpenMetadataSink(const ServerConfig &config, Http *http)
    : config_(config),
      http_(http),
      token_(config.token),
      name_("metadata-rest:" + config.host_port),
      base_(config.host_port + "/" + config.api_version),
      owners_([this](const std::string &path, json *found) {
        HttpReply reply;
        Status status = Call("GET", path, nullptr, &reply);
        if (status.ok()) *found = ParseBody(reply);
        return reply.status == 404 || status.action == Action::kPark ? Status::Done() : status;
      }) {}

// `path` is below /api/v1.
HttpRequest OpenMetadataSink::Request(const std::string &method, const std::string &path,
                                      const json *body) const {
  HttpRequest request;
  request.method = method;
  request.url = base_ + path;
  if (body != nullptr) {
    request.body = body->dump(-1, ' ', false, json::error_handler_t::replace);
    request.headers["Content-Type"] =
        method == "PATCH" ? "application/json-patch+json" : "application/json";
  }
  request.headers["Accept"] = "application/json";
  std::string bearer = token_.Header();
  if (!bearer.empty()) request.headers["Authorization"] = bearer;
  const auto computed = request.headers;
  for (const auto &[key, value] : config_.extra_headers)
    request.headers[key] = FillHeader(value, computed);
  return request;
}

// One exchange; what to do about its answer.
Status OpenMetadataSink::Call(const std::string &method, const std::string &path, const json *body,
                              HttpReply *reply) {
  *reply = http_->Send(Request(method, path, body));
  if (reply->status == 0) version_.clear();  // what comes back may be another release
  return Classify(method, *reply);
}

// Asks for the server's release, once.
Status OpenMetadataSink::LearnVersion() {
  if (!version_.empty()) return Status::Done();
  HttpReply reply;
  Status status = Call("GET", "/system/version", nullptr, &reply);
  const bool elsewhere = status.action == Action::kPark || status.fault == Fault::kAddress;
  if (elsewhere && config_.api_version != kApiVersion)
    return Status::Outage("GET " + base_ + "/system/version: " + status.message +
                              "; mend apiVersion, '" + config_.api_version + "': servers have " +
                              kApiVersion,
                          0, Fault::kAddress);
  if (status.action == Action::kPark)
    return Status::Outage("GET /system/version: " + status.message +
                              "; check that hostPort is that of OpenMetadata and ends in /api",
                          0, Fault::kAddress);
  if (!status.ok()) return status;
  std::string version = Text(ParseBody(reply), "version");
  int major = 0, minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2)
    return Status::Outage("GET /system/version gives no version; is it OpenMetadata?", 0,
                          Fault::kAddress);
  if (major < kOldestMajor || (major == kOldestMajor && minor < kOldestMinor))
    return Status::Outage("the server is OpenMetadata " + version + "; 1.2 or later is needed", 0,
                          Fault::kAddress);
  NoteVersion(version, major, minor);
  return Status::Done();
}

// Tells of a release that we do not know, and of one that changed under us. Ids of before stay
// right: an upgrade keeps them.
void OpenMetadataSink::NoteVersion(const std::string &version, int major, int minor) {
  const bool newer = major > kNewestMajor || (major == kNewestMajor && minor > kNewestMinor);
  if (version != said_version_ && newer && config_.enable_version_validation)
    spdlog::warn(
        "the server is OpenMetadata {}, newer than {}.{}, the newest known here: requests are "
        "those of {}.{}; look for a newer lineage-shipper (enableVersionValidation: false silences "
        "this)",
        version, kNewestMajor, kNewestMinor, kNewestMajor, kNewestMinor);
  if (!said_version_.empty() && version != said_version_)
    spdlog::warn("the server was OpenMetadata {} and is {} now", said_version_, version);
  said_version_ = version_ = version;
  major_ = major;
  minor_ = minor;
}

ApiReply OpenMetadataSink::Ask(const std::string &method, const std::string &path,
                               const json &body) {
  ApiReply answer{LearnVersion(), 0, nullptr};
  if (!answer.status.ok()) return answer;
  HttpReply reply;
  answer.status = Call(method, path, body.is_null() ? nullptr : &body, &reply);
  answer.code = reply.status;
  answer.body = ParseBody(reply);
  return answer;
}

// Reaches the server with the credential: the version needs none, a list of services does.
Status OpenMetadataSink::Check() {
  version_.clear();
  Status status = LearnVersion();
  if (!status.ok()) return status;
  HttpReply reply;
  return Call("GET", "/services/databaseServices?limit=1", nullptr, &reply);
}

HttpRequest OpenMetadataSink::FindRequest(const Key &key) const {
  const std::string name = "/name/" + PercentEncode(key.second);
  return Request("GET", CollectionOf(key.first) + name + "?include=all", nullptr);
}

// What an answer to that says; an id is remembered.
OpenMetadataSink::Lookup OpenMetadataSink::Found(const Key &key, const Status &status,
                                                 const HttpReply &reply) {
  Lookup found{status, "", false};
  if (reply.status == 404 && found.status.action == Action::kPark)
    found.status =
        Status::Missing(key.first + " " + key.second + " is not in the catalog", {key.second});
  if (!found.status.ok()) return found;
  json body = ParseBody(reply);
  found.id = Text(body, "id");
  found.deleted = body.is_object() && body.value("deleted", false);
  if (found.id.empty())
    found.status = Status::Outage("GET of " + key.first + " " + key.second + " gives no id");
  if (found.status.ok() && !found.deleted) ids_[key] = found.id;
  return found;
}

OpenMetadataSink::Lookup OpenMetadataSink::Find(const std::string &type, const std::string &fqn) {
  const Key key{type, fqn};
  auto known = ids_.find(key);
  if (known != ids_.end()) return {Status::Done(), known->second, false};
  const HttpReply reply = http_->Send(FindRequest(key));
  if (reply.status == 0) version_.clear();  // as Call() has it
  return Found(key, Classify("GET", reply), reply);
}

// A 404 to a create request: the service itself is gone (another catalog), or the parent is.
Status OpenMetadataSink::MissingParent(const Entity &entity, const std::string &reason) {
  std::vector<std::string> parts = SplitFqn(entity.fqn);
  if (parts.size() < 2) return Status::Park(reason);
  std::string service = JoinFqn({parts[0]});
  Lookup found = Find("databaseService", service);
  if (found.status.missing.empty() && !found.status.ok()) return found.status;
  parts.pop_back();
  return Status::Missing(reason, {found.status.ok() ? JoinFqn(parts) : service});
}

// Names of owners become references; a server never lets a bot replace those that are there.
Status OpenMetadataSink::FillOwners(Entity *entity) {
  const auto owners = entity->body.find("owners");
  if (owners == entity->body.end()) return Status::Done();
  Status status = owners_.Resolve(&*owners);
  if (status.ok() && owners->empty()) entity->body.erase(owners);
  return status;
}

// The request as this server takes it.
Status OpenMetadataSink::Adapt(const Entity &entity, Entity *adapted) {
  *adapted = entity;
  Status status = FillOwners(adapted);
  if (!status.ok()) return status;
  AdaptToServer(major_, minor_, adapted);
  if (entity.type == "databaseService" && !config_.store_service_connection)
    adapted->body.erase("connection");
  if (adapted->path.rfind("/v1/", 0) == 0) adapted->path.erase(0, 3);
  return status;
}

// What an answer to the PUT of an adapted entity comes to.
Status OpenMetadataSink::Taken(const Entity &adapted, const Status &status,
                               const HttpReply &reply) {
  if (reply.status == 404 && status.action == Action::kPark)
    return MissingParent(adapted, status.message);
  if (!status.ok()) return status;
  std::string id = Text(ParseBody(reply), "id");
  if (!id.empty()) ids_[{adapted.type, adapted.fqn}] = id;
  return adapted.overrides && !id.empty() ? Override(adapted, id) : status;
}

// A service that is there is left as it is, unless the workflow says otherwise.
Status OpenMetadataSink::PutService(const Entity &entity) {
  ids_.clear();  // it is put when all else may have changed too
  Lookup found = Find(entity.type, entity.fqn);
  if (found.status.missing.empty() && !found.status.ok()) return found.status;
  bool kept = found.status.ok() && !found.deleted && !config_.force_entity_overwriting;
  if (kept) return Status::Done();
  Entity adapted;
  Status status = Adapt(entity, &adapted);
  if (!status.ok()) return status;
  HttpReply reply;
  status = Call("PUT", adapted.path, &adapted.body, &reply);
  return Taken(adapted, status, reply);
}

Status OpenMetadataSink::PutEntity(const Entity &entity) {
  Status status = LearnVersion();
  if (!status.ok()) return status;
  if (entity.type == "databaseService") return PutService(entity);
  Entity adapted;
  status = Adapt(entity, &adapted);
  if (!status.ok()) return status;
  HttpReply reply;
  status = Call("PUT", adapted.path, &adapted.body, &reply);
  return Taken(adapted, status, reply);
}

// {"id":…,"type":"table"} of one end.
Status OpenMetadataSink::ResolveEnd(const std::string &fqn, json *reference) {
  Lookup found = Find("table", fqn);
  if (!found.status.ok()) return found.status;
  if (found.deleted)
    return Status::Park("table " + fqn +
                        " was deleted in the catalog and stays so until it changes");
  *reference = {{"id", found.id}, {"type", "table"}};
  return Status::Done();
}

// The name of the routine becomes its id. A routine that a person deleted is not shown.
Status OpenMetadataSink::ResolvePipeline(json *details) {
  auto pipeline = details->find("pipeline");
  if (pipeline == details->end() || pipeline->contains("id")) return Status::Done();
  std::string type = Text(*pipeline, "type");
  Lookup found = Find(type, Text(*pipeline, "fullyQualifiedName"));
  if (!found.status.ok()) return found.status;
  if (found.deleted)
    details->erase("pipeline");
  else
    *pipeline = {{"id", found.id}, {"type", type}};
  return Status::Done();
}

// The path of an edge: by names where the server has that, else by ids.
std::string OpenMetadataSink::EdgePath(const EdgeEnds &edge, const std::string &from,
                                       const std::string &to) const {
  if (HasEdgesByName())
    return "/table/name/" + PercentEncode(edge.from_fqn) + "/table/name/" +
           PercentEncode(edge.to_fqn);
  return "/table/" + from + "/table/" + to;
}

std::string OpenMetadataSink::ReadPath(const EdgeEnds &edge, const std::string &from,
                                       const std::string &to) const {
  if (HasEdgesByName()) return "/lineage/getLineageEdge" + EdgePath(edge, from, to);
  if (HasSingleEdges()) return "/lineage/getLineageEdge/" + from + "/" + to;
  return "/lineage/table/name/" + PercentEncode(edge.to_fqn) + "?upstreamDepth=1&downstreamDepth=1";
}

// An empty object where there is none.
Status OpenMetadataSink::Present(const Status &status, const HttpReply &reply,
                                 const std::string &from, const std::string &to,
                                 json *present) const {
  *present = json::object();
  if (HasSingleEdges()) {
    if (reply.status == 404 && status.action == Action::kPark) return Status::Done();
    if (status.ok()) *present = DetailsOf(ParseBody(reply));
    return status;
  }
  if (!status.ok()) return status;
  json graph = ParseBody(reply);
  if (!graph.is_object() || !graph.contains("upstreamEdges")) return status;
  for (const json &found : graph["upstreamEdges"])
    if (EndId(found, "fromEntity") == from && EndId(found, "toEntity") == to)
      *present = DetailsOf(found);
  return status;
}

// The details of the edge as the catalog has it.
Status OpenMetadataSink::ReadEdge(const EdgeEnds &edge, const std::string &from,
                                  const std::string &to, json *present) {
  HttpReply reply;
  const Status status = Call("GET", ReadPath(edge, from, to), nullptr, &reply);
  return Present(status, reply, from, to, present);
}

json OpenMetadataSink::Merged(const LineageEdge &edge, const json &present, const json &details) {
  const bool replaces = edge.replaces_views && Text(present, "source") == "ViewLineage";
  return MergeEdge(replaces ? json::object() : present, details);
}

json OpenMetadataSink::EdgeRequest(const json &from, const json &to, const json &details) {
  return {{"edge", {{"fromEntity", from}, {"toEntity", to}, {"lineageDetails", details}}}};
}

// The request with ids, merged with what is there.
Status OpenMetadataSink::Resolve(const LineageEdge &edge, json *request) {
  json from, to, present, details = edge.details;
  AdaptDetails(major_, minor_, &details);
  Status status = ResolveEnd(edge.from_fqn, &from);
  if (status.ok()) status = ResolveEnd(edge.to_fqn, &to);
  if (status.ok()) status = ResolvePipeline(&details);
  if (status.ok()) status = ReadEdge({edge.from_fqn, edge.to_fqn}, from["id"], to["id"], &present);
  if (!status.ok()) return status;
  *request = EdgeRequest(from, to, Merged(edge, present, details));
  return status;
}

// One PUT of an edge by the names of its ends. Where that is a 404 the ends are looked at one by
// one: one that a person deleted is no table that we may send again.
Status OpenMetadataSink::PutByName(const LineageEdge &edge, HttpReply *reply) {
  const EdgeEnds ends{edge.from_fqn, edge.to_fqn};
  json present, details = edge.details;
  Status status = ResolvePipeline(&details);
  if (status.ok()) status = ReadEdge(ends, "", "", &present);
  if (!status.ok()) return status;
  const json request = Merged(edge, present, details);
  status = Call("PUT", "/lineage" + EdgePath(ends, "", ""), &request, reply);
  if (reply->status != 404 || status.action != Action::kPark) return status;
  json end;
  Forget(edge);
  for (const std::string &fqn : {edge.from_fqn, edge.to_fqn}) {
    const Status found = ResolveEnd(fqn, &end);
    if (!found.ok()) return found;
  }
  return status;
}

// Drops ids that may have become wrong.
void OpenMetadataSink::Forget(const LineageEdge &edge) {
  ids_.erase({"table", edge.from_fqn});
  ids_.erase({"table", edge.to_fqn});
  if (edge.details.contains("pipeline"))
    ids_.erase({"storedProcedure", Text(edge.details["pipeline"], "fullyQualifiedName")});
}

// An edge goes with either of its tables; one that a person drew only loses what we added.
Status OpenMetadataSink::DeleteLineage(const EdgeEnds &name) {
  Status status = LearnVersion();
  if (!status.ok()) return status;
  std::string ids[2];
  const std::string *fqns[2] = {&name.from_fqn, &name.to_fqn};
  for (int i = 0; i < 2; ++i) {
    ids_.erase({"table", *fqns[i]});  // it may be another one by now
    Lookup found = Find("table", *fqns[i]);
    if (!found.status.missing.empty()) return Status::Done();
    if (!found.status.ok()) return found.status;
    ids[i] = found.id;
  }
  json present;
  status = ReadEdge(name, ids[0], ids[1], &present);
  if (!status.ok() || present.empty()) return status;
  HttpReply reply;
  if (!IsOurEdge(present)) {
    const json rest = MergeEdge(present, json::object());
    if (!present.contains("columnsLineage") ||
        rest.value("columnsLineage", json::array()) == present["columnsLineage"])
      return Status::Done();
    const json request =
        EdgeRequest({{"id", ids[0]}, {"type", "table"}}, {{"id", ids[1]}, {"type", "table"}}, rest);
    return Call("PUT", "/lineage", &request, &reply);
  }
  status = Call("DELETE", "/lineage" + EdgePath(name, ids[0], ids[1]), nullptr, &reply);
  return reply.status == 404 ? Status::Done() : status;
}

Status OpenMetadataSink::PutLineage(const LineageEdge &edge) {
  Status status = LearnVersion();
  if (!status.ok()) return status;
  HttpReply reply;
  for (int attempt = 0; attempt < 2; ++attempt) {
    reply = {};
    if (HasEdgesByName()) {
      status = PutByName(edge, &reply);
    } else {
      json request;
      status = Resolve(edge, &request);
      if (status.ok()) status = Call("PUT", "/lineage", &request, &reply);
    }
    if (reply.status == 400 && !status.ok())  // most likely a column that the catalog does not know
      return Status::Missing(status.message, {edge.from_fqn, edge.to_fqn});
    if (status.action != Action::kPark || !status.missing.empty()) return status;
    Forget(edge);  // an id of before: look it up again, once
  }
  return status;
}

}  // namespace shipper
