// A map from 64-bit keys that are hashes already to pointers, on palloc.
//
// Open addressing: a look-up touches one line of memory, where the server's dynahash touches three,
// and a first-seen statement makes several. Keys are never removed one by one. Its memory belongs
// to `context`; Reset() forgets it, without freeing, when that context goes. Growing may raise out
// of memory, before anything is changed.
//
//   KeyMap<Shape> shapes = {};
//   shapes.context = context;
//   if (Shape **known = shapes.Find(key)) ...
//   shapes.Put(key, shape);         // only where Find() found nothing
#pragma once

#include "edge/server.h"

namespace pg_lineage {

template <typename T>
struct KeyMap {
  struct Slot {
    uint64 key;  // 0: empty
    T *value;
  };

  MemoryContext context;
  Slot *slots;
  int bits;  // of the number of slots
  int size;

  // The value kept under a key; NULL when there is none.
  T **Find(uint64 key) const {
    if (size == 0) return nullptr;
    Slot *slot = SlotOf(slots, bits, KeptKey(key));
    return slot->key == 0 ? nullptr : &slot->value;
  }
  void Put(uint64 key, T *value) {
    if (slots == nullptr || size >= 1 << (bits - 1)) Grow();
    *SlotOf(slots, bits, KeptKey(key)) = {KeptKey(key), value};
    size++;
  }
  void Reset() {
    slots = nullptr;
    bits = size = 0;
  }

 private:
  static uint64 KeptKey(uint64 key) { return key == 0 ? ~UINT64CONST(0) : key; }

  // The slot of a key, or the empty one that it would take: half of them are.
  static Slot *SlotOf(Slot *slots, int bits, uint64 key) {
    uint64 mask = (UINT64CONST(1) << bits) - 1;
    uint64 at = (key * UINT64CONST(0x9E3779B97F4A7C15)) >> (64 - bits);
    while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) & mask;
    return &slots[at];
  }

  void Grow() {
    int wider = slots == nullptr ? 7 : bits + 1;
    Slot *grown = static_cast<Slot *>(MemoryContextAllocExtended(
        context, sizeof(Slot) << wider, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
    for (int i = 0; slots != nullptr && i < 1 << bits; i++)
      if (slots[i].key != 0) *SlotOf(grown, wider, slots[i].key) = slots[i];
    if (slots != nullptr) pfree(slots);
    slots = grown;
    bits = wider;
  }
};

}  // namespace pg_lineage
