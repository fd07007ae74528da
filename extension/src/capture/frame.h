// Routine frames: the taint of a running routine's variables and what its calls gave back.
//
// A frame belongs to one StackNode of kind kRoutine and goes with it. Its memory is reused by the
// next frame at the same depth: nothing is allocated per call once warm. Sets and records are
// interned (lineage/source_set.h), so that an assignment copies a pointer.
//
// For PL/pgSQL `estate` is set and slots are indexed by datum number; for other languages slots
// hold the arguments ($1 is slot 0).
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "capture/call_stack.h"
#include "capture/record.h"
#include "lineage/shape.h"
#include "lineage/source_set.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

struct FunctionInfo;  // capture/plpgsql_info.h

// The rows that a statement's row triggers see, made once for a statement that fires them for many.
struct FiredRows {
  Oid relation;  // the triggers' table; InvalidOid: nothing known yet
  Oid node;      // the relation whose rows they are: the partition root when rows are routed
  bool before;   // as BEFORE triggers see them
  const struct RecordTaint *old_row;
  const struct RecordTaint *new_row;
};

struct TaintSlot {
  const SourceSet *value;     // never NULL
  const RecordTaint *record;  // the parts of its value; NULL: none is known apart
};

// What a routine returned, or a query put out.
struct ResultTaint {
  PodVector<const SourceSet *> columns;
  PodVector<const RecordTaint *> parts;  // of the columns, as far as they are known
  const SourceSet *whole;                // in any column; NULL: only what stands above
  const SourceSet *rows;
  bool in_part;  // of a call whose arguments were not known: these count beside it
};
void ClearResult(ResultTaint *result);
// Adds one row's sources, column by column.
void AddResultRow(ResultTaint *result, int size, const SourceSet *const *columns,
                  const SourceSet *rows, const RecordTaint *const *parts = nullptr);
const RecordTaint *PartsOfColumn(const ResultTaint &result, int column);

// A function as one place calls it.
struct Callee {
  Oid function;
  int site;  // kAnySite: all places where it is called
};
// A call site that may be the other.
inline bool SameSite(int a, int b) { return a == b || a == kAnySite || b == kAnySite; }

// Results of the calls that one query or one statement made, by function.
struct Observation {
  Callee callee;
  int first;  // into columns
  int size;
  const SourceSet *rows;
  const SourceSet *whole;
  bool in_part;
};
struct ObservedColumn {
  const SourceSet *set;
  const RecordTaint *parts;  // NULL: not known
};
struct ObservationList {
  PodVector<Observation> items;
  PodVector<ObservedColumn> columns;
};
void Observe(ObservationList *list, const Callee &callee, const ResultTaint &result);
// What was observed of a call, from item *from on, which is moved behind it; NULL: no more.
const Observation *FindObserved(const ObservationList *list, const ShapeCall &call, int *from);
// `in_part`: what was observed was, because the arguments were not known.
void ObserveAll(ObservationList *list, const ObservationList &other, bool in_part = false);

// A statement that a routine is inside of.
struct StatementEntry {
  PLpgSQL_stmt *statement;
  const SourceSet *condition;       // decides whether this statement runs
  const SourceSet *body_condition;  // what loops add for their body: NULL until known
  const SourceSet *outcome;         // decides how many rows its query moved: NULL until known
  const Shape *shape;     // of the query or expression planned or run for it last: NULL until known
  bool open;              // declarations or bounds are still to be evaluated
  TaintSlot round;        // the variable of FOR over integers, FOREACH, as a round begins; or unset
  const QueryDesc *rows;  // whose rows a loop takes; NULL: none, or not known
};

struct RoutineFrame {
  uint64 serial;              // another one for every routine that uses this memory
  PLpgSQL_execstate *estate;  // NULL: another language
  PLpgSQL_function *function;
  FunctionInfo *info;
  // When it began with nothing at all to follow: work_done of its caller, and work_shared (0: it
  // did not begin so).
  uint64 caller_work;
  uint64 began_after;
  // A language whose variables cannot be seen: all it was given or has read. NULL: others.
  const SourceSet *held;
  bool has_read;  // … and it has read something
  Oid routine;    // InvalidOid: DO
  int site;       // where its caller calls it
  Oid trigger_relation;
  Oid trigger_node;  // the relation whose row NEW and OLD are: the partition root when rows are
                     // routed
  bool before_row_trigger;
  const RecordTaint *returned;  // by a BEFORE trigger: NEW or a row of its own; NULL: none
  const SourceSet *kept;        // decides whether a BEFORE trigger lets its row through
  TaintSlot *slots;
  int nslots;
  int capacity;
  PodVector<StatementEntry> statements;
  const SourceSet *called_under;    // decides that it was called: for what it writes. What it gives
                                    // back goes into the caller's statement, which says that itself
  const SourceSet *base_condition;  // decides that it goes on: jumps taken so far, a trigger's WHEN
  const SourceSet *row_count;       // decides what GET DIAGNOSTICS … = ROW_COUNT gives
  ResultTaint result;
  ObservationList observed;
  // The temporary tables as the present statement's expression of this key saw them, as far as its
  // calls have changed them since.
  TempView seen;
  uint64 seen_key;
  const RecordTaint *initial_new;
  int replaced;  // the record that the statement now at its end has given another value; else -1
};

// A clean frame for the node at stack position `depth`, with `nslots` empty slots.
RoutineFrame *AcquireFrame(int depth, int nslots);
// True when AcquireFrame(depth, nslots) would allocate nothing.
bool FrameReady(int depth, int nslots);
// Forgets all frames' memory of interned sets (they were reset); only with an empty stack.
void FramesReset();

// What decides within the frame that its current statement runs: for the values of variables.
const SourceSet *OwnCondition(const RoutineFrame *frame);
// The same, with what decides that the frame was called: for what is written.
const SourceSet *FrameCondition(const RoutineFrame *frame);

// The innermost statement; NULL: none has begun.
inline StatementEntry *TopEntry(RoutineFrame *frame) {
  return frame->statements.Empty() ? nullptr : &frame->statements.Last();
}

// Cuts the statements that an exception left, then the innermost is `parent`.
inline void CutToParent(RoutineFrame *frame, uint32 parent) {
  while (!frame->statements.Empty() && frame->statements.Last().statement->stmtid != parent)
    frame->statements.size--;
}

// True when nothing decides within it: no condition of a jump or of a branch. That is what counts
// for the values of its variables.
inline bool NothingDecidesWithin(const RoutineFrame *frame) {
  const int size = frame->statements.size;
  return frame->base_condition->size == 0 &&
         (size == 0 || frame->statements.items[size - 1].condition->size == 0);
}

// The same of its caller, too.
inline bool RunsUnconditionally(const RoutineFrame *frame) {
  return frame->called_under->size == 0 && NothingDecidesWithin(frame);
}

// One sets of arguments, by position.
struct ArgumentSets {
  PodVector<const SourceSet *> values;
  PodVector<const RecordTaint *> records;
};

// The calls whose arguments one resolution has gone into, because nothing was known of their
// results. In a recursive CTE arguments may lead back to their call, by many ways: each call is
// gone into once for each kind in which its sources are used.
struct MetCall {
  const ShapeCall *call;
  uint8 kind;
};
struct MetCalls {
  const ShapeCall *asked;  // its arguments are what is resolved: NULL or never gone into
  PodVector<MetCall> calls;
};

// Everything that turns a shape's symbols into sources.
struct ResolveContext {
  const Shape *shape;
  const SourceSet *const *params;
  const ObservationList *observed;
  MetCalls *met = nullptr;                      // set while arguments are resolved …
  uint8 kind = kIdentity;                       // … and how they are used
  const RecordTaint *const *records = nullptr;  // the parts of the parameters; NULL: not known
  const TempView *temps = nullptr;              // as the query sees them; NULL: as they are
};
const SourceSet *ResolveSet(const ResolveContext &context, const SymSet &set);
// What a call is given: not what it gives itself, in a recursive CTE, before it was called.
const SourceSet *ResolveArgument(const ResolveContext &context, const ShapeCall &call,
                                 const SymSet &set);
// The fields of its composite argument `number`; NULL where they are not told apart.
const RecordTaint *ResolveFields(const ResolveContext &context, const ShapeCall &call, int number);
// The parts of an output; NULL where they are not told apart.
const RecordTaint *ResolveParts(const ResolveContext &context, const ShapeFields &fields);
// The value of a scalar variable, without allocating; NULL for other datums.
const SourceSet *FrameScalar(const RoutineFrame *frame, int paramid);
// The number of a field in its record's layout, if PL/pgSQL has looked it up there; 0 otherwise.
inline int KnownFieldNumber(const RoutineFrame *frame, const PLpgSQL_recfield *field) {
  const PLpgSQL_rec *record =
      reinterpret_cast<const PLpgSQL_rec *>(frame->estate->datums[field->recparentno]);
  const bool known = record->erh != nullptr && field->rectupledescid == record->erh->er_tupdesc_id;
  return known ? field->finfo.fnumber : 0;
}
// What a parameter's value and its parts are told from, without allocating; false where that takes
// more.
bool FrameInput(const RoutineFrame *frame, int paramid, int16 path, TaintSlot *out);
// The value of parameter `paramid` in a frame, or its part at a path (lineage/field_paths.h).
const SourceSet *FrameParam(RoutineFrame *frame, int paramid, int16 path);
// The parts of that value; NULL: not known.
const RecordTaint *FrameRecord(RoutineFrame *frame, int paramid, int16 path);
// What give(param) says are the parts of each parameter of a shape, in the current context; NULL
// when nobody asks for them.
template <typename Give>
const RecordTaint **RecordsFor(const Shape *shape, Give give) {
  if (!shape->asks_records) return nullptr;
  const RecordTaint **records =
      static_cast<const RecordTaint **>(palloc0(sizeof(RecordTaint *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++) {
    if (shape->params[i].field != kCursorRows) records[i] = give(shape->params[i]);
  }
  return records;
}
// Those of a frame's variables.
const RecordTaint **FrameRecords(RoutineFrame *frame, const Shape *shape);

}  // namespace pg_lineage
