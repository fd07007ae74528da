#include "api/walk.h"

#include "queue/event.h"

namespace pg_lineage {
namespace {

// Follows the edges that `vertex` has, standing on `from`.
void Follow(Walk *walk, int vertex, int from) {
  Graph *graph = walk->graph;
  int depth = StepOf(*walk, from).depth + 1;
  int first = graph->vertices[vertex].first_edge;
  int end = first + graph->vertices[vertex].nedges;
  for (int e = first; e < end; e++) {
    CHECK_FOR_INTERRUPTS();
    uint8 kind = graph->edges[e].kind;
    if (walk->direct_only && (kind == kReadOnlyKind || !IsDirect(kind))) continue;
    if (kind == kReadOnlyKind && vertex != from) continue;
    int reached = EndOf(graph, e);
    if (reached != kNoVertex) ReachVertex(walk, reached, from, e, depth);
  }
}

// True the first time one of the place's columns asks; a later one could reach nothing new.
bool FirstForRows(Walk *walk, int place) {
  while (walk->rows_seen.size <= place) walk->rows_seen.Append(false);
  bool first = !walk->rows_seen[place];
  walk->rows_seen[place] = true;
  return first;
}

void GoOn(Walk *walk, int number) {
  Graph *graph = walk->graph;
  int place = graph->vertices[number].place;
  Load(graph, place);
  int whole = graph->places[place].whole;
  Follow(walk, number, number);
  if (number == whole) {
    for (int c = graph->vertices[whole].next_column; c >= 0; c = graph->vertices[c].next_column)
      Follow(walk, c, number);
  } else if (graph->direction == Direction::kUpstream && FirstForRows(walk, place)) {
    Follow(walk, whole, number);
  }
}

}  // namespace

Walk BeginWalk(Graph *graph, int start, int max_depth, bool direct_only) {
  Walk walk = {graph, direct_only, max_depth, kNoVertex, kNoVertex, 0, {}, {}, {}};
  ReachVertex(&walk, start, -1, -1, 0);
  return walk;
}

void RunWalk(Walk *walk) {
  for (; walk->done < walk->reached.size; walk->done++) {
    if (walk->found != kNoVertex || walk->graph->cut) return;
    int number = walk->reached[walk->done];
    if (walk->max_depth < 0 || StepOf(*walk, number).depth < walk->max_depth) GoOn(walk, number);
  }
}

void ReachVertex(Walk *walk, int vertex, int from, int edge, int depth) {
  const Vertex &reached = walk->graph->vertices[vertex];
  int whole = walk->graph->places[reached.place].whole;
  if (StepOf(*walk, vertex).depth >= 0 || StepOf(*walk, whole).depth >= 0) return;
  while (walk->steps.size <= vertex) walk->steps.Append(Step{-1, -1, -1});
  walk->steps[vertex] = Step{depth, from, edge};
  walk->reached.Append(vertex);
  if (walk->goal == kNoVertex || walk->found != kNoVertex) return;
  const Vertex &goal = walk->graph->vertices[walk->goal];
  bool stands_for = goal.column == NULL || vertex == walk->goal || vertex == whole;
  if (goal.place == reached.place && stands_for) walk->found = vertex;
}

Step StepOf(const Walk &walk, int vertex) {
  return vertex < walk.steps.size ? walk.steps[vertex] : Step{-1, -1, -1};
}

bool Covered(const Walk &walk, int number) {
  const Vertex &vertex = walk.graph->vertices[number];
  Step whole = StepOf(walk, walk.graph->places[vertex.place].whole);
  return vertex.column != NULL && whole.depth >= 0 && whole.depth <= StepOf(walk, number).depth;
}

Datum PathTo(const Walk &walk, int vertex, const char *last) {
  int size = last == NULL ? 0 : 1;
  for (int v = vertex; v >= 0; v = walk.steps[v].from) size++;
  Datum *names = static_cast<Datum *>(palloc(sizeof(Datum) * size));
  int position = size;
  if (last != NULL) names[--position] = CStringGetTextDatum(last);
  for (int v = vertex; v >= 0; v = walk.steps[v].from) names[--position] = LabelOf(walk.graph, v);
  return PointerGetDatum(construct_array(names, size, TEXTOID, -1, false, TYPALIGN_INT));
}

}  // namespace pg_lineage
