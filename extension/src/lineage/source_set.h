// Interned sets of sources: where a value came from, and what decided that it came.
//
// A SourceSet is immutable, sorted and unique by content in this backend, so that copying a
// variable's taint is copying a pointer and "same sources" is pointer equality. Sets live in one
// context until SourceSetsReset(), which capture calls at the end of a transaction when the context
// has grown over its limit; whoever keeps sets across transactions (temp_tables.cpp) copies them
// out first. Only out of memory can raise an error here. Hashes depend on content alone: equal in
// all backends.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "queue/event.h"

namespace pg_lineage {

// Beside the kinds of an edge: the relation was read, which gives a table edge without columns.
constexpr uint8 kRead = 15;
constexpr uint8 kSourceIsUri = 1;
constexpr uint8 kSourceIsSymbol = 2;  // stands for an argument: lineage/summary.h, never stored

struct Source {
  uint32 node;   // relation OID, or the hash of a URI
  int16 column;  // attribute number; 0: the whole relation (kRead)
  uint8 kind;    // Kind | kMaskingBit, or kRead
  uint8 flags;   // kSourceIsUri
};
static_assert(sizeof(Source) == 8, "hashed and compared as eight bytes");

struct SourceSet {
  uint64 hash;
  int size;
  Source items[FLEXIBLE_ARRAY_MEMBER];
};

// The kind of a source of kind `inner` that is used in the way of `outer`.
uint8 Compose(uint8 outer, uint8 inner);

// Collects sources; Intern() sorts, removes repeats and finds or makes the set.
struct SourceBag {
  PodVector<Source> items;

  void Add(const Source &source) { items.Append(source); }
  // Every source of `set`, used in the way of `outer`.
  void AddSet(const SourceSet *set, uint8 outer);
  const SourceSet *Intern();
};

extern const SourceSet kEmptySet;  // outside the table of sets: survives a reset
inline const SourceSet *EmptySet() { return &kEmptySet; }
const SourceSet *UnionSets(const SourceSet *a, const SourceSet *b);
// What remains of `set` when it only decides: every column CONDITIONAL, reads as they are.
const SourceSet *AsCondition(const SourceSet *set);
// The INDIRECT sources of `set` and its reads.
const SourceSet *IndirectPart(const SourceSet *set);

// Names an outside dataset; the text is kept for the life of the backend.
uint32 RegisterUri(const char *uri);
// The same for one that has these columns, whatever others of its name have.
uint32 RegisterDataset(const char *uri, int size, const char *const *columns);
const char *UriText(uint32 id);
// The columns an outside dataset has, as last seen; names are copied.
void SetUriColumns(uint32 id, int size, const char *const *names);
const char **UriColumns(uint32 id, int *size);

Size SourceSetsMemory();
void SourceSetsReset();

}  // namespace pg_lineage
