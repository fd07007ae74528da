// Which hash values of one of the server's caches are those of what is kept here, by their lowest
// bits: an invalidation mostly concerns nothing of it, as of the thousands of functions that a
// restore makes. Static memory; a value may seem kept that is not, never the other way round.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

struct HashFilter {
  static constexpr uint32 kBits = 4096;

  uint64 words[kBits / 64];

  void Add(uint32 hash) { words[WordOf(hash)] |= BitOf(hash); }
  // Zero stands for all of the cache.
  bool MayHave(uint32 hash) const { return hash == 0 || (words[WordOf(hash)] & BitOf(hash)) != 0; }
  void Clear() { memset(words, 0, sizeof(words)); }

 private:
  static uint32 WordOf(uint32 hash) { return hash % kBits / 64; }
  static uint64 BitOf(uint32 hash) { return UINT64CONST(1) << (hash % 64); }
};

}  // namespace pg_lineage
