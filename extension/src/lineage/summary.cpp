#include "lineage/summary.h"

#include "edge/compat.h"
#include "edge/hash_table.h"
#include "lineage/body.h"
#include "lineage/resolve.h"
#include "lineage/routine_path.h"
#include "lineage/temp_tables.h"
#include "queue/shared.h"

namespace pg_lineage {

namespace {

constexpr int kMaxBodyNesting = 32;
constexpr int kMaxBodiesOfObject = 2000;
constexpr int kMaxRecursions = 100;
constexpr char kLockWait[] = "100ms";

Definitions *kept = nullptr;
bool reads_bodies = false;

struct SummaryEntry {
  SummaryKey key;
  Summary *summary;
};

Definitions *MakeDefinitions(MemoryContext parent) {
  MemoryContext context =
      AllocSetContextCreate(parent, "pg_lineage definitions", ALLOCSET_DEFAULT_SIZES);
  Definitions *made =
      static_cast<Definitions *>(MemoryContextAllocZero(context, sizeof(Definitions)));
  made->context = context;
  made->of_object.context = made->simulated.context = context;
  made->summaries = MakeTable(&SummaryEntry::key, "pg_lineage summaries", 256, context);
  return made;
}

void ForgetKept(void *) { kept = nullptr; }

Summary *MakeSummary(Definitions *definitions, const SummaryKey &key) {
  Summary *summary =
      static_cast<Summary *>(MemoryContextAllocZero(definitions->context, sizeof(Summary)));
  summary->routine = key.routine;
  summary->trigger_relation = key.trigger_relation;
  summary->trigger = key.trigger;
  summary->serial = ++definitions->serial;
  summary->tables = definitions->simulated.size;
  summary->held = HeldInTables(definitions);
  summary->writes.context = definitions->context;
  summary->result.columns.context = definitions->context;
  summary->result.rows = EmptySet();
  return summary;
}

// What is known already of a routine, as far as it holds here.
Summary *KnownSummary(Definitions *definitions, const SummaryKey &key) {
  for (Summary *summary : definitions->of_object) {
    if (summary->routine == key.routine && summary->trigger == key.trigger && !summary->outdated)
      return summary;
  }
  SummaryEntry *entry =
      static_cast<SummaryEntry *>(hash_search(definitions->summaries, &key, HASH_FIND, nullptr));
  if (entry == nullptr) return nullptr;
  // What names a table that was not there may find it now: its caller has made it.
  if (!definitions->simulated.Empty() && entry->summary->missing) return nullptr;
  if (entry->summary->temporary && definitions->thorough) return nullptr;
  definitions->reused |= entry->summary->temporary;
  return entry->summary;
}

bool HasMade(const Definitions *definitions, const Summary *summary) {
  for (int t = 0; t < definitions->simulated.size; t++) {
    if (definitions->simulated.items[t].maker == summary) return true;
  }
  return false;
}

bool OfObject(const Definitions *definitions, const Summary *summary) {
  for (int i = 0; i < definitions->of_object.size; i++) {
    if (definitions->of_object.items[i] == summary) return true;
  }
  return false;
}

// What has been read for the present object, of which another call makes something else: the
// temporary tables that it reads hold other things now, or it puts other arguments into them.
bool MustReadForCall(const Definitions *definitions, const Summary *summary) {
  if (!summary->done) return false;
  if (!OfObject(definitions, summary))
    return summary->fills_temporary && HasMade(definitions, summary);
  return summary->fills_temporary ||
         (summary->reads_temporary && summary->held != HeldInTables(definitions));
}

// A summary that holds for other objects too.
void Promote(Definitions *definitions, Summary *summary) {
  PodVector<Summary *> *list = &definitions->of_object;
  int left = 0;
  for (int i = 0; i < list->size; i++) {
    if (list->items[i] != summary) list->items[left++] = list->items[i];
  }
  list->size = left;
  SummaryKey key = {summary->routine, summary->trigger_relation, summary->trigger};
  static_cast<SummaryEntry *>(hash_search(definitions->summaries, &key, HASH_ENTER, nullptr))
      ->summary = summary;
}

Activation ActivationOf(Definitions *definitions, Summary *summary) {
  Activation activation = {};
  activation.definitions = definitions;
  activation.summary = summary;
  activation.called_under = Symbolic(summary, kCallerDecides, 0, kConditional);
  activation.base_condition = activation.condition = EmptySet();
  return activation;
}

// A body that may be read in the path that its routine sets for itself.
void ReadBody(Activation *activation, HeapTuple routine, Trigger *trigger) {
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine));
  activation->owner = proc->proowner;
  bool sql = proc->prolang == SQLlanguageId;
  if (!sql && proc->prolang != get_language_oid("plpgsql", true)) {
    NoteUnanalysed(activation, Unanalysed::kLanguage);
    return;
  }
  const int level = EnterPathOf(routine);
  if (sql) {
    ReadSqlBody(activation, routine);
  } else {
    ReadPlpgsqlBody(activation, routine, trigger);
  }
  LeavePathOf(level);
}

// Changes when a summary gains something, or a temporary table.
uint64 SaidBy(const Definitions *definitions, const Summary *summary) {
  uint64 hash = hash_combine64(HeldInTables(definitions), summary->result.rows->hash);
  for (int i = 0; i < summary->result.columns.size; i++)
    hash = hash_combine64(hash, summary->result.columns.items[i]->hash);
  for (const SummaryWrite &write : summary->writes) {
    hash = hash_combine64(hash, write.rows->hash);
    for (int i = 0; i < write.sources.size; i++)
      hash = hash_combine64(hash, write.sources.items[i]->hash);
  }
  return hash;
}

// Summaries made since, which know another one only in part, are made anew.
void ForgetTruncated(Definitions *definitions, int since) {
  PodVector<Summary *> *list = &definitions->of_object;
  int left = since;
  for (int i = since; i < list->size; i++) {
    if (!list->items[i]->truncated) list->items[left++] = list->items[i];
  }
  list->size = left;
}

// Reads a body; one that comes to call itself again, until its calls give nothing new.
void ReadThroughout(const Activation &activation, HeapTuple routine, Trigger *trigger) {
  Definitions *definitions = activation.definitions;
  int unanalysed[kReasons];
  memcpy(unanalysed, definitions->unanalysed, sizeof(unanalysed));
  int since = definitions->of_object.size;
  for (int round = 0; round < kMaxRecursions; round++) {
    uint64 said = SaidBy(definitions, activation.summary);
    Activation reading = activation;
    ReadBody(&reading, routine, trigger);
    if (!activation.summary->recursive || SaidBy(definitions, activation.summary) == said) return;
    ForgetTruncated(definitions, since);
    memcpy(definitions->unanalysed, unanalysed, sizeof(unanalysed));  // counted once
  }
  Activation last = activation;
  NoteUnanalysed(&last, Unanalysed::kLimit);
}

void SetQuietly(const char *name, const char *value) {
  (void)set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

// The path in which names of quoted bodies are looked up: the session's; where it offers system
// schemas only, as the shipper's does, the one that a session begins with. "$user" is the owner.
char *SearchPathFor(Oid owner) {
  char *path = pstrdup(namespace_search_path);
  for (int round = 0;; round++) {
    List *names = NIL;
    if (!SplitIdentifierString(pstrdup(path), ',', &names)) names = NIL;
    StringInfoData text;
    initStringInfo(&text);
    bool own = false;
    ListCell *cell;
    foreach (cell, names) {
      const char *name = static_cast<const char *>(lfirst(cell));
      if (strncmp(name, "pg_", 3) != 0) own = true;
      const char *user = strcmp(name, "$user") == 0 ? GetUserNameFromId(owner, true) : nullptr;
      appendStringInfo(&text, "%s%s", text.len == 0 ? "" : ", ",
                       quote_identifier(user == nullptr ? name : user));
    }
    if (own || round == 1) return text.data;
    path = pstrdup(GetConfigOptionResetString("search_path"));
  }
}

// Leaves nothing in the map of temporary tables, nor in this object's lists.
void ForgetObject(Definitions *definitions) {
  for (const SimulatedTable &table : definitions->simulated) TempForget(table.relid);
  definitions->simulated.size = 0;
  definitions->of_object.size = 0;
  definitions->depth = definitions->bodies = definitions->partitions = 0;
  for (int reason = 0; reason < kReasons; reason++) {
    for (; definitions->unanalysed[reason] > 0; definitions->unanalysed[reason]--)
      CountUnanalysed(static_cast<Unanalysed>(reason));
  }
}

void Leave(Reading *reading) {
  RollbackAndReleaseCurrentSubTransaction();
  MemoryContextSwitchTo(reading->caller);
  CurrentResourceOwner = reading->owner;
  SetReadsBodies(reading->within);
  MyXactFlags = reading->transaction_flags;  // a temporary table that never was
  MemoryContextDelete(reading->scratch);
  ForgetObject(reading->definitions);
}

}  // namespace

Unanalysed ReasonOf(int sqlerrcode) {
  switch (sqlerrcode) {
    case ERRCODE_UNDEFINED_TABLE:
    case ERRCODE_UNDEFINED_COLUMN:
    case ERRCODE_UNDEFINED_FUNCTION:
    case ERRCODE_UNDEFINED_OBJECT:
    case ERRCODE_UNDEFINED_SCHEMA:
    case ERRCODE_UNDEFINED_PARAMETER:
    case ERRCODE_UNDEFINED_FILE:
      return Unanalysed::kMissing;
    case ERRCODE_LOCK_NOT_AVAILABLE:
      return Unanalysed::kLocked;
    case ERRCODE_STATEMENT_TOO_COMPLEX:
    case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
      return Unanalysed::kLimit;
    default:
      return Unanalysed::kError;
  }
}

void CountUnanalysed(Unanalysed reason) {
  HealthCount(Health::kDegradedUnanalysed);
  HealthCount(
      static_cast<Health>(static_cast<int>(Health::kUnanalysedDynamic) + static_cast<int>(reason)));
}

Definitions *NewDefinitions() { return MakeDefinitions(CurrentMemoryContext); }

Definitions *CurrentDefinitions() { return kept != nullptr ? kept : NewDefinitions(); }

void KeepDefinitions() {
  kept = nullptr;
  Definitions *made = MakeDefinitions(CurrentMemoryContext);
  MemoryContextCallback *callback = static_cast<MemoryContextCallback *>(
      MemoryContextAllocZero(made->context, sizeof(MemoryContextCallback)));
  callback->func = ForgetKept;
  MemoryContextRegisterResetCallback(made->context, callback);
  kept = made;
}

// Reads the body of a new summary, if that is within the limits.
static void Summarise(Definitions *definitions, Summary *summary, Trigger *trigger) {
  Activation activation = ActivationOf(definitions, summary);
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(summary->routine));
  if (!HeapTupleIsValid(tuple)) {
    summary->partly = true;
  } else if (definitions->depth >= kMaxBodyNesting || stack_is_too_deep() ||
             ++definitions->bodies > kMaxBodiesOfObject) {
    NoteUnanalysed(&activation, Unanalysed::kLimit);
    summary->truncated = true;
  } else {
    definitions->depth++;
    ReadThroughout(activation, tuple, trigger);
    definitions->depth--;
  }
  if (HeapTupleIsValid(tuple)) ReleaseSysCache(tuple);
  summary->done = true;
}

// Reads a body again for another call of it. What it does not say is counted already.
static Summary *SummariseAnew(Definitions *definitions, Summary *known, Trigger *trigger) {
  if (definitions->bodies >= kMaxBodiesOfObject) {
    Activation activation = ActivationOf(definitions, known);
    NoteUnanalysed(&activation, Unanalysed::kLimit);
    return known;
  }
  int unanalysed[kReasons];
  memcpy(unanalysed, definitions->unanalysed, sizeof(unanalysed));
  Summary *summary =
      MakeSummary(definitions, {known->routine, known->trigger_relation, known->trigger});
  known->outdated = true;
  definitions->of_object.Append(summary);
  Summarise(definitions, summary, trigger);
  if (known->in_gaps) memcpy(definitions->unanalysed, unanalysed, sizeof(unanalysed));
  return summary;
}

Summary *SummaryOf(Definitions *definitions, Oid routine, Oid relation, Trigger *trigger) {
  const SummaryKey key = {routine, relation, trigger == nullptr ? InvalidOid : trigger->tgoid};
  Summary *known = KnownSummary(definitions, key);
  if (known != nullptr && !MustReadForCall(definitions, known)) return known;
  CHECK_FOR_INTERRUPTS();
  if (known != nullptr) return SummariseAnew(definitions, known, trigger);
  Summary *summary = MakeSummary(definitions, key);
  definitions->of_object.Append(summary);  // as long as it is not known to hold elsewhere
  bool nested = !definitions->simulated.Empty();
  Summarise(definitions, summary, trigger);
  if (nested || summary->truncated || definitions->thorough) return summary;
  Promote(definitions, summary);
  return summary;
}

bool MustReadAgain(Definitions *definitions, const Summary *summary) {
  bool again =
      summary != nullptr && summary->missing && definitions->reused && !definitions->thorough;
  definitions->thorough = again;
  if (!again) return false;
  memset(definitions->unanalysed, 0, sizeof(definitions->unanalysed));
  SummaryKey key = {summary->routine, summary->trigger_relation, summary->trigger};
  hash_search(definitions->summaries, &key, HASH_REMOVE, nullptr);
  return true;
}

void FollowCallsOf(Definitions *definitions, Shape *shape, ObservationList *observed) {
  SummaryKey none = {};
  Summary *scratch = MakeSummary(definitions, none);
  Activation activation = ActivationOf(definitions, scratch);
  activation.called_under = EmptySet();
  StatementRun run = {};
  RunShape(&activation, shape, &run);
  ObservationList copy = {};
  copy.items.context = copy.columns.context = definitions->context;
  ObserveAll(&copy, run.observed);
  *observed = copy;
}

const SourceSet *WithoutSymbols(const SourceSet *set) {
  SourceBag bag = {};
  for (int i = 0; i < set->size; i++) {
    if ((set->items[i].flags & kSourceIsSymbol) == 0) bag.Add(set->items[i]);
  }
  if (bag.items.size == set->size) return set;
  return bag.items.Empty() ? EmptySet() : bag.Intern();
}

bool ReadsBodies() { return reads_bodies; }

bool SetReadsBodies(bool reads) {
  const bool before = reads_bodies;
  reads_bodies = reads;
  return before;
}

void BeginReading(Reading *reading, Definitions *definitions) {
  reading->definitions = definitions;
  definitions->reused = false;
  reading->caller = CurrentMemoryContext;
  reading->owner = CurrentResourceOwner;
  reading->transaction_flags = MyXactFlags;
  reading->scratch =
      AllocSetContextCreate(CurrentMemoryContext, "pg_lineage reading", ALLOCSET_DEFAULT_SIZES);
  BeginInternalSubTransaction(nullptr);
  MemoryContextSwitchTo(reading->scratch);
  reading->within = SetReadsBodies(true);
}

void PrepareReading(Oid owner) {
  SetQuietly("search_path", SearchPathFor(owner));
  SetQuietly("lock_timeout", kLockWait);
  SetQuietly("client_min_messages", "error");
  SetQuietly("log_min_messages", "fatal");
  SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, SECURITY_LOCAL_USERID_CHANGE);
}

void EndReading(Reading *reading) { Leave(reading); }

// LCOV_EXCL_START: what another session locks, and cancels; a body's own errors end in Attempt()
void FailReading(Reading *reading) {
  MemoryContextSwitchTo(reading->caller);
  const bool rethrow = MustRethrow();
  ErrorData *error = CopyErrorData();
  FlushErrorState();
  Leave(reading);
  if (rethrow) ReThrowError(error);
  CountUnanalysed(ReasonOf(error->sqlerrcode));
  FreeErrorData(error);
}
// LCOV_EXCL_STOP

}  // namespace pg_lineage
