// lineage.upstream() and downstream(): everything reached from a relation or a column of it.
//
// All facts the reader may see become a graph in memory, with a vertex per column and one per whole
// relation. An edge that concerns the rows of its target reaches each of its columns. Two breadth-
// first walks, one along DIRECT edges only and one along all: what the first reaches is DIRECT, the
// rest is INDIRECT. Depth and path are those of a shortest way of that type. Cycles end by
// themselves.
#include "api/reader.h"
#include "capture/call_stack.h"
#include "edge/compat.h"
#include "queue/event.h"

namespace pg_lineage {
namespace {

enum class Direction { kUpstream, kDownstream };

struct Vertex {
  const char *table;
  const char *column;  // NULL: the whole relation
  int relation;        // the vertex of the whole relation
  int first_edge;      // -1: none
  int next_column;     // of the same relation; -1: the last
};

struct GraphEdge {
  int to;
  int next;
  bool direct;
  bool read_only;  // the target's statement read the source; which columns matter is not known
};

struct VertexKey {
  uint64 table;
  uint64 column;
};
struct VertexEntry {
  VertexKey key;  // first: hash key
  int number;
};

struct Graph {
  Direction direction;
  HTAB *numbers;
  PodVector<Vertex> vertices;
  PodVector<GraphEdge> edges;
};

uint64 HashOf(const char *text) {
  return hash_bytes_extended(reinterpret_cast<const unsigned char *>(text),
                             static_cast<int>(strlen(text)), 0);
}

// The vertex of a column, or of the whole relation (NULL); made when new.
int VertexOf(Graph *graph, const char *table, const char *column) {
  VertexKey key = {HashOf(table), column == NULL ? 0 : HashOf(column)};
  bool found;
  VertexEntry *entry =
      static_cast<VertexEntry *>(hash_search(graph->numbers, &key, HASH_ENTER, &found));
  if (found) return entry->number;
  int number = entry->number = graph->vertices.size;
  const char *table_copy = pstrdup(table);
  const char *column_copy = column == NULL ? NULL : pstrdup(column);
  graph->vertices.Append(Vertex{table_copy, column_copy, number, -1, -1});
  if (column == NULL) return number;
  int relation = VertexOf(graph, table, NULL);
  Vertex *whole = &graph->vertices[relation];
  graph->vertices[number].relation = relation;
  graph->vertices[number].next_column = whole->next_column;
  whole->next_column = number;
  return number;
}

void AddEdge(Graph *graph, int source, int target, bool direct, bool read_only) {
  int from = graph->direction == Direction::kDownstream ? source : target;
  int to = graph->direction == Direction::kDownstream ? target : source;
  graph->edges.Append(GraphEdge{to, graph->vertices[from].first_edge, direct, read_only});
  graph->vertices[from].first_edge = graph->edges.size - 1;
}

void AddFact(Graph *graph, const Fact &fact) {
  if (fact.npairs == 0)
    AddEdge(graph, VertexOf(graph, fact.source->name, NULL),
            VertexOf(graph, fact.target->name, NULL), false, true);
  for (int i = 0; i < fact.npairs; i++) {
    const char *source = ColumnName(fact.source, fact.source_columns[i]);
    const char *target = ColumnName(fact.target, fact.target_columns[i]);
    if (source == NULL && fact.source_columns[i] != 0) continue;
    if (target == NULL && fact.target_columns[i] != 0) continue;
    AddEdge(graph, VertexOf(graph, fact.source->name, source),
            VertexOf(graph, fact.target->name, target), IsDirect(static_cast<uint8>(fact.kinds[i])),
            false);
  }
}

struct Step {
  int depth;  // -1: not reached
  int from;   // the vertex before it on the way, -1 at the start
};

struct Walk {
  const Graph *graph;
  bool direct_only;
  int max_depth;           // -1: none
  PodVector<Step> steps;   // by vertex
  PodVector<int> reached;  // vertices in the order of depth
};

// A relation that was reached as a whole stands for its columns.
void Reach(Walk *walk, int vertex, int from, int depth) {
  if (walk->steps[vertex].depth >= 0) return;
  if (walk->steps[walk->graph->vertices[vertex].relation].depth >= 0 && depth > 0) return;
  walk->steps[vertex] = Step{depth, from};
  walk->reached.Append(vertex);
}

// Follows the edges that `vertex` has, standing on `from`.
void Follow(Walk *walk, int vertex, int from) {
  int depth = walk->steps[from].depth + 1;
  for (int e = walk->graph->vertices[vertex].first_edge; e >= 0; e = walk->graph->edges[e].next) {
    const GraphEdge &edge = walk->graph->edges[e];
    if (walk->direct_only && !edge.direct) continue;
    if (edge.read_only && vertex != from) continue;
    Reach(walk, edge.to, from, depth);
  }
}

// Goes on from all that was reached. What concerns a whole relation concerns each of its columns;
// upstream, what decided on the rows of a relation decided on each of its columns.
void Run(Walk *walk) {
  const Graph *graph = walk->graph;
  for (int i = 0; i < walk->reached.size; i++) {
    CHECK_FOR_INTERRUPTS();
    int number = walk->reached[i];
    const Vertex &vertex = graph->vertices[number];
    if (walk->max_depth >= 0 && walk->steps[number].depth >= walk->max_depth) continue;
    Follow(walk, number, number);
    if (vertex.column == NULL)
      for (int c = vertex.next_column; c >= 0; c = graph->vertices[c].next_column)
        Follow(walk, c, number);
    else if (graph->direction == Direction::kUpstream)
      Follow(walk, vertex.relation, number);
  }
}

// Walks from a column, or from a relation with all its columns.
Walk WalkFrom(const Graph *graph, int start, int max_depth, bool direct_only) {
  Walk walk = {graph, direct_only, max_depth, {}, {}};
  for (int i = 0; i < graph->vertices.size; i++) walk.steps.Append(Step{-1, -1});
  Reach(&walk, start, -1, 0);
  if (graph->vertices[start].column == NULL)
    for (int c = graph->vertices[start].next_column; c >= 0; c = graph->vertices[c].next_column)
      Reach(&walk, c, -1, 0);
  Run(&walk);
  return walk;
}

const char *VertexName(const Vertex &vertex) {
  if (vertex.column == NULL) return vertex.table;
  return psprintf("%s.%s", vertex.table, quote_identifier(vertex.column));
}

Datum PathOf(const Walk &walk, int vertex) {
  PodVector<Datum> names = {};
  for (int v = vertex; v >= 0; v = walk.steps[v].from)
    names.Append(CStringGetTextDatum(VertexName(walk.graph->vertices[v])));
  for (int i = 0; i < names.size / 2; i++) {
    Datum swapped = names[i];
    names[i] = names[names.size - 1 - i];
    names[names.size - 1 - i] = swapped;
  }
  return PointerGetDatum(
      construct_array(names.items, names.size, TEXTOID, -1, false, TYPALIGN_INT));
}

void PutReached(const Walk &walk, int number, ReturnSetInfo *result) {
  const Vertex &vertex = walk.graph->vertices[number];
  if (walk.steps[number].depth == 0) return;
  bool nulls[5] = {};
  nulls[2] = vertex.column == NULL;
  Datum values[5] = {Int32GetDatum(walk.steps[number].depth), CStringGetTextDatum(vertex.table),
                     nulls[2] ? (Datum)0 : CStringGetTextDatum(vertex.column),
                     CStringGetTextDatum(walk.direct_only ? "DIRECT" : "INDIRECT"),
                     PathOf(walk, number)};
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// The name a user gave, written as names of the store are: parts are quoted where needed.
const char *StoredName(const char *given) {
  char *copy = pstrdup(given);
  List *parts = NIL;
  if (strchr(given, ':') != NULL || !SplitIdentifierString(copy, '.', &parts) ||
      list_length(parts) != 2)
    return given;
  const char *schema = quote_identifier(static_cast<char *>(linitial(parts)));
  return psprintf("%s.%s", schema, quote_identifier(static_cast<char *>(lsecond(parts))));
}

void Traverse(FunctionCallInfo fcinfo, Direction direction, const char *table) {
  InitMaterializedSRF(fcinfo, 0);
  if (table == NULL) return;
  const char *column = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
  HASHCTL info = {};
  info.keysize = sizeof(VertexKey);
  info.entrysize = sizeof(VertexEntry);
  info.hcxt = CurrentMemoryContext;
  Graph graph = {};
  graph.direction = direction;
  graph.numbers =
      hash_create("pg_lineage graph", 1024, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
  FactReader *reader = OpenFacts();
  Fact fact;
  while (NextFact(reader, &fact)) AddFact(&graph, fact);
  CloseFacts(reader);
  int max_depth = PG_ARGISNULL(2) ? -1 : PG_GETARG_INT32(2);
  int start = VertexOf(&graph, table, column);
  Walk direct = WalkFrom(&graph, start, max_depth, true);
  Walk all = WalkFrom(&graph, start, max_depth, false);
  ReturnSetInfo *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  for (int number : direct.reached) PutReached(direct, number, result);
  for (int number : all.reached)
    if (direct.steps[number].depth < 0) PutReached(all, number, result);
}

const char *RelationArgument(FunctionCallInfo fcinfo) {
  return PG_ARGISNULL(0) ? NULL : RenderRelation(PG_GETARG_OID(0));
}

const char *TextArgument(FunctionCallInfo fcinfo) {
  return PG_ARGISNULL(0) ? NULL : StoredName(text_to_cstring(PG_GETARG_TEXT_PP(0)));
}

}  // namespace

extern "C" {

PG_FUNCTION_INFO_V1(pg_lineage_upstream_relation);
Datum pg_lineage_upstream_relation(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kUpstream, RelationArgument(fcinfo));
  PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(pg_lineage_upstream_name);
Datum pg_lineage_upstream_name(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kUpstream, TextArgument(fcinfo));
  PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(pg_lineage_downstream_relation);
Datum pg_lineage_downstream_relation(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kDownstream, RelationArgument(fcinfo));
  PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(pg_lineage_downstream_name);
Datum pg_lineage_downstream_name(PG_FUNCTION_ARGS) {
  Traverse(fcinfo, Direction::kDownstream, TextArgument(fcinfo));
  PG_RETURN_NULL();
}

}  // extern "C"

}  // namespace pg_lineage
