#include "lineage/source_set.h"

#include "edge/hash_table.h"
#include "edge/key_map.h"

namespace pg_lineage {

const SourceSet kEmptySet = {};

namespace {

MemoryContext set_context = nullptr;
KeyMap<const SourceSet> sets = {};  // by content hash
HTAB *uri_table = nullptr;          // hash of the text -> text

struct UriEntry {
  uint32 id;  // key
  char *text;
  const char **columns;
  int ncolumns;
};

bool IsRowKind(uint8 kind) {
  kind &= kKindMask;
  return kind >= kJoin && kind <= kSort;
}

int CompareSources(const void *a, const void *b) { return memcmp(a, b, sizeof(Source)); }

// Finds or makes the set with these items, which are sorted and unique.
const SourceSet *FindOrMake(const Source *items, int size) {
  if (size == 0) return EmptySet();
  uint64 hash = hash_bytes_extended(reinterpret_cast<const unsigned char *>(items),
                                    static_cast<int>(sizeof(Source) * size), 19505);
  if (const SourceSet **known = sets.Find(hash)) return *known;
  if (set_context == nullptr)
    set_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage source sets", ALLOCSET_DEFAULT_SIZES);
  sets.context = set_context;
  SourceSet *set = static_cast<SourceSet *>(
      MemoryContextAlloc(set_context, offsetof(SourceSet, items) + sizeof(Source) * size));
  set->hash = hash;
  set->size = size;
  memcpy(set->items, items, sizeof(Source) * size);
  sets.Put(hash, set);
  return set;
}

}  // namespace

uint8 Compose(uint8 outer, uint8 inner) {
  uint8 in = inner & kKindMask;
  uint8 out = outer & kKindMask;
  uint8 masking = (inner | outer) & kMaskingBit;
  if (in == kRead) return kRead;
  if (in < kJoin) return (out < kJoin ? Max(in, out) : out) | masking;
  return (IsRowKind(out) && !IsRowKind(in) ? out : in) | masking;
}

void SourceBag::AddSet(const SourceSet *set, uint8 outer) {
  for (int i = 0; i < set->size; i++) {
    Source source = set->items[i];
    source.kind = Compose(outer, source.kind);
    items.Append(source);
  }
}

const SourceSet *SourceBag::Intern() {
  if (items.size > 1) {
    qsort(items.items, items.size, sizeof(Source), CompareSources);
    int kept = 1;
    for (int i = 1; i < items.size; i++) {
      if (CompareSources(&items.items[i], &items.items[kept - 1]) != 0)
        items.items[kept++] = items.items[i];
    }
    items.size = kept;
  }
  return FindOrMake(items.items, items.size);
}

const SourceSet *UnionSets(const SourceSet *a, const SourceSet *b) {
  if (a == b || b->size == 0) return a;
  if (a->size == 0) return b;
  SourceBag bag = {};
  bag.AddSet(a, kIdentity);
  bag.AddSet(b, kIdentity);
  const SourceSet *set = bag.Intern();
  pfree(bag.items.items);
  return set;
}

const SourceSet *AsCondition(const SourceSet *set) {
  if (set->size == 0) return set;
  SourceBag bag = {};
  for (int i = 0; i < set->size; i++) {
    Source source = set->items[i];
    if (source.kind != kRead) source.kind = kConditional | (source.kind & kMaskingBit);
    bag.Add(source);
  }
  const SourceSet *result = bag.Intern();
  pfree(bag.items.items);
  return result;
}

const SourceSet *IndirectPart(const SourceSet *set) {
  SourceBag bag = {};
  for (int i = 0; i < set->size; i++) {
    if (!IsDirect(set->items[i].kind)) bag.Add(set->items[i]);
  }
  if (bag.items.Empty()) return EmptySet();
  const SourceSet *result = bag.Intern();
  pfree(bag.items.items);
  return result;
}

static uint32 HashText(const char *text) {
  return hash_bytes(reinterpret_cast<const unsigned char *>(text), static_cast<int>(strlen(text)));
}

// Finds or makes the entry; true when it is new.
static bool EnsureUri(uint32 id, const char *uri) {
  if (uri_table == nullptr)
    uri_table = MakeTable(&UriEntry::id, "pg_lineage outside datasets", 16, TopMemoryContext);
  bool found = false;
  UriEntry *entry = static_cast<UriEntry *>(hash_search(uri_table, &id, HASH_ENTER, &found));
  if (found) return false;
  entry->text = nullptr;
  entry->columns = nullptr;
  entry->ncolumns = 0;
  entry->text = MemoryContextStrdup(TopMemoryContext, uri);
  return true;
}

uint32 RegisterUri(const char *uri) {
  uint32 id = HashText(uri);
  (void)EnsureUri(id, uri);
  return id;
}

uint32 RegisterDataset(const char *uri, int size, const char *const *columns) {
  uint32 id = HashText(uri);
  for (int i = 0; i < size; i++) id = hash_combine(id, HashText(columns[i]));
  if (EnsureUri(id, uri)) SetUriColumns(id, size, columns);
  return id;
}

const char *UriText(uint32 id) {
  if (uri_table == nullptr) return nullptr;
  UriEntry *entry = static_cast<UriEntry *>(hash_search(uri_table, &id, HASH_FIND, nullptr));
  return entry == nullptr ? nullptr : entry->text;
}

void SetUriColumns(uint32 id, int size, const char *const *names) {
  UriEntry *entry = static_cast<UriEntry *>(hash_search(uri_table, &id, HASH_FIND, nullptr));
  if (entry == nullptr) return;
  const char **copy = static_cast<const char **>(
      MemoryContextAlloc(TopMemoryContext, sizeof(char *) * Max(size, 1)));
  for (int i = 0; i < size; i++) copy[i] = MemoryContextStrdup(TopMemoryContext, names[i]);
  for (int i = 0; i < entry->ncolumns; i++) pfree(const_cast<char *>(entry->columns[i]));
  if (entry->columns != nullptr) pfree(entry->columns);
  entry->columns = copy;
  entry->ncolumns = size;
}

const char **UriColumns(uint32 id, int *size) {
  *size = 0;
  if (uri_table == nullptr) return nullptr;
  UriEntry *entry = static_cast<UriEntry *>(hash_search(uri_table, &id, HASH_FIND, nullptr));
  if (entry == nullptr) return nullptr;
  *size = entry->ncolumns;
  return entry->columns;
}

Size SourceSetsMemory() {
  return set_context == nullptr ? 0 : MemoryContextMemAllocated(set_context, true);
}

void SourceSetsReset() {
  if (sets.size == 0) return;
  sets.Reset();
  MemoryContextReset(set_context);
}

}  // namespace pg_lineage
