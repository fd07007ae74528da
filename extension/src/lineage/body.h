// Inside the making of summaries (lineage/summary.h): one body that is being read.
//
// body.cpp holds what is common to all languages: statements as shapes, calls, failures;
// body_sql.cpp and body_plpgsql*.cpp read the bodies, body_utility.cpp the statements without a
// plan.
#pragma once

#include "lineage/shape.h"
#include "lineage/summary.h"

namespace pg_lineage {

struct Activation {
  Definitions *definitions;
  Summary *summary;
  const SourceSet *called_under;    // decides that it is called: the symbol of its caller's
  const SourceSet *base_condition;  // what decides that the body goes on
  const SourceSet *condition;       // that the present statement runs, base included
  const SourceSet *(*parameter)(Activation *activation, int paramid, int field);
  ParserSetupHook parser_setup;
  void *parser_argument;
  QueryEnvironment *tables;  // transition tables; NULL: none
  Oid owner;                 // of the routine
  int branches;              // arms, loops and handlers around the present statement
};

// What decides that the present statement runs, for what it writes: what it gives goes to the
// caller's statement, which says itself what decides about it.
inline const SourceSet *WriteCondition(const Activation *activation) {
  return UnionSets(activation->called_under, activation->condition);
}

// What a statement gave.
struct StatementRun {
  const Shape *shape;
  const SourceSet **params;
  ObservationList observed;
  const SourceSet *rows;  // what decides about its rows
};

// Symbols: argument `number` (from 0), whole or field by field; and what decides about the call.
constexpr int kCallerDecides = 127;
const SourceSet *Symbolic(const Summary *summary, int number, int field, uint8 kind);
// A whole argument of a composite type.
const RecordTaint *SymbolicRecord(const Summary *summary, int number, Oid type);

// The shape of an analysed query; every call in it is a site of its own.
Shape *ReadShape(Query *query);
Shape *ReadCallShape(FuncExpr *call);
// What a call is given.
void TakeCallArguments(const ResolveContext &context, const ShapeCall &call, ArgumentSets *out);
// What a routine gives to one call of it; into the current memory context.
void ResultOfCall(const Summary *summary, const ArgumentSets &arguments, const SourceSet *condition,
                  ResultTaint *result);
// Analyses a statement with the body's parser hooks; rewritten, no other hook is called.
List *AnalyseStatement(Activation *activation, RawStmt *statement, const char *text);

// Runs a statement on paper: resolves it, follows its calls, notes what it writes.
void RunShape(Activation *activation, const Shape *shape, StatementRun *run);
// What each output column, or each field of the only one, is made of; with what decides.
void RunOutputs(const Activation *activation, const StatementRun *run, bool fields,
                PodVector<const SourceSet *> *sets);
// A utility statement.
void RunUtility(Activation *activation, Node *statement, const char *text);

// Notes a write; the same one met again (a loop) gains sources.
void NoteWrite(Activation *activation, const SummaryWrite &write);

// The same, into a temporary table where `temp`: that is remembered there.
void NoteTableWrite(Activation *activation, const SummaryWrite &write, bool temp);

// True when the present statement, taking all rows of a table, leaves nothing of what was in it:
// the table is this body's own, and no way leads around the statement.
bool MayForget(const Activation *activation, Oid relid);
// A way leads out of here to where the simulated tables hold what they hold now.
void KeepTables(Activation *activation);

// Changes when what is known of the simulated tables does.
uint64 HeldInTables(const Definitions *definitions);

// Notes that something could not be analysed, which could have written.
void NoteUnanalysed(Activation *activation, Unanalysed reason);

void ReadSqlBody(Activation *activation, HeapTuple routine);
void ReadPlpgsqlBody(Activation *activation, HeapTuple routine, Trigger *trigger);

struct Attempting {
  MemoryContext context;
  ResourceOwner owner;
  Snapshot snapshot;
  Oid user;
  int security;
};
Attempting BeginAttempt();
void FailAttempt(const Attempting &attempt, Activation *activation);

// Runs one step; an error of it is noted, and the rest of the body is read all the same. What it
// leaves behind goes with the subtransaction around.
template <typename Body>
bool Attempt(Activation *activation, Body body) {
  volatile bool fine = true;
  Attempting attempt = BeginAttempt();
  PG_TRY();
  { body(); }
  PG_CATCH();
  {
    fine = false;
    FailAttempt(attempt, activation);
  }
  PG_END_TRY();
  return fine;
}

}  // namespace pg_lineage
