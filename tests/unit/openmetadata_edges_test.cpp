#include <algorithm>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "sink/openmetadata_sink.h"

namespace shipper {
namespace {

using nlohmann::json;

// A server of a release with tables, edges that are there, and trouble by a piece of the path.
class FakeServer : public Http {
 public:
  explicit FakeServer(std::string version) : version_(std::move(version)) {}

  HttpReply Send(const HttpRequest &request) override {
    const std::string path = request.url.substr(request.url.find("/v1") + 3);
    log.push_back(request.method + " " + path);
    HttpReply reply;
    reply.content_type = "application/json";
    reply.status = 200;
    reply.body = "{}";
    if (path == "/system/version") reply.body = json{{"version", version_}}.dump();
    const size_t name = path.find("tables/name/");
    if (name != std::string::npos)
      reply.body = json{{"id", "id-" + path.substr(path.rfind('.') + 1, 2)}}.dump();
    if (path.find("streamDepth=") != std::string::npos) reply.body = graph.dump();
    const bool reads = path.find("getLineageEdge") != std::string::npos;
    if (reads) reply.status = single.is_null() ? 404 : 200;
    if (reads && !single.is_null()) reply.body = single.dump();
    for (const auto &[piece, status] : trouble) {
      if (log.back().find(piece) == std::string::npos &&
          request.body.find(piece) == std::string::npos)
        continue;
      reply.status = status;
      reply.body = R"({"code":1,"message":"trouble"})";
    }
    if (request.method == "PUT" && reply.status == 200) bodies.push_back(json::parse(request.body));
    return reply;
  }
  std::vector<HttpReply> SendAll(const std::vector<HttpRequest> &requests,
                                 const GoOn &go_on) override {
    if (!requests.empty()) rows.push_back(requests.size());
    return Http::SendAll(requests, go_on);
  }
  long Count(const std::string &start) const {
    return std::count_if(log.begin(), log.end(), [&](const std::string &entry) {
      return entry.compare(0, start.size(), start) == 0;
    });
  }

  std::map<std::string, int> trouble;
  json graph;   // the edges around whatever table
  json single;  // each edge that is asked for by itself; null: there is none
  std::vector<std::string> log;
  std::vector<size_t> rows;  // lengths of what was sent at once
  std::vector<json> bodies;

 private:
  std::string version_;
};

// t0 -> t1, t1 -> t2 and so on.
std::vector<LineageEdge> Edges(int count) {
  std::vector<LineageEdge> edges;
  for (int i = 0; i < count; ++i) {
    LineageEdge edge;
    edge.from_fqn = "s.d.p.t" + std::to_string(i);
    edge.to_fqn = "s.d.p.t" + std::to_string(i + 1);
    edge.details = {{"source", "QueryLineage"}, {"description", "by pg_lineage"}};
    edges.push_back(edge);
  }
  return edges;
}

class EdgesTest : public ::testing::Test {
 protected:
  EdgesTest() { spdlog::set_level(spdlog::level::off); }
  std::vector<Status> Put(FakeServer *server, int count) { return Put(server, Edges(count)); }
  std::vector<Status> Put(FakeServer *server, const std::vector<LineageEdge> &edges) {
    ServerConfig config;
    config.host_port = "http://om/api";
    OpenMetadataSink sink(config, server);
    return sink.PutLineages(edges);
  }
  static long Done(const std::vector<Status> &outcomes) {
    return std::count_if(outcomes.begin(), outcomes.end(), [](const Status &s) { return s.ok(); });
  }
};

TEST_F(EdgesTest, EachStepOfManyEdgesIsOneRowOfRequests) {
  FakeServer server("1.9.3");
  EXPECT_EQ(Done(Put(&server, 5)), 5);
  EXPECT_EQ(server.rows, (std::vector<size_t>{6, 5, 5}));  // ids, present edges, edges
  ASSERT_EQ(server.bodies.size(), 5u);
  EXPECT_EQ(server.bodies[2]["edge"]["fromEntity"]["id"], "id-t2");
  EXPECT_EQ(server.bodies[2]["edge"]["toEntity"]["id"], "id-t3");
}

TEST_F(EdgesTest, AServerThatTakesNamesNeedsNoIds) {
  FakeServer server("2.0.7");
  EXPECT_EQ(Done(Put(&server, 5)), 5);
  EXPECT_EQ(server.rows, (std::vector<size_t>{5, 5}));
  EXPECT_EQ(server.Count("PUT /lineage/table/name/s.d.p.t0/table/name/s.d.p.t1"), 1);
}

TEST_F(EdgesTest, WhatIsRefusedIsPutOnceMoreByItselfAndTheOthersStay) {
  FakeServer server("2.0.7");
  server.trouble["PUT /lineage/table/name/s.d.p.t1/"] = 403;
  const std::vector<Status> outcomes = Put(&server, 3);
  EXPECT_EQ(Done(outcomes), 2);
  EXPECT_EQ(outcomes[1].action, Action::kPark);
  EXPECT_EQ(server.Count("PUT /lineage/table/name/s.d.p.t0/"), 1);
  EXPECT_GE(server.Count("PUT /lineage/table/name/s.d.p.t1/"), 2);
}

TEST_F(EdgesTest, ATableThatTheCatalogLacksIsNamedByItsEdgesAlone) {
  FakeServer server("1.9.3");
  server.trouble["tables/name/s.d.p.t1"] = 404;
  const std::vector<Status> outcomes = Put(&server, 4);
  EXPECT_EQ(outcomes[0].missing, std::vector<std::string>{"s.d.p.t1"});
  EXPECT_EQ(outcomes[1].missing, std::vector<std::string>{"s.d.p.t1"});
  EXPECT_TRUE(outcomes[2].ok());
  EXPECT_TRUE(outcomes[3].ok());
}

TEST_F(EdgesTest, AnOutageIsTheOutcomeOfAllThatWasNotTaken) {
  for (const char *piece : {"tables/name/s.d.p.t2", "getLineageEdge/id-t2", "\"id-t2\""}) {
    FakeServer server("1.9.3");
    server.trouble[piece] = 503;
    const std::vector<Status> outcomes = Put(&server, 6);
    EXPECT_TRUE(outcomes[5].outage) << piece;
    EXPECT_EQ(Done(outcomes), piece[0] == '"' ? 1 : 0) << piece;
  }
}

TEST_F(EdgesTest, EdgesThatShareATableAreReadByOneRequestAndMergedWithWhatIsThere) {
  std::vector<LineageEdge> edges = Edges(5);
  for (LineageEdge &edge : edges) edge.to_fqn = "s.d.p.hub";
  const auto node = [](const char *id, const char *name) {
    return json{{"id", id}, {"fullyQualifiedName", name}};
  };
  for (const char *version : {"1.2.0", "1.9.3", "2.0.7"}) {
    FakeServer server(version);
    server.graph = {{"entity", node("h", "s.d.p.hub")},
                    {"nodes", {node("o", "s.d.p.t3")}},
                    {"upstreamEdges",
                     {{{"fromEntity", "o"},
                       {"toEntity", "h"},
                       {"lineageDetails", {{"source", "Manual"}, {"description", "by hand"}}}}}}};
    server.single = server.graph["upstreamEdges"][0];
    EXPECT_EQ(Done(Put(&server, edges)), 5) << version;
    EXPECT_EQ(server.Count("GET /lineage/table/name/s.d.p.hub?upstreamDepth=1"), 1) << version;
    EXPECT_EQ(server.Count("GET /lineage/"), version[2] == '2' ? 1 : 2) << version;
    ASSERT_EQ(server.bodies.size(), 5u) << version;
    for (size_t i = 0; i < 5; ++i) {
      const json &body = server.bodies[i];
      const json &details = body.contains("edge") ? body["edge"]["lineageDetails"] : body;
      EXPECT_EQ(details["source"] == "Manual", i == 3) << version;
    }
  }
}

TEST_F(EdgesTest, WhatAnOldAnswerForAllEdgesTellsOfOthersIsNotPutBack) {
  std::vector<LineageEdge> edges = Edges(4);
  for (LineageEdge &edge : edges) edge.to_fqn = "s.d.p.hub";
  const json theirs = {{"source", "Manual"}, {"description", "by hand"}};
  const json columns = {{{"fromColumns", {"s.d.p.t2.a"}}, {"toColumn", "s.d.p.hub.a"}}};
  const json edited = {
      {"source", "QueryLineage"}, {"description", "by pg_lineage"}, {"columnsLineage", columns}};
  for (const json &there : {theirs, edited}) {
    for (const char *version : {"1.9.3", "2.0.7"}) {
      FakeServer server(version);
      server.graph = {
          {"entity", {{"id", "h"}, {"fullyQualifiedName", "s.d.p.hub"}}},
          {"nodes", {{{"id", "o"}, {"fullyQualifiedName", "s.d.p.t2"}}}},
          {"upstreamEdges", {{{"fromEntity", "o"}, {"toEntity", "h"}, {"lineageDetails", there}}}}};
      EXPECT_EQ(Done(Put(&server, edges)), 4) << version;
      EXPECT_EQ(server.Count("GET /lineage/getLineageEdge"), 1) << version;
      for (const json &body : server.bodies) {
        const json &details = body.contains("edge") ? body["edge"]["lineageDetails"] : body;
        EXPECT_EQ(details["source"], "QueryLineage") << version;
        EXPECT_FALSE(details.contains("columnsLineage")) << version;
      }
    }
  }
}

TEST_F(EdgesTest, WhereTheEdgesAroundATableCannotBeHadEachIsReadByItself) {
  std::vector<LineageEdge> edges = Edges(3);
  for (LineageEdge &edge : edges) edge.to_fqn = "s.d.p.hub";
  FakeServer server("2.0.7");
  server.trouble["upstreamDepth"] = 404;
  EXPECT_EQ(Done(Put(&server, edges)), 3);
  EXPECT_EQ(server.Count("GET /lineage/getLineageEdge/"), 3);
}

}  // namespace
}  // namespace shipper
