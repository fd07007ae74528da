// One metadata run: the entities of a database, a schema or one object into a sink.
//
// An object that the sink refuses, or that cannot be read, is reported by name and stops no other;
// an outage of the sink ends the run, which may be begun again: what was taken is in the book (hash
// of each request by FQN) and is not sent twice. It is given away to be kept a few thousand objects
// at a time, each time after the sink made them durable, so that neither memory nor what a killed
// run has to repeat grows with the catalog. Nothing is deleted here, and a caller may conclude
// nothing about what is gone where `complete` is false.
//
//   SentBook book;
//   IngestResult result = Ingest(&pg, config, &sink, {}, &book, [&] { Keep(book.Take()); }, {});
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config.h"
#include "queue/pg_connection.h"
#include "result.h"
#include "sent_book.h"
#include "sink/sink.h"

namespace shipper {

struct IngestScope {
  enum class Kind { kDatabase, kSchema, kTable, kRoutine };
  Kind kind = Kind::kDatabase;
  std::string identity;  // "sales", "public.orders", "public.load(date)"; of a database nothing
};

struct IngestCounts {
  std::map<std::string, long> sent;  // by entity type
  long unchanged = 0;
  long filtered = 0;
  long failed = 0;
  long expected = 0;   // how many there will be of sent, unchanged and failed, near enough
  long total() const;  // sent, of all types
};

struct IngestFailure {
  std::string object;  // FQN, or what could not be read
  std::string reason;
  bool unread = false;  // the database's fault, not the sink's
};

struct IngestResult {
  IngestCounts counts;
  std::vector<std::string> warnings;
  std::vector<IngestFailure> failures;
  bool seen = false;     // the scope holds anything at all
  bool complete = true;  // all of the scope was read and given to the sink
  Status status;         // not done: the outage that ended the run
};

// Called after each object that was sent, unchanged or refused.
using IngestProgress = std::function<void(const IngestCounts &)>;

// `keep` takes the changes of the book.
IngestResult Ingest(PgConnection *pg, const Config &config, Sink *sink, const IngestScope &scope,
                    SentBook *book, const std::function<void()> &keep,
                    const IngestProgress &progress);

// Databases that a run with ingestAllDatabases covers; else the configured one alone.
std::vector<std::string> IngestDatabases(PgConnection *pg, const Config &config);

}  // namespace shipper
