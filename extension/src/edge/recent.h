// The answers given last, in front of a hash table of the server.
//
// A look-up by dynahash costs some 150 instructions, and callbacks of PL/pgSQL make one for every
// statement. Here it is a multiplication and a comparison. Direct mapped, of fixed size, in static
// memory: an answer that is not here is looked up where all are kept. Whoever removes an entry
// there calls Forget(); whoever drops the table calls Clear().
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Keys are pointers or OIDs; 0 is none.
template <typename Key, typename Value>
struct Recent {
  struct Slot {
    Key key;
    Value *value;
  };
  static constexpr int kBits = 7;

  Slot slots[1 << kBits];

  // NULL: not among those.
  Value *Find(Key key) const {
    const Slot &slot = slots[At(key)];
    return slot.key == key ? slot.value : nullptr;
  }
  void Keep(Key key, Value *value) { slots[At(key)] = {key, value}; }
  void Forget(Key key) {
    if (Find(key) != nullptr) slots[At(key)] = {};
  }
  void Clear() { memset(slots, 0, sizeof(slots)); }

 private:
  static size_t At(Key key) {
    const uint64 number = (uint64)key;  // a pointer or a number: no one named cast takes both
    return (number * UINT64CONST(0x9E3779B97F4A7C15)) >> (64 - kBits);
  }
};

}  // namespace pg_lineage
