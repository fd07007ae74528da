// The writes of a statement: target lists, ON CONFLICT, MERGE's arms, generated columns; and the
// write of one row by what is no query.
#include "edge/compat.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// What is known of a target while a statement's arms are gone through.
struct Target {
  Oid relid;
  Oid named;              // the relation that the statement names: itself, or one above it
  int nnamed;             // … whose columns are numbered otherwise
  const AttrNumber *map;  // by their numbers those of the target; NULL: itself
  int ncolumns;
  SymBag *columns;
  SymBag rows;
  PodVector<Bitmapset *> updates;  // of each arm that changes rows: the columns it sets
  Bitmapset *computed;             // … and the generated ones that follow from these
  bool replaces;                   // nothing is left of what these held
};

Target MakeTarget(Oid relid) {
  Target target = {};
  target.relid = target.named = relid;
  target.ncolumns = target.nnamed = RelationWidth(relid);
  target.columns = static_cast<SymBag *>(palloc0(sizeof(SymBag) * Max(target.ncolumns, 1)));
  return target;
}

// The table that the statement names, or one below it.
Target MakeMemberTarget(Oid named, Oid member) {
  Target target = MakeTarget(member);
  target.named = named;
  target.nnamed = RelationWidth(named);
  AttrNumber *map = static_cast<AttrNumber *>(palloc0(sizeof(AttrNumber) * Max(target.nnamed, 1)));
  for (int i = 0; i < target.nnamed; i++) {
    const char *name = get_attname(named, static_cast<AttrNumber>(i + 1), true);
    map[i] = name == nullptr ? InvalidAttrNumber : get_attnum(member, name);
  }
  target.map = map;
  return target;
}

// The target's number of a column that the statement names; 0: none.
int PlaceOf(const Target &target, int column) {
  if (column < 1 || column > target.nnamed) return 0;
  int place = target.map == nullptr ? column : target.map[column - 1];
  return place >= 1 && place <= target.ncolumns ? place : 0;
}

Operation OperationOf(CmdType command) {
  switch (command) {
    case CMD_UPDATE:
      return Operation::kUpdate;
    case CMD_MERGE:
      return Operation::kMerge;
    default:
      return Operation::kInsert;
  }
}

// Joins what an arm's target list puts into columns to what is known of them.
void AddTargets(Builder *builder, QueryInfo *info, List *targets, CmdType arm, Target *target) {
  Bitmapset *set = nullptr;
  info->assigned = targets;
  ListCell *cell;
  foreach (cell, targets) {
    TargetEntry *entry = lfirst_node(TargetEntry, cell);
    int place = entry->resjunk ? 0 : PlaceOf(*target, entry->resno);
    if (place == 0) continue;
    set = bms_add_member(set, place);
    AddExpr(builder, info, reinterpret_cast<Node *>(entry->expr), kIdentity,
            &target->columns[place - 1]);
  }
  if (arm == CMD_UPDATE) target->updates.Append(set);
}

void AddConflict(Builder *builder, QueryInfo *info, Target *target) {
  OnConflictExpr *conflict = info->query->onConflict;
  if (conflict == nullptr) return;
  if (conflict->action == ONCONFLICT_UPDATE)
    AddTargets(builder, info, conflict->onConflictSet, CMD_UPDATE, target);
}

void AddMergeActions(Builder *builder, QueryInfo *info, Target *target) {
  ListCell *cell;
  foreach (cell, info->query->mergeActionList) {
    MergeAction *action = lfirst_node(MergeAction, cell);
    bool inserts = action->commandType == CMD_INSERT && target->relid == target->named;
    if (inserts || action->commandType == CMD_UPDATE)
      AddTargets(builder, info, action->targetList, action->commandType, target);
  }
}

// What all arms put into columns.
void AddArms(Builder *builder, QueryInfo *info, Target *target) {
  const Query *query = info->query;
  if (query->commandType == CMD_INSERT || query->commandType == CMD_UPDATE)
    AddTargets(builder, info, query->targetList, query->commandType, target);
  AddConflict(builder, info, target);
  AddMergeActions(builder, info, target);
}

// What the columns hold so far. Copied, because Finish() sorts in place and the bags go on growing.
SymSet *Written(const Target &target) {
  SymSet *written = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(target.ncolumns, 1)));
  for (int i = 0; i < target.ncolumns; i++) {
    SymBag copy = {};
    copy.AddSet({target.columns[i].items.size, target.columns[i].items.items}, kIdentity);
    written[i] = copy.Finish();
  }
  return written;
}

// A scope in which the target's columns (varno 1) stand for what is written into them.
QueryInfo *RowScope(const Target &target, const SymSet *written) {
  Query *scope = makeNode(Query);
  scope->commandType = CMD_SELECT;
  RangeTblEntry *entry = makeNode(RangeTblEntry);
  entry->rtekind = RTE_RELATION;
  entry->relid = target.relid;
  scope->rtable = list_make1(entry);
  scope->jointree = makeFromExpr(NIL, nullptr);
  QueryInfo *info = static_cast<QueryInfo *>(palloc0(sizeof(QueryInfo)));
  info->query = scope;
  info->substitutes = written;
  info->nsubstitutes = target.ncolumns;
  info->substituted = 1;
  return info;
}

// Lets the row that a statement writes to stand for `row`, by the numbers that the statement has.
void Substitute(QueryInfo *info, const SymSet *row, int size) {
  info->substitutes = row;
  info->nsubstitutes = size;
  info->substituted = info->query->resultRelation;
}

// The new row: what was put into it, else what it keeps.
SymSet *NewRow(Builder *builder, const Target &target) {
  const SymSet *written = Written(target);
  SymSet *row = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(target.nnamed, 1)));
  for (int i = 0; i < target.nnamed; i++) {
    int place = PlaceOf(target, i + 1);
    if (place == 0) continue;
    SymBag bag = {};
    bag.AddSet(written[place - 1], kIdentity);
    for (const Bitmapset *set : target.updates)
      if (!bms_is_member(place, set))
        AddRelationColumn(builder, target.relid, true, place, kIdentity, &bag);
    row[i] = bag.Finish();
  }
  return row;
}

// Check options and policies look at the new row.
void AddChecks(Builder *builder, QueryInfo *info, Target *target) {
  if (info->query->withCheckOptions == NIL) return;
  const SymSet *before = info->substitutes;
  Substitute(info, NewRow(builder, *target), target->nnamed);
  ListCell *cell;
  foreach (cell, info->query->withCheckOptions)
    AddExpr(builder, info, lfirst_node(WithCheckOption, cell)->qual, kFilter, &target->rows);
  Substitute(info, before, target->nnamed);
}

// An arm that changes rows computes a generated column anew when it sets a column that `expr`
// is made of; the other ones are as they were. True when some arm does.
bool AddKept(Builder *builder, const Target &target, Node *expr, SymSet *written) {
  bool any = false;
  Bitmapset *bases = nullptr;
  pull_varattnos(expr, 1, &bases);
  for (const Bitmapset *set : target.updates) {
    bool computed = false;
    PodVector<int> kept = {};
    for (int i = -1; (i = bms_next_member(bases, i)) >= 0;) {
      int column = i + FirstLowInvalidHeapAttributeNumber;
      if (column < 1 || column > target.ncolumns) continue;
      if (bms_is_member(column, set)) {
        computed = true;
      } else {
        kept.Append(column);
      }
    }
    any |= computed;
    for (int i = 0; computed && i < kept.size; i++) {
      SymBag bag = {};
      bag.AddSet(written[kept[i] - 1], kIdentity);
      AddRelationColumn(builder, target.relid, true, kept[i], kIdentity, &bag);
      written[kept[i] - 1] = bag.Finish();
    }
  }
  return any;
}

// Stored generated columns are computed by the executor from what is written.
void AddGenerated(Builder *builder, Target *target) {
  Relation relation = RelationIdGetRelation(target->relid);
  if (relation == nullptr) return;
  TupleDesc desc = RelationGetDescr(relation);
  if (desc->constr != nullptr && desc->constr->has_generated_stored) {
    const SymSet *written = Written(*target);
    for (int i = 0; i < target->ncolumns; i++) {
      if (TupleDescAttr(desc, i)->attgenerated != ATTRIBUTE_GENERATED_STORED) continue;
      Node *expr = build_column_default(relation, i + 1);
      if (expr == nullptr) continue;
      SymSet *row = static_cast<SymSet *>(palloc(sizeof(SymSet) * target->ncolumns));
      memcpy(row, written, sizeof(SymSet) * target->ncolumns);
      if (AddKept(builder, *target, expr, row))
        target->computed = bms_add_member(target->computed, i + 1);
      AddExpr(builder, RowScope(*target, row), expr, kIdentity, &target->columns[i]);
    }
  }
  RelationClose(relation);
}

// Takes what is known of the target into the shape's write.
void TakeTarget(Target *target, ShapeWrite *write) {
  // That a statement finds the rows it changes is no flow.
  SymBag kept = {};
  for (const Sym &sym : target->rows.items) {
    bool own = sym.id == target->relid || sym.id == target->named;
    bool relation = sym.type == SymType::kRelation || sym.type == SymType::kTemp;
    if (sym.kind != kRead || !relation || !own) kept.Add(sym);
  }
  write->rows = kept.Finish();
  write->columns =
      static_cast<ShapeColumn *>(palloc0(sizeof(ShapeColumn) * Max(target->ncolumns, 1)));
  for (int i = 0; i < target->ncolumns; i++) {
    bool set = target->replaces &&
               (bms_is_member(i + 1, target->updates[0]) || bms_is_member(i + 1, target->computed));
    if (target->columns[i].items.Empty() && !set) continue;
    write->columns[write->ncolumns].column = static_cast<int16>(i + 1);
    write->columns[write->ncolumns++].sources = target->columns[i].Finish();
  }
}

// All that a statement puts into one of its targets.
ShapeWrite ReadTarget(Builder *builder, QueryInfo *info, Target *target) {
  Query *query = info->query;
  ShapeWrite write = {};
  write.target = target->relid;
  write.operation = OperationOf(query->commandType);
  write.replaces = target->replaces;
  AddArms(builder, info, target);
  AddStatementRows(builder, info, &target->rows);
  AddArmConditions(builder, info, &target->rows);
  AddChecks(builder, info, target);
  AddGenerated(builder, target);
  TakeTarget(target, &write);
  return write;
}

// What UPDATE and MERGE change in rows of one of the tables whose rows are the target's, which has
// temporary tables below it. The row that they read and change is that table's.
ShapeWrite ReadMember(Builder *builder, QueryInfo *info, Oid named, Oid member, bool replaces) {
  Memo memo = PutAside(builder);
  Target target = MakeMemberTarget(named, member);
  target.replaces = replaces;
  SymSet *row = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(target.nnamed, 1)));
  for (int i = 0; i < target.nnamed; i++) {
    SymBag bag = {};
    int place = PlaceOf(target, i + 1);
    if (place > 0) AddRelationColumn(builder, member, true, place, kIdentity, &bag);
    row[i] = bag.Finish();
  }
  QueryInfo *again = InfoFor(builder, info->query, info->parent);
  Substitute(again, row, target.nnamed);
  ShapeWrite write = ReadTarget(builder, again, &target);
  TakeBack(builder, memo);
  return write;
}

bool Empties(const Query *query, Oid relid) {
  return query->commandType == CMD_DELETE && MeetsAllRows(query, relid);
}

bool Replaces(const Query *query, Oid relid) {
  return query->commandType == CMD_UPDATE && MeetsAllRows(query, relid);
}

// One INSERT, UPDATE, DELETE or MERGE, at the top or in a WITH. What goes from a temporary table is
// told as well: it decides about what flows on.
void AddWrite(Builder *builder, QueryInfo *info, bool counted, PodVector<ShapeWrite> *out) {
  Query *query = info->query;
  RangeTblEntry *entry = rt_fetch(query->resultRelation, query->rtable);
  bool temp = false;
  if (!IsNode(entry->relid, &temp)) return;
  bool changes = query->commandType != CMD_INSERT && entry->inh;
  List *children = changes ? TempChildren(entry->relid) : NIL;
  if (temp || StoresValues(query)) {
    bool replaces = temp && counted && Replaces(query, entry->relid);
    Target target = MakeTarget(entry->relid);
    target.replaces = replaces;
    ShapeWrite write = children == NIL
                           ? ReadTarget(builder, info, &target)
                           : ReadMember(builder, info, entry->relid, entry->relid, replaces);
    write.temp = temp;
    write.counted = counted;
    write.empties = temp && counted && Empties(query, entry->relid);
    out->Append(write);
  }
  const int above = out->size - 1;  // a partitioned one is temporary itself if its partitions are
  const bool moves = temp && children != NIL && SetsKey(query, entry->relid, children);
  ListCell *cell;
  foreach (cell, children) {
    Oid child = lfirst_oid(cell);
    ShapeWrite below =
        ReadMember(builder, info, entry->relid, child, counted && Replaces(query, child));
    below.temp = true;
    below.empties = counted && Empties(query, child);
    if (moves) AddMoved(builder, below, &out->items[above]);
    out->Append(below);
  }
}

// Columns that were not given take their defaults, which may read.
void AddDefaults(Builder *builder, const Bitmapset *given, Target *target) {
  Relation relation = RelationIdGetRelation(target->relid);
  if (relation == nullptr) return;
  QueryInfo *scope = RowScope(*target, nullptr);
  for (int i = 1; i <= target->ncolumns; i++) {
    Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), i - 1);
    if (bms_is_member(i, given) || attribute->attisdropped || attribute->attgenerated != '\0')
      continue;
    AddExpr(builder, scope, build_column_default(relation, i), kIdentity, &target->columns[i - 1]);
  }
  RelationClose(relation);
}

}  // namespace

bool StoresValues(const Query *query) {
  ListCell *cell;
  foreach (cell, query->mergeActionList) {
    CmdType arm = lfirst_node(MergeAction, cell)->commandType;
    if (arm == CMD_INSERT || arm == CMD_UPDATE) return true;
  }
  return query->commandType == CMD_INSERT || query->commandType == CMD_UPDATE;
}

ReturnedRow EnterReturned(Builder *builder, QueryInfo *info) {
  const Query *query = info->query;
  if (!StoresValues(query) || info->substitutes != nullptr) return ReturnedRow::kStored;
  bool temp = false;
  Oid relid = rt_fetch(query->resultRelation, query->rtable)->relid;
  if (!IsNode(relid, &temp) || !temp) return ReturnedRow::kStored;
  if (info->returned == nullptr) {
    Target target = MakeTarget(relid);
    AddArms(builder, info, &target);
    AddGenerated(builder, &target);
    info->returned = NewRow(builder, target);
    info->nreturned = target.nnamed;
  }
  Substitute(info, info->returned, info->nreturned);
  return HasTriggers(relid) || compat::ReturnsOldOrNew(query) ? ReturnedRow::kEither
                                                              : ReturnedRow::kWritten;
}

void LeaveReturned(QueryInfo *info) { Substitute(info, nullptr, 0); }

void AddArmConditions(Builder *builder, QueryInfo *info, SymBag *out) {
  if (OnConflictExpr *conflict = info->query->onConflict) {
    AddExpr(builder, info, conflict->onConflictWhere, kFilter, out);
    AddArbiter(builder, info, conflict, out);
  }
  ListCell *cell;
  foreach (cell, info->query->mergeActionList)
    AddExpr(builder, info, lfirst_node(MergeAction, cell)->qual, kFilter, out);
}

void AddWrites(Builder *builder, QueryInfo *info, PodVector<ShapeWrite> *out) {
  ListCell *cell;
  foreach (cell, info->query->cteList) {
    Query *inner = castNode(Query, lfirst_node(CommonTableExpr, cell)->ctequery);
    if (inner->commandType == CMD_SELECT) continue;
    QueryInfo *write = InfoFor(builder, inner, info);
    AddWrite(builder, write, false, out);
    (void)QueryRows(builder, write);  // it runs though nobody refers to it; so do the calls in it
  }
  if (info->query->resultRelation > 0) AddWrite(builder, info, true, out);
}

ShapeWrite AddRowWrite(Builder *builder, Oid relid, const RowSpec &row) {
  ShapeWrite write = {};
  write.target = relid;
  Target target = MakeTarget(relid);
  Bitmapset *given = nullptr;
  for (int i = 0; i < row.ncolumns; i++) {
    int column = row.columns[i];
    if (column < 1 || column > target.ncolumns) continue;
    given = bms_add_member(given, column);
    uint32 param = static_cast<uint32>(ParamIndex(builder, i + 1, 0));
    target.columns[column - 1].Add({param, 0, kIdentity, SymType::kParam});
  }
  AddTargets(builder, RowScope(target, nullptr), row.targets, CMD_INSERT, &target);
  if (row.defaults) AddDefaults(builder, given, &target);
  if (row.condition != nullptr)
    AddExpr(builder, RowScope(target, Written(target)), row.condition, kFilter, &target.rows);
  AddGenerated(builder, &target);
  TakeTarget(&target, &write);
  return write;
}

}  // namespace pg_lineage
