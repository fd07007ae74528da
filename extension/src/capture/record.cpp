#include "capture/record.h"

#include "edge/hash_table.h"
#include "lineage/field_paths.h"

namespace pg_lineage {

namespace {

// A loop may put a value into a larger one in each round, twice: what goes through all parts ends
// soon all the same, and needs little stack. Of what is beyond, the parts are not known.
constexpr int kMaxHeight = 16;
constexpr int kMaxBelow = 2000;

MemoryContext record_context = nullptr;
HTAB *record_table = nullptr;

struct RecordEntry {
  uint64 hash;
  const RecordTaint *record;
};

template <typename T>
uint64 HashPointers(uint64 seed, const T *items, int size) {
  if (items == nullptr || size == 0) return hash_combine64(seed, 1);
  return hash_combine64(seed, hash_bytes_extended(reinterpret_cast<const unsigned char *>(items),
                                                  static_cast<int>(sizeof(T) * size), size));
}

// Forgets the parts of those parts that would make a record too large.
void Prune(PodVector<const RecordTaint *> *inner) {
  int below = 0;
  for (const RecordTaint *&parts : *inner) {
    if (parts == nullptr) continue;
    const int more = parts->size + parts->below;
    if (parts->height >= kMaxHeight || below + more > kMaxBelow) {
      parts = nullptr;
    } else {
      below += more;
    }
  }
}

template <typename T>
const T *Kept(const T *items, int size) {
  if (items == nullptr) return nullptr;
  T *kept = static_cast<T *>(MemoryContextAlloc(record_context, sizeof(T) * Max(size, 1)));
  for (int i = 0; i < size; i++) kept[i] = items[i];
  return kept;
}

const RecordTaint *Intern(int size, const SourceSet *const *fields, const char *const *names,
                          const RecordTaint *const *inner, const SourceSet *others) {
  if (record_table == nullptr) {
    if (record_context == nullptr)
      record_context =
          AllocSetContextCreate(TopMemoryContext, "pg_lineage records", ALLOCSET_DEFAULT_SIZES);
    record_table = MakeTable(&RecordEntry::hash, "pg_lineage records", 64, record_context);
  }
  uint64 hash = HashPointers(names == nullptr ? 0 : 7, fields, size);
  if (names != nullptr || inner != nullptr)
    hash = HashPointers(HashPointers(HashPointers(hash, names, size), inner, size), &others, 1);
  bool found = false;
  RecordEntry *entry =
      static_cast<RecordEntry *>(hash_search(record_table, &hash, HASH_ENTER, &found));
  if (found && entry->record != nullptr) return entry->record;
  entry->record = nullptr;
  RecordTaint *record = static_cast<RecordTaint *>(MemoryContextAlloc(
      record_context, offsetof(RecordTaint, fields) + sizeof(SourceSet *) * Max(size, 1)));
  record->size = size;
  record->height = record->below = 0;
  for (int i = 0; inner != nullptr && i < size; i++) {
    if (inner[i] == nullptr) continue;
    record->height = Max(record->height, inner[i]->height + 1);
    record->below += inner[i]->size + inner[i]->below;
  }
  record->names = Kept(names, size);
  record->inner = Kept(inner, size);
  record->others = others;
  record->all = nullptr;
  for (int i = 0; i < size; i++) record->fields[i] = fields[i];
  entry->record = record;
  return record;
}

const SourceSet *Used(const SourceSet *set, uint8 kind, const SourceSet *added) {
  if (kind == kIdentity) return UnionSets(set, added);
  SourceBag bag = {};
  bag.AddSet(set, kind);
  bag.AddSet(added, kIdentity);
  return bag.items.Empty() ? EmptySet() : bag.Intern();
}

// A field that was exchanged lately: a trigger does the same with each row.
struct Exchange {
  const RecordTaint *record;
  const SourceSet *set;
  int index;
  const RecordTaint *result;
};
constexpr int kExchangeBits = 6;
Exchange exchanges[1 << kExchangeBits];

Exchange *ExchangeAt(const RecordTaint *record, int index, const SourceSet *set) {
  const uint64 mixed =
      reinterpret_cast<uintptr_t>(record) * 31 + reinterpret_cast<uintptr_t>(set) + index;
  return &exchanges[(mixed * UINT64CONST(0x9E3779B97F4A7C15)) >> (64 - kExchangeBits)];
}

constexpr int kNone = -1;
constexpr int kUnknown = -2;

// The number of the part that a step leads to.
int NumberOf(const RecordTaint *record, const PathStep &step) {
  if (record->names == nullptr) {
    if (step.name != nullptr) return kUnknown;
    return step.field >= 1 && step.field <= record->size ? step.field - 1 : kNone;
  }
  if (step.name == nullptr) return kUnknown;
  for (int i = 0; i < record->size; i++) {
    if (record->names[i] == step.name) return i;
  }
  return kNone;
}

}  // namespace

void RecordParts::Add(const char *name, const SourceSet *set, const RecordTaint *parts) {
  if (named) names.Append(name);
  fields.Append(set);
  inner.Append(parts);
}

const RecordTaint *RecordParts::Intern() {
  bool deep = false;
  Prune(&inner);
  for (const RecordTaint *parts : inner) deep |= parts != nullptr;
  static const char *const no_names[] = {nullptr};
  const char *const *known = names.Empty() ? no_names : names.items;
  return pg_lineage::Intern(fields.size, fields.items, named ? known : nullptr,
                            deep ? inner.items : nullptr, others == nullptr ? EmptySet() : others);
}

const RecordTaint *InternRecord(int size, const SourceSet *const *fields) {
  return Intern(size, fields, nullptr, nullptr, EmptySet());
}

const RecordTaint *KnownRecordWith(const RecordTaint *record, int index, const SourceSet *set) {
  const Exchange &known = *ExchangeAt(record, index, set);
  return known.record == record && known.index == index && known.set == set ? known.result
                                                                            : nullptr;
}

const RecordTaint *RecordWith(const RecordTaint *record, int index, const SourceSet *set) {
  if (const RecordTaint *known = KnownRecordWith(record, index, set)) return known;
  RecordParts with = {};
  for (int i = 0; i < record->size; i++) {
    const bool kept = i != index;
    with.Add(nullptr, kept ? record->fields[i] : set, kept ? InnerRecord(record, i) : nullptr);
  }
  const RecordTaint *result = with.Intern();
  *ExchangeAt(record, index, set) = {record, set, index, result};
  return result;
}

void RecordsReset() {
  memset(exchanges, 0, sizeof(exchanges));
  record_table = nullptr;
  if (record_context != nullptr) MemoryContextReset(record_context);
}

const SourceSet *RecordUnion(const RecordTaint *record) {
  if (record->all != nullptr) return record->all;
  SourceBag bag = {};
  bag.AddSet(record->others, kIdentity);
  for (int i = 0; i < record->size; i++) {
    if (i == 0 || record->fields[i] != record->fields[i - 1])
      bag.AddSet(record->fields[i], kIdentity);
  }
  record->all = bag.Intern();  // at once: a set of each prefix would be kept as well
  if (bag.items.items != nullptr) pfree(bag.items.items);
  return record->all;
}

const SourceSet *RecordPart(const RecordTaint *record, const SourceSet *whole, int16 path) {
  const PathStep step = StepOf(path);
  const int number = record == nullptr ? kUnknown : NumberOf(record, step);
  if (number == kNone && record->names != nullptr) return record->others;
  if (number >= 0 && step.then == kWholeValue) return record->fields[number];
  if (number >= 0 && InnerRecord(record, number) != nullptr)
    return RecordPart(record->inner[number], record->fields[number], step.then);
  if (record != nullptr)
    whole = number >= 0 ? record->fields[number] : UnionSets(whole, RecordUnion(record));
  return path > 0 ? whole : Used(whole, kTransformation, EmptySet());
}

const RecordTaint *RecordAt(const RecordTaint *record, int16 path) {
  while (record != nullptr && path != kWholeValue) {
    const PathStep step = StepOf(path);
    const int number = NumberOf(record, step);
    record = number < 0 ? nullptr : InnerRecord(record, number);
    path = step.then;
  }
  return record;
}

const RecordTaint *RecordUsed(const RecordTaint *record, uint8 kind, const SourceSet *added) {
  if (record == nullptr || (kind == kIdentity && added->size == 0)) return record;
  RecordParts used = {};
  used.named = record->names != nullptr;
  used.others = used.named ? Used(record->others, kind, added) : record->others;
  for (int i = 0; i < record->size; i++)
    used.Add(used.named ? record->names[i] : nullptr, Used(record->fields[i], kind, added),
             RecordUsed(InnerRecord(record, i), kind, added));
  return used.Intern();
}

const RecordTaint *EitherRecord(const RecordTaint *a, const RecordTaint *b) {
  if (a == b) return a;
  if (a == nullptr || b == nullptr) return nullptr;
  const bool named = a->names != nullptr;
  if (named != (b->names != nullptr) || (!named && a->size != b->size)) return nullptr;
  RecordParts both = {};
  both.named = named;
  both.others = UnionSets(a->others, b->others);
  for (int i = 0; i < a->size; i++) {
    const int there = named ? NumberOf(b, {0, a->names[i], kWholeValue}) : i;
    const SourceSet *other = there < 0 ? b->others : b->fields[there];
    both.Add(named ? a->names[i] : nullptr, UnionSets(a->fields[i], other),
             there < 0 ? RecordUsed(InnerRecord(a, i), kIdentity, other)
                       : EitherRecord(InnerRecord(a, i), InnerRecord(b, there)));
  }
  for (int i = 0; named && i < b->size; i++) {
    if (NumberOf(a, {0, b->names[i], kWholeValue}) >= 0) continue;
    both.Add(b->names[i], UnionSets(b->fields[i], a->others),
             RecordUsed(InnerRecord(b, i), kIdentity, a->others));
  }
  return both.Intern();
}

}  // namespace pg_lineage
