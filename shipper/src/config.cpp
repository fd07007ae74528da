#include "config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config_connection.h"
#include "config_reader.h"
#include "config_source.h"

namespace shipper {

namespace {

void ReadServer(MapReader *map, ServerConfig *server) {
  server->host_port = map->RequiredText("hostPort", "write `hostPort: http://host:8585/api`");
  const size_t colon = server->host_port.find("://");
  std::string scheme = colon == std::string::npos ? "" : server->host_port.substr(0, colon);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), ::tolower);
  if (scheme != "http" && scheme != "https")  // the peer takes ws and wss, and cannot use them
    map->Fail("hostPort", "value '" + server->host_port + "' is no http or https address",
              "write `hostPort: http://host:8585/api`");
  while (server->host_port.back() == '/') server->host_port.pop_back();
  server->api_version = map->Text("apiVersion", "v1");
  MapReader security = map->Map("securityConfig");
  server->token = security.SecretText("jwtToken");
  if (server->token.Reveal().rfind("secret:", 0) == 0)
    security.Fail("jwtToken", "references to a secrets manager are not supported in this version",
                  "give the token, ${NAME} of the environment, or the path of a file");
  security.Finish();
  std::string verify = map->Choice("verifySSL", "no-ssl", {"no-ssl", "ignore", "validate"});
  if (verify == "ignore") server->verify_ssl = VerifySsl::kIgnore;
  if (verify == "validate") server->verify_ssl = VerifySsl::kValidate;
  MapReader ssl = map->Map("sslConfig");
  ReadCertificate(&ssl, "caCertificate", &server->ca_certificate, &server->ca_certificate_pem);
  ssl.Ignore({"sslCertificate", "sslKey"});
  ssl.Finish();
  server->store_service_connection = map->Bool("storeServiceConnection", true);
  server->force_entity_overwriting = map->Bool("forceEntityOverwriting", false);
  server->enable_version_validation = map->Bool("enableVersionValidation", true);
  for (auto &[name, value] : map->Pairs("extraHeaders")) {
    if ((name + value).find_first_of("\r\n") != std::string::npos)
      map->Fail("extraHeaders",
                "a line end is in the header '" + name.substr(0, name.find('\n')) + "'",
                "write each header as one line `Name: value`");
    server->extra_headers[name] = value;
  }
  map->Ignore({"type",
               "clusterName",
               "authProvider",
               "secretsManagerProvider",
               "secretsManagerLoader",
               "elasticsSearch",
               "includeTopics",
               "includeTables",
               "includeDashboards",
               "includePipelines",
               "includeMlModels",
               "includeUsers",
               "includeTeams",
               "includeGlossaryTerms",
               "includeTags",
               "includePolicy",
               "includeMessagingServices",
               "includeDatabaseServices",
               "includePipelineServices",
               "limitRecords",
               "schemaFilterPattern",
               "tableFilterPattern",
               "databaseFilterPattern",
               "supportsDataInsightExtraction",
               "supportsElasticSearchReindexingExtraction"});
  map->Finish();
}

// `override_metadata` of the sink is what its default, `overrideMetadata` of the source, is.
void ReadSink(MapReader *map, Config *config) {
  SinkConfig *sink = &config->sink;
  sink->type = map->Choice("type", "metadata-rest", {"metadata-rest", "file"});
  MapReader own = map->Map("config");
  if (sink->type == "file") {
    sink->target = own.RequiredText("filename", "write `filename: out.ndjson`");
  } else {
    bool *overrides = &config->metadata.override_metadata;
    *overrides = own.Bool("override_metadata", *overrides);
    own.Moot({"bulk_sink_batch_size"}, "lists are as long as the server takes them, up to 100");
    own.Ignore({"api_endpoint", "enable_async_pipeline", "async_pipeline_workers"});
  }
  own.Finish();
  map->Finish();
}

void ReadSchedule(MapReader *map, ShipperConfig *shipper) {
  const std::string text = map->Text("schedule");
  if (text.empty()) return;
  try {
    shipper->schedule = Schedule::Parse(text);
  } catch (const std::invalid_argument &error) {
    map->Fail("schedule", "value '" + text + "' is no schedule: " + error.what(),
              "write hourly, daily, weekly, or minute, hour, day, month and day of the week as in "
              "\"30 2 * * mon-fri\"");
  }
}

void ReadShipper(MapReader *map, ShipperConfig *shipper) {
  shipper->poll_interval_ms = map->Int("pollIntervalMs", 150, 10, 60000);
  shipper->batch_size = map->Int("batchSize", 500, 1, 100000);
  ReadSchedule(map, shipper);
  shipper->reconcile_minutes = map->Int("reconcileMinutes", shipper->schedule ? 0 : 60, 0, 1000000);
  shipper->state_directory = map->Text("stateDirectory");
  shipper->indirect = map->Bool("indirect", true);
  shipper->definitions = map->Choice("definitions", "all", {"all", "none"}) == "all";
  shipper->declared = map->Choice("declared", "definitions", {"definitions", "all"}) == "all";
  MapReader retry = map->Map("retry");
  shipper->retry_base_ms = retry.Int("baseMs", 200, 1, 600000);
  shipper->retry_max_ms = retry.Int("maxMs", 60000, 1, 3600000);
  shipper->park_after_attempts = retry.Int("parkAfterAttempts", 10, 1, 1000000);
  retry.Finish();
  MapReader http = map->Map("http");
  shipper->connect_timeout_ms = http.Int("connectTimeoutMs", 10000, 1, 600000);
  shipper->request_timeout_ms = http.Int("timeoutMs", 60000, 1, 3600000);
  http.Finish();
  map->Finish();
}

void ReadWorkflow(MapReader *map, bool needs_server, Config *config) {
  static const std::vector<std::string> kLevels = {"DEBUG", "INFO", "WARN", "ERROR"};
  config->logger_level = map->Choice("loggerLevel", "INFO", kLevels);
  std::transform(config->logger_level.begin(), config->logger_level.end(),
                 config->logger_level.begin(), ::tolower);
  config->raise_on_error = map->Bool("raiseOnError", true);
  config->success_threshold = map->Int("successThreshold", 90, 0, 100);
  map->Ignore({"config"});
  if (needs_server || map->Has("openMetadataServerConfig")) {
    MapReader server = map->RequiredMap("openMetadataServerConfig",
                                        "add it with hostPort and securityConfig.jwtToken, or "
                                        "set `sink: {type: file, config: {filename: out.ndjson}}`");
    ReadServer(&server, &config->server);
  }
  map->Finish();
}

// "01234567-89ab-cdef-0123-456789abcdef"
bool IsUuid(const std::string &text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

void ReadPipeline(MapReader *root, Config *config) {
  PipelineConfig pipeline;
  pipeline.fqn = root->Text("ingestionPipelineFQN");
  pipeline.run_id = root->Text("pipelineRunId");
  pipeline.stream_logs = root->Bool("enableStreamableLogs", false);
  if (!pipeline.run_id.empty() && !IsUuid(pipeline.run_id))
    root->Fail("pipelineRunId", "value '" + pipeline.run_id + "' is no UUID",
               "write one as uuidgen prints it, or remove the key: each run gets its own");
  if (!pipeline.fqn.empty())
    config->pipelines[config->workflow_types.front()] = pipeline;
  else if (pipeline.stream_logs)
    root->Warn("key 'enableStreamableLogs' needs ingestionPipelineFQN, too: no log is sent");
}

// A file of another connector of the peer, say, where everything else fits. Case does not matter.
void WarnOfSource(MapReader *source) {
  static const std::set<std::string> kOthers = {"", "testsuite", "dbt"};
  const std::string type = source->Text("type");
  std::string lower = type;
  std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
  if (lower.rfind("postgres", 0) == 0 || kOthers.count(lower) > 0) return;
  source->Warn("key 'source.type': '" + type +
               "' is no source of PostgreSQL; it is read as `type: postgres`");
}

// The whole file. The order of the calls is the order of the messages.
Config ReadRoot(const YAML::Node &node, const std::string &sink_override) {
  Config config;
  MapReader root(node, "", &config.warnings);
  MapReader source = root.RequiredMap("source", "add the `source:` block of the workflow");
  WarnOfSource(&source);
  config.service_name =
      source.RequiredText("serviceName", "write `serviceName: <name of it in the catalog>`");
  MapReader connection = source.RequiredMap(
      "serviceConnection", "add serviceConnection.config; it is not fetched from the catalog");
  MapReader postgres = connection.RequiredMap("config", "add type, username, hostPort, database");
  ReadConnection(&postgres, &config.postgres);
  connection.Finish();
  MapReader source_config = source.Map("sourceConfig");
  MapReader workflow_kind = source_config.Map("config");
  ReadSourceConfig(&workflow_kind, &config);
  source_config.Finish();
  source.Finish();
  MapReader sink = root.Map("sink");
  ReadSink(&sink, &config);
  if (!sink_override.empty()) config.sink = ParseSink(sink_override);
  MapReader workflow = root.Map("workflowConfig");
  ReadWorkflow(&workflow, config.sink.type == "metadata-rest", &config);
  MapReader own = root.Map("shipper");
  ReadShipper(&own, &config.shipper);
  ReadPipeline(&root, &config);
  root.Ignore({"processor", "stage", "bulkSink", "ingestionRunnerName"});
  root.Finish();
  return config;
}

std::string ReadFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ConfigError("file '" + path + "' cannot be read; give an existing file with -c");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The filters of a file, to be compared.
std::vector<std::vector<std::string>> FiltersOf(const MetadataConfig &metadata) {
  std::vector<std::vector<std::string>> filters;
  for (const FilterPattern *pattern : {&metadata.database_filter, &metadata.schema_filter,
                                       &metadata.table_filter, &metadata.stored_procedure_filter}) {
    filters.push_back(pattern->includes);
    filters.push_back(pattern->excludes);
  }
  return filters;
}

// Adds what `other`, a file of the same service, says of its own workflow type.
void Merge(Config *config, const Config &other, const std::string &path) {
  const PostgresConfig &a = config->postgres, &b = other.postgres;
  if (config->service_name != other.service_name || a.host != b.host || a.port != b.port ||
      a.database != b.database)
    throw ConfigError("file '" + path + "' names service '" + other.service_name + "' at " +
                      b.host + ":" + b.port + "/" + b.database +
                      ", the files before another one; start one process per service and database");
  const std::string &type_there = other.workflow_types.front();
  const bool filters = type_there == "DatabaseMetadata" || type_there == "DatabaseLineage";
  if (filters && FiltersOf(config->metadata) != FiltersOf(other.metadata))
    config->warnings.push_back("file '" + path +
                               "': its filters differ from those of the files before; what is told "
                               "is one set for every verb, that of type DatabaseMetadata");
  for (const std::string &type : other.workflow_types) {
    if (type == "DatabaseMetadata") config->metadata = other.metadata;
    if (type == "DatabaseLineage") config->lineage = other.lineage;
    config->workflow_types.push_back(type);
  }
  for (const auto &[type, pipeline] : other.pipelines) config->pipelines[type] = pipeline;
  config->warnings.insert(config->warnings.end(), other.warnings.begin(), other.warnings.end());
}

}  // namespace

std::string ExpandEnvironment(const std::string &text, std::vector<std::string> *unset) {
  std::string result;
  size_t i = 0;
  while (i < text.size()) {
    size_t start = i + 1;
    bool braced = text[i] == '$' && start < text.size() && text[start] == '{';
    if (braced) ++start;
    size_t end = start;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    bool named = text[i] == '$' && end > start &&
                 !std::isdigit(static_cast<unsigned char>(text[start])) &&
                 (!braced || (end < text.size() && text[end] == '}'));
    if (!named) {
      result += text[i++];
      continue;
    }
    std::string name = text.substr(start, end - start);
    size_t next = braced ? end + 1 : end;
    const char *value = std::getenv(name.c_str());
    if (value == nullptr && unset != nullptr) unset->push_back(name);
    result += value != nullptr ? std::string(value) : text.substr(i, next - i);
    i = next;
  }
  return result;
}

Config ParseConfig(const std::string &text, const std::string &name, const std::string &sink) {
  YAML::Node node;
  try {
    node = YAML::Load(text);
  } catch (const YAML::Exception &error) {
    throw ConfigError("file '" + name + "', line " + std::to_string(error.mark.line + 1) +
                      ": not valid YAML (" + error.msg + "); mend that line");
  }
  if (!node.IsMap())
    throw ConfigError("file '" + name + "' holds no workflow; it must begin with `source:`");
  try {
    return ReadRoot(node, sink);
  } catch (const ConfigError &error) {
    throw ConfigError("file '" + name + "', " + error.what());
  } catch (const YAML::Exception &error) {
    throw ConfigError("file '" + name + "', line " + std::to_string(error.mark.line + 1) + ": " +
                      error.msg + "; mend that line");
  }
}

Config LoadConfig(const std::vector<std::string> &paths, const std::string &sink) {
  if (paths.empty()) throw ConfigError("no workflow file; give one with -c workflow.yaml");
  Config config = ParseConfig(ReadFile(paths[0]), paths[0], sink);
  for (size_t i = 1; i < paths.size(); ++i)
    Merge(&config, ParseConfig(ReadFile(paths[i]), paths[i], sink), paths[i]);
  return config;
}

int Connections(const Config &config) {
  constexpr int kMost = 32;  // a server gains nothing from more
  return std::clamp(std::max(config.metadata.threads, config.lineage.threads), 1, kMost);
}

SinkConfig ParseSink(const std::string &spec) {
  SinkConfig sink;
  size_t colon = spec.find(':');
  sink.type = spec.substr(0, colon);
  sink.target = colon == std::string::npos ? "" : spec.substr(colon + 1);
  if (sink.type == "file" && sink.target.empty()) sink.target = "-";
  if (sink.type != "file" && sink.type != "metadata-rest")
    throw ConfigError("--sink: value '" + sink.type + "' is not known; write metadata-rest or " +
                      "file:PATH");
  if (sink.type == "metadata-rest" && !sink.target.empty())
    throw ConfigError(
        "--sink: metadata-rest takes no target; the address is "
        "workflowConfig.openMetadataServerConfig.hostPort");
  return sink;
}

std::string ReadToken(const Secret &token) {
  std::string value = token.Reveal();
  std::error_code ignored;
  bool is_path = !value.empty() && value.size() < 4096 && std::filesystem::exists(value, ignored);
  if (is_path) {
    std::ifstream file(value, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw ConfigError("the file of jwtToken cannot be read; allow this user to read it");
    value = text.str();
  } else if (!value.empty() && (value[0] == '/' || value[0] == '.')) {
    throw ConfigError(
        "jwtToken names a file that does not exist or cannot be reached; mend the path");
  }
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.pop_back();
  return value;
}

}  // namespace shipper
