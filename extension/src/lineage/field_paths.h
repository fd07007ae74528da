// Paths to parts of values as numbers, so that symbols of a shape and variables of a routine can
// name them, and names of parts as pointers.
//
// A path of one number is that number: a field of a row. Other paths, which hold names or go into
// rows in rows, are kept for the life of the backend; the number of those is bounded, and what has
// no number is not told from the whole value.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

struct FieldPath;

constexpr int16 kWholeValue = 0;

// The first step of a path, and the number of the rest of it.
struct PathStep {
  int field;         // from 1; 0: by name
  const char *name;  // as InternName() gives it; NULL: by number
  int16 then;        // kWholeValue: that is all
};

// The number of a path; kWholeValue when it gets none.
int16 PathNumber(const FieldPath &path);
// A path by its number, which is not kWholeValue.
PathStep StepOf(int16 path);
// The one pointer for a name; NULL when there are too many.
const char *InternName(const char *name);

}  // namespace pg_lineage
