// The shape of a statement: its lineage with the values of parameters, calls and temporary tables
// still open. Computed once per plan from the analysed and rewritten Query, before planning.
//
// A Shape is immutable and holds no pointers into the Query. BuildShape() makes it in the current
// memory context; shape_cache.cpp keeps it under its content hash. Building looks into system
// caches only, takes no locks of its own except what parse analysis of SQL function bodies takes,
// and may raise an error (the caller guards).
#pragma once

#include "edge/server.h"
#include "lineage/source_set.h"

namespace pg_lineage {

enum class SymType : uint8 {
  kRelation,  // id: OID, column: attribute number
  kTemp,      // the same, of a temporary table: replaced by what flowed into it
  kParam,     // id: index into Shape::params
  kCall,      // id: index into Shape::calls; column: path from its output columns, kCallRows: rows
  kRemote,    // id: dataset, see lineage/remote.h; column: number of its name there
};
constexpr int16 kCallRows = -1;

struct Sym {
  uint32 id;
  int16 column;
  uint8 kind;
  SymType type;
};
static_assert(sizeof(Sym) == 8, "hashed and compared as eight bytes");

struct SymSet {
  int size;
  Sym *items;
};

struct ShapeParam {
  int paramid;
  int16 field;  // 0: the whole value; else a path: lineage/field_paths.h; kCursorRows: the rows of
                // the cursor that it names
};
constexpr int16 kCursorRows = -1;

struct ShapeFields {
  int size;  // 0: a scalar
  SymSet *sets;
  const char **names;  // of JSON keys, as InternName() gives them; NULL: fields by their number
  ShapeFields *inner;  // parts of the parts; NULL: of none of them
  SymSet others;       // what decides about a key of any other name
  SymSet same;         // parameters and calls whose keys these are, too
  bool told;           // false: the value is not taken apart
};

constexpr int kAnySite = -1;
constexpr Oid kQueriesRun = InvalidOid;  // stands for functions in C that run queries

struct ShapeCall {
  Oid function;
  int site;       // offset in the text, where it tells the function's calls apart; else kAnySite
  bool supports;  // it serves an aggregate, whose arguments are told beside it
  int nargs;
  SymSet *args;
  ShapeFields *fields;  // of composite arguments, one entry an argument
};

struct ShapeColumn {
  int16 column;
  SymSet sources;
};

struct ShapeWrite {
  Oid target;
  bool temp;
  bool counted;   // es_processed counts this write's rows
  bool empties;   // of a temporary table: no row is left, so what flowed into it is gone
  bool replaces;  // … every row has new values in these columns, so what was in them is gone
  Operation operation;
  int ncolumns;
  ShapeColumn *columns;
  SymSet rows;
};

struct Shape {
  uint64 key;  // hash of all that follows
  int nwrites;
  ShapeWrite *writes;
  int noutputs;  // columns of SELECT or RETURNING
  SymSet *outputs;
  SymSet rows;  // what decides about the output's rows
  int nfields;  // a single composite output: its fields one by one; else 0
  SymSet *fields;
  int nparts;          // noutputs where an output is taken apart beyond its fields; else 0
  ShapeFields *parts;  // … by output: rows in arrays, rows in rows, JSON
  bool asks_records;   // some part is that of a parameter
  int nparams;
  ShapeParam *params;
  int ncalls;
  ShapeCall *calls;
  bool reads_temp;
  bool reads_anew;  // … in the body of a function that sees what has changed since the query began
  bool calls_loop;   // a recursive CTE may give a call its own results
  bool only_params;  // nothing but parameters flows: no relation, temporary table or call
  bool degraded;     // a limit was met: table level only
};

// Builds the shape of a rewritten query.
Shape *BuildShape(Query *query);

// The shape of CALL: one entry in `calls`, nothing else.
Shape *BuildCallShape(FuncExpr *call);

// A row that is put into a relation or changed there by what is no query, such as COPY.
struct RowSpec {
  int ncolumns;
  const int16 *columns;  // attribute numbers that take $1, $2 …
  bool defaults;         // the others take their defaults
  Node *condition;       // on the new row (varno 1); NULL: none
  List *targets;         // TargetEntrys: values computed from the row as it was (varno 1)
};

// The shape of such a write: one entry in `writes`, with its generated columns.
Shape *BuildRowShape(Oid relid, const RowSpec &row);

// True when running `query` can matter although nobody above wants its output: it writes, or it
// calls functions that can.
bool QueryMayWrite(Query *query);

// Copies into the current memory context.
Shape *CopyShape(const Shape *shape);

}  // namespace pg_lineage
