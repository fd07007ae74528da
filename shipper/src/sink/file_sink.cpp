#include "sink/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sink/collections.h"

namespace shipper {

namespace {

constexpr char kLineStart[] = "{\"method\":";

std::string Reason() { return std::strerror(errno); }

// What a person who waits for it has to mend, where it is that.
Status CannotOpen(const std::string &path, int error) {
  const std::string why = "cannot open " + path + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return Status::Outage(
          why + "; mend sink.config.filename, or --sink: a file in a directory " + "that is there",
          0, Fault::kAddress);
    case EACCES:
    case EPERM:
    case EROFS:
      return Status::Outage(why + "; allow this user to write it, or name another file", 0,
                            Fault::kCredential);
    default:
      return Status::Outage(why);
  }
}

}  // namespace

FileSink::FileSink(const std::string &path) : path_(path), name_("file:" + path) {}

FileSink::~FileSink() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

Status FileSink::Open() {
  if (fd_ >= 0) return Status::Done();
  if (path_ == "-") {
    fd_ = STDOUT_FILENO;
    return Status::Done();
  }
  fd_ = open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return CannotOpen(path_, errno);
  CutTornLine();
  return Status::Done();
}

// Removes a last line of ours that has no end; anything else in the file is left alone.
void FileSink::CutTornLine() {
  struct stat info;
  if (fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return;
  std::string tail;
  off_t start = info.st_size;
  while (start > 0 && tail.find('\n') == std::string::npos) {
    char block[4096];
    off_t from = start > static_cast<off_t>(sizeof block) ? start - sizeof block : 0;
    ssize_t got = pread(fd_, block, start - from, from);
    if (got != start - from) return;
    tail.insert(0, block, got);
    start = from;
  }
  size_t newline = tail.rfind('\n');
  std::string last = newline == std::string::npos ? tail : tail.substr(newline + 1);
  const size_t compared = std::min(last.size(), std::strlen(kLineStart));
  if (last.empty() || last.compare(0, compared, kLineStart, compared) != 0) return;
  if (ftruncate(fd_, info.st_size - static_cast<off_t>(last.size())) != 0) return;
}

void FileSink::Append(const std::string &method, const std::string &path,
                      const nlohmann::json &body) {
  nlohmann::ordered_json line;
  line["method"] = method;
  line["path"] = path;
  line["body"] = body;
  buffer_ += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Status FileSink::PutEntity(const Entity &entity) {
  Append("PUT", entity.path, entity.body);
  return Status::Done();
}

Status FileSink::DeleteEntity(const EntityName &entity) {
  Append("DELETE",
         "/v1" + CollectionOf(entity.type) + "/name/" + PercentEncode(entity.fqn) + kSoftDelete,
         nullptr);
  return Status::Done();
}

Status FileSink::PutLineage(const LineageEdge &edge) {
  auto end = [](const std::string &fqn) {
    return nlohmann::json{{"type", "table"}, {"fullyQualifiedName", fqn}};
  };
  Append("PUT", "/v1/lineage",
         {{"edge",
           {{"fromEntity", end(edge.from_fqn)},
            {"toEntity", end(edge.to_fqn)},
            {"lineageDetails", edge.details}}}});
  return Status::Done();
}

Status FileSink::DeleteLineage(const EdgeEnds &edge) {
  Append("DELETE",
         "/v1/lineage/table/name/" + PercentEncode(edge.from_fqn) + "/table/name/" +
             PercentEncode(edge.to_fqn),
         nullptr);
  return Status::Done();
}

Status FileSink::Flush() {
  if (buffer_.empty()) return Status::Done();
  std::string buffer = std::move(buffer_);
  buffer_.clear();
  Status opened = Open();
  if (!opened.ok()) return opened;
  const bool to_stdout = fd_ == STDOUT_FILENO;
  off_t before = to_stdout ? 0 : lseek(fd_, 0, SEEK_END);
  size_t done = 0;
  while (done < buffer.size()) {
    ssize_t written = write(fd_, buffer.data() + done, buffer.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      std::string reason = Reason();
      bool whole = !to_stdout && ftruncate(fd_, before) == 0;  // no half a batch
      return Status::Outage("cannot write " + path_ + ": " + reason +
                            (whole ? "" : "; the last line is torn"));
    }
    done += written;
  }
  if (fsync(fd_) != 0 && errno != EINVAL && errno != EROFS)
    return Status::Outage("cannot make " + path_ + " durable: " + Reason());
  return Status::Done();
}

Status FileSink::Check() { return Open(); }

// A file that was taken away or emptied: what was sent into it before is gone with it.
bool FileSink::Empty() {
  struct stat info;
  return Open().ok() && fstat(fd_, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0;
}

}  // namespace shipper
