#include "queue/event.h"

#include "edge/compat.h"
#include "edge/key_map.h"
#include "queue/local_event.h"
#include "queue/node_names.h"
#include "queue/pending.h"

namespace pg_lineage {
namespace {

KeyMap<LocalEvent> event_cache = {};
MemoryContext event_context = NULL;
uint32 event_generation = 0;
EventPath *top_level = NULL;  // the copy of the path without frames
void (*reset_callback)() = NULL;

// Begins the cache when the first event comes.
void BeginCache() {
  if (event_context == NULL)
    event_context =
        GenerationContextCreate(TopMemoryContext, "pg_lineage events", ALLOCSET_DEFAULT_SIZES);
  if (event_cache.size == 0) event_generation = Generation();
  event_cache.context = event_context;
}

const char *CopyText(const char *text) { return text == NULL ? NULL : pstrdup(text); }

const char **CopyTexts(const char **texts, int n) {
  if (texts == NULL || n == 0) return NULL;
  const char **copy = static_cast<const char **>(palloc(sizeof(char *) * n));
  for (int i = 0; i < n; i++) copy[i] = CopyText(texts[i]);
  return copy;
}

EventNode CopyNode(const EventNode &node) {
  EventNode copy = node;
  copy.uri = CopyText(node.uri);
  copy.columns = CopyTexts(node.columns, node.ncolumns);
  if (OidIsValid(node.relid)) (void)NodeNamesOf(node.relid, false);
  return copy;
}

EventPath *CopyPath(const EventPath *path) {
  if (path == NULL) return NULL;
  bool frameless = path->nframes == 0 && path->routine == NULL;
  if (frameless && top_level != NULL && top_level->key == path->key) return top_level;
  EventPath *copy = static_cast<EventPath *>(palloc(sizeof(EventPath)));
  *copy = *path;
  copy->routine = CopyText(path->routine);
  copy->frames = CopyTexts(path->frames, path->nframes);
  if (frameless) top_level = copy;
  return copy;
}

// Copies a spec into the current context, the event with its edges, pairs and text as one piece:
// statements that are never seen again make one each.
LocalEvent *CopyEvent(const EventSpec &spec) {
  Size edges_at = MAXALIGN(sizeof(LocalEvent));
  Size pairs_at = edges_at + MAXALIGN(sizeof(EventEdge) * spec.nedges);
  Size text_at = pairs_at;
  for (int i = 0; i < spec.nedges; i++) text_at += sizeof(EdgePair) * spec.edges[i].npairs;
  Size text_size = spec.text.source == NULL ? 0 : strlen(spec.text.source) + 1;
  char *piece = static_cast<char *>(palloc(text_at + text_size));
  LocalEvent *event = reinterpret_cast<LocalEvent *>(piece);
  *event = {};
  event->key = spec.key;
  event->spec = spec;
  event->spec.target = CopyNode(spec.target);
  event->spec.path = CopyPath(spec.path);
  if (text_size > 0) {
    memcpy(piece + text_at, spec.text.source, text_size);
    event->spec.text.source = piece + text_at;
  }
  EventEdge *edges = reinterpret_cast<EventEdge *>(piece + edges_at);
  EdgePair *pairs = reinterpret_cast<EdgePair *>(piece + pairs_at);
  event->spec.edges = edges;
  for (int i = 0; i < spec.nedges; i++) {
    const EventEdge &from = spec.edges[i];
    edges[i] = {CopyNode(from.source), from.npairs == 0 ? NULL : pairs, from.npairs};
    if (from.npairs > 0) memcpy(pairs, from.pairs, sizeof(EdgePair) * from.npairs);
    pairs += from.npairs;
  }
  return event;
}

}  // namespace

LocalEvent *EventIntern(const EventSpec &spec) {
  BeginCache();
  if (LocalEvent **known = event_cache.Find(spec.key)) return *known;
  // Copy first: running out of memory must not leave half an entry.
  MemoryContext caller = MemoryContextSwitchTo(event_context);
  LocalEvent *event = CopyEvent(spec);
  MemoryContextSwitchTo(caller);
  event_cache.Put(spec.key, event);
  return event;
}

void SetEventCacheResetCallback(void (*callback)()) { reset_callback = callback; }

int EventCacheSize() { return event_cache.size; }

uint32 EventCacheGeneration() { return event_generation; }

void EventCacheReset() {
  if (event_cache.size == 0) return;
  if (reset_callback != NULL) reset_callback();
  event_cache.Reset();
  top_level = NULL;
  NodeNamesReset();
  MemoryContextReset(event_context);  // takes the map too
}

}  // namespace pg_lineage
