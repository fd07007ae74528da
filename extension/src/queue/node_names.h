// What a relation is called, remembered from when the backend first met it, because at PRE_COMMIT
// it may be gone. Lives with the event cache and is dropped with it. Looks only into catalogs.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

struct NodeNames {
  Oid relid;  // first: hash key
  char relkind;
  int natts;
  const char *schema;
  const char *name;
  const char **columns;  // by attribute number - 1; NULL where dropped
  uint32 read_at;        // the count of changes of all relations when this was read
  bool stale;            // the relation has changed since
  uint32 version;        // another one each time names are read
};

// Remembers the names of a relation unless they are known. When it has changed since, they are
// read again if `fresh`, or if columns came. NULL when the relation is not known and not there.
const NodeNames *NodeNamesOf(Oid relid, bool fresh);

// True when they are what the relation is called as far as this backend can know.
bool NamesHold(const NodeNames *names);

// Forgets all names.
void NodeNamesReset();

}  // namespace pg_lineage
