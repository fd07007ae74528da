// Bodies in PL/pgSQL: compiled, not run.
#include "capture/plpgsql.h"
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "lineage/plpgsql_body.h"
#include "lineage/resolve.h"

#include <initializer_list>

namespace pg_lineage {

namespace {

// A compiled function is cached under the collation it is called with. With one that nobody uses
// for calls, what is compiled here is ours to free.
constexpr Oid kReadingCollation = 951;  // "POSIX"; not every release names it

using CompileFunction = PLpgSQL_function *(*)(FunctionCallInfo, bool);

PLpgSQL_function *Compile(HeapTuple routine) {
  static CompileFunction compile = nullptr;
  if (compile == nullptr)
    compile = reinterpret_cast<CompileFunction>(
        load_external_function("$libdir/plpgsql", "plpgsql_compile", true, nullptr));
  // What is not asked for is not said.
  for (const char *name : {"plpgsql.extra_warnings", "plpgsql.extra_errors"})
    (void)set_config_option(name, "none", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
                            false);
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine));
  FmgrInfo function = {};
  function.fn_oid = proc->oid;
  function.fn_mcxt = CurrentMemoryContext;
  TriggerData trigger = {};
  trigger.type = T_TriggerData;
  EventTriggerData event_trigger = {};
  event_trigger.type = T_EventTriggerData;
  LOCAL_FCINFO(fcinfo, 0);
  InitFunctionCallInfoData(*fcinfo, &function, 0, kReadingCollation, nullptr, nullptr);
  if (proc->prorettype == TRIGGEROID) fcinfo->context = reinterpret_cast<fmNodePtr>(&trigger);
  if (proc->prorettype == EVENT_TRIGGEROID)
    fcinfo->context = reinterpret_cast<fmNodePtr>(&event_trigger);
  return compile(fcinfo, true);
}

// Frees what a compilation that failed left behind: up to 17 a memory context for good, 8 kB for
// each broken routine of each snapshot. `newest` was the newest context before.
void DropHalfCompiled(MemoryContext newest) {
  MemoryContext child = TopMemoryContext->firstchild;
  while (child != nullptr && child != newest) child = child->nextchild;
  if (child == nullptr) return;  // it is gone: what is new cannot be told
  for (child = TopMemoryContext->firstchild; child != newest;) {
    MemoryContext next = child->nextchild;
    if (strcmp(child->name, "PL/pgSQL function") == 0) MemoryContextDelete(child);
    child = next;
  }
}

// Frees a compiled function as PL/pgSQL does with one that is out of date: the struct itself stays
// with its cache, which compiles it again when it is asked for.
void Free(PLpgSQL_function *function) {
  if (compat::IsInUse(function) || function->fn_cxt == nullptr) return;
  function->ndatums = 0;
  function->action = nullptr;
  compat::InvalidateCompiled(function);
  MemoryContext memory = function->fn_cxt;
  function->fn_cxt = nullptr;
  MemoryContextDelete(memory);
}

TupleDesc RowOfType(Oid type) {
  if (type == RECORDOID) return nullptr;
  TupleDesc known = lookup_rowtype_tupdesc_domain(type, -1, true);
  if (known == nullptr) return nullptr;
  TupleDesc row = CreateTupleDescCopy(known);
  ReleaseTupleDesc(known);
  return row;
}

// Nothing is held yet; records of a named type know their fields.
void Clear(PlpgsqlBody *body) {
  PLpgSQL_function *function = body->function;
  body->state.held = static_cast<Held *>(palloc0(sizeof(Held) * Max(function->ndatums, 1)));
  for (int i = 0; i < function->ndatums; i++) {
    PLpgSQL_datum *datum = function->datums[i];
    body->state.held[i].value = EmptySet();
    if (datum->dtype == PLPGSQL_DTYPE_REC)
      body->state.held[i].row = RowOfType(reinterpret_cast<PLpgSQL_rec *>(datum)->rectypeid);
  }
}

void TakeArguments(PlpgsqlBody *body) {
  const PLpgSQL_function *function = body->function;
  for (int i = 0; i < function->fn_nargs; i++) {
    int dno = function->fn_argvarnos[i];
    Held *held = &body->state.held[dno];
    held->value = Symbolic(body->summary, i, 0, kIdentity);
    PLpgSQL_datum *datum = function->datums[dno];
    if (datum->dtype != PLPGSQL_DTYPE_REC) continue;
    held->record =
        SymbolicRecord(body->summary, i, reinterpret_cast<PLpgSQL_rec *>(datum)->rectypeid);
    if (held->record != nullptr) held->value = EmptySet();
  }
}

void SetFact(PlpgsqlBody *body, int dno, int16 length, Datum value) {
  const PLpgSQL_type *type = reinterpret_cast<PLpgSQL_var *>(body->function->datums[dno])->datatype;
  body->state.held[dno].constant =
      makeConst(type->typoid, -1, type->collation, length, value, false, length == sizeof(int32));
}

// The variables for these names are of type name.
void SetName(PlpgsqlBody *body, int dno, const char *text) {
  SetFact(body, dno, NAMEDATALEN, DirectFunctionCall1(namein, CStringGetDatum(text)));
}

void SetText(PlpgsqlBody *body, int dno, const char *text) {
  SetFact(body, dno, -1, CStringGetTextDatum(text));
}

// The arguments are counted from 0; without any the array is NULL.
void SetArguments(PlpgsqlBody *body, int dno) {
  int count = body->trigger->tgnargs;
  if (count == 0) return;
  Datum *texts = static_cast<Datum *>(palloc(sizeof(Datum) * count));
  for (int i = 0; i < count; i++) texts[i] = CStringGetTextDatum(body->trigger->tgargs[i]);
  int first = 0;
  SetFact(body, dno, -1,
          PointerGetDatum(construct_md_array(texts, nullptr, 1, &count, &first, TEXTOID, -1, false,
                                             TYPALIGN_INT)));
}

// The one operation that fires the trigger; NULL: there are several.
const char *OperationOf(int16 type) {
  switch (type & TRIGGER_TYPE_EVENT_MASK) {
    case TRIGGER_TYPE_INSERT:
      return "INSERT";
    case TRIGGER_TYPE_UPDATE:
      return "UPDATE";
    case TRIGGER_TYPE_DELETE:
      return "DELETE";
    case TRIGGER_TYPE_TRUNCATE:
      return "TRUNCATE";
    default:
      return nullptr;
  }
}

void TakeTriggerFact(PlpgsqlBody *body, int dno, Relation relation) {
  const Trigger *trigger = body->trigger;
  switch (reinterpret_cast<PLpgSQL_var *>(body->function->datums[dno])->promise) {
    case PLPGSQL_PROMISE_TG_NAME:
      SetName(body, dno, trigger->tgname);
      break;
    case PLPGSQL_PROMISE_TG_TABLE_NAME:
      SetName(body, dno, RelationGetRelationName(relation));
      break;
    case PLPGSQL_PROMISE_TG_TABLE_SCHEMA:
      SetName(body, dno, get_namespace_name(RelationGetNamespace(relation)));
      break;
    case PLPGSQL_PROMISE_TG_OP:
      if (OperationOf(trigger->tgtype) != nullptr) SetText(body, dno, OperationOf(trigger->tgtype));
      break;
    case PLPGSQL_PROMISE_TG_NARGS:
      SetFact(body, dno, sizeof(int32), Int32GetDatum(trigger->tgnargs));
      break;
    case PLPGSQL_PROMISE_TG_ARGV:
      SetArguments(body, dno);
      break;
    default:
      break;
  }
}

// What a trigger function is told of its trigger.
void TakeTriggerFacts(PlpgsqlBody *body, Relation relation) {
  for (int i = 0; i < body->function->ndatums; i++) {
    if (body->function->datums[i]->dtype == PLPGSQL_DTYPE_PROMISE)
      TakeTriggerFact(body, i, relation);
  }
}

void TakeTransitionTable(PlpgsqlBody *body, const char *name, Relation relation) {
  if (name == nullptr) return;
  if (body->tables == nullptr) body->tables = create_queryEnv();
  EphemeralNamedRelation table =
      static_cast<EphemeralNamedRelation>(palloc0(sizeof(EphemeralNamedRelationData)));
  table->md.name = pstrdup(name);
  table->md.reliddesc = RelationGetRelid(relation);
  table->md.enrtype = ENR_NAMED_TUPLESTORE;
  register_ENR(body->tables, table);
}

// NEW and OLD are rows of the trigger's table; an INSERT has no OLD and a DELETE no NEW.
void TakeTrigger(PlpgsqlBody *body) {
  Relation relation = relation_open(body->summary->trigger_relation, AccessShareLock);
  TupleDesc row = CreateTupleDescCopy(RelationGetDescr(relation));
  PodVector<const SourceSet *> fields = {};
  for (int i = 0; i < row->natts; i++) {
    SourceBag bag = {};
    if (!TupleDescAttr(row, i)->attisdropped)
      bag.Add({RelationGetRelid(relation), static_cast<int16>(i + 1), kIdentity, 0});
    fields.Append(bag.items.Empty() ? EmptySet() : bag.Intern());
  }
  const RecordTaint *record = InternRecord(fields.size, fields.items);
  TakeTriggerFacts(body, relation);
  TakeTransitionTable(body, body->trigger->tgnewtable, relation);
  TakeTransitionTable(body, body->trigger->tgoldtable, relation);
  relation_close(relation, NoLock);
  const int16 type = body->trigger->tgtype;
  const bool stores = TRIGGER_FOR_INSERT(type) || TRIGGER_FOR_UPDATE(type);
  const bool replaces = TRIGGER_FOR_UPDATE(type) || TRIGGER_FOR_DELETE(type);
  for (int dno : {body->function->new_varno, body->function->old_varno}) {
    body->state.held[dno].row = row;
    if (TRIGGER_FOR_ROW(type) && (dno == body->function->new_varno ? stores : replaces))
      body->state.held[dno].record = record;
  }
  if (TRIGGER_FOR_ROW(type) && TRIGGER_FOR_BEFORE(type) && stores) body->initial_new = record;
}

// What a BEFORE trigger puts into NEW is an edge of its own.
void NoteTriggerRow(PlpgsqlBody *body) {
  const RecordTaint *now = body->returned;
  if (now == nullptr || now == body->initial_new) return;
  SummaryWrite write = {};
  write.target = body->summary->trigger_relation;
  write.operation = Operation::kTrigger;
  write.rows = EmptySet();
  for (int i = 0; i < now->size; i++) {
    if (now->fields[i] == body->initial_new->fields[i]) continue;
    write.columns.Append(static_cast<int16>(i + 1));
    write.sources.Append(now->fields[i]);
  }
  NoteWrite(body, write);
}

void Walk(PlpgsqlBody *body) {
  body->expressions = MakeTable(&ReadExpr::expr, "pg_lineage bodies", 64, CurrentMemoryContext);
  body->info = InfoOf(body->function);
  body->parameter = HeldParam;
  body->summary->analysed = true;
  Clear(body);
  if (body->trigger != nullptr) {
    TakeTrigger(body);
  } else {
    TakeArguments(body);
  }
  WalkBody(body);
  int out = body->function->out_param_varno;
  if (body->function->fn_prokind == PROKIND_PROCEDURE && out >= 0) {
    HeldRow row = ReadHeld(body, out);
    AddResultRow(&body->summary->result, row.sets.size, row.sets.items, EmptySet());
  }
  if (body->initial_new != nullptr) NoteTriggerRow(body);
}

}  // namespace

void ReadPlpgsqlBody(Activation *activation, HeapTuple routine, Trigger *trigger) {
  PlpgsqlBody *body = static_cast<PlpgsqlBody *>(palloc0(sizeof(PlpgsqlBody)));
  *static_cast<Activation *>(body) = *activation;
  body->trigger = trigger;
  MemoryContext newest = TopMemoryContext->firstchild;
  Attempt(body, [&] { body->function = Compile(routine); });
  if (body->function == nullptr) {
    DropHalfCompiled(newest);
    return;
  }
  body->summary->known = Attempt(body, [&] { Walk(body); });
  Free(body->function);
}

}  // namespace pg_lineage
