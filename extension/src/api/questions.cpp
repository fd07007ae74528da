// lineage.upstream(), downstream() and path(): what is reached from a relation or a column of it,
// and how one reaches another.
//
// Two walks, one along DIRECT edges only and one along all: what the first reaches is DIRECT, the
// rest is INDIRECT. Depth and path are those of a shortest way of that type.
#include "api/walk.h"
#include "capture/call_stack.h"
#include "edge/compat.h"
#include "queue/event.h"

namespace pg_lineage {
namespace {

Datum TextOrNull(const char *text, bool *null) {
  *null = text == NULL;
  return text == NULL ? (Datum)0 : CStringGetTextDatum(text);
}

void PutReached(const Walk &walk, int number, ReturnSetInfo *result) {
  int depth = StepOf(walk, number).depth;
  if (depth == 0) return;
  const Vertex &vertex = walk.graph->vertices[number];
  bool nulls[5] = {};
  Datum values[5];
  values[0] = Int32GetDatum(depth);
  values[1] = CStringGetTextDatum(walk.graph->places[vertex.place].name);
  values[2] = TextOrNull(vertex.column, &nulls[2]);
  values[3] = CStringGetTextDatum(walk.direct_only ? "DIRECT" : "INDIRECT");
  values[4] = PathTo(walk, number, NULL);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// Rows of all that a walk reached and `but` did not; the memory of each row goes with it.
void PutAll(const Walk &walk, const Walk *but, ReturnSetInfo *result) {
  MemoryContext rows =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage row", ALLOCSET_DEFAULT_SIZES);
  for (int number : walk.reached) {
    CHECK_FOR_INTERRUPTS();
    if (but != NULL && StepOf(*but, number).depth >= 0) continue;
    if (Covered(walk, number)) continue;
    MemoryContext caller = MemoryContextSwitchTo(rows);
    PutReached(walk, number, result);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(rows);
  }
  MemoryContextDelete(rows);
}

void Traverse(FunctionCallInfo fcinfo, Direction direction, const char *name) {
  InitMaterializedSRF(fcinfo, 0);
  if (name == NULL) return;
  const char *column = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
  int max_depth = PG_ARGISNULL(2) ? -1 : PG_GETARG_INT32(2);
  FactReader *reader = OpenFacts();
  Graph *graph = OpenGraph(reader, direction, false);
  int start = VertexOf(graph, PlaceOf(graph, name), column);
  Walk direct = BeginWalk(graph, start, max_depth, true);
  RunWalk(&direct);
  Walk all = BeginWalk(graph, start, max_depth, false);
  RunWalk(&all);
  ReturnSetInfo *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  PutAll(direct, NULL, result);
  PutAll(all, &direct, result);
  CloseFacts(reader);
}

// One step of a way: the edge that was followed, as lineage.column_lineage would show it.
void PutStep(Graph *graph, int number, int edge_number, ReturnSetInfo *result) {
  const GraphEdge edge = graph->edges[edge_number];
  const Vertex target = graph->vertices[EndOf(graph, edge_number)];
  const Vertex source = graph->vertices[edge.vertex];
  bool direct = edge.kind != kReadOnlyKind && IsDirect(edge.kind);
  bool read_only = edge.kind == kReadOnlyKind;
  bool nulls[10] = {};
  Datum values[10];
  values[0] = Int32GetDatum(number);
  values[1] = CStringGetTextDatum(graph->places[source.place].name);
  values[2] = TextOrNull(source.column, &nulls[2]);
  values[3] = CStringGetTextDatum(graph->places[target.place].name);
  values[4] = TextOrNull(target.column, &nulls[4]);
  values[5] = CStringGetTextDatum(direct ? "DIRECT" : "INDIRECT");
  values[6] = TextOrNull(read_only ? NULL : SubtypeName(edge.kind), &nulls[6]);
  values[7] = BoolGetDatum(!read_only && (edge.kind & kMaskingBit) != 0);
  values[8] = TextOrNull(edge.caller < 0 ? NULL : graph->callers[edge.caller].routine, &nulls[8]);
  values[9] = CStringGetTextDatum(OperationName(edge.operation));
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Walk WalkTo(Graph *graph, int start, int goal, bool direct_only) {
  Walk walk = BeginWalk(graph, start, -1, direct_only);
  walk.goal = goal;
  RunWalk(&walk);
  return walk;
}

// The steps of a shortest way; of DIRECT edges if there is such a way.
void FindPath(FunctionCallInfo fcinfo, const char *source, const char *target) {
  InitMaterializedSRF(fcinfo, 0);
  if (source == NULL || target == NULL) return;
  const char *columns[2];
  for (int i = 0; i < 2; i++)
    columns[i] = PG_ARGISNULL(2 + i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2 + i));
  FactReader *reader = OpenFacts();
  Graph *graph = OpenGraph(reader, Direction::kDownstream, true);
  int start = VertexOf(graph, PlaceOf(graph, source), columns[0]);
  int goal = VertexOf(graph, PlaceOf(graph, target), columns[1]);
  Walk walk = WalkTo(graph, start, goal, true);
  if (walk.found == kNoVertex) walk = WalkTo(graph, start, goal, false);
  PodVector<int> edges = {};
  for (int v = walk.found; v != kNoVertex && walk.steps[v].edge >= 0; v = walk.steps[v].from)
    edges.Append(walk.steps[v].edge);
  for (int i = edges.size - 1; i >= 0; i--)
    PutStep(graph, edges.size - i, edges[i], reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo));
  CloseFacts(reader);
}

const char *RelationArgument(FunctionCallInfo fcinfo, int number) {
  return PG_ARGISNULL(number) ? NULL : RenderRelation(PG_GETARG_OID(number));
}

const char *TextArgument(FunctionCallInfo fcinfo, int number) {
  return PG_ARGISNULL(number) ? NULL : StoredName(text_to_cstring(PG_GETARG_TEXT_PP(number)));
}

}  // namespace

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_upstream_relation);
Datum pg_lineage_upstream_relation(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kUpstream, RelationArgument(fcinfo, 0));
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_upstream_name);
Datum pg_lineage_upstream_name(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kUpstream, TextArgument(fcinfo, 0));
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_downstream_relation);
Datum pg_lineage_downstream_relation(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kDownstream, RelationArgument(fcinfo, 0));
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_downstream_name);
Datum pg_lineage_downstream_name(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kDownstream, TextArgument(fcinfo, 0));
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_path_relation);
Datum pg_lineage_path_relation(PG_FUNCTION_ARGS) {
  FindPath(fcinfo, RelationArgument(fcinfo, 0), RelationArgument(fcinfo, 1));
  PG_RETURN_NULL();
}

PGL_SQL_FUNCTION(pg_lineage_path_name);
Datum pg_lineage_path_name(PG_FUNCTION_ARGS) {
  FindPath(fcinfo, TextArgument(fcinfo, 0), TextArgument(fcinfo, 1));
  PG_RETURN_NULL();
}

}  // extern "C"

}  // namespace pg_lineage
