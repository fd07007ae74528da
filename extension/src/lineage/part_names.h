// The names by which parts of a value are told, where a statement says them as constants.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"

namespace pg_lineage {

// The text of a constant name, in the current context; NULL where it is none.
const char *ConstantName(Node *expr);
// Names in turn; false where one of them is not constant.
bool ConstantNames(List *exprs, PodVector<const char *> *names);
// The same of an array of names.
bool NamesInArray(Node *expr, PodVector<const char *> *names);
// In a path a number is a name where an object is, and an element where an array is.
bool MayBeElement(const char *name);

}  // namespace pg_lineage
