// What a routine would have given that a statement did not come to call: it ran, and all its arms
// count, though no row was there, CASE and COALESCE went another way, the planner had computed the
// call before, or a parallel worker made it. Read from the body, as for declared lineage
// (lineage/summary.h), in a subtransaction that waits for no lock.
//
// Bodies are read once per backend, until some definition changes (in one transaction three times
// at most); again in the next transaction where one stood behind a lock. What is kept of them holds
// interned sets: UncalledReset() when these are reset.
#pragma once

#include "capture/frame.h"

namespace pg_lineage {

// True when `observed` knows nothing of some call of `shape`.
bool MissesCalls(const Shape *shape, const ObservationList &observed);

// True when it knows something of one.
bool KnowsCalls(const Shape *shape, const ObservationList &observed);
// Changes when bodies may have to be read again.
uint64 BodiesRead();

// Adds to `observed` what the calls of `shape` would give of which it knows nothing. Not inside the
// reading of bodies, in parallel mode or where routines are not followed; what cannot be read stays
// unknown.
void ObserveUncalled(const Shape *shape, const SourceSet *const *params, ObservationList *observed);

void UncalledReset();

}  // namespace pg_lineage
