#include "lineage/shape_cache.h"

#include "edge/guc.h"
#include "queue/shared.h"

namespace pg_lineage {

namespace {

constexpr int kTagHigh = -19505;
constexpr int kTagLow = -19506;

struct ShapeEntry {
  uint64 key;
  const Shape *shape;
};

MemoryContext shape_context = nullptr;
HTAB *shape_table = nullptr;

void EnsureTable() {
  if (shape_table != nullptr) return;
  if (shape_context == nullptr) {
    shape_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage shapes", ALLOCSET_DEFAULT_SIZES);
  }
  HASHCTL info = {};
  info.keysize = sizeof(uint64);
  info.entrysize = sizeof(ShapeEntry);
  info.hcxt = shape_context;
  shape_table = hash_create("pg_lineage shapes", 128, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

PlanInvalItem *MakeItem(int id, uint32 value) {
  PlanInvalItem *item = makeNode(PlanInvalItem);
  item->cacheId = id;
  item->hashValue = value;
  return item;
}

}  // namespace

const Shape *ShapeCacheKeep(const Shape *built) {
  EnsureTable();
  bool found = false;
  ShapeEntry *entry =
      static_cast<ShapeEntry *>(hash_search(shape_table, &built->key, HASH_ENTER, &found));
  if (found && entry->shape != nullptr) return entry->shape;
  entry->shape = nullptr;
  MemoryContext caller = MemoryContextSwitchTo(shape_context);
  entry->shape = CopyShape(built);
  MemoryContextSwitchTo(caller);
  return entry->shape;
}

const Shape *ShapeCacheFind(uint64 key) {
  if (shape_table == nullptr) return nullptr;
  ShapeEntry *entry = static_cast<ShapeEntry *>(hash_search(shape_table, &key, HASH_FIND, nullptr));
  return entry == nullptr ? nullptr : entry->shape;
}

void TagPlan(PlannedStmt *plan, uint64 key) {
  plan->invalItems = lappend(plan->invalItems, MakeItem(kTagHigh, static_cast<uint32>(key >> 32)));
  plan->invalItems = lappend(plan->invalItems, MakeItem(kTagLow, static_cast<uint32>(key)));
}

bool ReadTag(const PlannedStmt *plan, uint64 *key) {
  int size = list_length(plan->invalItems);
  if (size < 2) return false;
  PlanInvalItem *low = static_cast<PlanInvalItem *>(list_nth(plan->invalItems, size - 1));
  PlanInvalItem *high = static_cast<PlanInvalItem *>(list_nth(plan->invalItems, size - 2));
  if (low->cacheId != kTagLow || high->cacheId != kTagHigh) return false;
  *key = (static_cast<uint64>(high->hashValue) << 32) | low->hashValue;
  return true;
}

bool ShapeCacheFull() {
  return shape_table != nullptr && hash_get_num_entries(shape_table) > settings.max_shapes;
}

void ShapeCacheTrim() {
  if (shape_table == nullptr) return;
  shape_table = nullptr;
  MemoryContextReset(shape_context);
  ResetPlanCache();
}

}  // namespace pg_lineage
