// See ddl.h. The two entry points, their guard, and reading the server's own answers.
#include "capture/ddl.h"

#include "capture/ddl_subcommands.h"
#include "capture/ends.h"
#include "capture/utility.h"
#include "edge/guard.h"
#include "edge/guc.h"
#include "edge/pod_vector.h"
#include "lineage/declared.h"
#include "queue/ends.h"
#include "lineage/summary.h"
#include "queue/shared.h"
#include "queue/store.h"

namespace pg_lineage {
namespace {

// Gives back what `owner` holds: all of it after an error, else only bookkeeping is left, and locks
// go to the parent.
void EndOwner(ResourceOwner owner, bool fine) {
  ResourceOwnerRelease(owner, RESOURCE_RELEASE_BEFORE_LOCKS, fine, false);
  ResourceOwnerRelease(owner, RESOURCE_RELEASE_LOCKS, fine, false);
  ResourceOwnerRelease(owner, RESOURCE_RELEASE_AFTER_LOCKS, fine, false);
  ResourceOwnerDelete(owner);
}

// Runs `work`, which only reads catalogs, with a resource owner of its own; an error of ours leaves
// nothing behind and goes no further than `on_error`, which owns it. Not a subtransaction: to end
// one costs time in proportion to all that its transaction made, so that restoring a large schema
// in one transaction would take time in proportion to the square of its size. Names in definitions
// are looked up as the user's statement does; recording DDL goes by OID and looks up none, which is
// why search_path is not pinned for it: to set and to reset it cost 6,000 instructions a command.
template <typename Work, typename OnError>
void WithOwnResources(const Work &work, const OnError &on_error) {
  MemoryContext context = CurrentMemoryContext;
  ResourceOwner outer = CurrentResourceOwner;
  ResourceOwner own = ResourceOwnerCreate(outer, "pg_lineage ddl");
  const Snapshot active = ActiveSnapshotSet() ? GetActiveSnapshot() : nullptr;
  const int level = NewGUCNestLevel();
  PG_TRY();
  {
    CurrentResourceOwner = own;
    work();
    AtEOXact_GUC(true, level);
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = outer;
    EndOwner(own, true);
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = outer;
    if (MustRethrow()) PG_RE_THROW();
    ErrorData *error = CopyErrorData();
    FlushErrorState();
    LWLockReleaseAll();
    AtEOXact_GUC(true, level);
    while (ActiveSnapshotSet() && GetActiveSnapshot() != active) PopActiveSnapshot();
    EndOwner(own, false);
    on_error(error);
  }
  PG_END_TRY();
}

// What the analysis of a definition raises is mostly the user's: views that include themselves,
// endless policies. Such a definition is counted, and nothing else suffers.
void CountFailure(ErrorData *error) {
  CountUnanalysed(ReasonOf(error->sqlerrcode));
  FreeErrorData(error);
}

// True while DDL may be recorded: also with pg_lineage.track = none, which is about statements.
bool DdlOn() {
  if (!SharedReady()) return false;
  const bool no_statements = settings.enabled && settings.track == kTrackNone && !IsBinaryUpgrade;
  return CaptureOn() || (no_statements && StorePresent());
}

// True when the command can only have made temporary objects, or no definition at all: the server's
// list need not be asked for.
bool IsOfNoInterest(const Node *tree) {
  if (tree == nullptr) return false;
  const RangeVar *made = nullptr;
  if (IsA(tree, CreateStmt)) made = reinterpret_cast<const CreateStmt *>(tree)->relation;
  if (IsA(tree, CreateTableAsStmt)) {
    made = reinterpret_cast<const CreateTableAsStmt *>(tree)->into->rel;
  }
  if (made != nullptr) return made->relpersistence == RELPERSISTENCE_TEMP;
  return IsA(tree, RefreshMatViewStmt);
}

// The event trigger's data when it is `event` and capture may work; else NULL. A stray call by hand
// is refused like the server refuses it.
EventTriggerData *ActiveTrigger(FunctionCallInfo fcinfo, const char *event) {
  if (!CALLED_AS_EVENT_TRIGGER(fcinfo)) {
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("this function can only be called by an event trigger")));
  }
  EventTriggerData *data = reinterpret_cast<EventTriggerData *>(fcinfo->context);
  if (strcmp(data->event, event) != 0) return nullptr;
  return DdlOn() ? data : nullptr;
}

// Reads all commands that the server collected, in order, into `commands`.
int ReadCommands(DdlCommand **commands) {
  EventTriggerRows rows = CallEventTriggerFunction(F_PG_EVENT_TRIGGER_DDL_COMMANDS);
  int count = 0;
  int capacity = 8;
  *commands = static_cast<DdlCommand *>(palloc(sizeof(DdlCommand) * capacity));
  while (NextEventTriggerRow(&rows)) {
    const bool in_extension = DatumGetBool(RowValue(rows, 8));
    const char *schema = RowText(rows, 6);
    if (in_extension || DdlSchemaSkipped(schema)) continue;
    if (count == capacity) {
      capacity *= 2;
      *commands = static_cast<DdlCommand *>(repalloc(*commands, sizeof(DdlCommand) * capacity));
    }
    DdlCommand *command = &(*commands)[count++];
    ObjectAddressSubSet(command->address, DatumGetObjectId(RowValue(rows, 1)),
                        DatumGetObjectId(RowValue(rows, 2)), DatumGetInt32(RowValue(rows, 3)));
    command->tag = RowText(rows, 4);
    command->object_type = RowText(rows, 5);
    command->schema = schema;
    command->identity = PlainIdentity(command->address.classId, RowText(rows, 7));
    command->collected = reinterpret_cast<CollectedCommand *>(DatumGetPointer(RowValue(rows, 9)));
  }
  tuplestore_end(rows.store);
  return count;
}

// True when pg_lineage.ignore_schemas names a schema that is dropped already.
bool IgnoredName(const char *schema) {
  if (settings.ignore_schemas == nullptr) return false;
  List *names = NIL;
  if (!SplitIdentifierString(pstrdup(settings.ignore_schemas), ',', &names)) return false;
  ListCell *cell;
  foreach (cell, names) {
    if (strcmp(static_cast<const char *>(lfirst(cell)), schema) == 0) return true;
  }
  return false;
}

bool Contains(const PodVector<Oid> &list, Oid oid) {
  for (int i = 0; i < list.size; i++) {
    if (list[i] == oid) return true;
  }
  return false;
}

bool MakesRoutine(const DdlCommand &command) {
  return command.address.classId == ProcedureRelationId && strncmp(command.tag, "CREATE ", 7) == 0;
}

bool ChangesRulesOf(const DdlCommand &command) {
  return command.collected != nullptr && command.collected->type == SCT_AlterTable &&
         command.address.classId == RelationRelationId && ChangesRules(command.collected);
}

// What a command has made or changed that is to be read.
struct Changed {
  PodVector<Oid> relations;
  PodVector<Oid> routines;
  PodVector<Oid> rules;
  PodVector<Oid> with_rules;  // relations some rules of which were enabled or disabled
};

void TakeCommand(const DdlCommand &command, Changed *changed) {
  Oid object = command.address.objectId;
  if (settings.capture_ddl) RecordDdlCommand(command);
  if (MakesRoutine(command)) changed->routines.Append(object);
  if (command.address.classId == RewriteRelationId && strcmp(command.tag, "CREATE RULE") == 0)
    changed->rules.Append(object);
  if (ChangesRulesOf(command) && !Contains(changed->with_rules, object))
    changed->with_rules.Append(object);
  Oid relid = DefinedRelation(command);
  if (OidIsValid(relid) && !Contains(changed->relations, relid)) changed->relations.Append(relid);
}

// Reads each of them, as the user's statement looks up names.
template <typename Read>
void ReadEach(const PodVector<Oid> &objects, const Read &read) {
  for (int i = 0; i < objects.size && CaptureOn(); i++) {
    WithOwnResources([&] { read(objects[i]); }, CountFailure);
  }
}

// What the store knows of a routine is held against what its body says now.
void ReadReplaced(Oid routine) {
  if (!BodyMatters(routine)) return;
  PendingEnd(EndKind::kRoutineBody, routine);
  if (DeclareRoutine(routine) == Analysed::kAll) PendingEnd(EndKind::kRoutineWhole, routine);
}

}  // namespace

bool DdlSchemaSkipped(const char *schema) {
  if (schema == nullptr) return false;
  if (strcmp(schema, "lineage") == 0 || strncmp(schema, "pg_temp", 7) == 0 ||
      strncmp(schema, "pg_toast", 8) == 0) {
    return true;
  }
  const Oid schema_oid = get_namespace_oid(schema, true);
  return OidIsValid(schema_oid) ? IgnoredSchema(schema_oid) : IgnoredName(schema);
}

bool DdlObjectSkipped(const ObjectAddress &address) {
  List *names = NIL;
  List *arguments = NIL;
  const char *identity = getObjectIdentityParts(&address, &names, &arguments, true);
  if (identity == nullptr || names == NIL) return true;
  const bool in_schema = list_length(names) > 1 || address.classId == NamespaceRelationId;
  return in_schema && DdlSchemaSkipped(static_cast<const char *>(linitial(names)));
}

const char *PlainIdentity(Oid classid, const char *identity) {
  if (classid != ProcedureRelationId || identity == nullptr) return identity;
  static const char kPrefix[] = "pg_catalog.";
  StringInfoData out;
  initStringInfo(&out);
  bool quoted = false;
  char before = '\0';
  for (const char *c = identity; *c != '\0'; before = *c++) {
    if (*c == '"') quoted = !quoted;
    const bool type_starts = !quoted && (before == '(' || before == ',' || before == ' ');
    if (type_starts && strncmp(c, kPrefix, strlen(kPrefix)) == 0) c += strlen(kPrefix);
    appendStringInfoChar(&out, *c);
  }
  return out.data;
}

EventTriggerRows CallEventTriggerFunction(Oid function) {
  static TupleDesc forms[2] = {};  // of the rows of the two functions, once known
  TupleDesc *form = &forms[function == F_PG_EVENT_TRIGGER_DDL_COMMANDS ? 0 : 1];
  FmgrInfo info;
  fmgr_info(function, &info);
  ExprContext *memory = makeNode(ExprContext);
  memory->ecxt_per_query_memory = CurrentMemoryContext;
  ReturnSetInfo result = {};
  result.type = T_ReturnSetInfo;
  result.econtext = memory;
  result.allowedModes = SFRM_Materialize;
  result.returnMode = SFRM_ValuePerCall;
  result.isDone = ExprSingleResult;
  if (*form != nullptr) {
    // The server reads the row's form from pg_proc at each call, a third of what the call costs;
    // but the caller tells it to a function that is declared to return just `record`.
    result.expectedDesc = *form;
    info.fn_oid = F_RECORD_IN;
  }
  LOCAL_FCINFO(fcinfo, 0);
  InitFunctionCallInfoData(*fcinfo, &info, 0, InvalidOid, nullptr,
                           reinterpret_cast<fmNodePtr>(&result));
  FunctionCallInvoke(fcinfo);
  EventTriggerRows rows = {};
  rows.store = result.setResult;
  if (rows.store == nullptr) return rows;
  rows.slot = MakeSingleTupleTableSlot(result.setDesc, &TTSOpsMinimalTuple);
  if (*form == nullptr) {
    MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
    *form = CreateTupleDescCopy(result.setDesc);
    MemoryContextSwitchTo(caller);
  }
  return rows;
}

bool NextEventTriggerRow(EventTriggerRows *rows) {
  return rows->store != nullptr && tuplestore_gettupleslot(rows->store, true, true, rows->slot);
}

const char *RowText(const EventTriggerRows &rows, int attno) {
  bool null = false;
  const Datum value = slot_getattr(rows.slot, attno, &null);
  return null ? nullptr : TextDatumGetCString(value);
}

Datum RowValue(const EventTriggerRows &rows, int attno) {
  bool null = false;
  const Datum value = slot_getattr(rows.slot, attno, &null);
  return null ? static_cast<Datum>(0) : value;
}

}  // namespace pg_lineage

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_ddl_command_end);
PGL_SQL_FUNCTION(pg_lineage_sql_drop);

Datum pg_lineage_ddl_command_end(PG_FUNCTION_ARGS) {
  using namespace pg_lineage;
  const EventTriggerData *data = ActiveTrigger(fcinfo, "ddl_command_end");
  if (data == nullptr || IsOfNoInterest(data->parsetree)) PG_RETURN_VOID();
  Changed changed = {};
  PodVector<Oid> trigger_functions = TakeTriggerFunctions();
  // The server has just made visible what the command wrote: where that is nothing, as of ALTER …
  // OWNER TO the owner, each second statement of a dump, nothing has become otherwise.
  if (!UtilityWrote()) PG_RETURN_VOID();
  WithOwnResources(
      [&] {
        DdlCommand *commands = nullptr;
        const int count = ReadCommands(&commands);
        for (int i = 0; i < count; i++) TakeCommand(commands[i], &changed);
      },
      [](ErrorData *error) { NoteSwallowedError("ddl_command_end", error); });
  ReadEach(changed.routines, ReadReplaced);
  ReadEach(trigger_functions, [](Oid function) { (void)DeclareRoutine(function); });
  ReadEach(changed.relations, DeclareRelation);
  ReadEach(changed.with_rules, DeclareRules);
  ReadEach(changed.rules, DeclareRule);
  PG_RETURN_VOID();
}

Datum pg_lineage_sql_drop(PG_FUNCTION_ARGS) {
  using namespace pg_lineage;
  const EventTriggerData *data = ActiveTrigger(fcinfo, "sql_drop");
  if (data == nullptr || !settings.capture_ddl) PG_RETURN_VOID();
  WithOwnResources([&] { RecordDrops(GetCommandTagName(data->tag)); },
                   [](ErrorData *error) { NoteSwallowedError("sql_drop", error); });
  PG_RETURN_VOID();
}

}  // extern "C"
