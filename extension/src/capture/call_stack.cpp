#include "capture/call_stack.h"

#include "capture/frame.h"
#include "edge/guc.h"
#include "queue/shared.h"

namespace pg_lineage {

CallStack call_stack = {};

namespace {

// A path with what is needed to extend it.
struct Path {
  EventPath event;  // first: EventPath * is Path *
  const Path *parent;
  Oid routine;
  Oid trigger_relation;
  Path *children;
  Path *next_sibling;
};

MemoryContext path_context = nullptr;
Path root_path = {};

// "schema.name" as quote_ident writes each part.
char *Qualified(Oid schema, const char *name) {
  return quote_qualified_identifier(get_namespace_name(schema), name);
}

const char *RenderFrame(Oid routine, Oid trigger_relation) {
  if (!OidIsValid(routine)) return "DO";
  char *name = RenderRoutine(routine);
  if (name == nullptr) name = psprintf("%u", routine);
  if (!OidIsValid(trigger_relation)) return name;
  // A trigger function takes no arguments: schema.fn() on schema.table.
  char *relation = RenderRelation(trigger_relation);
  return relation == nullptr ? name : psprintf("%s on %s", name, relation);
}

// The nearest ancestor (or the path itself) whose frame is this one; NULL when there is none.
const Path *FindInChain(const Path *path, Oid routine, Oid trigger_relation) {
  for (; path->parent != nullptr; path = path->parent) {
    if (path->routine == routine && path->trigger_relation == trigger_relation) return path;
  }
  return nullptr;
}

// Where the chain is cut for its length, the routine that writes is named all the same.
Path *MakePath(const Path *parent, Oid routine, Oid trigger_relation, bool cut) {
  if (path_context == nullptr)
    path_context =
        AllocSetContextCreate(TopMemoryContext, "pg_lineage paths", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(path_context);
  Path *path = static_cast<Path *>(palloc0(sizeof(Path)));
  int nframes = parent->event.nframes + (cut ? 0 : 1);
  path->parent = parent;
  path->routine = routine;
  path->trigger_relation = trigger_relation;
  path->event.frames = static_cast<const char **>(palloc(sizeof(char *) * (nframes + 1)));
  for (int i = 0; i < parent->event.nframes; i++) path->event.frames[i] = parent->event.frames[i];
  if (!cut) path->event.frames[nframes - 1] = RenderFrame(routine, trigger_relation);
  path->event.nframes = nframes;
  path->event.key = hash_combine64(hash_combine64(parent->event.key, routine),
                                   static_cast<uint64>(trigger_relation) + 1);
  path->event.routine_oid = routine;
  path->event.routine = OidIsValid(routine) ? RenderRoutine(routine) : nullptr;
  MemoryContextSwitchTo(caller);
  Path *owner = const_cast<Path *>(parent);
  path->next_sibling = owner->children;
  owner->children = path;
  return path;
}

}  // namespace

void PushBeyond() {
  const EventPath *path = CurrentPath();
  if (call_stack.depth++ == kMaxNodes) HealthCount(Health::kDegradedPaths);
  call_stack.beyond.kind = NodeKind::kRun;
  call_stack.beyond.path = path;
}

const EventPath *RootPath() { return &root_path.event; }

const EventPath *KnownPath(const EventPath *parent_event, Oid routine, Oid trigger_relation) {
  const Path *parent = reinterpret_cast<const Path *>(parent_event);
  const Path *known = FindInChain(parent, routine, trigger_relation);
  if (known != nullptr) return &known->event;
  for (Path *child = parent->children; child != nullptr; child = child->next_sibling) {
    if (child->routine == routine && child->trigger_relation == trigger_relation)
      return &child->event;
  }
  return nullptr;
}

const EventPath *ExtendPath(const EventPath *parent_event, Oid routine, Oid trigger_relation) {
  if (const EventPath *known = KnownPath(parent_event, routine, trigger_relation)) return known;
  const Path *parent = reinterpret_cast<const Path *>(parent_event);
  bool cut = parent->event.nframes >= settings.max_path_depth;
  if (cut) HealthCount(Health::kDegradedPaths);
  return &MakePath(parent, routine, trigger_relation, cut)->event;
}

void ResetPaths() {
  if (path_context == nullptr) return;
  root_path.children = nullptr;
  MemoryContextReset(path_context);
}

char *RenderRoutine(Oid routine) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(routine));
  if (!HeapTupleIsValid(tuple)) return nullptr;
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  StringInfoData text;
  initStringInfo(&text);
  appendStringInfo(&text, "%s(", Qualified(proc->pronamespace, NameStr(proc->proname)));
  for (int i = 0; i < proc->pronargs; i++) {
    char *type = format_type_extended(proc->proargtypes.values[i], -1, FORMAT_TYPE_FORCE_QUALIFY);
    if (strncmp(type, "pg_catalog.", 11) == 0) type += 11;
    appendStringInfo(&text, "%s%s", i == 0 ? "" : ",", type);
  }
  appendStringInfoChar(&text, ')');
  ReleaseSysCache(tuple);
  return text.data;
}

char *RenderRelation(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return nullptr;
  Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
  char *name = Qualified(form->relnamespace, NameStr(form->relname));
  ReleaseSysCache(tuple);
  return name;
}

}  // namespace pg_lineage
