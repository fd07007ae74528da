#include "check.h"

#include <cstdio>

#include "queue/pg_queue.h"

namespace shipper {

namespace {

constexpr int kOldestServer = 110000;
constexpr int kOldestForExtension = 150000;

// Everything of the extension that a shipper calls.
constexpr const char *kFunctions[] = {"lineage.pending()",
                                      "lineage.snapshot()",
                                      "lineage._sink_register(text)",
                                      "lineage._feed(text,integer)",
                                      "lineage._ack(text,bigint[])",
                                      "lineage._park(text,text,text,text,text)",
                                      "lineage._unpark(bigint[])",
                                      "lineage._state_get(text)",
                                      "lineage._state_set(text,text,text)",
                                      "lineage._edge_rows()",
                                      "lineage._pair(text,text)"};

Finding Good(std::string subject, std::string detail) {
  return {Verdict::kGood, std::move(subject), std::move(detail), kExitOk};
}

Finding Warn(std::string subject, std::string detail) {
  return {Verdict::kWarning, std::move(subject), std::move(detail), kExitOk};
}

Finding Bad(std::string subject, std::string detail, ExitCode code) {
  return {Verdict::kBad, std::move(subject), std::move(detail), code};
}

// Installed in this database, and how old.
Finding InspectExtension(PgConnection *pg, const Config &config) {
  PgResult rows = pg->Query(
      "SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_lineage'");
  if (rows.size() > 0) return Good("extension", "pg_lineage " + rows.Text(0, 0));
  PgResult files =
      pg->Query("SELECT 1 FROM pg_catalog.pg_available_extensions a WHERE a.name = 'pg_lineage'");
  std::string fix = "a superuser has to run CREATE EXTENSION pg_lineage in it";
  if (files.size() == 0)
    fix =
        "install pg_lineage on that server (make install), add it to shared_preload_libraries, "
        "restart, then run CREATE EXTENSION pg_lineage";
  return Bad("extension",
             "pg_lineage is not installed in database '" + config.postgres.database + "'; " + fix,
             kExitUnavailable);
}

// Every function may be called; what is missing goes with one statement.
Finding InspectRights(PgConnection *pg) {
  PgResult schema = pg->Query(
      "SELECT pg_catalog.has_schema_privilege('lineage', 'USAGE'), "
      "pg_catalog.quote_ident(current_user)");
  const std::string fix =
      "a superuser has to run SELECT lineage.grant_shipper('" + schema.Text(0, 1) + "')";
  if (!schema.Bool(0, 0))
    return Bad("rights", "no USAGE on schema lineage; " + fix, kExitPermission);
  for (const char *function : kFunctions) {
    PgResult right = pg->Query(
        "SELECT pg_catalog.to_regprocedure($1) IS NOT NULL, "
        "pg_catalog.has_function_privilege(pg_catalog.to_regprocedure($1), 'EXECUTE')",
        {function});
    if (!right.Bool(0, 0))
      return Bad("rights",
                 std::string("the extension has no ") + function +
                     "; it is of another version: run ALTER EXTENSION pg_lineage UPDATE",
                 kExitUnavailable);
    if (!right.Bool(0, 1))
      return Bad("rights", std::string("no EXECUTE on ") + function + "; " + fix, kExitPermission);
  }
  return Good("rights", "role " + schema.Text(0, 1) + " may read the feed and the store");
}

// The library answers: loaded at server start, with its shared memory.
Finding InspectLibrary(PgConnection *pg) {
  try {
    int64_t pending = pg->Query("SELECT lineage.pending()").Int(0, 0);
    return Good("library", "loaded; " + std::to_string(pending) + " rows wait in the feed");
  } catch (const PgError &error) {
    if (error.sqlstate() != "55000") throw;
    return Bad("library",
               std::string(error.what()) +
                   "; add pg_lineage to shared_preload_libraries in "
                   "postgresql.conf and restart the server",
               kExitUnavailable);
  }
}

// Whether anything is captured at all.
Finding InspectCapture(PgConnection *pg) {
  PgResult rows = pg->Query(
      "SELECT pg_catalog.current_setting('pg_lineage.enabled', true), "
      "pg_catalog.current_setting('pg_lineage.track', true)");
  if (rows.Text(0, 0) == "off")
    return Warn("capture",
                "pg_lineage.enabled is off: nothing new is captured; ALTER SYSTEM SET "
                "pg_lineage.enabled = on");
  if (rows.Text(0, 1) == "none")
    return Warn("capture",
                "pg_lineage.track is none: no lineage is captured; ALTER SYSTEM SET "
                "pg_lineage.track = 'all'");
  return Good("capture", "on, track = " + rows.Text(0, 1));
}

// Another shipper is no fault; it is said because this one would wait.
Finding InspectOther(PgConnection *pg) {
  PgResult rows = pg->Query(
      "SELECT l.pid FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database "
      "WHERE l.locktype = 'advisory' AND d.datname = pg_catalog.current_database() "
      "AND (l.classid::bigint << 32 | l.objid::bigint) = $1 AND l.granted",
      {PgText(kShipperLock)});
  if (rows.size() == 0) return Good("shipper", "no other one works on this database");
  return Warn("shipper", "one works on this database (server process " + rows.Text(0, 0) +
                             "); a second `run` waits for it");
}

// A publication of all tables names ours too, and a subscription asks for every table it names.
void InspectPublications(PgConnection *pg, std::vector<Finding> *findings) {
  PgResult rows = pg->Query(
      "SELECT p.pubname FROM pg_catalog.pg_publication p WHERE p.puballtables ORDER BY 1");
  for (int i = 0; i < rows.size(); ++i)
    findings->push_back(
        Warn("publication", rows.Text(i, 0) +
                                " is FOR ALL TABLES and names the tables of schema lineage, whose "
                                "changes are not sent: run CREATE EXTENSION pg_lineage on a new "
                                "subscriber, or publish FOR TABLES IN SCHEMA"));
}

}  // namespace

std::vector<Finding> InspectServer(PgConnection *pg) {
  std::vector<Finding> findings;
  std::string version = pg->Query("SHOW server_version").Text(0, 0);
  if (pg->ServerVersion() < kOldestServer)
    findings.push_back(Bad("server", "PostgreSQL " + version + " is too old; 11 or later is needed",
                           kExitUnavailable));
  else if (pg->ServerVersion() < kOldestForExtension)
    findings.push_back(
        Warn("server", "PostgreSQL " + version + ": only `ingest` works, the extension needs 15"));
  else
    findings.push_back(Good("server", "PostgreSQL " + version));
  if (pg->Query("SELECT pg_catalog.pg_is_in_recovery()").Bool(0, 0))
    findings.push_back(Bad("server",
                           "it is a standby; let hostPort name the primary, or set "
                           "connectionOptions.target_session_attrs: read-write",
                           kExitUnavailable));
  return findings;
}

std::vector<Finding> InspectDatabase(PgConnection *pg, const Config &config) {
  std::vector<Finding> findings;
  findings.push_back(InspectExtension(pg, config));
  if (findings.back().verdict == Verdict::kBad) return findings;
  findings.push_back(InspectRights(pg));
  if (findings.back().verdict == Verdict::kBad) return findings;
  findings.push_back(InspectLibrary(pg));
  if (findings.back().verdict == Verdict::kBad) return findings;
  findings.push_back(InspectCapture(pg));
  findings.push_back(InspectOther(pg));
  InspectPublications(pg, &findings);
  return findings;
}

Finding InspectSink(Sink *sink) {
  Status status = sink->Check();
  if (status.ok()) return Good("sink", sink->name());
  std::string fix = status.message;
  if (status.action == Action::kReauth)
    fix += "; put a valid ingestion-bot token into securityConfig.jwtToken";
  else if (status.fault == Fault::kUnreachable)
    fix += "; start the catalog, or mend openMetadataServerConfig.hostPort";
  else if (status.fault == Fault::kCredential)
    fix += "; give the bot of this token the right to create and edit";
  return Bad("sink", sink->name() + ": " + fix, ExitCodeOf(status));
}

void Require(const std::vector<Finding> &findings) {
  for (const Finding &finding : findings)
    if (finding.verdict == Verdict::kBad) throw FatalError(finding.detail, finding.code);
}

ExitCode PrintFindings(const std::vector<Finding> &findings) {
  ExitCode code = kExitOk;
  for (const Finding &finding : findings) {
    const char *word = finding.verdict == Verdict::kGood      ? "ok  "
                       : finding.verdict == Verdict::kWarning ? "warn"
                                                              : "FAIL";
    std::printf("%s  %s: %s\n", word, finding.subject.c_str(), finding.detail.c_str());
    if (code == kExitOk) code = finding.code;
  }
  return code;
}

}  // namespace shipper
