// A PostgreSQL server of our own, for one test, and the sessions that talk to it.
//
// Cluster owns a temporary directory (data, socket, log), the postmaster in it and whatever runs
// below that; all of it goes with the object, also when the test process dies. It works as root
// (the server then runs as the system user `postgres`) and as an ordinary user. The programs are
// those of $PGBIN, else of `$PG_CONFIG --bindir`, else of `pg_config --bindir`.
//
// When a cluster ends its log is read: a crashed backend, PANIC, FATAL, an internal error (XX...),
// a WARNING or a complaint of pg_lineage that the test did not announce with AllowInLog() fails
// the test. PG_LINEAGE_KEEP=1 in the environment keeps the directory.
//
//   Cluster cluster;                       // initdb, start, pg_lineage preloaded
//   Session a = cluster.Connect();
//   a.Exec("CREATE EXTENSION pg_lineage");
//   EXPECT_EQ(a.Value("SELECT count(*) FROM lineage.column_lineage"), "0");
//
// Not thread-safe: one thread drives a cluster and its sessions.
#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace pg_lineage_test {

// What the server answered instead of a result.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string sqlstate, const std::string &message, std::string hint)
      : std::runtime_error(message), sqlstate(std::move(sqlstate)), hint(std::move(hint)) {}
  const std::string sqlstate;  // "" where the connection itself broke
  const std::string hint;
};

using Row = std::vector<std::string>;  // NULL is kNull

extern const char *const kNull;

// One connection. Movable; closed with the object.
class Session {
 public:
  // Throws SqlError when the server refuses.
  explicit Session(const std::string &conninfo);

  // Runs one or more statements, throws SqlError at the first that fails.
  void Exec(const std::string &sql);
  // The rows of the last statement.
  std::vector<Row> Rows(const std::string &sql);
  // First column of the first row; throws where there is none.
  std::string Value(const std::string &sql);
  // First column of all rows.
  std::vector<std::string> Column(const std::string &sql);
  // Rows as psql -At shows them: columns joined by '|', rows by newline.
  std::string Text(const std::string &sql);
  // SQLSTATE of the first error, "00000" where all went well, "" where the connection broke.
  std::string State(const std::string &sql);
  // Runs what must fail and returns the error.
  SqlError Failure(const std::string &sql);

  // Starts a statement without waiting; Wait() returns its SQLSTATE like State().
  void Send(const std::string &sql);
  // True when what Send() started has ended within the time.
  bool Done(double seconds);
  std::string Wait();
  void Cancel();

  int Pid() const { return PQbackendPID(conn_.get()); }
  // NOTICEs and WARNINGs since the last call.
  std::vector<std::string> TakeNotices();
  // A protocol-level statement, for COPY and the like.
  PGconn *Raw() { return conn_.get(); }
  void Close() { conn_.reset(); }

 private:
  std::vector<Row> Run(const std::string &sql);

  std::unique_ptr<PGconn, decltype(&PQfinish)> conn_;
  std::unique_ptr<std::vector<std::string>> notices_;
};

struct ProcessResult {
  int status;          // exit status, 128 + signal where it was killed
  std::string output;  // stdout and stderr
};

// Runs a program as the user of the server, waits for its end.
ProcessResult RunAsServer(const std::vector<std::string> &argv);

// Path of a PostgreSQL program (initdb, pg_dump, ...).
std::string PgProgram(const std::string &name);

// Polls until the condition holds; false when the time is over.
bool WaitUntil(const std::function<bool()> &condition, double seconds = 20);

struct ClusterOptions {
  std::string preload = "pg_lineage";  // shared_preload_libraries
  std::vector<std::string> conf;       // further lines of postgresql.conf
  bool tcp = false;                    // also listen on 127.0.0.1, port()
  bool start = true;
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();
  Cluster(const Cluster &) = delete;
  Cluster &operator=(const Cluster &) = delete;

  // A hot standby of this cluster, streaming, started.
  std::unique_ptr<Cluster> CloneStandby();

  void Start();
  enum class StopMode { kFast, kImmediate };
  void Stop(StopMode mode = StopMode::kFast);
  void Restart(StopMode mode = StopMode::kFast);
  // The machine's plug: SIGKILL for the postmaster and everything below it.
  void PullThePlug();
  void Promote();
  // Adds a line to postgresql.conf; takes effect at Restart() or pg_reload_conf().
  void AppendConf(const std::string &line);

  Session Connect(const std::string &database = "postgres", const std::string &user = "postgres",
                  const std::string &more = "");
  std::string ConnInfo(const std::string &database = "postgres",
                       const std::string &user = "postgres") const;
  // Runs psql, pg_dump and the like with host, port and user set; the rest are its arguments.
  ProcessResult RunClient(const std::string &program, const std::vector<std::string> &arguments);

  const std::string &dir() const { return dir_; }  // writable for the server
  const std::string &socket_dir() const { return dir_; }
  std::string log_path() const { return dir_ + "/log"; }
  std::string data_dir() const { return dir_ + "/data"; }
  int port() const { return port_; }
  pid_t pid() const { return pid_; }

  std::string Log() const;
  // Number of lines of the log that match the regular expression (ECMAScript).
  int CountInLog(const std::string &regex) const;
  // The test expects lines like this: they do not fail it.
  void AllowInLog(const std::string &regex) { allowed_.push_back(regex); }

 private:
  Cluster(const Cluster &primary, int);  // standby

  // For constructors, whose failure runs no destructor.
  void StartOrRemove();
  void CheckLog() const;

  std::string dir_;
  int port_ = 5432;
  bool tcp_ = false;
  pid_t pid_ = 0;
  std::vector<std::string> allowed_;
};

}  // namespace pg_lineage_test
