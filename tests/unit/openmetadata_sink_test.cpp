#include "sink/openmetadata_sink.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "fakes/scripted_server.h"
#include "sink/curl_http.h"

namespace shipper {
namespace {

using nlohmann::json;

const ScriptedAnswer kVersion2{200, R"({"version":"2.0.7"})", {}};
const ScriptedAnswer kVersion19{200, R"({"version":"1.9.17"})", {}};
const ScriptedAnswer kVersion12{200, R"({"version":"1.2.0"})", {}};
const ScriptedAnswer kNoEdge{404, R"({"code":404,"message":"no edge"})", {}};
const ScriptedAnswer kGone{404, R"({"code":404,"message":"not found"})", {}};

// An entity's answer.
ScriptedAnswer Id(const std::string &id, bool deleted = false) {
  return {200, json{{"id", id}, {"deleted", deleted}}.dump(), {}};
}

class OpenMetadataSinkTest : public ::testing::Test {
 protected:
  OpenMetadataSinkTest() {
    HttpOptions options;
    options.connect_timeout_ms = options.timeout_ms = 500;
    http_ = std::make_unique<CurlHttp>(options, nullptr);
    config_.host_port = server_.Url("/api");
    config_.token = Secret("secret-token");
    sink_ = std::make_unique<OpenMetadataSink>(config_, http_.get());
    table_.type = "table";
    table_.fqn = "svc.shop.public.a";
    table_.path = "/v1/tables";
    table_.body = {
        {"name", "a"}, {"databaseSchema", "svc.shop.public"}, {"columns", json::array()}};
    edge_.from_fqn = "svc.shop.public.a";
    edge_.to_fqn = "svc.shop.public.b";
    edge_.details = {{"source", "QueryLineage"}, {"description", "Recorded by pg_lineage."}};
  }

  json LastBody() { return json::parse(server_.requests().back().body); }
  std::string LastPath() { return server_.requests().back().path; }

  ScriptedServer server_;
  ServerConfig config_;
  std::unique_ptr<CurlHttp> http_;
  std::unique_ptr<OpenMetadataSink> sink_;
  Entity table_;
  LineageEdge edge_;
};

TEST_F(OpenMetadataSinkTest, AnEntityIsPutWithTheTokenAsItsCreateRequest) {
  server_.Play({kVersion2, {201, R"({"id":"1"})", {}}});
  EXPECT_TRUE(sink_->PutEntity(table_).ok());
  EXPECT_EQ(LastPath(), "/api/v1/tables");
  EXPECT_EQ(LastBody(), table_.body);
  EXPECT_NE(server_.requests()[1].head.find("Authorization: Bearer secret-token"),
            std::string::npos);
}

// Tables svc.shop.public.t0 and so on.
std::vector<Entity> Tables(int count) {
  std::vector<Entity> tables;
  for (int i = 0; i < count; ++i) {
    const std::string name = "t" + std::to_string(i);
    tables.push_back({"table",
                      "svc.shop.public." + name,
                      "/v1/tables",
                      {{"name", name}, {"databaseSchema", "svc.shop.public"}}});
  }
  return tables;
}

TEST_F(OpenMetadataSinkTest, ManyEntitiesGoAsAListWhereTheServerHasThat) {
  const json answer = {
      {"status", "success"},
      {"successRequest",
       {{{"request", "svc.shop.public.t0"}}, {{"request", "svc.shop.public.t1"}}}}};
  server_.Play({kVersion2, {200, answer.dump(), {}}});
  for (const Status &status : sink_->PutEntities(Tables(2))) EXPECT_TRUE(status.ok());
  ASSERT_EQ(server_.requests().size(), 2u);
  EXPECT_EQ(LastPath(), "/api/v1/tables/bulk?async=false");
  EXPECT_EQ(LastBody().size(), 2u);
  EXPECT_EQ(LastBody()[1], Tables(2)[1].body);
}

TEST_F(OpenMetadataSinkTest, WhatAListDoesNotNameAsTakenIsPutByItself) {
  const json answer = {{"status", "partialSuccess"},
                       {"successRequest", {{{"request", "svc.shop.public.t0"}}}},
                       {"failedRequest", {{{"request", "t1"}, {"message", "why"}}}}};
  server_.Play({kVersion2, {200, answer.dump(), {}}, {400, R"({"message":"bad column"})", {}}});
  const std::vector<Status> outcomes = sink_->PutEntities(Tables(2));
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].action, Action::kPark);
  EXPECT_NE(outcomes[1].message.find("bad column"), std::string::npos);
  EXPECT_EQ(LastPath(), "/api/v1/tables");
}

TEST_F(OpenMetadataSinkTest, AListHoldsAHundredEntitiesAndAThousandColumns) {
  std::vector<Entity> tables = Tables(205);
  for (size_t i = 0; i < 5; ++i) tables[i].body["columns"] = json(std::vector<int>(400));
  server_.Play({kVersion2});
  server_.otherwise = {200, R"({"successRequest":[]})", {}};
  sink_->PutEntities(tables);
  std::vector<size_t> lists;
  for (const ScriptedRequest &request : server_.requests())
    if (request.path.find("/bulk") != std::string::npos)
      lists.push_back(json::parse(request.body).size());
  EXPECT_EQ(lists, (std::vector<size_t>{2, 2, 100, 100}));  // and one, which goes by itself
}

TEST_F(OpenMetadataSinkTest, AfterAListWithoutAnAnswerListsAreShorter) {
  server_.Play({kVersion2, ScriptedAnswer::Cut(), ScriptedAnswer::Cut()});
  EXPECT_TRUE(sink_->PutEntities(Tables(60))[59].outage);
  server_.Play({kVersion2});
  server_.otherwise = {200, R"({"successRequest":[]})", {}};
  sink_->PutEntities(Tables(60));
  std::vector<size_t> lists;
  for (const ScriptedRequest &request : server_.requests())
    if (request.path.find("/bulk") != std::string::npos)
      lists.push_back(json::parse(request.body).size());
  ASSERT_GE(lists.size(), 4u);
  EXPECT_EQ(std::vector<size_t>(lists.end() - 3, lists.end()), (std::vector<size_t>{25, 25, 10}));
}

TEST_F(OpenMetadataSinkTest, AnOlderServerGetsEachEntityByItself) {
  server_.Play({{200, R"({"version":"1.10.4"})", {}}});
  server_.otherwise = {201, R"({"id":"1"})", {}};
  for (const Status &status : sink_->PutEntities(Tables(3))) EXPECT_TRUE(status.ok());
  ASSERT_EQ(server_.requests().size(), 4u);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(server_.requests()[i].path, "/api/v1/tables");
}

TEST_F(OpenMetadataSinkTest, AfterAnOutageNothingMoreIsSent) {
  server_.Play({kVersion12, {201, R"({"id":"1"})", {}}, {503, "{}", {{"Retry-After", "3"}}}});
  const std::vector<Status> outcomes = sink_->PutEntities(Tables(4));
  EXPECT_TRUE(outcomes[0].ok());
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(outcomes[i].outage) << i;
  EXPECT_EQ(outcomes[3].retry_after_ms, 3000);
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(OpenMetadataSinkTest, AnEdgeIsPutByTheIdsThatTheServerGave) {
  edge_.details["pipeline"] = {{"type", "storedProcedure"},
                               {"fullyQualifiedName", "svc.shop.public.f"}};
  server_.Play({kVersion19, Id("A"), Id("B"), Id("F"), kNoEdge, {200, "", {}}});
  EXPECT_TRUE(sink_->PutLineage(edge_).ok());
  EXPECT_EQ(LastPath(), "/api/v1/lineage");
  json edge = LastBody()["edge"];
  EXPECT_EQ(edge["fromEntity"], (json{{"id", "A"}, {"type", "table"}}));
  EXPECT_EQ(edge["toEntity"], (json{{"id", "B"}, {"type", "table"}}));
  EXPECT_EQ(edge["lineageDetails"]["pipeline"], (json{{"id", "F"}, {"type", "storedProcedure"}}));
}

TEST_F(OpenMetadataSinkTest, IdsAreAskedForOnce) {
  server_.Play({kVersion19, Id("A"), Id("B"), kNoEdge, {200, "", {}}, kNoEdge, {200, "", {}}});
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  EXPECT_EQ(server_.requests().size(), 7u);
}

TEST_F(OpenMetadataSinkTest, AServerThatTakesNamesIsGivenNames) {
  edge_.from_fqn = "svc.shop.public.\"odd/na me.x\"";
  server_.Play({kVersion2, kNoEdge, {200, "", {}}});
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  const std::string ends =
      "/table/name/svc.shop.public.%22odd%2Fna%20me.x%22/table/name/svc.shop.public.b";
  EXPECT_EQ(server_.requests()[1].path, "/api/v1/lineage/getLineageEdge" + ends);
  EXPECT_EQ(LastPath(), "/api/v1/lineage" + ends);
  EXPECT_EQ(LastBody(), edge_.details);
}

TEST_F(OpenMetadataSinkTest, ByNameTooAMissingTableIsNamedAndADeletedOneIsNotRevived) {
  server_.Play({kVersion2, kNoEdge, kGone, Id("A"), kGone});
  EXPECT_EQ(sink_->PutLineage(edge_).missing, std::vector<std::string>{"svc.shop.public.b"});
  server_.Play({kNoEdge, kGone, Id("A"), Id("B", true), kNoEdge, kGone, Id("A"), Id("B", true)});
  const Status status = sink_->PutLineage(edge_);
  EXPECT_EQ(status.action, Action::kPark);
  EXPECT_TRUE(status.missing.empty());
  EXPECT_NE(status.message.find("deleted in the catalog"), std::string::npos);
}

TEST_F(OpenMetadataSinkTest, NamesAreEncodedInPaths) {
  edge_.from_fqn = "svc.shop.public.\"odd/na me.x\"";
  server_.Play({kVersion19, Id("A"), Id("B"), kNoEdge, {200, "", {}}});
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  EXPECT_EQ(server_.requests()[1].path,
            "/api/v1/tables/name/svc.shop.public.%22odd%2Fna%20me.x%22?include=all");
}

TEST_F(OpenMetadataSinkTest, AMissingTableIsNamed) {
  server_.Play({kVersion19, Id("A"), kGone});
  Status status = sink_->PutLineage(edge_);
  EXPECT_EQ(status.action, Action::kPark);
  EXPECT_EQ(status.missing, std::vector<std::string>{"svc.shop.public.b"});
}

TEST_F(OpenMetadataSinkTest, ATableThatAPersonDeletedIsNotRevived) {
  server_.Play({kVersion19, Id("A"), Id("B", true), Id("A"), Id("B", true)});
  Status status = sink_->PutLineage(edge_);
  EXPECT_EQ(status.action, Action::kPark);
  EXPECT_TRUE(status.missing.empty());
}

TEST_F(OpenMetadataSinkTest, AnIdThatBecameWrongIsLookedUpAgain) {
  server_.Play({kVersion19,
                Id("A"),
                Id("B"),
                kNoEdge,
                {200, "", {}},
                kNoEdge,
                kGone,
                Id("A2"),
                Id("B2"),
                kNoEdge,
                {200, "", {}}});
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  EXPECT_EQ(LastBody()["edge"]["fromEntity"]["id"], "A2");
}

TEST_F(OpenMetadataSinkTest, AnEdgeOfSomebodyElseIsMergedAndNeverReplaced) {
  json foreign = {
      {"edge",
       {{"source", "Manual"},
        {"description", "by hand"},
        {"columnsLineage",
         {{{"fromColumns", {"svc.shop.public.a.x"}}, {"toColumn", "svc.shop.public.b.x"}}}},
        {"updatedBy", "ann"}}}};
  edge_.details["columnsLineage"] = {
      {{"fromColumns", {"svc.shop.public.a.y"}}, {"toColumn", "svc.shop.public.b.y"}}};
  edge_.details["sqlQuery"] = "insert";
  server_.Play({kVersion19, Id("A"), Id("B"), {200, foreign.dump(), {}}, {200, "", {}}});
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  json details = LastBody()["edge"]["lineageDetails"];
  EXPECT_EQ(details["source"], "Manual");
  EXPECT_EQ(details["description"], "by hand");
  EXPECT_EQ(details["sqlQuery"], "insert");
  EXPECT_EQ(details["columnsLineage"].size(), 2u);
  EXPECT_FALSE(details.contains("updatedBy"));
}

TEST_F(OpenMetadataSinkTest, AnOldServerIsReadThroughItsGraph) {
  json graph = {{"upstreamEdges",
                 {{{"fromEntity", "A"},
                   {"toEntity", "B"},
                   {"lineageDetails", {{"source", "Manual"}, {"sqlQuery", "theirs"}}}}}}};
  server_.Play({kVersion12, Id("A"), Id("B"), {200, graph.dump(), {}}, {200, "", {}}});
  ASSERT_TRUE(sink_->PutLineage(edge_).ok());
  EXPECT_EQ(server_.requests()[3].path,
            "/api/v1/lineage/table/name/svc.shop.public.b?upstreamDepth=1&downstreamDepth=1");
  EXPECT_EQ(LastBody()["edge"]["lineageDetails"]["sqlQuery"], "theirs");
}

TEST_F(OpenMetadataSinkTest, AServiceThatIsThereIsNotOverwritten) {
  Entity service;
  service.type = "databaseService";
  service.fqn = "svc";
  service.path = "/v1/services/databaseServices";
  service.body = {{"name", "svc"}};
  server_.Play({kVersion2, Id("S")});
  EXPECT_TRUE(sink_->PutEntity(service).ok());
  EXPECT_EQ(server_.requests().back().method, "GET");
}

TEST_F(OpenMetadataSinkTest, ALostServiceIsToldApartFromALostSchema) {
  server_.Play({kVersion2, kGone, kGone});
  EXPECT_EQ(sink_->PutEntity(table_).missing, std::vector<std::string>{"svc"});
  server_.Play({kGone, Id("S")});
  EXPECT_EQ(sink_->PutEntity(table_).missing, std::vector<std::string>{"svc.shop.public"});
}

TEST_F(OpenMetadataSinkTest, EveryFaultAsksForItsAction) {
  struct {
    ScriptedAnswer answer;
    Action action;
  } rows[] = {{{401, "{}", {}}, Action::kReauth},      {{409, "{}", {}}, Action::kRetry},
              {{429, "{}", {}}, Action::kRetry},       {{500, "{}", {}}, Action::kRetry},
              {{503, "{}", {}}, Action::kRetry},       {{400, "{}", {}}, Action::kPark},
              {ScriptedAnswer::Cut(), Action::kRetry}, {ScriptedAnswer::Stall(), Action::kRetry}};
  server_.Play({kVersion2});
  for (const auto &row : rows) {
    std::vector<ScriptedAnswer> answers = {row.answer, row.answer};
    if (sink_->server_version().empty()) answers.insert(answers.begin(), kVersion2);
    server_.Play(answers);
    EXPECT_EQ(sink_->PutEntity(table_).action, row.action) << row.answer.status;
    server_.Play({});
  }
}

TEST_F(OpenMetadataSinkTest, AUserInterfaceInsteadOfTheApiIsSaid) {
  server_.otherwise = {200, "<!DOCTYPE html><html>", {{"Content-Type", "text/html"}}};
  Status status = sink_->Check();
  EXPECT_EQ(status.fault, Fault::kAddress);
  EXPECT_NE(status.message.find("/api"), std::string::npos);
}

TEST_F(OpenMetadataSinkTest, ExtraHeadersComeLastAndMayHoldThoseThatAreThere) {
  config_.extra_headers = {{"Proxy-Authorization", "%(Authorization)s"}, {"X-Rate", "5%"}};
  OpenMetadataSink(config_, http_.get()).Check();
  std::string head = server_.requests().back().head;
  EXPECT_NE(head.find("Proxy-Authorization: Bearer secret-token"), std::string::npos) << head;
  EXPECT_NE(head.find("\nAuthorization: Bearer secret-token"), std::string::npos) << head;
  EXPECT_NE(head.find("X-Rate: 5%"), std::string::npos) << head;
  config_.extra_headers = {{"Authorization", "Basic of-a-gateway"}};
  OpenMetadataSink(config_, http_.get()).Check();
  head = server_.requests().back().head;
  EXPECT_NE(head.find("\nAuthorization: Basic of-a-gateway"), std::string::npos) << head;
  EXPECT_EQ(head.find("secret-token"), std::string::npos) << head;
}

TEST_F(OpenMetadataSinkTest, AnApiVersionThatTheServerDoesNotHaveIsNamed) {
  config_.api_version = "v2";
  for (const ScriptedAnswer &answer :
       {ScriptedAnswer{404, R"({"code":404,"message":"HTTP 404 Not Found"})", {}},
        ScriptedAnswer{200, "<!DOCTYPE html><html>", {{"Content-Type", "text/html"}}}}) {
    OpenMetadataSink sink(config_, http_.get());
    server_.otherwise = answer;
    const Status status = sink.Check();
    EXPECT_EQ(status.fault, Fault::kAddress);
    EXPECT_NE(status.message.find("apiVersion, 'v2'"), std::string::npos) << status.message;
    EXPECT_EQ(status.message.find("check that hostPort"), std::string::npos) << status.message;
  }
}

TEST_F(OpenMetadataSinkTest, AServerThatIsTooOldIsSaid) {
  server_.Play({{200, R"({"version":"1.1.9"})", {}}});
  EXPECT_NE(sink_->Check().message.find("1.2 or later"), std::string::npos);
}

TEST_F(OpenMetadataSinkTest, AServerThatIsBackAfterAnOutageIsAskedForItsReleaseAgain) {
  server_.Play({kVersion2, ScriptedAnswer::Cut(), ScriptedAnswer::Cut()});
  EXPECT_TRUE(sink_->PutEntity(table_).outage);
  server_.Play({kVersion12, {201, R"({"id":"1"})", {}}});
  EXPECT_TRUE(sink_->PutEntity(table_).ok());
  EXPECT_EQ(sink_->server_version(), "1.2.0");
}

TEST_F(OpenMetadataSinkTest, ANewerServerThanAnyKnownIsSaidOnceUnlessSilenced) {
  const ScriptedAnswer newer{200, R"({"version":"2.1.0"})", {}};
  for (const bool validate : {true, false}) {
    config_.enable_version_validation = validate;
    OpenMetadataSink sink(config_, http_.get());
    std::ostringstream log;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_st>(log)));
    server_.Play({newer, {200, "{}", {}}, newer, {200, "{}", {}}});
    EXPECT_TRUE(sink.Check().ok());
    EXPECT_TRUE(sink.Check().ok());
    spdlog::set_default_logger(before);
    const std::string said = log.str();
    const size_t first = said.find("OpenMetadata 2.1.0, newer than");
    EXPECT_EQ(first != std::string::npos, validate);
    EXPECT_EQ(said.find("newer than", first + 30), std::string::npos);
  }
}

TEST_F(OpenMetadataSinkTest, ATokenFileIsReadAgainAfterRotation) {
  char path[] = "/tmp/lineage-token-XXXXXX";
  close(mkstemp(path));
  std::ofstream(path) << "first\n";
  config_.token = Secret(path);
  OpenMetadataSink sink(config_, http_.get());
  server_.Play({kVersion2, {401, "{}", {}}, {200, "{\"id\":\"1\"}", {}}});
  EXPECT_EQ(sink.PutEntity(table_).action, Action::kReauth);
  std::ofstream(path) << "second\n";
  sink.ReloadCredential();
  EXPECT_TRUE(sink.PutEntity(table_).ok());
  EXPECT_NE(server_.requests().back().head.find("Bearer second\r\n"), std::string::npos);
  std::remove(path);
}

TEST_F(OpenMetadataSinkTest, NoMessageHoldsTheToken) {
  server_.otherwise = {400, "{\"message\":\"no\"}", {}};
  server_.Play({kVersion2});
  EXPECT_EQ(sink_->PutEntity(table_).message.find("secret-token"), std::string::npos);
}

TEST_F(OpenMetadataSinkTest, ADeleteIsSoftAndById) {
  server_.Play({kVersion2, Id("7"), {200, "{}", {}}});
  EXPECT_TRUE(sink_->DeleteEntity({"table", "svc.shop.public.a"}).ok());
  EXPECT_EQ(server_.requests().back().method, "DELETE");
  EXPECT_EQ(LastPath(), "/api/v1/tables/7?recursive=true&hardDelete=false");
}

TEST_F(OpenMetadataSinkTest, WhatIsNotThereOrDeletedAlreadyIsDeletedWithoutARequest) {
  server_.Play({kVersion2, kGone, Id("7", true)});
  EXPECT_TRUE(sink_->DeleteEntity({"table", "svc.shop.public.a"}).ok());
  EXPECT_TRUE(sink_->DeleteEntity({"table", "svc.shop.public.b"}).ok());
  EXPECT_EQ(server_.requests().back().method, "GET");
}

TEST_F(OpenMetadataSinkTest, AListIsReadPageByPage) {
  server_.Play(
      {{200, R"({"data":[{"fullyQualifiedName":"s.d.p.a"}],"paging":{"after":"x y"}})", {}},
       {200, R"({"data":[{"fullyQualifiedName":"s.d.p.b"}],"paging":{}})", {}}});
  std::vector<std::string> names;
  const auto use = [&](const std::string &name) { names.push_back(name); };
  EXPECT_TRUE(sink_->ListAll("table", "s.d.p", use).ok());
  EXPECT_EQ(names, (std::vector<std::string>{"s.d.p.a", "s.d.p.b"}));
  EXPECT_NE(LastPath().find("databaseSchema=s.d.p&include=non-deleted"), std::string::npos);
  EXPECT_NE(LastPath().find("after=x%20y"), std::string::npos);
}

TEST_F(OpenMetadataSinkTest, AListThatDoesNotEndIsAnOutage) {
  server_.otherwise = {200, R"({"data":[],"paging":{"after":"here"}})", {}};
  const Status status = sink_->ListAll("table", "s.d.p", [](const std::string &) {});
  EXPECT_TRUE(status.outage);
}

TEST_F(OpenMetadataSinkTest, PagesOfAListGrowWhileEntitiesAreSmallAndShrinkWhereTheyAreNot) {
  const auto page = [](size_t bytes) {
    const std::string filler(bytes, 'x');
    return R"({"data":[{"columns":[{"fullyQualifiedName":"no","a":")" + filler +
           R"("}],"fullyQualifiedName":"s.d.p.a"}],"paging":{"after":"1"}})";
  };
  server_.Play({{200, page(10), {}}, {200, page(2 << 20), {}}, {200, page(10), {}}});
  std::string after;
  std::vector<std::string> names;
  for (const char *limit : {"&limit=10", "&limit=20", "&limit=10"}) {
    EXPECT_TRUE(sink_->List("table", "s.d.p", &after, &names).ok());
    EXPECT_NE(LastPath().find(limit), std::string::npos) << LastPath();
  }
  EXPECT_EQ(names, std::vector<std::string>(3, "s.d.p.a"));  // and nothing of the columns
}

}  // namespace
}  // namespace shipper
