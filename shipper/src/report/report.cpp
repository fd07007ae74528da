#include "report/report.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "queue/pg_connection.h"
#include "report/layout.h"
#include "report/model.h"
#include "report/page.h"

namespace shipper {

namespace {

using nlohmann::json;

// One object per fact and source; times in UTC whatever the session's time zone.
constexpr char kFactsQuery[] = R"(
SELECT pg_catalog.row_to_json(r)::text
FROM (SELECT e.source_table, e.source_kind, e.target_table, e.target_kind, e.source_columns,
             e.target_columns, e.kinds, e.routine, e.call_path, e.operation, e.origin,
             pg_catalog.to_char(pg_catalog.timezone('UTC', e.first_seen),
                                'YYYY-MM-DD HH24:MI:SS') AS first_seen,
             pg_catalog.to_char(pg_catalog.timezone('UTC', e.last_seen),
                                'YYYY-MM-DD HH24:MI:SS') AS last_seen,
             e.executions, e.row_count, e.query
      FROM lineage._edge_rows() e) r)";

// Columns of the tables named there, in their order. By name in the catalog, not by to_regclass,
// which asks for USAGE on the schema.
constexpr char kColumnsQuery[] = R"(
SELECT pg_catalog.json_build_array(n.name, a.attname,
                                   pg_catalog.format_type(a.atttypid, a.atttypmod))::text
FROM (SELECT e.source_table AS name FROM lineage._edge_rows() e WHERE e.source_kind <> 'u'
      UNION
      SELECT e.target_table FROM lineage._edge_rows() e WHERE e.target_kind <> 'u') n
JOIN (SELECT c.oid, pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(c.relname)
        AS name
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')) c ON c.name = n.name
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY n.name, a.attnum)";

constexpr char kHeadQuery[] = R"(
SELECT pg_catalog.current_database(),
       pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.now()), 'YYYY-MM-DD HH24:MI UTC'))";

// The first column of a query, as JSON.
std::vector<json> ReadJson(PgConnection *connection, const char *query) {
  const PgResult result = connection->Query(query);
  std::vector<json> rows;
  for (int i = 0; i < result.size(); ++i) rows.push_back(json::parse(result.Text(i, 0)));
  return rows;
}

// Reads all in one snapshot.
report::ReportModel ReadModel(PgConnection *connection) {
  PgTransaction transaction(connection, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const std::vector<json> facts = ReadJson(connection, kFactsQuery);
  const std::vector<json> columns = ReadJson(connection, kColumnsQuery);
  const PgResult head = connection->Query(kHeadQuery);
  transaction.Commit();
  report::ReportModel model = report::BuildModel(facts, columns);
  model.database = head.Text(0, 0);
  model.generated_at = head.Text(0, 1);
  return model;
}

// Writes the page beside its place and renames it into it.
Status WriteFile(const report::ReportModel &model, const std::string &path) {
  const report::Layout layout = report::LayOut(model);
  const std::string draft = path + "." + std::to_string(getpid()) + ".tmp";
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  if (file) report::WritePage(model, layout, file);
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    const std::string reason = std::strerror(errno);
    std::remove(draft.c_str());
    return Status::Park("cannot write the report to " + path + ": " + reason +
                        "; name a file in a directory that you may write");
  }
  return Status::Done();
}

// The same error, with what mends it where that is known.
PgError WithFix(const PgError &error) {
  const std::string &state = error.sqlstate();
  std::string fix;
  if (state == "42501") {
    fix =
        "; as a superuser: SELECT lineage.grant_shipper('ROLE'), or lineage.grant_reader('ROLE') "
        "for a role that only reads";
  } else if (state == "3F000" || state == "42883") {
    fix = "; as a superuser: CREATE EXTENSION pg_lineage in this database";
  }
  return PgError(error.what() + fix, state);
}

}  // namespace

Status RunReport(PgConnection &connection, const std::string &output_path) {
  try {
    return WriteFile(ReadModel(&connection), output_path);
  } catch (const PgError &error) {
    throw WithFix(error);
  } catch (const json::exception &error) {
    return Status::Park(std::string("lineage._edge_rows() gave rows of another form: ") +
                        error.what() +
                        "; run ALTER EXTENSION pg_lineage UPDATE, or the shipper of that version");
  } catch (const std::runtime_error &error) {
    return Status::Park(error.what());
  }
}

}  // namespace shipper
