// What `ingest` has sent to a catalog, by hash, kept from run to run: what has not changed is not
// sent again.
//
// Kept in the tables of the extension, shared with the daemon; where that is not to be had (no
// extension, no right to it), in a file below `shipper.stateDirectory`, whose loss costs one full
// run. A catalog that has lost the service, or has another one of its name, is sent everything.
//
//   IngestMemory memory(&session, config, sink.name());
//   Status status = memory.Load(&sink);
//   Ingest(&session.Get(), config, &sink, {}, &memory.book, [&] { memory.Save(); }, nullptr);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config.h"
#include "queue/pg_session.h"
#include "result.h"
#include "sent_book.h"
#include "sink/sink.h"
#include "state_file.h"

namespace shipper {

// Where state files go: what the workflow says, else where the system keeps such things; "" where
// there is no such place.
std::string StateDirectory(const ShipperConfig &config);

// Whether what a key of a memory stands for is an entity, or is below it.
bool IsOf(const std::string &key, const EntityName &name);

class IngestMemory {
 public:
  // `session` is one with the database that is ingested and outlives the memory.
  IngestMemory(PgSession *session, const Config &config, std::string sink);

  // Reads what is known. Not done: the sink does not say whether it still has the service.
  Status Load(Sink *sink);
  // Keeps the changes of `book`. A file that cannot be written is a warning.
  void Save();
  void Forget(const std::vector<EntityName> &gone);  // and all below them

  SentBook book;  // of entities, by the keys that Delivery has for them

 private:
  void Each(const StateFile::Use &use);
  bool LearnFromExtension();
  void LearnKey(const std::string &key, const std::optional<std::string> &value);
  void DropSent();

  PgSession *session_;
  const Config &config_;
  std::string sink_;
  std::optional<StateFile> file_;  // nothing where the extension keeps it, or nobody does
  bool in_extension_ = false;
  bool warned_ = false;
  std::string service_;  // id of the service when it was last seen
};

}  // namespace shipper
