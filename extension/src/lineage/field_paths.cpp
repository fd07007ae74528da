#include "lineage/field_paths.h"

#include "edge/hash_table.h"
#include "edge/pod_vector.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

constexpr int kMaxNames = 20000;
constexpr int kMaxPaths = 30000;
constexpr int kLongestName = 255;
constexpr int16 kFirstPath = -2;  // kCallRows and kCursorRows are -1

struct NameEntry {
  char name[kLongestName + 1];  // key
};

struct PathKey {
  const char *name;
  int32 field;
  int32 then;
};

struct PathEntry {
  PathKey key;
  int16 number;
};

HTAB *names = nullptr;
HTAB *path_numbers = nullptr;
PodVector<PathStep> paths;

int16 NumberOf(const PathStep &step) {
  if (path_numbers == nullptr) {
    path_numbers = MakeTable(&PathEntry::key, "pg_lineage paths", 64, TopMemoryContext);
    paths.context = TopMemoryContext;
  }
  const PathKey key = {step.name, step.field, step.then};
  bool known = false;
  const HASHACTION action = paths.size < kMaxPaths ? HASH_ENTER : HASH_FIND;
  if (action == HASH_ENTER) paths.Reserve(paths.size + 1);
  PathEntry *entry = static_cast<PathEntry *>(hash_search(path_numbers, &key, action, &known));
  if (entry == nullptr) return kWholeValue;
  if (!known) {
    entry->number = static_cast<int16>(kFirstPath - paths.size);
    paths.Append(step);
  }
  return entry->number;
}

}  // namespace

const char *InternName(const char *name) {
  if (strlen(name) > kLongestName) return nullptr;
  if (names == nullptr)
    names = MakeTable(&NameEntry::name, "pg_lineage names of parts", 256, TopMemoryContext);
  const HASHACTION action = hash_get_num_entries(names) < kMaxNames ? HASH_ENTER : HASH_FIND;
  NameEntry *entry = static_cast<NameEntry *>(hash_search(names, name, action, nullptr));
  return entry == nullptr ? nullptr : entry->name;
}

int16 PathNumber(const FieldPath &path) {
  if (path.name == nullptr && path.then == nullptr) return static_cast<int16>(path.field);
  const int16 then = path.then == nullptr ? kWholeValue : PathNumber(*path.then);
  if (path.then != nullptr && then == kWholeValue) return kWholeValue;
  const char *name = path.name == nullptr ? nullptr : InternName(path.name);
  if (path.name != nullptr && name == nullptr) return kWholeValue;
  return NumberOf({name == nullptr ? path.field : 0, name, then});
}

PathStep StepOf(int16 path) {
  return path > 0 ? PathStep{path, nullptr, kWholeValue} : paths[kFirstPath - path];
}

}  // namespace pg_lineage
