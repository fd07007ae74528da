// The WHEN condition of a row trigger: columns of OLD and NEW that decide whether it fires.
#pragma once

#include "capture/frame.h"
#include "edge/server.h"

namespace pg_lineage {

// What decides, by its WHEN condition, that `trigger` fired for rows with these fields, which are
// numbered like the columns of the trigger's table. Either row may be NULL.
const SourceSet *WhenCondition(const Trigger *trigger, const RecordTaint *old_row,
                               const RecordTaint *new_row);

}  // namespace pg_lineage
