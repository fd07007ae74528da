// A PL/pgSQL body that is being read: what its variables hold, statement by statement.
//
// The reader walks the compiled statements as the interpreter would, but all branches: both arms of
// an IF from the same state, loops until nothing is new, an exception's handlers from every state
// that the block was in. Afterwards states are joined. Nothing of PL/pgSQL's own state is touched:
// names are resolved by hooks of ours over the routine's own namespace (plpgsql_names.cpp), with
// the types that records have at that place.
//
// All memory is the reading's (lineage/summary.h).
#pragma once

#include "capture/plpgsql_info.h"
#include "lineage/body.h"

namespace pg_lineage {

// What a variable holds.
struct Held {
  const SourceSet *value;     // never NULL
  const RecordTaint *record;  // field by field; NULL: not known apart
  TupleDesc row;              // the fields of a record, of what a cursor gives; NULL: not known
  Const *constant;            // the value itself, where the text of the routine says it
  Oid type;                   // of a CASE's test variable; else InvalidOid: as declared
};

struct HeldState {
  Held *held;  // by datum number
  bool dead;   // no way leads here
};

// Values on their way into variables.
struct HeldRow {
  PodVector<const SourceSet *> sets;
  TupleDesc row;
  const SourceSet *rows;  // what decides about the rows
  Const *constant;
};

// A loop or a labelled block that EXIT and CONTINUE lead out of.
struct JumpTarget {
  const char *label;
  bool loop;
  HeldState exits;  // held NULL: none yet
  HeldState nexts;
  JumpTarget *outer;
};

// A block with exception handlers.
struct HandlerScope {
  HeldState state;
  HandlerScope *outer;
};

// What decides about the statements inside one.
struct ConditionScope {
  const SourceSet *condition;
  uint32 stmtid;  // of that one
  ConditionScope *outer;
};

// An analysed statement or expression.
struct ReadQuery {
  Query *query;
  Shape *shape;  // NULL: a utility statement
};
struct ReadExpr {
  const PLpgSQL_expr *expr;  // key
  bool fine;
  PodVector<ReadQuery> queries;
  int result;  // index into queries of the one that gives rows; -1: none
};

// A text that a statement executes.
struct ReadTextEntry {
  const PLpgSQL_expr *place;
  const char *text;
  ReadExpr *read;
};

struct PlpgsqlBody : Activation {
  PLpgSQL_function *function;
  FunctionInfo *info;
  HeldState state;
  JumpTarget *jumps;
  HandlerScope *handlers;
  ConditionScope *scopes;
  HTAB *expressions;  // PLpgSQL_expr * -> ReadExpr
  PodVector<ReadTextEntry> texts;
  PodVector<HeldRow> given;  // USING of the present dynamic statement
  PodVector<Oid> given_types;
  bool dynamic;  // a text is read: parameters are those
  int steps;
  Trigger *trigger;
  TupleDesc trigger_row;
  const RecordTaint *initial_new;
  const RecordTaint *returned;  // by a BEFORE trigger
};

// ---- plpgsql_names.cpp
// ---------------------------------------------------------------------------

// Sets the parser's hooks for `expr`; for a text that is executed `expr` is NULL.
void SetNames(PlpgsqlBody *body, const PLpgSQL_expr *expr);
// Field number (from 1) of a record's field in `row`; 0: none.
int FieldOf(TupleDesc row, const char *name);

// ---- plpgsql_values.cpp
// --------------------------------------------------------------------------

HeldState CopyState(const PlpgsqlBody *body, const HeldState &state);
// Joins `other` to `*state`; true when that gained something.
bool JoinState(const PlpgsqlBody *body, HeldState *state, const HeldState &other);
const SourceSet *HeldParam(Activation *activation, int paramid, int field);
void SetHeld(PlpgsqlBody *body, int dno, const SourceSet *set, Const *constant);
void AssignHeld(PlpgsqlBody *body, int dno, const HeldRow &row);
// All that a variable holds, field by field for a record.
HeldRow ReadHeld(PlpgsqlBody *body, int dno);

// ---- plpgsql_queries.cpp
// -------------------------------------------------------------------------

// Analyses an expression or statement when it is met first; NULL when it cannot be.
ReadExpr *ReadExpression(PlpgsqlBody *body, const PLpgSQL_expr *expr);
// Runs it on paper. `fields`: a single composite output is taken apart, as an assignment does; a
// query puts it into one field. False: not analysed.
bool RunExpression(PlpgsqlBody *body, const PLpgSQL_expr *expr, bool fields, HeldRow *out);
// The value of a scalar expression, with what decides about its rows.
const SourceSet *ValueOf(PlpgsqlBody *body, const PLpgSQL_expr *expr);
// A text to execute, with its USING. False: only the run knows it.
bool RunText(PlpgsqlBody *body, const PLpgSQL_expr *text, List *given, HeldRow *out);
void RunCallStatement(PlpgsqlBody *body, const PLpgSQL_stmt_call *call);

// ---- plpgsql_statements.cpp
// ----------------------------------------------------------------------

// A statement that holds no others.
void RunSimple(PlpgsqlBody *body, PLpgSQL_stmt *statement);
// Opens a cursor that is bound to a query, and takes what a cursor gives.
void OpenBound(PlpgsqlBody *body, int curvar, const PLpgSQL_expr *arguments);
HeldRow FetchFrom(PlpgsqlBody *body, int cursor);

// ---- body_text.cpp
// -------------------------------------------------------------------------------

// The value of an expression that consists of constants, of variables whose value is known, and of
// a few functions of pg_catalog that make texts; NULL: not known.
Const *ConstantOf(PlpgsqlBody *body, Node *expr);

// ---- plpgsql_walk.cpp
// ----------------------------------------------------------------------------

void WalkBody(PlpgsqlBody *body);

}  // namespace pg_lineage
