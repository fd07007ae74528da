#include "queue/ends.h"

#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/routine_ends.h"

namespace pg_lineage {
namespace {

// Where the columns of a node are now, by old number - 1; 0: nowhere.
struct ColumnMap {
  const AttrNumber *to;
  int size;

  int16 At(int16 column) const {
    if (column <= 0) return column;  // the rows
    return column <= size ? to[column - 1] : static_cast<int16>(0);
  }
  bool Has(int16 column) const { return column <= 0 || At(column) > 0; }
};

int ColumnsOf(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return 0;
  int columns = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relnatts;
  ReleaseSysCache(tuple);
  return columns;
}

// By name for another relation; for the same one by number, where it was not dropped.
ColumnMap MapTo(const NodeRecord &node, Oid relid) {
  int size = relid == node.relid ? ColumnsOf(relid) : node.ncolumns;
  AttrNumber *to = static_cast<AttrNumber *>(palloc0(sizeof(AttrNumber) * Max(size, 1)));
  for (int i = 0; i < size; i++) {
    AttrNumber number = static_cast<AttrNumber>(i + 1);
    if (relid == node.relid) {
      HeapTuple tuple = SearchSysCacheAttNum(relid, number);
      if (!HeapTupleIsValid(tuple)) continue;
      ReleaseSysCache(tuple);
      to[i] = number;
    } else if (node.columns[i] != NULL) {
      to[i] = get_attnum(relid, node.columns[i]);
    }
  }
  return ColumnMap{to, size};
}

// All rows with the node at either end, each once.
PodVector<EdgeRow> RowsOf(PastWriter *past, int64 node) {
  PodVector<EdgeRow> rows = EdgeRowsByNode(past->edge, kEdgeSource, node);
  for (const EdgeRow &row : EdgeRowsByNode(past->edge, kEdgeTarget, node))
    if (row.Number(kEdgeSource) != node) rows.Append(row);
  return rows;
}

// What becomes of the edges of a node.
struct Move {
  const NodeRecord *node;
  int64 to;  // the node that has them from now on
  ColumnMap map;
  bool into_view;  // it is a view now: nothing but its definition flows into it
  EndReason reason;
};

// The pairs of a row that live on, in the numbers of now; `ended` gets the others.
PodVector<EdgePair> MovedPairs(const Move &move, const EdgeRow &row, PodVector<EdgePair> *ended) {
  bool from = row.Number(kEdgeSource) == move.node->id;
  bool into = row.Number(kEdgeTarget) == move.node->id;
  PodVector<EdgePair> kept = {};
  for (const EdgePair &pair : row.pairs) {
    bool stays =
        (!from || move.map.Has(pair.source_column)) && (!into || move.map.Has(pair.target_column));
    if (!stays) {
      ended->Append(pair);
      continue;
    }
    kept.Append(EdgePair{from ? move.map.At(pair.source_column) : pair.source_column,
                         into ? move.map.At(pair.target_column) : pair.target_column, pair.kind});
  }
  return kept;
}

bool SamePairs(const PodVector<EdgePair> &a, const PodVector<EdgePair> &b) {
  if (a.size != b.size) return false;
  for (int i = 0; i < a.size; i++)
    if (!SamePair(a[i], b[i])) return false;
  return true;
}

void MoveRow(PastWriter *past, const Move &move, EdgeRow *row) {
  bool from = row->Number(kEdgeSource) == move.node->id;
  bool into = row->Number(kEdgeTarget) == move.node->id;
  bool definition = row->Declared() && OfDefinition(row->OperationOf());  // another note's
  bool redefined = into && move.into_view && !definition;
  PodVector<EdgePair> ended = {};
  PodVector<EdgePair> kept = MovedPairs(move, *row, &ended);
  if (redefined || (kept.Empty() && !row->pairs.Empty())) {
    (void)EndRow(past, row, redefined ? EndReason::kRedefined : move.reason);
    return;
  }
  if (move.to == move.node->id && SamePairs(kept, row->pairs)) return;
  EdgeRow before = *row;
  row->pairs = kept;
  if (from) (*row)[kEdgeSource] = Int64GetDatum(move.to);
  if (into) (*row)[kEdgeTarget] = Int64GetDatum(move.to);
  if (!RewriteEdgeRow(past->edge, row)) return;
  if (!ended.Empty()) WritePast(past, before, ended, move.reason);
  TellPair(past, row->Number(kEdgeSource), row->Number(kEdgeTarget), "edge", row->Number(kEdgeId));
}

void MoveRows(PastWriter *past, const Move &move) {
  for (EdgeRow &row : RowsOf(past, move.node->id)) MoveRow(past, move, &row);
}

bool IsViewKind(Oid relid) { return get_rel_relkind(relid) == RELKIND_VIEW; }

// The relation that goes on under the name of one that is gone; InvalidOid where there is none.
Oid Successor(const NodeRecord &node) {
  Oid schema = get_namespace_oid(node.schema, true);
  Oid relid = OidIsValid(schema) ? get_relname_relid(node.name, schema) : InvalidOid;
  bool fits = OidIsValid(relid) && strchr("rpvmf", get_rel_relkind(relid)) != NULL &&
              get_rel_persistence(relid) != RELPERSISTENCE_TEMP;
  return fits ? relid : InvalidOid;
}

// Hands the edges of a relation that is gone to the one that has its name.
void HandOver(PastWriter *past, const NodeRecord &node, Oid successor) {
  PodVector<NodeRecord> present = NodesOfRelation(past->nodes, successor);
  int64 to = present.Empty() ? node.id : present[0].id;
  if (present.Empty()) HandNodeTo(past->nodes, node.id, successor);
  MoveRows(past, Move{&node, to, MapTo(node, successor), IsViewKind(successor),
                      EndReason::kColumnDropped});
}

// The relation is gone. Events of this transaction may have made another row for it meanwhile.
void EndRelation(PastWriter *past, const NodeRecord &node, bool passing) {
  Oid successor = Successor(node);
  if (successor == node.relid) return;  // it came back: the drop was rolled back, say
  if (OidIsValid(successor)) {
    HandOver(past, node, successor);
  } else if (passing) {
    LeaveNodeName(past->nodes, node.id);
  } else {
    for (EdgeRow &row : RowsOf(past, node.id)) (void)EndRow(past, &row, EndReason::kDropped);
    LeaveNodeName(past->nodes, node.id);
  }
}

// What the transaction has declared: a snapshot says thousands of things, and those about one
// relation, or by one routine, must be found among them.
struct Sayings {
  PodVector<LocalEvent *> by_target;
  PodVector<LocalEvent *> by_declarer;
  bool none_gone;  // no relation or column is gone, so that no edge was handed over
};

Oid TargetOf(const LocalEvent *event) { return event->spec.target.relid; }

Oid DeclarerOf(const LocalEvent *event) {
  return event->spec.path == NULL ? InvalidOid : event->spec.path->declared_by;
}

template <Oid (*KeyOf)(const LocalEvent *)>
int Compare(const void *a, const void *b) {
  Oid x = KeyOf(*static_cast<LocalEvent *const *>(a));
  Oid y = KeyOf(*static_cast<LocalEvent *const *>(b));
  if (x == y) return 0;
  return x < y ? -1 : 1;
}

template <Oid (*KeyOf)(const LocalEvent *)>
PodVector<LocalEvent *> SortedBy(const PodVector<LocalEvent *> &said) {
  PodVector<LocalEvent *> sorted = {};
  for (LocalEvent *event : said) sorted.Append(event);
  if (sorted.size > 1) qsort(sorted.items, sorted.size, sizeof(LocalEvent *), Compare<KeyOf>);
  return sorted;
}

// The first of those with a key, or where it would be.
template <Oid (*KeyOf)(const LocalEvent *)>
int FirstOf(const PodVector<LocalEvent *> &sorted, Oid key) {
  int low = 0;
  int high = sorted.size;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (KeyOf(sorted.items[middle]) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// True when a declared event, said after the note, says that the relation's definition has the
// pair; for `pair` NULL, that it only reads the source.
bool Says(PastWriter *past, const EndNote &note, const Sayings &said, int64 source,
          Operation operation, const EdgePair *pair) {
  const PodVector<LocalEvent *> &events = said.by_target;
  for (int e = FirstOf<TargetOf>(events, note.oid); e < events.size; e++) {
    const LocalEvent *event = events.items[e];
    const EventSpec &spec = event->spec;
    if (TargetOf(event) != note.oid) break;
    if (event->said <= note.said || spec.operation != operation) continue;
    for (int i = 0; i < spec.nedges; i++) {
      const EventEdge &edge = spec.edges[i];
      if (NodeRow(past->nodes, edge.source) != source) continue;
      if (pair == NULL ? edge.npairs == 0 : HasPair(edge.pairs, edge.npairs, *pair)) return true;
    }
  }
  return false;
}

// True when all that was declared of a relation in this transaction was said after the note.
bool AllSince(const EndNote &note, const Sayings &said) {
  const PodVector<LocalEvent *> &events = said.by_target;
  for (int e = FirstOf<TargetOf>(events, note.oid); e < events.size; e++) {
    if (TargetOf(events.items[e]) != note.oid) break;
    if (events.items[e]->said <= note.said) return false;
  }
  return true;
}

// Ends what the definition of a relation said before and does not say now.
void EndDefinition(PastWriter *past, const EndNote &note, const Sayings &said) {
  // As of a new view: all edges of the node are of this transaction.
  if (said.none_gone && MadeNodeRow(past->nodes, note.oid) && AllSince(note, said)) return;
  for (const NodeRecord &node : NodesOfRelation(past->nodes, note.oid)) {
    for (EdgeRow &row : EdgeRowsByNode(past->edge, kEdgeTarget, node.id)) {
      Operation operation = row.OperationOf();
      if (!row.Declared() || !OfDefinition(operation)) continue;
      int64 source = row.Number(kEdgeSource);
      if (row.pairs.Empty()) {
        if (!Says(past, note, said, source, operation, NULL))
          (void)EndRow(past, &row, EndReason::kRedefined);
        continue;
      }
      PodVector<EdgePair> kept = {};
      for (const EdgePair &pair : row.pairs)
        if (Says(past, note, said, source, operation, &pair)) kept.Append(pair);
      KeepPairs(past, &row, kept, EndReason::kRedefined);
    }
  }
}

// Ends what the reading of a routine's body, or of a rule, said before and does not say now.
void EndSaid(PastWriter *past, const EndNote &note, bool rule, const Sayings &said) {
  const PodVector<LocalEvent *> &events = said.by_declarer;
  EndDeclaredBy(past, note.oid, rule, [&](const EdgeRow &row, const EdgePair *pair) {
    for (int e = FirstOf<DeclarerOf>(events, note.oid); e < events.size; e++) {
      const LocalEvent *event = events.items[e];
      const EventSpec &spec = event->spec;
      if (DeclarerOf(event) != note.oid) break;
      if (event->said <= note.said || spec.operation != row.OperationOf() ||
          !SameBytes(row[kEdgeCallPath], PathArray(spec.path)) ||
          NodeRow(past->nodes, spec.target) != row.Number(kEdgeTarget))
        continue;
      for (int i = 0; i < spec.nedges; i++) {
        const EventEdge &edge = spec.edges[i];
        if (NodeRow(past->nodes, edge.source) != row.Number(kEdgeSource)) continue;
        if (pair == NULL ? edge.npairs == 0 : HasPair(edge.pairs, edge.npairs, *pair)) return true;
      }
    }
    return false;
  });
}

bool OfRelation(EndKind kind) { return kind <= EndKind::kColumns; }

// The last note of a kind about an object stands for all of them.
struct LastNote {
  uint64 object;  // first: hash key; kind and OID
  int number;
};

uint64 ObjectOf(const EndNote &note) { return static_cast<uint64>(note.kind) << 32 | note.oid; }

HTAB *LastNotes(const PodVector<EndNote> &notes) {
  HTAB *last = MakeTable(&LastNote::object, "pg_lineage end notes", 64, CurrentMemoryContext);
  for (int i = 0; i < notes.size; i++) {
    uint64 object = ObjectOf(notes[i]);
    static_cast<LastNote *>(hash_search(last, &object, HASH_ENTER, NULL))->number = i;
  }
  return last;
}

// Adds the nodes that events of this transaction made for a relation that is gone.
void AddLateNodes(PastWriter *past, PlannedEnd *planned) {
  for (const NodeRecord &node : NodesOfRelation(past->nodes, planned->note.oid)) {
    bool known = false;
    for (const NodeRecord &other : planned->nodes) known |= other.id == node.id;
    if (!known) planned->nodes.Append(node);
  }
}

void ApplyEnd(PastWriter *past, PlannedEnd planned, const Sayings &said) {
  const EndNote &note = planned.note;
  if (note.kind == EndKind::kDefinition) {
    EndDefinition(past, note, said);
    return;
  }
  if (note.kind == EndKind::kRule) EndSaid(past, note, true, said);
  if (note.kind == EndKind::kRoutineBody) EndSaid(past, note, false, said);
  if (!OfRelation(note.kind)) return;
  bool lives = SearchSysCacheExists1(RELOID, ObjectIdGetDatum(note.oid));
  if (lives != (note.kind == EndKind::kColumns)) return;
  AddLateNodes(past, &planned);
  for (const NodeRecord &node : planned.nodes) {
    if (lives)
      MoveRows(past, Move{&node, node.id, MapTo(node, note.oid), false, EndReason::kColumnDropped});
    else
      EndRelation(past, node, note.kind == EndKind::kPassingRelation);
  }
}

}  // namespace

PodVector<Oid> ObjectsOf(const PodVector<PlannedEnd> &plan, EndKind kind) {
  PodVector<Oid> objects = {};
  for (const PlannedEnd &planned : plan)
    if (planned.note.kind == kind) objects.Append(planned.note.oid);
  return objects;
}

bool OfDefinition(Operation operation) {
  return operation == Operation::kCreateView || operation == Operation::kCreateMatView ||
         operation == Operation::kGenerated;
}

bool OnlyDefinitions(const PodVector<EndNote> &notes) {
  for (const EndNote &note : notes)
    if (note.kind != EndKind::kDefinition) return false;
  return true;
}

bool DefinitionsAreNew(const NodeWriter *nodes, const PodVector<EndNote> &notes,
                       const PodVector<LocalEvent *> &said) {
  const Sayings sayings = {SortedBy<TargetOf>(said), {}, true};
  for (const EndNote &note : notes)
    if (!MadeNodeRow(nodes, note.oid) || !AllSince(note, sayings)) return false;
  return true;
}

PodVector<PlannedEnd> PlanEnds(PastWriter *past, const PodVector<EndNote> &notes) {
  PodVector<PlannedEnd> plan = {};
  if (notes.Empty()) return plan;
  HTAB *last = LastNotes(notes);
  for (int i = 0; i < notes.size; i++) {
    uint64 object = ObjectOf(notes[i]);
    if (static_cast<LastNote *>(hash_search(last, &object, HASH_FIND, NULL))->number != i) continue;
    PlannedEnd planned = {notes[i], {}};
    if (OfRelation(notes[i].kind)) planned.nodes = NodesOfRelation(past->nodes, notes[i].oid);
    for (const NodeRecord &node : planned.nodes) (void)PastNode(past, node.id);
    plan.Append(planned);
  }
  return plan;
}

void ApplyEnds(PastWriter *past, const PodVector<PlannedEnd> &plan,
               const PodVector<LocalEvent *> &said) {
  if (plan.Empty()) return;
  Sayings sayings = {SortedBy<TargetOf>(said), SortedBy<DeclarerOf>(said), true};
  for (const PlannedEnd &planned : plan) sayings.none_gone &= !OfRelation(planned.note.kind);
  for (const PlannedEnd &planned : plan) {
    CommandCounterIncrement();  // a row may be concerned by several
    ApplyEnd(past, planned, sayings);
  }
}

}  // namespace pg_lineage
