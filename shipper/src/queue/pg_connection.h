// One session with PostgreSQL over libpq: parameters bound, results read by type, errors thrown.
//
// Used by one thread. The session has application_name lineage-shipper, client_encoding UTF8
// (SQL_ASCII where the database is), search_path pg_catalog, pg_temp, so that every name in a query
// is qualified, and a statement_timeout of five minutes where nobody has set one. No transaction
// stays open between calls unless a PgTransaction does; never hold one across a request to a
// catalog.
//
//   PgConnection pg(config.postgres);
//   PgResult rows = pg.Query("SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = $1",
//                            {PgText(oid)});
//   for (int i = 0; i < rows.size(); ++i) Use(rows.Text(i, 0));
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "config.h"

namespace shipper {

// A statement that failed. `sqlstate` is empty where the server said none.
class PgError : public std::runtime_error {
 public:
  PgError(const std::string &message, std::string sqlstate)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  const std::string &sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

// No session could be had, or it broke: connect again, later. `permanent` where waiting will not
// help by itself (wrong password, no such database or role, not a PostgreSQL server).
class PgConnectError : public PgError {
 public:
  PgConnectError(const std::string &message, std::string sqlstate, bool permanent)
      : PgError(message, std::move(sqlstate)), permanent_(permanent) {}
  bool permanent() const { return permanent_; }

 private:
  bool permanent_;
};

using PgValue = std::optional<std::string>;  // a parameter in text form; nullopt is NULL

inline PgValue PgText(int64_t value) { return std::to_string(value); }
inline PgValue PgText(bool value) { return value ? "t" : "f"; }
PgValue PgTextArray(const std::vector<std::string> &items);
PgValue PgBigintArray(const std::vector<int64_t> &items);
template <class Oids>
PgValue PgOidArray(const Oids &oids) {
  std::string text = "{";
  for (uint32_t oid : oids) text += (text.size() > 1 ? "," : "") + std::to_string(oid);
  return text + "}";
}

// Rows in text form; row and column counted from 0. Reading a NULL as a value gives "", 0, false.
class PgResult {
 public:
  explicit PgResult(PGresult *result) : result_(result) {}
  int size() const { return PQntuples(result_.get()); }
  bool Null(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 1; }
  std::string Text(int row, int column) const { return PQgetvalue(result_.get(), row, column); }
  PgValue Value(int row, int column) const;
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const { return Text(row, column) == "t"; }
  std::vector<PgValue> Array(int row, int column) const;          // of one dimension
  std::vector<std::string> TextArray(int row, int column) const;  // NULL elements become ""
  const PGresult *raw() const { return result_.get(); }
  int Column(const std::string &name) const;  // throws std::out_of_range where there is none

 private:
  struct Clear {
    void operator()(PGresult *result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

class PgConnection {
 public:
  // Connects, or throws PgConnectError with what to do about it. `database` replaces the
  // configured one where not empty.
  explicit PgConnection(const PostgresConfig &config, const std::string &database = {});

  PgResult Query(const std::string &sql, const std::vector<PgValue> &parameters = {});

  // Calls `use` with each row of a query, of which a few thousand are held at once. Opens a
  // read-only transaction of its own that waits for no lock for long: not to be called inside of
  // one, and `use` asks the database nothing.
  using UseRow = std::function<void(const PgResult &rows, int row)>;
  void Each(const std::string &sql, const std::vector<PgValue> &parameters, const UseRow &use);

  int ServerVersion() const { return PQserverVersion(connection_.get()); }  // 150004
  std::string ServerEncoding() const {
    const char *name = PQparameterStatus(connection_.get(), "server_encoding");
    return name != nullptr ? name : "";
  }
  bool Alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  void Close() { connection_.reset(); }  // Alive() is false from here on
  PGconn *raw() { return connection_.get(); }

 private:
  struct Finish {
    void operator()(PGconn *connection) const { PQfinish(connection); }
  };
  PGresult *Execute(const std::string &sql, const std::vector<const char *> &values);

  std::unique_ptr<PGconn, Finish> connection_;
  std::map<std::string, int> uses_;  // number of a prepared statement, -1: seen once
  int prepared_ = 0;
};

// A transaction; rolled back unless Commit() was reached.
class PgTransaction {
 public:
  explicit PgTransaction(PgConnection *pg, const std::string &mode = {});
  ~PgTransaction();
  PgTransaction(const PgTransaction &) = delete;
  PgTransaction &operator=(const PgTransaction &) = delete;
  void Commit();

 private:
  PgConnection *pg_;
  bool open_ = true;
};

// Elements of an array's text form, `{a,"b c",NULL}`.
std::vector<PgValue> ParsePgArray(const std::string &text);

}  // namespace shipper
