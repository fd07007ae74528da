// The rows that a trigger is called for, as lineage sees them.
//
// NEW and OLD are rows of the trigger's table: values stop there. What the firing statement brings
// decides about what a BEFORE trigger does; for a temporary table, which is no node, it is the
// value. Made once for a statement that fires the trigger for many rows. PL/pgSQL hands its trigger
// over; for other languages FindTrigger() looks for it in the query that fires.
#pragma once

#include "capture/executor.h"
#include "edge/server.h"

namespace pg_lineage {

// Notes in the frame which trigger it runs; NEW and OLD, both NULL for a trigger of a statement.
// `type`: as in pg_trigger.tgtype, with the event that fired it alone where that is known.
FiredRows EnterTrigger(RoutineFrame *frame, const StackNode *caller, Relation relation, int16 type);
int16 TypeOf(TriggerEvent event);
// True when the rows are those of the trigger that the caller fired last: nothing is allocated
// then.
bool RowsKnown(const StackNode *caller, Relation relation, int16 type);

// The write of the firing statement whose table, or partition root, the trigger's table is.
Oid FiringTarget(const Shape *shape, Oid trigger_relation);

struct StoredTrigger {
  Oid relation;
  int16 type;     // pg_trigger.tgtype
  bool internal;  // of a constraint
  bool disabled;
  Oid function;
  Oid parent;  // of the root's trigger that a partition has a copy of; InvalidOid: none
};
// A row of pg_trigger; false when it is gone. There is no syscache by OID.
bool ReadTrigger(Oid trigger, StoredTrigger *out);

struct CalledTrigger {
  Oid relation;
  int16 type;
};
// The trigger that `function`, called from `caller`, runs for; false when that cannot be told.
bool FindTrigger(const StackNode *caller, const FmgrInfo *function, CalledTrigger *out);

}  // namespace pg_lineage
