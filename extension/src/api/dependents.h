// What the catalog ties to a relation or a column of it: views, routines with a body that is kept
// parsed, inheriting tables, generated columns, foreign keys and policies of other tables.
//
// That is pg_depend without what goes along silently: a table's own indexes, constraints, triggers
// and types. Reads the catalog by its own snapshot; takes no lock on what it finds. Memory is the
// current context's.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"

namespace pg_lineage {

struct Dependent {
  Oid relid;          // a relation; InvalidOid for anything else
  AttrNumber column;  // of it; 0: the whole relation
  const char *type;   // of what is no relation: routine, or as pg_identify_object() says
  const char *name;   // of what is no relation
};

// What depends on a relation (column 0) or on one column of it.
PodVector<Dependent> DependentsOf(Oid relid, AttrNumber column);

}  // namespace pg_lineage
