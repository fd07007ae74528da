// Fields of row types by their names.
#pragma once

#include "edge/server.h"
#include "lineage/resolve.h"

namespace pg_lineage {

// The place of a name in a list of names, from 1; of several the last, as in JSON; 0: none.
int PlaceOfName(List *names, const char *name);
// The number of the field of this name; 0: none.
int NumberIn(TupleDesc desc, const char *name);
// The number that a field of a row type has in another one, by its name; 0 when it has none.
int SameField(Oid type, int field, Oid other);
// The names of a row of `type`, or of the rows in an array; false when the type says nothing.
bool AddNamesOf(Oid type, int32 typmod, AskedNames *asked);

}  // namespace pg_lineage
