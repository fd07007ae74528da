// The workflow YAML, validated: OpenMetadata's own Postgres workflow file plus our `shipper:`
// block.
//
// Immutable after loading and safe to copy. Passwords and tokens are `Secret`: they have no stream
// operator and no message of ours contains them. What is wrong throws ConfigError (exit 78) whose
// text names the key, the value and the mending; what is merely not ours becomes a warning.
//
//   Config config = LoadConfig({"workflow.yaml"});
//   for (const std::string &warning : config.warnings) spdlog::warn(warning);
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runs/schedule.h"

namespace shipper {

// A configuration that cannot be used.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A text that must not be shown. Read it only where it is handed to libpq or libcurl.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string &Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Regular expressions (PCRE2, anchored at the start, caseless). Excludes win; no includes: all.
struct FilterPattern {
  std::vector<std::string> includes;
  std::vector<std::string> excludes;
};

// source.serviceConnection.config
struct PostgresConfig {
  std::string host = "localhost";
  std::string port = "5432";
  std::string username;
  Secret password;
  std::string database;
  std::string ssl_mode = "prefer";
  std::string
      ssl_ca;  // paths; PEM text of the file is put into a private temporary file on connect
  std::string ssl_cert;
  std::string ssl_key;
  Secret ssl_ca_pem;
  Secret ssl_cert_pem;
  Secret ssl_key_pem;
  bool ingest_all_databases = false;
  std::string classification_name = "PostgresPolicyTags";
  std::vector<std::pair<std::string, std::string>> options;  // further libpq parameters
};

// Owners of one level of objects. Names are those of users and teams of the catalog, or e-mails.
struct OwnerLevel {
  std::vector<std::string> all;                             // of every object of the level
  std::map<std::string, std::vector<std::string>> by_name;  // "db.schema.table", or its last part
};

// sourceConfig.config.ownerConfig
struct OwnerConfig {
  std::vector<std::string> fallback;  // `default`
  std::vector<std::string> service;
  OwnerLevel database;
  OwnerLevel schema;
  OwnerLevel table;
  bool inherit = true;
};

// sourceConfig.config of type DatabaseMetadata
struct MetadataConfig {
  bool mark_deleted_tables = true;
  bool mark_deleted_stored_procedures = true;
  bool mark_deleted_schemas = false;
  bool mark_deleted_databases = false;
  bool include_tables = true;
  bool include_views = true;
  bool include_tags = true;
  bool include_owners = false;
  OwnerConfig owners;
  bool include_stored_procedures = true;
  bool include_ddl = false;
  bool override_metadata = false;
  int threads = 1;  // connections to the catalog, see Connections()
  bool use_fqn_for_filtering = false;
  FilterPattern schema_filter;
  FilterPattern table_filter;
  FilterPattern database_filter;
  FilterPattern stored_procedure_filter;
};

// sourceConfig.config of type DatabaseLineage
struct LineageConfig {
  bool process_view_lineage = true;
  bool process_query_lineage = true;    // of statements outside routines
  bool process_routine_lineage = true;  // processStoredProcedureLineage
  bool override_view_lineage = false;   // of views: replace what others wrote of the edge
  bool process_cross_database = false;
  int threads = 1;
  std::vector<std::string> cross_database_services;  // where the far side of a foreign table is
};

enum class VerifySsl { kNoSsl, kIgnore, kValidate };

// workflowConfig.openMetadataServerConfig
struct ServerConfig {
  std::string host_port;  // "http://om.example:8585/api", no slash at the end
  std::string api_version = "v1";
  Secret token;  // as written: the token, or the path of a file that holds it
  VerifySsl verify_ssl = VerifySsl::kNoSsl;
  std::string ca_certificate;  // path
  Secret ca_certificate_pem;   // or the text itself
  bool store_service_connection = true;
  bool force_entity_overwriting = false;
  bool enable_version_validation = true;
  std::map<std::string, std::string> extra_headers;
};

// sink
struct SinkConfig {
  std::string type = "metadata-rest";  // metadata-rest | file
  std::string target;                  // file: its path, "-" is stdout
};

// shipper: our own block
struct ShipperConfig {
  int poll_interval_ms = 150;
  int batch_size = 500;
  int retry_base_ms = 200;
  int retry_max_ms = 60000;
  int park_after_attempts = 10;      // refusals of one request while the sink takes others
  int reconcile_minutes = 60;        // all objects are compared so often; 0: at start only
  std::optional<Schedule> schedule;  // when `run` compares everything with the catalog
  std::string state_directory;       // "": that of the system, see ingest_memory.h
  int connect_timeout_ms = 10000;
  int request_timeout_ms = 60000;
  bool indirect = true;     // table edges for pairs joined by INDIRECT lineage only
  bool definitions = true;  // definitions: all | none
  bool declared = false;    // declared: definitions | all; what routines and rules would write
};

// An ingestion pipeline of the catalog that shows the runs of a workflow file.
struct PipelineConfig {
  std::string fqn;           // ingestionPipelineFQN
  std::string run_id;        // pipelineRunId; "": one is made up for each run
  bool stream_logs = false;  // enableStreamableLogs
};

struct Config {
  std::string service_name;
  PostgresConfig postgres;
  MetadataConfig metadata;
  LineageConfig lineage;
  ServerConfig server;
  SinkConfig sink;
  ShipperConfig shipper;
  std::string logger_level = "info";  // debug | info | warn | error
  bool raise_on_error = true;
  int success_threshold = 90;
  std::map<std::string, PipelineConfig> pipelines;  // by workflow type
  std::vector<std::string> workflow_types;  // DatabaseMetadata, DatabaseLineage, … as given
  std::vector<std::string> warnings;
};

// Reads the files of one service and merges them; two files that disagree on where the service
// lives are an error. `sink`, where given, is the --sink of the command line and replaces the
// file's: only metadata-rest needs openMetadataServerConfig.
Config LoadConfig(const std::vector<std::string> &paths, const std::string &sink = {});

// One file's text. `name` is used in messages only.
Config ParseConfig(const std::string &text, const std::string &name, const std::string &sink = {});

// How many requests to the catalog are under way at once: the larger `threads`, within reason.
int Connections(const Config &config);

// Sink of a command line: "file:out.ndjson", "file", "metadata-rest".
SinkConfig ParseSink(const std::string &spec);

// The token itself: `token`, or what the file of that name holds, without white space at the end.
// Throws ConfigError where it looks like a path and cannot be read.
std::string ReadToken(const Secret &token);

// `$NAME` and `${NAME}` replaced from the environment; what is not set stays and is named in
// `unset`.
std::string ExpandEnvironment(const std::string &text, std::vector<std::string> *unset);

}  // namespace shipper
