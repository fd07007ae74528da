#include "lineage/body.h"

#include "edge/guc.h"
#include "lineage/resolve.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

constexpr int kMaxWrites = 2000;
constexpr uint32 kSymbolsOfSummary = 128;

// Who calls, with what: what the symbols of a summary stand for.
struct Caller {
  const Summary *summary;
  const ArgumentSets *arguments;
  const SourceSet *condition;
  bool itself;  // the routine that is called: repeated frames fold to one
};

bool HasSymbolOf(const Summary *summary, const SourceSet *set) {
  for (int i = 0; i < set->size; i++) {
    if ((set->items[i].flags & kSourceIsSymbol) != 0 &&
        set->items[i].node / kSymbolsOfSummary == summary->serial)
      return true;
  }
  return false;
}

const SourceSet *ArgumentOf(const Caller &caller, uint32 number, int field) {
  if (number == kCallerDecides) return caller.condition;
  if (static_cast<int>(number) >= caller.arguments->values.size) return EmptySet();
  const RecordTaint *record = caller.arguments->records.items[number];
  const SourceSet *whole = caller.arguments->values.items[number];
  return field == kWholeValue ? whole : RecordPart(record, whole, static_cast<int16>(field));
}

const SourceSet *Substitute(const Caller &caller, const SourceSet *set) {
  if (!HasSymbolOf(caller.summary, set)) return set;
  SourceBag bag = {};
  for (int i = 0; i < set->size; i++) {
    const Source &source = set->items[i];
    if ((source.flags & kSourceIsSymbol) != 0 &&
        source.node / kSymbolsOfSummary == caller.summary->serial) {
      bag.AddSet(ArgumentOf(caller, source.node % kSymbolsOfSummary, source.column), source.kind);
    } else {
      bag.Add(source);
    }
  }
  return bag.items.Empty() ? EmptySet() : bag.Intern();
}

bool DependsOnCaller(const Summary *summary, const SummaryWrite &write) {
  if (HasSymbolOf(summary, write.rows)) return true;
  for (int i = 0; i < write.sources.size; i++) {
    if (HasSymbolOf(summary, write.sources[i])) return true;
  }
  return false;
}

// A write of the callee, as this call makes it.
SummaryWrite Instantiate(const Caller &caller, const SummaryWrite &write) {
  SummaryWrite made = write;
  if (!caller.itself) {
    made.frames = {};
    made.frames.Append({caller.summary->routine, caller.summary->trigger_relation});
    for (const SummaryFrame &frame : write.frames) made.frames.Append(frame);
  }
  made.sources = {};
  for (int i = 0; i < write.sources.size; i++)
    made.sources.Append(Substitute(caller, write.sources[i]));
  made.rows = Substitute(caller, write.rows);
  if (!write.frames.Empty()) return made;
  const bool own = !caller.summary->reads_callers;
  made.own_sources = {};
  for (int i = 0; i < write.sources.size; i++)
    made.own_sources.Append(own ? WithoutSymbols(write.sources[i]) : EmptySet());
  made.own_rows = own ? WithoutSymbols(write.rows) : EmptySet();
  return made;
}

// What the callee put into temporary tables holds its symbols too.
void InstantiateTables(const Caller &caller, const Definitions *definitions) {
  for (int t = 0; t < definitions->simulated.size; t++) {
    Oid relid = definitions->simulated[t].relid;
    for (int column = RelationWidth(relid); column >= 0; column--) {
      const SourceSet *known = TempColumn(relid, column);
      const SourceSet *set = Substitute(caller, known);
      if (caller.itself) set = UnionSets(known, set);
      if (set != known) TempReplace(relid, column, set);
    }
  }
}

bool ReadsCallersTable(const Activation *activation, const SymSet &set) {
  const PodVector<SimulatedTable> &tables = activation->definitions->simulated;
  for (int i = 0; i < set.size; i++) {
    if (set.items[i].type != SymType::kTemp) continue;
    for (int t = 0; t < Min(tables.size, activation->summary->tables); t++) {
      if (tables.items[t].relid == set.items[i].id) return true;
    }
  }
  return false;
}

bool ReadsCallersTables(const Activation *activation, const Shape *shape) {
  if (!shape->reads_temp || activation->summary->tables == 0) return false;
  bool reads = ReadsCallersTable(activation, shape->rows);
  for (int i = 0; i < shape->noutputs; i++)
    reads = reads || ReadsCallersTable(activation, shape->outputs[i]);
  for (int w = 0; w < shape->nwrites; w++) {
    reads = reads || ReadsCallersTable(activation, shape->writes[w].rows);
    for (int i = 0; i < shape->writes[w].ncolumns; i++)
      reads = reads || ReadsCallersTable(activation, shape->writes[w].columns[i].sources);
  }
  for (int c = 0; c < shape->ncalls; c++) {
    for (int a = 0; a < shape->calls[c].nargs; a++)
      reads = reads || ReadsCallersTable(activation, shape->calls[c].args[a]);
  }
  return reads;
}

// Calls a routine by its summary; false when its result is made of its arguments.
bool FollowCall(Activation *activation, Oid function, const ArgumentSets &arguments,
                const SourceSet *condition, ResultTaint *result) {
  Summary *caller_summary = activation->summary;
  Summary *summary = SummaryOf(activation->definitions, function, InvalidOid, nullptr);
  bool running = !summary->done;  // recursion: what is known so far, see ReadThroughout()
  bool itself = summary == caller_summary;
  summary->recursive |= running;
  caller_summary->partly |= summary->partly;
  caller_summary->missing |= summary->missing;
  caller_summary->temporary |= summary->temporary;
  caller_summary->reads_temporary |= summary->reads_temporary;
  caller_summary->fills_temporary |= summary->fills_temporary;
  caller_summary->reads_callers |= summary->reads_callers && caller_summary->tables > 0;
  caller_summary->in_gaps |= summary->in_gaps;
  caller_summary->truncated |= summary->truncated || (running && !itself);
  Caller caller = {summary, &arguments, condition, itself};
  for (int i = 0; i < summary->writes.size && (!running || itself); i++) {
    if (DependsOnCaller(summary, summary->writes[i]))
      NoteWrite(activation, Instantiate(caller, summary->writes[i]));
  }
  if (!running || itself) InstantiateTables(caller, activation->definitions);
  if (!summary->known && !running) return false;
  ResultOfCall(summary, arguments, condition, result);
  return true;
}

// What decides that a statement calls what it calls.
const SourceSet *Decides(const Activation *activation, const StatementRun *run) {
  if (!settings.track_control_flow) return EmptySet();
  ResolveContext context = {run->shape, run->params, nullptr};
  const Shape *shape = run->shape;
  const SourceSet *set = WriteCondition(activation);
  if (shape->nwrites == 0) set = UnionSets(set, AsCondition(ResolveSet(context, shape->rows)));
  for (int i = 0; i < shape->nwrites; i++)
    set = UnionSets(set, AsCondition(ResolveSet(context, shape->writes[i].rows)));
  return set;
}

void FollowCallsOnce(Activation *activation, StatementRun *run) {
  const SourceSet *decides = Decides(activation, run);
  ResolveContext context = {run->shape, run->params, &run->observed};
  for (int i = 0; i < run->shape->ncalls; i++) {
    const ShapeCall &call = run->shape->calls[i];
    ArgumentSets arguments = {};
    TakeCallArguments(context, call, &arguments);
    ResultTaint result = {};
    if (FollowCall(activation, call.function, arguments, decides, &result))
      Observe(&run->observed, {call.function, call.site}, result);
  }
}

// In a recursive CTE calls go on with what they gave, until that is nothing new.
void FollowCalls(Activation *activation, StatementRun *run) {
  if (run->shape->ncalls == 0) return;
  int known = -1;
  for (int round = 0; round <= run->shape->ncalls; round++) {
    if (known == run->observed.items.size) return;
    known = run->observed.items.size;
    FollowCallsOnce(activation, run);
    if (!run->shape->calls_loop) return;
  }
}

SimulatedTable *SimulatedOf(const Activation *activation, Oid relid) {
  for (SimulatedTable &table : activation->definitions->simulated) {
    if (table.relid == relid) return &table;
  }
  return nullptr;
}

// Writes into what a summary keeps no write of: temporary tables.
void WriteTable(const Activation *activation, const SummaryWrite &write) {
  SimulatedTable *table = SimulatedOf(activation, write.target);
  if (table != nullptr && table->lasting) return;
  activation->summary->fills_temporary = true;
  // One that calls itself is not read again: what it puts in would not come again.
  if (table != nullptr && table->maker != activation->summary) table->kept = true;
  TempAdd(write.target, 0, write.rows);
  for (int i = 0; i < write.columns.size; i++)
    TempAdd(write.target, write.columns[i], write.sources[i]);
}

// What a write takes away of a temporary table.
void ForgetHeld(const ShapeWrite &write) {
  if (write.empties) TempClear(write.target);
  for (int i = 0; write.replaces && i < write.ncolumns; i++)
    TempReplace(write.target, write.columns[i].column, EmptySet());
}

bool SameWrite(const SummaryWrite &a, const SummaryWrite &b) {
  if (a.target != b.target || a.operation != b.operation || a.frames.size != b.frames.size)
    return false;
  return a.frames.size == 0 ||
         memcmp(a.frames.items, b.frames.items, sizeof(SummaryFrame) * a.frames.size) == 0;
}

void Join(SummaryWrite *known, const SummaryWrite &write) {
  known->rows = UnionSets(known->rows, write.rows);
  if (write.own_rows != nullptr) known->own_rows = UnionSets(known->own_rows, write.own_rows);
  for (int i = 0; i < write.columns.size; i++) {
    const SourceSet *own = write.own_rows == nullptr ? EmptySet() : write.own_sources[i];
    int found = 0;
    while (found < known->columns.size && known->columns[found] != write.columns[i]) found++;
    if (found == known->columns.size) {
      known->columns.Append(write.columns[i]);
      known->sources.Append(write.sources[i]);
      known->own_sources.Append(own);
    } else {
      known->sources[found] = UnionSets(known->sources[found], write.sources[i]);
      known->own_sources[found] = UnionSets(known->own_sources[found], own);
    }
  }
}

Shape *WithSites(Shape *shape) {
  for (int i = 0; i < shape->ncalls; i++) shape->calls[i].site = i;
  return shape;
}

}  // namespace

const SourceSet *Symbolic(const Summary *summary, int number, int field, uint8 kind) {
  SourceBag bag = {};
  bag.Add({summary->serial * kSymbolsOfSummary + static_cast<uint32>(number),
           static_cast<int16>(field), kind, kSourceIsSymbol});
  return bag.Intern();
}

const RecordTaint *SymbolicRecord(const Summary *summary, int number, Oid type) {
  if (type == RECORDOID) return nullptr;
  TupleDesc desc = lookup_rowtype_tupdesc_domain(type, -1, true);
  if (desc == nullptr) return nullptr;
  PodVector<const SourceSet *> fields = {};
  for (int i = 1; i <= desc->natts; i++) fields.Append(Symbolic(summary, number, i, kIdentity));
  ReleaseTupleDesc(desc);
  return InternRecord(fields.size, fields.items);
}

Shape *ReadShape(Query *query) { return WithSites(BuildShape(query)); }

Shape *ReadCallShape(FuncExpr *call) { return WithSites(BuildCallShape(call)); }

void TakeCallArguments(const ResolveContext &context, const ShapeCall &call, ArgumentSets *out) {
  for (int a = 0; a < call.nargs; a++) {
    out->values.Append(ResolveArgument(context, call, call.args[a]));
    out->records.Append(ResolveFields(context, call, a));
  }
}

void ResultOfCall(const Summary *summary, const ArgumentSets &arguments, const SourceSet *condition,
                  ResultTaint *result) {
  ClearResult(result);
  result->columns.context = result->parts.context = CurrentMemoryContext;
  const Caller caller = {summary, &arguments, condition, false};
  for (int i = 0; i < summary->result.columns.size; i++)
    result->columns.Append(Substitute(caller, summary->result.columns.items[i]));
  result->rows = Substitute(caller, summary->result.rows);
}

List *AnalyseStatement(Activation *activation, RawStmt *statement, const char *text) {
  ParseState *state = make_parsestate(nullptr);
  state->p_sourcetext = text;
  state->p_queryEnv = activation->tables;
  activation->parser_setup(state, activation->parser_argument);
  Query *query = nullptr;
  AsRole(activation->owner, [&] { query = transformTopLevelStmt(state, statement); });
  free_parsestate(state);
  return query->commandType == CMD_UTILITY ? list_make1(query) : QueryRewrite(query);
}

void RunShape(Activation *activation, const Shape *shape, StatementRun *run) {
  run->shape = shape;
  run->params =
      static_cast<const SourceSet **>(palloc(sizeof(SourceSet *) * Max(shape->nparams, 1)));
  for (int i = 0; i < shape->nparams; i++)
    run->params[i] =
        activation->parameter(activation, shape->params[i].paramid, shape->params[i].field);
  activation->summary->analysed = true;
  activation->summary->reads_temporary |= shape->reads_temp;
  activation->summary->reads_callers |= ReadsCallersTables(activation, shape);
  FollowCalls(activation, run);
  ResolveContext context = {shape, run->params, &run->observed};
  run->rows = ResolveSet(context, shape->rows);
  for (int w = 0; w < shape->nwrites; w++) {
    const ShapeWrite &write = shape->writes[w];
    SummaryWrite made = {};
    made.target = write.target;
    made.operation = write.operation;
    for (int i = 0; i < write.ncolumns; i++) {
      made.columns.Append(write.columns[i].column);
      made.sources.Append(ResolveSet(context, write.columns[i].sources));
    }
    made.rows = UnionSets(ResolveSet(context, write.rows), WriteCondition(activation));
    if ((write.empties || write.replaces) && MayForget(activation, write.target)) ForgetHeld(write);
    NoteTableWrite(activation, made, write.temp);
  }
}

void RunOutputs(const Activation *activation, const StatementRun *run, bool fields,
                PodVector<const SourceSet *> *sets) {
  const Shape *shape = run->shape;
  fields = fields && shape->nfields > 0;
  ResolveContext context = {shape, run->params, &run->observed};
  const SourceSet *deciding =
      settings.track_control_flow ? UnionSets(run->rows, activation->condition) : run->rows;
  int size = fields ? shape->nfields : shape->noutputs;
  for (int i = 0; i < size; i++)
    sets->Append(
        UnionSets(ResolveSet(context, fields ? shape->fields[i] : shape->outputs[i]), deciding));
}

void NoteWrite(Activation *activation, const SummaryWrite &write) {
  Summary *summary = activation->summary;
  for (int i = 0; i < summary->writes.size; i++) {
    if (!SameWrite(summary->writes[i], write)) continue;
    Join(&summary->writes[i], write);
    return;
  }
  if (summary->writes.size >= kMaxWrites) {
    NoteUnanalysed(activation, Unanalysed::kLimit);
    return;
  }
  SummaryWrite kept = write;
  kept.frames = {};
  kept.columns = {};
  kept.sources = {};
  kept.own_sources = {};
  kept.rows = EmptySet();
  kept.own_rows = EmptySet();
  kept.frames.context = kept.columns.context = summary->writes.context;
  kept.sources.context = kept.own_sources.context = summary->writes.context;
  for (const SummaryFrame &frame : write.frames) kept.frames.Append(frame);
  summary->writes.Append(kept);
  Join(&summary->writes.Last(), write);
}

void NoteTableWrite(Activation *activation, const SummaryWrite &write, bool temp) {
  if (temp) {
    WriteTable(activation, write);
  } else {
    NoteWrite(activation, write);
  }
}

bool MayForget(const Activation *activation, Oid relid) {
  const SimulatedTable *table = SimulatedOf(activation, relid);
  return table != nullptr && table->maker == activation->summary && !table->kept &&
         !activation->summary->recursive && activation->branches == 0;
}

void KeepTables(Activation *activation) {
  for (SimulatedTable &table : activation->definitions->simulated) table.kept = true;
}

uint64 HeldInTables(const Definitions *definitions) {
  uint64 hash = static_cast<uint64>(definitions->simulated.size);
  for (int t = 0; t < definitions->simulated.size; t++) {
    Oid relid = definitions->simulated.items[t].relid;
    for (int column = RelationWidth(relid); column >= 0; column--)
      hash = hash_combine64(hash, TempColumn(relid, column)->hash);
  }
  return hash;
}

bool SaysMore(const SummaryWrite &write) {
  if (write.frames.size == 0) return true;
  if (WithoutSymbols(write.rows) != write.own_rows) return true;
  for (int i = 0; i < write.sources.size; i++) {
    if (WithoutSymbols(write.sources.items[i]) != write.own_sources.items[i]) return true;
  }
  return false;
}

void NoteUnanalysed(Activation *activation, Unanalysed reason) {
  activation->definitions->unanalysed[static_cast<int>(reason)]++;
  activation->summary->in_gaps = true;
  activation->summary->partly = true;
  if (reason == Unanalysed::kMissing) activation->summary->missing = true;
}

Attempting BeginAttempt() {
  Attempting attempt = {CurrentMemoryContext, CurrentResourceOwner,
                        ActiveSnapshotSet() ? GetActiveSnapshot() : nullptr, InvalidOid, 0};
  GetUserIdAndSecContext(&attempt.user, &attempt.security);
  return attempt;
}

void FailAttempt(const Attempting &attempt, Activation *activation) {
  MemoryContextSwitchTo(attempt.context);
  if (MustRethrow()) PG_RE_THROW();
  ErrorData *error = CopyErrorData();
  FlushErrorState();
  LWLockReleaseAll();
  while (ActiveSnapshotSet() && GetActiveSnapshot() != attempt.snapshot) PopActiveSnapshot();
  CurrentResourceOwner = attempt.owner;
  SetUserIdAndSecContext(attempt.user, attempt.security);
  NoteUnanalysed(activation, ReasonOf(error->sqlerrcode));
  FreeErrorData(error);
}

}  // namespace pg_lineage
