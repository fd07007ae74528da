// What pg_class says of a relation, as far as every statement that is read anew asks for it.
//
// A look-up in the server's cache costs some 200 instructions, the name of a schema 250, and a
// shape asks for each of its relations several times. Kept until the catalog changes.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

struct RelationFacts {
  Oid relid;
  Oid schema;
  int width;       // attributes, dropped ones included
  char kind;       // relkind
  bool temporary;  // relpersistence
  bool parent;     // has, or had, tables below it
  bool partition;
  bool internal;  // of the system's schemas or ours
};

// Nothing but zeros when it is gone. Good until the next look-up of any relation.
const RelationFacts *FactsOf(Oid relid);

}  // namespace pg_lineage
