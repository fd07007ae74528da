#include "queue/event.h"

#include "edge/compat.h"
#include "queue/local_event.h"
#include "queue/node_names.h"
#include "queue/pending.h"

namespace pg_lineage {
namespace {

HTAB *event_cache = NULL;
MemoryContext event_context = NULL;
uint32 event_generation = 0;
void (*reset_callback)() = NULL;

// Makes the cache on first use.
void BeginCache() {
  if (event_cache != NULL) return;
  if (event_context == NULL)
    event_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage events", ALLOCSET_DEFAULT_SIZES);
  HASHCTL info = {};
  info.keysize = sizeof(uint64);
  info.entrysize = sizeof(LocalEvent);
  info.hcxt = event_context;
  event_generation = Generation();
  event_cache = hash_create("pg_lineage events", 128, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
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
  EventPath *copy = static_cast<EventPath *>(palloc(sizeof(EventPath)));
  *copy = *path;
  copy->routine = CopyText(path->routine);
  copy->frames = CopyTexts(path->frames, path->nframes);
  return copy;
}

// Copies a spec into the current context.
EventSpec CopySpec(const EventSpec &spec) {
  EventSpec copy = spec;
  copy.target = CopyNode(spec.target);
  copy.path = CopyPath(spec.path);
  copy.text.source = CopyText(spec.text.source);
  EventEdge *edges = static_cast<EventEdge *>(palloc0(sizeof(EventEdge) * Max(spec.nedges, 1)));
  for (int i = 0; i < spec.nedges; i++) {
    const EventEdge &from = spec.edges[i];
    edges[i].source = CopyNode(from.source);
    edges[i].npairs = from.npairs;
    if (from.npairs == 0) continue;
    Size size = sizeof(EdgePair) * from.npairs;
    EdgePair *pairs = static_cast<EdgePair *>(palloc(size));
    memcpy(pairs, from.pairs, size);
    edges[i].pairs = pairs;
  }
  copy.edges = edges;
  return copy;
}

}  // namespace

LocalEvent *EventIntern(const EventSpec &spec) {
  BeginCache();
  LocalEvent *event =
      static_cast<LocalEvent *>(hash_search(event_cache, &spec.key, HASH_FIND, NULL));
  if (event != NULL) return event;
  // Copy first: running out of memory must not leave half an entry.
  MemoryContext caller = MemoryContextSwitchTo(event_context);
  EventSpec copy = CopySpec(spec);
  MemoryContextSwitchTo(caller);
  event = static_cast<LocalEvent *>(hash_search(event_cache, &spec.key, HASH_ENTER, NULL));
  event->spec = copy;
  event->top = NULL;
  event->mark = {};
  event->outcome = Outcome::kNone;
  event->said = 0;
  event->owed = false;
  event->failures = 0;
  return event;
}

void SetEventCacheResetCallback(void (*callback)()) { reset_callback = callback; }

int EventCacheSize() {
  return event_cache == NULL ? 0 : static_cast<int>(hash_get_num_entries(event_cache));
}

uint32 EventCacheGeneration() { return event_generation; }

void EventCacheReset() {
  if (event_cache == NULL) return;
  if (reset_callback != NULL) reset_callback();
  event_cache = NULL;
  NodeNamesReset();
  MemoryContextReset(event_context);  // takes the hash tables too
}

}  // namespace pg_lineage
