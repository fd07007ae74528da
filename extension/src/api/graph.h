// The lineage graph, as far as a question needs it: read through the indexes of the store, a
// relation at a time, when a walk first comes there.
//
// A place is a name: a relation or an outside dataset as it is called now. Several rows of
// lineage._node may share it (a table dropped and made anew with other columns; client: files). A
// vertex is a place as a whole, or a column of it by name. Edges hang on the vertex they start
// from: the source when looking downstream, the target upstream. Their other end stays a number of
// the store until it is followed, so that a hub with many neighbours costs a row each, not a look
// at each neighbour.
//
//   Graph *graph = OpenGraph(reader, Direction::kDownstream, false);
//   int start = VertexOf(graph, PlaceOf(graph, "public.t"), "x");
//   Load(graph, graph->vertices[start].place);   // now vertices[start].first_edge … are valid
//
// The reader sees what his rights allow (api/reader.h). Memory is the context's that was current at
// OpenGraph. Vertices, places and edges are numbers, because the arrays grow while one walks.
#pragma once

#include "api/reader.h"
#include "edge/pod_vector.h"
#include "edge/server.h"

namespace pg_lineage {

enum class Direction { kUpstream, kDownstream };

constexpr int kNoVertex = -1;
// Beside the kinds of queue/event.h: the source was read, which columns matter is not known.
constexpr uint8 kReadOnlyKind = 0x80;

struct GraphEdge {
  int vertex;  // where it hangs
  int node;    // the other end: a number in Graph::nodes
  int caller;  // a number in Graph::callers; -1: top level, or not asked for
  int16 column;
  uint8 kind;  // Kind, perhaps with kMaskingBit, or kReadOnlyKind
  uint8 operation;
};

struct Vertex {
  int place;
  const char *column;  // NULL: the whole place
  int next_column;     // of the same place; -1: the last
  int first_edge;
  int nedges;
  Datum label;  // its name as paths show it; 0: not made yet
};

struct Place {
  const char *name;
  int whole;         // the vertex of the place as a whole
  bool loaded;       // its edges are there
  const char *kind;  // table, view, …; NULL until a node of it is met
  Oid relid;         // InvalidOid unless it lives in this database
};

// A row of lineage._node.
struct GraphNode {
  int64 id;
  int place;                // kNoVertex: not to be seen; below: not looked at
  PodVector<int> vertices;  // by column number
};

// Who wrote, once for many edges.
struct Caller {
  const char *routine;  // NULL in DO
  ArrayType *path;
};

struct Graph {
  FactReader *reader;
  Direction direction;
  bool detailed;  // edges keep kind, operation and caller; else only what a walk needs
  int64 budget;   // rows of lineage._edge that may still be read; below 0: no limit
  bool cut;       // the budget ended before the rows did
  MemoryContext context;
  HTAB *numbers;  // of names and ids
  PodVector<Place> places;
  PodVector<Vertex> vertices;
  PodVector<GraphNode> nodes;
  PodVector<GraphEdge> edges;
  PodVector<Caller> callers;
};

Graph *OpenGraph(FactReader *reader, Direction direction, bool detailed);

// The place of a name, written as the views write it; made when new.
int PlaceOf(Graph *graph, const char *name);
// A place of a relation that lives here.
int PlaceOfRelation(Graph *graph, Oid relid);
// A column of a place, or the place as a whole (NULL); made when new.
int VertexOf(Graph *graph, int place, const char *column);

// Reads the edges of a place, unless they are there.
void Load(Graph *graph, int place);

// The vertex at the other end of an edge; kNoVertex when it may not be seen or was dropped.
int EndOf(Graph *graph, int edge);

// What a relation of this pg_class.relkind is called; NULL: no kind that lineage knows.
const char *RelationKindName(char relkind);

// The vertex by name: schema.table, or schema.table.column.
Datum LabelOf(Graph *graph, int vertex);

// A name given by a user, written as names of the store are: parts are quoted where needed.
const char *StoredName(const char *given);

}  // namespace pg_lineage
