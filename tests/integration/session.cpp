// Sessions of cluster.h: a thin, throwing layer over libpq.
#include "cluster.h"

namespace pg_lineage_test {

const char *const kNull = "<null>";

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

void CollectNotice(void *list, const PGresult *result) {
  auto field = [result](int code) {
    const char *text = PQresultErrorField(result, code);
    return std::string(text ? text : "");
  };
  std::string line = field(PG_DIAG_SEVERITY) + ": " + field(PG_DIAG_MESSAGE_PRIMARY);
  if (std::string hint = field(PG_DIAG_MESSAGE_HINT); !hint.empty()) line += " HINT: " + hint;
  static_cast<std::vector<std::string> *>(list)->push_back(line);
}

bool IsFailure(const PGresult *result) {
  ExecStatusType status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

SqlError ErrorOf(PGconn *conn, const PGresult *result) {
  const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const char *hint = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_HINT) : nullptr;
  return SqlError(state ? state : "", result ? PQresultErrorMessage(result) : PQerrorMessage(conn),
                  hint ? hint : "");
}

}  // namespace

Session::Session(const std::string &conninfo)
    : conn_(PQconnectdb(conninfo.c_str()), PQfinish),
      notices_(std::make_unique<std::vector<std::string>>()) {
  if (PQstatus(conn_.get()) != CONNECTION_OK) throw ErrorOf(conn_.get(), nullptr);
  PQsetNoticeReceiver(conn_.get(), CollectNotice, notices_.get());
}

std::vector<Row> Session::Run(const std::string &sql) {
  Result result(PQexec(conn_.get(), sql.c_str()), PQclear);
  if (!result || IsFailure(result.get())) throw ErrorOf(conn_.get(), result.get());
  std::vector<Row> rows;
  for (int i = 0; i < PQntuples(result.get()); i++) {
    Row row;
    for (int j = 0; j < PQnfields(result.get()); j++) {
      bool null = PQgetisnull(result.get(), i, j) != 0;
      row.push_back(null ? kNull : PQgetvalue(result.get(), i, j));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void Session::Exec(const std::string &sql) { Run(sql); }

std::vector<Row> Session::Rows(const std::string &sql) { return Run(sql); }

std::string Session::Value(const std::string &sql) {
  std::vector<Row> rows = Run(sql);
  if (rows.empty() || rows[0].empty()) throw SqlError("02000", "no row: " + sql, "");
  return rows[0][0];
}

std::vector<std::string> Session::Column(const std::string &sql) {
  std::vector<std::string> values;
  for (Row &row : Run(sql)) values.push_back(row.at(0));
  return values;
}

std::string Session::Text(const std::string &sql) {
  std::string text;
  for (const Row &row : Run(sql)) {
    if (!text.empty()) text += '\n';
    for (size_t i = 0; i < row.size(); i++) text += (i ? "|" : "") + row[i];
  }
  return text;
}

std::string Session::State(const std::string &sql) {
  try {
    Run(sql);
  } catch (const SqlError &error) {
    return error.sqlstate;
  }
  return "00000";
}

SqlError Session::Failure(const std::string &sql) {
  try {
    Run(sql);
  } catch (const SqlError &error) {
    return error;
  }
  throw std::logic_error("did not fail: " + sql);
}

void Session::Send(const std::string &sql) {
  if (PQsendQuery(conn_.get(), sql.c_str()) == 0) throw ErrorOf(conn_.get(), nullptr);
}

bool Session::Done(double seconds) {
  return WaitUntil(
      [this] {
        PQconsumeInput(conn_.get());
        return PQisBusy(conn_.get()) == 0;
      },
      seconds);
}

std::string Session::Wait() {
  std::string state = "00000";
  while (PGresult *raw = PQgetResult(conn_.get())) {
    Result result(raw, PQclear);
    if (state == "00000" && IsFailure(raw)) state = ErrorOf(conn_.get(), raw).sqlstate;
  }
  return state;
}

void Session::Cancel() {
  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> handle(PQgetCancel(conn_.get()), PQfreeCancel);
  char message[256];
  if (PQcancel(handle.get(), message, sizeof(message)) == 0) throw SqlError("", message, "");
}

std::vector<std::string> Session::TakeNotices() {
  std::vector<std::string> taken;
  taken.swap(*notices_);
  return taken;
}

}  // namespace pg_lineage_test
