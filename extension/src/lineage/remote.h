// Databases that dblink reads: outside datasets named postgresql://host:port/database.
//
// The database is known where the call says it by a constant: a connection string, a foreign
// server, or the name of a connection, which stands for what the last dblink_connect() that was
// planned in this session opens under it; one under a name that only the run knows may change any
// of them. Else the dataset is called dblink: or dblink:NAME. Of a connection string only host,
// port and database are kept, and nothing of one that cannot be understood: it may hold a password
// anywhere.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// What a function of dblink does; cached with its traits.
enum class RemoteCall : uint8 {
  kNone,
  kRows,     // gives rows of another database: dblink(), dblink_fetch()
  kResult,   // the same, its one text names the connection: dblink_get_result()
  kConnect,  // opens a connection
};
RemoteCall RemoteCallOf(HeapTuple proc);

// The dataset whose rows a call gives, as columns of these names. For RemoteNow().
uint32 RemoteDataset(FuncExpr *call, RemoteCall kind, int size, const char *const *names);
// Notes what a call of kConnect opens.
void NoteConnection(FuncExpr *call);

// The dataset itself, now that the statement runs: what a connection's name stands for.
uint32 RemoteNow(uint32 dataset);
// Moves on whenever RemoteNow() may give another answer than before.
uint32 RemoteGeneration();

// The URI of a connection string; NULL where it cannot be understood.
char *RemoteUri(const char *connection);

}  // namespace pg_lineage
