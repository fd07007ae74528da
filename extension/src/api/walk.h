// A breadth-first walk over the lineage graph: what is reached, how deep, and by which way.
//
// An edge that concerns the rows of its target reaches the place as a whole, which stands for each
// of its columns; upstream, what decided on the rows of a place decided on each of its columns.
// Cycles end by themselves: nothing is reached twice.
//
//   Walk walk = BeginWalk(graph, start, max_depth, false);
//   RunWalk(&walk);
//   for (int vertex : walk.reached) … StepOf(walk, vertex).depth …
#pragma once

#include "api/graph.h"

namespace pg_lineage {

struct Step {
  int depth;  // below 0: not reached
  int from;   // the vertex before it on the way, -1 at the start
  int edge;   // that led here, -1 at the start
};

struct Walk {
  Graph *graph;
  bool direct_only;  // along DIRECT edges only
  int max_depth;     // below 0: none
  int goal;          // stop when this vertex, or its place as a whole, is reached; kNoVertex: never
  int found;         // what stood for the goal
  int done;          // how many of `reached` were gone on from
  PodVector<Step> steps;      // by vertex
  PodVector<int> reached;     // vertices in the order of depth
  PodVector<bool> rows_seen;  // by place: edges to its rows were followed for one of its columns
};

// A walk that stands at `start`: a column, or a place with all its columns.
Walk BeginWalk(Graph *graph, int start, int max_depth, bool direct_only);

// Goes on from all that was reached and not gone on from.
void RunWalk(Walk *walk);

// Reaches a vertex by something that is no edge. Nothing happens when it was reached before.
void ReachVertex(Walk *walk, int vertex, int from, int edge, int depth);

Step StepOf(const Walk &walk, int vertex);

// True for a column whose place was reached as a whole, no deeper: that says it all. (Which of the
// two came first within one depth is chance.)
bool Covered(const Walk &walk, int vertex);

// The names from the start to a vertex, as text[]; `last`, if not NULL, is added to them.
Datum PathTo(const Walk &walk, int vertex, const char *last);

}  // namespace pg_lineage
