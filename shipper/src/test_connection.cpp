#include "test_connection.h"

#include <map>

#include "queue/pg_connection.h"

namespace shipper {

namespace {

constexpr char kDefinition[] =
    "/services/testConnectionDefinitions/name/Postgres.testConnectionDefinition";

// A step: a query that gives one number, and what it counts.
struct Probe {
  const char *sql;
  const char *counts;
};

const std::map<std::string, Probe> kProbes = {
    {"CheckAccess", {"SELECT 1", "session"}},
    {"GetDatabases",
     {"SELECT pg_catalog.count(*) FROM pg_catalog.pg_database d "
      "WHERE d.datallowconn AND NOT d.datistemplate",
      "databases"}},
    {"GetSchemas",
     {"SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace n "
      "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
      "schemas"}},
    {"GetTables",
     {"SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition "
      "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
      "tables"}},
    {"GetViews",
     {"SELECT pg_catalog.count(pg_catalog.pg_get_viewdef(c.oid)) FROM pg_catalog.pg_class c "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') "
      "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
      "views"}},
    {"GetTags", {"SELECT pg_catalog.count(*) FROM pg_catalog.pg_policy p", "policies"}},
    {"GetColumnMetadata",
     {"SELECT pg_catalog.count(pg_catalog.format_type(a.atttypid, a.atttypmod)) "
      "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') "
      "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
      "columns"}},
    {"GetTableComments",
     {"SELECT pg_catalog.count(*) FROM pg_catalog.pg_description d "
      "JOIN pg_catalog.pg_class c ON c.oid = d.objoid "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass "
      "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
      "comments"}}};

// Steps for what is read from elsewhere here.
const std::map<std::string, const char *> kNotNeeded = {
    {"GetQueries", "not needed: no query log is read, the extension sees statements as they run"},
    {"GetInformationSchemaColumns", "not needed: pg_catalog is read, which asks for no privilege"}};

const std::vector<TestStep> kOwnSteps = {
    {"CheckAccess", true},       {"GetDatabases", true},
    {"GetSchemas", true},        {"GetTables", true},
    {"GetViews", false},         {"GetTags", false},
    {"GetQueries", false},       {"GetColumnMetadata", false},
    {"GetTableComments", false}, {"GetInformationSchemaColumns", false}};

Finding RunStep(PgConnection *pg, const TestStep &step) {
  Finding finding;
  finding.subject = "test connection, " + step.name + (step.mandatory ? " (mandatory)" : "");
  const auto spared = kNotNeeded.find(step.name);
  const auto probe = kProbes.find(step.name);
  if (spared != kNotNeeded.end()) {
    finding.detail = spared->second;
  } else if (probe == kProbes.end()) {
    finding.verdict = Verdict::kWarning;
    finding.detail = "left out: this version does not know the step";
  } else if (pg == nullptr) {
    finding.verdict = Verdict::kWarning;
    finding.detail = "left out: there is no connection";
  } else {
    try {
      finding.detail = pg->Query(probe->second.sql).Text(0, 0) + " " + probe->second.counts;
    } catch (const PgError &error) {
      finding.verdict = step.mandatory ? Verdict::kBad : Verdict::kWarning;
      finding.detail = error.what();
      if (step.mandatory) finding.code = ExitCodeOf(error);
    }
  }
  return finding;
}

}  // namespace

std::vector<TestStep> StepsOf(const nlohmann::json &definition) {
  std::vector<TestStep> steps;
  if (!definition.is_object() || !definition.contains("steps")) return steps;
  for (const nlohmann::json &step : definition["steps"]) {
    if (!step.is_object() || !step.contains("name") || !step["name"].is_string()) continue;
    const auto mandatory = step.find("mandatory");
    steps.push_back({step["name"].get<std::string>(),
                     mandatory != step.end() && mandatory->is_boolean() && mandatory->get<bool>()});
  }
  return steps;
}

std::vector<Finding> TestConnection(PgConnection *pg, CatalogApi *api) {
  std::vector<Finding> findings;
  std::vector<TestStep> steps;
  if (api != nullptr) {
    const ApiReply reply = api->Ask("GET", kDefinition, nullptr);
    steps = StepsOf(reply.body);
    if (!reply.status.ok() || steps.empty())
      findings.push_back(
          {Verdict::kWarning, "test connection",
           "the catalog gives no definition of its steps (" +
               (reply.status.ok() ? std::string("it has none") : reply.status.message) +
               "); those of 2.0 are tested",
           kExitOk});
  }
  if (steps.empty()) steps = kOwnSteps;
  for (const TestStep &step : steps) findings.push_back(RunStep(pg, step));
  return findings;
}

}  // namespace shipper
