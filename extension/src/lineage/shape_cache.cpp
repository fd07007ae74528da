#include "lineage/shape_cache.h"

#include "edge/guc.h"
#include "edge/key_map.h"
#include "queue/shared.h"

namespace pg_lineage {

namespace {

constexpr int kTagHigh = -19505;
constexpr int kTagLow = -19506;

MemoryContext shape_context = nullptr;
KeyMap<const Shape> shapes = {};

PlanInvalItem *MakeItem(int id, uint32 value) {
  PlanInvalItem *item = makeNode(PlanInvalItem);
  item->cacheId = id;
  item->hashValue = value;
  return item;
}

}  // namespace

const Shape *ShapeCacheKeep(const Shape *built) {
  if (const Shape **known = shapes.Find(built->key)) return *known;
  if (shape_context == nullptr)
    shape_context =
        GenerationContextCreate(TopMemoryContext, "pg_lineage shapes", ALLOCSET_DEFAULT_SIZES);
  shapes.context = shape_context;
  MemoryContext caller = MemoryContextSwitchTo(shape_context);
  const Shape *kept = CopyShape(built);
  MemoryContextSwitchTo(caller);
  shapes.Put(built->key, kept);
  return kept;
}

const Shape *ShapeCacheFind(uint64 key) {
  const Shape **known = shapes.Find(key);
  return known == nullptr ? nullptr : *known;
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
  if (low->cacheId != kTagLow) return false;
  *key = (static_cast<uint64>(high->hashValue) << 32) | low->hashValue;
  return true;
}

bool ShapeCacheFull() { return shapes.size > settings.max_shapes; }

void ShapeCacheTrim() {
  if (shapes.size == 0) return;
  shapes.Reset();
  MemoryContextReset(shape_context);
  ResetPlanCache();
}

}  // namespace pg_lineage
