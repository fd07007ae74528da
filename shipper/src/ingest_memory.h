// What `ingest` has sent to a catalog, by hash, kept from run to run: what has not changed is not
// sent again.
//
// Kept in the tables of the extension, shared with the daemon; where that is not to be had (no
// extension, no right to it), in a file below `shipper.stateDirectory`, whose loss costs one full
// run. A catalog that has lost the service, or has another one of its name, is sent everything.
//
//   IngestMemory memory(&session, config, sink.name());
//   Status status = memory.Load(&sink);
//   Ingest(&session.Get(), config, &sink, {}, &memory.state, nullptr);
//   memory.Save();
#pragma once

#include <map>
#include <string>

#include "config.h"
#include "queue/pg_session.h"
#include "result.h"
#include "sink/sink.h"

namespace shipper {

// Where state files go: what the workflow says, else where the system keeps such things; "" where
// there is no such place.
std::string StateDirectory(const ShipperConfig &config);

class IngestMemory {
 public:
  // `session` is one with the database that is ingested and outlives the memory.
  IngestMemory(PgSession *session, const Config &config, std::string sink);

  // Reads what is known. Not done: the sink does not say whether it still has the service.
  Status Load(Sink *sink);
  // Keeps what `state` is now. A file that cannot be written is a warning.
  void Save();
  void Forget(const EntityName &gone);  // and all below it

  std::map<std::string, std::string> state;  // as Delivery keeps it

 private:
  bool LoadFromExtension();
  void LoadFromFile();
  void SaveToFile() const;

  PgSession *session_;
  const Config &config_;
  std::string sink_;
  std::string path_;  // of the file; "" where there is none
  bool in_extension_ = false;
  std::map<std::string, std::string> saved_;
};

}  // namespace shipper
