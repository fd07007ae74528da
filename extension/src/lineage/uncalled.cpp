#include "lineage/uncalled.h"

#include "edge/guc.h"
#include "edge/hash_table.h"
#include "lineage/body.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

struct KnownBody {
  Oid function;            // key
  const Summary *summary;  // NULL: its result cannot be told
};

MemoryContext bodies_context = nullptr;
HTAB *bodies = nullptr;
Definitions *definitions = nullptr;
bool stale = false;
bool put_off = false;  // stale, but read often enough in this transaction
uint64 readings = 1;
TimestampTz cut_short = 0;  // began the transaction in which a lock or a cancel did; 0: none did

void Invalidate() {
  stale = true;
  readings++;
}
void InvalidateRoutine(Datum, int, uint32) { Invalidate(); }
void InvalidateRelation(Datum, Oid) { Invalidate(); }

// What stood behind a lock may be read in the next transaction.
void ReadAgain() {
  if (cut_short == 0 || cut_short == GetCurrentTransactionStartTimestamp()) return;
  cut_short = 0;
  Invalidate();
}

// Whether all may be forgotten once more: each table that a transaction makes changes definitions,
// and a loop that makes one in each round would read all its bodies in each.
bool MayForget() {
  constexpr int kTimesPerTransaction = 3;
  static TimestampTz counted = 0;
  static int times = 0;
  const TimestampTz now = GetCurrentTransactionStartTimestamp();
  if (counted != now) times = 0;
  counted = now;
  return ++times <= kTimesPerTransaction;
}

void EnsureBodies() {
  static bool registered = false;
  if (!registered) {
    CacheRegisterSyscacheCallback(PROCOID, InvalidateRoutine, static_cast<Datum>(0));
    CacheRegisterRelcacheCallback(InvalidateRelation, static_cast<Datum>(0));
    registered = true;
  }
  ReadAgain();
  put_off |= stale;
  stale = false;
  if (put_off && MayForget()) UncalledReset();
  if (bodies != nullptr) return;
  if (bodies_context == nullptr)
    bodies_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage uncalled", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(bodies_context);
  definitions = NewDefinitions();  // a snapshot's, which runs now, goes before these
  MemoryContextSwitchTo(caller);
  bodies = MakeTable(&KnownBody::function, "pg_lineage uncalled", 32, bodies_context);
}

// What a body that works with temporary tables gives depends on the session.
const Summary *ReadBodyOf(Oid function) {
  const Summary *volatile summary = nullptr;
  const TimestampTz before = cut_short;
  volatile bool locked = false;
  cut_short = GetCurrentTransactionStartTimestamp();
  ReadRolledBack(definitions, GetUserId(), [&] {
    (void)set_config_option("lock_timeout", "1ms", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true,
                            0, false);
    summary = SummaryOf(definitions, function, InvalidOid, nullptr);
    locked = definitions->unanalysed[static_cast<int>(Unanalysed::kLocked)] > 0;
  });
  if (!locked) cut_short = before;
  const Summary *read = summary;
  bool told = read != nullptr && read->done && read->known && !read->temporary &&
              !read->reads_temporary && !read->truncated && !read->in_gaps;
  stale = false;  // by what was rolled back
  return told ? read : nullptr;
}

const Summary *BodyOf(Oid function) {
  EnsureBodies();
  bool found = false;
  KnownBody *known = static_cast<KnownBody *>(hash_search(bodies, &function, HASH_ENTER, &found));
  if (found) return known->summary;
  known->summary = nullptr;  // also when it comes to be asked for while it is read
  const Summary *read = ReadBodyOf(function);
  known = static_cast<KnownBody *>(hash_search(bodies, &function, HASH_FIND, nullptr));
  if (known != nullptr) known->summary = read;
  return read;
}

bool IsObserved(const ObservationList &observed, const ShapeCall &call) {
  for (const Observation &item : observed.items) {
    if (!item.in_part && item.callee.function == call.function &&
        SameSite(item.callee.site, call.site))
      return true;
  }
  return false;
}

// Languages whose bodies are read; the functions behind an aggregate are told by its arguments.
bool CanBeRead(const ShapeCall &call) {
  if (call.supports || call.function == kQueriesRun) return false;
  const FunctionTraits *traits = TraitsOf(call.function);
  return traits->cls != FunctionClass::kOpaque && !traits->hides_values;
}

void ObserveBody(const ResolveContext &context, const ShapeCall &call, ObservationList *observed) {
  const Summary *summary = BodyOf(call.function);
  if (summary == nullptr) return;
  ArgumentSets arguments = {};
  TakeCallArguments(context, call, &arguments);
  ResultTaint result = {};
  ResultOfCall(summary, arguments, EmptySet(), &result);
  Observe(observed, {call.function, call.site}, result);
}

}  // namespace

bool MissesCalls(const Shape *shape, const ObservationList &observed) {
  for (int i = 0; i < shape->ncalls; i++) {
    if (!IsObserved(observed, shape->calls[i])) return true;
  }
  return false;
}

bool KnowsCalls(const Shape *shape, const ObservationList &observed) {
  for (int i = 0; i < shape->ncalls; i++) {
    if (IsObserved(observed, shape->calls[i])) return true;
  }
  return false;
}

uint64 BodiesRead() {
  ReadAgain();
  return readings;
}

void ObserveUncalled(const Shape *shape, const SourceSet *const *params,
                     ObservationList *observed) {
  if (shape->ncalls == 0 || settings.track == kTrackTop || ReadsBodies() || IsInParallelMode())
    return;
  PodVector<int> uncalled = {};
  for (int i = 0; i < shape->ncalls; i++) {
    const ShapeCall &call = shape->calls[i];
    if (!IsObserved(*observed, call) && CanBeRead(call)) uncalled.Append(i);
  }
  const ResolveContext context = {shape, params, observed};
  // In a recursive CTE calls go on with what they gave.
  const int rounds = shape->calls_loop ? shape->ncalls + 1 : 1;
  for (int round = 0, known = -1; round < rounds && known != observed->items.size; round++) {
    known = observed->items.size;
    for (const int i : uncalled) ObserveBody(context, shape->calls[i], observed);
  }
}

void UncalledReset() {
  put_off = false;
  bodies = nullptr;
  definitions = nullptr;
  if (bodies_context != nullptr) MemoryContextReset(bodies_context);
}

}  // namespace pg_lineage
