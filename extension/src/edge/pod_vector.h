// A growable array on palloc, for values that need no destructor.
//
// The server leaves a function by longjmp whenever it likes, so nothing with a destructor may be
// alive across a server call. PodVector has none: its memory belongs to the memory context that was
// current (or given) when it first grew, and goes with it. Copying copies the handle, not the
// array.
//
//   PodVector<Oid> seen;            // zero-initialise with {}
//   seen.Append(relid);             // grows in CurrentMemoryContext, or in seen.context if set
#pragma once

#include <type_traits>

#include "edge/server.h"

namespace pg_lineage {

template <typename T>
struct PodVector {
  static_assert(std::is_trivially_destructible<T>::value, "longjmp skips destructors");
  static_assert(std::is_trivially_copyable<T>::value, "grown by memcpy");

  T *items;
  int size;
  int capacity;
  MemoryContext context;  // NULL: the current one at first growth

  // Makes room for at least `wanted` items.
  void Reserve(int wanted) {
    if (wanted <= capacity) return;
    int grown = capacity < 4 ? 4 : capacity * 2;
    if (grown < wanted) grown = wanted;
    if (items == nullptr) {
      if (context == nullptr) context = CurrentMemoryContext;
      items = static_cast<T *>(MemoryContextAllocHuge(context, sizeof(T) * grown));
    } else {
      items = static_cast<T *>(repalloc_huge(items, sizeof(T) * grown));
    }
    capacity = grown;
  }
  void Append(const T &value) {
    Reserve(size + 1);
    items[size++] = value;
  }
  T &operator[](int index) {
    Assert(index >= 0 && index < size);
    return items[index];
  }
  const T &operator[](int index) const {
    Assert(index >= 0 && index < size);
    return items[index];
  }
  T *begin() { return items; }
  T *end() { return items + size; }
  const T *begin() const { return items; }
  const T *end() const { return items + size; }
  T &Last() { return items[size - 1]; }
  bool Empty() const { return size == 0; }
};

}  // namespace pg_lineage
