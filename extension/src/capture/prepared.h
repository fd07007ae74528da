// EXECUTE name(…): the server computes the arguments before the prepared statement runs, and they
// may read: the functions in them are called for the utility statement, and what they gave is what
// the parameters of the statement hold.
#pragma once

#include "capture/utility.h"

namespace pg_lineage {

// The EXECUTE that a utility statement is, or that EXPLAIN or CREATE TABLE AS runs; NULL: none, or
// one whose arguments are constants.
ExecuteStmt *ComputingExecuteIn(Node *statement);

// Fills state->shape: its outputs are the arguments. Nothing where they cannot be analysed.
void PrepareExecute(UtilityState *state, ExecuteStmt *execute);

// Gives a query that such an EXECUTE runs its parameters; false: something else runs it.
bool TakeArguments(RunState *run, const UtilityState *utility);

}  // namespace pg_lineage
