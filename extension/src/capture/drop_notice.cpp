#include "capture/drop_notice.h"

#include "api/walk.h"
#include "capture/call_stack.h"
#include "edge/compat.h"
#include "edge/depend.h"
#include "edge/guc.h"
#include "edge/hash_table.h"

namespace pg_lineage {
namespace {

constexpr int kNamesShown = 10;
constexpr int kMaxObjects = 200;  // of one statement or schema, that are looked at
constexpr int64 kMaxRows = 2000;  // of the store, that are read

// What a statement is about.
struct Subject {
  Oid relid;
  const char *column;  // NULL: the whole relation
};

void AddSubject(PodVector<Subject> *subjects, Oid relid, const char *column) {
  if (OidIsValid(relid) && subjects->size < kMaxObjects) subjects->Append(Subject{relid, column});
}

// A relation by the names in a statement. The server's own look-up would raise what the statement
// itself will raise, as an error of ours.
Oid FindRelation(const char *schema, const char *name) {
  if (schema == NULL) return RelnameGetRelid(name);
  Oid schema_oid = get_namespace_oid(schema, true);
  return OidIsValid(schema_oid) ? get_relname_relid(name, schema_oid) : InvalidOid;
}

Oid FindRangeVar(const RangeVar *relation) {
  return relation == NULL ? InvalidOid : FindRelation(relation->schemaname, relation->relname);
}

// The relations of a schema, by what the catalog notes as depending on it.
void AddSchema(PodVector<Subject> *subjects, const char *name) {
  Oid schema = get_namespace_oid(name, true);
  if (!OidIsValid(schema)) return;
  ForEachDependent(NamespaceRelationId, schema, 0, [&](const FormData_pg_depend &row) {
    if (row.classid == RelationRelationId && RelationKindName(get_rel_relkind(row.objid)) != NULL)
      AddSubject(subjects, row.objid, NULL);
    return subjects->size < kMaxObjects;
  });
}

void AddDropped(PodVector<Subject> *subjects, const DropStmt *drop) {
  ListCell *cell;
  foreach (cell, drop->objects) {
    if (drop->removeType == OBJECT_SCHEMA) {
      AddSchema(subjects, strVal(lfirst(cell)));
      continue;
    }
    List *names = lfirst_node(List, cell);
    const char *name = strVal(llast(names));
    int n = list_length(names);
    AddSubject(subjects, FindRelation(n == 1 ? NULL : strVal(list_nth(names, n - 2)), name), NULL);
  }
}

void AddAltered(PodVector<Subject> *subjects, const AlterTableStmt *alter) {
  Oid relid = FindRangeVar(alter->relation);
  ListCell *cell;
  foreach (cell, alter->cmds) {
    const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);
    if (command->subtype == AT_DropColumn || command->subtype == AT_AlterColumnType)
      AddSubject(subjects, relid, command->name);
  }
}

PodVector<Subject> SubjectsOf(Node *statement) {
  PodVector<Subject> subjects = {};
  if (IsA(statement, DropStmt)) {
    AddDropped(&subjects, reinterpret_cast<DropStmt *>(statement));
  } else if (IsA(statement, AlterTableStmt)) {
    AddAltered(&subjects, reinterpret_cast<AlterTableStmt *>(statement));
  } else {
    const RenameStmt *rename = reinterpret_cast<RenameStmt *>(statement);
    const char *column = rename->renameType == OBJECT_COLUMN ? rename->subname : NULL;
    AddSubject(&subjects, FindRangeVar(rename->relation), column);
  }
  return subjects;
}

bool IsRelationType(ObjectType type) {
  return type == OBJECT_TABLE || type == OBJECT_VIEW || type == OBJECT_MATVIEW ||
         type == OBJECT_FOREIGN_TABLE;
}

// True when the user may ask for lineage at all.
bool MayAsk() {
  Oid schema = get_namespace_oid(kSchema, true);
  Oid arguments[3] = {TEXTOID, TEXTOID, INT4OID};
  Oid downstream =
      GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("downstream"),
                      PointerGetDatum(buildoidvector(arguments, 3)), ObjectIdGetDatum(schema));
  return OidIsValid(downstream) && compat::MayExecute(downstream, GetUserId());
}

// The names of what depends on the subjects; each once.
struct Dependents {
  StringInfoData shown;  // a line each
  int count;
  PodVector<bool> places;   // that have been counted
  PodVector<bool> callers;  // likewise
};

bool FirstTime(PodVector<bool> *seen, int number) {
  while (seen->size <= number) seen->Append(false);
  bool first = !seen->items[number];
  seen->items[number] = true;
  return first;
}

void Count(Dependents *dependents, const char *kind, const char *name) {
  if (dependents->count++ >= kNamesShown) return;
  appendStringInfo(&dependents->shown, "%s%s %s", dependents->count == 1 ? "" : "\n", kind, name);
}

// The place of a vertex.
void CountVertex(Dependents *dependents, Graph *graph, int number) {
  const Vertex vertex = graph->vertices[number];
  const Place &place = graph->places[vertex.place];
  if (FirstTime(&dependents->places, vertex.place))
    Count(dependents, place.kind == NULL ? "relation" : place.kind, place.name);
}

// The routines of the statements that read a vertex.
void CountReaders(Dependents *dependents, Graph *graph, int number, HTAB *routines) {
  const Vertex vertex = graph->vertices[number];
  for (int e = vertex.first_edge; e < vertex.first_edge + vertex.nedges; e++) {
    int caller = graph->edges[e].caller;
    if (caller < 0 || !FirstTime(&dependents->callers, caller)) continue;
    const char *routine = graph->callers[caller].routine;
    if (routine == NULL || EndOf(graph, e) == kNoVertex) continue;
    bool known;
    uint64 key = hash_bytes_extended(reinterpret_cast<const unsigned char *>(routine),
                                     static_cast<int>(strlen(routine)), 0);
    hash_search(routines, &key, HASH_ENTER, &known);
    if (!known) Count(dependents, "routine", routine);
  }
}

// Relations in the order of their distance, then the routines that read any of them.
Dependents FindDependents(Walk *walk, PodVector<Subject> *subjects) {
  Graph *graph = walk->graph;
  Dependents dependents = {};
  initStringInfo(&dependents.shown);
  for (const Subject &subject : *subjects) {
    int place = PlaceOfRelation(graph, subject.relid);
    (void)FirstTime(&dependents.places, place);
    ReachVertex(walk, VertexOf(graph, place, subject.column), -1, -1, 0);
  }
  RunWalk(walk);
  HTAB *routines = MakeSet<uint64>("pg_lineage routines", 32, CurrentMemoryContext);
  for (int number : walk->reached) CountVertex(&dependents, graph, number);
  for (int number : walk->reached) {
    CountReaders(&dependents, graph, number, routines);
    const Vertex vertex = graph->vertices[number];
    if (vertex.column != NULL) continue;
    for (int c = vertex.next_column; c >= 0; c = graph->vertices[c].next_column)
      CountReaders(&dependents, graph, c, routines);
  }
  return dependents;
}

// What the statement is about, in words.
const char *Described(const PodVector<Subject> &subjects) {
  const Subject &first = subjects[0];
  const char *name = RenderRelation(first.relid);
  const char *more = subjects.size == 1 ? "" : psprintf(" and %d more", subjects.size - 1);
  if (first.column == NULL) return psprintf("%s%s", name, more);
  return psprintf("column %s of %s%s", quote_identifier(first.column), name, more);
}

}  // namespace

bool MayWarnBefore(Node *statement) {
  switch (nodeTag(statement)) {
    case T_DropStmt: {
      ObjectType type = reinterpret_cast<DropStmt *>(statement)->removeType;
      return IsRelationType(type) || type == OBJECT_SCHEMA;
    }
    case T_AlterTableStmt:
      return true;
    case T_RenameStmt: {
      const RenameStmt *rename = reinterpret_cast<RenameStmt *>(statement);
      return IsRelationType(rename->renameType) ||
             (rename->renameType == OBJECT_COLUMN && IsRelationType(rename->relationType));
    }
    default:
      return false;
  }
}

void WarnBefore(Node *statement) {
  if (!message_level_is_interesting(NOTICE) || !MayAsk()) return;
  PodVector<Subject> subjects = SubjectsOf(statement);
  FactReader *reader = subjects.Empty() ? NULL : TryOpenFacts();
  if (reader == NULL) return;
  Graph *graph = OpenGraph(reader, Direction::kDownstream, true);
  graph->budget = kMaxRows;
  Walk walk = {graph, false, -1, kNoVertex, kNoVertex, 0, {}, {}, {}};
  Dependents dependents = FindDependents(&walk, &subjects);
  CloseTriedFacts(reader);
  if (dependents.count == 0) return;
  int more = dependents.count - kNamesShown;
  if (more > 0 || graph->cut)
    appendStringInfo(&dependents.shown, "\nand %s%d more", graph->cut ? "at least " : "",
                     Max(more, 0));
  ereport(NOTICE, (errmsg("lineage leads from %s to %s%d other object%s", Described(subjects),
                          graph->cut ? "at least " : "", dependents.count,
                          dependents.count == 1 ? "" : "s"),
                   errdetail_internal("%s", dependents.shown.data)));
}

}  // namespace pg_lineage
