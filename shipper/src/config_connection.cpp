#include "config_connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

namespace shipper {

namespace {

const std::vector<std::string> kSslModes = {"disable", "allow",     "prefer",
                                            "require", "verify-ca", "verify-full"};

// All names of one driver for one protocol: which of them a workflow names makes no difference.
const std::vector<std::string> kSchemes = {"postgresql+psycopg2", "postgresql+psycopg2cffi",
                                           "postgresql+psycopg", "postgresql", "postgres"};

// libpq's parameters that other keys give, or that we set ourselves, and what to use in their
// place.
const std::pair<const char *, const char *> kOwnParameters[] = {
    {"host", "hostPort says it"},
    {"port", "hostPort says it"},
    {"user", "username says it"},
    {"password", "authType.password says it"},
    {"dbname", "database says it"},
    {"application_name", "it is always lineage-shipper, so that its sessions are known"},
    {"fallback_application_name", "application_name is always lineage-shipper"},
    {"client_encoding", "it is always UTF8"},
    {"replication", "no replication connection is made"}};

constexpr int kHighestPort = 65535;

bool LooksLikePem(const std::string &text) { return text.find("-----BEGIN") != std::string::npos; }

// "host:port", "host", "[::1]:5432".
void ReadHostPort(MapReader *map, PostgresConfig *postgres) {
  std::string text = map->RequiredText("hostPort", "write `hostPort: db.example:5432`");
  if (text.find("://") != std::string::npos)
    map->Fail("hostPort", "value '" + text + "' is a URL, not a host and a port",
              "write `hostPort: db.example:5432`");
  size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.back() == ']') {
    postgres->host = text;
  } else {
    postgres->host = text.substr(0, colon);
    postgres->port = text.substr(colon + 1);
    bool digits = !postgres->port.empty() &&
                  std::all_of(postgres->port.begin(), postgres->port.end(), ::isdigit);
    const bool port = digits && postgres->port.size() <= 5 && std::stoi(postgres->port) >= 1 &&
                      std::stoi(postgres->port) <= kHighestPort;
    if (!port)
      map->Fail("hostPort",
                "value '" + text + "' has no port number from 1 to 65535 after the colon",
                "write `hostPort: db.example:5432`");
  }
  std::string &host = postgres->host;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host.empty()) map->Fail("hostPort", "value '" + text + "' has no host", "write host:port");
}

// The names that this libpq knows: one that it does not would fail every connection.
std::set<std::string> LibpqParameters() {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known(PQconndefaults(),
                                                                           &PQconninfoFree);
  std::set<std::string> names;
  for (const PQconninfoOption *option = known.get();
       option != nullptr && option->keyword != nullptr; ++option)
    names.insert(option->keyword);
  return names;
}

// Known libpq keys pass, others are named and dropped.
void ReadOptions(MapReader *map, const std::string &key, PostgresConfig *postgres) {
  const std::set<std::string> known = LibpqParameters();
  for (auto &[name, value] : map->Pairs(key)) {
    const std::string full = "key '" + map->Full(key) + "." + name + "' ";
    const auto own = std::find_if(std::begin(kOwnParameters), std::end(kOwnParameters),
                                  [&](const auto &parameter) { return name == parameter.first; });
    if (own != std::end(kOwnParameters))
      map->Warn(full + "is dropped: " + own->second);
    else if (known.count(name) == 0)
      map->Warn(full + "is no libpq parameter and is dropped");
    else
      postgres->options.emplace_back(name, value);
  }
}

// The password, from where the peer keeps it now or kept it before 1.0.
void ReadPassword(MapReader *map, PostgresConfig *postgres) {
  MapReader auth = map->Map("authType");
  if (auth.Has("awsConfig") || auth.Has("azureConfig"))
    auth.Fail(auth.Has("awsConfig") ? "awsConfig" : "azureConfig",
              "cloud identities are not supported in this version",
              "use authType.password, or a .pgpass file");
  postgres->password = auth.SecretText("password");
  auth.Finish();
  Secret legacy = map->SecretText("password");
  if (postgres->password.empty()) postgres->password = legacy;
}

// Where sample data would be kept: the keys are checked, so that a misspelt one is found now.
void ReadSampleStorage(MapReader *map) {
  if (!map->Has("sampleDataStorageConfig")) return;
  MapReader storage = map->Map("sampleDataStorageConfig");
  MapReader config = storage.Map("config");
  config.Text("bucketName");
  config.Text("prefix");
  config.Text("filePathPattern");
  config.Bool("overwriteData", true);
  config.Ignore({"storageConfig"});  // credentials: not read before they are used
  config.Finish();
  storage.Finish();
  map->Warn("key '" + map->Full("sampleDataStorageConfig") +
            "' is accepted and not used: no verb of this version takes sample data");
}

// What only the catalog's own pages use.
void ReadPageKeys(MapReader *map) {
  map->Moot({"schemaFilterPattern", "tableFilterPattern", "databaseFilterPattern",
             "storedProcedureFilterPattern"},
            "here it only fills the forms of the catalog, for the peer's connector, too; write it "
            "below sourceConfig.config");
  map->Moot({"queryStatementSource"},
            "no statistics of statements are read; lineage is captured as statements run");
  for (const char *key : {"supportsMetadataExtraction", "supportsUsageExtraction",
                          "supportsLineageExtraction", "supportsDBTExtraction", "supportsProfiler",
                          "supportsDatabase", "supportsQueryComment", "supportsDataDiff"}) {
    if (!map->Bool(key, true))
      map->Warn("key '" + map->Full(key) +
                "' has no effect: it says what the pages of the catalog offer; what is done "
                "follows from the verb");
  }
}

}  // namespace

void ReadCertificate(MapReader *map, const std::string &key, std::string *path, Secret *pem) {
  Secret value = map->SecretText(key);
  if (value.empty()) return;
  if (LooksLikePem(value.Reveal())) {
    *pem = value;
  } else if (std::filesystem::exists(value.Reveal())) {
    *path = value.Reveal();
  } else {
    map->Fail(key, "the value is neither PEM text nor a file that exists",
              "give the path of a readable file, or the text with its -----BEGIN line");
  }
}

void ReadConnection(MapReader *map, PostgresConfig *postgres) {
  map->Choice("type", "Postgres", {"Postgres", "PostgreSQL"});
  if (map->Text("scheme").rfind("pgspider", 0) == 0)
    map->Fail("scheme",
              "PGSpider's children of multi-tenant tables are not read, and leaving them out "
              "unsaid would give half of the lineage",
              "write `scheme: postgresql+psycopg2` to treat it as any PostgreSQL, or leave the "
              "key out");
  map->Choice("scheme", kSchemes[0], kSchemes);
  postgres->username = map->RequiredText("username", "write `username: <role to connect as>`");
  ReadPassword(map, postgres);
  ReadHostPort(map, postgres);
  postgres->database = map->RequiredText("database", "write `database: <name>`");
  postgres->ssl_mode = map->Choice("sslMode", "prefer", kSslModes);
  postgres->ingest_all_databases = map->Bool("ingestAllDatabases", false);
  postgres->classification_name = map->Text("classificationName", postgres->classification_name);
  MapReader ssl = map->Map("sslConfig");
  ReadCertificate(&ssl, "caCertificate", &postgres->ssl_ca, &postgres->ssl_ca_pem);
  ReadCertificate(&ssl, "sslCertificate", &postgres->ssl_cert, &postgres->ssl_cert_pem);
  ReadCertificate(&ssl, "sslKey", &postgres->ssl_key, &postgres->ssl_key_pem);
  ssl.Finish();
  ReadOptions(map, "connectionOptions", postgres);
  ReadOptions(map, "connectionArguments", postgres);
  ReadSampleStorage(map);
  ReadPageKeys(map);
  map->Finish();
}

}  // namespace shipper
