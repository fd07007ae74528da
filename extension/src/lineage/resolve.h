// Inside the shape builder: resolving expressions and range table entries to symbolic sources.
//
// Shared by query_info.cpp (scopes), resolve_expr.cpp (what a value is made of), resolve_field.cpp
// (fields of composite values), resolve_query.cpp (columns and rows of a query), functions.cpp
// (bodies of SQL functions), writes.cpp, arbiter.cpp and all_rows.cpp (what a statement puts
// where), shape.cpp (statements). Every column and every row set of a query is resolved once
// (memoised per Query), so the walk is linear. Memory: the current context of BuildShape(), freed
// by its caller.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "lineage/field_paths.h"
#include "lineage/part_roles.h"
#include "lineage/remote.h"
#include "lineage/shape.h"

namespace pg_lineage {

// A query in its scope.
struct QueryInfo {
  Query *query;
  QueryInfo *parent;    // where outer references lead
  SymSet *columns;      // by resno - 1; items NULL until resolved
  uint8 *column_state;  // 0 open, 1 in progress, 2 done
  int ncolumns;
  SymSet rows;
  uint8 rows_state;
  List *assigned;             // the target list of a write that is being read
  uint32 generation;          // memo is valid for this round of a recursive CTE
  const SymSet *substitutes;  // by attribute number: what entry `substituted` stands for
  int nsubstitutes;
  int substituted;
  const SymSet *returned;  // … in RETURNING; NULL: not known yet
  int nreturned;
  List *body_args;         // body of a SQL function: what its $n stand for …
  QueryInfo *body_caller;  // … in this scope; NULL elsewhere
  Oid body_function;
  SymSet *body_arg_sets;   // memo of the arguments' whole values; size < 0: open
  uint32 body_generation;  // … valid for this round of a recursive CTE
};

// The recursive CTE that is being iterated to its fixed point.
struct Recursion {
  Query *query;     // the CTE's query
  SymSet *columns;  // what is known so far
  int ncolumns;
  Recursion *outer;
};

// A SQL function's body brought in at one call.
struct SqlBody {
  Node *call;
  QueryInfo *root;  // its last statement; NULL: cannot be read
};

struct SymBag {
  PodVector<Sym> items;
  void Add(const Sym &sym) { items.Append(sym); }
  void AddSet(const SymSet &set, uint8 outer);
  SymSet Finish();
};

struct Builder {
  PodVector<QueryInfo *> queries;  // as they were met
  HTAB *query_table;               // Query * -> QueryInfo *, when they are many
  PodVector<ShapeParam> params;
  HTAB *param_table;  // paramid and field -> index, when they are many
  PodVector<ShapeCall> calls;
  PodVector<Node *> call_nodes;   // by index into calls
  PodVector<uint32> call_rounds;  // … of a recursive CTE in which their arguments were read last
  PodVector<SqlBody> bodies;
  Recursion *recursion;
  uint32 generation;
  int nodes;       // visited so far
  int body_depth;  // nesting of SQL function bodies
  bool degraded;
  bool cut;  // the body of a SQL function was not read: too deep, or too many
  bool reads_temp;
  bool reads_anew;  // the body of a volatile SQL function was read
  bool calls_loop;
  struct {  // the relation last asked about: mostly it is asked for one column after the other
    Oid relid;
    bool only;
    bool is_node;
    bool temp;
    List *kin;  // temporary tables whose rows are its rows, too
  } last;
};

constexpr int kMaxNodesVisited = 2000000;
// Beyond these, parts of values are not followed: a part is taken for its whole value.
constexpr int kMaxNodesForParts = kMaxNodesVisited / 4;
constexpr int kMaxBodyDepth = 16;
constexpr int kMaxBodies = 500;  // of one statement; further calls are made of their arguments

QueryInfo *InfoFor(Builder *builder, Query *query, QueryInfo *parent);

// What has been resolved so far, put aside so that a statement can be read anew, as if its target
// held other rows. Calls and parameters stay what they are.
struct Memo {
  PodVector<QueryInfo *> queries;
  HTAB *query_table;
  PodVector<SqlBody> bodies;
};
Memo PutAside(Builder *builder);
void TakeBack(Builder *builder, const Memo &memo);

constexpr int kNamedField = -2;
constexpr char kOtherName[] = "\001";  // a name that no part has

// The names of the parts that a value has, found where it is put together.
struct AskedNames {
  PodVector<const char *> names;  // as InternName() gives them
  SymBag same;                    // parameters and calls that may have more
  bool unknown;                   // it is not put together here

  void Add(const char *name);
  void AddAll(List *names_of) {
    ListCell *cell;
    foreach (cell, names_of) Add(strVal(lfirst(cell)));
  }
  void AddAll(TupleDesc desc) {
    for (int i = 0; i < desc->natts; i++) {
      if (!TupleDescAttr(desc, i)->attisdropped) Add(NameStr(TupleDescAttr(desc, i)->attname));
    }
  }
};

// A field of a composite value (from 1), and of what is in it a field again, as deep as rows are in
// rows. Field 0: the whole value. A path lives where it is made, while what it is given to runs.
// Fields of JSON objects are told by name; so are those of a row on its way into JSON, until its
// type is met.
struct FieldPath {
  int field;              // kNamedField: by its name
  const char *name;       // NULL: by its number
  const FieldPath *then;  // NULL: that is all
  AskedNames *asked;      // the step is a question: which names are there?

  FieldPath(int number, const FieldPath *rest = nullptr)
      : field(number), name(nullptr), then(rest), asked(nullptr) {}
  static FieldPath Question(AskedNames *asked);
  // Whose question ends the path; NULL: it ends with a part.
  AskedNames *AskedAtEnd() const;
  FieldPath BeforeQuestion() const;
  static FieldPath Named(const char *name, const FieldPath *rest) {
    FieldPath path(kNamedField, rest);
    path.name = name;
    return path;
  }
  // The kind of a source that holds the field and cannot be taken apart any further.
  uint8 KindOf(uint8 kind) const;
};

// What `expr`, in the scope of `info`, is made of; each source used in the way of `kind`.
void AddExpr(Builder *builder, QueryInfo *info, Node *expr, uint8 kind, SymBag *out);
// The same for a field of a composite value, or of the rows in an array.
void AddField(Builder *builder, QueryInfo *info, Node *expr, FieldPath field, uint8 kind,
              SymBag *out);
// A field of output column `resno`; of each arm whose rows arrive in a set operation.
void AddOutputField(Builder *builder, QueryInfo *query, int resno, FieldPath field, uint8 kind,
                    SymBag *out);
// CASE, or what `path` leads to in it; NULL: all of it.
void AddCase(Builder *builder, QueryInfo *info, CaseExpr *expr, const FieldPath *path, uint8 kind,
             SymBag *out);
// A parameter, or its field.
void AddParam(Builder *builder, QueryInfo *info, Param *param, FieldPath field, uint8 kind,
              SymBag *out);
// Climbs `levels` scopes; NULL when the tree is not what it should be.
QueryInfo *Climb(QueryInfo *info, Index levels);
// What a node hands through unchanged; NULL for other nodes.
Node *PassedThrough(Node *expr);
// Column `attno` of range table entry `varno`; 0: the whole row.
void AddRteColumn(Builder *builder, QueryInfo *info, int varno, int attno, uint8 kind, SymBag *out);
// What decides about the rows of a function in FROM.
void AddFunctionRows(Builder *builder, QueryInfo *info, RangeTblEntry *rte, SymBag *out);
// Column `attno` of ROWS FROM (f(), g()) WITH ORDINALITY, or a field of it; false for no
// function's.
bool AddFunctionColumn(Builder *builder, QueryInfo *info, RangeTblEntry *rte, int attno,
                       const FieldPath *then, uint8 kind, SymBag *out);

// Output column `resno` of a query: target list, or RETURNING of a writing one.
SymSet QueryColumn(Builder *builder, QueryInfo *info, int resno);
// Reads and INDIRECT sources that decide about a query's rows.
SymSet QueryRows(Builder *builder, QueryInfo *info);
// The same without the memo and without the row that a writing query returns.
void AddStatementRows(Builder *builder, QueryInfo *info, SymBag *out);
// True when a query puts values into rows: not DELETE, nor a MERGE that does nothing else.
bool StoresValues(const Query *query);
// True when a statement that is nothing but this query takes or changes every row of `relid`, and
// nobody else looks at what was there.
bool MeetsAllRows(const Query *query, Oid relid);
// moved_rows.cpp: true when a statement may change what says to which partition a row of a
// temporary table, or of one of those below it, belongs.
bool SetsKey(const Query *query, Oid named, const List *children);
// Rows of the partition `below` may go to another one: they come there by the table above them.
void AddMoved(Builder *builder, const ShapeWrite &below, ShapeWrite *above);
// Its own, or those of a temporary table below, where its rows may be. True of a relation that is
// gone, too.
bool HasTriggers(Oid relid);
// What ON CONFLICT compares decides which rows are inserted and which updated: those that arrive
// and those that are there.
void AddArbiter(Builder *builder, QueryInfo *info, OnConflictExpr *conflict, SymBag *rows);
// What the target's row is in RETURNING. Of a table that lasts it is that table's; of a temporary
// one it is what was just written, where a trigger may have changed that, or RETURNING OLD tells
// the row before, the table's as well.
enum class ReturnedRow : uint8 { kStored, kWritten, kEither };
// Lets it stand for what was written, unless it is kStored.
ReturnedRow EnterReturned(Builder *builder, QueryInfo *info);
void LeaveReturned(QueryInfo *info);
// Resolves outputs of a query, which may be those of RETURNING.
template <typename Resolve>
inline void ResolveOutput(Builder *builder, QueryInfo *info, Resolve resolve) {
  const ReturnedRow row = EnterReturned(builder, info);
  resolve();
  if (row == ReturnedRow::kStored) return;
  LeaveReturned(info);
  if (row == ReturnedRow::kEither) resolve();
}
// What chooses between the arms of a writing query: ON CONFLICT, MERGE's WHEN … AND.
void AddArmConditions(Builder *builder, QueryInfo *info, SymBag *out);
// The number of output columns.
int QueryWidth(const Query *query);
// The entry of an output list with this number; NULL for none. At once where, as a rule, entries
// stand at their number: a list of 1,600 columns is not searched for each of them.
TargetEntry *EntryOf(List *list, int resno);
// The output list itself.
List *QueryOutputs(Query *query);
// The relations that sub-queries in the output list read: they are read whether or not somebody
// above uses the column. Their values go where the column goes.
void AddReadsOfOutputs(Builder *builder, QueryInfo *info, SymBag *out);
// The calls in the output list that are made whether or not somebody above uses the column: what
// they write has their arguments for sources.
void MeetCallsOfOutputs(Builder *builder, QueryInfo *info);
// A leaf of a set operation tree.
struct Leaf {
  int rtindex;
  bool excluded;  // on the right of EXCEPT: its values only decide
  bool compared;  // below all but UNION ALL: rows are there or not by what they hold
};
// Every leaf of the tree at `node`; at its top nothing is excluded and nothing compared.
void CollectLeaves(Node *node, bool excluded, bool compared, PodVector<Leaf> *leaves);
// Finds the CTE an entry names; *scope receives the query in whose WITH it stands.
CommonTableExpr *FindCte(Builder *builder, QueryInfo *info, RangeTblEntry *rte, QueryInfo **scope);

// The index in builder->params of a parameter, or of its field.
int ParamIndex(Builder *builder, int paramid, int field);

// Every INSERT, UPDATE and MERGE of a statement, those in its WITH first.
void AddWrites(Builder *builder, QueryInfo *info, PodVector<ShapeWrite> *out);
// One row put into a relation by what is no query: its values are parameters $1 … .
ShapeWrite AddRowWrite(Builder *builder, Oid relid, const RowSpec &row);

// PARTITION BY and ORDER BY of the window a function runs over.
void AddWindowClause(Builder *builder, QueryInfo *info, Index winref, uint8 kind, SymBag *out);

// A call of `function`: adds column `column` of its result (or its rows) to `out`.
void AddCall(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
             FieldPath column, uint8 kind, SymBag *out);

// What the functions behind an aggregate of the user's add to its arguments: what they read.
void AddSupportCalls(Builder *builder, QueryInfo *info, Node *call, Oid aggregate, List *args,
                     uint8 kind, SymBag *out);

// Adds to the arguments of a call what `args` are made of, as known in this round of a recursive
// CTE.
void AddArguments(Builder *builder, QueryInfo *info, int index, List *args);
// The index in builder->calls of this call, whose arguments are resolved when it is met first, and
// in each round of a recursive CTE.
int CallIndex(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args);
// Column `field` of what a function of C makes of rows and hands on as rows of the same type (a
// polymorphic result): that field of each of them, and all of its other arguments. False for other
// functions.
bool AddRowThrough(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
                   FieldPath field, uint8 kind, SymBag *out);

// ---- lineage/resolve_parts.cpp: JSON and hstore -------------------------------------------------

// The value of an expression that takes a part out of another value, by constant names; false for
// other expressions.
bool AddSelected(Builder *builder, QueryInfo *info, Node *expr, uint8 kind, SymBag *out);
// A part of what a call of a function with a PartRole gives; false where it cannot be told.
bool AddPart(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
             FieldPath path, uint8 kind, SymBag *out);
// What the traced call at `index` gives, at a path from its columns.
void AddCallPart(int index, const FieldPath &path, uint8 kind, SymBag *out);
// A part of jsonb with subscripts.
bool AddSubscriptPart(Builder *builder, QueryInfo *info, SubscriptingRef *ref, FieldPath path,
                      uint8 kind, SymBag *out);
// The part of a value, or, if it has no such part, what decides that the value is NULL.
void AddPartOrNull(Builder *builder, QueryInfo *info, Node *expr, FieldPath path, uint8 kind,
                   SymBag *out);
// A column of what the FROM item `function` makes of the parts of a value; false for other items.
bool AddNamedColumn(Builder *builder, QueryInfo *info, RangeTblFunction *function, FieldPath column,
                    uint8 kind, SymBag *out);
// json or jsonb, or a domain over one.
bool IsJson(Oid type);
// The number of the field of this name in a row of `type`, or in an array of such rows: 0 when
// there is none, -1 when the type says nothing of its fields.
int NumberOfField(Oid type, int32 typmod, const char *name);

// True for types whose values can be put together out of parts, and for arrays of them.
bool MayHoldParts(Oid type);
// The parts of a value one by one, be they of a row, of the rows in an array, or of JSON; none for
// a scalar.
ShapeFields FieldsOf(Builder *builder, QueryInfo *info, Node *expr);

// Where a call stands in its text; kAnySite when unknown.
int CallSite(Node *call);
// True for a function that some statement calls at several places.
bool CalledAtSeveralSites(Oid function);

// What kind of thing a function is for lineage; cached, see functions.cpp.
enum class FunctionClass : uint8 {
  kOpaque,   // its result is made of its arguments
  kTraced,   // runs with a frame of its own: results are observed
  kSqlBody,  // a SQL function whose body can be read
};
struct FunctionTraits {
  Oid oid;  // hash key
  FunctionClass cls;
  bool masking;
  PartRole part;
  bool strict;        // not called, its result NULL, when an argument is NULL
  bool runs_queries;  // in C, and its result is made of what queries gave that it ran
  bool hides_values;  // in a language whose variables cannot be seen
  RemoteCall remote;  // of dblink
  bool needs_frame;   // watched by capture/fmgr.cpp: inlining it is not possible anyway
};
const FunctionTraits *TraitsOf(Oid function);
// The same if it was asked for lately; NULL otherwise, nothing is looked up.
const FunctionTraits *KnownTraits(Oid function);
// Does a SQL function of a pg_proc row get a frame? Never one that the server might inline.
bool SqlFunctionNeedsFrame(HeapTuple tuple);
// Brings in the body of a SQL function; false when it cannot be read.
bool AddSqlBody(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
                FieldPath column, uint8 kind, SymBag *out);
// $n in the body of a SQL function; false when `info` is not inside one.
bool AddBodyParam(Builder *builder, QueryInfo *info, Param *param, FieldPath field, uint8 kind,
                  SymBag *out);

// The polymorphic pseudo-types.
bool IsPolymorphic(Oid type);
// True when a cast from one type to the other loses nothing.
bool LosslessCast(Oid from, Oid to);

// Is the relation a node of lineage? Sets *temp for temporary ones.
bool IsNode(Oid relid, bool *temp);

// Number of attributes, dropped ones included; 0 when the relation is gone.
int RelationWidth(Oid relid);

// A column of a relation as a source, or nothing where it is no node. `only`: without the rows of
// the tables below it.
void AddRelationColumn(Builder *builder, Oid relid, bool only, int attno, uint8 kind, SymBag *out);
void AddRelationRead(Builder *builder, Oid relid, bool only, SymBag *out);

// The temporary tables whose rows are rows of `relid` too, because they are below it.
List *TempChildren(Oid relid);

}  // namespace pg_lineage
