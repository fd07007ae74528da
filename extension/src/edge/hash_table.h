// Hash tables of the server (dynahash) that one backend keeps.
//
// An entry begins with its key. Keys are compared byte by byte, so they have no padding; arrays of
// char are strings. What the table needs is allocated below `context` and goes with it; whoever
// resets that context forgets the table. Look up with hash_search().
//
//   struct Entry {
//     Oid relid;  // key
//     int number;
//   };
//   HTAB *table = MakeTable(&Entry::relid, "pg_lineage relations", 64, CurrentMemoryContext);
//   HTAB *seen = MakeSet<uint64>("pg_lineage seen", 64, CurrentMemoryContext);
#pragma once

#include <type_traits>

#include "edge/server.h"

namespace pg_lineage {

// `size` is how many entries are expected.
template <typename Key>
HTAB *MakeSet(const char *name, long size, MemoryContext context, Size entry = sizeof(Key)) {
  static_assert(std::has_unique_object_representations_v<Key>, "keys are compared byte by byte");
  const bool text = std::is_array_v<Key> && std::is_same_v<std::remove_extent_t<Key>, char>;
  HASHCTL control = {};
  control.keysize = sizeof(Key);
  control.entrysize = entry;
  control.hcxt = context;
  return hash_create(name, size, &control,
                     HASH_ELEM | HASH_CONTEXT | (text ? HASH_STRINGS : HASH_BLOBS));
}

template <typename Entry, typename Key>
HTAB *MakeTable(Key Entry::*, const char *name, long size, MemoryContext context) {
  return MakeSet<Key>(name, size, context, sizeof(Entry));
}

}  // namespace pg_lineage
