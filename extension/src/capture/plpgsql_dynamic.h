// Statements of PL/pgSQL that execute a text: what USING passes to it, what its text decides, and
// where the rows go of a utility statement in it (CALL, FETCH, EXECUTE of a prepared query).
//
// All look at the frame as it is while the statement runs; what allocates may fail and belongs
// under the caller's guard.
#pragma once

#include "capture/frame.h"
#include "capture/plpgsql_info.h"
#include "edge/server.h"

namespace pg_lineage {

// The innermost statement that runs in a frame; NULL between statements.
PLpgSQL_stmt *CurrentStatement(const RoutineFrame *frame);
// The expression whose text is executed; NULL for a static statement.
PLpgSQL_expr *DynamicText(PLpgSQL_stmt *statement);
// The expressions after USING.
List *UsingOf(PLpgSQL_stmt *statement);

// A parameter of a statement's query: what USING passes, or a variable.
const SourceSet *StatementParam(RoutineFrame *frame, PLpgSQL_stmt *statement,
                                const ShapeParam &param);
// The parts of all of them, in the current context; NULL when nobody asks for them.
const RecordTaint **StatementRecords(RoutineFrame *frame, PLpgSQL_stmt *statement,
                                     const Shape *shape);
// The dynamic statement that runs directly at `node`; NULL: none. Allocates nothing, cannot fail.
PLpgSQL_stmt *DynamicStatementAt(const StackNode *node);
// A parameter of a utility statement that runs at `caller`, given `params`.
const SourceSet *GivenParam(const StackNode *caller, ParamListInfo params, const ShapeParam &param);
// A text that is put together decides what its statement does: its sources as conditions.
const SourceSet *TextDecides(const StackNode *node);

// True when the dynamic statement at `node` takes the rows of what it executes. Cannot fail.
bool TakesRows(const StackNode *node);
// Gives it those of a utility statement, column by column; `rows` decides that they are there.
void GiveRows(RoutineFrame *frame, const PodVector<const SourceSet *> &columns,
              const SourceSet *rows);
// What decides about the rows of a loop over a query decides about all in its body.
void DecideBody(RoutineFrame *frame, const PLpgSQL_stmt *statement, const SourceSet *deciding);

}  // namespace pg_lineage
