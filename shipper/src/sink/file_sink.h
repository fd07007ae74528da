// The dry-run sink: the exact requests, one JSON object a line, to look at or to replay.
//
//   {"method":"PUT","path":"/v1/tables","body":{…}}
//   {"method":"DELETE","path":"/v1/lineage/table/name/…/table/name/…","body":null}
//
// References that a server would answer with an id stand by fully qualified name. Lines are written
// and made durable by Flush(); a line that a crash cut off is removed when the file is opened
// again. Target "-" is stdout.
#pragma once

#include <string>

#include "sink/sink.h"

namespace shipper {

class FileSink : public Sink {
 public:
  explicit FileSink(const std::string &path);
  ~FileSink() override;
  FileSink(const FileSink &) = delete;
  FileSink &operator=(const FileSink &) = delete;

  const std::string &name() const override { return name_; }
  Status PutEntity(const Entity &entity) override;
  Status PutLineage(const LineageEdge &edge) override;
  Status DeleteEntity(const EntityName &entity) override;
  // A file cannot be asked what it holds.
  Status Fetch(const EntityName &, nlohmann::json *) override { return Status::Done(); }
  Status List(const std::string &, const std::string &, std::string *,
              std::vector<std::string> *) override {
    return Status::Done();
  }
  Status DeleteLineage(const EdgeEnds &edge) override;
  Status Flush() override;
  Status Check() override;
  bool Empty() override;

 private:
  Status Open();
  void CutTornLine();
  void Append(const std::string &method, const std::string &path, const nlohmann::json &body);

  std::string path_;
  std::string name_;
  std::string buffer_;
  int fd_ = -1;
};

}  // namespace shipper
