#include "queue/known_nodes.h"

#include "edge/compat.h"
#include "edge/hash_table.h"
#include "edge/pod_vector.h"
#include "queue/shared.h"

namespace pg_lineage {
namespace {

constexpr long kMaxKnown = 10000;

struct Entry {
  uint64 key;  // hash key
  int64 id;
  uint32 version;
  bool committed;
};

// Where the rows are.
struct Place {
  Oid table;
  Oid file;
  uint32 generation;
};

MemoryContext context = NULL;
HTAB *entries = NULL;
Place place;
PodVector<uint64> expected;  // keys of this transaction; outlives `entries` of another place

Place PlaceOf(const StoreTable *node) {
  return Place{RelationGetRelid(node->relation), node->relation->rd_rel->relfilenode, Generation()};
}

bool IsHere(const Place &now) {
  return entries != NULL && now.table == place.table && now.file == place.file &&
         now.generation == place.generation;
}

Entry *Find(uint64 key) {
  return static_cast<Entry *>(hash_search(entries, &key, HASH_FIND, NULL));
}

// Allocates nothing: an error after the commit could not be told to anybody.
void OnTransaction(XactEvent event, void *) {
  if (expected.Empty()) return;
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
    return;
  for (const uint64 &key : expected) {
    Entry *entry = entries == NULL ? NULL : Find(key);
    if (entry == NULL || entry->committed) continue;
    if (event == XACT_EVENT_COMMIT)
      entry->committed = true;
    else
      hash_search(entries, &key, HASH_REMOVE, NULL);
  }
  expected.size = 0;
}

// Begins anew for another place, or when too many are known.
void Begin(const Place &now) {
  static bool watching = false;
  if (!watching) RegisterXactCallback(OnTransaction, NULL);
  watching = true;
  entries = NULL;
  expected.size = 0;
  if (context == NULL)
    context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage known nodes", ALLOCSET_DEFAULT_SIZES);
  MemoryContextReset(context);
  expected = {};
  expected.context = context;
  entries = MakeTable(&Entry::key, "pg_lineage known nodes", 256, context);
  place = now;
}

}  // namespace

int64 KnownNodeId(const StoreTable *node, uint64 key, uint32 version) {
  if (!IsHere(PlaceOf(node))) return 0;
  const Entry *entry = Find(key);
  return entry != NULL && entry->committed && entry->version == version ? entry->id : 0;
}

void ExpectNodeId(const StoreTable *node, const MetNode &met) {
  const Place now = PlaceOf(node);
  if (!IsHere(now) || hash_get_num_entries(entries) >= kMaxKnown) Begin(now);
  expected.Append(met.key);
  Entry *entry = static_cast<Entry *>(hash_search(entries, &met.key, HASH_ENTER, NULL));
  *entry = Entry{met.key, met.id, met.version, false};
}

}  // namespace pg_lineage
