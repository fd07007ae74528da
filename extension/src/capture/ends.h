// Notes what makes edges end, as it happens: relations and columns that go, by whatever command and
// with DDL capture on or off. What it comes to is decided at PRE_COMMIT (queue/ends.h).
#pragma once

#include "capture/call_stack.h"
#include "edge/pod_vector.h"
#include "edge/server.h"

namespace pg_lineage {

// A relation, or with `column` a column of it, is about to be dropped. Called from the object
// access hook; never fails the command.
void NoteGone(Oid relid, int column);

// A routine was created or replaced, or is about to be dropped. From the same hook.
void NoteRoutine(Oid routine, bool dropped);

// A rule, or a trigger, was enabled or disabled, or is about to be dropped. From the same hook.
void NoteRule(Oid rule);
void NoteTrigger(Oid trigger);

// The functions of the triggers noted since this was asked last in the running transaction, as far
// as the store knows of them: what they declare is to be read again.
PodVector<Oid> TakeTriggerFunctions();
// At the end of a transaction.
void ForgetTriggerFunctions();

// A routine has completed; to be called while RunsMatter() (queue/routine_ends.h). `version`: of
// the body that ran, where it is known.
void NoteRun(const StackNode *node, uint64 version);

// True when what the store knows of a routine makes it worth while to read its body, now that it
// was created or replaced.
bool BodyMatters(Oid routine);

}  // namespace pg_lineage
