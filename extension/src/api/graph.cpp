#include "api/graph.h"

#include "capture/call_stack.h"
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/event.h"
#include "queue/node_rows.h"

namespace pg_lineage {
namespace {

constexpr int kNotLooked = -2;

// What a number stands for: a key of Graph::numbers.
enum class Numbered : uint64 { kPlace = 1, kColumn, kNode, kCaller };

struct NumberEntry {
  uint64 key[2];  // first: hash key
  int number;
};

uint64 HashBytes(const void *bytes, Size size) {
  return hash_bytes_extended(static_cast<const unsigned char *>(bytes), static_cast<int>(size), 0);
}

// The entry of a thing; number -1 when it is new.
int *NumberOf(Graph *graph, Numbered what, uint64 key) {
  uint64 both[2] = {static_cast<uint64>(what), key};
  bool found;
  NumberEntry *entry =
      static_cast<NumberEntry *>(hash_search(graph->numbers, both, HASH_ENTER, &found));
  if (!found) entry->number = -1;
  return &entry->number;
}

int AddVertex(Graph *graph, int place, const char *column) {
  const char *kept = column == NULL ? NULL : MemoryContextStrdup(graph->context, column);
  graph->vertices.Append(Vertex{place, kept, -1, 0, 0, (Datum)0});
  return graph->vertices.size - 1;
}

int NodeNumber(Graph *graph, int64 id) {
  int *number = NumberOf(graph, Numbered::kNode, static_cast<uint64>(id));
  if (*number >= 0) return *number;
  GraphNode node = {id, kNotLooked, {}};
  node.vertices.context = graph->context;
  graph->nodes.Append(node);
  return *number = graph->nodes.size - 1;
}

// The place that a node's name makes it part of.
int PlaceOfNode(Graph *graph, int number) {
  if (graph->nodes[number].place != kNotLooked) return graph->nodes[number].place;
  NodeView *view = NodeById(graph->reader, graph->nodes[number].id);
  int place = kNoVertex;
  if (view->found && view->visible) {
    place = PlaceOf(graph, view->name);
    Place *known = &graph->places[place];
    if (known->kind == NULL || OidIsValid(view->relid)) {
      known->kind = RelationKindName(view->kind);
      known->relid = view->relid;
    }
  }
  return graph->nodes[number].place = place;
}

// The vertex of a node's column by number, 0 for the whole.
int VertexOfNode(Graph *graph, int number, int16 column) {
  int place = PlaceOfNode(graph, number);
  if (place == kNoVertex || column < 0) return kNoVertex;
  if (column == 0) return graph->places[place].whole;
  while (graph->nodes[number].vertices.size <= column)
    graph->nodes[number].vertices.Append(kNotLooked);
  int vertex = graph->nodes[number].vertices[column];
  if (vertex != kNotLooked) return vertex;
  const char *name = ColumnName(NodeById(graph->reader, graph->nodes[number].id), column);
  vertex = name == NULL ? kNoVertex : VertexOf(graph, place, name);
  return graph->nodes[number].vertices[column] = vertex;
}

void AddNodesBy(Graph *graph, AttrNumber column, RegProcedure equal, Datum value,
                PodVector<int64> *ids) {
  StoreTable *table = graph->reader->node;
  ScanKeyData key;
  StoreKey(&key, column, equal, value);
  SysScanDesc scan = StoreScan(table, graph->reader->snapshot, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool null;
    int64 id =
        DatumGetInt64(heap_getattr(tuple, kNodeId, RelationGetDescr(table->relation), &null));
    bool known = false;
    for (int64 other : *ids) known = known || other == id;
    if (!known) ids->Append(id);
  }
  StoreEndScan(scan);
}

// Nodes that may be called so: by the name that is stored, and, since that may be behind the
// catalog, by the relation that has the name now.
void NodesOfName(Graph *graph, const char *name, PodVector<int64> *ids) {
  List *parts = NIL;
  AddNodesBy(graph, kNodeNameKey, F_INT8EQ, UInt64GetDatum(NameKey("", name)), ids);
  if (!SplitIdentifierString(pstrdup(name), '.', &parts) || list_length(parts) != 2) return;
  const char *schema = static_cast<char *>(linitial(parts));
  const char *relation = static_cast<char *>(lsecond(parts));
  AddNodesBy(graph, kNodeNameKey, F_INT8EQ, UInt64GetDatum(NameKey(schema, relation)), ids);
  Oid schema_oid = get_namespace_oid(schema, true);
  Oid relid = OidIsValid(schema_oid) ? get_relname_relid(relation, schema_oid) : InvalidOid;
  if (OidIsValid(relid)) AddNodesBy(graph, kNodeRelid, F_OIDEQ, ObjectIdGetDatum(relid), ids);
}

// The caller of a row, by what is stored of it; -1 at top level.
int CallerOf(Graph *graph, Datum *values, bool *nulls) {
  ArrayType *path = DatumGetArrayTypeP(values[kEdgeCallPath - 1]);
  if (ArrayGetNItems(ARR_NDIM(path), ARR_DIMS(path)) == 0) return -1;
  uint64 key = HashBytes(path, VARSIZE(path));
  key = hash_combine64(key, DatumGetObjectId(values[kEdgeRoutineOid - 1]));
  key = hash_combine64(key, static_cast<uint64>(DatumGetInt64(values[kEdgeDatabase - 1])));
  int *number = NumberOf(graph, Numbered::kCaller, key);
  if (*number >= 0) return *number;
  MemoryContext caller = MemoryContextSwitchTo(graph->context);
  Fact fact = {};
  FillRoutine(graph->reader, values, nulls, &fact);
  graph->callers.Append(Caller{fact.routine, fact.call_path});
  MemoryContextSwitchTo(caller);
  return *number = graph->callers.size - 1;
}

const int16 *Numbers(Datum array, int *n) {
  ArrayType *numbers = DatumGetArrayTypeP(array);
  *n = Min(*n, ArrayGetNItems(ARR_NDIM(numbers), ARR_DIMS(numbers)));
  return reinterpret_cast<const int16 *>(ARR_DATA_PTR(numbers));
}

// What a walk needs to know of a kind, where details are not wanted.
uint8 Simple(uint8 kind) {
  if (kind == kReadOnlyKind) return kind;
  return IsDirect(kind) ? kIdentity : kJoin;
}

// The edges of one row of lineage._edge that start from `node`.
void AddRow(Graph *graph, int node, HeapTuple tuple) {
  Datum values[kEdgeNatts + kMaxStoreColumns];
  bool nulls[kEdgeNatts + kMaxStoreColumns];
  heap_deform_tuple(tuple, RelationGetDescr(graph->reader->edge->relation), values, nulls);
  bool down = graph->direction == Direction::kDownstream;
  int other = NodeNumber(graph, DatumGetInt64(values[(down ? kEdgeTarget : kEdgeSource) - 1]));
  GraphEdge edge = {kNoVertex, other, -1, 0, kReadOnlyKind, 0};
  if (graph->detailed) {
    edge.caller = CallerOf(graph, values, nulls);
    edge.operation = static_cast<uint8>(DatumGetInt16(values[kEdgeOperation - 1]));
  }
  int npairs = INT_MAX;
  const int16 *sources = Numbers(values[kEdgeSourceColumns - 1], &npairs);
  const int16 *targets = Numbers(values[kEdgeTargetColumns - 1], &npairs);
  const int16 *kinds = Numbers(values[kEdgeKinds - 1], &npairs);
  if (npairs == 0) {
    edge.vertex = VertexOfNode(graph, node, 0);
    graph->edges.Append(edge);
  }
  for (int i = 0; i < npairs; i++) {
    edge.vertex = VertexOfNode(graph, node, down ? sources[i] : targets[i]);
    edge.column = down ? targets[i] : sources[i];
    edge.kind = static_cast<uint8>(kinds[i]);
    if (!graph->detailed) edge.kind = Simple(edge.kind);
    if (edge.vertex != kNoVertex) graph->edges.Append(edge);
  }
}

void LoadNode(Graph *graph, int node) {
  FactReader *reader = graph->reader;
  ScanKeyData key;
  AttrNumber column = graph->direction == Direction::kDownstream ? kEdgeSource : kEdgeTarget;
  StoreKey(&key, column, F_INT8EQ, Int64GetDatum(graph->nodes[node].id));
  SysScanDesc scan = StoreScan(reader->edge, reader->snapshot, &key, 1);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    CHECK_FOR_INTERRUPTS();
    graph->cut = graph->budget == 0;
    if (graph->cut) break;
    if (graph->budget > 0) graph->budget--;
    MemoryContextReset(reader->row_context);
    MemoryContext caller = MemoryContextSwitchTo(reader->row_context);
    AddRow(graph, node, tuple);
    MemoryContextSwitchTo(caller);
  }
  StoreEndScan(scan);
}

int CompareEdges(const void *left, const void *right) {
  const GraphEdge *a = static_cast<const GraphEdge *>(left);
  const GraphEdge *b = static_cast<const GraphEdge *>(right);
  if (a->vertex != b->vertex) return a->vertex < b->vertex ? -1 : 1;
  if (a->node != b->node) return a->node < b->node ? -1 : 1;
  if (a->column != b->column) return a->column < b->column ? -1 : 1;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->operation != b->operation) return a->operation < b->operation ? -1 : 1;
  return a->caller < b->caller ? -1 : a->caller > b->caller;
}

// Sorts the edges from `first` on, drops what is there twice, and hangs them on their vertices.
void HangEdges(Graph *graph, int first) {
  PodVector<GraphEdge> &edges = graph->edges;
  if (edges.size == first) return;
  qsort(edges.items + first, edges.size - first, sizeof(GraphEdge), CompareEdges);
  int kept = first;
  for (int i = first; i < edges.size; i++) {
    if (i > first && CompareEdges(&edges[i], &edges[kept - 1]) == 0) continue;
    edges[kept] = edges[i];
    Vertex *vertex = &graph->vertices[edges[kept].vertex];
    if (vertex->nedges++ == 0) vertex->first_edge = kept;
    kept++;
  }
  edges.size = kept;
}

}  // namespace

Graph *OpenGraph(FactReader *reader, Direction direction, bool detailed) {
  Graph *graph = static_cast<Graph *>(palloc0(sizeof(Graph)));
  graph->reader = reader;
  graph->direction = direction;
  graph->detailed = detailed;
  graph->budget = -1;
  graph->context = CurrentMemoryContext;
  graph->numbers = MakeTable(&NumberEntry::key, "pg_lineage graph", 256, graph->context);
  graph->places.context = graph->vertices.context = graph->nodes.context = graph->context;
  graph->edges.context = graph->callers.context = graph->context;
  return graph;
}

int PlaceOf(Graph *graph, const char *name) {
  int *number = NumberOf(graph, Numbered::kPlace, HashBytes(name, strlen(name)));
  if (*number >= 0) return *number;
  int place = *number = graph->places.size;
  int whole = AddVertex(graph, place, NULL);
  const char *kept = MemoryContextStrdup(graph->context, name);
  graph->places.Append(Place{kept, whole, false, NULL, InvalidOid});
  return place;
}

int PlaceOfRelation(Graph *graph, Oid relid) {
  int place = PlaceOf(graph, RenderRelation(relid));
  graph->places[place].kind = RelationKindName(get_rel_relkind(relid));
  graph->places[place].relid = relid;
  return place;
}

int VertexOf(Graph *graph, int place, const char *column) {
  int whole = graph->places[place].whole;
  if (column == NULL) return whole;
  uint64 key = hash_combine64(HashBytes(column, strlen(column)), static_cast<uint64>(place));
  int *number = NumberOf(graph, Numbered::kColumn, key);
  if (*number >= 0) return *number;
  int vertex = *number = AddVertex(graph, place, column);
  graph->vertices[vertex].next_column = graph->vertices[whole].next_column;
  graph->vertices[whole].next_column = vertex;
  return vertex;
}

void Load(Graph *graph, int place) {
  if (graph->places[place].loaded) return;
  graph->places[place].loaded = true;
  MemoryContext caller = MemoryContextSwitchTo(graph->context);
  PodVector<int64> ids = {};
  NodesOfName(graph, graph->places[place].name, &ids);
  int first = graph->edges.size;
  for (int64 id : ids) {
    int node = NodeNumber(graph, id);
    if (PlaceOfNode(graph, node) == place) LoadNode(graph, node);
  }
  HangEdges(graph, first);
  MemoryContextSwitchTo(caller);
}

int EndOf(Graph *graph, int edge) {
  return VertexOfNode(graph, graph->edges[edge].node, graph->edges[edge].column);
}

const char *RelationKindName(char relkind) {
  switch (relkind) {
    case RELKIND_RELATION:
      return "table";
    case RELKIND_PARTITIONED_TABLE:
      return "partitioned table";
    case RELKIND_VIEW:
      return "view";
    case RELKIND_MATVIEW:
      return "materialized view";
    case RELKIND_FOREIGN_TABLE:
      return "foreign table";
    case 'u':
      return "dataset";
    default:
      return NULL;
  }
}

Datum LabelOf(Graph *graph, int number) {
  const Vertex &vertex = graph->vertices[number];
  if (vertex.label != (Datum)0) return vertex.label;
  MemoryContext caller = MemoryContextSwitchTo(graph->context);
  const char *name = graph->places[vertex.place].name;
  if (vertex.column != NULL) name = psprintf("%s.%s", name, quote_identifier(vertex.column));
  Datum label = CStringGetTextDatum(name);
  MemoryContextSwitchTo(caller);
  return graph->vertices[number].label = label;
}

const char *StoredName(const char *given) {
  char *copy = pstrdup(given);
  List *parts = NIL;
  if (strchr(given, ':') != NULL || !SplitIdentifierString(copy, '.', &parts) ||
      list_length(parts) != 2)
    return given;
  const char *schema = quote_identifier(static_cast<char *>(linitial(parts)));
  return psprintf("%s.%s", schema, quote_identifier(static_cast<char *>(lsecond(parts))));
}

}  // namespace pg_lineage
