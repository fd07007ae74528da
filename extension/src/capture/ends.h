// Notes what makes edges end, as it happens: relations and columns that go, by whatever command and
// with DDL capture on or off. What it comes to is decided at PRE_COMMIT (queue/ends.h).
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// A relation, or with `column` a column of it, is about to be dropped. Called from the object
// access hook; never fails the command.
void NoteGone(Oid relid, int column);

}  // namespace pg_lineage
