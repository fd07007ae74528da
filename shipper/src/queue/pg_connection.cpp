#include "queue/pg_connection.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace shipper {

namespace {

constexpr size_t kMaxStatements = 200;    // that are kept prepared
constexpr int kRowsAtOnce = 2000;         // of a query that is read row by row
constexpr char kPlanChanged[] = "0A000";  // "cached plan must not change result type"

// PEM text in a file of our own that only we can read; gone with the object. libpq reads it while
// it connects and not again.
class PemFile {
 public:
  explicit PemFile(const Secret &pem) {
    if (pem.empty()) return;
    const char *directory = std::getenv("TMPDIR");
    path_ = std::string(directory != nullptr ? directory : "/tmp") + "/lineage-shipper-XXXXXX";
    int fd = mkstemp(path_.data());
    if (fd < 0) throw ConfigError("no temporary file for a certificate: " + Reason());
    const std::string &text = pem.Reveal();
    ssize_t written = write(fd, text.data(), text.size());
    bool ok = fchmod(fd, 0600) == 0 && written == static_cast<ssize_t>(text.size());
    ok = close(fd) == 0 && ok;
    if (!ok) throw ConfigError("temporary file of a certificate cannot be written: " + Reason());
  }
  ~PemFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  PemFile(const PemFile &) = delete;
  PemFile &operator=(const PemFile &) = delete;
  const std::string &Or(const std::string &path) const { return path_.empty() ? path : path_; }

 private:
  static std::string Reason() { return std::strerror(errno); }
  std::string path_;
};

// libpq's message on one line.
std::string Trim(const char *message) {
  std::string text;
  for (const char *c = message != nullptr ? message : ""; *c != '\0'; ++c) {
    const bool blank = *c == '\n' || *c == '\t' || *c == ' ';
    if (!blank)
      text += *c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

bool Contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

// Turns libpq's words about a failed connection into what to do. libpq gives no SQLSTATE here.
PgConnectError ConnectFailure(const PostgresConfig &config, const std::string &database,
                              const std::string &reason) {
  std::string where = config.host + ":" + config.port + "/" + database;
  std::string fix = "start the server, or mend hostPort";
  std::string sqlstate = "08001";
  bool permanent = false;
  if (Contains(reason, "pg_hba.conf") || Contains(reason, "not permitted to log in")) {
    fix = "allow this role and address in pg_hba.conf";
    sqlstate = "28000";
    permanent = true;
  } else if (Contains(reason, "database") && Contains(reason, "does not exist")) {
    fix = "mend `database`";
    sqlstate = "3D000";
    permanent = true;
  } else if (Contains(reason, "role") && Contains(reason, "does not exist")) {
    fix = "mend `username`, or create the role";
    sqlstate = "28000";
    permanent = true;
  } else if (Contains(reason, "permission denied for database")) {
    fix = "GRANT CONNECT on the database to this role";
    sqlstate = "42501";
    permanent = true;
  } else if (Contains(reason, "server does not support SSL")) {
    fix = "set `sslMode: prefer`, or switch SSL on in the server";
    sqlstate = "08P01";
    permanent = true;
  } else if (Contains(reason, "timeout expired")) {
    fix = "nothing answers there as a PostgreSQL server does; mend hostPort, or the network";
    permanent = true;
  } else if (Contains(reason, "invalid response to SSL negotiation") ||
             Contains(reason, "expected authentication request") ||
             Contains(reason, "received invalid response")) {
    fix = "what listens there is not a PostgreSQL server; mend hostPort";
    sqlstate = "08P01";
    permanent = true;
  } else if (Contains(reason, "password") || Contains(reason, "authentication")) {
    fix = "mend username and authType.password";  // last: names and other messages hold these words
    sqlstate = "28P01";
    permanent = true;
  }
  return PgConnectError("cannot connect to " + where + ": " + reason + "; " + fix, sqlstate,
                        permanent);
}

}  // namespace

PgConnection::PgConnection(const PostgresConfig &config, const std::string &database) {
  const std::string &name = database.empty() ? config.database : database;
  PemFile ca(config.ssl_ca_pem), cert(config.ssl_cert_pem), key(config.ssl_key_pem);
  std::vector<std::pair<std::string, std::string>> settings = {
      {"host", config.host},
      {"port", config.port},
      {"dbname", name},
      {"user", config.username},
      {"password", config.password.Reveal()},
      {"sslmode", config.ssl_mode},
      {"sslrootcert", ca.Or(config.ssl_ca)},
      {"sslcert", cert.Or(config.ssl_cert)},
      {"sslkey", key.Or(config.ssl_key)},
      {"connect_timeout", "10"},
      {"keepalives_idle", "30"},
      {"tcp_user_timeout", "60000"}};
  settings.insert(settings.end(), config.options.begin(), config.options.end());
  settings.push_back({"application_name", "lineage-shipper"});
  settings.push_back({"client_encoding", "UTF8"});
  std::vector<const char *> keys, values;
  for (const auto &[key_name, value] : settings) {
    if (value.empty()) continue;
    keys.push_back(key_name.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(keys.data(), values.data(), 0));
  if (connection_ == nullptr) throw std::bad_alloc();
  if (!Alive()) throw ConnectFailure(config, name, Trim(PQerrorMessage(connection_.get())));
  PQsetNoticeProcessor(
      connection_.get(), [](void *, const char *) {}, nullptr);
  // Such a database takes any bytes, and would check ours against the encoding that we claim.
  if (ServerEncoding() == "SQL_ASCII") PQsetClientEncoding(connection_.get(), "SQL_ASCII");
  Query(
      "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false),"
      " pg_catalog.set_config('statement_timeout',"
      " CASE s.own WHEN '0' THEN '5min' ELSE s.own END, false)"
      " FROM pg_catalog.current_setting('statement_timeout') AS s(own)");
}

// Statements with parameters come again and again, and planning our catalog queries costs more than
// running them: the second time they are prepared.
PGresult *PgConnection::Execute(const std::string &sql, const std::vector<const char *> &values) {
  PGconn *pg = connection_.get();
  const int count = static_cast<int>(values.size());
  if (count == 0 || (uses_.size() >= kMaxStatements && uses_.count(sql) == 0))
    return PQexecParams(pg, sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0);
  auto use = uses_.emplace(sql, 0).first;
  if (use->second == 0) {
    use->second = -1;  // seen once
    return PQexecParams(pg, sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0);
  }
  if (use->second < 0) {
    const int number = ++prepared_;
    const std::string name = "s" + std::to_string(number);
    PGresult *made = PQprepare(pg, name.c_str(), sql.c_str(), count, nullptr);
    if (PQresultStatus(made) != PGRES_COMMAND_OK) return made;
    PQclear(made);
    use->second = number;
  }
  const std::string name = "s" + std::to_string(use->second);
  return PQexecPrepared(pg, name.c_str(), count, values.data(), nullptr, nullptr, 0);
}

PgResult PgConnection::Query(const std::string &sql, const std::vector<PgValue> &parameters) {
  std::vector<const char *> values;
  for (const PgValue &value : parameters) values.push_back(value ? value->c_str() : nullptr);
  PgResult result(Execute(sql, values));
  const PGresult *raw = result.raw();
  ExecStatusType status = PQresultStatus(raw);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
  const char *state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
  std::string sqlstate = state != nullptr ? state : "";
  const char *primary = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
  const char *hint = PQresultErrorField(raw, PG_DIAG_MESSAGE_HINT);
  std::string message = Trim(primary != nullptr ? primary : PQerrorMessage(connection_.get()));
  if (hint != nullptr) message += " (" + Trim(hint) + ")";
  if (sqlstate == kPlanChanged) uses_.erase(sql);  // a function gives other columns than it did
  if (!Alive()) throw PgConnectError("connection lost: " + message, sqlstate, false);
  throw PgError(message, sqlstate);
}

void PgConnection::Each(const std::string &sql, const std::vector<PgValue> &parameters,
                        const UseRow &use) {
  PgTransaction transaction(this, "READ ONLY");
  Query("SET LOCAL lock_timeout = '5s'");
  Query("DECLARE each_row NO SCROLL CURSOR FOR " + sql, parameters);
  const std::string fetch = "FETCH " + std::to_string(kRowsAtOnce) + " FROM each_row";
  for (int got = kRowsAtOnce; got == kRowsAtOnce;) {
    const PgResult rows = Query(fetch);
    got = rows.size();
    for (int row = 0; row < got; ++row) use(rows, row);
  }
  transaction.Commit();
}

PgValue PgResult::Value(int row, int column) const {
  if (Null(row, column)) return std::nullopt;
  return Text(row, column);
}

int64_t PgResult::Int(int row, int column) const {
  if (Null(row, column)) return 0;
  std::string text = Text(row, column);
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw PgError("'" + text + "' is not a whole number", "22P02");
  return value;
}

std::vector<PgValue> PgResult::Array(int row, int column) const {
  if (Null(row, column)) return {};
  return ParsePgArray(Text(row, column));
}

std::vector<std::string> PgResult::TextArray(int row, int column) const {
  std::vector<std::string> items;
  for (PgValue &item : Array(row, column)) items.push_back(item ? std::move(*item) : "");
  return items;
}

int PgResult::Column(const std::string &name) const {
  int column = PQfnumber(result_.get(), ("\"" + name + "\"").c_str());
  if (column < 0) throw std::out_of_range("the result has no column " + name);
  return column;
}

PgTransaction::PgTransaction(PgConnection *pg, const std::string &mode) : pg_(pg) {
  pg_->Query("BEGIN " + mode);
}

PgTransaction::~PgTransaction() {
  if (!open_ || !pg_->Alive()) return;
  try {
    pg_->Query("ROLLBACK");
  } catch (const PgError &) {
    pg_->Close();  // a session that cannot roll back is not used again
  }
}

void PgTransaction::Commit() {
  open_ = false;
  pg_->Query("COMMIT");
}

PgValue PgTextArray(const std::vector<std::string> &items) {
  std::string text = "{";
  for (const std::string &item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

PgValue PgBigintArray(const std::vector<int64_t> &items) {
  std::string text = "{";
  for (int64_t item : items) {
    if (text.size() > 1) text += ',';
    text += std::to_string(item);
  }
  return text + "}";
}

std::vector<PgValue> ParsePgArray(const std::string &text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}')
    throw PgError("'" + text + "' is not an array of one dimension", "22P02");
  std::vector<PgValue> items;
  size_t i = 1;
  while (i < text.size() - 1) {
    std::string item;
    bool quoted = text[i] == '"';
    if (quoted) {
      for (++i; i < text.size() - 1 && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
        item += text[i];
      }
      ++i;
    } else {
      while (i < text.size() - 1 && text[i] != ',') item += text[i++];
    }
    bool null = !quoted && item == "NULL";
    items.push_back(null ? PgValue() : PgValue(std::move(item)));
    if (i < text.size() - 1) ++i;  // the comma
  }
  return items;
}

}  // namespace shipper
