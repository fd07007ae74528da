// Clusters of cluster.h: directories, processes, log.
#include "cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

namespace pg_lineage_test {

namespace fs = std::filesystem;

namespace {

const char *const kBaseConf = R"(
listen_addresses = ''
fsync = off
shared_buffers = 32MB
max_connections = 40
max_prepared_transactions = 10
wal_level = logical
log_line_prefix = '%m [%p] %e %q%u@%d '
log_min_messages = warning
timezone = 'UTC'
)";

// The server says these by itself when it is stopped or started.
const char *const kAlwaysAllowed[] = {
    "FATAL: .*terminating .* due to administrator command",
    "FATAL: .*the database system is (starting up|shutting down|not yet accepting)",
};

const char *const kSuspicious =
    "terminated by signal|PANIC: |FATAL: |WARNING: | XX[0-9A-Z]{3} |TRAP: |LOG:  pg_lineage: ";

// The system user the server runs as; null for "whoever we are".
const passwd *ServerUser() {
  if (geteuid() != 0) return nullptr;
  const passwd *user = getpwnam("postgres");
  if (!user) throw std::runtime_error("running as root needs a system user postgres");
  return user;
}

// In the child, between fork and exec: become the server's user, with output going to a file.
[[noreturn]] void BecomeAndExec(const std::vector<std::string> &argv, int output, bool daemon) {
  if (const passwd *user = ServerUser()) {
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0) {
      _exit(126);
    }
  }
  if (daemon) {
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
  }
  int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  std::vector<char *> args;
  for (const std::string &arg : argv) args.push_back(const_cast<char *>(arg.c_str()));
  args.push_back(nullptr);
  if (chdir("/") == 0) execv(args[0], args.data());
  _exit(127);
}

int ExitStatus(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Runs what must succeed.
void Must(const std::vector<std::string> &argv) {
  ProcessResult result = RunAsServer(argv);
  if (result.status != 0) throw std::runtime_error(argv[0] + " failed: " + result.output);
}

std::string MakeTempDirectory() {
  const char *base = getenv("TMPDIR");
  std::string path = std::string(base ? base : "/tmp") + "/pgl.XXXXXX";
  if (!mkdtemp(path.data())) throw std::runtime_error("mkdtemp " + path);
  if (const passwd *user = ServerUser()) {
    if (chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("chown " + path);
    }
  }
  return path;
}

// initdb once per test program; each cluster copies the result.
const std::string &FreshDataDirectory() {
  struct Template {
    Template() : dir(MakeTempDirectory()), data(dir + "/data") {
      Must({PgProgram("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8",
            "--locale=C", "--no-instructions"});
    }
    ~Template() { fs::remove_all(dir); }
    std::string dir;
    std::string data;
  };
  static Template made;
  return made.data;
}

int FreePort() {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bool bound = bind(fd, reinterpret_cast<sockaddr *>(&address), length) == 0 &&
               getsockname(fd, reinterpret_cast<sockaddr *>(&address), &length) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

// Every process below pid, found through /proc.
std::vector<pid_t> Children(pid_t pid) {
  std::vector<pid_t> found;
  std::ifstream list("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  for (pid_t child; list >> child;) found.push_back(child);
  return found;
}

std::string ReadFile(const std::string &path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

ProcessResult RunAsServer(const std::vector<std::string> &argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  pid_t child = fork();
  if (child == 0) BecomeAndExec(argv, ends[1], false);
  close(ends[1]);
  ProcessResult result = {0, ""};
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    result.output.append(buffer, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  result.status = ExitStatus(status);
  return result;
}

std::string PgProgram(const std::string &name) {
  static const std::string bindir = [] {
    if (const char *dir = getenv("PGBIN")) return std::string(dir);
    const char *config = getenv("PG_CONFIG");
    ProcessResult result =
        RunAsServer({"/bin/sh", "-c", "\"$0\" --bindir", config ? config : "pg_config"});
    if (result.status != 0) throw std::runtime_error("pg_config: " + result.output);
    return result.output.substr(0, result.output.find('\n'));
  }();
  return bindir + "/" + name;
}

bool WaitUntil(const std::function<bool()> &condition, double seconds) {
  auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

Cluster::Cluster(ClusterOptions options) : dir_(MakeTempDirectory()), tcp_(options.tcp) {
  if (tcp_) port_ = FreePort();
  Must({"/bin/cp", "-a", FreshDataDirectory(), data_dir()});
  AppendConf(kBaseConf);
  AppendConf("port = " + std::to_string(port_));
  AppendConf("unix_socket_directories = '" + dir_ + "'");
  AppendConf("shared_preload_libraries = '" + options.preload + "'");
  if (tcp_) AppendConf("listen_addresses = '127.0.0.1'");
  for (const std::string &line : options.conf) AppendConf(line);
  if (options.start) StartOrRemove();
}

Cluster::Cluster(const Cluster &primary, int) : dir_(MakeTempDirectory()) {
  Must({PgProgram("pg_basebackup"), "-D", data_dir(), "-h", primary.dir_, "-p",
        std::to_string(primary.port_), "-U", "postgres", "-R", "-X", "stream", "-c", "fast"});
  AppendConf("port = " + std::to_string(port_));
  AppendConf("unix_socket_directories = '" + dir_ + "'");
  AppendConf("listen_addresses = ''");
  StartOrRemove();
}

Cluster::~Cluster() {
  try {
    if (pid_ != 0) Stop();
    CheckLog();
  } catch (const std::exception &error) {
    ADD_FAILURE() << "cluster " << dir_ << " did not end well: " << error.what();
  }
  if (!getenv("PG_LINEAGE_KEEP")) fs::remove_all(dir_);
}

std::unique_ptr<Cluster> Cluster::CloneStandby() {
  return std::unique_ptr<Cluster>(new Cluster(*this, 0));
}

void Cluster::AppendConf(const std::string &line) {
  std::ofstream(data_dir() + "/postgresql.conf", std::ios::app) << line << '\n';
}

void Cluster::Start() {
  int log = open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  pid_ = fork();
  if (pid_ == 0) BecomeAndExec({PgProgram("postgres"), "-D", data_dir()}, log, true);
  close(log);
  int status = 0;
  bool ready = WaitUntil(
      [&] {
        if (waitpid(pid_, &status, WNOHANG) == pid_) pid_ = 0;
        return pid_ == 0 || PQping(ConnInfo().c_str()) == PQPING_OK;
      },
      60);
  if (ready && pid_ != 0) return;
  throw std::runtime_error("the server did not start:\n" + Log());
}

void Cluster::StartOrRemove() {
  try {
    Start();
  } catch (...) {
    fs::remove_all(dir_);
    throw;
  }
}

void Cluster::Stop(StopMode mode) {
  kill(pid_, mode == StopMode::kFast ? SIGINT : SIGQUIT);
  int status = 0;
  pid_t ended = 0;
  WaitUntil([&] { return (ended = waitpid(pid_, &status, WNOHANG)) != 0; }, 60);
  if (ended != pid_) {
    PullThePlug();
    throw std::runtime_error("the server did not stop in a minute");
  }
  pid_ = 0;
}

void Cluster::Restart(StopMode mode) {
  Stop(mode);
  Start();
}

void Cluster::PullThePlug() {
  kill(pid_, SIGSTOP);  // no new children while we count them
  std::vector<pid_t> children = Children(pid_);
  for (pid_t child : children) kill(child, SIGKILL);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
  for (pid_t child : children) WaitUntil([child] { return kill(child, 0) != 0; });
}

void Cluster::Promote() { Connect().Exec("SELECT pg_promote(true, 60)"); }

std::string Cluster::ConnInfo(const std::string &database, const std::string &user) const {
  return "host=" + dir_ + " port=" + std::to_string(port_) + " dbname=" + database +
         " user=" + user + " application_name=itest connect_timeout=20";
}

Session Cluster::Connect(const std::string &database, const std::string &user,
                         const std::string &more) {
  return Session(ConnInfo(database, user) + " " + more);
}

ProcessResult Cluster::RunClient(const std::string &program,
                                 const std::vector<std::string> &arguments) {
  std::vector<std::string> argv = {PgProgram(program),    "-h", dir_,      "-p",
                                   std::to_string(port_), "-U", "postgres"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return RunAsServer(argv);
}

std::string Cluster::Log() const { return ReadFile(log_path()); }

int Cluster::CountInLog(const std::string &regex) const {
  std::istringstream log(Log());
  std::regex wanted(regex);
  int count = 0;
  for (std::string line; std::getline(log, line);) count += std::regex_search(line, wanted);
  return count;
}

void Cluster::CheckLog() const {
  std::vector<std::regex> allowed(std::begin(kAlwaysAllowed), std::end(kAlwaysAllowed));
  for (const std::string &regex : allowed_) allowed.emplace_back(regex);
  std::regex suspicious(kSuspicious);
  std::istringstream log(Log());
  for (std::string line; std::getline(log, line);) {
    if (!std::regex_search(line, suspicious)) continue;
    bool expected = false;
    for (const std::regex &regex : allowed) expected = expected || std::regex_search(line, regex);
    if (!expected) ADD_FAILURE() << "unexpected in the server's log: " << line;
  }
}

}  // namespace pg_lineage_test
