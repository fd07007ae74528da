// lineage.impact(): everything that a change or drop of a relation, or of a column of it, would
// touch.
//
// Three kinds of ties are followed together. Lineage: what the column or relation flows into, at
// any distance. The catalog: what it ties to anything that was reached (api/dependents.h); where
// no lineage of a view is known, the walk goes on from the view as a whole. Routines: those whose
// statements read what was reached or write what is asked about, and those that call them.
#include "api/dependents.h"
#include "api/walk.h"
#include "capture/call_stack.h"
#include "edge/compat.h"
#include "edge/hash_table.h"

namespace pg_lineage {
namespace {

struct Impact {
  ReturnSetInfo *result;
  FactReader *reader;
  Graph *graph;
  Walk walk;    // along all edges, and from what the catalog ties
  Walk direct;  // along DIRECT edges
  int start;
  HTAB *shown;           // objects that have a row, by hash
  PodVector<bool> tied;  // by vertex: reached through the catalog
  MemoryContext rows;
};

struct Row {
  int depth;
  const char *object_type;
  const char *name;
  const char *column;
  const char *type;
  const char *reason;
};

uint64 HashText(const char *text) {
  if (text == NULL) return 0;
  return hash_bytes_extended(reinterpret_cast<const unsigned char *>(text),
                             static_cast<int>(strlen(text)), 0);
}

// True the first time an object is shown for a reason.
bool FirstShown(Impact *impact, const Row &row) {
  uint64 key = hash_combine64(HashText(row.name), HashText(row.column));
  key = hash_combine64(hash_combine64(key, HashText(row.reason)), HashText(row.object_type));
  bool found;
  hash_search(impact->shown, &key, HASH_ENTER, &found);
  return !found;
}

Datum TextOrNull(const char *text, bool *null) {
  *null = text == NULL;
  return text == NULL ? (Datum)0 : CStringGetTextDatum(text);
}

// A row on what was reached by the way to `vertex`, and from there to `last` if that is not NULL.
void PutRow(Impact *impact, const Row &row, int vertex, const char *last) {
  if (!FirstShown(impact, row)) return;
  MemoryContext caller = MemoryContextSwitchTo(impact->rows);
  bool nulls[7] = {};
  Datum values[7];
  values[0] = Int32GetDatum(row.depth);
  values[1] = TextOrNull(row.object_type, &nulls[1]);
  values[2] = TextOrNull(row.name, &nulls[2]);
  values[3] = TextOrNull(row.column, &nulls[3]);
  values[4] = TextOrNull(row.type, &nulls[4]);
  values[5] = TextOrNull(row.reason, &nulls[5]);
  values[6] = PathTo(impact->walk, vertex, last);
  tuplestore_putvalues(impact->result->setResult, impact->result->setDesc, values, nulls);
  MemoryContextSwitchTo(caller);
  MemoryContextReset(impact->rows);
}

bool PlaceReached(const Impact *impact, int place) {
  const Graph *graph = impact->graph;
  for (int v = graph->places[place].whole; v >= 0; v = graph->vertices[v].next_column)
    if (StepOf(impact->walk, v).depth >= 0) return true;
  return false;
}

// The walk goes on from what the catalog ties, unless lineage led there already.
void Tie(Impact *impact, int vertex, int from, int depth) {
  ReachVertex(&impact->walk, vertex, from, -1, depth);
  while (impact->tied.size <= vertex) impact->tied.Append(false);
  impact->tied[vertex] = true;
}

// A relation, or a column of it, that the catalog ties to `from`.
void AddRelation(Impact *impact, const Dependent &dependent, int from, int depth) {
  FactReader *reader = impact->reader;
  if (!reader->all && pg_class_aclcheck(dependent.relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
    return;
  int place = PlaceOfRelation(impact->graph, dependent.relid);
  const char *column = NULL;
  if (dependent.column > 0) column = get_attname(dependent.relid, dependent.column, true);
  int vertex = VertexOf(impact->graph, place, column);
  bool known =
      column == NULL ? PlaceReached(impact, place) : StepOf(impact->walk, vertex).depth >= 0;
  if (!known) {
    Tie(impact, vertex, from, depth);
    return;
  }
  if (StepOf(impact->walk, impact->graph->places[place].whole).depth >= 0 || column != NULL) return;
  const Place &known_place = impact->graph->places[place];
  Row row = {depth, known_place.kind, known_place.name, NULL, NULL, "definition"};
  PutRow(impact, row, from, known_place.name);
}

void AskCatalog(Impact *impact, int number) {
  const Vertex vertex = impact->graph->vertices[number];
  Oid relid = impact->graph->places[vertex.place].relid;
  if (!OidIsValid(relid)) return;
  AttrNumber column = vertex.column == NULL ? 0 : get_attnum(relid, vertex.column);
  if (vertex.column != NULL && column <= 0) return;
  int depth = StepOf(impact->walk, number).depth + 1;
  PodVector<Dependent> dependents = DependentsOf(relid, column);
  for (const Dependent &dependent : dependents) {
    if (OidIsValid(dependent.relid)) {
      AddRelation(impact, dependent, number, depth);
      continue;
    }
    Row row = {depth, dependent.type, dependent.name, NULL, NULL, "definition"};
    PutRow(impact, row, number, dependent.name);
  }
}

// The routine that a frame of a call path names; NULL for DO. A trigger's frame is
// `schema.fn() on schema.table`.
const char *RoutineOfFrame(const char *frame) {
  if (strcmp(frame, "DO") == 0) return NULL;
  const char *on = strstr(frame, "() on ");
  return on == NULL ? frame : pnstrdup(frame, on + 2 - frame);
}

// The routine of a statement and those that called it.
void AddCaller(Impact *impact, const Caller &caller, int vertex, int depth, const char *reason) {
  Datum *frames;
  int n;
  deconstruct_array(caller.path, TEXTOID, -1, false, TYPALIGN_INT, &frames, NULL, &n);
  if (caller.routine != NULL) {
    Row row = {depth, "routine", caller.routine, NULL, NULL, reason};
    PutRow(impact, row, vertex, caller.routine);
    n--;
  }
  for (int i = n - 1; i >= 0; i--) {
    const char *name = RoutineOfFrame(TextDatumGetCString(frames[i]));
    if (name == NULL) continue;
    Row row = {depth + (n - i), "routine", name, NULL, NULL, "calls"};
    PutRow(impact, row, vertex, name);
  }
}

// The routines of the edges that hang on `number`, reached as `reached`. Each caller once: the
// first is the nearest.
void AddCallersOf(Impact *impact, Graph *graph, int number, int reached, PodVector<bool> *done,
                  const char *reason) {
  const Vertex vertex = graph->vertices[number];
  int depth = StepOf(impact->walk, reached).depth + 1;
  for (int e = vertex.first_edge; e < vertex.first_edge + vertex.nedges; e++) {
    CHECK_FOR_INTERRUPTS();
    int caller = graph->edges[e].caller;
    if (caller < 0) continue;
    while (done->size <= caller) done->Append(false);
    if (done->items[caller] || EndOf(graph, e) == kNoVertex) continue;
    done->items[caller] = true;
    AddCaller(impact, graph->callers[caller], reached, depth, reason);
  }
}

void AddReaders(Impact *impact) {
  Graph *graph = impact->graph;
  PodVector<bool> done = {};
  for (int number : impact->walk.reached) {
    const Vertex vertex = graph->vertices[number];
    AddCallersOf(impact, graph, number, number, &done, "reads");
    if (vertex.column != NULL) continue;
    for (int c = vertex.next_column; c >= 0; c = graph->vertices[c].next_column)
      AddCallersOf(impact, graph, c, number, &done, "reads");
  }
}

void AddWriters(Impact *impact) {
  Graph *graph = OpenGraph(impact->reader, Direction::kUpstream, true);
  const Vertex start = impact->graph->vertices[impact->start];
  int place = PlaceOf(graph, impact->graph->places[start.place].name);
  Load(graph, place);
  PodVector<bool> done = {};
  int number = VertexOf(graph, place, start.column);
  AddCallersOf(impact, graph, number, impact->start, &done, "writes");
  if (start.column != NULL) return;
  for (int c = graph->vertices[number].next_column; c >= 0; c = graph->vertices[c].next_column)
    AddCallersOf(impact, graph, c, impact->start, &done, "writes");
}

void PutReached(Impact *impact) {
  Graph *graph = impact->graph;
  for (int number : impact->walk.reached) {
    int depth = StepOf(impact->walk, number).depth;
    if (depth == 0) continue;
    const Vertex &vertex = graph->vertices[number];
    const Place &place = graph->places[vertex.place];
    bool tied = number < impact->tied.size && impact->tied[number];
    bool direct = StepOf(impact->direct, number).depth >= 0;
    if (!direct && Covered(impact->walk, number)) continue;
    Row row = {depth,
               place.kind,
               place.name,
               vertex.column,
               tied     ? NULL
               : direct ? "DIRECT"
                        : "INDIRECT",
               tied ? "definition" : "lineage"};
    PutRow(impact, row, number, NULL);
  }
}

// Walks along the edges and over the catalog in turn, until neither leads on.
void RunImpact(Impact *impact) {
  int asked = 0;
  do {
    RunWalk(&impact->walk);
    while (asked < impact->walk.reached.size) AskCatalog(impact, impact->walk.reached[asked++]);
  } while (impact->walk.done < impact->walk.reached.size);
  RunWalk(&impact->direct);
  PutReached(impact);
  AddReaders(impact);
  AddWriters(impact);
}

// The relation of a name, if there is one and the reader may see it.
Oid VisibleRelation(const FactReader *reader, const char *name) {
  List *parts = NIL;
  if (!SplitIdentifierString(pstrdup(name), '.', &parts) || list_length(parts) != 2)
    return InvalidOid;
  Oid schema = get_namespace_oid(static_cast<char *>(linitial(parts)), true);
  if (!OidIsValid(schema)) return InvalidOid;
  Oid relid = get_relname_relid(static_cast<char *>(lsecond(parts)), schema);
  bool visible = OidIsValid(relid) &&
                 (reader->all || pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK);
  return visible ? relid : InvalidOid;
}

void FindImpact(FunctionCallInfo fcinfo, const char *name) {
  InitMaterializedSRF(fcinfo, 0);
  if (name == NULL) return;
  const char *column = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
  Impact impact = {};
  impact.result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  impact.reader = OpenFacts();
  impact.graph = OpenGraph(impact.reader, Direction::kDownstream, true);
  impact.shown = MakeSet<uint64>("pg_lineage impact", 256, CurrentMemoryContext);
  impact.rows =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage row", ALLOCSET_DEFAULT_SIZES);
  Oid relid = VisibleRelation(impact.reader, name);
  int place =
      OidIsValid(relid) ? PlaceOfRelation(impact.graph, relid) : PlaceOf(impact.graph, name);
  impact.start = VertexOf(impact.graph, place, column);
  impact.walk = BeginWalk(impact.graph, impact.start, -1, false);
  impact.direct = BeginWalk(impact.graph, impact.start, -1, true);
  RunImpact(&impact);
  CloseFacts(impact.reader);
}

}  // namespace

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_impact_relation);
Datum pg_lineage_impact_relation(PG_FUNCTION_ARGS) {
  FindImpact(fcinfo, PG_ARGISNULL(0) ? NULL : RenderRelation(PG_GETARG_OID(0)));
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_impact_name);
Datum pg_lineage_impact_name(PG_FUNCTION_ARGS) {
  FindImpact(fcinfo, PG_ARGISNULL(0) ? NULL : StoredName(text_to_cstring(PG_GETARG_TEXT_PP(0))));
  PG_RETURN_NULL();
}

}  // extern "C"

}  // namespace pg_lineage
