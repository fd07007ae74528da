#include "capture/emit.h"

#include "capture/plpgsql_info.h"
#include "edge/guc.h"
#include "edge/key_map.h"
#include "lineage/remote.h"
#include "lineage/resolve.h"
#include "lineage/temp_tables.h"
#include "queue/scrub.h"
#include "queue/shared.h"

namespace pg_lineage {

namespace {

// One pair with its source node, before grouping by node.
struct Pair {
  uint32 node;
  uint8 uri;
  uint8 kind;  // kRead: the node was only read
  int16 source_column;
  int16 target_column;
};

// Longer texts are scrubbed at once: what is kept of them is short, or nothing.
constexpr size_t kLongestKeptSource = 2048;

KeyMap<LocalEvent> known_events = {};  // by RunKey; NULL: nothing to store

int ComparePairs(const void *a, const void *b) {
  const Pair *x = static_cast<const Pair *>(a);
  const Pair *y = static_cast<const Pair *>(b);
  if (x->node != y->node) return x->node < y->node ? -1 : 1;
  if (x->uri != y->uri) return x->uri - y->uri;
  if (x->target_column != y->target_column) return x->target_column - y->target_column;
  if (x->source_column != y->source_column) return x->source_column - y->source_column;
  return x->kind - y->kind;
}

void AddPair(const Source &source, int16 target_column, PodVector<Pair> *pairs) {
  uint8 kind = source.kind & kKindMask;
  bool rows = kind >= kJoin && kind <= kSort;
  Pair pair = {source.node, static_cast<uint8>(source.flags & kSourceIsUri), source.kind,
               source.column, rows ? static_cast<int16>(0) : target_column};
  if (kind == kRead) pair.source_column = pair.target_column = 0;
  pairs->Append(pair);
}

void AddPairs(const SourceSet *set, int16 target_column, PodVector<Pair> *pairs) {
  for (int i = 0; i < set->size; i++) AddPair(set->items[i], target_column, pairs);
}

// The same of symbols, once their values are known.
void AddPairs(const ResolveContext &context, const SymSet &set, int16 target_column,
              PodVector<Pair> *pairs) {
  for (int i = 0; i < set.size; i++) {
    if (set.items[i].type == SymType::kRelation) continue;
    AddPairs(ResolveSet(context, set), target_column, pairs);
    return;
  }
  for (int i = 0; i < set.size; i++) {
    const Sym &sym = set.items[i];
    AddPair({sym.id, sym.column, sym.kind, 0}, target_column, pairs);
  }
}

// Sorts and removes repeats; mostly there is nothing to do.
void RemoveRepeats(PodVector<Pair> *pairs) {
  int kept = 1;
  while (kept < pairs->size && ComparePairs(&pairs->items[kept - 1], &pairs->items[kept]) < 0)
    kept++;
  if (kept >= pairs->size) return;
  qsort(pairs->items, pairs->size, sizeof(Pair), ComparePairs);
  kept = 1;
  for (int i = 1; i < pairs->size; i++) {
    if (ComparePairs(&pairs->items[i], &pairs->items[kept - 1]) != 0)
      pairs->items[kept++] = pairs->items[i];
  }
  pairs->size = kept;
}

// Each pair once; above max_columns only which nodes were met is kept.
void Normalise(PodVector<Pair> *pairs) {
  RemoveRepeats(pairs);
  if (pairs->size <= settings.max_columns) return;
  HealthCount(Health::kDegradedColumns);
  for (Pair &pair : *pairs) {
    pair.kind = kRead;
    pair.source_column = pair.target_column = 0;
  }
  RemoveRepeats(pairs);
}

uint64 MixText(uint64 key, const char *text) {
  return hash_combine64(key, hash_bytes_extended(reinterpret_cast<const unsigned char *>(text),
                                                 static_cast<int>(strlen(text)), 3));
}

uint64 EventKey(const Flow &flow, const PodVector<Pair> &pairs) {
  uint64 key = hash_combine64(flow.path->key, (static_cast<uint64>(flow.target) << 16) |
                                                  (static_cast<uint64>(flow.operation) << 8) |
                                                  static_cast<uint64>(flow.origin));
  if (flow.target_uri != nullptr) key = MixText(key, flow.target_uri);
  for (int i = 0; i < flow.ntarget_columns; i++) key = MixText(key, flow.target_columns[i]);
  for (int i = 0; i < pairs.size; i++) {
    const Pair &pair = pairs[i];
    key = hash_combine64(key,
                         (static_cast<uint64>(pair.node) << 32) |
                             (static_cast<uint64>(static_cast<uint16>(pair.source_column)) << 16) |
                             static_cast<uint16>(pair.target_column));
    key = hash_combine64(key, (static_cast<uint64>(pair.kind) << 8) | pair.uri);
    if (pair.uri == 0 || pair.source_column < 1) continue;
    int size = 0;
    const char **names = UriColumns(pair.node, &size);
    if (pair.source_column <= size) key = MixText(key, names[pair.source_column - 1]);
  }
  return key;
}

// Groups pairs by source node into edges.
void BuildEdges(const PodVector<Pair> &pairs, PodVector<EventEdge> *edges) {
  EdgePair *list = static_cast<EdgePair *>(palloc(sizeof(EdgePair) * pairs.size));
  for (int first = 0; first < pairs.size;) {
    int last = first;
    int size = 0;
    for (; last < pairs.size && pairs[last].node == pairs[first].node &&
           pairs[last].uri == pairs[first].uri;
         last++) {
      if (pairs[last].kind != kRead)
        list[size++] = {pairs[last].source_column, pairs[last].target_column, pairs[last].kind};
    }
    EventEdge edge = {};
    if (pairs[first].uri != 0) {
      edge.source.uri = UriText(pairs[first].node);
      edge.source.columns = UriColumns(pairs[first].node, &edge.source.ncolumns);
    } else {
      edge.source.relid = pairs[first].node;
    }
    edge.pairs = list;
    edge.npairs = size;
    list += size;
    edges->Append(edge);
    first = last;
  }
}

// The event of a flow from `pairs` to its target; NULL: nothing to store.
LocalEvent *MakeEvent(const Flow &flow, PodVector<Pair> &pairs, const StatementText &text) {
  Normalise(&pairs);
  if (pairs.Empty()) return nullptr;
  PodVector<EventEdge> edges = {};
  BuildEdges(pairs, &edges);
  EventSpec spec = {};
  spec.operation = flow.operation;
  spec.origin = flow.origin;
  spec.target.relid = flow.target;
  spec.target.uri = flow.target_uri;
  spec.target.columns = flow.target_columns;
  spec.target.ncolumns = flow.ntarget_columns;
  spec.path = flow.path;
  spec.edges = edges.items;
  spec.nedges = edges.size;
  spec.text = text;
  spec.key = EventKey(flow, pairs);
  return EventIntern(spec);
}

void EmitToTemp(const Flow &flow) {
  if (flow.empties) TempClear(flow.target);
  TempAdd(flow.target, 0, flow.rows);
  for (int i = 0; i < flow.columns.size; i++) {
    if (flow.replaces) {
      TempReplace(flow.target, flow.columns[i], flow.sources[i]);
    } else {
      TempAdd(flow.target, flow.columns[i], flow.sources[i]);
    }
  }
}

// Everything the sources of one write depend on, by pointer: equal keys, equal event.
uint64 RunKey(const RunState *run, int write) {
  uint64 key = hash_combine64(run->shape->key, static_cast<uint64>(write));
  key = MixPointer(key, run->path);
  key = MixPointer(key, run->condition);
  key = hash_combine64(key, RemoteGeneration());
  for (int i = 0; i < run->shape->nparams; i++) key = MixPointer(key, run->params[i]);
  for (const Observation &item : run->observed.items) {
    key = hash_combine64(key, item.callee.function);
    key = MixPointer(hash_combine64(key, static_cast<uint64>(item.callee.site)), item.rows);
    key = hash_combine64(MixPointer(key, item.whole), item.in_part);
    for (int i = 0; i < item.size; i++) {
      const ObservedColumn &column = run->observed.columns.items[item.first + i];
      key = MixPointer(MixPointer(key, column.set), column.parts);
    }
  }
  return key;
}

Flow FlowOf(const RunState *run, const ShapeWrite &write) {
  Flow flow = {};
  flow.target = write.target;
  flow.operation = write.operation;
  flow.origin = Origin::kObserved;
  flow.path = run->path;
  return flow;
}

// A write into a temporary table, with all it reads as that is before the statement's own writes.
Flow FlowToTemp(const RunState *run, const ShapeWrite &write) {
  ResolveContext context = RunContext(run);
  Flow flow = FlowOf(run, write);
  for (int i = 0; i < write.ncolumns; i++) {
    flow.columns.Append(write.columns[i].column);
    flow.sources.Append(ResolveSet(context, write.columns[i].sources));
  }
  flow.rows = UnionSets(ResolveSet(context, write.rows), run->condition);
  // What a function that it called has put in meanwhile, the statement does not meet.
  const bool alone = run->temp_writes == TempWrites();
  flow.empties = write.empties && alone;
  flow.replaces = write.replaces && alone;
  return flow;
}

// The event of a write that was not met before. Pairs that concern rows sort first.
LocalEvent *EventOf(const RunState *run, const ShapeWrite &write) {
  ResolveContext context = RunContext(run);
  PodVector<Pair> pairs = {};
  pairs.Reserve(write.rows.size + run->condition->size + write.ncolumns);
  AddPairs(context, write.rows, 0, &pairs);
  AddPairs(run->condition, 0, &pairs);
  for (int i = 0; i < write.ncolumns; i++)
    AddPairs(context, write.columns[i].sources, write.columns[i].column, &pairs);
  const PlannedStmt *plan = run->query->plannedstmt;
  return MakeEvent(FlowOf(run, write), pairs,
                   TextOf(run->query->sourceText, plan->stmt_location, plan->stmt_len));
}

RunningBody BodyNow() {
  const RoutineFrame *frame = TopFrame();
  if (frame == nullptr || frame->info == nullptr) return {};
  return {frame->routine, frame->info->body};
}

uint64 MixTemps(uint64 key, const TempView *view, const SymSet &set) {
  for (int i = 0; i < set.size; i++) {
    if (set.items[i].type == SymType::kTemp)
      key = MixPointer(key, TempColumn(view, set.items[i].id, set.items[i].column));
  }
  return key;
}

// Mixes what is known of the temporary tables that a write reads, itself or for arguments of calls.
uint64 MixTemps(uint64 key, const RunState *run, const ShapeWrite &write) {
  const Shape *shape = run->shape;
  if (!shape->reads_temp) return key;
  key = MixTemps(key, &run->temps, write.rows);
  for (int i = 0; i < write.ncolumns; i++)
    key = MixTemps(key, &run->temps, write.columns[i].sources);
  for (int i = 0; i < shape->ncalls; i++) {
    for (int a = 0; a < shape->calls[i].nargs; a++)
      key = MixTemps(key, &run->temps, shape->calls[i].args[a]);
  }
  return key;
}

}  // namespace

StatementText TextOf(const char *source, int location, int length) {
  const ScrubMode mode = static_cast<ScrubMode>(settings.query_text);
  if (source == nullptr || mode == ScrubMode::kNone) return {};
  if (strnlen(source, kLongestKeptSource + 1) <= kLongestKeptSource)
    return {source, location, length, mode};
  return {ScrubStatement(source, location, length, mode), 0, 0, ScrubMode::kNone};
}

uint64 MixPointer(uint64 key, const void *pointer) {
  return hash_combine64(key, reinterpret_cast<uintptr_t>(pointer));
}

bool EmitKept(Oid target, uint64 key) {
  bool temp = false;
  LocalEvent **known = key == 0 ? nullptr : known_events.Find(key);
  if (known == nullptr || !IsNode(target, &temp) || temp) return false;
  if (*known != nullptr) PendingBump(*known, -1, BodyNow());
  return true;
}

void EmitFlow(const Flow &flow, const StatementText &text, int64 row_count, uint64 key) {
  bool temp = false;
  if (flow.target_uri == nullptr && !IsNode(flow.target, &temp)) return;
  if (temp) {
    EmitToTemp(flow);
    return;
  }
  PodVector<Pair> pairs = {};
  AddPairs(flow.rows, 0, &pairs);
  for (int i = 0; i < flow.columns.size; i++) AddPairs(flow.sources[i], flow.columns[i], &pairs);
  LocalEvent *event = MakeEvent(flow, pairs, text);
  known_events.context = TopMemoryContext;
  if (key != 0 && known_events.Find(key) == nullptr) known_events.Put(key, event);
  if (event != nullptr) PendingBump(event, row_count, BodyNow());
}

void EmitRun(RunState *run) {
  const Shape *shape = run->shape;
  known_events.context = TopMemoryContext;
  PodVector<Flow> to_temps = {};
  for (int w = 0; w < shape->nwrites; w++) {
    const ShapeWrite &write = shape->writes[w];
    int64 rows = write.counted ? static_cast<int64>(run->rows) : -1;
    if (write.temp) {
      to_temps.Append(FlowToTemp(run, write));
      continue;
    }
    uint64 key = MixTemps(RunKey(run, w), run, write);
    LocalEvent **known = known_events.Find(key);
    LocalEvent *event = known != nullptr ? *known : EventOf(run, write);
    if (known == nullptr) known_events.Put(key, event);
    if (event != nullptr) PendingBump(event, rows, BodyNow());
  }
  for (const Flow &flow : to_temps) EmitToTemp(flow);
}

void EmitOutputs(Oid target, Operation operation, const EventPath *path, int size,
                 const SourceSet *const *outputs, const SourceSet *rows, const StatementText &text,
                 int64 row_count) {
  Flow flow = {};
  flow.target = target;
  flow.operation = operation;
  flow.origin = Origin::kObserved;
  flow.path = path;
  for (int i = 0; i < size; i++) {
    flow.columns.Append(static_cast<int16>(i + 1));
    flow.sources.Append(outputs[i]);
  }
  flow.rows = rows;
  EmitFlow(flow, text, row_count);
}

void EmitReset() {
  if (known_events.slots != nullptr) pfree(known_events.slots);
  known_events.Reset();
  if (StackDepth() == 0 && !RunsLive()) ResetPaths();
}

}  // namespace pg_lineage
