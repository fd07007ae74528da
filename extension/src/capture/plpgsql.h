// PL/pgSQL: the plugin slot, and how values flow through a routine's variables.
//
// The slot ("PLpgSQL_plugin") is shared with debuggers and checkers: whoever was there before is
// called on, and a plugin that takes the slot without chaining is chained in turn at the next
// outermost statement (RetakePluginSlot). estate->plugin_info belongs to all plugins together and
// is never touched. All state hangs on RoutineFrames (capture/frame.h).
#pragma once

#include "capture/executor.h"
#include "capture/frame.h"
#include "capture/plpgsql_info.h"
#include "edge/server.h"

namespace pg_lineage {

void InstallPlpgsqlPlugin();
void RetakePluginSlot();

// A query begins directly under a PL/pgSQL frame: binds it to the statement that runs it and gives
// its outputs to where that statement puts them.
void BindToFrame(RunState *run, RoutineFrame *frame);
// Gives the outputs again, when calls in the query have been observed meanwhile.
void AssignOutputs(RunState *run);

// True when a query that begins under a frame carries nothing: parameters without sources, no
// condition, nobody who looks at it. Allocates nothing, cannot fail.
bool CarriesNothing(const QueryDesc *query, const Shape *shape, const RoutineFrame *frame);
// The same for the arguments of a CALL.
bool ArgumentsCarryNothing(const CallStmt *call, ParamListInfo params);

// The sets of a function's arguments as its caller below `node` passes them.
void CallerArguments(const StackNode *node, const Callee &callee, ArgumentSets *out);
// What decides that a routine called from `node` runs; writes of `run` that fire it included.
const SourceSet *CallerCondition(const StackNode *node);
// What decides how many rows a run moves, and that it runs what it calls or fires.
const SourceSet *RunDecides(RunState *run);
// Hands what a routine returned to whoever called it.
// A STRICT function runs because none of its arguments is NULL.
void NoteStrictness(RoutineFrame *frame, const ArgumentSets &arguments);
// A trigger of the caller's statement lets rows through or not: that decides about what fires
// after.
void DecideFurther(const StackNode *caller, const SourceSet *condition);

// ---- capture/results.cpp -----------------------------------------------------------------------

// A routine gave `result` to whoever calls it.
void ReportResult(const StackNode *caller, const Callee &callee, const ResultTaint &result);
// A SQL function without a frame ran a query: its body is part of the caller's statement, and so
// are the calls in it.
void ReportCalls(const StackNode *caller, const RunState *run);

// ---- capture/plpgsql_flow.cpp: one rule per statement ------------------------------------------

void BeginStatement(RoutineFrame *frame, PLpgSQL_stmt *statement);
void EndStatement(RoutineFrame *frame, PLpgSQL_stmt *statement);
// The same for the common case that needs no memory and so cannot fail: no guard is put round them.
// False: nothing was done, the full rule must run.
bool BeginStatementQuickly(RoutineFrame *frame, PLpgSQL_stmt *statement);
bool EndStatementQuickly(RoutineFrame *frame, PLpgSQL_stmt *statement);
// A variable of a block takes its initial value.
void DeclareVariable(RoutineFrame *frame, int dno);

// ---- capture/plpgsql_variables.cpp --------------------------------------------------------------

// A value to variable `dno`; in all variables of a list, in the record of a field.
void SetDatum(RoutineFrame *frame, int dno, const SourceSet *set);
// The same of a field, when that allocates nothing; false: nothing was done.
bool SetFieldQuickly(RoutineFrame *frame, const PLpgSQL_recfield *field, const SourceSet *set);
// `sets` to a target variable, position by position.
void AssignVariable(RoutineFrame *frame, PLpgSQL_datum *target, int size,
                    const SourceSet *const *sets, const RecordTaint *const *parts = nullptr);
// Positions of a row become attribute numbers of its type, where the two differ: it has dropped
// ones.
void SpreadOverLive(Oid row_type, PodVector<const SourceSet *> *sets);
// The parts of what variable `dno` holds, or the one in place `number` of a list or record; NULL:
// not known.
void SetParts(RoutineFrame *frame, int dno, const RecordTaint *parts);
void SetPart(RoutineFrame *frame, PLpgSQL_datum *target, int number, const RecordTaint *parts);
// The parts of a query's outputs, to the variables of `target` that take these; `deciding` is added
// to each.
void AssignParts(RoutineFrame *frame, PLpgSQL_datum *target, const ResolveContext &context,
                 const SourceSet *deciding);
void ReadVariable(RoutineFrame *frame, int dno, ResultTaint *out);

// ---- capture/plpgsql_rounds.cpp: what a loop's variables hold when a round begins ---------------

// FOR over integers or FOREACH has given its variable what it holds in each round.
void KeepRound(const RoutineFrame *frame, StatementEntry *loop);
// Another round of `loop`, whose body assigns to the loop's variables.
void BeginRound(RoutineFrame *frame, StatementEntry *loop);

// ---- capture/plpgsql_conditions.cpp: what decides without giving a value ------------------------

// The first `count` conditions of IF, CASE, WHILE, as they decide what is inside.
const SourceSet *ConditionsOf(RoutineFrame *frame, PLpgSQL_stmt *statement, int count);
// True when these are known to be made of nothing. Allocates nothing, cannot fail.
bool DecidesByNothing(RoutineFrame *frame, PLpgSQL_stmt *statement, int count);
// What decides how many rounds FOR over integers and FOREACH make; nothing for other statements.
const SourceSet *RoundsOf(RoutineFrame *frame, PLpgSQL_stmt *statement);
// IF x THEN RETURN; EXIT WHEN x; WHILE x LOOP … RETURN: what follows the statement, at its end,
// runs because x was not so.
void NoteJump(RoutineFrame *frame, const StatementEntry &entry, const Jumps &jumps);
// FOUND and ROW_COUNT after a statement. Allocates nothing where nothing decides that it runs.
void NoteOutcome(RoutineFrame *frame, const StatementEntry &entry);
// An exception handler of the block `parent` runs because of what the statement that failed looked
// at, and because of what decided that it ran. Reads no query: the failure may be a cancel.
void NoteFailure(RoutineFrame *frame, uint32 parent);

// ---- capture/plpgsql_expr.cpp -------------------------------------------------------------------

// Forgets evaluations that hold interned sets (they were reset).
void ExprMemosReset();
// The shape of an expression's query, kept with its plan; NULL while it has no valid plan.
const Shape *ExprShape(PLpgSQL_expr *expr);
// The same if it has been read before; NULL otherwise, no query is read.
const Shape *KnownExprShape(PLpgSQL_expr *expr);
// All that a query of `statement` looks at, values and conditions alike; NULL: an expression.
const SourceSet *ShapeInputs(RoutineFrame *frame, PLpgSQL_stmt *statement, const Shape *shape);
// What the value of an expression is made of, in the frame as it is now.
const SourceSet *ExprValue(RoutineFrame *frame, PLpgSQL_expr *expr);
// The value if it is known without allocating anything; NULL otherwise. Its parts as well, where
// these are asked for.
const SourceSet *ExprValueKnown(RoutineFrame *frame, PLpgSQL_expr *expr,
                                const RecordTaint **parts = nullptr);
// The same field by field, for a composite value; one column for a scalar.
void ExprColumns(RoutineFrame *frame, PLpgSQL_expr *expr, ResultTaint *out);
// The parts of a value: of the rows in an array, of JSON; NULL: not known.
const RecordTaint *ExprParts(RoutineFrame *frame, PLpgSQL_expr *expr);
// True for an expression whose value is a row: its fields are columns of their own.
bool GivesRow(RoutineFrame *frame, PLpgSQL_expr *expr);

}  // namespace pg_lineage
